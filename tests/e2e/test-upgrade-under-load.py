#!/usr/bin/python3
"""An upgrade of the packages and then a restart of the services, while fio writes and verifies over
NBD (QEMU, with reconnect-delay) and iSCSI (QEMU's libiscsi), on a Debian machine with systemd: the
upgrade restarts nothing and says what still runs, the restart costs hosts a pause and no error."""

import os
import re
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import packages  # noqa: E402
from debian_guest import Machines  # noqa: E402
from debian_image import DebianImage  # noqa: E402
from lab_client import FULL, need, skip, wait_for  # noqa: E402
from service_checks import pid_of, UNITS  # noqa: E402

PLUGIN = "nbdkit-cairn-plugin.so"
RUNS = 2  # of fio, begun and ended
ROUND_SECONDS_MAX = 600

CONFIGURATION = ("cairn config init --role primary --group shop --member m1 --iscsi "
                 "--volume over-nbd=/var/lib/cairn/over-nbd.img:64MiB "
                 "--volume over-iscsi=/var/lib/cairn/over-iscsi.img:64MiB")
BRIDGES = {
    "nbd": "--image-opts driver=nbd,server.type=inet,server.host=127.0.0.1,server.port=10809,"
           "export=over-nbd,reconnect-delay=300",
    "iscsi": "--format=raw iscsi://127.0.0.1:3260/iqn.2026-11.io.cairn:shop.over-iscsi/0"}
FIO = ("fio --name={name} --ioengine=nbd --uri=nbd+unix:///?socket=/run/bridge-{name} "
       "--rw=randwrite --bsrange=4k-64k --iodepth=4 --size=8m --io_size=2m --verify=crc32c "
       "--verify_fatal=1 --verify_state_save=0 --do_verify=1 --randseed=$n "
       # Never at rest, and yet it leaves a slow machine time for an upgrade.
       "--rate_iops=20,20")


class Load:
    """fio again and again, over one way; the bridge and its connection stay from run to run."""

    def __init__(self, machine, name):
        self.machine, self.name = machine, name

    def start(self):
        bridge = f"/run/bridge-{self.name}"
        self.machine.run(f"qemu-nbd --persistent --shared=4 -k {bridge} {BRIDGES[self.name]} "
                         f">{bridge}.log 2>&1 &")
        self.machine.wait_for(f"[ -S {bridge} ]")
        self.machine.run(
            f"n=0; while [ ! -e /run/stop ]; do n=$((n + 1)); {FIO.format(name=self.name)} "
            f">/run/fio-{self.name} 2>&1 || {{ touch /run/failed-{self.name}; break; }}; "
            f"echo $n >/run/count-{self.name}; done &")

    def count(self):
        """How many runs of fio ended well."""
        said = self.machine.run(f"[ ! -e /run/failed-{self.name} ] || cat /run/fio-{self.name}; "
                                f"cat /run/count-{self.name} 2>/dev/null || echo 0").strip()
        assert said.isdigit(), f"fio over {self.name} failed:\n{said}"
        return int(said)


def goes_on(loads, when):
    """Every load ends more runs than the one that was under way."""
    start = time.monotonic()
    before = [load.count() for load in loads]
    wait_for(f"fio goes on {when}", lambda: all(
        load.count() >= count + RUNS for load, count in zip(loads, before)), ROUND_SECONDS_MAX)
    print(f"  fio over {' and '.join(load.name for load in loads)} goes on {when} "
          f"({time.monotonic() - start:.0f} s for {RUNS} runs)", flush=True)


def upgrade(machine):
    pids = {unit: pid_of(machine, unit) for unit in UNITS}
    version = machine.run("cairn-gateway --version").split()[1]
    said = machine.run("apt install -y ./next/cairn*.deb", seconds=ROUND_SECONDS_MAX)
    assert "+next" in machine.run("dpkg-query -W cairn-gateway"), said
    assert {unit: pid_of(machine, unit) for unit in UNITS} == pids, "something was restarted"
    for unit in UNITS:
        told = rf"{unit}\.service still runs \S+ {re.escape(version)}\b.*; installed is"
        assert re.search(told, said), said
        assert f"systemctl restart {unit}.service" in said, said
    print("  " + "\n  ".join(line for line in said.splitlines() if "restart" in line or
                             "still runs" in line), flush=True)
    assert mapped_deleted(machine), "the old plugin is not mapped any more"


def mapped_deleted(machine):
    """Whether the gateway runs a plugin that was replaced."""
    maps = machine.run(f"grep {PLUGIN} /proc/{pid_of(machine, 'cairn-gateway')}/maps")
    return "(deleted)" in maps


def restart(machine):
    pids = {unit: pid_of(machine, unit) for unit in UNITS}
    start = time.monotonic()
    machine.run("systemctl restart cairn-gateway cairn-coordinator", seconds=ROUND_SECONDS_MAX)
    print(f"  restarted in {time.monotonic() - start:.1f} s", flush=True)
    assert all(pid_of(machine, unit) != pid for unit, pid in pids.items())
    assert not mapped_deleted(machine)


def play(machine):
    machine.run("apt install -y ./cairn*.deb", seconds=ROUND_SECONDS_MAX)
    machine.run(CONFIGURATION)
    machine.run("systemctl enable --now cairn-gateway cairn-coordinator", seconds=ROUND_SECONDS_MAX)
    loads = [Load(machine, name) for name in BRIDGES]
    for load in loads:
        load.start()
    goes_on(loads, "at first")
    upgrade(machine)
    goes_on(loads, "after the upgrade")
    restart(machine)
    goes_on(loads, "after the restart")
    machine.run("touch /run/stop; while pgrep -x fio >/dev/null; do sleep 1; done",
                seconds=ROUND_SECONDS_MAX)
    print(f"  {sum(load.count() for load in loads)} runs of fio, all verified", flush=True)


def main():
    if not FULL:
        skip("boots a machine: only with CAIRN_FULL=1, as in ./dev check --full")
    if os.geteuid() != 0:
        skip("mmdebstrap makes the machine's disk as root only")
    need("qemu-system-x86_64", "qemu-img", "mmdebstrap", "mke2fs", "dpkg-deb")
    built = packages.built("deb")
    image = DebianImage([*built, *packages.CLIENTS])
    with tempfile.TemporaryDirectory(prefix="cairn-upgrade-", dir="/tmp") as directory:
        brought = packages.gathered(os.path.join(directory, "brought"), built)
        for package in built:
            packages.with_version(package, packages.field(package, "Version") + "+next",
                                  os.path.join(brought, "next"))
        with Machines(directory, image, "a", brought) as machines:
            play(machines["a"])


if __name__ == "__main__":
    main()
