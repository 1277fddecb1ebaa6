#!/usr/bin/python3
"""Makes the samples of this tree's formats: make.py VERSION, into VERSION/ beside this script. Once for
each version that is released; samples of a released version are never made again.

  site.tar.xz        both sites of a group after kill -9 of everything: primaries and secondaries with
                     their journals and backing files, and both coordinators
  taken-over.tar.xz  its secondary site after a takeover, killed again
  frames.txt         a frame of each message, a header of each kind of record, stored reservations
  expected.json      what is in them; the hashes of the volumes come from a model of what was written
"""

import hashlib
import json
import os
import random
import subprocess
import sys

import sampled_lab  # finds tests/lab
import layout
from journal_files import records_in, scribble, segments, writes_above_watermark
from lab_client import Lab, marker_number, wait_for
from nbd_client import WRITE_ZEROES, NbdClient
from sampled_lab import MEMBERS, OPTIONS, SIZE, SampledLab, pack

SECONDARY_SITE = ["m1.secondary", "m2.secondary", "coordinator.secondary"]
TRIM, NO_HOLE = 4, 2
BLOCK = 4096
TRIES = 20


class Host:
    """Writes to the volume of one member, and knows what must be in it."""

    def __init__(self, lab, member):
        self.lab, self.name = lab, f"{member}.primary"
        self.model = bytearray(SIZE)
        self.draw = random.Random(member)
        self.connect()

    def connect(self):
        self.client = NbdClient(self.lab.uri(self.name))

    def write(self, block, blocks=1):
        data = self.draw.randbytes(16) * (blocks * BLOCK // 16)
        self.client.write(block * BLOCK, data)
        self.model[block * BLOCK:block * BLOCK + len(data)] = data

    def clear(self, block, blocks, request, flags=0):
        self.client.request(request, block * BLOCK, blocks * BLOCK, flags)
        self.model[block * BLOCK:(block + blocks) * BLOCK] = bytes(blocks * BLOCK)

    def some_of_each(self, base):
        self.write(base, 40)  # a bulk record
        self.clear(base + 3, 1, WRITE_ZEROES, NO_HOLE)
        self.write(base + 5)
        self.clear(base + 8, 2, TRIM)
        self.write(base + 41)
        self.client.flush()


def make_void(lab):
    """m2 hears of the marker when m1's hold has ended; then the delay goes."""
    lab.cairn("primary", "marker", "now", "--wait", "--name", "late", check=False)
    lab.stop("coordinator.primary")
    lab.edit("coordinator.primary", r"\[testing\]\n.*\n", "")
    lab.start("coordinator.primary")


def make_gap(lab, host):
    """As a loss of power may: of writes that no sync covered, one is not on the disk."""
    journal = os.path.join(lab.entry(host.name)["state"], "journal")
    for attempt in range(TRIES):
        before = bytes(host.model)
        for number in range(4):
            host.write(100 + 4 * attempt + number)
        lab.kill(host.name)
        above = writes_above_watermark(journal)
        if len(above) >= 4:
            scribble(*above[-2][1:])
            at = (100 + 4 * attempt + 2) * BLOCK
            host.model[at:at + BLOCK] = before[at:at + BLOCK]
            break
        lab.start(host.name)
        host.connect()
    else:
        raise SystemExit("every write was synced before the kill")
    lab.start(host.name)
    host.connect()
    lab.ready()


def stored(lab):
    def all_of(member):
        marks = lab.status_of(f"{member}.primary")["watermarks"]
        return marks["stored"] == marks["finished"] > 0
    wait_for("everything is stored", lambda: all(all_of(member) for member in MEMBERS))


def kinds_in(lab, name):
    journal = os.path.join(lab.entry(name)["state"], "journal")
    return {kind for path in segments(journal) for _, kind, _ in records_in(path)}


def write_everything(lab, hosts):
    """Up to the kill of all; returns the number of the newest marker."""
    sampled_lab.follow_soon(lab)
    lab.stop("coordinator.secondary")
    lab.start("coordinator.secondary")
    for host in hosts:
        host.some_of_each(0)
    make_void(lab)
    make_gap(lab, hosts[0])
    lab.marker_now()
    for host in hosts:
        host.some_of_each(50)
    number = marker_number(
        lab.cairn_json("primary", "marker", "now", "--wait", "--name", "kept"))
    lab.wait_applied(number)
    for host in hosts:
        host.at_marker = bytes(host.model)
        host.some_of_each(180)
    stored(lab)
    for host in hosts:  # behind the last sync
        for block in range(230, 234):
            host.write(block)
    lab.kill("m1.primary", "m2.primary", "coordinator.primary", "m1.secondary", "m2.secondary",
             "coordinator.secondary")
    return number


def check_kinds(lab):
    for member in MEMBERS:
        journal = os.path.join(lab.entry(f"{member}.primary")["state"], "journal")
        assert writes_above_watermark(journal), f"{member}: every write was synced"
    assert kinds_in(lab, "m1.primary") >= {1, 2, 3, 6, 7, 8}, kinds_in(lab, "m1.primary")
    assert kinds_in(lab, "m1.secondary") >= {1, 2, 3, 5, 6, 7, 8}, kinds_in(lab, "m1.secondary")


def take_over(lab, hosts):
    for name in SECONDARY_SITE:
        lab.start(name, ready=False)
    wait_for("the secondary coordinator has heard its gateways",
             lambda: sampled_lab.heard(lab, "secondary"))
    lab.take_over()
    for host in hosts:
        host.name = host.name.replace("primary", "secondary")
        host.model = bytearray(host.at_marker)
        host.connect()
        host.write(0)
        host.client.flush()
    lab.kill(*SECONDARY_SITE)


def make_sites(directory):
    """Returns the newest marker and the hashes that are expected in the three places."""
    with Lab(**OPTIONS, delay_mark="m2=300ms") as lab:
        hosts = [Host(lab, member) for member in MEMBERS]
        number = write_everything(lab, hosts)
        check_kinds(lab)
        pack(lab, list(layout.processes(lab.described)), os.path.join(directory, "site.tar.xz"))
        models = {"primary": hashes(host.model for host in hosts),
                  "secondary": hashes(host.at_marker for host in hosts)}
        take_over(lab, hosts)
        pack(lab, SECONDARY_SITE, os.path.join(directory, "taken-over.tar.xz"))
        models["taken_over"] = hashes(host.model for host in hosts)
        return number, models


def hashes(contents):
    return [hashlib.sha256(content).hexdigest() for content in contents]


def images(seen):
    return [seen["members"][member]["image"] for member in MEMBERS]


def main():
    directory = os.path.join(sampled_lab.HERE, sys.argv[1])
    os.makedirs(directory, exist_ok=True)
    sampler = os.path.join(layout.Options().build, "bin", "frame_sampler")
    with open(os.path.join(directory, "frames.txt"), "wb") as frames:
        subprocess.run([sampler], stdout=frames, check=True)
    last, models = make_sites(directory)
    seen = {"last_marker": last}
    with SampledLab(os.path.join(directory, "site.tar.xz")) as lab:
        seen["secondary"] = sampled_lab.look_at_secondary_site(lab, last)
        seen["primary"] = sampled_lab.look_at_primary_site(lab, last)
    with SampledLab(os.path.join(directory, "taken-over.tar.xz")) as lab:
        seen["taken_over"] = sampled_lab.look_at_promoted_site(lab)
    for name, model in models.items():
        assert images(seen[name]) == model, f"{name}: not what was written"
    with open(os.path.join(directory, "expected.json"), "w", encoding="utf-8") as out:
        json.dump(seen, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()
