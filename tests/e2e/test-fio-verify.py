#!/usr/bin/python3
"""fio over NBD with four jobs: every block is read back and checked, and the secondary holds the
same bytes afterwards."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import FULL, Lab, need, run  # noqa: E402

JOB_BYTES = "64m" if FULL else "16m"


def fio(uri, *words):
    run("fio", "--name=verify", "--ioengine=nbd", f"--uri={uri}", "--numjobs=4",
        f"--size={JOB_BYTES}", f"--offset_increment={JOB_BYTES}", "--verify=crc32c",
        "--verify_fatal=1", "--verify_state_save=0", "--do_verify=1", "--group_reporting", *words)


def main():
    need("fio", "nbdcopy", "cmp")
    with Lab(members=1, size="256MiB", marker_interval="200ms") as lab:
        uri = lab.uri("m1.primary")
        for words in (["--rw=randwrite", "--bs=4k", "--iodepth=32"],
                      ["--rw=randwrite", "--bsrange=512-128k", "--bs_unaligned=0", "--iodepth=8"],
                      ["--rw=write", "--bs=1m", "--iodepth=4", "--fsync=8"]):
            fio(uri, *words)
            print(f"  {' '.join(words)}: every block as written", flush=True)
        lab.same_images()
        print("  the secondary holds the same bytes")


if __name__ == "__main__":
    main()
