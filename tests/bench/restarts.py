"""How long a gateway takes from exec to its first NBD greeting, when there is much to recover."""

import os
import re
import subprocess
import time

import one_run
import subjects
from cairn_subjects import CairnAlone, CairnReplicating
from figures import Figures
from workloads import GIB, MIB

import lab as lab_program  # found by the path that subjects.py adds
import layout
import processes
import readiness

TAIL_BYTES, TAIL_RECORD_BYTES = GIB, 16 << 10
CATALOG_RECORDS = 10_000_000
START_SECONDS_MAX = 300


def make_journal(subject, *words):
    """Appends to the journal of a gateway that does not run, with the product's own code."""
    program = os.path.join(subject.build, "bin", "journal_maker")
    directory = os.path.join(subject.directory, "m1.primary", "journal")
    done = subprocess.run([program, directory, *map(str, words)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise subjects.SubjectFailed(f"journal_maker {' '.join(map(str, words))}: {done.stdout}")


def start_primary(subject):
    """Seconds from exec to the greeting of a lab's primary, alone even where it has a peer."""
    subject.lab = layout.make(subject.directory, subject.options(destage=True))
    entry = subject.lab["members"][0]["primary"]
    began = time.monotonic()
    lab_program.launch(subject.lab, "m1.primary")
    while not (os.path.exists(entry["socket"]) and readiness.nbd_answers(entry["socket"])):
        if not processes.alive(entry) or time.monotonic() - began > START_SECONDS_MAX:
            raise subjects.SubjectFailed(f"the gateway does not serve:\n"
                                         f"{processes.tail(entry['log'])}")
        time.sleep(0.002)
    return time.monotonic() - began


def recovered(subject):
    """How many records the last start found behind the durable watermark, by its own word."""
    with open(subject.lab["members"][0]["primary"]["log"], encoding="utf-8") as log:
        found = re.findall(r"(\d+) records were found behind the durable", log.read())
    return int(found[-1]) if found else 0


def tail(bench, place):
    size = 16 * MIB if bench.quick else TAIL_BYTES
    subject = CairnAlone(place, 64 * MIB if bench.quick else GIB)
    subject.log = "notice"
    one_run.prepare(subject, "unix", place)
    figures = Figures()
    for number in range(1, bench.rounds + 1):
        bench.say(f"round {number}")
        for what, appended in (("nothing to recover", 0), ("uncatalogued tail", size)):
            if appended:
                make_journal(subject, "tail", appended, TAIL_RECORD_BYTES,
                             subject.volume_bytes)
                os.sync()
            try:
                figures.add(f"start, {what}", "s", start_primary(subject))
                figures.add(f"records found, {what}", "", recovered(subject))
                subject.settle_for_good()
            finally:
                subject.stop()
    return figures


def catalog(bench, place):
    count = 10_000 if bench.quick else CATALOG_RECORDS
    subject = CairnReplicating(place, 64 * MIB)  # its peer is never there, so nothing is trimmed
    figures = Figures()
    try:
        figures.add("start, new journal", "s", start_primary(subject))
    finally:
        subject.stop()
    bench.say(f"appending {count:,} records")
    make_journal(subject, "rows", count)
    os.sync()
    for number in range(1, bench.rounds + 1):
        bench.say(f"round {number}")
        try:
            figures.add(f"start, {count:,} records in the catalog", "s", start_primary(subject))
            figures.add("records behind", "", subject.status()["behind_records"])
        finally:
            subject.stop()
    size = os.path.getsize(os.path.join(subject.directory, "m1.primary", "journal", "catalog.db"))
    figures.add("catalog", "MiB", size / MIB)
    figures.add("catalog, for each record", "bytes", size / count)
    return figures
