#!/usr/bin/python3
"""The programs in the packages are built as a service that hosts reach should be: position
independent, relocations read-only from the start, checks on the stack, CET; without debug symbols
and without a word of where they were built."""

import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import packages  # noqa: E402
from lab_client import need, run  # noqa: E402


def is_elf(path):
    if os.path.islink(path) or not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def check(path):
    said = run("readelf", "--wide", "-h", "-l", "-d", "-n", "-S", path)
    symbols = run("readelf", "--wide", "--dyn-syms", path)
    wanted = {"position independent": r"Type: +DYN",
              "symbols bound at the start": r"FLAGS.*(BIND_NOW|NOW)",
              "relocations read-only": r"GNU_RELRO",
              "a stack that is not executable": r"GNU_STACK .* RW +0x",
              "a shadow stack": r"x86 feature:.*SHSTK"}
    for what, pattern in wanted.items():
        assert re.search(pattern, said), f"{path}: not {what}"
    if not path.endswith(".so"):
        assert re.search(r"FLAGS_1.*PIE", said), f"{path}: no PIE"
    assert "__stack_chk_fail" in symbols, f"{path}: the stack is not checked"
    assert re.search(r"__\w+_chk\b", symbols.replace("__stack_chk_fail", "")), f"{path}: no FORTIFY"
    assert ".debug_" not in said, f"{path}: debug symbols are not apart"
    assert not re.search(r"RPATH|RUNPATH", said), f"{path}: has a search path of libraries"
    marked = run("objdump", "-d", "--no-show-raw-insn", path).count("endbr64")
    assert marked > 1000 or path.endswith("cairn-gateway") and marked > 100, f"{path}: {marked}"
    with open(path, "rb") as file:
        assert b"/packages/work" not in file.read(), f"{path}: tells where it was built"


def main():
    need("readelf", "objdump", "dpkg-deb", "rpm2cpio", "cpio")
    programs = 0
    with tempfile.TemporaryDirectory(prefix="cairn-programs-", dir="/tmp") as directory:
        for kind in ("deb", "rpm"):
            for number, package in enumerate(packages.built(kind)):
                out = os.path.join(directory, f"{kind}{number}")
                os.mkdir(out)
                if kind == "deb":
                    run("dpkg-deb", "-x", package, out)
                else:
                    run("sh", "-c", f"rpm2cpio '{package}' | cpio --quiet -id -D '{out}'")
        for place, _, names in os.walk(directory):
            for path in (os.path.join(place, name) for name in names):
                if is_elf(path):
                    check(path)
                    programs += 1
    assert programs == 8, f"{programs} programs and plugins instead of 4 in each kind of packages"
    print(f"{programs} programs and plugins are built as they should be")


if __name__ == "__main__":
    main()
