#!/usr/bin/python3
"""Two NBD clients that are not ours: nbdcopy both ways, qemu-io with FUA, zero and discard. What is
zeroed or discarded reads as zeroes, on both sides."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import Lab, need, run  # noqa: E402

SIZE = 64 << 20


def qemu_io(uri, *commands):
    words = [word for command in commands for word in ("-c", command)]
    said = run("qemu-io", "-f", "raw", "-d", "unmap", uri, *words)
    assert "failed" not in said.lower(), said
    return said


def copy_both_ways(lab):
    there = os.path.join(lab.directory, "random")
    back = os.path.join(lab.directory, "back")
    with open(there, "wb") as out:
        out.write(os.urandom(SIZE // 2) + bytes(SIZE // 2))
    run("nbdcopy", there, lab.uri("m1.primary"))
    run("nbdcopy", lab.uri("m1.primary"), back)
    run("cmp", there, back)
    print("  nbdcopy there and back: the same bytes", flush=True)


def fua_zero_discard(lab):
    uri = lab.uri("m1.primary")
    qemu_io(uri, "write -f -P 0x11 0 1M", "write -P 0x22 1M 1M", "flush")
    qemu_io(uri, "write -z 64k 128k", "write -z -u 1088k 64k", "discard 256k 256k")
    expected = ["read -P 0x11 0 64k", "read -P 0 64k 128k", "read -P 0x11 192k 64k",
                "read -P 0 256k 256k", "read -P 0x11 512k 512k", "read -P 0x22 1M 64k",
                "read -P 0 1088k 64k", "read -P 0x22 1152k 896k"]
    qemu_io(uri, *expected)
    lab.wait_applied(lab.marker_now())
    said = run("qemu-io", "-r", "-f", "raw", lab.uri("m1.secondary"),
               *[word for command in expected for word in ("-c", command)])
    assert "failed" not in said.lower(), said
    print("  qemu-io with FUA, zero, discard: the same on both sides", flush=True)


def odd_sizes(lab):
    """512 bytes at odd places, and a discard of the whole volume."""
    uri = lab.uri("m1.primary")
    qemu_io(uri, "write -P 0x33 512 512", "read -P 0x33 512 512", f"discard 0 {SIZE}",
            f"read -P 0 0 {SIZE}", f"write -P 0x44 {SIZE - 512} 512")
    lab.same_images()
    print("  single sectors, and the whole volume discarded: the same on both sides", flush=True)


def refused_writes(lab):
    """A secondary is read-only until a takeover."""
    done = run("qemu-io", "-f", "raw", lab.uri("m1.secondary"), "-c", "write 0 512", check=False)
    assert done.returncode != 0, done.stdout
    print("  a write to the secondary is refused", flush=True)


def main():
    need("nbdcopy", "qemu-io", "cmp")
    with Lab(members=1, marker_interval="200ms") as lab:
        copy_both_ways(lab)
        lab.same_images()
        fua_zero_discard(lab)
        odd_sizes(lab)
        refused_writes(lab)


if __name__ == "__main__":
    main()
