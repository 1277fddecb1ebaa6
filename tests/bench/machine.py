"""Where and of what a figure was taken. Names no host and no path."""

import os
import platform
import re
import subprocess
import time


def output(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def first(pattern, path):
    with open(path, encoding="utf-8", errors="replace") as text:
        found = re.search(pattern, text.read(), re.MULTILINE)
    return found[1].strip() if found else "unknown"


def commit(root):
    """The short id, with a + behind it where the tree has changes of its own."""
    name = output("git", "-C", root, "rev-parse", "--short", "HEAD") or "unknown"
    changed = output("git", "-C", root, "status", "--porcelain", "--untracked-files=no")
    return name + ("+" if changed else "")


def version(*command):
    found = re.search(r"\d+(\.\d+)+", output(*command))
    return found[0] if found else "unknown"


def describe(root, directory):
    return {
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit(root),
        "cpu": f"{os.cpu_count()} × " + first(r"^model name\s*:(.*)", "/proc/cpuinfo"),
        "memory_bytes": 1024 * int(first(r"^MemTotal:\s*(\d+)", "/proc/meminfo")),
        "kernel": platform.release(),
        "file_system": output("findmnt", "-n", "-o", "FSTYPE", "-T", directory),
        "load_before": os.getloadavg()[0],
        "fio": version("fio", "--version"),
        "nbdkit": version("nbdkit", "--version"),
        "qemu": version("qemu-nbd", "--version"),
    }
