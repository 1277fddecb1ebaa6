#!/usr/bin/python3
"""The file system under a backing file is full: hosts write on into the journal and read what they
wrote; when there is space again, all of it reaches the file. Meanwhile the status of both sites
says what is waited for."""

import contextlib
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
from lab_client import Lab, extra_process, run, seed, skip, wait_for  # noqa: E402

MIB = 1 << 20
WRITTEN = 32 * MIB
DEGRADED = 3
SITES = ("primary", "secondary")


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


@contextlib.contextmanager
def small_file_system():
    place = tempfile.mkdtemp(prefix="cairn-small-", dir="/tmp")
    try:
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={16 * MIB}", "tmpfs", place],
                          check=False).returncode != 0:
            skip("a small file system can't be mounted here")
        try:
            yield place
        finally:
            run("umount", place)
    finally:
        os.rmdir(place)


def make_room(small):
    run("mount", "-o", f"remount,size={128 * MIB}", small)


def written(lab):
    data = os.path.join(lab.directory, "data")
    with open(data, "wb") as out:
        out.write(random.Random(seed()).randbytes(WRITTEN) + bytes(64 * MIB - WRITTEN))
    return data


def play(lab, small):
    volume = os.path.join(small, "v.img")
    data, back = written(lab), os.path.join(lab.directory, "back")
    with extra_process(lab, "full", lambda place: config(place, volume)) as place:
        uri = f"nbd+unix:///v?socket={place['socket']}"
        wait_for("the gateway serves", lambda: run("nbdinfo", "--size", uri, check=False)
                 .returncode == 0)
        run("nbdcopy", "--flush", data, uri)
        wait_for("the log says what destaging waits for",
                 lambda: said(place, "destaging waits: pwritev"))
        run("nbdcopy", uri, back)
        run("cmp", data, back)
        make_room(small)
        wait_for("destaging goes on", lambda: said(place, "destaging goes on"))
        wait_for("all of it is in the file",
                 lambda: run("cmp", data, volume, check=False).returncode == 0)
    print(f"  {WRITTEN} bytes outlasted a full file system", flush=True)


def is_fine(lab, side):
    return lab.cairn(side, "status", "-x", check=False).returncode == 0


def tells(lab, side, level):
    group = lab.summary(side)["group"]
    return group["level"] == level and "m1: destaging waits: pwritev" in group["verdict"]


def expect_trouble(lab, side, level):
    wait_for(f"the {side} site says what destaging waits for", lambda: tells(lab, side, level))
    done = lab.cairn(side, "status", "-x", check=False)
    assert done.returncode == DEGRADED, done.stdout
    assert done.stdout.startswith(level.upper() + ": "), done.stdout
    assert "! destaging waits: pwritev" in done.stdout, done.stdout
    assert "No space left on device" in lab.status_of(f"m1.{side}")["destage_trouble"]


def play_sites(lab, small):
    for side in SITES:
        wait_for(f"the {side} site is fine", lambda: is_fine(lab, side))
    run("nbdcopy", "--flush", written(lab), lab.uri("m1.primary"))
    expect_trouble(lab, "primary", "warning")
    expect_trouble(lab, "secondary", "severe")
    make_room(small)
    for side in SITES:
        wait_for(f"the {side} site is fine again", lambda: is_fine(lab, side))
        assert lab.status_of(f"m1.{side}")["destage_trouble"] == ""
    lab.same_images()
    print("  both sites told what destaging waited for", flush=True)


def with_images_in(small):
    lab = Lab(members=1, marker_interval="200ms")
    for side in SITES:
        state = os.path.join(lab.directory, f"m1.{side}")
        os.mkdir(state, mode=0o750)
        os.symlink(os.path.join(small, f"{side}.img"), os.path.join(state, "m1-v1.img"))
    return lab


def main():
    with small_file_system() as small, Lab(members=1, marker_interval="200ms") as lab:
        play(lab, small)
    with small_file_system() as small, with_images_in(small) as lab:
        play_sites(lab, small)


if __name__ == "__main__":
    main()
