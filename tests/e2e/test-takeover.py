#!/usr/bin/python3
"""Takeovers: the dry run changes nothing; what was applied is never taken back; a second takeover
and a restart change nothing; the old primary, alive or back, is fenced and says so."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import Lab, marker_number, wait_for  # noqa: E402
from nbd_client import NbdClient, NbdError  # noqa: E402

BLOCK = 4096


def content(letter):
    return letter.encode() * BLOCK


def write(lab, name, letter):
    client = NbdClient(lab.uri(name))
    client.write(0, content(letter), fua=True)
    client.close()


def read(lab, name):
    client = NbdClient(lab.uri(name))
    there = client.read(0, BLOCK)
    client.close()
    return there[:1].decode()


def refused(lab, name):
    try:
        write(lab, name, "!")
        return False
    except NbdError:
        return True


def lose_site(lab):
    """Everywhere "a" in one marker, "b" in a later one."""
    for name in ("m1.primary", "m2.primary"):
        write(lab, name, "a")
    first = lab.marker_now()
    lab.wait_applied(first)
    for name in ("m1.primary", "m2.primary"):
        write(lab, name, "b")
    second = lab.marker_now()
    lab.wait_applied(second)
    lab.kill(*lab.site("primary"))
    return first, second


def everywhere(lab, letter):
    return all(read(lab, f"{member}.secondary") == letter for member in lab.members())


def dry_run_and_takeover(lab):
    _, second = lose_site(lab)
    plan = lab.cairn("secondary", "takeover", "lab", "--dry-run")
    assert "marker" in plan, plan
    assert refused(lab, "m1.secondary"), "a dry run made the secondary writable"
    done = lab.cairn("secondary", "takeover", "lab", "--at", "999999", "--confirm", "lab",
                     check=False)
    assert done.returncode != 0, "a takeover at a marker that was never made"
    wrong = lab.cairn("secondary", "takeover", "lab", "--confirm", "other", check=False)
    assert wrong.returncode != 0, "a takeover that was not confirmed"
    lab.take_over()
    at = marker_number(lab.summary("secondary")["group"]["taken_over"]["at"])
    assert at >= second, f"taken over at {at}, marker {second} was held by all"
    assert everywhere(lab, "b")
    print(f"  a dry run changes nothing; taken over at marker {at}", flush=True)


def again_and_restarts(lab):
    write(lab, "m1.secondary", "c")
    lab.cairn("secondary", "takeover", "lab", "--confirm", "lab", check=False)
    assert read(lab, "m1.secondary") == "c", "a second takeover took something back"
    lab.kill("m1.secondary", "coordinator.secondary")
    lab.start("m1.secondary")
    lab.start("coordinator.secondary", ready=False)
    wait_for("the coordinator remembers the takeover", lambda: taken_over(lab))
    assert read(lab, "m1.secondary") == "c", "a restart lost a write"
    write(lab, "m1.secondary", "d")
    print("  a second takeover and kill -9 of the promoted gateway change nothing", flush=True)


def taken_over(lab):
    try:
        return lab.summary("secondary")["group"]["taken_over"]
    except OSError:
        return None


def old_primary_comes_back(lab):
    lab.start("m1.primary")
    wait_for("the old primary is fenced", lambda: refused(lab, "m1.primary"))
    wait_for("the log says that it is fenced", lambda: "fenced" in lab.log_of("m1.primary"))
    assert read(lab, "m1.secondary") == "d"
    lab.kill("m1.primary")
    lab.start("m1.primary")
    assert refused(lab, "m1.primary"), "a restart lifted the fence"
    print("  the old primary comes back fenced, and stays so", flush=True)


def primary_is_alive():
    """A takeover while the primary site runs: it is fenced at the next contact."""
    with Lab(members=2, marker_interval="200ms") as lab:
        write(lab, "m1.primary", "a")
        lab.wait_applied(lab.marker_now())
        lab.take_over()
        for name in ("m1.primary", "m2.primary"):
            wait_for(f"{name} is fenced", lambda name=name: refused(lab, name))
        write(lab, "m1.secondary", "b")
        assert read(lab, "m1.secondary") == "b"
    print("  a primary that is alive is fenced, too", flush=True)


def older_marker():
    """What was applied is never taken back: a marker below it is refused, with the reason."""
    with Lab(members=2, marker_interval="200ms") as lab:
        first, second = lose_site(lab)
        done = lab.cairn("secondary", "takeover", "lab", "--at", str(first), "--confirm", "lab",
                         check=False)
        assert done.returncode == 6, f"ended with {done.returncode}: {done.stdout}"
        assert everywhere(lab, "b") and refused(lab, "m1.secondary")
        print(f"  marker {first} behind the applied {second}: {done.stdout.strip()}", flush=True)


def main():
    with Lab(members=2, marker_interval="200ms") as lab:
        dry_run_and_takeover(lab)
        again_and_restarts(lab)
        old_primary_comes_back(lab)
    primary_is_alive()
    older_marker()


if __name__ == "__main__":
    main()
