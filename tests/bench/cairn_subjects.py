"""Cairn, started by tests/lab from the release build: alone, and replicating to a second site."""

import os
import threading
import time

import subjects
from control_client import ControlClient
from workloads import GIB

import lab as lab_program  # found by the path that subjects.py adds
import layout
import processes
import readiness

SETTLE_SECONDS_MAX = 900


class CairnAlone(subjects.Subject):
    name, title = "alone", "Cairn alone"
    alone = True
    sides = ("primary",)
    journal_bytes = 12 * GIB
    segment = "256MiB"  # the default of the product
    log = "warning"
    build = ""          # set by bench.py before the first start

    def __init__(self, directory, volume_bytes):
        super().__init__(directory, volume_bytes)
        self.lab = None
        self.clients = {}
        self.asking = threading.Lock()  # a sampler asks from a thread of its own

    def options(self, destage):
        return layout.Options(members=1, size=f"{self.volume_bytes >> 20}MiB", alone=self.alone,
                              marker_interval="1s", segment=self.segment, destage=destage,
                              journal_size=f"{self.journal_bytes >> 20}MiB", log=self.log,
                              build=self.build)

    def start(self, transport, destage=True):
        self.lab = lab_program.up(self.directory, self.options(destage))
        primary = self.lab["members"][0]["primary"]
        if transport == "iscsi":
            self.uri = primary["iscsi"]["m1-v1"]
            return
        socket, port = primary["socket"], primary["ports"]["nbd"]
        self.uri = (f"nbd+unix:///m1-v1?socket={socket}" if transport == "unix"
                    else f"nbd://127.0.0.1:{port}/m1-v1")

    def stop(self):
        self.hang_up()
        if self.lab is None:
            return
        lab, self.lab = self.lab, None
        if stubborn := lab_program.stop(lab):
            raise subjects.SubjectFailed(f"did not stop on SIGTERM: {', '.join(stubborn)}")

    # ---- processes
    def entries(self):
        found = layout.processes(self.lab)
        return {name: entry for name, entry in found.items() if processes.alive(entry)}

    def pids(self):
        return [entry["pid"] for entry in self.entries().values()]

    def holders(self):
        return {name: entry["pid"] for name, entry in self.entries().items()
                if name.startswith("m1.")}

    # ---- status
    def status(self, role="primary"):
        with self.asking:
            if role not in self.clients:
                port = self.lab["members"][0][role]["ports"]["control"]
                self.clients[role] = ControlClient(port, "lab", "m1")
            return self.clients[role].status()

    def hang_up(self):
        for client in self.clients.values():
            client.close()
        self.clients = {}

    def settle(self):
        self.wait_each("destaged")

    def settle_for_good(self):
        self.wait_each("backed" if self.patient else "destaged")

    def wait_each(self, watermark):
        target = self.status()["assigned"]
        for role in self.sides:
            self.wait(lambda role=role: self.status(role)[watermark] >= target,
                      f"is {watermark} at the {role} site")

    def wait(self, condition, what, pause=0.05):
        subjects.wait_for(f"{self.name}: everything {what}", condition, SETTLE_SECONDS_MAX, pause)


class CairnReplicating(CairnAlone):
    name, title = "replicating", "Cairn replicating"
    alone = False
    replicates = True
    sides = ("primary", "secondary")

    def backlog(self):
        s = self.status()
        return {"written": s["bytes_written"], "behind_bytes": s["behind_bytes"],
                "behind_ms": s["oldest_unstored_ms"]}

    def wait_stored(self):
        """The moment at which the secondary held everything that was written before the call."""
        target = self.status()["assigned"]
        self.wait(lambda: self.status()["stored"] >= target, "is stored", pause=0.01)
        return time.monotonic()

    # ---- a secondary that goes away
    def settle_primary(self):
        target = self.status()["assigned"]
        self.wait(lambda: self.status()["destaged"] >= target, "is destaged at the primary site")

    def stop_secondary(self):
        with self.asking:
            if client := self.clients.pop("secondary", None):
                client.close()
        if processes.stop([self.lab["members"][0]["secondary"]]):
            raise subjects.SubjectFailed("the secondary did not stop on SIGTERM")

    def start_secondary(self):
        lab_program.start(self.lab, "m1.secondary")

    def wait_linked(self):
        readiness.wait(self.lab, list(layout.processes(self.lab)), 60)
