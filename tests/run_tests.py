#!/usr/bin/python3
"""Runs the tests of a build: those that CMake knows, then the scripts tests/e2e/test-*.

A line each group of tests and each script; for a failure also how to repeat it alone. The last line
is "N passed, N failed, N skipped". A script that ends with 77 was skipped; its last line says why.
"""

import argparse
import contextlib
import glob
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIPPED = 77
SCRIPT_SECONDS_MAX = 1800 if os.environ.get("CAIRN_FULL") == "1" else 300
TEST_SECONDS_MAX = "1800" if os.environ.get("CAIRN_FULL") == "1" else "240"
SHOWN_LINES = 40


class Tally:
    """What came out so far. `show` prints one line as soon as a group or script is through."""

    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def show(self, name, seconds, passed=0, failed=0, skipped=0, because=""):
        self.passed += passed
        self.failed += failed
        self.skipped += skipped
        word = "FAILED" if failed else "passed" if passed else "skipped"
        counts = f"{passed}/{passed + failed}" if passed + failed > 1 else ""
        print(f"{name:40} {word:8} {counts:>9} {seconds:7.1f} s  {because}".rstrip(), flush=True)


def repeat(command):
    print(f"  to repeat: {command}", flush=True)


def last_lines(text, count=SHOWN_LINES):
    for line in text.splitlines()[-count:]:
        print(f"  | {line}")


def results_of(case):
    """(passed, failed, skipped) of one <testcase> of ctest's report."""
    status = case.get("status")
    if status == "fail":
        return 0, 1, 0
    return (1, 0, 0) if status == "run" else (0, 0, 1)


def run_ctest(build, names, tally):
    report = os.path.join(os.path.abspath(build), "ctest-report.xml")
    if os.path.exists(report):
        os.remove(report)
    command = ["ctest", "--test-dir", build, "--output-junit", report, "--output-on-failure",
               "--timeout", TEST_SECONDS_MAX, "-j", str(os.cpu_count())]
    if names:
        command += ["-R", "|".join(names)]
    quiet = subprocess.DEVNULL  # what counts is in the report
    subprocess.run(command, stdout=quiet, stderr=quiet, check=False)
    if not os.path.exists(report):
        tally.show("ctest", 0, failed=1)
        repeat(" ".join(command))
        return
    show_report(build, xml.parse(report).getroot(), tally)


def show_report(build, report, tally):
    groups = {}
    for case in report.iter("testcase"):
        groups.setdefault(case.get("name").split(".")[0], []).append(case)
    for group, cases in sorted(groups.items()):
        passed, failed, skipped = (sum(column) for column in zip(*map(results_of, cases)))
        seconds = sum(float(case.get("time") or 0) for case in cases)
        tally.show(group, seconds, passed, failed, skipped)
        for case in cases:
            if results_of(case)[1]:
                print(f"  {case.get('name')}")
                last_lines(case.findtext("system-out") or "")
                repeat(f"ctest --test-dir {build} -R '^{case.get('name')}$' --output-on-failure")


def run_script(build, script, tally):
    name = os.path.relpath(script, ROOT)
    logs = os.path.join(build, "test-logs")
    os.makedirs(logs, exist_ok=True)
    log = os.path.join(logs, os.path.basename(script) + ".log")
    start = time.monotonic()
    with open(log, "w", encoding="utf-8", errors="replace") as out:
        # A session of its own, so that what a script leaves behind when it hangs goes with it.
        child = subprocess.Popen([script], stdout=out, stderr=subprocess.STDOUT, cwd=ROOT,
                                 stdin=subprocess.DEVNULL, start_new_session=True,
                                 env={**os.environ, "CAIRN_BUILD": os.path.abspath(build)})
        code = wait_for(child)
    with open(log, encoding="utf-8", errors="replace") as text:
        lines = text.read().strip()
    seconds = time.monotonic() - start
    if code == 0:
        tally.show(name, seconds, passed=1)
    elif code == SKIPPED:
        tally.show(name, seconds, skipped=1, because=(lines.splitlines() or ["?"])[-1])
    else:
        tally.show(name, seconds, failed=1,
                   because=f"not done in {SCRIPT_SECONDS_MAX} s" if code is None else "")
        last_lines(lines)
        repeat(name)


def wait_for(child):
    """The exit code; None when it took too long."""
    try:
        return child.wait(SCRIPT_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        return None


@contextlib.contextmanager
def busy_loops(count):
    """So many processes that never rest, as on a machine that others use, too."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", help="only tests whose names contain one of these")
    options.add_argument("--build", default="build")
    options.add_argument("--without-e2e", action="store_true")
    options.add_argument("--only-e2e", action="store_true")
    options.add_argument("--busy", type=int, default=0, help="busy loops beside the scripts")
    chosen = options.parse_args()
    os.chdir(ROOT)
    tally = Tally()
    if not chosen.only_e2e:
        run_ctest(chosen.build, chosen.names, tally)
    scripts = [] if chosen.without_e2e else sorted(glob.glob(f"{ROOT}/tests/e2e/test-*"))
    with busy_loops(chosen.busy):
        for script in scripts:
            if os.access(script, os.X_OK) and (
                    not chosen.names or any(name in script for name in chosen.names)):
                run_script(chosen.build, script, tally)
    if not tally.passed + tally.failed + tally.skipped:
        print(f"no test is called like {' or '.join(chosen.names)}")
    print(f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
