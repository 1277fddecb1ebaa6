#!/usr/bin/python3
"""The rpm packages in a root of their own: install, upgrade while they serve, erase. The root is
Debian's with libraries of the same names, and rpm's own list of it starts empty, hence --nodeps."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import packages  # noqa: E402
from debian_root import DebianRoot, isolated  # noqa: E402
from lab_client import need, run, wait_for  # noqa: E402
from layout import free_ports  # noqa: E402

NAMES = ("cairn-gateway", "cairn-coordinator", "cairn", "cairn-doc")
URI = "nbd+unix:///db?socket=/run/cairn/gateway.sock"
NEEDED = ("nbdkit", "libfmt9", "libisal2", "libprotobuf-lite32", "libspdlog1.10-fmt9",
          "libsqlite3-0", "libssl3", "libiscsi7", "libnbd0", "libsystemd0")

CONFIG = """[gateway]
name = "here"
state = "/var/lib/cairn/gateway"
[nbd]
socket = "/run/cairn/gateway.sock"
[control]
listen = "127.0.0.1:{control}"
[[member]]
group = "g"
name = "m1"
role = "primary"
journal = {{ directory = "/var/lib/cairn/m1/journal", size = "64MiB", segment = "4MiB" }}
[[member.volume]]
name = "db"
path = "/var/lib/cairn/db.img"
size = "16MiB"
"""


def rpm(root, *words):
    """What rpm said; its scripts run inside the root."""
    anyway = [] if words[0] == "-q" else ["--nodeps"]
    return run("rpm", "--root", root.path, *anyway, *words)


def differs(before, after):
    """Without directories that belong to packages which this root does not have as rpm's."""
    def is_foreign(path):
        return after.get(path, "").startswith("40") and "cairn" not in path
    return sorted(path for path in before.keys() | after.keys()
                  if before.get(path) != after.get(path) and not is_foreign(path))


def check_owners(root):
    said = root.run("stat", "-c", "%n %a %U:%G", "/etc/cairn", "/var/lib/cairn", "/run/cairn")
    assert said.splitlines() == ["/etc/cairn 750 root:cairn", "/var/lib/cairn 750 cairn:cairn",
                                 "/run/cairn 755 cairn:cairn"], said


def serve(root):
    root.write("/etc/cairn/gateway.toml", CONFIG.format(control=free_ports(1)[0]))
    server = root.start("/usr/sbin/cairn-gateway", "--config", "/etc/cairn/gateway.toml")
    wait_for("the export", lambda: server.poll() is not None or root.run(
        "nbdinfo", "--size", URI, check=False).returncode == 0)
    assert server.poll() is None, server.returncode
    return server


def main():
    isolated()
    need("rpm")
    older, newer = packages.built("rpm"), packages.built("rpm", "+next")
    assert len(older) == len(newer) == len(NAMES), (older, newer)
    with DebianRoot(NEEDED) as root:
        run("rpm", "--root", root.path, "--initdb")
        clean = root.files()
        rpm(root, "-i", *older)
        check_owners(root)
        assert root.run("systemctl", "is-enabled", "cairn-gateway.service",
                        check=False).stdout.strip() == "disabled"
        assert rpm(root, "-V", *NAMES) == ""
        rpm(root, "-e", *NAMES)
        left = differs(clean, root.files())
        assert not left, left
        print("installed and erased: nothing is left")

        rpm(root, "-i", *older)
        server = serve(root)
        version = root.run("/usr/sbin/cairn-gateway", "--version").split(maxsplit=1)[1].strip()
        said = rpm(root, "-U", *newer)
        assert server.poll() is None, "the upgrade ended the gateway"
        assert f"process {server.pid} still runs Cairn {version}; installed is" in said, said
        root.run("nbdinfo", "--size", URI)
        assert rpm(root, "-V", *NAMES) == ""
        assert "+next" in rpm(root, "-q", "cairn-gateway")
        server.terminate()
        assert server.wait(60) == 0
        print("an upgrade leaves the gateway alone and says that it runs the older version")

        rpm(root, "-e", *NAMES)
        left = [path for path in differs(clean, root.files())
                if not path.startswith(("/var/lib/cairn", "/etc/cairn", "/run/cairn"))]
        assert not left, left
        for path in ("/etc/cairn/gateway.toml", "/var/lib/cairn/db.img",
                     "/var/lib/cairn/m1/journal/catalog.db"):
            assert os.path.exists(root.inside(path)), f"{path} is gone"
        print("erased after use: configuration, journals and volumes are left, and nothing else")


if __name__ == "__main__":
    main()
