"""The servers that are compared. Each owns a directory, is started for a run and stopped after it,
so that nobody's idle threads, markers or page cache work on another one's time.

    subject.start("unix")     serves subject.uri
    subject.settle()          returns when everything was written to the files it belongs to
    subject.settle_for_good() the same, and the next start finds nothing that is left to do
    subject.stop()
"""

import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import processes  # noqa: E402

START_SECONDS_MAX = 20
CONNECTIONS_MAX = 16


class SubjectFailed(Exception):
    pass


def wait_for(what, condition, seconds=START_SECONDS_MAX, pause=0.02):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SubjectFailed(f"{what}: not within {seconds} s")
        time.sleep(pause)


def listens(port):
    """Whether somebody listens on this TCP port, seen without connecting to it."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        return any(f":{port:04X} " in line and line.split()[3] == "0A" for line in table)


class Subject:
    name = title = ""
    replicates = False
    patient = True  # False: starts may find work of earlier runs, so figures mean little

    def __init__(self, directory, volume_bytes):
        self.directory = os.path.join(directory, self.name)
        self.volume_bytes = volume_bytes
        self.running = []
        self.uri = ""
        os.makedirs(self.directory)

    def start(self, transport, destage=True):
        raise NotImplementedError

    def settle(self):
        """Plain servers have nothing on its way once fio's last flush was answered."""

    def settle_for_good(self):
        self.settle()

    def backlog(self):
        """A sample for samples.py, or None where nothing replicates."""
        return None

    def pids(self):
        return [entry["pid"] for entry in self.running]

    def holders(self):
        """Name → pid of the processes that hold data: their memory is told."""
        return {str(number): pid for number, pid in enumerate(self.pids(), 1)}

    def stop(self):
        stubborn, self.running = processes.stop(self.running, 60), []
        if stubborn:
            raise SubjectFailed(f"{self.name} did not stop within a minute")

    # ---- for those below
    def launch(self, *command):
        with processes.undisturbed():
            entry = processes.start([str(word) for word in command],
                                    os.path.join(self.directory, "log"))
            self.running.append(entry)
        return entry

    def wait_until_served(self, entry, condition):
        def ready():
            if not processes.alive(entry):
                raise SubjectFailed(f"{self.name} has ended:\n"
                                    f"{processes.tail(os.path.join(self.directory, 'log'))}")
            return condition()
        wait_for(f"{self.name} serves", ready)

    def file(self, name="volume.img"):
        """An image of the right size; whoever prepares the subject writes all of it."""
        path = os.path.join(self.directory, name)
        with open(path, "ab") as image:
            image.truncate(self.volume_bytes)
        return path

    def endpoint(self, transport):
        """(socket path, port): one of them is None."""
        if transport == "tcp":
            return None, layout.free_ports(1)[0]
        path = os.path.join(self.directory, "sock")
        if os.path.exists(path):
            os.unlink(path)
        return path, None

    def await_endpoint(self, entry, socket, port):
        self.wait_until_served(entry, lambda: os.path.exists(socket) if socket else listens(port))
        self.uri = f"nbd+unix:///?socket={socket}" if socket else f"nbd://127.0.0.1:{port}/"


class NbdkitFile(Subject):
    name, title = "nbdkit", "nbdkit file"

    def start(self, transport, destage=True):
        socket, port = self.endpoint(transport)
        where = ["-U", socket] if socket else ["-i", "127.0.0.1", "-p", port]
        entry = self.launch("nbdkit", "-f", *where, "file", self.file())
        self.await_endpoint(entry, socket, port)


class QemuNbd(Subject):
    name, title = "qemu-nbd", "qemu-nbd"

    def start(self, transport, destage=True):
        socket, port = self.endpoint(transport)
        entry = self.launch(*qemu_nbd(socket, port, self.file()))
        self.await_endpoint(entry, socket, port)


def qemu_nbd(socket, port, image):
    where = ["-k", socket] if socket else ["-b", "127.0.0.1", "-p", port]
    return ["qemu-nbd", "--persistent", f"--shared={CONNECTIONS_MAX}", "--format=raw",
            "--cache=writeback", "--aio=threads", *where, image]


class Tgt(Subject):
    """The iSCSI target that Debian has beside the kernel's."""
    name, title = "tgt", "tgt"
    target = "iqn.2026-11.io.cairn:tgt"

    def start(self, transport, destage=True):
        port = layout.free_ports(1)[0]
        control = str(port)  # names its control socket
        entry = self.launch("tgtd", "-f", "-C", control, "--iscsi", f"portal=127.0.0.1:{port}")
        self.wait_until_served(entry, lambda: listens(port))
        self.control = control
        for words in (["--op", "new", "--mode", "target", "--tid", "1", "-T", self.target],
                      ["--op", "new", "--mode", "logicalunit", "--tid", "1", "--lun", "1",
                       "-b", self.file()],
                      ["--op", "bind", "--mode", "target", "--tid", "1", "-I", "ALL"]):
            subprocess.run(["tgtadm", "-C", control, "--lld", "iscsi", *words], check=True)
        self.uri = f"iscsi://127.0.0.1:{port}/{self.target}/1"

    def stop(self):
        """It stays on SIGTERM while it has targets."""
        if self.running:
            for words in (["--op", "delete", "--mode", "target", "--tid", "1", "--force"],
                          ["--op", "delete", "--mode", "system"]):
                subprocess.run(["tgtadm", "-C", self.control, "--lld", "iscsi", *words], check=True)
            wait_for("tgtd ends", lambda: not any(map(processes.alive, self.running)))
        super().stop()
