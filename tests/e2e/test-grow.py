#!/usr/bin/python3
"""Volumes grow under their hosts: the larger size in the configuration, then SIGHUP, at the
secondary and at the primary, in either order. Nothing that was there changes, markers go on, and a
takeover brings up the larger volume. What can't be taken is refused with a sentence."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import Lab, Probe, run, seed, wait_for  # noqa: E402
from nbd_client import NbdClient  # noqa: E402

MIB = 1 << 20
BEFORE, AFTER = 64, 96  # MiB
BLOCK = 4096


def grow(lab, name):
    lab.resize(name, AFTER)
    assert f"grows from {BEFORE * MIB} to {AFTER * MIB} bytes" in lab.log_of(name)


def size_of(uri):
    return int(run("nbdinfo", "--size", uri))


def write(uri, letter, at):
    client = NbdClient(uri)
    client.write(at, letter.encode() * BLOCK, fua=True)
    client.close()


def read(uri, at):
    client = NbdClient(uri)
    there = client.read(at, BLOCK)
    client.close()
    return there


def under_load(lab, draw):
    """m1: the secondary first. The host of the old size is not disturbed."""
    uris = lab.uris("primary")
    probe = Probe(lab, uris, draw)
    wait_for("a marker under load", lambda: lab.applied() > 0)
    for name in ("m1.secondary", "m1.primary"):
        grow(lab, name)
    steps = probe.stop()
    print(f"  {steps} steps of hosts while a volume grew", flush=True)
    assert size_of(lab.uri("m1.primary")) == AFTER * MIB
    assert size_of(lab.uri("m2.primary")) == BEFORE * MIB
    told = run("qemu-img", "info", "--output=json", lab.iscsi("m1.primary"))
    assert f'"virtual-size": {AFTER * MIB}' in told, told
    write(lab.uri("m1.primary"), "b", AFTER * MIB - BLOCK)
    lab.same_images()
    verdict = probe.check(lab.uris("secondary"), nothing_lost=True)
    assert not verdict["violations"], verdict


def primary_alone(lab):
    """m2: the primary first. Its link waits, with the reason, until the secondary has grown."""
    grow(lab, "m2.primary")
    write(lab.uri("m2.primary"), "c", AFTER * MIB - BLOCK)
    wait_for("the link says what is missing", lambda: "it has to be made larger here, too" in
             lab.status_of("m2.primary")["link_because"])
    print(f"  {lab.status_of('m2.primary')['link_because']}", flush=True)
    grow(lab, "m2.secondary")
    lab.same_images()


def refused(lab):
    lab.resize("m1.primary", BEFORE, "can't become smaller")
    lab.edit("m1.primary", r'log = "notice"', 'log = "noisy"')
    lab.hang_up("m1.primary", "the configuration is not taken")
    lab.edit("m1.primary", r'log = "noisy"', 'log = "debug"')
    lab.resize("m1.primary", AFTER, "no volume has grown")
    lab.edit("m1.primary", r'name = "m1-primary"', 'name = "another"')
    lab.hang_up("m1.primary", "what else has changed takes a restart")
    lab.edit("m1.primary", r'name = "another"', 'name = "m1-primary"')
    lab.edit("m1.primary", r'log = "debug"', 'log = "notice"')
    lab.hang_up("m1.primary", "no volume has grown")
    assert size_of(lab.uri("m1.primary")) == AFTER * MIB


def restarts_and_takeover(lab):
    lab.kill("m1.primary")
    lab.start("m1.primary")
    assert size_of(lab.uri("m1.primary")) == AFTER * MIB
    assert read(lab.uri("m1.primary"), AFTER * MIB - BLOCK) == b"b" * BLOCK
    lab.wait_applied(lab.marker_now())
    lab.kill(*lab.site("primary"))
    lab.take_over()
    for name, letter in (("m1.secondary", b"b"), ("m2.secondary", b"c")):
        assert size_of(lab.uri(name)) == AFTER * MIB
        assert read(lab.uri(name), AFTER * MIB - BLOCK) == letter * BLOCK
        write(lab.uri(name), "d", AFTER * MIB - BLOCK)


def main():
    draw = seed()
    with Lab(members=2, marker_interval="200ms", size=f"{BEFORE}MiB") as lab:
        under_load(lab, draw)
        primary_alone(lab)
        refused(lab)
        restarts_and_takeover(lab)
    print("  larger after a restart, and after a takeover", flush=True)


if __name__ == "__main__":
    main()
