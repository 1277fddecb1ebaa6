#!/usr/bin/python3
"""kill -9 of any process of both sites at any moment, several at once and while others are still
starting; hosts connect again and repeat what was not acknowledged. Afterwards every acknowledged
write is there, the links go on without a copy, and both sides hold the same bytes."""

import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import processes  # noqa: E402
from lab_client import FULL, Lab, need, seed  # noqa: E402
from nbd_client import NbdClient  # noqa: E402

SECONDS = 120 if FULL else 12
BLOCK, SLOTS = 4096, 1024


class Host(threading.Thread):
    """Writes block after block to one volume and remembers what was acknowledged."""

    def __init__(self, uri, number):
        super().__init__(daemon=True)
        self.uri, self.number = uri, number
        self.acknowledged = {}  # slot → step
        self.connections = 0
        self.stop = threading.Event()

    def content(self, step):
        return (self.number.to_bytes(8, "little") + step.to_bytes(8, "little")) * (BLOCK // 16)

    def run(self):
        step, client = 1, None
        while not self.stop.is_set():
            try:
                client = client or self.connect()
                slot = step * 7 % SLOTS
                client.write((self.number * SLOTS + slot) * BLOCK, self.content(step),
                             fua=step % 10 == 0)
                self.acknowledged[slot] = step
                step += 1
            except OSError:
                client = None
                time.sleep(0.05)

    def connect(self):
        client = NbdClient(self.uri)
        self.connections += 1
        return client

    def missing(self):
        client = NbdClient(self.uri)
        wrong = [slot for slot, step in self.acknowledged.items()
                 if client.read((self.number * SLOTS + slot) * BLOCK, BLOCK) != self.content(step)]
        client.close()
        return wrong


def chaos(lab, draw):
    """Kills some, waits a little, starts them again in any order, and again before they are up."""
    kills = 0
    end = time.monotonic() + SECONDS
    names = list(layout.processes(lab.described))
    while time.monotonic() < end:
        victims = draw.sample(names, draw.choice((1, 1, 2, 3)))
        lab.kill(*victims)
        kills += len(victims)
        time.sleep(draw.uniform(0.0, 0.5))
        draw.shuffle(victims)
        for name in victims:
            lab.start(name, ready=False)
        time.sleep(draw.uniform(0.02, 1.2))
    for name in names:
        assert processes.alive(lab.entry(name)), f"{name} ended by itself"
    return kills


def main():
    need("nbdcopy", "cmp")
    draw = random.Random(seed())
    with Lab(members=2, marker_interval="200ms") as lab:
        hosts = [Host(uri, number) for uri in lab.uris("primary") for number in range(2)]
        for host in hosts:
            host.start()
        kills = chaos(lab, draw)
        lab.ready()
        for host in hosts:
            host.stop.set()
            host.join(30)
        for host in hosts:
            wrong = host.missing()
            assert not wrong, f"{len(wrong)} acknowledged writes are not there: {wrong[:5]}"
        lab.same_images()
        steps = sum(max(host.acknowledged.values()) for host in hosts)
        print(f"  {kills} kills, {sum(host.connections for host in hosts)} connections, {steps} "
              "writes: all there, both sides equal")


if __name__ == "__main__":
    main()
