#!/usr/bin/python3
"""./dev lab: up, one process killed and started again, down; nothing is left running."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import processes  # noqa: E402
from lab_client import need, run, wait_for  # noqa: E402

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


def sessions_of(lab, side, volume):
    told = json.loads(run(*lab["cli"][side], "--json", "status"))
    volumes = [each for member in told["members"] if member["status"]
               for each in member["status"]["volumes"]]
    return next((each["sessions"] for each in volumes if each["name"] == volume), None)


def check_sessions(lab):
    """A host that is logged in over iSCSI is in the status while it is, and not longer."""
    uri = lab["members"][0]["primary"]["iscsi"]["m1-v1"]
    wait_for("no session before anybody logged in", lambda: sessions_of(lab, "primary", "m1-v1") == [])
    # It logs in, and waits for a command until its input ends.
    host = subprocess.Popen(["qemu-io", "-r", "-f", "raw", uri], stdin=subprocess.PIPE,
                            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        wait_for("the session in the status",
                 lambda: sessions_of(lab, "primary", "m1-v1") or host.poll() is not None)
        assert host.poll() is None, host.stderr.read()
        sessions = sessions_of(lab, "primary", "m1-v1")
        assert len(sessions) == 1, sessions
        assert sessions[0]["initiator"].startswith("iqn."), sessions
        assert sessions[0]["address"].startswith("127.0.0.1:"), sessions
        assert sessions_of(lab, "primary", "m2-v1") == []
        assert f"session of {sessions[0]['initiator']} at" in run(*lab["cli"]["primary"], "status")
    finally:
        host.stdin.close()
        host.wait(timeout=15)
        host.stderr.close()
    wait_for("the session's end in the status",
             lambda: sessions_of(lab, "primary", "m1-v1") == [])
    print("  a session is in the status while it lasts", flush=True)


def check_mount_help(lab):
    for side in ("primary", "secondary"):
        entry = lab["members"][0][side]
        said = run(*lab["cli"][side], "mount-help", "m1-v1")
        for uri in (entry["nbd"]["m1-v1"], entry["iscsi"]["m1-v1"]):
            assert f"\n#   {uri}\n" in said, said
        assert ("was not promoted" in said) == (side == "secondary"), said
        told = json.loads(run(*lab["cli"][side], "--json", "mount-help", "m1-v1"))["volumes"]
        assert [each["writable"] for each in told] == [side == "primary"], told
    portal = re.search("iscsi-ls -s (.*)", run(*lab["cli"]["primary"], "mount-help", "m1-v1"))[1]
    assert layout.iscsi_target("m1-v1") in run("iscsi-ls", "-s", portal)
    none = run(*lab["cli"]["primary"], "mount-help", "m3-v1", check=False)
    assert none.returncode == 5 and "there are m1-v1, m2-v1" in none.stdout, none.stdout
    print("  mount-help prints what lab.json says, and its commands work", flush=True)


def main():
    need("qemu-io", "iscsi-ls")
    # Long on purpose: socket paths have a limit of 108 bytes.
    base = tempfile.mkdtemp(prefix="cairn-e2e-", dir="/tmp")
    directory = os.path.join(base, "a-directory-with-a-long-name" * 4)
    try:
        run(PROGRAM, "up", directory, "--members", "2", "--size", "16MiB", "--journal-size",
            "256MiB", "--marker-interval", "200ms")
        with open(os.path.join(directory, "lab.json"), encoding="utf-8") as text:
            lab = json.load(text)
        check_description(lab)
        check_sessions(lab)
        check_mount_help(lab)
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
