#!/usr/bin/python3
"""Where stderr leads into systemd's journal, lines go there with fields, one an event, and no text
beside them. The journal is played at its address, in a mount namespace of our own."""

import os
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import processes  # noqa: E402
from lab_client import need, skip, wait_for  # noqa: E402

JOURNAL = "/run/systemd/journal"
INSIDE = "--inside"


def in_namespace():
    need("unshare", "mount")
    if os.geteuid() != 0:
        skip("a mount namespace takes root")
    os.makedirs(JOURNAL, exist_ok=True)
    os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", sys.executable,
                          os.path.abspath(__file__), INSIDE])


def fields_of(datagram):
    """Of the journal's native protocol; none of our values has a newline."""
    return dict(line.split("=", 1) for line in datagram.decode().splitlines())


class Journal:
    def __enter__(self):
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", JOURNAL], check=True)
        self.wire = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.wire.bind(os.path.join(JOURNAL, "socket"))
        self.wire.setblocking(False)
        self.entries = []
        return self

    def __exit__(self, *_):
        self.wire.close()
        subprocess.run(["umount", JOURNAL], check=True)

    def wait_for(self, message):
        """The entry whose MESSAGE has these words."""
        def look():
            try:
                while True:
                    self.entries.append(fields_of(self.wire.recv(65536)))
            except BlockingIOError:
                pass
            return [e for e in self.entries if message in e["MESSAGE"]]
        return wait_for(f"an entry with: {message}", look)


def start(lab, name, entry):
    """With its log as standard error, which JOURNAL_STREAM says is the journal."""
    with open(entry["log"], "ab") as log:
        found = os.fstat(log.fileno())
    os.environ["JOURNAL_STREAM"] = f"{found.st_dev}:{found.st_ino}"
    entry.update(processes.start([layout.program(lab, name), "--config", entry["config"]],
                                 entry["log"]))


def once(found):
    assert len(found) == 1, found
    return found[0]


def events(lab, journal):
    all_of_them = layout.processes(lab)
    for name, entry in all_of_them.items():
        start(lab, name, entry)
    up = once(journal.wait_for("gateway m1-primary serves 1 volumes"))
    assert up["SYSLOG_IDENTIFIER"] == "cairn-gateway" and up["PRIORITY"] == "5", up
    assert len(up["MESSAGE_ID"]) == 32 and "CAIRN_MEMBER" not in up, up
    linked = [e for e in journal.wait_for("member m1: link connected")][0]
    assert linked["CAIRN_GROUP"] == "lab" and linked["CAIRN_MEMBER"] == "m1", linked
    ours = once(journal.wait_for("m1: connected to its gateway")[:1])
    assert ours["SYSLOG_IDENTIFIER"] == "cairn-coordinator" and ours["CAIRN_MEMBER"] == "m1", ours
    primary = all_of_them["m1.primary"]
    with open(primary["config"], encoding="utf-8") as config:
        larger = config.read().replace('size = "64MiB"', 'size = "96MiB"')
    layout.write(primary["config"], larger)
    processes.send(primary, 1)  # SIGHUP
    grown = once(journal.wait_for("grows from"))
    assert grown["CAIRN_VOLUME"] == "m1-v1" and grown["CAIRN_MEMBER"] == "m1", grown
    assert not processes.stop(list(all_of_them.values()))
    once(journal.wait_for("gateway m1-primary has stopped"))
    for entry in all_of_them.values():
        assert os.path.getsize(entry["log"]) == 0, processes.tail(entry["log"])
    named = [e for e in journal.entries if "MESSAGE_ID" in e]
    print(f"  {len(journal.entries)} entries, {len(named)} with an id", flush=True)


def main():
    if sys.argv[1:] != [INSIDE]:
        in_namespace()
    with tempfile.TemporaryDirectory(prefix="cairn-journald-", dir="/tmp") as directory:
        lab = layout.make(directory, layout.Options(members=1, size="64MiB"))
        try:
            with Journal() as journal:
                events(lab, journal)
        finally:
            processes.kill([e for e in layout.processes(lab).values() if e["pid"]])


if __name__ == "__main__":
    main()
