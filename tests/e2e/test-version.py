#!/usr/bin/python3
"""All programs name the same version and commit; the commit comes from a checkout, from an archive of
one, or from whoever builds, and a build that learns nothing new compiles nothing."""

import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
from lab_client import need, run  # noqa: E402

PLACEHOLDER = "$Format:%H$\n"  # what git archive replaces in .commit
FULL_COMMIT = "0123456789abcdef0123456789abcdef01234567"


def versions(build):
    """What each program says of itself, without its name."""
    out = {}
    for name in ("cairn", "cairn-gateway", "cairn-coordinator"):
        said = run(os.path.join(build, "bin", name), "--version").strip()
        assert said.startswith(f"{name} "), said
        out[name] = said[len(name) + 1:]
    dumped = run("nbdkit", "--dump-plugin", os.path.join(build, "lib", "nbdkit-cairn-plugin.so"))
    out["plugin"] = re.search(r"^version=(.*)$", dumped, re.MULTILINE)[1]
    return out


def written_versions():
    """The version as each file that says it has it; a release changes them together."""
    places = {"CMakeLists.txt": r"^project\(cairn VERSION (\S+) ",
              "packaging/debian/changelog": r"^cairn \((\S+)\) ",
              "packaging/rpm/cairn.spec": r"^Version: +(\S+)$",
              "CHANGELOG.md": r"^## ([0-9.]+)"}
    found = {}
    for name, pattern in places.items():
        with open(os.path.join(layout.ROOT, name), encoding="utf-8") as text:
            found[name] = re.search(pattern, text.read(), re.MULTILINE)[1]
    return found


def commit_found(source, directory, *given):
    """What base/commit.cmake writes for this tree."""
    header = os.path.join(directory, "cairn_commit.h")
    words = ["cmake", f"-DSOURCE={source}", f"-DOUTPUT={header}", *given, "-P",
             os.path.join(layout.ROOT, "base", "commit.cmake")]
    run(*words)
    before = os.stat(header).st_mtime_ns
    run(*words)
    assert os.stat(header).st_mtime_ns == before, "written again although nothing changed"
    with open(header, encoding="ascii") as text:
        return re.fullmatch(r'#define CAIRN_COMMIT "(.*)"\n', text.read())[1]


def git(tree, *words):
    identity = ["-c", "user.name=cairn", "-c", "user.email=cairn@localhost"]
    return subprocess.run(["git", "-C", tree, *identity, *words], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def commits(directory):
    tree = os.path.join(directory, "tree")
    os.mkdir(tree)
    place = os.path.join(tree, ".commit")
    assert commit_found(tree, directory) == "", "neither a checkout nor an archive"
    layout.write(place, PLACEHOLDER)
    assert commit_found(tree, directory) == "", "a placeholder is no commit"
    git(tree, "init", "--quiet")
    git(tree, "add", ".commit")
    git(tree, "commit", "--quiet", "--message", "one")
    head = git(tree, "rev-parse", "--short=12", "HEAD").strip()
    assert commit_found(tree, directory) == head
    layout.write(place, PLACEHOLDER + "\n")
    assert commit_found(tree, directory) == f"{head}-dirty"
    layout.write(place, FULL_COMMIT + "\n")
    assert commit_found(tree, directory) == FULL_COMMIT[:12], "an archive inside a checkout"
    assert commit_found(tree, directory, "-DCAIRN_COMMIT=given") == "given"


def main():
    need("git", "cmake", "nbdkit")
    said = versions(layout.Options().build)
    assert len(set(said.values())) == 1, said
    assert re.fullmatch(r"\d+\.\d+\.\d+( \([^ ()]+\))?", said["cairn"]), said
    print(f"  every program is {said['cairn']}", flush=True)
    written = written_versions()
    assert set(written.values()) == {said["cairn"].split()[0]}, written
    with tempfile.TemporaryDirectory(prefix="cairn-e2e-", dir="/tmp") as directory:
        commits(directory)


if __name__ == "__main__":
    main()
