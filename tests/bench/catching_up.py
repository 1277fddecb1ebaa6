"""A secondary that was away receives what it missed; in turns with a plain copy of as much."""

import os
import time

import fio
import one_run
import plain_copy
import subjects
from cairn_subjects import CairnReplicating
from figures import Figures
from workloads import GIB, MIB

AWAY_BYTES, QUICK_BYTES = 4 * GIB, 128 * MIB
PERIOD_S = 0.01
SECONDS_MAX = 600


def rates(subject, target, size):
    """Starts the secondary. Bytes per second from the first record that moves until all is
    received, and until all is stored."""
    before, began, received, last = subject.status()["received"], None, None, 0.0
    end = time.monotonic() + SECONDS_MAX
    subject.start_secondary()
    while True:
        status, now = subject.status(), time.monotonic()
        if began is None and status["received"] > before:
            began = last
        if received is None and status["received"] >= target:
            received = now
        if status["stored"] >= target:
            return size / (received - began), size / (now - began)
        if now > end:
            raise subjects.SubjectFailed(f"not caught up within {SECONDS_MAX} s")
        last = now
        time.sleep(PERIOD_S)


def away(subject, block, size, scratch):
    """The secondary misses `size` bytes of writes, which the primary has destaged."""
    subject.start("unix")
    subject.stop_secondary()
    fio.run(subject.uri, ["--rw=randwrite", f"--bs={block}", "--iodepth=16", "--end_fsync=1",
                          f"--size={subject.volume_bytes}", f"--io_size={size}"], scratch)
    subject.settle_primary()
    os.sync()
    return subject.status()["assigned"]


def measure(bench, place, block):
    size = QUICK_BYTES if bench.quick else AWAY_BYTES
    subject = CairnReplicating(place, GIB if not bench.quick else 64 * MIB)
    one_run.prepare(subject, "unix", place)
    source, copy = (os.path.join(place, name) for name in ("source", "copy"))
    for path in (source, copy):
        plain_copy.make_file(path, size)
    figures = Figures()
    for number in range(1, bench.rounds + 1):
        bench.say(f"round {number}: Cairn")
        try:
            target = away(subject, block, size, place)
            cairn = rates(subject, target, size)
            subject.wait_linked()
            subject.settle_for_good()
        finally:
            subject.stop()
        os.sync()
        bench.say(f"round {number}: plain copy")
        tell(figures, cairn, plain_copy.run(source, copy))
        os.sync()
    return figures


def tell(figures, cairn, copy):
    for name, ours, theirs in zip(("received", "stored durably"), cairn, copy):
        figures.add(f"ratio to the plain copy, until {name}", "", ours / theirs)
    for name, ours, theirs in zip(("received", "stored durably"), cairn, copy):
        figures.add(f"Cairn, until {name}", "MB/s", ours / 1e6)
        figures.add(f"plain copy, until {name}", "MB/s", theirs / 1e6)


def large(bench, place):
    return measure(bench, place, "64k")


def small(bench, place):
    return measure(bench, place, "4k")
