#!/usr/bin/python3
"""What gateways and coordinators tell the service manager: ready when they serve, how they stand,
that they read their configuration again and that they stop. And the watchdog: a thread that hangs
is told at once and by name; a disk that is merely slow is nobody's hang."""

import contextlib
import os
import signal
import sys
import tempfile
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import Lab, wait_for  # noqa: E402
from layout import processes as entries_of  # noqa: E402
from nbd_client import NbdClient  # noqa: E402
from service_manager import ServiceManager  # noqa: E402

TRIGGER = "WATCHDOG=trigger"
ALIVE = "WATCHDOG=1"


def pid_of(lab, name):
    return lab.entry(name)["pid"]


def told(lab, manager, name, assignment):
    """Once, and it may have been just now."""
    wait_for(f"{name} tells {assignment}", lambda: manager.count(pid_of(lab, name), assignment))
    assert manager.count(pid_of(lab, name), assignment) == 1, manager.of(pid_of(lab, name))


def more_pings(lab, manager, name, count=3):
    before = manager.count(pid_of(lab, name), ALIVE)
    wait_for(f"{count} more pings of {name}",
             lambda: manager.count(pid_of(lab, name), ALIVE) >= before + count)


def ready(lab, manager):
    """Whoever was told may connect at once."""
    for name in entries_of(lab.described):
        told(lab, manager, name, "READY=1")
        more_pings(lab, manager, name)
    lab.stop("m1.primary")
    told(lab, manager, "m1.primary", "STOPPING=1")
    lab.start("m1.primary", ready=False)
    wait_for("READY", lambda: manager.count(pid_of(lab, "m1.primary"), "READY=1"))
    NbdClient(lab.uri("m1.primary")).read(0, 4096)


def statuses(lab, manager):
    def becomes(name, start):
        wait_for(f"the status of {name}: {start}",
                 lambda: manager.status(pid_of(lab, name)).startswith(start))
        print(f"  {name}: {manager.status(pid_of(lab, name))}", flush=True)
    becomes("m1.primary", "1 member, 1 volume, 1 link connected")
    becomes("coordinator.primary", "If this site were lost now, at most")
    lab.kill("m1.secondary")
    becomes("m1.primary", "m1: link connecting: ")
    lab.start("m1.secondary")
    becomes("m1.primary", "1 member, 1 volume, 1 link connected")


def reloaded(lab, manager, name, sentence):
    """What came between RELOADING and READY is in the log by then."""
    pid = pid_of(lab, name)
    before = len(manager.of(pid))
    lab.hang_up(name, sentence)
    def between():
        return [m for m in manager.of(pid)[before:] if "RELOADING" in m or "READY" in m]
    wait_for(f"{name} is ready again", lambda: len(between()) == 2)
    assert between()[0]["RELOADING"] == "1" and int(between()[0]["MONOTONIC_USEC"]) > 0, between()
    assert between()[1] == {"READY": "1"}, between()


def reloads(lab, manager):
    reloaded(lab, manager, "m1.primary", "no volume has grown")
    name = "coordinator.primary"
    lab.edit(name, r'rpo_target = "5s"', 'rpo_target = "five"')
    reloaded(lab, manager, name, "the configuration is not taken: ")
    assert lab.summary("primary")["group"]["rpo_target_ms"] == 5000
    lab.edit(name, r'rpo_target = "five"', 'rpo_target = "7s"')
    lab.edit(name, r'interval = "\w+"', 'interval = "400ms"')
    reloaded(lab, manager, name, "log and markers are taken from it")
    assert lab.summary("primary")["group"]["rpo_target_ms"] == 7000
    lab.edit(name, r'name = "lab-primary"', 'name = "another"')
    reloaded(lab, manager, name, "what else has changed takes a restart")
    lab.wait_applied(lab.marker_now())


def stops_with_peers_that_hang(lab, manager):
    """Nobody waits for those who do not answer."""
    def stop_beside(hanging, name):
        os.kill(pid_of(lab, hanging), signal.SIGSTOP)
        lab.stop(name)
        told(lab, manager, name, "STOPPING=1")
        assert "has stopped" in lab.log_of(name)
        os.kill(pid_of(lab, hanging), signal.SIGCONT)
    host = NbdClient(lab.uri("m1.primary"))  # stays connected and says nothing
    stop_beside("m1.secondary", "m1.primary")
    host.wire.close()
    lab.start("m1.primary")
    stop_beside("m1.primary", "m1.secondary")
    stop_beside("m1.primary", "coordinator.primary")
    assert not any(manager.count(pid, TRIGGER) for pid, _ in list(manager.heard))


def a_thread_that_hangs(directory, thread):
    with ServiceManager(directory) as manager, \
            Lab(members=1, alone=True, hang=thread) as lab:
        pid = pid_of(lab, "m1.primary")
        wait_for(f"{thread} is found to hang", lambda: manager.count(pid, TRIGGER))
        last = [m for m in manager.of(pid) if "WATCHDOG" in m]
        assert last[0] == {"WATCHDOG": "1"} and last[-1] == {"WATCHDOG": "trigger"}, last
        lines = [line for line in lab.log_of("m1.primary").splitlines() if " hangs: " in line]
        assert len(lines) == 1 and f"error: member m1: {thread} hangs: " in lines[0], lines
        print(f"  {lines[0].split('error: ')[1]}", flush=True)


@contextlib.contextmanager
def slow_disk(directory, build):
    """Processes that are started in the block; the file says how slow."""
    path = os.path.join(directory, "slow-disk-ms")
    environment = {"SLOW_DISK": path, "LD_PRELOAD": os.path.join(build, "lib", "slow_disk.so")}
    assert os.path.exists(environment["LD_PRELOAD"])
    os.environ.update(environment)
    try:
        yield path
    finally:
        for name in environment:
            del os.environ[name]


def takes(path, milliseconds):
    with open(path, "w", encoding="ascii") as out:
        out.write(str(milliseconds))


def a_disk_that_is_slow(directory):
    """Each fdatasync takes longer than three times the watchdog's limit."""
    with Lab(members=1, alone=True) as lab, ServiceManager(directory) as manager:
        lab.stop("m1.primary")
        with slow_disk(directory, lab.options.build) as path:
            lab.start("m1.primary")
        takes(path, 7000)
        host = NbdClient(lab.uri("m1.primary"))
        written = threading.Thread(target=lambda: host.write(0, b"x" * 4096, fua=True))
        written.start()
        wait_for("the log says so",
                 lambda: "a disk has not answered for " in lab.log_of("m1.primary"))
        more_pings(lab, manager, "m1.primary", 12)
        written.join()
        takes(path, 0)
        assert manager.count(pid_of(lab, "m1.primary"), TRIGGER) == 0
        more_pings(lab, manager, "m1.primary")
        assert " hangs: " not in lab.log_of("m1.primary")
        lab.expect_alive()
        host.wire.close()


def main():
    with tempfile.TemporaryDirectory(prefix="cairn-notify-", dir="/tmp") as directory:
        with ServiceManager(directory) as manager, \
                Lab(members=1, marker_interval="200ms") as lab:
            ready(lab, manager)
            statuses(lab, manager)
            reloads(lab, manager)
            stops_with_peers_that_hang(lab, manager)
        for thread in ("destage", "sync"):
            a_thread_that_hangs(directory, thread)
        a_disk_that_is_slow(directory)
        print("  a slow disk is no hang", flush=True)


if __name__ == "__main__":
    main()
