"""The plainest copy over loopback TCP that there is: sendfile on one side, recv and pwrite into a
file on the other. What catching up is measured against."""

import os
import socket
import threading
import time

CHUNK = 1 << 20


def make_file(path, size):
    """Written from end to end, so that the copy neither allocates nor reads holes."""
    block = os.urandom(CHUNK)
    with open(path, "wb") as out:
        for _ in range(size // CHUNK):
            out.write(block)
        out.flush()
        os.fsync(out.fileno())


def receive(door, path, seconds):
    """Into a file that has its size already. seconds: when all was received, and when synced."""
    wire, _ = door.accept()
    buffer = memoryview(bytearray(CHUNK))
    target = os.open(path, os.O_WRONLY)
    try:
        at = 0
        while count := wire.recv_into(buffer):
            os.pwrite(target, buffer[:count], at)
            at += count
        seconds.append(time.monotonic())
        os.fdatasync(target)
        seconds.append(time.monotonic())
    finally:
        os.close(target)
        wire.close()


def send(source, port):
    with socket.create_connection(("127.0.0.1", port)) as wire, open(source, "rb") as file:
        size, at = os.fstat(file.fileno()).st_size, 0
        while at < size:
            at += os.sendfile(wire.fileno(), file.fileno(), at, CHUNK)


def run(source, target):
    """(bytes per second until received, bytes per second until synced)"""
    ended = []
    with socket.create_server(("127.0.0.1", 0)) as door:
        receiver = threading.Thread(target=receive, args=(door, target, ended))
        receiver.start()
        began = time.monotonic()
        send(source, door.getsockname()[1])
        receiver.join()
    size = os.path.getsize(source)
    return tuple(size / (end - began) for end in ended)
