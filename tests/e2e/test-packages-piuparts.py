#!/usr/bin/python3
"""piuparts on the Debian packages: installed, removed and purged, nothing is left of them."""

import os
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import packages  # noqa: E402
from debian_root import archive, needed_by  # noqa: E402
from lab_client import need, run, skip  # noqa: E402

# apt's own: it reads packages' debconf templates there, before dpkg has any of them.
APTS = r"/var/cache/debconf/tmp\.ci/?$"


def main():
    if os.geteuid() != 0:
        skip("piuparts needs root")
    debs = packages.built("deb")
    need("piuparts", "mmdebstrap")
    with tempfile.TemporaryDirectory(prefix="cairn-piuparts-", dir="/tmp") as directory:
        base = os.path.join(directory, "base.tar.gz")
        run("sh", "-c", f"gzip -1 <'{archive(needed_by(debs))}' >'{base}'")
        said = run("piuparts", "--distribution", "bookworm", "--basetgz", base, "--no-eatmydata",
                   "--ignore-regex", APTS, "--mirror", "http://deb.debian.org/debian main", *debs, timeout=1500)
    assert "PASS: All tests." in said, said
    print("piuparts has nothing to say")


if __name__ == "__main__":
    main()
