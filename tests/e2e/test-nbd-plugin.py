#!/usr/bin/python3
"""One gateway as NBD clients see it: exports, flags, every kind of request, and its start and stop."""

import errno
import json
import os
import shutil
import signal
import socket
import stat
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import processes  # noqa: E402
import readiness  # noqa: E402
from lab_client import need, run, skip, wait_for  # noqa: E402

try:
    import nbd
except ImportError:
    skip("python3-libnbd is not installed")

MIB = 1 << 20
GIB = 1 << 30
SMALL, LARGE = 64 * MIB, 6 * GIB
STOPS = 5  # a stop meets a request in another place each time

CONFIG = """[gateway]
name = "single"
state = "{directory}/state"
[nbd]
socket = "{directory}/nbd.sock"
listen = "127.0.0.1:{nbd}"
[control]
listen = "127.0.0.1:{control}"
[link]
listen = "127.0.0.1:{link}"
[[member]]
group = "lab"
name = "m1"
role = "primary"
journal = {{ directory = "{directory}/m1", size = "256MiB", segment = "16MiB" }}
[[member.volume]]
name = "small"
path = "{directory}/small.img"
size = "64MiB"
[[member.volume]]
name = "large"
path = "{directory}/large.img"
size = "6GiB"
[[member]]
group = "lab"
name = "m2"
role = "secondary"
journal = {{ directory = "{directory}/m2", size = "256MiB", segment = "16MiB" }}
[[member.volume]]
name = "standby"
path = "{directory}/standby.img"
size = "64MiB"
"""


class Gateway:
    """One gateway with a primary and a secondary member, in a directory of its own."""

    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="cairn-nbd-", dir="/tmp")
        self.log = os.path.join(self.directory, "log")
        self.socket = os.path.join(self.directory, "nbd.sock")
        self.config = os.path.join(self.directory, "gateway.toml")
        names = ("nbd", "control", "link")
        self.ports = dict(zip(names, layout.free_ports(3)))
        layout.write(self.config, CONFIG.format(directory=self.directory, **self.ports))
        self.command = [os.path.join(layout.Options().build, "bin", "cairn-gateway"), "--config",
                        self.config]
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, error, trace):
        processes.stop([self.process])
        if kind is not None:
            print(processes.tail(self.log, 30), file=sys.stderr)
        if os.environ.get("CAIRN_KEEP") != "1":
            shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        self.process = processes.start(self.command, self.log)
        wait_for(f"the gateway answers\n{processes.tail(self.log)}\n",
                 lambda: readiness.nbd_answers(self.socket))

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def uri(self, export):
        return f"nbd+unix:///{export}?socket={self.socket}"

    def connect(self, export):
        """A client that sends what it is told to, however wrong."""
        client = nbd.NBD()
        client.add_meta_context("base:allocation")
        client.set_strict_mode(0)
        client.connect_uri(self.uri(export))
        return client


def expect_error(number, call, *words):
    try:
        call(*words)
    except nbd.Error as error:
        assert error.errnum == number, f"{error} instead of {errno.errorcode[number]}"
        return
    raise AssertionError(f"{call.__name__} was accepted")


def exports(gateway):
    """Both sockets list every export; unknown ones and the empty name are refused by name."""
    for uri in (f"nbd+unix://?socket={gateway.socket}", f"nbd://127.0.0.1:{gateway.ports['nbd']}"):
        found = json.loads(run("nbdinfo", "--list", "--json", uri))["exports"]
        assert {e["export-name"]: e["export-size"] for e in found} == {
            "small": SMALL, "large": LARGE, "standby": SMALL}, found
    for name in ("no-such-volume", "", "\x01\x02" * 40):
        client = nbd.NBD()
        client.set_export_name(name)
        try:
            client.connect_unix(gateway.socket)
            raise AssertionError(f"the export {name!r} was opened")
        except nbd.Error:
            pass
    assert ("there is no export `no-such-volume`; this gateway has small, large, standby"
            in gateway.said()), processes.tail(gateway.log)
    assert "\x01" not in gateway.said(), "bytes of a client went to the log as they were"


def flags(gateway):
    client = gateway.connect("small")
    for name in ("can_fua", "can_flush", "can_trim", "can_zero", "can_fast_zero", "can_multi_conn"):
        assert getattr(client, name)(), name
    assert not client.is_read_only() and not client.is_rotational()
    sizes = (nbd.SIZE_MINIMUM, nbd.SIZE_PREFERRED, nbd.SIZE_MAXIMUM)
    assert [client.get_block_size(size) for size in sizes] == [512, 4096, 32 * MIB]
    client.shutdown()


def reads_and_writes(gateway):
    """Single sectors, more than one record's worth, FUA, flush; what one client wrote another reads."""
    one, two = gateway.connect("small"), gateway.connect("small")
    big = os.urandom(5 * MIB + 512)
    one.pwrite(big, 512)
    assert two.pread(len(big), 512) == big
    one.pwrite(b"\x5a" * 512, 1024, nbd.CMD_FLAG_FUA)
    two.flush()
    assert two.pread(1536, 512) == big[:512] + b"\x5a" * 512 + big[1024:1536]
    full = b"\x77" * (32 * MIB)
    one.pwrite(full, 32 * MIB)
    assert two.pread(32 * MIB, 32 * MIB) == full
    other = gateway.connect("large")
    assert not any(other.pread(MIB, 0)), "a write to one volume is seen in another"
    for client in (one, two, other):
        client.shutdown()


def wrong_requests(gateway):
    client = gateway.connect("small")
    for call, words in ((client.pread, (100, 0)), (client.pread, (512, 100)),
                        (client.pwrite, (b"x" * 100, 0)), (client.pwrite, (b"x" * 512, 1)),
                        (client.zero, (100, 0)), (client.trim, (512, 3)),
                        (client.pread, (1024, SMALL - 512))):
        expect_error(errno.EINVAL, call, *words)
    for call, words in ((client.pwrite, (b"x" * 1024, SMALL - 512)),
                        (client.pwrite, (b"x" * 512, SMALL + 512))):
        expect_error(errno.ENOSPC, call, *words)
    assert len(client.pread(512, 0)) == 512, "the connection did not outlive a wrong request"
    client.shutdown()


def zeroes(gateway):
    """However a range is cleared, it reads as zeroes and its neighbours stay."""
    client = gateway.connect("small")
    ways = (lambda at: client.zero(64 * 1024, at, nbd.CMD_FLAG_NO_HOLE),
            lambda at: client.zero(64 * 1024, at),
            lambda at: client.zero(64 * 1024, at, nbd.CMD_FLAG_FAST_ZERO),
            lambda at: client.zero(64 * 1024, at, nbd.CMD_FLAG_FUA),
            lambda at: client.trim(64 * 1024, at),
            lambda at: client.trim(64 * 1024, at, nbd.CMD_FLAG_FUA))
    for number, clear in enumerate(ways):
        at = 8 * MIB + number * MIB
        client.pwrite(b"\x99" * (192 * 1024), at)
        clear(at + 64 * 1024)
        found = client.pread(192 * 1024, at)
        assert found == b"\x99" * 65536 + bytes(65536) + b"\x99" * 65536, f"way {number}"
    client.shutdown()


def large_ranges(gateway):
    """Requests of almost 4 GiB, and block status over more than that (CVE-2025-47711)."""
    client = gateway.connect("large")
    client.pwrite(b"\x42" * 4096, 5 * GIB)
    client.pwrite(b"\x42" * 4096, 0)
    client.trim((4 << 30) - 512, 0)
    client.zero((4 << 30) - 512, GIB)
    assert not any(client.pread(4096, 0))
    for count in (0xffffffff, 0xfffffe00, 0x80000000):
        seen = []

        def note(_context, _offset, entries, _error, seen=seen):
            seen.extend(entries)
        client.block_status(count, 0, note)
        assert seen and sum(seen[::2]) <= GIB, f"{count:#x}: {seen}"
    client.shutdown()
    mapped = json.loads(run("nbdinfo", "--map", "--json", gateway.uri("large")))
    assert sum(part["length"] for part in mapped) == LARGE, mapped
    run("qemu-img", "map", "--output=json", gateway.uri("large"))


def faster_than_the_backing_file(gateway):
    """More than the journal holds, as fast as it goes: the host is slowed down, not failed."""
    def write(number):
        client = gateway.connect("large")
        for step in range(64):
            client.pwrite(bytes([number + 1]) * MIB, (number * 64 + step) * MIB)
        client.shutdown()
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write, number) for number in range(8)]:
            done.result()
    client = gateway.connect("large")
    for number in range(8):
        assert client.pread(4096, number * 64 * MIB) == bytes([number + 1]) * 4096
    client.shutdown()


def standby(gateway):
    """A secondary's volume can be read and not written."""
    client = gateway.connect("standby")
    assert client.is_read_only()
    assert not any(client.pread(MIB, 0))
    for call, words in ((client.pwrite, (b"x" * 512, 0)), (client.trim, (512, 0)),
                        (client.zero, (512, 0))):
        expect_error(errno.EPERM, call, *words)
    client.shutdown()


def second_start(gateway):
    """A second gateway on the same sockets is refused; the first does not notice."""
    done = run(*gateway.command, check=False, timeout=30)
    assert done.returncode == 1 and "in use" in done.stdout, done.stdout
    client = gateway.connect("small")
    client.pread(512, 0)
    client.shutdown()


def stop_and_start(gateway):
    """SIGTERM ends it with 0 though a client is connected; what was written is there again."""
    assert stat.S_IMODE(os.stat(gateway.socket).st_mode) == 0o660
    client = gateway.connect("small")
    client.pwrite(b"\x31" * 4096, 0)
    pid = gateway.process["pid"]
    assert not processes.stop([gateway.process]), "it did not end on SIGTERM"
    assert os.path.exists(gateway.socket), "this start does not meet the old socket file"
    gateway.start()
    assert gateway.process["pid"] != pid
    again = gateway.connect("small")
    assert again.pread(4096, 0) == b"\x31" * 4096
    again.shutdown()


def stop_under_load(gateway):
    """A host that writes while the gateway is told to stop loses its connection; it gets no error.

    nbdkit answers with ESHUTDOWN between the signal and the end; a host that would connect again
    hands that on as an I/O error.
    """
    def write_until_cut(client, seen):
        try:
            while True:
                client.pwrite(b"\x32" * 4096, 0)
                seen.append(0)
        except nbd.Error as error:
            seen.append(error.errnum)

    for _ in range(STOPS):
        answers = [[] for _ in range(8)]
        writers = [threading.Thread(target=write_until_cut, args=(gateway.connect("small"), seen))
                   for seen in answers]
        for writer in writers:
            writer.start()
        wait_for("every host has written", lambda: all(answers))
        assert not processes.stop([gateway.process]), "it did not end on SIGTERM"
        for writer in writers:
            writer.join()
        assert all(seen[-1] != errno.ESHUTDOWN for seen in answers), [seen[-1] for seen in answers]
        gateway.start()


def not_a_socket(gateway):
    """A file in the socket's place is refused and left alone."""
    processes.stop([gateway.process])
    os.unlink(gateway.socket)
    layout.write(gateway.socket, "precious")
    done = run(*gateway.command, check=False, timeout=30)
    assert done.returncode == 1 and gateway.socket in done.stdout, done.stdout
    with open(gateway.socket, encoding="ascii") as kept:
        assert kept.read() == "precious"
    os.unlink(gateway.socket)
    gateway.start()


def in_the_background(gateway):
    """nbdkit started by hand without -f forks: nothing that was made before may be lost by it."""
    processes.stop([gateway.process])
    plugin = os.path.join(layout.Options().build, "lib", "nbdkit-cairn-plugin.so")
    pid_file = os.path.join(gateway.directory, "pid")
    run("nbdkit", "-U", os.path.join(gateway.directory, "other.sock"), "-P", pid_file, plugin,
        f"config={gateway.config}")
    with open(pid_file, encoding="ascii") as written:
        pid = int(written.read())
    os.kill(pid, signal.SIGTERM)
    wait_for("the forked gateway ends", lambda: not os.path.exists(f"/proc/{pid}"))
    gateway.start()


def scanner(gateway):
    """Garbage and half-open connections at the NBD port harm nobody."""
    for data in (b"", b"\0" * 700, os.urandom(5000)):
        with socket.create_connection(("127.0.0.1", gateway.ports["nbd"]), timeout=5) as wire:
            wire.sendall(data)
    client = gateway.connect("small")
    client.pread(512, 0)
    client.shutdown()


def main():
    need("nbdinfo", "qemu-img", "nbdkit")
    with Gateway() as gateway:
        for step in (exports, flags, reads_and_writes, wrong_requests, zeroes, large_ranges,
                     faster_than_the_backing_file, standby, scanner, second_start,
                     stop_and_start, stop_under_load, not_a_socket, in_the_background):
            step(gateway)
            print(f"  {step.__name__}: as it should be", flush=True)


if __name__ == "__main__":
    main()
