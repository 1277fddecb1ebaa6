#!/usr/bin/python3
"""Keeps the results of a run (bench.py --json FILE): all of it in docs/benchmarks/DATE-COMMIT.md, and
in docs/benchmarks.md the newest of each table. Without a file it only makes the latter anew."""

import json
import os
import re
import sys

import bench
import figures
import report
import workloads

PAGE = os.path.join(bench.layout.ROOT, "docs", "benchmarks.md")
RUNS = os.path.join(bench.layout.ROOT, "docs", "benchmarks")
RESULTS = "## Results\n"  # from here on the page is made by this program


def machine(results):
    m, o = results["machine"], results["options"]
    return (f"{m['cpu']}, {m['memory_bytes'] >> 30} GiB, Linux {m['kernel']}, {m['file_system']}; "
            f"fio {m['fio']}, nbdkit {m['nbdkit']}, QEMU {m['qemu']}. {o['rounds']} rounds of "
            f"{o['seconds']} s; load before the run {m['load_before']:.1f}.")


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


def keep(results):
    """The name of the run's file, to which it was appended."""
    m = results["machine"]
    name = f"{m['date']}-{m['commit']}"
    path = os.path.join(RUNS, f"{name}.md")
    title = "" if os.path.exists(path) else f"# {m['date']}, commit {m['commit']}\n"
    text = "\n".join(["", machine(results), "", "```", *tables(results)]).rstrip() + "\n```\n"
    with open(path, "a", encoding="utf-8") as run:
        run.write(title + text)
    return name


def newest(names):
    """By a table's title, in the order of their first appearance: (run, table)."""
    found = {}
    for name in names:
        with open(os.path.join(RUNS, f"{name}.md"), encoding="utf-8") as run:
            for block in re.findall(r"^```\n(.*?)^```$", run.read(), re.MULTILINE | re.DOTALL):
                for table in block.strip().split("\n\n"):
                    title = re.sub(r"; \d+ rounds?", "", table.split("\n", 1)[0])
                    found[title] = (name, table)
    return found.values()


def results_section(names):
    lines = [RESULTS, "The newest of each table, and where it is from; made by",
             "`tests/bench/record.py FILE.json` from a run's `--json`. All runs, the oldest first: " +
             ", ".join(f"[{name}](benchmarks/{name}.md)" for name in names) + ".", ""]
    run = None
    for name, table in newest(names):
        if name != run:
            lines += ["```", ""] if run else []
            lines += [f"### {name}", "", "```"]
            run = name
        else:
            lines.append("")
        lines.append(table)
    return "\n".join([*lines, "```", ""])


def main():
    if len(sys.argv) > 2:
        raise SystemExit(f"usage: {sys.argv[0]} [FILE.json]")
    with open(PAGE, encoding="utf-8") as text:
        method, results = text.read().split(RESULTS, 1)
    names = re.findall(r"\(benchmarks/(\S+?)\.md\)", results)
    if len(sys.argv) == 2:
        with open(sys.argv[1], encoding="utf-8") as text:
            name = keep(json.load(text))
        names = [each for each in names if each != name] + [name]
    with open(PAGE, "w", encoding="utf-8") as page:
        page.write(method + results_section(names))


if __name__ == "__main__":
    main()
