#!/usr/bin/env python3
"""Each case of tests/sim/known_failing.cpp must still fail, and say what it is known for.

usage: known_failing.py CAIRN_SIM
"""
import subprocess
import sys


def main():
    sim = sys.argv[1]
    listed = subprocess.run([sim, "--known-failing"], check=True, capture_output=True, text=True)
    wrong = 0
    for line in listed.stdout.splitlines():
        name, words = line.split("\t")[:2]
        ran = subprocess.run([sim, "--known-failing", name], capture_output=True, text=True)
        if ran.returncode == 0:
            print(f"{name}: does not fail any more; take it off the list, and let every run have it")
        elif words not in ran.stderr:
            print(f"{name}: fails, but not with \"{words}\":\n{ran.stderr[-2000:]}")
        else:
            print(f"{name}: fails as known: {ran.stderr.splitlines()[0]}")
            continue
        wrong += 1
    return wrong != 0


if __name__ == "__main__":
    sys.exit(main())
