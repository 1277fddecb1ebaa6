"""Our own packages, as ./dev package makes them of the present commit."""

import glob
import os

from lab_client import FULL, run, skip

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def built(kind, suffix=""):
    """Files of the packages `kind` (deb or rpm), without debug symbols and sources. With a suffix
    to the version, they are an upgrade of those without. CAIRN_PACKAGES_BUILT=DIRECTORY has them
    already, in DIRECTORY/kind and DIRECTORY/SUFFIX/kind."""
    there = os.environ.get("CAIRN_PACKAGES_BUILT")
    if not there and not FULL:
        skip("packages are built with CAIRN_FULL=1")
    out = os.path.join(there or os.path.join(ROOT, "build", "packages"), suffix)
    if not there:
        run(os.path.join(ROOT, "packaging", "package.sh"), kind, timeout=1700,
            env={**os.environ, "CAIRN_PACKAGES": out, "CAIRN_PACKAGE_SUFFIX": suffix})
    files = glob.glob(f"{out}/{kind}/*.{kind}")
    return sorted(file for file in files
                  if not any(word in file for word in ("-dbgsym", "-debuginfo", ".src.rpm")))
