"""Memory while the secondary lacks 20 GiB of small writes, and while it catches up."""

import fio
import one_run
import usage
from cairn_subjects import CairnReplicating
from figures import Figures
from samples import Sampler
from workloads import GIB, MIB

BACKLOG_BYTES = 20 * GIB
JOURNAL_BYTES = 26 * GIB  # 4 KiB take 4608 bytes


def measure(bench, place):
    """One round, however many are asked for: it moves 80 GiB."""
    size = 128 * MIB if bench.quick else BACKLOG_BYTES
    subject = CairnReplicating(place, 64 * MIB if bench.quick else GIB)
    if not bench.quick:
        subject.journal_bytes = JOURNAL_BYTES
    one_run.prepare(subject, "unix", place)
    figures = Figures()
    try:
        subject.start("unix")
        subject.stop_secondary()
        bench.say("filling")
        with Sampler(subject) as filling:
            done = fio.run(subject.uri, ["--rw=randwrite", "--bs=4k", "--iodepth=32",
                                         "--end_fsync=1", f"--size={subject.volume_bytes}",
                                         f"--io_size={size}"], place)
        figures.add("backlog", "GiB", subject.status()["behind_bytes"] / GIB)
        figures.add("records behind", "", subject.status()["behind_records"])
        figures.add("rate while it grows", "IOPS", done["iops"])
        figures.add("longest write meanwhile", "ms", done["max_us"] / 1000)
        memory(figures, subject, "primary, backlog", "primary", filling)
        bench.say("catching up")
        subject.start_secondary()
        with Sampler(subject) as catching_up:
            subject.wait_stored()
            subject.wait_linked()
            subject.settle()
        for role in ("primary", "secondary"):
            memory(figures, subject, f"{role}, caught up", role, catching_up)
    finally:
        subject.stop()
    return figures


def memory(figures, subject, when, role, sampler):
    if sampler.failed:
        raise sampler.failed
    pid = subject.lab["members"][0][role]["pid"]
    figures.add(f"RSS, {when}: peak", "MiB", usage.peak_rss(pid) / MIB)
    figures.add(f"RSS, {when}: without pages of files", "MiB",
                sampler.own_rss_of.get(pid, usage.own_rss(pid)) / MIB)
