#!/usr/bin/python3
"""docs/quickstart.md, followed to the letter: the packages are installed on two Debian machines
with systemd, and each command of the document runs where it says. A machine reboots in the middle; then
site A is lost, and the volume that is mounted at B holds what it held at the marker.

Two machines (guests, without KVM) with the document's own addresses, and so not one with addresses
on its loopback: what is checked is what readers will type. On the way: the services run confined as
their units say, tell systemd how they stand, log with fields and nothing when idle, reload, and are
started again when one of their threads hangs."""

import json
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import packages  # noqa: E402
import quickstart  # noqa: E402
import service_checks  # noqa: E402
from debian_guest import Machines  # noqa: E402
from debian_image import DebianImage  # noqa: E402
from lab_client import FULL, marker_number, need, skip, wait_for  # noqa: E402

COMMANDS_MAX = 10  # to a mounted volume
COMMAND_SECONDS_MAX = 900
IDLE_MARKERS = 15
FILE_BYTES = 300_000


class Reader:
    """Who has the document in hand."""

    def __init__(self, machines):
        self.machines = machines
        self.sections = quickstart.sections()
        self.count = 0
        self.start = time.monotonic()

    def follow(self, heading, blocks=slice(None)):
        for block in self.sections[heading][blocks]:
            if block.loses:
                self.machines[block.loses].pull_the_plug()
                print(f"  {block.loses} is lost", flush=True)
            for command in block.commands:
                self.type(self.machines[block.machine], command)

    def type(self, machine, command):
        """Not before the devices of the command before are there: nobody types that fast."""
        machine.run("udevadm settle --timeout=120", seconds=150)
        start = time.monotonic()
        if command == "systemctl reboot":
            machine.reboot(command)
        else:
            machine.run(command, seconds=COMMAND_SECONDS_MAX)
        self.count += 1
        print(f"  {machine.name}# {command}  ({time.monotonic() - start:.0f} s)", flush=True)

    def seconds(self):
        return time.monotonic() - self.start


class Site:
    """The coordinator at one machine, as the command tells it."""

    def __init__(self, machine):
        self.machine = machine

    def group(self):
        return json.loads(self.machine.run("cairn --json status"))["group"]

    def fine(self):
        self.machine.wait_for("cairn status -x >/dev/null")

    def applied(self):
        return marker_number(self.group()["applied"])

    def marker_now(self):
        return marker_number(json.loads(self.machine.run("cairn --json marker now --wait")))

    def wait_applied(self, number):
        wait_for(f"marker {number} applied", lambda: self.applied() >= number, seconds=300)


class Files:
    """Under /mnt of a machine; what they hold is remembered here."""

    def __init__(self):
        self.sums = {}

    def write(self, machine, name):
        """On the disk when it returns."""
        machine.run(f"head -c {FILE_BYTES} /dev/urandom >/mnt/{name} && sync -f /mnt/{name}")
        self.sums[name] = machine.run(f"sha256sum </mnt/{name}").split()[0]

    def check(self, machine):
        """These files and no others, each with what was written; not from the memory of before."""
        there = set(machine.run("ls /mnt").split()) - {"lost+found"}
        assert there == set(self.sums), f"{there} instead of {set(self.sums)}"
        for name, wanted in self.sums.items():
            found = machine.run(f"sha256sum </mnt/{name}").split()[0]
            assert found == wanted, f"{name}: {found} instead of {wanted}"
        log = machine.run("dmesg")
        for bad in ("I/O error", "EXT4-fs error", "Buffer I/O"):
            assert bad not in log, log[-4000:]


def check_services(a, site_a, site_b):
    for machine in (a, site_b.machine):
        for unit in service_checks.UNITS:
            service_checks.confined(machine, unit)
    service_checks.says_how_it_stands(a, "cairn-gateway", "1 member, 1 volume, 1 link connected")
    service_checks.says_how_it_stands(a, "cairn-coordinator", "If this site were lost now")
    for unit in service_checks.UNITS:
        service_checks.has_fields(a, unit, "m1")
        service_checks.reloads(a, unit)
    service_checks.quiet_when_idle(
        a, lambda: site_b.wait_applied(site_b.applied() + IDLE_MARKERS))
    site_a.fine()
    print("  confined, with a status, fields in the journal, quiet when idle, reloaded", flush=True)


def play(machines):
    a, b = machines["a"], machines["b"]
    site_a, site_b = Site(a), Site(b)
    reader, files = Reader(machines), Files()
    reader.follow("Install, configure, start")
    site_a.fine()
    site_b.fine()
    reader.follow("Mount it")
    print(f"from install to a mounted, replicated volume: {reader.count} commands, "
          f"{reader.seconds():.0f} s", flush=True)
    assert reader.count <= COMMANDS_MAX, reader.count
    files.write(a, "before-reboot")
    check_services(a, site_a, site_b)

    reader.follow("Reboot")
    files.check(a)
    files.write(a, "over-iscsi")
    reader.follow("Over NBD instead")
    files.check(a)
    files.write(a, "over-nbd")
    lose_a_later_file(a, site_a, site_b, files)

    reader.follow("Take over", slice(0, 1))
    reader.follow("Take over", slice(1, 2))
    files.check(b)
    files.write(b, "after-takeover")
    reader.follow("Take over", slice(2, None))
    files.check(b)
    print(f"all of it: {reader.count} commands, {reader.seconds():.0f} s", flush=True)
    b.run("umount /mnt; nbd-client -d /dev/nbd0")
    service_checks.restarted_when_it_hangs(b, "destage")
    print("  a gateway with a thread that hangs was started again", flush=True)


def lose_a_later_file(a, site_a, site_b, files):
    """B has a marker with all files; what comes behind it has none, and so is in no takeover."""
    site_b.wait_applied(site_a.marker_now())
    a.run("systemctl stop cairn-coordinator")
    kept = dict(files.sums)
    files.write(a, "too-late")
    files.sums = kept


def main():
    if not FULL:
        skip("boots two machines: only with CAIRN_FULL=1, as in ./dev check --full")
    if os.geteuid() != 0:
        skip("mmdebstrap makes the machines' disk as root only")
    need("qemu-system-x86_64", "qemu-img", "mmdebstrap", "mke2fs", "dpkg-deb")
    built = packages.built("deb")
    image = DebianImage([*built, *packages.CLIENTS])
    with tempfile.TemporaryDirectory(prefix="cairn-quickstart-", dir="/tmp") as directory:
        brought = packages.gathered(os.path.join(directory, "brought"), built)
        with Machines(directory, image, "ab", brought) as machines:
            play(machines)


if __name__ == "__main__":
    main()
