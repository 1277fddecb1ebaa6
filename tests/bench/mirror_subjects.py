"""QEMU's own replication: qemu-storage-daemon exports an image and mirrors it to a qemu-nbd over
TCP on this machine."""

import json
import os
import socket as sockets
import time

import layout
import subjects

JOB = "mirror"


class Qmp:
    """Just enough of QEMU's monitor protocol."""

    def __init__(self, path):
        self.wire = sockets.socket(sockets.AF_UNIX)
        self.wire.settimeout(30)
        self.wire.connect(path)
        self.lines = self.wire.makefile("r", encoding="utf-8")
        self.lines.readline()
        self.command("qmp_capabilities")

    def close(self):
        self.lines.close()
        self.wire.close()

    def command(self, name, **arguments):
        text = json.dumps({"execute": name, "arguments": arguments})
        self.wire.sendall(text.encode() + b"\n")
        while line := self.lines.readline():
            answer = json.loads(line)
            if "error" in answer:
                raise subjects.SubjectFailed(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]
        raise subjects.SubjectFailed(f"{name}: qemu-storage-daemon closed its monitor")


class MirrorBackground(subjects.Subject):
    name, title = "mirror-background", "QEMU mirror, background"
    copy_mode = "background"
    replicates = True
    qmp = None

    def start(self, transport, destage=True):
        port = layout.free_ports(1)[0]
        target = self.launch(*subjects.qemu_nbd(None, port, self.file("target.img")))
        self.wait_until_served(target, lambda: subjects.listens(port))
        self.start_source(transport, port)
        self.qmp.command("blockdev-mirror", **{
            "job-id": JOB, "device": "source", "target": "target", "sync": "none",
            "copy-mode": self.copy_mode, "granularity": 4096})
        subjects.wait_for("the mirror is ready", lambda: self.job()["ready"])

    def start_source(self, transport, target_port):
        socket, port = self.endpoint(transport)
        monitor = os.path.join(self.directory, "qmp")
        if os.path.exists(monitor):
            os.unlink(monitor)
        where = (f"addr.type=unix,addr.path={socket}" if socket
                 else f"addr.type=inet,addr.host=127.0.0.1,addr.port={port}")
        entry = self.launch(
            "qemu-storage-daemon", "--chardev",
            f"socket,path={monitor},id=monitor,server=on,wait=off", "--monitor",
            "chardev=monitor", "--blockdev",
            f"driver=file,node-name=source,aio=threads,filename={self.file()}", "--blockdev",
            "driver=nbd,node-name=target,server.type=inet,server.host=127.0.0.1,"
            f"server.port={target_port}", "--nbd-server",
            f"{where},max-connections={subjects.CONNECTIONS_MAX}", "--export",
            "type=nbd,id=export,node-name=source,name=volume,writable=on")
        self.wait_until_served(entry, lambda: os.path.exists(monitor))
        self.await_endpoint(entry, socket, port)
        self.uri = self.uri.replace("nbd+unix:///", "nbd+unix:///volume") if socket else (
            self.uri + "volume")
        self.qmp = Qmp(monitor)

    def stop(self):
        if self.qmp:
            self.qmp.close()
            self.qmp = None
        super().stop()

    def job(self):
        for job in self.qmp.command("query-block-jobs"):
            if job["device"] == JOB:
                return job
        raise subjects.SubjectFailed("the mirror has ended by itself")

    def backlog(self):
        job = self.job()
        return {"written": None, "behind_bytes": job["len"] - job["offset"], "behind_ms": None}

    def wait_stored(self):
        """At the target, though not synced there: a mirror's flushes end at the source."""
        subjects.wait_for(f"{self.name}: everything is at the target",
                          lambda: self.backlog()["behind_bytes"] == 0, 600, 0.01)
        return time.monotonic()

    def settle(self):
        self.wait_stored()


class MirrorBlocking(MirrorBackground):
    name, title = "mirror-blocking", "QEMU mirror, write-blocking"
    copy_mode = "write-blocking"
