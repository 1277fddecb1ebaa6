#!/usr/bin/python3
"""Scribbled bytes in a primary's segment. Above the durable watermark they are what a loss of power
leaves: the write that was hit becomes a gap, everything else is there, both sides agree. At it or
below they are damage: named by sequence, never shipped; the other gateways go on."""

import os
import re
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from journal_files import SCRIBBLE, ask_catalog, scribble, writes_above_watermark  # noqa: E402
from lab_client import Lab, need, wait_for  # noqa: E402
from nbd_client import NbdClient  # noqa: E402

BLOCK = 4096
TRIES = 20


def content(number):
    return struct.pack("<Q", number + 1) * (BLOCK // 8)


def journal_of(lab, name):
    return os.path.join(lab.entry(name)["state"], "journal")


def write_and_kill(lab, first, count):
    client = NbdClient(lab.uri("m1.primary"))
    for number in range(first, first + count):
        client.write(number * BLOCK, content(number))
    lab.kill("m1.primary")
    client.close()


def write_above_watermark(journal):
    """(file, position, sequence) of a write that no sync has covered, if there is one: the last but
    one, so that recovery has to go on behind it."""
    found = writes_above_watermark(journal)
    return (found[-2][1], found[-2][2], found[-2][0]) if len(found) > 2 else None


def above_the_watermark(lab):
    journal = journal_of(lab, "m1.primary")
    written = 0
    for _ in range(TRIES):
        write_and_kill(lab, written, 100)
        written += 100
        place = write_above_watermark(journal)
        if place:
            break
        lab.start("m1.primary")
    else:
        raise AssertionError(f"no write above the durable watermark in {TRIES} tries")
    path, position, sequence = place
    scribble(path, position)
    lab.start("m1.primary")
    client = NbdClient(lab.uri("m1.primary"))
    missing = [number for number in range(written)
               if client.read(number * BLOCK, BLOCK) != content(number)]
    assert len(missing) == 1, f"one write was hit, missing are {missing}"
    assert client.read(missing[0] * BLOCK, BLOCK) == bytes(BLOCK), "the scribbled bytes are served"
    client.close()
    lab.ready()
    lab.same_images()
    print(f"  above the watermark: record {sequence} became a gap, {written - 1} other writes are "
          "there, both sides agree", flush=True)


def below_the_watermark(lab, member, backed):
    """Damage that a start finds, as the record is not in the backing file yet; or, with `backed`,
    one that is found when the record is about to be shipped."""
    primary, secondary = f"{member}.primary", f"{member}.secondary"
    journal = journal_of(lab, primary)
    lab.kill(secondary)  # so that the record is still needed
    client = NbdClient(lab.uri(primary))
    first = 8000
    for number in range(first, first + 50):
        client.write(number * BLOCK, content(number))
    client.flush()
    client.close()
    name = "backed" if backed else "durable"
    wait_for(f"all of them {name}", lambda: len(ask_catalog(
        journal, f"SELECT 1 FROM records WHERE kind = 1 AND offset >= {first * BLOCK} AND "
        f"sequence <= (SELECT sequence FROM watermarks WHERE name = '{name}')")) >= 50)
    lab.kill(primary)
    sequence, file, position, offset = ask_catalog(
        journal, "SELECT sequence, file, position, offset FROM records JOIN segments "
        f"ON number = segment WHERE kind = 1 AND offset = {(first + 25) * BLOCK}")[-1]
    scribble(os.path.join(journal, "segments", file), position)
    lab.start(secondary, ready=False)
    lab.start(primary, ready=False)
    named = wait_for(f"the log names record {sequence} and {file}",
                     lambda: line_with(lab.log_of(primary), str(sequence), file))
    reader = wait_for("the secondary answers", lambda: nbd_client(lab.uri(secondary)))
    there = reader.read(offset, BLOCK)
    reader.close()
    assert SCRIBBLE not in there, "damaged bytes were shipped and applied"
    print(f"  below it, {name}: {named}", flush=True)


def line_with(text, *words):
    """The last line that has all of these words."""
    found = [line for line in text.splitlines()
             if all(re.search(rf"(^|\W){re.escape(word)}\b", line) for word in words)]
    return found[-1] if found else None


def nbd_client(uri):
    try:
        return NbdClient(uri)
    except OSError:
        return None


def others_go_on(lab):
    client = NbdClient(lab.uri("m3.primary"))
    client.write(0, content(1), fua=True)
    assert client.read(0, BLOCK) == content(1)
    client.close()


def main():
    need("nbdcopy", "cmp")
    with Lab(members=3, marker_interval="200ms") as lab:
        above_the_watermark(lab)
        below_the_watermark(lab, "m1", backed=False)
        below_the_watermark(lab, "m2", backed=True)
        others_go_on(lab)


if __name__ == "__main__":
    main()
