#!/usr/bin/python3
"""Site losses at random moments under load: what the other site comes up with is a consistent cut.

Three members, chains of dependent steps over all of them (probe_plan.h), SIGKILL to every primary
and the primary coordinator, takeover, and every surviving block is judged. Hosts reach some members
over iSCSI and the others over NBD, so that chains cross from one front end to the other. Then the
same with MARK to one member delayed; and with the hold switched off, where violations must be
found, over iSCSI alone, too: the test has teeth."""

import json
import os
import random
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import FULL, Lab, Probe, seed, wait_for  # noqa: E402

ROUNDS = 100 if FULL else 10
INTERVAL_MS = 50
TRIES_WITHOUT_HOLD = 10
# The members that hosts reach over iSCSI.
MIXED, MIXED_OTHERWISE, ALL_ISCSI = ("m2",), ("m1", "m3"), ("m1", "m2", "m3")


def counters(lab):
    """Rounds whose outcome is known, and those of them that were sealed."""
    rounds = lab.summary("primary")["rounds"]
    return rounds["sealed"] + rounds["voided"] + rounds["unknown"], rounds["sealed"]


def nothing_more(lab, draw):
    """The twist of a site loss that has none."""


def catching_up(lab, draw):
    """One secondary was away and has not caught up yet when the site is lost."""
    lab.kill("m2.secondary")
    time.sleep(0.3)
    lab.start("m2.secondary", ready=False)
    time.sleep(draw.uniform(0.0, 0.4))


def coordinator_dies(lab, draw):
    """The takeover's coordinator is killed at some moment of a takeover, and started again."""
    takeover = subprocess.Popen(
        lab.described["cli"]["secondary"] + ["takeover", "lab", "--confirm", "lab"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(draw.uniform(0.0, 0.08))
    lab.kill("coordinator.secondary")
    takeover.wait(30)
    lab.start("coordinator.secondary", ready=False)


def taken_over(lab):
    """Asks again until it is done: members connect one after the other. The command's answer."""
    done = lab.cairn("secondary", "--json", "takeover", "lab", "--confirm", "lab", check=False)
    return json.loads(done.stdout) if done.returncode == 0 else None


def host_uris(lab, over_iscsi):
    """Each member's volume on the primary side, by the protocol that its hosts speak."""
    return [(lab.iscsi if member in over_iscsi else lab.uri)(f"{member}.primary")
            for member in lab.members()]


def lose_site(draw, before=nothing_more, after=nothing_more, over_iscsi=MIXED, **options):
    """One site loss: the verdict, the age of what was recovered, rounds ended and sealed."""
    with Lab(members=3, **options) as lab:
        probe = Probe(lab, host_uris(lab, over_iscsi), draw.getrandbits(31))
        time.sleep(0.3)
        ended, sealed = counters(lab)
        time.sleep(draw.uniform(1.0, 2.0))
        ended_now, sealed_now = counters(lab)
        time.sleep(draw.uniform(0.0, 0.1))
        before(lab, draw)
        names = lab.site("primary")
        draw.shuffle(names)
        killed_ns = time.monotonic_ns()
        lab.kill(*names)
        steps = probe.finish()
        assert steps > 100, f"only {steps} steps: that is no load"
        after(lab, draw)
        answer = wait_for("the takeover", lambda: taken_over(lab))
        verdict = probe.check(lab.uris("secondary"))
        verdict["told_ms"] = answer["takeover"]["age_ms"]
        age_ms = (killed_ns - verdict["newest_issued_ns"]) / 1e6
        return verdict, age_ms, ended_now - ended, sealed_now - sealed


def show(number, verdict, age_ms, ended, sealed):
    print(f"  {number}: {verdict['steps_included']} steps there, {verdict['steps_lost']} lost, "
          f"newest {age_ms:.0f} ms old (told: {verdict['told_ms']}), "
          f"{sealed} of {ended} rounds sealed, {verdict['violation_count']} violations", flush=True)


def without_violation(verdict):
    assert verdict["violation_count"] == 0, verdict["violations"]


def fast_markers(draw):
    print(f"{ROUNDS} site losses, markers every {INTERVAL_MS} ms", flush=True)
    ages, ended, sealed = [], 0, 0
    for number in range(1, ROUNDS + 1):
        verdict, age_ms, *rounds = lose_site(draw, marker_interval=f"{INTERVAL_MS}ms")
        show(number, verdict, age_ms, *rounds)
        without_violation(verdict)
        ages.append(age_ms)
        ended, sealed = ended + rounds[0], sealed + rounds[1]
    share, age = sealed / ended, statistics.median(ages)
    print(f"  sealed {100 * share:.1f} % of {ended} rounds, median age {age:.0f} ms", flush=True)
    assert share >= 0.95, f"only {sealed} of {ended} rounds were sealed under load"
    assert age <= 3 * INTERVAL_MS, f"the recovered markers are {age:.0f} ms old in the median"


def twisted(draw):
    print("A secondary that is catching up; a coordinator killed in the takeover", flush=True)
    for number in range(1, 11 if FULL else 3):
        for twist in ({"before": catching_up}, {"after": coordinator_dies}):
            verdict, *rest = lose_site(draw, marker_interval=f"{INTERVAL_MS}ms", **twist)
            show(number, verdict, *rest)
            without_violation(verdict)


def delayed_mark(draw):
    """m1 and m3 hold until m2 has its MARK, and m2 hardly: a front end that holds no writes shows
    when it serves m1 and m3, so each of the two does in turn."""
    print("MARK to m2 delayed by 20 ms, markers every 200 ms", flush=True)
    for number in range(1, 11 if FULL else 3):
        over_iscsi = (MIXED, MIXED_OTHERWISE)[number % 2]
        verdict, age_ms, ended, sealed = lose_site(draw, marker_interval="200ms",
                                                   delay_mark="m2=20ms", over_iscsi=over_iscsi)
        show(number, verdict, age_ms, ended, sealed)
        without_violation(verdict)
        assert sealed > 0, "no round was sealed with a MARK that is late but within the limit"


def without_hold(draw, over_iscsi):
    print(f"The same with the hold switched off, {' and '.join(over_iscsi)} over iSCSI: "
          "violations must be found", flush=True)
    for number in range(1, TRIES_WITHOUT_HOLD + 1):
        verdict, age_ms, ended, sealed = lose_site(draw, marker_interval="200ms",
                                                   delay_mark="m2=20ms", hold=False,
                                                   over_iscsi=over_iscsi)
        show(number, verdict, age_ms, ended, sealed)
        if verdict["violation_count"] > 0:
            print(f"  for example: {verdict['violations'][0]}", flush=True)
            return
    raise AssertionError(f"no violation in {TRIES_WITHOUT_HOLD} tries: the probe is blind")


def main():
    draw = random.Random(seed())
    fast_markers(draw)
    twisted(draw)
    delayed_mark(draw)
    without_hold(draw, MIXED)
    without_hold(draw, ALL_ISCSI)


if __name__ == "__main__":
    main()
