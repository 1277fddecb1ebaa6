#!/usr/bin/python3
"""./dev demo: it ends with a consistent copy, with and without a file system, and leaves nothing
behind, whenever Ctrl-C comes."""

import glob
import os
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
from lab_client import FULL, run, seed  # noqa: E402

PROGRAM = os.path.join(layout.ROOT, "tests", "lab", "demo.py")
INTERRUPTS = 20 if FULL else 2


def left_overs(directories):
    """What is there now and was not before: directories, and mounts in them."""
    new = set(glob.glob("/tmp/cairn-demo-*") + glob.glob("/tmp/cairn-mount-*")) - directories
    with open("/proc/mounts", encoding="utf-8") as mounts:
        new |= {line for line in mounts if "cairn-mount-" in line}
    return new


def whole(*words):
    said = run(PROGRAM, *words)
    assert "consistent        yes" in said, said
    report = said[said.index("7. Report"):]
    print("\n".join(f"  {line.strip()}" for line in report.splitlines()[1:]), flush=True)


def interrupted(after_s):
    demo = subprocess.Popen([PROGRAM], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    time.sleep(after_s)
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=60)
    assert demo.returncode in (0, 130), f"after {after_s:.1f} s: {demo.returncode}\n{said}"


def main():
    draw = random.Random(seed())
    before = set(glob.glob("/tmp/cairn-demo-*") + glob.glob("/tmp/cairn-mount-*"))
    whole()
    whole("--no-mount")
    for _ in range(INTERRUPTS):
        interrupted(draw.uniform(0.2, 6.0))
    left = left_overs(before)
    assert not left, f"left behind: {left}"
    print(f"  {INTERRUPTS} times Ctrl-C: nothing is left behind")


if __name__ == "__main__":
    main()
