#!/usr/bin/python3
"""The application of the demo: writes step 1, 2, 3 … alternately to two places, each one only
when the one before is safe (fsync), and notes in a log which ones were acknowledged.

  demo_steps.py LOG PLACE_A PLACE_B      a place is a mounted directory or an nbd+unix URI
"""

import os
import sys
import time

from nbd_client import NbdClient

BLOCK = 4096


class Directory:
    """Steps are lines of a file."""

    def __init__(self, root):
        self.path = os.path.join(root, "steps")

    def write(self, step):
        out = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(out, f"step {step}\n".encode())
            os.fsync(out)
        finally:
            os.close(out)

    def steps(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="ascii", errors="replace") as lines:
            return [int(line.split()[1]) for line in lines if line.endswith("\n")]


class Export:
    """Steps are blocks, one behind the other."""

    def __init__(self, uri):
        self.client = NbdClient(uri)
        self.count = 0

    def write(self, step):
        text = f"step {step}\n".encode()
        self.client.write(self.count * BLOCK, text.ljust(BLOCK, b"\0"), fua=True)
        self.count += 1

    def steps(self):
        out = []
        while (block := self.client.read(len(out) * BLOCK, BLOCK)).startswith(b"step "):
            out.append(int(block.split()[1]))
        return out


def place(where):
    return Export(where) if where.startswith("nbd") else Directory(where)


def main():
    places = [place(where) for where in sys.argv[2:4]]
    step = 0
    with open(sys.argv[1], "w", encoding="ascii") as log:
        while True:
            step += 1
            try:
                places[(step - 1) % 2].write(step)
            except OSError as error:
                print(f"step {step}: {error}", flush=True)
                return
            log.write(f"{step} {time.monotonic()}\n")
            log.flush()


if __name__ == "__main__":
    main()
