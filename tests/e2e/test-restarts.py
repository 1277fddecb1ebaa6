#!/usr/bin/python3
"""kill -9 of everything that is not in the way of a host, one after the other and under load: hosts
notice nothing, journals go on, and after each restart there are new recovery points."""

import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import FULL, Lab, Probe, need, seed, wait_for  # noqa: E402

ROUNDS = 10 if FULL else 1


def kill_and_restart(lab, name, draw):
    lab.kill(name)
    time.sleep(draw.uniform(0.2, 0.6))
    lab.start(name, ready=False)
    lab.ready()
    at_restart = lab.applied()
    wait_for(f"a newer recovery point after the restart of {name}",
             lambda: lab.applied() > at_restart)
    print(f"  {name}: back, recovery points go on behind {at_restart}", flush=True)


def main():
    need("nbdcopy", "cmp")
    draw = random.Random(seed())
    with Lab(members=2, marker_interval="200ms") as lab:
        probe = Probe(lab, lab.uris("primary"), draw.getrandbits(31))
        for _ in range(ROUNDS):
            for name in ("m1.secondary", "coordinator.primary", "coordinator.secondary",
                         "m2.secondary"):
                kill_and_restart(lab, name, draw)
        steps = probe.stop()
        verdict = probe.check(lab.uris("primary"), nothing_lost=True)
        assert verdict["violation_count"] == 0, verdict["violations"]
        lab.same_images()
        verdict = probe.check(lab.uris("secondary"), nothing_lost=True)
        assert verdict["violation_count"] == 0, verdict["violations"]
        print(f"  {steps} steps, all on both sides")


if __name__ == "__main__":
    main()
