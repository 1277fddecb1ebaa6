#!/usr/bin/python3
"""The manual says what is so: its pages have no faults, each example in them runs in a lab, --help
and the reference of keys are those that are kept, and completions complete.

CAIRN_UPDATE=1 writes the kept texts anew (tests/golden/help, docs/configuration-keys.md)."""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import Lab, need, run, wait_for  # noqa: E402
from layout import ROOT  # noqa: E402

BUILD = os.environ.get("CAIRN_BUILD", os.path.join(ROOT, "build"))
BIN = os.path.join(BUILD, "bin")
MAN = os.path.join(BUILD, "generated", "man")
COMPLETIONS = os.path.join(BUILD, "generated", "completions")
UPDATE = os.environ.get("CAIRN_UPDATE") == "1"
PROGRAMS = ("cairn-gateway", "cairn-coordinator")

# Runs a command where /etc is a copy of its own, so that examples may write /etc/cairn.
OWN_ETC = """set -e
mount -t tmpfs none "$1"
mkdir "$1/upper" "$1/work"
mount -t overlay none -o "lowerdir=/etc,upperdir=$1/upper,workdir=$1/work" /etc
mkdir -p /etc/cairn
cp -a "$2/." /etc/cairn
set +e
sh -c "$3"
code=$?
cp -a /etc/cairn/. "$2"
exit $code
"""


# ---- pages
def expect_good_pages():
    pages = sorted(os.path.basename(page) for page in glob.glob(f"{MAN}/*"))
    wanted = {command.replace(" ", "-") + ".1" for command in commands()}
    wanted |= {f"{program}.8" for program in PROGRAMS}
    wanted |= {f"{program}.toml.5" for program in PROGRAMS}
    assert set(pages) == wanted, (pages, wanted)
    # There, so that pages find each other.
    run("mandoc", "-T", "lint", *pages, cwd=MAN)
    print(f"  {len(pages)} pages, nothing to say of them", flush=True)


def commands():
    return run(f"{BIN}/cairn-docgen", "--commands").splitlines()


def literal_blocks(page):
    """The blocks that a page shows as they are, without the language's escapes."""
    with open(os.path.join(MAN, page), encoding="utf-8") as text:
        blocks = re.findall(r"^\.Bd -literal\n(.*?)^\.Ed$", text.read(), re.DOTALL | re.MULTILINE)
    return [block.replace("\\&", "").replace("\\-", "-").replace("\\(ga", "`").replace("\\e", "\\")
            for block in blocks]


# ---- examples
def examples():
    """(page, command line); the takeover itself is last, as nothing is what it was behind it."""
    found = []
    for page in sorted(os.listdir(MAN)):
        for block in literal_blocks(page):
            found += [(page, line[2:]) for line in block.splitlines() if line.startswith("$ ")]
    # Programs check what `config init` has made.
    found.sort(key=lambda one: ("--confirm" in one[1], "config init" not in one[1]))
    return found


def run_example(lab, command, etc):
    part = "secondary" if "takeover" in command else "primary"
    with tempfile.TemporaryDirectory(prefix="cairn-etc-", dir="/tmp") as scratch:
        done = subprocess.run(
            ["unshare", "--mount", "sh", "-c", OWN_ETC, "sh", scratch, etc, command],
            env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}",
                 "CAIRN_SOCKET": lab.described["coordinators"][part]["socket"]},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, timeout=120)
    return done.returncode, done.stdout


def expect_example(lab, page, command, etc):
    # A marker may be void on a busy machine, and the group then not fine for a moment.
    may_wait = "--wait" in command or " -x" in command
    # What `config init` has written was never started, and its peer is nowhere.
    fine = (0, 1) if "doctor" in command else (0,)
    said = []

    def good():
        code, text = run_example(lab, command, etc)
        said[:] = [text]
        assert code in fine or may_wait, f"{page}: {command} ended with {code}:\n{text}"
        return code in fine

    wait_for(f"{page}: {command}", good, 60)
    assert said[0].strip(), f"{page}: {command} printed nothing"


def expect_examples():
    with Lab(members=2, marker_interval="400ms") as lab, \
            tempfile.TemporaryDirectory(prefix="cairn-etc-", dir="/tmp") as etc:
        lab.wait_applied(lab.marker_now())
        for page, command in examples():
            expect_example(lab, page, command, etc)
    print(f"  {len(examples())} examples ran", flush=True)


def expect_shortest_configurations():
    for program in PROGRAMS:
        block, = literal_blocks(f"{program}.toml.5")
        with tempfile.TemporaryDirectory(prefix="cairn-etc-", dir="/tmp") as directory:
            path = os.path.join(directory, "shortest.toml")
            with open(path, "w", encoding="utf-8") as out:
                out.write(block)
            run(f"{BIN}/cairn", "config", "check", path)
            run(f"{BIN}/{program}", "--config", path, "--check-config")


# ---- kept texts
def expect_kept(path, text):
    if UPDATE:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)
    with open(path, encoding="utf-8") as kept:
        assert kept.read() == text, (f"{os.path.relpath(path, ROOT)} is not what is said now; if that "
                                     f"is meant, run this test with CAIRN_UPDATE=1:\n{text}")


def expect_help():
    kept = os.path.join(ROOT, "tests", "golden", "help")
    lines = [[command.split(), command.replace(" ", "-")] for command in commands()]
    lines += [[[program], program] for program in PROGRAMS]
    for words, name in lines:
        text = run(os.path.join(BIN, words[0]), *words[1:], "--help", env={"COLUMNS": "80"})
        expect_kept(os.path.join(kept, name + ".txt"), text)
    there = {os.path.basename(path) for path in glob.glob(f"{kept}/*")}
    assert there == {name + ".txt" for _, name in lines}, there
    print(f"  {len(lines)} texts of --help as they are kept", flush=True)


def expect_key_reference():
    expect_kept(os.path.join(ROOT, "docs", "configuration-keys.md"),
                run(f"{BIN}/cairn-docgen", "--keys"))


# ---- completions
def expect_bash():
    script = (f". {COMPLETIONS}/cairn.bash; COMP_WORDS=(cairn $1 ''); "
              "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _cairn; echo ${COMPREPLY[@]}")
    for before, wanted in (("", "status"), ("", "--socket"), ("marker", "now"),
                           ("config init", "--journal-size"), ("config init --role", "secondary")):
        said = run("bash", "-c", script, "bash", before).split()
        assert wanted in said, (before, wanted, said)
    words = run("bash", "-c", script, "bash", "config init --role").split()
    assert words == ["primary", "secondary", "both"], words


def expect_other_shells():
    if shutil.which("zsh"):
        run("zsh", "-n", f"{COMPLETIONS}/_cairn")
    if shutil.which("fish"):
        script = f"source {COMPLETIONS}/cairn.fish; complete -C 'cairn config init --role '"
        said = run("fish", "-N", "-c", script)
        assert {line.split("\t")[0] for line in said.splitlines()} == {
            "primary", "secondary", "both"}, said


def main():
    need("mandoc", "unshare")
    expect_good_pages()
    expect_help()
    expect_key_reference()
    expect_shortest_configurations()
    expect_bash()
    expect_other_shells()
    expect_examples()


if __name__ == "__main__":
    main()
