#!/usr/bin/python3
"""./dev lab: up, one process killed and started again, down; nothing is left running."""

import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import processes  # noqa: E402
from lab_client import run  # noqa: E402

PROGRAM = os.path.join(layout.ROOT, "tests", "lab", "lab.py")
NAMES = {"m1.primary", "m1.secondary", "m2.primary", "m2.secondary", "coordinator.primary",
         "coordinator.secondary"}


def check_description(lab):
    assert lab["group"] == "lab"
    assert [member["name"] for member in lab["members"]] == ["m1", "m2"]
    for member in lab["members"]:
        for side in ("primary", "secondary"):
            assert os.path.isabs(member[side]["config"])
            assert list(member[side]["nbd"]) == [f"{member['name']}-v1"]
    for side in ("primary", "secondary"):
        assert lab["coordinators"][side]["api"].startswith("http://127.0.0.1:")
        assert lab["cli"][side][1] == "--socket"


def main():
    # Long on purpose: socket paths have a limit of 108 bytes.
    base = tempfile.mkdtemp(prefix="cairn-e2e-", dir="/tmp")
    directory = os.path.join(base, "a-directory-with-a-long-name" * 4)
    try:
        run(PROGRAM, "up", directory, "--members", "2", "--size", "16MiB", "--journal-size",
            "256MiB", "--marker-interval", "200ms")
        with open(os.path.join(directory, "lab.json"), encoding="utf-8") as text:
            lab = json.load(text)
        check_description(lab)
        entries = layout.processes(lab)
        assert set(entries) == NAMES
        assert run(PROGRAM, "up", directory, check=False).returncode != 0, "a second up was done"
        assert "runs already" in run(PROGRAM, "start", directory, "m1.primary", check=False).stdout
        processes.kill([entries["m2.secondary"]])
        assert "does not run" in run(PROGRAM, "status", directory)
        run(PROGRAM, "start", directory, "m2.secondary")
        assert "does not run" not in run(PROGRAM, "status", directory)
        print("  up, killed, started again", flush=True)
    finally:
        said = run(PROGRAM, "down", directory, check=False).stdout
        lab = layout.load(directory)
        left = [name for name, entry in layout.processes(lab).items() if processes.alive(entry)]
        shutil.rmtree(base, ignore_errors=True)
    assert not left, f"still running after down: {left}"
    assert said == "", f"not stopped by SIGTERM alone:\n{said}"
    print("  down: nothing is left")


if __name__ == "__main__":
    main()
