#!/usr/bin/python3
"""./dev bench, on small volumes: the table and the JSON are complete, and nothing is left behind.
Its figures are not looked at."""

import glob
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
from lab_client import need, run  # noqa: E402

PROGRAM = os.path.join(layout.ROOT, "tests", "bench", "bench.py")
SUBJECTS = ["nbdkit", "replicating", "mirror-background"]
OF_EVERY_RUN = {"iops", "bytes_per_s", "cpu_s", "written_bytes", "rss_bytes", "max_us"}
OF_REPLICATION = {"backlog_bytes", "backlog_s", "stored_bytes_per_s"}


def check_workload(done):
    assert (done["name"], done["transport"]) == ("write-4k-d32", "unix")
    assert list(done["runs"]) == SUBJECTS
    for name, runs in done["runs"].items():
        assert len(runs) == 1
        lacking = OF_EVERY_RUN - set(runs[0])
        assert not lacking, f"{name} lacks {lacking}"
    for name in ("replicating", "mirror-background"):
        lacking = OF_REPLICATION - set(done["runs"][name][0])
        assert not lacking, f"{name} lacks {lacking}"


def check_measurement(done):
    assert done["name"] == "restart-tail"
    found = done["figures"]["records found, uncatalogued tail"]["values"]
    assert found == [1024], f"the tail was not what recovery found: {found}"


def main():
    need("fio", "nbdkit", "qemu-nbd", "qemu-storage-daemon")
    place = tempfile.mkdtemp(prefix="cairn-e2e-", dir="/tmp")
    report = os.path.join(place, "report.json")
    try:
        said = run(PROGRAM, "--quick", "--dir", place, "--json", report, "--transport", "unix",
                   "--only", "write-4k-d32", "restart-tail", "--subjects", *SUBJECTS)
        with open(report, encoding="utf-8") as text:
            results = json.load(text)
        left = glob.glob(os.path.join(place, "cairn-bench-*"))
    finally:
        shutil.rmtree(place, ignore_errors=True)
    for title in ("nbdkit file", "Cairn replicating", "QEMU mirror, background"):
        assert f"\n  {title} " in said, said
    assert "0.30/0.45" in said and "backlog at the end" in said, said
    assert results["failures"] == [], results["failures"]
    check_workload(results["workloads"][0])
    check_measurement(results["measurements"][0])
    assert not left, f"left behind: {left}"
    print("  table and JSON are complete")


if __name__ == "__main__":
    main()
