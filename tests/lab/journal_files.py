"""What lies in a journal's directory, read and changed as docs/journal.md describes it."""

import glob
import os
import shutil
import sqlite3
import struct
import tempfile

BLOCK = 4096
SCRIBBLE = b"\xa5" * 64
SEGMENT_VERSION_AT, SEGMENT_CRC_AT, SEGMENT_SALT_AT = 8, 12, 40
RECORD_BYTES, RECORD_VERSION_AT, RECORD_CRC_AT, RECORD_SEQUENCE_AT = 64, 4, 8, 24


def ask(database, question):
    """Works on a copy: the owner's files stay as its process left them."""
    with tempfile.TemporaryDirectory(dir="/tmp") as copy:
        for path in glob.glob(database + "*"):
            shutil.copy(path, copy)
        connection = sqlite3.connect(os.path.join(copy, os.path.basename(database)))
        answer = connection.execute(question).fetchall()
        connection.close()
        return answer


def ask_catalog(journal, question):
    return ask(os.path.join(journal, "catalog.db"), question)


def watermark(journal, name):
    return ask_catalog(journal, f"SELECT sequence FROM watermarks WHERE name = '{name}'")[0][0]


def segments(journal):
    return sorted(glob.glob(os.path.join(journal, "segments", "*")))


def records_in(path):
    """(sequence, kind, position) of everything in a segment file that begins like a record."""
    with open(path, "rb") as segment:
        whole = segment.read()
    for at in range(BLOCK, len(whole) - RECORD_BYTES, 512):
        if whole[at:at + 4] == b"CRNR":
            yield struct.unpack_from("<Q", whole, at + RECORD_SEQUENCE_AT)[0], whole[at + 5], at


def writes_above_watermark(journal):
    """(sequence, file, position) of the writes that no sync has covered, in order."""
    durable = watermark(journal, "durable")
    return sorted((sequence, path, at) for path in segments(journal)
                  for sequence, kind, at in records_in(path) if kind == 1 and sequence > durable)


def scribble(path, position):
    """Into the data of the record there."""
    with open(path, "r+b") as segment:
        segment.seek(position + RECORD_BYTES + 100)
        segment.write(SCRIBBLE)


# ---- as a newer Cairn would leave it

def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def make_segment_newer(path):
    with open(path, "r+b") as segment:
        header = bytearray(segment.read(BLOCK))
        struct.pack_into("<II", header, SEGMENT_VERSION_AT, 3, 0)
        struct.pack_into("<I", header, SEGMENT_CRC_AT, crc32c(header))
        segment.seek(0)
        segment.write(header)


def make_record_newer(path, position):
    with open(path, "r+b") as segment:
        salt = segment.read(BLOCK)[SEGMENT_SALT_AT:SEGMENT_SALT_AT + 8]
        segment.seek(position)
        header = bytearray(segment.read(RECORD_BYTES))
        header[RECORD_VERSION_AT] = 3
        struct.pack_into("<I", header, RECORD_CRC_AT, 0)
        struct.pack_into("<I", header, RECORD_CRC_AT, crc32c(salt + header))
        segment.seek(position)
        segment.write(header)


def change_in_wal(database, sql):
    """As after kill -9: the change is in the WAL only."""
    connection = sqlite3.connect(database)
    connection.execute(sql)
    connection.commit()
    left = {}
    for path in (database, database + "-wal"):
        with open(path, "rb") as part:
            left[path] = part.read()
    connection.close()
    for path, content in left.items():
        with open(path, "wb") as part:
            part.write(content)
