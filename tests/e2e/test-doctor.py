#!/usr/bin/python3
"""cairn doctor on a lab of real processes: nothing but fine lines when all is well, while hosts write,
too; and each planted problem is the one thing that it finds."""

import contextlib
import ctypes
import dataclasses
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import processes  # noqa: E402
import readiness  # noqa: E402
from lab_client import Lab, Probe, extra_process, need, run, seed, skip, wait_for  # noqa: E402

DISK = "3GiB"
ROOM_LEFT = 100 << 20  # less than the journals may still take
TIME_ERROR = 5
NOBODY = 65534
OPEN_FILES = 65536
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")


@contextlib.contextmanager
def mounted(*words):
    """A file system in a directory of its own; what /tmp is on is not ours to choose."""
    place = tempfile.mkdtemp(prefix="cairn-doctor-", dir="/tmp")
    try:
        with processes.undisturbed():
            done = run("mount", *words, place, check=False)
        if done.returncode != 0:
            skip(f"nothing can be mounted here: {done.stdout.strip()}")
        try:
            yield place
        finally:
            run("umount", place)
    finally:
        os.rmdir(place)


@contextlib.contextmanager
def disk():
    """An ext4 of DISK."""
    with tempfile.TemporaryDirectory(prefix="cairn-image-", dir="/tmp") as directory:
        image = os.path.join(directory, "image")
        run("truncate", "-s", DISK.replace("iB", ""), image)
        run("mkfs.ext4", "-q", "-m", "0", image)
        with mounted("-o", "loop", image) as place:
            yield place


def unsynchronized():
    """What the kernel says of the clock; in many a virtual machine nothing keeps it right."""
    return ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) == TIME_ERROR


class Doctor:
    def __init__(self, lab):
        self.lab = lab
        self.program = os.path.join(lab.described["bin"], "cairn")
        # True on this machine, whatever Cairn does: how fast its disk is, and its clock.
        self.tolerated = {"disks.latency"} | ({"clock.synchronized"} if unsynchronized() else set())

    def options(self, names):
        for name in names:
            kind = "coordinator" if name.startswith("coordinator") else "gateway"
            yield from (f"--{kind}", self.lab.entry(name)["config"])

    def look(self, names=None, more=(), **environment):
        """(exit code, findings)"""
        names = layout.processes(self.lab.described) if names is None else names
        done = subprocess.run([self.program, "doctor", "--json", *self.options(names), *more],
                              stdout=subprocess.PIPE, text=True, timeout=120, check=False,
                              env={**os.environ, **environment})
        document = json.loads(done.stdout)
        assert document["schema"] == "cairn.doctor/1"
        return done.returncode, document["findings"]

    def expect_healthy(self):
        code, findings = self.look()
        wrong = [f for f in findings if f["level"] != "ok" and f["check"] not in self.tolerated]
        assert not wrong, json.dumps(wrong, indent=2)
        assert code == 0
        groups = {f["check"].partition(".")[0] for f in findings}
        assert groups == {"configuration", "programs", "running", "disks", "network", "clock",
                          "exports", "coordinator"}, groups
        return findings

    def expect_problem(self, what, check, *words, warnings=(), **looked):
        """Exactly this one, with these words in its sentences and a way out."""
        code, findings = self.look(**looked)
        problems = [f for f in findings if f["level"] == "problem"]
        others = {f["check"] for f in findings if f["level"] in ("warning", "unseen")}
        said = "\n".join(f["sentence"] + "\n" + f["advice"] for f in problems)
        assert {f["check"] for f in problems} == {check}, json.dumps(problems, indent=2)
        assert others - self.tolerated == set(warnings), others
        for word in words:
            assert word in said, f"{word} is not in:\n{said}"
        assert all(f["advice"] for f in problems), said
        assert code == 1, code
        groups = {f["check"].partition(".")[0] for f in findings}
        if "names" not in looked:
            assert groups >= {"running", "disks", "network", "exports", "coordinator"}, groups
        print(f"  {what}: {problems[0]['sentence'].splitlines()[0]}", flush=True)


# ---- the healthy system

def healthy(doctor, lab):
    findings = doctor.expect_healthy()
    asked = [f["sentence"] for f in findings if f["check"].startswith("exports.")]
    assert any("over iSCSI" in s and "64.0 MiB, writable" in s for s in asked), asked
    assert any("over NBD" in s and "read-only" in s for s in asked), asked
    probe = Probe(lab, lab.uris("primary"), seed())
    doctor.expect_healthy()
    assert probe.stop() > 0
    verdict = probe.check(lab.uris("primary"), nothing_lost=True)
    assert verdict["violation_count"] == 0, verdict["violations"]
    lab.same_images()
    text = run(doctor.program, "doctor", *doctor.options(["m1.primary"]))
    assert "\x1b" not in text and "Exports\n  ✓ ok" in text, text
    print(f"  healthy, hosts writing: {len(findings)} lines, all fine", flush=True)


def stranger(doctor, lab):
    """A user who may see little is told so; what cannot be seen is not wrong."""
    os.chmod(lab.directory, 0o755)
    os.chmod(os.path.dirname(lab.directory), 0o755)
    with extra_process(lab, "m6.primary",
                       lambda place: alone(lab, "m6", place, some_ports(), iscsi="")) as place:
        wait_for("it serves", lambda: readiness.nbd_answers(place["socket"]))
        words = ["--json", "--gateway", place["config"], *doctor.options(["coordinator.primary"])]
        done = run(*AS_NOBODY, doctor.program,
                   "doctor", *words, check=False)
    findings = json.loads(done.stdout)["findings"]
    assert not [f for f in findings if f["level"] == "problem"], done.stdout
    unseen = {f["check"] for f in findings if f["level"] == "unseen"}
    assert {"running.instances", "network.listeners", "coordinator.answers"} <= unseen, unseen
    assert done.returncode == 0
    print(f"  a stranger: {len(unseen)} checks are not seen, none is wrong", flush=True)


# ---- the problems

def full_disk(doctor, lab):
    filler = os.path.join(os.path.dirname(lab.directory), "filler")
    free = shutil.disk_usage(lab.directory).free
    run("fallocate", "-l", free - ROOM_LEFT, filler)
    try:
        doctor.expect_problem("full disk", "disks.space", "too little")
    finally:
        os.unlink(filler)


def wrong_mode(doctor, lab):
    journal = os.path.join(lab.entry("m1.primary")["state"], "journal")
    os.chmod(journal, 0o755)
    try:
        doctor.expect_problem("wrong mode", "configuration.modes", journal, f"chmod o= {journal}")
    finally:
        os.chmod(journal, 0o700)


def configuration_unreadable(doctor, lab):
    """Root can read it: the gateway, which reads it again at each start, can't."""
    def text(place):
        os.chown(place["state"], NOBODY, NOBODY)
        place["socket"] = os.path.join(place["state"], "nbd.sock")
        return alone(lab, "m5", place, some_ports(), iscsi="")

    ahead = resource.getrlimit(resource.RLIMIT_RTPRIO)[0] != 0
    with extra_process(lab, "m5.primary", text, by=AS_NOBODY) as place:
        wait_for("it serves", lambda: readiness.nbd_answers(place["socket"]))
        os.chmod(place["config"], 0o600)
        doctor.expect_problem("unreadable configuration", "configuration.modes",
                              f"{place['config']} can't be read by the user ",
                              f"{place['config']} && chmod 640 {place['config']}",
                              warnings=() if ahead else ["running.priority"],
                              names=[], more=["--gateway", place["config"]])


def disk_hangs(doctor, lab):
    """A flush takes an hour: the disk of the first journal is named, and all that is elsewhere is
    still looked at. Both journals are on it, so it is told once."""
    library = os.path.join(lab.options.build, "lib", "slow_disk.so")
    assert os.path.exists(library)
    with tempfile.NamedTemporaryFile("w", prefix="cairn-slow-", dir="/tmp") as slow:
        slow.write("3600000")
        slow.flush()
        journal = os.path.join(lab.entry("m1.primary")["state"], "journal")
        doctor.expect_problem("a disk that hangs", "disks.answers",
                              f"the disk under {journal} has not answered for 5 s",
                              LD_PRELOAD=library, SLOW_DISK=slow.name)


def alone(lab, name, place, ports, journal=None, **changed):
    """The configuration of one more gateway, without a peer."""
    options = dataclasses.replace(lab.options, alone=True, **changed)
    text = layout.gateway_config(options, name, "primary", place, ports, 0)
    own = f'"{place["state"]}/journal"'
    assert own in text
    return text.replace(own, f'"{journal}"') if journal else text


def some_ports():
    nbd, control, iscsi = layout.free_ports(3)
    return {"nbd": nbd, "control": control, "iscsi": [iscsi]}


def port_taken(doctor, lab):
    """Before the first start: what the first hour runs into."""
    ports = some_ports()
    place = layout.make_place(lab.directory, lab.described["sockets"], "m9.primary")
    layout.write(place["config"], alone(lab, "m9", place, ports))
    with socket.create_server(("127.0.0.1", ports["iscsi"][0])):
        doctor.expect_problem("port taken", "network.listeners", f"pid {os.getpid()}",
                              str(ports["iscsi"][0]), warnings=["running.started"], names=[],
                              more=["--gateway", place["config"]])


def peer_down(doctor, lab):
    lab.stop("m1.secondary")
    wait_for("the link is down", lambda: lab.status_of("m1.primary")["link"] != "connected")
    peer = lab.entry("m1.secondary")["ports"]["link"]
    doctor.expect_problem("peer down", "network.peer", f"127.0.0.1:{peer}", "can't be reached",
                          names=["m1.primary", "coordinator.primary"])
    doctor.expect_problem("a gateway that ended", "running.started", "cairn-gateway --config",
                          names=["m1.secondary"])
    lab.start("m1.secondary")
    lab.ready()


def secret_readable(doctor, secret):
    os.chmod(secret, 0o644)
    try:
        doctor.expect_problem("secret readable by all", "configuration.file", secret, "chmod 600",
                              names=["m1.primary"])
    finally:
        os.chmod(secret, 0o600)


def journal_on_tmpfs(doctor, lab):
    with mounted("-t", "tmpfs", "-o", "size=1g,mode=700", "tmpfs") as memory:
        journal = os.path.join(memory, "journal")
        with extra_process(lab, "m8.primary", lambda place: alone(
                lab, "m8", place, some_ports(), journal)) as place:
            wait_for("it serves", lambda: readiness.nbd_answers(place["socket"]))
            doctor.expect_problem("journal on tmpfs", "disks.file_system", f"{journal} is on tmpfs",
                                  names=[], more=["--gateway", place["config"]])


def clock_off(doctor, lab):
    """As a clock that was a day ahead leaves it."""
    path = os.path.join(lab.entry("m1.primary")["state"], "reservations.db")
    before = os.stat(path)
    os.utime(path, (time.time() + 86400, time.time() + 86400))
    try:
        doctor.expect_problem("clock off", "clock.went_back", path, "went back")
    finally:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def few_files(doctor, lab):
    lab.stop("m1.primary")
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, limit[1]))
    try:
        lab.start("m1.primary")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)
    lab.ready()
    doctor.expect_problem("ulimit 256", "running.open_files", "256", "LimitNOFILE")
    lab.stop("m1.primary")
    lab.start("m1.primary")
    lab.ready()


def wrong_size(doctor, lab):
    lab.edit("m1.primary", r'\nsize = "64MiB"', '\nsize = "128MiB"')
    doctor.expect_problem("wrong size", "exports.size", str(64 << 20), str(128 << 20), "SIGHUP")
    lab.edit("m1.primary", r'\nsize = "128MiB"', '\nsize = "64MiB"')


def second_instance(doctor, lab):
    """It waits for the journal's lock, and is kept from giving up."""
    def text(place):
        with open(lab.entry("m1.primary")["config"], encoding="utf-8") as config:
            return config.read().replace(lab.entry("m1.primary")["socket"], place["socket"])

    def moved(place):
        out = text(place)
        ports = lab.entry("m1.primary")["ports"]
        for old in (ports["nbd"], ports["control"], *ports["iscsi"]):
            out = out.replace(f":{old}\"", f":{layout.free_ports(1)[0]}\"")
        return out

    with extra_process(lab, "m7.primary", moved) as place:
        wait_for("it is nbdkit", lambda: "nbdkit" in command_of(place["pid"]))
        processes.send(place, signal.SIGSTOP)
        try:
            doctor.expect_problem("a second instance", "running.instances", str(place["pid"]),
                                  str(lab.entry("m1.primary")["pid"]), "the journal")
        finally:
            processes.send(place, signal.SIGCONT)


def command_of(pid):
    with open(f"/proc/{pid}/comm", encoding="ascii") as name:
        return name.read()


def main():
    need("mkfs.ext4", "losetup", "nbdcopy", "cmp", "setpriv")
    if os.geteuid() != 0:
        skip("mounting needs root")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < 4096:
        skip(f"processes may have {hard} open files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, OPEN_FILES)
                                                if hard != resource.RLIM_INFINITY else OPEN_FILES,
                                                hard))
    with disk() as base:
        secret = os.path.join(base, "secret")
        with open(os.open(secret, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="ascii") as out:
            out.write("a-secret-of-20-bytes\n")
        iscsi = "\n".join(['digests = ["sha256", "md5"]', 'user = "host"',
                           f'secret_file = "{secret}"',
                           'initiators = ["iqn.1993-08.org.debian:01:lab"]'])
        with Lab(base=base, members=1, journal_size="512MiB", iscsi=iscsi) as lab:
            doctor = Doctor(lab)
            healthy(doctor, lab)
            stranger(doctor, lab)
            for plant in (full_disk, wrong_mode, configuration_unreadable, port_taken, peer_down,
                          journal_on_tmpfs, clock_off, few_files, wrong_size, second_instance,
                          disk_hangs):
                plant(doctor, lab)
            secret_readable(doctor, secret)
            doctor.expect_healthy()


if __name__ == "__main__":
    main()
