"""One run of fio's nbd engine, or of iscsi_load, and what of its report matters."""

import json
import os
import signal
import subprocess
import tempfile


ISCSI_LOAD = "iscsi_load"  # set by bench.py


class FioFailed(Exception):
    pass


def run(uri, words, scratch):
    """Runs fio against this export. Its report is read from a file in `scratch`."""
    handle, report = tempfile.mkstemp(prefix="fio-", suffix=".json", dir=scratch)
    os.close(handle)
    program = [ISCSI_LOAD] if uri.startswith("iscsi://") else [
        "fio", "--name=bench", "--ioengine=nbd", "--group_reporting", "--output-format=json"]
    command = [*program, f"--uri={uri}", f"--output={report}", *words]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True, cwd=scratch,
                             start_new_session=True)  # its jobs are processes of their own
    try:
        said = child.communicate()[1]
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
    with open(report, encoding="utf-8") as text:
        raw = text.read()
    os.unlink(report)
    if child.returncode != 0:
        raise FioFailed(f"{' '.join(command)}\nended with {child.returncode}: {said.strip()}")
    return summed(json.loads(raw[raw.index("{"):])["jobs"][0])


def summed(job):
    """Reads and writes together; the end_fsync is part of the run, as fio counts it."""
    sides = [job[name] for name in ("read", "write") if job[name]["total_ios"]]
    ms = max(side["runtime"] for side in sides)
    latency = [side["clat_ns"] for side in sides]
    return {
        "iops": sum(side["total_ios"] for side in sides) * 1000 / ms,
        "bytes_per_s": sum(side["io_bytes"] for side in sides) * 1000 / ms,
        "accepted_bytes": job["write"]["io_bytes"],
        "moved_bytes": sum(side["io_bytes"] for side in sides),
        "seconds": ms / 1000,
        "p50_us": max(percentile(side, "50.000000") for side in latency),
        "p99_us": max(percentile(side, "99.000000") for side in latency),
        "max_us": max(side["max"] for side in latency) / 1000,
    }


def percentile(latency, name):
    return latency.get("percentile", {}).get(name, 0) / 1000
