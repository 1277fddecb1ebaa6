#!/usr/bin/python3
"""Cairn beside the servers that people would use otherwise, on this machine, in one run.

For each workload the subjects take turns (A B C … A B C …); medians over the rounds and their
spread are printed, ratios to nbdkit's file plugin first. It judges nothing. docs/benchmarks.md says
what each column means."""

import argparse
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile

import cairn_subjects
import failures
import figures
import fio
import machine
import measurements
import mirror_subjects
import one_run
import report
import subjects
import workloads
from workloads import GIB, MIB

import layout  # found by the path that subjects.py adds

SUBJECTS = {kind.name: kind for kind in (
    subjects.NbdkitFile, subjects.QemuNbd, subjects.Tgt, cairn_subjects.CairnAlone,
    cairn_subjects.CairnReplicating, mirror_subjects.MirrorBackground,
    mirror_subjects.MirrorBlocking)}
TITLES = {name: kind.title for name, kind in SUBJECTS.items()}
QUICK_VOLUME = 64 * MIB


class Bench:
    def __init__(self, given, directory):
        self.given = given
        self.directory = directory
        self.rounds, self.quick = given.rounds, given.quick
        self.results = {"machine": machine.describe(layout.ROOT, directory),
                        "options": {"rounds": given.rounds, "seconds": given.seconds,
                                    "quick": given.quick},
                        "workloads": [], "measurements": [], "failures": []}

    def run(self):
        for workload in self.chosen(workloads.ALL):
            for transport in workload.transports:
                if not self.given.transport or transport in self.given.transport:
                    self.workload(workload, transport)
        for measurement in self.chosen(measurements.ALL):
            self.measurement(measurement)

    def chosen(self, things):
        return [t for t in things if not self.given.only or t.name in self.given.only]

    def workload(self, workload, transport):
        runs = {}
        try:
            with scratch(self.directory) as place:
                taking_part = self.prepared(workload, transport, place)
                for number in range(1, self.rounds + 1):
                    for subject in taking_part:
                        with self.going_on(f"{workload.name} {transport}, {subject.name}"):
                            run = self.one(subject, workload, transport, number, place)
                            runs.setdefault(subject.name, []).append(run)
        finally:
            if runs:
                self.tell(workload, transport, runs)

    def measurement(self, measurement):
        free = shutil.disk_usage(self.directory).free
        if free < measurement.disk_bytes and not self.quick:
            print(f"{measurement.title}: skipped, needs {measurement.disk_bytes >> 30} GiB in "
                  f"{self.given.dir}, where {free >> 30} are free\n", flush=True)
            return
        with self.going_on(measurement.name), scratch(self.directory) as place:
            self.tell_figures(measurement, measurement.run(self, place).as_dict())

    def tell_figures(self, measurement, rows):
        self.say("")
        print("\n".join(figures.lines(measurement.title, measurement.goal, rows)) + "\n",
              flush=True)
        self.results["measurements"].append({"name": measurement.name, "figures": rows,
                                             "title": measurement.title,
                                             "goal": measurement.goal})
        self.save()

    def prepared(self, workload, transport, place):
        size = QUICK_VOLUME if self.quick else workload.volume_bytes
        taking_part = [SUBJECTS[name](place, size) for name in workload.subjects
                       if not self.given.subjects or name in self.given.subjects]
        ready = []
        for subject in taking_part:
            self.say(f"{workload.name} {transport}: preparing {subject.name}")
            with self.going_on(f"{workload.name} {transport}, preparing {subject.name}"):
                one_run.prepare(subject, transport, place)
                ready.append(subject)
        return ready

    @contextlib.contextmanager
    def going_on(self, what):
        """What fails in here is told, and the rest is done nevertheless."""
        try:
            yield
        except failures.EXPECTED as error:
            self.say("")
            print(f"{what} FAILED: {error}\n", flush=True)
            self.results["failures"].append(f"{what}: {error}")
            self.save()

    def one(self, subject, workload, transport, number, place):
        self.say(f"{workload.name} {transport}: round {number}, {subject.name}")
        seconds = self.given.seconds if self.quick else (
            workload.seconds or self.given.seconds)
        return one_run.measure(subject, workload, transport, seconds, number, place)

    def tell(self, workload, transport, runs):
        self.say("")
        print("\n".join(report.table(workload, transport, runs, TITLES)) + "\n", flush=True)
        self.results["workloads"].append({
            "name": workload.name, "title": workload.title, "transport": transport,
            "goals": {name: vars(goal) for name, goal in workload.goals.items()},
            "summary": report.summary(workload, runs), "runs": runs})
        self.save()

    def save(self):
        if not self.given.json:
            return
        with open(self.given.json + ".new", "w", encoding="utf-8") as out:
            json.dump(self.results, out, indent=1)
        os.replace(self.given.json + ".new", self.given.json)

    @staticmethod
    def say(text):
        """What is going on, on a line that the next one overwrites."""
        if sys.stderr.isatty():
            print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [thing.name for thing in workloads.ALL + measurements.ALL]
    parser.add_argument("--list", action="store_true", help="what there is to measure")
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=names)
    parser.add_argument("--subjects", nargs="+", metavar="NAME", choices=SUBJECTS)
    parser.add_argument("--transport", nargs="+", choices=("unix", "tcp", "iscsi"))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--seconds", type=int, help="of each run that ends by the clock")
    parser.add_argument("--json", metavar="FILE", help="all figures of all runs")
    parser.add_argument("--dir", default="/tmp", help="where volumes and journals lie meanwhile")
    parser.add_argument("--quick", action="store_true",
                        help="one round of 1 s on small volumes: shows that it works, no more")
    given = parser.parse_args()
    given.rounds = given.rounds or (1 if given.quick else 5)
    given.seconds = given.seconds or (1 if given.quick else 5)
    return given


def print_list():
    for w in workloads.ALL:
        print(f"{w.name:20}{w.title}; {', '.join(w.subjects)}")
    for m in measurements.ALL:
        print(f"{m.name:20}{m.title}")


@contextlib.contextmanager
def scratch(parent):
    """A directory that is gone afterwards, however this ends."""
    directory = tempfile.mkdtemp(prefix="cairn-bench-", dir=parent)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main():
    given = arguments()
    if given.list:
        print_list()
        return 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    build = os.environ.get("CAIRN_BUILD", os.path.join(layout.ROOT, "build", "release"))
    cairn_subjects.CairnAlone.build = build
    fio.ISCSI_LOAD = os.path.join(build, "bin", "iscsi_load")
    if given.quick:
        cairn_subjects.CairnAlone.journal_bytes = GIB
        cairn_subjects.CairnAlone.segment = "16MiB"
        subjects.Subject.patient = False
    try:
        with scratch(given.dir) as directory:
            bench = Bench(given, directory)
            bench.run()
        return 1 if bench.results["failures"] else 0
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
