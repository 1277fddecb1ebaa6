"""Plays systemd to the processes of a lab: takes what they tell over NOTIFY_SOCKET, by process."""

import os
import socket
import struct
import threading

CREDENTIALS = struct.Struct("3i")


class ServiceManager:
    """Processes that are started in the block tell this object; their watchdog's limit is short."""

    def __init__(self, directory, watchdog_s=2):
        self.path = os.path.join(directory, "notify.sock")
        self.environment = {"NOTIFY_SOCKET": self.path,
                            "WATCHDOG_USEC": str(watchdog_s * 1_000_000)}
        self.heard = []  # (pid, {key: value}), in the order in which they came
        self.lock = threading.Lock()

    def __enter__(self):
        self.wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.wire.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.wire.bind(self.path)
        self.ending = False
        self.thread = threading.Thread(target=self.listen)
        self.thread.start()
        os.environ.update(self.environment)
        return self

    def __exit__(self, *_):
        for name in self.environment:
            del os.environ[name]
        self.ending = True
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.path)
        self.thread.join()
        self.wire.close()
        os.unlink(self.path)

    def listen(self):
        while True:
            text, ancillary, _, _ = self.wire.recvmsg(65536, socket.CMSG_SPACE(CREDENTIALS.size))
            if self.ending:
                return
            pid = CREDENTIALS.unpack(ancillary[0][2][:CREDENTIALS.size])[0]
            message = dict(line.split("=", 1) for line in text.decode().splitlines())
            with self.lock:
                self.heard.append((pid, message))

    def of(self, pid):
        """All messages of a process so far."""
        with self.lock:
            return [message for sender, message in self.heard if sender == pid]

    def count(self, pid, assignment):
        key, _, value = assignment.partition("=")
        return sum(message.get(key) == value for message in self.of(pid))

    def status(self, pid):
        told = [message["STATUS"] for message in self.of(pid) if "STATUS" in message]
        return told[-1] if told else ""
