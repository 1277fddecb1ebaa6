#!/usr/bin/python3
"""The file system under a backing file is full: hosts write on into the journal and read what they
wrote; when there is space again, all of it reaches the file."""

import os
import random
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
from lab_client import Lab, extra_process, run, seed, skip, wait_for  # noqa: E402

MIB = 1 << 20
WRITTEN = 32 * MIB


def config(place, volume):
    nbd, control = layout.free_ports(2)
    return f"""
[gateway]
name = "full"
state = "{place["state"]}"
[nbd]
listen = "127.0.0.1:{nbd}"
socket = "{place["socket"]}"
[control]
listen = "127.0.0.1:{control}"
[[member]]
group = "g"
name = "m"
role = "primary"
journal = {{ directory = "{place["state"]}/journal", size = "1GiB", segment = "16MiB" }}
[[member.volume]]
name = "v"
path = "{volume}"
size = "64MiB"
"""


def said(place, sentence):
    with open(place["log"], encoding="utf-8", errors="replace") as log:
        return sentence in log.read()


def play(lab, small):
    volume = os.path.join(small, "v.img")
    data, back = (os.path.join(lab.directory, name) for name in ("data", "back"))
    with open(data, "wb") as out:
        out.write(random.Random(seed()).randbytes(WRITTEN) + bytes(64 * MIB - WRITTEN))
    with extra_process(lab, "full", lambda place: config(place, volume)) as place:
        uri = f"nbd+unix:///v?socket={place['socket']}"
        wait_for("the gateway serves", lambda: run("nbdinfo", "--size", uri, check=False)
                 .returncode == 0)
        run("nbdcopy", "--flush", data, uri)
        wait_for("the log says what destaging waits for",
                 lambda: said(place, "destaging waits: pwritev"))
        run("nbdcopy", uri, back)
        run("cmp", data, back)
        run("mount", "-o", f"remount,size={128 * MIB}", small)
        wait_for("destaging goes on", lambda: said(place, "destaging goes on"))
        wait_for("all of it is in the file",
                 lambda: run("cmp", data, volume, check=False).returncode == 0)
    print(f"  {WRITTEN} bytes outlasted a full file system", flush=True)


def main():
    with Lab(members=1, marker_interval="200ms") as lab:
        small = os.path.join(lab.directory, "small")
        os.mkdir(small)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={16 * MIB}", "tmpfs", small],
                          check=False).returncode != 0:
            skip("a small file system can't be mounted here")
        try:
            play(lab, small)
        finally:
            run("umount", small)


if __name__ == "__main__":
    main()
