"""A small NBD client: enough to write and read blocks, and to say what a good client would not."""

import socket
import struct

OPTION_MAGIC = 0x49484156454F5054  # "IHAVEOPT"
REQUEST_MAGIC = 0x25609513
REPLY_MAGIC = 0x67446698
FIXED_NEWSTYLE, NO_ZEROES = 1, 2
READ, WRITE, DISCONNECT, FLUSH, WRITE_ZEROES = 0, 1, 2, 3, 6
FUA = 1


class NbdError(OSError):
    pass


class NbdClient:
    """One connection to an export, by its newstyle handshake with OPT_EXPORT_NAME."""

    def __init__(self, uri, timeout=30):
        self.wire = connect(uri, timeout)
        self.handle = 0
        _, option, _ = struct.unpack(">QQH", self.receive(18))
        if option != OPTION_MAGIC:
            raise NbdError("the server does not speak the newstyle handshake")
        name = uri.partition(":///")[2].partition("?")[0].encode()
        self.wire.sendall(struct.pack(">I", FIXED_NEWSTYLE | NO_ZEROES) +
                          struct.pack(">QII", OPTION_MAGIC, 1, len(name)) + name)
        self.size, self.flags = struct.unpack(">QH", self.receive(10))

    def receive(self, count):
        out = bytearray()
        while len(out) < count:
            piece = self.wire.recv(count - len(out))
            if not piece:
                raise NbdError("the server closed the connection")
            out += piece
        return bytes(out)

    def request(self, kind, offset=0, length=0, flags=0, data=b"", reply_bytes=0):
        self.handle += 1
        self.wire.sendall(struct.pack(">IHHQQI", REQUEST_MAGIC, flags, kind, self.handle, offset,
                                      length) + data)
        magic, error, handle = struct.unpack(">IIQ", self.receive(16))
        if magic != REPLY_MAGIC or handle != self.handle:
            raise NbdError("a reply to nothing that was asked")
        if error:
            raise NbdError(error, f"the server answered with error {error}")
        return self.receive(reply_bytes)

    def read(self, offset, length):
        return self.request(READ, offset, length, reply_bytes=length)

    def write(self, offset, data, fua=False):
        self.request(WRITE, offset, len(data), FUA if fua else 0, data)

    def zero(self, offset, length):
        self.request(WRITE_ZEROES, offset, length)

    def flush(self):
        self.request(FLUSH)

    def close(self):
        self.wire.close()


def connect(uri, timeout):
    """Only Unix sockets: nbd+unix:///EXPORT?socket=PATH"""
    wire = socket.socket(socket.AF_UNIX)
    wire.settimeout(timeout)
    wire.connect(uri.partition("?socket=")[2])
    return wire
