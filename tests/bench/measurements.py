"""What is measured beside fio's workloads; each by itself, under a name for --only."""

from dataclasses import dataclass
from typing import Callable

import catching_up
import long_backlog
import restarts
from workloads import GIB


@dataclass(frozen=True)
class Measurement:
    name: str
    title: str
    goal: str
    run: Callable  # (bench, a directory of its own) → Figures
    disk_bytes: int = 16 * GIB  # free, or it is not begun


ALL = [
    Measurement("catch-up-64k", "Catching up after 4 GiB of 64 KiB writes",
                "60 % of the plain copy", catching_up.large),
    Measurement("catch-up-4k", "Catching up after 4 GiB of 4 KiB writes", "", catching_up.small),
    Measurement("restart-tail", "Restart with 1 GiB of journal that the catalog lacks",
                "recovered in 2 s", restarts.tail),
    Measurement("restart-catalog", "Restart with a catalog of 10 million records",
                "opened in 2 s", restarts.catalog),
    Measurement("backlog-20g", "Memory with a backlog of 20 GiB of 4 KiB writes",
                "below 300 MiB a gateway", long_backlog.measure, 56 * GIB),
]
