#!/usr/bin/env python3
"""Breaks one rule after the other in a copy of the tree and expects a test to notice each.

usage: deliberate_bugs.py [--seeds N] [--keep DIRECTORY] [WORD ...]

With WORDs, only bugs whose names contain one. The work tree is never touched; the copy is removed
at the end unless --keep names where it shall stay (a second run there builds less). An edit whose
text is not found exactly once is an error: the list (bug_list.py) must follow the code.
Exit: 0 every bug was caught, 1 otherwise.
"""
import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bug_list import BUGS

TREE = Path(__file__).resolve().parents[2]


def copy_tree(to):
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=TREE,
                            check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        source, copy = TREE / name, to / name
        if not source.is_file() or (copy.is_file() and same(source, copy)):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
        shutil.copymode(source, copy)


def same(a, b):
    return a.read_bytes() == b.read_bytes()


def configure(tree):
    launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
    run(["cmake", "--preset", "dev", *launcher], tree)


def run(command, tree):
    # So that copies in other places find what this one has compiled.
    env = dict(os.environ, CCACHE_NOHASHDIR="1", CCACHE_BASEDIR=str(tree))
    done = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")


def build(tree, targets):
    run(["ninja", "-C", "build", *targets], tree)


class Broken:
    """The tree with one bug in it, as long as the `with` lasts."""

    def __init__(self, tree, bug):
        self.tree, self.bug, self.before = tree, bug, {}

    def __enter__(self):
        for name, old, new in self.bug.edits:
            path = self.tree / name
            text = path.read_text()
            if text.count(old) != 1:
                raise LookupError(f"{self.bug.name}: {name} holds {text.count(old)} times:\n{old}")
            self.before.setdefault(path, text)
            path.write_text(text.replace(old, new))

    def __exit__(self, *_):
        for path, text in self.before.items():
            path.write_text(text)


def commands(tree, bug, seeds):
    if bug.caught_by != "cairn-sim":
        return [[str(tree / "build/bin" / bug.caught_by), f"--gtest_filter={bug.filter}"]]
    half = seeds // 2
    sim = str(tree / "build/bin/cairn-sim")
    return [[sim, "--uncounted", "--seeds", f"1..{half}"],
            [sim, "--uncounted", "--seeds", f"{half + 1}..{seeds}"]]


def first_failure(tree, bug, seeds):
    """What the first test program to fail says; None: all passed."""
    running = [subprocess.Popen(c, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, errors="replace")
               for c in commands(tree, bug, seeds)]
    found = None
    while running and found is None:
        for process in list(running):
            if process.poll() is None:
                continue
            running.remove(process)
            if process.returncode != 0 and found is None:
                found = telling_line(process.stdout.read())
        time.sleep(0.02)
    for process in running:
        process.kill()
        process.wait()
    return found


def telling_line(output):
    lines = [line for line in output.splitlines() if line.strip()]
    for line in lines:
        if "FAILED" in line or "invariant" in line:
            return line.strip()
    return lines[-1].strip() if lines else "it died without a word"


def try_bug(tree, bug, seeds):
    begun = time.monotonic()
    with Broken(tree, bug):
        build(tree, [bug.caught_by])
        built = time.monotonic()
        found = first_failure(tree, bug, seeds)
    took = f"build {built - begun:3.0f} s, run {time.monotonic() - built:3.0f} s"
    print(f"{'caught' if found else 'MISSED':7} {bug.name:52} {took}  {(found or '')[:150]}", flush=True)
    return found is not None


def try_all(tree, chosen, seeds):
    copy_tree(tree)
    configure(tree)
    build(tree, sorted({b.caught_by for b in chosen}))
    try:
        results = [try_bug(tree, bug, seeds) for bug in chosen]
    except LookupError as stale:
        sys.exit(f"bug_list.py does not match the code: {stale.args[0]}")
    print(f"{sum(results)} of {len(results)} deliberate bugs were caught")
    return all(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("words", nargs="*")
    args = parser.parse_args()
    chosen = [b for b in BUGS if not args.words or any(w in b.name for w in args.words)]
    if not chosen:
        sys.exit("no bug has a name like that")
    if args.keep:
        args.keep.mkdir(parents=True, exist_ok=True)
        return 0 if try_all(args.keep.resolve(), chosen, args.seeds) else 1
    with tempfile.TemporaryDirectory(prefix="cairn-bugs-") as tree:
        return 0 if try_all(Path(tree), chosen, args.seeds) else 1


if __name__ == "__main__":
    sys.exit(main())
