#!/usr/bin/python3
"""kill -9 of a primary under load, again and again: every acknowledged write is there after the
restart, the link goes on from where it was, and the secondary follows byte for byte."""

import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import FULL, Lab, Probe, need, seed, wait_for  # noqa: E402
from nbd_client import NbdClient  # noqa: E402

KILLS = 50 if FULL else 5


def kill_once(lab, draw):
    """One kill under load. Its volumes are zeroed first: each probe starts on empty ones."""
    probe = Probe(lab, lab.uris("primary"), draw.getrandbits(31))
    time.sleep(draw.uniform(0.3, 1.0))
    lab.kill("m1.primary")
    steps = probe.finish()
    before = lab.stored("m1.secondary")
    lab.start("m1.primary")
    verdict = probe.check(lab.uris("primary"), nothing_lost=True)
    assert verdict["violation_count"] == 0, verdict["violations"]
    wait_for("the link connected again",
             lambda: lab.status_of("m1.primary")["link"] == "connected")
    after = lab.stored("m1.secondary")
    assert before > 0 and after >= before, f"the secondary had {before} records, now {after}"
    lab.ready()
    lab.same_images()
    verdict = probe.check(lab.uris("secondary"), nothing_lost=True)
    assert verdict["violation_count"] == 0, verdict["violations"]
    return steps, before, after


def zero_volumes(lab):
    for uri in lab.uris("primary"):
        client = NbdClient(uri)
        client.zero(0, client.size)
        client.close()


def main():
    need("nbdcopy", "cmp")
    draw = random.Random(seed())
    with Lab(members=1, volumes=2, marker_interval="200ms") as lab:
        for number in range(1, KILLS + 1):
            steps, before, after = kill_once(lab, draw)
            print(f"  {number}: {steps} steps, all there; the secondary went on from record "
                  f"{before}, has {after}; both sides equal at a marker", flush=True)
            zero_volumes(lab)


if __name__ == "__main__":
    main()
