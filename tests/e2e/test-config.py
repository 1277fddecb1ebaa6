#!/usr/bin/python3
"""`cairn config init` writes what the programs read, never over what is there, and all or nothing."""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import run  # noqa: E402
from layout import ROOT  # noqa: E402

CAIRN = os.path.join(os.environ.get("CAIRN_BUILD", os.path.join(ROOT, "build")), "bin", "cairn")
WORDS = ["config", "init", "--group", "lab", "--member", "m1", "--volume", "db=/nowhere/db.img:1GiB"]


def init(directory, *more):
    done = subprocess.run([CAIRN, *WORDS, "--directory", directory, *more], check=False, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout


def files_in(directory):
    found = {}
    for name in sorted(os.listdir(directory)):
        path = os.path.join(directory, name)
        if os.path.isfile(path):
            with open(path, encoding="utf-8") as text:
                found[name] = text.read()
    return found


def expect_written(directory):
    code, said = init(directory, "--role", "primary", "--peer", "192.0.2.2")
    assert code == 0, said
    assert list(files_in(directory)) == ["coordinator.toml", "gateway.toml"], os.listdir(directory)
    assert not [name for name in os.listdir(directory) if name.startswith(".")], "a draft is left"
    for name in files_in(directory):
        path = os.path.join(directory, name)
        assert os.stat(path).st_mode & 0o777 == 0o640, name
        run(CAIRN, "config", "check", path)


def expect_never_over(directory):
    before = files_in(directory)
    for present in before:
        for other in set(before) - {present}:
            os.rename(os.path.join(directory, other), os.path.join(directory, "aside"))
            code, said = init(directory, "--role", "secondary")
            assert code == 1 and f"{present} is there already" in said, said
            os.rename(os.path.join(directory, "aside"), os.path.join(directory, other))
    assert files_in(directory) == before


def expect_snippets_count():
    """A snippet that contradicts is found before anything is there."""
    with tempfile.TemporaryDirectory(prefix="cairn-config-", dir="/tmp") as directory:
        os.mkdir(os.path.join(directory, "conf.d"))
        with open(os.path.join(directory, "conf.d", "gateway-name.toml"), "w", encoding="utf-8") as out:
            out.write('[gateway]\nname = "other"\n')
        code, said = init(directory, "--role", "primary")
        assert code == 1 and "`name` was already given" in said and ".draft" not in said, said
        assert not files_in(directory), files_in(directory)


def expect_refusals(directory):
    for more, sentence in (
            (["--role", "secondary", "--peer", "192.0.2.1"], "--peer: a secondary connects to nobody"),
            (["--role", "primary", "--listen", "a.example"], "an IP address is wanted"),
            (["--role", "primary", "--journal-size", "16MB"], "is no size"),
            (["--role", "primary", "--journal-size", "2MiB"], "has no room for five segments")):
        code, said = init(directory, *more)
        assert code != 0 and sentence in said, (more, said)
    code, said = init(os.path.join(directory, "missing"), "--role", "primary")
    assert code == 1 and "No such file" in said, said
    assert not files_in(directory)


def main():
    with tempfile.TemporaryDirectory(prefix="cairn-config-", dir="/tmp") as directory:
        expect_refusals(directory)
        expect_written(directory)
        expect_never_over(directory)
    expect_snippets_count()
    print("  written once, whole, and never over anything", flush=True)


if __name__ == "__main__":
    main()
