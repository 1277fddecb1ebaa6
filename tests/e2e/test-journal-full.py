#!/usr/bin/python3
"""A journal that is full, as the link has been down for too long: writes are refused with ENOSPC
and nothing else is, the space bound is kept, and all goes on when the secondary is back."""

import errno
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import Lab, need, wait_for  # noqa: E402
from nbd_client import NbdClient, NbdError  # noqa: E402

MIB = 1 << 20
BOUND, SEGMENT, SIZE = 128 * MIB, 16 * MIB, 64 * MIB


def fill(client):
    """Writes MiB after MiB, over and over, until the journal refuses; how many went in."""
    for number in range(4 * BOUND // MIB):
        try:
            client.write(number * MIB % SIZE, number.to_bytes(8, "little") * (MIB // 8))
        except NbdError as error:
            assert error.errno == errno.ENOSPC, f"refused with {error.errno}, not with ENOSPC"
            return number
    raise AssertionError("the journal took four times its bound")


def bytes_of(directory):
    return sum(os.stat(os.path.join(base, name)).st_blocks * 512
               for base, _, names in os.walk(directory) for name in names)


def reads_are_right(client, count):
    for number in range(max(0, count - SIZE // MIB), count):
        there = client.read(number * MIB % SIZE, 4096)
        assert there == number.to_bytes(8, "little") * 512, f"write {number} is not there"


def writable(lab):
    try:
        client = NbdClient(lab.uri("m1.primary"))
        client.write(0, b"z" * 4096)
        client.close()
        return True
    except OSError:
        return False


def main():
    need("nbdcopy", "cmp")
    with Lab(members=1, marker_interval="200ms", journal_size="128MiB") as lab:
        lab.kill("m1.secondary")
        client = NbdClient(lab.uri("m1.primary"), timeout=60)
        count = fill(client)
        client.flush()
        reads_are_right(client, count)
        taken = bytes_of(os.path.join(lab.entry("m1.primary")["state"], "journal"))
        assert taken <= BOUND + SEGMENT, f"the journal takes {taken} bytes"
        print(f"  full after {count} MiB, {taken // MIB} MiB on disk; reads and FLUSH work",
              flush=True)
        lab.kill("m1.primary")
        client.close()
        lab.start("m1.primary")
        client = NbdClient(lab.uri("m1.primary"))
        reads_are_right(client, count)
        client.close()
        lab.start("m1.secondary")
        wait_for("writes are taken again", lambda: writable(lab), 30)
        lab.ready()
        lab.same_images()
        print("  the secondary is back: writes are taken, both sides are equal")


if __name__ == "__main__":
    main()
