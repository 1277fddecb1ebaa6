"""What processes have used, from /proc."""

import os

TICKS = os.sysconf("SC_CLK_TCK")


def read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", encoding="ascii", errors="replace") as text:
            return text.read()
    except OSError:
        return ""


def lines(pid, name):
    return dict(line.split(":", 1) for line in read(pid, name).splitlines() if ":" in line)


def cpu_seconds(pid):
    after_name = read(pid, "stat").rpartition(")")[2].split()
    return sum(map(int, after_name[11:13])) / TICKS if after_name else 0.0


def device_of(path):
    """The statistics of the disk under this path; "" where there is no single one."""
    number = os.stat(path).st_dev
    statistics = f"/sys/dev/block/{os.major(number)}:{os.minor(number)}/stat"
    return statistics if os.path.exists(statistics) else ""


def written_bytes(device):
    """By everybody on this machine. A process's own write_bytes would be useless: the kernel
    charges a whole large folio, up to a MiB, for a write of 4 KiB."""
    with open(device, encoding="ascii") as text:
        return int(text.read().split()[6]) * 512


def kib(pid, *names):
    found = lines(pid, "status")
    return sum(int(found.get(name, "0 kB").split()[0]) for name in names)


def peak_rss(pid):
    """Bytes; pages of files that were mapped or read into the process count, too."""
    return kib(pid, "VmHWM") << 10


def own_rss(pid):
    """Bytes that belong to the process alone: no pages of files."""
    return kib(pid, "RssAnon", "RssShmem") << 10


class Meter:
    """CPU of these processes and writes to the disk under `directory` since it was made."""

    def __init__(self, pids, directory):
        self.pids = pids
        self.device = device_of(directory)
        self.before = self.now()

    def now(self):
        return (sum(map(cpu_seconds, self.pids)),
                written_bytes(self.device) if self.device else None)

    def used(self):
        """What is in the page cache now is written first, so that it counts."""
        os.sync()
        cpu, written = self.now()
        return {"cpu_s": cpu - self.before[0],
                "written_bytes": written - self.before[1] if self.device else None}
