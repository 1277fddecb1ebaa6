#!/usr/bin/python3
"""A primary coordinator that hangs, whenever it does, stalls no host for longer than a hold lasts;
its successor's epoch is the one that counts when it wakes up again."""

import os
import random
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import processes  # noqa: E402
import readiness  # noqa: E402
from lab_client import FULL, Lab, Probe, extra_process, need, seed, wait_for  # noqa: E402

HANGS = 40 if FULL else 5
# The hold limit of this lab is 12 ms; the rest is what a busy machine may add. Without a limit the
# longest wait would be that of the hang.
HANG_S, WAIT_MAX_S = 1.5, 0.75


def longest_wait_s(log):
    """Of the probe's steps, from issue to acknowledgement."""
    with open(log, encoding="ascii") as lines:
        next(lines)
        times = [tuple(map(int, line.split()[2:])) for line in lines]
    return max((done - issued) / 1e9 for issued, done in times if done)


def hangs(lab, draw):
    probe = Probe(lab, lab.uris("primary"), draw.getrandbits(31))
    for _ in range(HANGS):
        time.sleep(draw.uniform(0.1, 0.6))
        processes.send(lab.entry("coordinator.primary"), signal.SIGSTOP)
        time.sleep(HANG_S)
        processes.send(lab.entry("coordinator.primary"), signal.SIGCONT)
    steps = probe.stop()
    wait = longest_wait_s(probe.log)
    print(f"  {HANGS} hangs of {HANG_S} s: the longest of {steps} steps took {1000 * wait:.0f} ms",
          flush=True)
    assert wait < WAIT_MAX_S, f"a step took {wait:.3f} s"


def successor(lab):
    controls = {member["name"]: member["primary"]["ports"]["control"]
                for member in lab.described["members"]}
    http = layout.free_ports(1)[0]
    old = lab.entry("coordinator.primary")
    processes.send(old, signal.SIGSTOP)
    with extra_process(lab, "coordinator.successor", lambda place: layout.coordinator_config(
            lab.options, "primary", place, http, controls)) as place:
        described = {"coordinators": {"primary": {"api": f"http://127.0.0.1:{http}"}}}
        wait_for("the successor's markers", lambda: sealed_by(described) >= 3)
        processes.send(old, signal.SIGCONT)
        wait_for("the old coordinator hears of the newer epoch",
                 lambda: "epoch" in lab.log_of("coordinator.primary"))
        said = [line for line in lab.log_of("coordinator.primary").splitlines() if "epoch" in line]
        before = sealed_by(described)
        wait_for("the successor's markers go on", lambda: sealed_by(described) > before + 3)
        applied = lab.applied()
        wait_for("recovery points go on", lambda: lab.applied() > applied)
        print(f"  the old one wakes up: {said[-1]}", flush=True)
        assert processes.alive(place)


def sealed_by(described):
    try:
        return readiness.get(described, "primary", "summary")["rounds"]["sealed"]
    except OSError:
        return 0


def main():
    need("nbdcopy", "cmp")
    draw = random.Random(seed())
    with Lab(members=2, marker_interval="50ms") as lab:
        hangs(lab, draw)
        lab.ready()
        lab.same_images()
        successor(lab)


if __name__ == "__main__":
    main()
