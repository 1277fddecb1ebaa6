#!/usr/bin/python3
"""Appends the results of a run (bench.py --json FILE) to docs/benchmarks.md."""

import json
import os
import sys

import bench
import figures
import report
import workloads

PAGE = os.path.join(bench.layout.ROOT, "docs", "benchmarks.md")


def heading(results):
    m, o = results["machine"], results["options"]
    return [f"### {m['date']}, commit {m['commit']}", "",
            f"{m['cpu']}, {m['memory_bytes'] >> 30} GiB, Linux {m['kernel']}, {m['file_system']}; "
            f"fio {m['fio']}, nbdkit {m['nbdkit']}, QEMU {m['qemu']}. {o['rounds']} rounds of "
            f"{o['seconds']} s; load before the run {m['load_before']:.1f}.", ""]


def tables(results):
    by_name = {workload.name: workload for workload in workloads.ALL}
    for done in results["workloads"]:
        yield from report.table(by_name[done["name"]], done["transport"], done["runs"],
                                bench.TITLES)
        yield ""
    yield from (f"FAILED: {text}" for text in results["failures"])
    for done in results["measurements"]:
        yield from figures.lines(done["title"], done["goal"], done["figures"])
        yield ""


def main():
    if len(sys.argv) != 2:
        raise SystemExit(f"usage: {sys.argv[0]} FILE.json")
    with open(sys.argv[1], encoding="utf-8") as text:
        results = json.load(text)
    lines = ["", *heading(results), "```", *tables(results)]
    with open(PAGE, "a", encoding="utf-8") as page:
        page.write("\n".join(lines).rstrip() + "\n```\n")


if __name__ == "__main__":
    main()
