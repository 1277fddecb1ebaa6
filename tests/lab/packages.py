"""Our own packages, as ./dev package makes them of the present commit, and what tests do with them."""

import glob
import os
import shutil

from lab_client import FULL, run, skip
from layout import ROOT

CLIENTS = ("open-iscsi", "nbd-client")  # that docs/quickstart.md installs with them
NOT_FOR_USERS = ("-dbgsym", "-debuginfo", ".src.rpm")


def built(kind, suffix=""):
    """Files of the packages `kind` (deb or rpm), without debug symbols and sources. With a suffix
    to the version, they are an upgrade of those without. They are made once for each commit.
    CAIRN_PACKAGES_BUILT=DIRECTORY has them already, in DIRECTORY/kind and DIRECTORY/SUFFIX/kind."""
    there = os.environ.get("CAIRN_PACKAGES_BUILT")
    if not there and not FULL:
        skip("packages are built with CAIRN_FULL=1")
    out = os.path.join(there or os.path.join(ROOT, "build", "packages"), suffix)
    if not there:
        make(kind, suffix, out)
    return sorted(file for file in glob.glob(f"{out}/{kind}/*.{kind}")
                  if not any(word in os.path.basename(file) for word in NOT_FOR_USERS))


def make(kind, suffix, out):
    commit = run("git", "-C", ROOT, "rev-parse", "HEAD")
    made_of = os.path.join(out, kind, "commit")
    if os.path.exists(made_of):
        with open(made_of, encoding="ascii") as known:
            if known.read() == commit:
                return
    run(os.path.join(ROOT, "packaging", "package.sh"), kind, timeout=1700,
        env={**os.environ, "CAIRN_PACKAGES": out, "CAIRN_PACKAGE_SUFFIX": suffix})
    with open(made_of, "w", encoding="ascii") as known:
        known.write(commit)


def field(package, name):
    return run("dpkg-deb", "-f", package, name).strip()


def needs(package):
    """What it depends on and recommends, but for other packages of ours."""
    listed = f"{field(package, 'Depends')}, {field(package, 'Recommends')}".split(", ")
    return [each for each in listed if each and not each.startswith("cairn")]


def gathered(directory, files):
    """`directory`, made, with copies of them."""
    os.makedirs(directory)
    run("cp", *files, directory)
    return directory


def with_version(package, version, target):
    """The same package under another version, in the directory `target`."""
    os.makedirs(target, exist_ok=True)
    unpacked = os.path.join(target, "unpacked")
    run("dpkg-deb", "-R", package, unpacked)
    control = os.path.join(unpacked, "DEBIAN", "control")
    with open(control, encoding="utf-8") as lines:
        text = lines.read()
    before = field(package, "Version")
    with open(control, "w", encoding="utf-8") as out:
        out.write(text.replace(f"Version: {before}\n", f"Version: {version}\n")
                  .replace(f"(= {before})", f"(= {version})"))
    run("dpkg-deb", "--root-owner-group", "-Zgzip", "-b", unpacked, target)
    shutil.rmtree(unpacked)
