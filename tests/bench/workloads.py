"""What fio is told to do, and what issue and design ask of the outcome. It judges nothing."""

from dataclasses import dataclass

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30

PLAIN = ["nbdkit", "qemu-nbd"]
CAIRN = ["alone", "replicating"]
MIRRORS = ["mirror-background", "mirror-blocking"]
EVERYBODY = PLAIN + CAIRN + MIRRORS


@dataclass(frozen=True)
class Goal:
    accept: float
    aim: float
    of_mirror: float = 0  # at least so many times as fast as each of QEMU's mirrors


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    words: tuple
    subjects: tuple
    goals: dict
    volume_bytes: int = GIB
    in_bytes: bool = False     # its rate is told in MB/s, not in IOPS
    whole_volume: bool = False  # ends when the volume is written, not by the clock
    seconds: int = 0           # 0: as the command line says
    pending_records: int = 0   # written beforehand, and kept from being destaged
    transports: tuple = ("unix", "tcp")
    base: str = "nbdkit"       # ratios are to this one


def random_writes(depth, jobs=1, more=()):
    return ("--rw=randwrite", "--bs=4k", f"--iodepth={depth}", f"--numjobs={jobs}",
            "--end_fsync=1", *more)


def sequential(block, depth):
    return ("--rw=write", f"--bs={block}", f"--iodepth={depth}", "--end_fsync=1")


def over_iscsi(name, title, words, accept, **more):
    return Workload(f"iscsi-{name}", f"{title}, iSCSI", words, ["tgt", "alone"],
                    {"alone": Goal(accept, accept)}, transports=("iscsi",), base="tgt", **more)


def random_reads(depth):
    return ("--rw=randread", "--bs=4k", f"--iodepth={depth}")


READS = random_reads(32)

ALL = [
    Workload("write-4k-d1", "4 KiB random write, depth 1", random_writes(1), EVERYBODY,
             {"alone": Goal(0.80, 0.95), "replicating": Goal(0.55, 0.70)}),
    Workload("write-4k-d32", "4 KiB random write, depth 32", random_writes(32), EVERYBODY,
             {"alone": Goal(0.50, 0.80), "replicating": Goal(0.30, 0.45, 3)}),
    Workload("write-4k-4x32", "4 KiB random write, 4 jobs, depth 32", random_writes(32, 4),
             EVERYBODY, {}),
    Workload("read-4k-empty", "4 KiB random read, depth 32, nothing pending", READS,
             PLAIN + ["alone"], {"alone": Goal(0.95, 1.0)}),
    Workload("read-4k-pending", "4 KiB random read, depth 32, 100,000 records pending", READS,
             PLAIN + ["alone"], {"alone": Goal(0.75, 0.95)}, pending_records=100_000),
    Workload("seq-64k", "64 KiB sequential write, 1 GiB", sequential("64k", 16), EVERYBODY,
             {"alone": Goal(0.75, 0.95), "replicating": Goal(0.35, 0.50, 1)}, in_bytes=True,
             whole_volume=True),
    Workload("seq-1m", "1 MiB sequential write, 1 GiB", sequential("1m", 8), EVERYBODY,
             {"alone": Goal(0.75, 0.95), "replicating": Goal(0.35, 0.50, 1)}, in_bytes=True,
             whole_volume=True),
    Workload("seq-1m-30s", "1 MiB sequential write, 30 s, beyond the page cache",
             sequential("1m", 8), PLAIN + ["alone"], {"alone": Goal(0.40, 0.50)},
             volume_bytes=8 * GIB, in_bytes=True, seconds=30),
    Workload("fsync1-4k-d1", "4 KiB random write, depth 1, fsync=1",
             random_writes(1, more=["--fsync=1"]), EVERYBODY,
             {"alone": Goal(0.90, 1.2), "replicating": Goal(0.55, 0.80)}),
    Workload("fsync32-4k-d32", "4 KiB random write, depth 32, fsync=32",
             random_writes(32, more=["--fsync=32"]), EVERYBODY,
             {"alone": Goal(0.90, 1.2), "replicating": Goal(0.55, 0.80)}),
    Workload("mix-4k-d32", "4 KiB random, 70 % read, 30 % write, depth 32",
             ("--rw=randrw", "--rwmixread=70", "--bs=4k", "--iodepth=32", "--end_fsync=1"),
             EVERYBODY, {}),
    over_iscsi("write-4k-d1", "4 KiB random write, depth 1", random_writes(1), 1.0),
    over_iscsi("write-4k-d32", "4 KiB random write, depth 32", random_writes(32), 1.3),
    over_iscsi("read-4k-d1", "4 KiB random read, depth 1", random_reads(1), 1.0),
    over_iscsi("read-4k-d32", "4 KiB random read, depth 32", random_reads(32), 1.3),
    over_iscsi("seq-64k", "64 KiB sequential write, 1 GiB", sequential("64k", 16), 1.0,
               in_bytes=True, whole_volume=True),
    over_iscsi("seq-1m", "1 MiB sequential write, 1 GiB", sequential("1m", 8), 1.0,
               in_bytes=True, whole_volume=True),
]


def fio_words(workload, seconds, volume_bytes):
    words = [*workload.words, f"--size={volume_bytes}", "--randrepeat=0"]
    if workload.whole_volume:
        return words
    return words + ["--time_based", f"--runtime={seconds}"]
