#!/usr/bin/python3
"""libiscsi's conformance suite against a gateway: every test in a process of its own, since in one
process a skipped test makes later ones fail. Tests may only be skipped that docs/iscsi.md names,
with the reason. Prints the table; `--target URL [SECOND]` runs it against somebody else's target."""

import os
import re
import subprocess
import sys
from collections import defaultdict

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import Lab  # noqa: E402
from layout import ROOT  # noqa: E402

PASSED_MIN, FAILED_MAX = 185, 2
SECONDS_MAX = 120  # of one test
TWO_PORTALS = ("MultipathIO",)


def all_tests():
    said = subprocess.run(["iscsi-test-cu", "-l"], capture_output=True, text=True, check=True).stdout
    return [line[len("ALL."):] for line in said.split() if re.fullmatch(r"ALL\.[^.]+\.[^.]+", line)]


def named_in_document():
    """SUITE or SUITE.TEST that docs/iscsi.md lists in its table of skipped tests."""
    with open(os.path.join(ROOT, "docs", "iscsi.md"), encoding="utf-8") as text:
        return set(re.findall(r"^\| `([A-Za-z0-9_.-]+)` \|", text.read(), re.MULTILINE))


def run_one(name, urls):
    """("passed" | "skipped" | "FAILED", what was said)"""
    try:
        done = subprocess.run(["iscsi-test-cu", "-d", "-t", "ALL." + name, *urls],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired as late:
        return "FAILED", f"no end after {SECONDS_MAX} s\n{(late.stdout or b'').decode()[-2000:]}"
    summary = re.search(r"tests\s+1\s+1\s+(\d)\s+(\d)", done.stdout)
    if not summary or summary[2] != "0" or done.returncode != 0:
        return "FAILED", done.stdout
    return ("skipped" if "[SKIPPED]" in done.stdout else "passed"), done.stdout


def reason(said):
    lines = [line.strip() for line in said.splitlines()
             if re.search(r"\[(SKIPPED|FAILED)\]", line)]
    return lines[-1] if lines else said.strip()[-200:]


def run_all(url, second):
    table = defaultdict(lambda: defaultdict(list))
    for name in all_tests():
        suite = name.split(".")[0]
        outcome, said = run_one(name, [url, second] if suite in TWO_PORTALS and second else [url])
        table[suite][outcome].append((name, said))
        if outcome == "FAILED":
            print(f"  FAILED {name}: {reason(said)}", flush=True)
    return table


def show(table):
    total = defaultdict(int)
    for suite, outcomes in sorted(table.items()):
        counts = {word: len(outcomes[word]) for word in ("passed", "skipped", "FAILED")}
        for word, count in counts.items():
            total[word] += count
        print("  %-24s" % suite + "  ".join(f"{n:3d} {word}" for word, n in counts.items() if n))
    print(f"  in all: {total['passed']} passed, {total['skipped']} skipped, {total['FAILED']} failed"
          f" of {sum(total.values())}", flush=True)
    return total


def skipped(table):
    return [(name, said) for outcomes in table.values() for name, said in outcomes["skipped"]]


def judge(table, total):
    named = named_in_document()
    unnamed = [f"{name}: {reason(said)}" for name, said in skipped(table)
               if name not in named and name.split(".")[0] not in named]
    assert not unnamed, "skipped, but docs/iscsi.md does not say why:\n" + "\n".join(unnamed)
    assert total["FAILED"] <= FAILED_MAX, f"{total['FAILED']} failed, {FAILED_MAX} may"
    assert total["passed"] >= PASSED_MIN, f"{total['passed']} passed, {PASSED_MIN} must"


def main():
    if "--target" in sys.argv:
        urls = sys.argv[sys.argv.index("--target") + 1:]
        table = run_all(urls[0], urls[1] if len(urls) > 1 else None)
        for name, said in skipped(table):
            print(f"  skipped {name}: {reason(said)}")
        show(table)
        return
    with Lab(members=1, alone=True, size="256MiB", iscsi_portals=2) as lab:
        first, second = lab.iscsi("m1.primary"), lab.iscsi("m1.primary", portal=2)
        table = run_all(first, second)
        lab.expect_alive()
    judge(table, show(table))


if __name__ == "__main__":
    main()
