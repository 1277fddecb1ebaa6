#!/usr/bin/python3
"""A coordinator whose state.db somebody else keeps locked says so, sends nothing that rests on it, and
goes on when the lock is gone; a takeover asked for meanwhile is refused with the sentence, or carried
out when the lock is gone."""

import contextlib
import os
import sqlite3
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import Lab, wait_for  # noqa: E402

SENTENCE = "the coordinator's state can't be written"
LOCKED_MS = 20_000


@contextlib.contextmanager
def locked(lab, side):
    """An exclusive transaction on the state of a coordinator that runs. It writes nothing."""
    path = os.path.join(lab.entry(f"coordinator.{side}")["state"], "state.db")
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def group(lab, side):
    return lab.summary(side)["group"]


def told_ms(lab, side):
    """For how long status has named the state as what holds the group back; None: it does not."""
    held = group(lab, side)["holding_back"]
    return held["since_ms"] if held and SENTENCE in held["because"] else None


def lines(lab, side, words):
    return lab.log_of(f"coordinator.{side}").count(words)


def stays_locked(lab, side):
    wait_for("status names the state", lambda: told_ms(lab, side) is not None)
    words = lab.cairn(side, "status")
    assert SENTENCE in words and "state.db" in words, words
    wait_for(f"it is told for {LOCKED_MS} ms", lambda: (told_ms(lab, side) or 0) >= LOCKED_MS, 60)
    assert group(lab, side)["level"] in ("warning", "severe"), group(lab, side)


def told_once(lab, side, times):
    wait_for("the log says that it is over",
             lambda: lines(lab, side, "the coordinator's state is written again") == times)
    assert lines(lab, side, "warning: " + SENTENCE) == times
    assert told_ms(lab, side) is None
    # What is for people waits until the state can be written again, and a little longer.
    wait_for("the list of events has it", lambda: sum(
        event["sentence"].startswith(SENTENCE) for event in lab.summary(side)["events"]) == times)


def primary(lab):
    lab.marker_now()
    with locked(lab, "primary"):
        wait_for("status names the state", lambda: told_ms(lab, "primary") is not None)
        begun = lab.summary("primary")["rounds"]["begun"]
        asked = subprocess.Popen([*lab.described["cli"]["primary"], "marker", "now", "--wait"],
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        stays_locked(lab, "primary")
        assert lab.summary("primary")["rounds"]["begun"] == begun, "a round without a number"
        assert asked.poll() is None, asked.stdout.read()
    said, _ = asked.communicate(timeout=60)
    assert asked.returncode == 0 or "is void" in said, said  # on a busy machine
    begun = lab.summary("primary")["rounds"]["sealed"]
    wait_for("markers are made again", lambda: lab.summary("primary")["rounds"]["sealed"] > begun)
    applied = lab.applied()
    wait_for("recovery points go on", lambda: lab.applied() > applied)
    told_once(lab, "primary", 1)
    print(f"  primary: no round while it was locked; the marker asked for meanwhile: {said.strip()}",
          flush=True)


def secondary(lab):
    with locked(lab, "secondary"):
        wait_for("status names the state", lambda: told_ms(lab, "secondary") is not None)
        applied = lab.applied()
        refused = lab.cairn("secondary", "takeover", "lab", "--confirm", "lab", check=False)
        assert refused.returncode != 0 and SENTENCE in refused.stdout, refused.stdout
        stays_locked(lab, "secondary")
        assert lab.applied() == applied, "an APPLY whose choice is not on the disk"
    wait_for("recovery points go on", lambda: lab.applied() > applied)
    told_once(lab, "secondary", 1)
    for member in lab.members():
        assert lab.status_of(f"{member}.primary")["role"] == "primary"
        assert lab.status_of(f"{member}.secondary")["role"] == "secondary"
    print(f"  secondary: goes on; the takeover asked for meanwhile: {refused.stdout.strip()}",
          flush=True)


def takeover(lab):
    lab.kill(*lab.site("primary"))
    with locked(lab, "secondary"):
        asked = subprocess.Popen(
            [*lab.described["cli"]["secondary"], "takeover", "lab", "--confirm", "lab"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        wait_for("status names the state", lambda: told_ms(lab, "secondary") is not None)
        assert asked.poll() is None, asked.stdout.read()
        assert not group(lab, "secondary")["taken_over"]
    said, _ = asked.communicate(timeout=60)
    assert asked.returncode == 0, said
    assert group(lab, "secondary")["taken_over"]
    told_once(lab, "secondary", 2)
    print("  a takeover asked for while it was locked is carried out when the lock is gone",
          flush=True)


def main():
    with Lab(members=2, marker_interval="200ms") as lab:
        primary(lab)
        secondary(lab)
        takeover(lab)
        lab.kill("coordinator.secondary")
        lab.start("coordinator.secondary", ready=False)
        wait_for("it remembers the takeover", lambda: taken_over(lab))


def taken_over(lab):
    try:
        return group(lab, "secondary")["taken_over"]
    except OSError:
        return None


if __name__ == "__main__":
    main()
