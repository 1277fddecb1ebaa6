"""Asks a gateway for a member's status over its control port (docs/wire.md): what the coordinator
asks for once a second, a benchmark wants to know at any moment."""

import socket
import struct

CONTROL_VERSION = 2  # replication/control_messages.h
MAGIC = b"Crn1"
HELLO, STATUS_REQUEST, MEMBER_STATUS = 1, 15, 16
# Fields of member_status in replication/wire.proto.
NUMBERS = {13: "assigned", 14: "finished", 15: "durable", 16: "destaged", 17: "backed",
           18: "trimmed", 19: "sent", 20: "received", 21: "stored", 22: "applied",
           27: "oldest_unstored_ms", 28: "behind_bytes", 29: "behind_records",
           30: "journal_bytes"}
VOLUMES, BYTES_WRITTEN = 36, 4


def crc32c_table():
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        yield value


TABLE = list(crc32c_table())


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF


def frame(head):
    start = MAGIC + struct.pack("<II", len(head), 0)
    return start + struct.pack("<I", crc32c(start + head)) + head


def text_field(number, text):
    return bytes([number << 3 | 2, len(text)]) + text.encode()


def message(number, body):
    return bytes([number << 3 | 2, len(body)]) + body


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    """(number, value) of each field: numbers as they are, all else as bytes."""
    at = 0
    while at < len(data):
        tag, at = varint(data, at)
        if tag & 7 == 0:
            value, at = varint(data, at)
        elif tag & 7 == 1:
            value, at = data[at:at + 8], at + 8
        else:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
        yield tag >> 3, value


class ControlClient:
    """One connection to one member; not for two threads at once."""

    def __init__(self, port, group, member):
        self.wire = socket.create_connection(("127.0.0.1", port), timeout=20)
        hello = (bytes((0x08, CONTROL_VERSION)) + text_field(2, group) + text_field(3, member)
                 + text_field(4, "bench"))
        self.wire.sendall(frame(message(HELLO, hello)))
        self.receive()

    def close(self):
        self.wire.close()

    def receive(self):
        start = self.take(16)
        if start[:4] != MAGIC:
            raise OSError("the gateway's control port speaks another language")
        return next(fields(self.take(struct.unpack("<I", start[4:8])[0])))

    def take(self, count):
        data = self.wire.recv(count, socket.MSG_WAITALL)
        if len(data) < count:
            raise OSError("the gateway closed its control connection")
        return data

    def status(self):
        self.wire.sendall(frame(message(STATUS_REQUEST, b"")))
        kind, body = self.receive()
        if kind != MEMBER_STATUS:
            raise OSError(f"the gateway answered a status request with message {kind}")
        out = dict.fromkeys(NUMBERS.values(), 0)
        out["bytes_written"] = 0
        for number, value in fields(body):
            if number in NUMBERS:
                out[NUMBERS[number]] = value
            elif number == VOLUMES:
                out["bytes_written"] += dict(fields(value)).get(BYTES_WRITTEN, 0)
        return out
