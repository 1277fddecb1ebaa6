#!/usr/bin/python3
"""The files that make Cairn a service: units that systemd takes without a word and whose exposure
is small, users and directories as they are meant, services of firewalld, and the catalog."""

import glob
import os
import re
import sys
import tempfile
import xml.etree.ElementTree as xml

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
from lab_client import need, run  # noqa: E402
from layout import ROOT, Options  # noqa: E402

PACKAGING = os.path.join(ROOT, "packaging")
UNITS = sorted(glob.glob(os.path.join(PACKAGING, "systemd", "*.service")))
EXPOSURE_MAX = 1.5
PORTS = {"cairn-nbd": 10809, "cairn-iscsi": 3260, "cairn-link": 7330, "cairn-control": 7331,
         "cairn-http": 7380}


def text_of(path):
    with open(path, encoding="utf-8") as opened:
        return opened.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def exposure(path):
    said = run("systemd-analyze", "security", "--offline=true", path)
    return float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])


def verified(directory):
    """Programs that are not installed here are those of the build."""
    for path in UNITS:
        name = os.path.basename(path).replace("@.", "@one.")
        copy = os.path.join(directory, "units", name)
        write(copy, text_of(path).replace("/usr/sbin/cairn-", Options().build + "/bin/cairn-"))
        said = run("systemd-analyze", "verify", "--man=no", copy)
        assert not said.strip(), said
        assert exposure(path) <= EXPOSURE_MAX, f"{path}: {exposure(path)}"
        print(f"  {name}: exposure {exposure(path)}", flush=True)


def instances_differ_by_name_only():
    for path in UNITS:
        if "@" in path:
            plain = text_of(path.replace("@", ""))
            assert text_of(path).replace(" %i", "").replace("-%i", "").replace("@%i", "") == plain, path


def with_block_devices(directory):
    example = text_of(os.path.join(PACKAGING, "systemd", "block-devices.conf.example"))
    settings = example.partition("[Service]")[2]
    unit = text_of(os.path.join(PACKAGING, "systemd", "cairn-gateway.service"))
    path = os.path.join(directory, "drop-in", "cairn-gateway.service")
    write(path, unit.replace("[Install]", settings + "\n[Install]")
          .replace("/usr/sbin/cairn-", Options().build + "/bin/cairn-"))
    said = run("systemd-analyze", "verify", "--man=no", path)
    assert not said.strip(), said
    assert exposure(path) <= EXPOSURE_MAX, exposure(path)
    print(f"  cairn-gateway.service with block devices: exposure {exposure(path)}", flush=True)


def users_and_directories(directory):
    root = os.path.join(directory, "root")
    for each in ("etc", "run", "var/lib"):
        os.makedirs(os.path.join(root, each))
    run("systemd-sysusers", f"--root={root}", os.path.join(PACKAGING, "sysusers", "cairn.conf"))
    user = re.search(r"^cairn:x:(\d+):(\d+):[^:]*:/var/lib/cairn:/usr/sbin/nologin$",
                     text_of(os.path.join(root, "etc", "passwd")), re.M)
    assert user, text_of(os.path.join(root, "etc", "passwd"))
    run("systemd-tmpfiles", "--create", f"--root={root}",
        os.path.join(PACKAGING, "tmpfiles", "cairn.conf"))
    uid, gid = map(int, user.groups())
    for path, mode, owner in (("etc", 0o750, 0), ("var/lib", 0o750, uid), ("run", 0o755, uid)):
        found = os.stat(os.path.join(root, path, "cairn"))
        assert (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (mode, owner, gid), path


def firewall_services():
    found = {}
    for path in glob.glob(os.path.join(PACKAGING, "firewalld", "*.xml")):
        service = xml.parse(path).getroot()
        assert service.tag == "service" and service.findtext("short") and \
            service.findtext("description"), path
        ports = [(port.get("protocol"), int(port.get("port"))) for port in service.iter("port")]
        found[os.path.basename(path)[:-4]] = ports
    assert found == {name: [("tcp", port)] for name, port in PORTS.items()}, found


def catalog(directory):
    """journalctl takes every entry."""
    root = os.path.join(directory, "catalog-root")
    source = text_of(os.path.join(PACKAGING, "systemd", "cairn.catalog"))
    write(os.path.join(root, "usr/lib/systemd/catalog/cairn.catalog"), source)
    os.makedirs(os.path.join(root, "var/lib/systemd/catalog"))
    run("journalctl", f"--root={root}", "--update-catalog")
    listed = run("journalctl", f"--root={root}", "--list-catalog")
    ids = re.findall(r"^-- ([0-9a-f]{32})$", source, re.M)
    assert ids and sorted(ids) == sorted(re.findall(r"^([0-9a-f]{32}) ", listed, re.M)), listed
    print(f"  the catalog has {len(ids)} entries", flush=True)


def main():
    need("systemd-analyze", "systemd-sysusers", "systemd-tmpfiles", "journalctl")
    assert len(UNITS) == 4, UNITS
    with tempfile.TemporaryDirectory(prefix="cairn-units-", dir="/tmp") as directory:
        verified(directory)
        instances_differ_by_name_only()
        with_block_devices(directory)
        if os.geteuid() == 0:  # owners can be set by root only
            users_and_directories(directory)
        catalog(directory)
    firewall_services()


if __name__ == "__main__":
    main()
