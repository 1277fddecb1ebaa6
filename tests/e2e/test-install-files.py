#!/usr/bin/python3
"""What is installed where, and in which package: the install rules against tests/packages/files-*.
A file that is new or moved is written down there in the same change."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import run  # noqa: E402

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.environ.get("CAIRN_BUILD", os.path.join(ROOT, "build"))
COMPONENTS = ("gateway", "coordinator", "command", "doc")


def installed(component):
    """`MODE PATH` of each file, as the packages have it: the prefix is /usr."""
    with tempfile.TemporaryDirectory(prefix="cairn-install-", dir="/tmp") as directory:
        run("cmake", "--install", BUILD, "--prefix", "/usr", "--component", component,
            env={**os.environ, "DESTDIR": directory})
        return sorted(f"{os.stat(os.path.join(place, name)).st_mode & 0o7777:o} "
                      f"{os.path.join(place, name)[len(directory):]}"
                      for place, _, names in os.walk(directory) for name in names)


def main():
    wrong = []
    for component in COMPONENTS:
        with open(f"{ROOT}/tests/packages/files-{component}.txt", encoding="utf-8") as file:
            wanted = set(file.read().splitlines())
        found = set(installed(component))
        wrong += [f"{component}: not installed: {line}" for line in sorted(wanted - found)]
        wrong += [f"{component}: not written down: {line}" for line in sorted(found - wanted)]
    assert not wrong, "\n".join(wrong)


if __name__ == "__main__":
    main()
