"""The table in the terminal. Ratios first; what issue and design ask stands beside them."""

import statistics

BACKLOG_S_MAX = 1.0  # a replicating figure with more does not count

COLUMNS = ("", "ratio", "accept/aim", "median", "min … max", "CPU s/GiB", "disk/accepted",
           "RSS MiB", "p99 ms", "max ms")


def median(runs, key):
    values = [run[key] for run in runs if run.get(key) is not None]
    return statistics.median(values) if values else None


def rate_key(workload):
    return "bytes_per_s" if workload.in_bytes else "iops"


def in_words(workload, value):
    return f"{value / 1e6:,.0f} MB/s" if workload.in_bytes else f"{value:,.0f} IOPS"


def ratio(workload, results, name, to):
    """Median to median; None where one of them has not run."""
    if not results.get(name) or not results.get(to):
        return None
    key = rate_key(workload)
    return median(results[name], key) / median(results[to], key)


def summary(workload, results):
    """Subject → its median (bytes a second or IOPS) and its ratio to the workload's base."""
    return {name: {"median": median(runs, rate_key(workload)),
                   "ratio": ratio(workload, results, name, workload.base)}
            for name, runs in results.items()}


def two(value, digits=2):
    return "–" if value is None else f"{value:.{digits}f}"


def per_byte(runs, key, scale, what="accepted_bytes"):
    totals = [run[key] * scale / run[what] for run in runs
              if run[what] and run[key] is not None]
    return statistics.median(totals) if totals else None


def highest(runs, kind):
    return max(held[kind] for run in runs for held in run["rss_bytes"].values())


def row(workload, results, name, title):
    runs, key = results[name], rate_key(workload)
    goal = workload.goals.get(name)
    values = sorted(run[key] for run in runs)
    unit = 1e6 if workload.in_bytes else 1
    rss, own = (highest(runs, kind) / (1 << 20) for kind in ("peak", "own"))
    return (title, two(ratio(workload, results, name, workload.base)),
            f"{goal.accept:.2f}/{goal.aim:.2f}" if goal else "",
            in_words(workload, median(runs, key)),
            f"{values[0] / unit:,.0f} … {values[-1] / unit:,.0f}",
            two(per_byte(runs, "cpu_s", 1 << 30, "moved_bytes")),
            two(per_byte(runs, "written_bytes", 1)), f"{rss:.0f} ({own:.0f})",
            two(median(runs, "p99_us") / 1000), two(max(r["max_us"] for r in runs) / 1000, 0))


def replication_line(runs, title):
    """None for a subject that does not replicate."""
    if runs[0].get("backlog_bytes") is None:
        return None
    seconds = median(runs, "backlog_s")
    age = median(runs, "backlog_age_ms")
    said = (f"{title}: backlog at the end {median(runs, 'backlog_bytes') / 1e6:,.1f} MB = "
            f"{seconds:.2f} s of writes")
    if age is not None:
        said += f", the oldest {age / 1000:.2f} s old"
    said += f"; all stored at {median(runs, 'stored_bytes_per_s') / 1e6:,.0f} MB/s"
    late = seconds >= BACKLOG_S_MAX or (age or 0) >= 1000 * BACKLOG_S_MAX
    return said + (" — DOES NOT COUNT: the backlog is 1 s or more" if late else "")


def mirror_lines(workload, results, titles):
    goal = workload.goals.get("replicating")
    for name in ("mirror-background", "mirror-blocking"):
        of = ratio(workload, results, "replicating", name)
        if of is not None:
            wanted = f" (accept {goal.of_mirror:g})" if goal and goal.of_mirror else ""
            yield f"Cairn replicating is {of:.2f} × {titles[name]}{wanted}"


def aligned(rows):
    widths = [max(len(line[i]) for line in rows) for i in range(len(rows[0]))]
    for line in rows:
        first, *others = (cell.ljust(width) if i == 0 else cell.rjust(width)
                          for i, (cell, width) in enumerate(zip(line, widths)))
        yield "  ".join([first, *others]).rstrip()


def table(workload, transport, results, titles):
    """The lines for one workload over one transport; `results`: subject → its runs."""
    done = {name: runs for name, runs in results.items() if runs}
    rounds = max(map(len, done.values()), default=0)
    yield f"{workload.title}, {transport}; {rounds} rounds  [{workload.name}]"
    if not done:
        return
    rows = [COLUMNS] + [row(workload, done, name, titles[name]) for name in done]
    yield from (f"  {line}" for line in aligned(rows))
    notes = [replication_line(runs, titles[name]) for name, runs in done.items()]
    notes += mirror_lines(workload, done, titles)
    yield from (f"  {note}" for note in notes if note)
