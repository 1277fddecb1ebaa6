"""One subject under one workload, once: start, warm, measure, settle, stop."""

import os
import time

import fio
import usage
from samples import Sampler
from workloads import fio_words


def prepare(subject, transport, scratch):
    """Writes the whole volume, so that nobody pays for blocks that the file system has yet to
    find, nor for a journal segment that was never used."""
    try:
        subject.start(transport)
        fio.run(subject.uri, ["--rw=write", "--bs=1m", "--iodepth=8", "--end_fsync=1",
                              f"--size={subject.volume_bytes}"], scratch)
        subject.settle_for_good()
    finally:
        subject.stop()


def measure(subject, workload, transport, seconds, seed, scratch):
    """What came out, as numbers with their unit in the name."""
    pending = workload.pending_records
    os.sync()
    try:
        subject.start(transport, destage=not pending)
        warm(subject, pending, scratch)
        run = timed(subject, workload, seconds, seed, scratch)
        if not pending:
            subject.settle_for_good()
    finally:
        subject.stop()
    if pending:
        drain(subject, transport)
    return run


def warm(subject, pending, scratch):
    """The page cache holds the volume, as after a while of reading; then what is to be pending."""
    fio.run(subject.uri, ["--rw=read", "--bs=1m", "--iodepth=8",
                          f"--size={min(subject.volume_bytes, 1 << 30)}"], scratch)
    if pending:
        fio.run(subject.uri, ["--rw=randwrite", "--bs=4k", "--iodepth=32", "--end_fsync=1",
                              f"--size={subject.volume_bytes}", f"--io_size={pending * 4096}"],
                scratch)


def drain(subject, transport):
    try:
        subject.start(transport)
        subject.settle_for_good()
    finally:
        subject.stop()


def timed(subject, workload, seconds, seed, scratch):
    meter = usage.Meter(subject.pids(), subject.directory)
    with Sampler(subject) as sampler:
        words = fio_words(workload, seconds, subject.volume_bytes) + [f"--randseed={seed}"]
        run = fio.run(subject.uri, words, scratch)
    if sampler.failed:
        raise sampler.failed
    if subject.replicates:
        run.update(replication(subject, sampler, run))
    if not workload.pending_records:
        subject.settle()
    run.update(meter.used())
    run["rss_bytes"] = {name: {"peak": usage.peak_rss(pid),
                               "own": sampler.own_rss_of.get(pid, 0)}
                        for name, pid in subject.holders().items()}
    return run


def replication(subject, sampler, run):
    """The backlog when the host's last write was accepted, and the rate up to the moment at which
    everything was stored at the other side."""
    ended = time.monotonic()
    stored = subject.wait_stored()
    last = sampler.backlog_at_end() or {"behind_bytes": 0, "behind_ms": None}
    peak = max((s["behind_bytes"] for s in sampler.samples), default=0)
    rate = run["accepted_bytes"] / run["seconds"]
    began = sampler.began_at() or ended - run["seconds"]
    return {"backlog_bytes": last["behind_bytes"],
            "backlog_s": last["behind_bytes"] / rate if rate else 0.0,
            "backlog_age_ms": last["behind_ms"],
            "backlog_peak_bytes": peak,
            "stored_after_s": stored - ended,
            "stored_bytes_per_s": run["accepted_bytes"] / max(stored - began, 0.001)}
