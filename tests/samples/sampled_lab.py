"""A lab whose directories are those of a sample, and what is seen in it: for make.py, which notes it,
and for tests/e2e/test-samples.py, which compares."""

import hashlib
import json
import os
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lab"))
import lab as lab_program  # noqa: E402
import layout  # noqa: E402
from journal_files import ask_catalog  # noqa: E402
from lab_client import Lab, run, wait_for  # noqa: E402

# Markers are made on demand only, and applied soon.
OPTIONS = {"members": 2, "size": "1MiB", "journal_size": "16MiB", "segment": "2MiB",
           "marker_interval": "3600s"}
SIZE = 1 << 20
MEMBERS = ("m1", "m2")


def follow_soon(lab):
    """A secondary coordinator asks for news as often as markers are made."""
    lab.edit("coordinator.secondary", f'"{OPTIONS["marker_interval"]}"', '"200ms"')


# Of formats that no release has written: these are refused.
REFUSED = ("0.1.0",)


def versions():
    """That are read."""
    return sorted(name for name in os.listdir(HERE) if os.path.isdir(os.path.join(HERE, name))
                  and name[0].isdigit() and name not in REFUSED)


def expected(version):
    with open(os.path.join(HERE, version, "expected.json"), encoding="utf-8") as text:
        return json.load(text)


class SampledLab(Lab):
    """Nothing runs in it yet. `archive`: "site" or "taken-over"."""

    def __init__(self, archive):
        super().__init__(**OPTIONS)
        self.archive = archive

    def __enter__(self):
        self.described = layout.make(self.directory, self.options)
        with tarfile.open(self.archive) as sample:
            sample.extractall(self.directory)
        follow_soon(self)
        return self

    def start_all(self, *names):
        for name in names:
            lab_program.start(self.described, name)

    def journal(self, name):
        return os.path.join(self.entry(name)["state"], "journal")


def sample(version, name):
    return os.path.join(HERE, version, f"{name}.tar.xz")


def image(lab, name):
    """The hash of the volume's bytes, as a host reads them."""
    copy = os.path.join(lab.directory, "image")
    wait_for(f"{name} serves", lambda: run("nbdinfo", lab.uri(name), check=False).returncode == 0)
    run("nbdcopy", "--connections=1", lab.uri(name), copy)
    with open(copy, "rb") as content:
        digest = hashlib.sha256(content.read()).hexdigest()
    os.unlink(copy)
    return digest


def heard(lab, side):
    """Whether the coordinator there has read the status of all its gateways."""
    try:
        return all(member["status"] and member["fresh"] for member in
                   lab.summary(side)["members"])
    except OSError:
        return False


def markers(lab, side, upto):
    """Those of the sample: a coordinator that starts may make newer ones."""
    listed = lab.cairn_json(side, "marker", "list", "--limit", "1000")["markers"]
    return sorted([m["number"], m["epoch"], m["name"], m["outcome"]] for m in listed
                  if m["number"] <= upto)


def look_at_secondary_site(lab, upto):
    """Before any primary runs."""
    lab.start_all("m1.secondary", "m2.secondary", "coordinator.secondary")
    wait_for("the secondary coordinator has heard its gateways", lambda: heard(lab, "secondary"))
    seen = {"markers": markers(lab, "secondary", upto), "members": {}}
    for member in MEMBERS:
        status = lab.status_of(f"{member}.secondary")
        seen["members"][member] = {
            "image": image(lab, f"{member}.secondary"), "role": status["role"],
            "lineage": status["lineage"], "stored": status["watermarks"]["stored"],
            "applied_marker": status["applied_marker"]["number"]}
    return seen


def look_at_primary_site(lab, upto):
    seen = {"members": {}}
    lab.start_all("m1.primary", "m2.primary")
    for member in MEMBERS:
        name = f"{member}.primary"
        seen["members"][member] = {"image": image(lab, name)}
        seen["members"][member].update(recovered(lab.journal(name)))
    lab.start_all("coordinator.primary")
    lab.ready()
    seen["markers"] = markers(lab, "primary", upto)
    return seen


def recovered(journal):
    """What recovery made of the journal; nothing has been written since."""
    kinds = dict(ask_catalog(journal, "SELECT name, count(*) FROM records JOIN kinds USING (kind) "
                                      "GROUP BY name"))
    return {
        "durable": ask_catalog(
            journal, "SELECT sequence FROM watermarks WHERE name = 'durable'")[0][0],
        "starts": ask_catalog(journal, "SELECT count(*) FROM incarnations")[0][0],
        "sealed": [row[0] for row in ask_catalog(
            journal, "SELECT marker FROM markers WHERE seal <> 0 ORDER BY marker")],
        "voided": [row[0] for row in ask_catalog(
            journal, "SELECT marker FROM markers WHERE void <> 0 ORDER BY marker")],
        "kinds": kinds}


def look_at_promoted_site(lab):
    lab.start_all("m1.secondary", "m2.secondary", "coordinator.secondary")
    wait_for("the secondary coordinator has heard its gateways", lambda: heard(lab, "secondary"))
    seen = {"taken_over_at": lab.summary("secondary")["group"]["taken_over"]["at"]["number"],
            "members": {}}
    for member in MEMBERS:
        name = f"{member}.secondary"
        seen["members"][member] = {
            "image": image(lab, name), "role": lab.status_of(name)["role"],
            "aside": ask_catalog(lab.journal(name), "SELECT count(*) FROM aside")[0][0]}
    return seen


def pack(lab, names, path):
    """The directories of these processes, which have ended; nothing in it tells where or when."""
    def neutral(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = 0
        return None if entry.name.endswith("-shm") else entry
    with tarfile.open(path, "w:xz", preset=9) as archive:
        for name in names:
            archive.add(lab.entry(name)["state"], arcname=name, filter=neutral)


