#!/usr/bin/python3
"""What each version left on disks after kill -9 is opened by today's programs: the volumes, markers and
watermarks that were there, and both sites go on from it. What a newer version would leave, or one from
before the first release did, is refused with a sentence that names both versions, and nothing of it is
changed."""

import hashlib
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "samples"))
import sampled_lab  # noqa: E402
import journal_files  # noqa: E402
import layout  # noqa: E402
from lab_client import need, run  # noqa: E402
from nbd_client import NbdClient  # noqa: E402
from sampled_lab import SampledLab, sample  # noqa: E402

READS = "this Cairn reads up to 2"
READS_FROM = "this Cairn reads from version 2 on"


def same(what, seen, expected):
    for key in expected:
        if isinstance(expected[key], dict):
            same(f"{what}, {key}", seen[key], expected[key])
        else:
            assert seen[key] == expected[key], f"{what}, {key}: {seen[key]}, not {expected[key]}"


def sites_go_on(version, expected):
    last = expected["last_marker"]
    with SampledLab(sample(version, "site")) as lab:
        same("secondary", sampled_lab.look_at_secondary_site(lab, last), expected["secondary"])
        same("primary", sampled_lab.look_at_primary_site(lab, last), expected["primary"])
        number = lab.same_images()
        assert number > last, f"marker {number} came behind {last}"
    print(f"  {version}: both sites hold what was there, and go on with marker {number}",
          flush=True)


def promoted_site_goes_on(version, expected):
    with SampledLab(sample(version, "taken-over")) as lab:
        same("taken over", sampled_lab.look_at_promoted_site(lab), expected["taken_over"])
        client = NbdClient(lab.uri("m1.secondary"))
        client.write(4096, b"x" * 4096, fua=True)
        client.close()
    print(f"  {version}: a site that was taken over is as it was, and is written", flush=True)


# ---- newer ones

def tree(directory):
    """Every file and what is in it, but for SQLite's scratch memory."""
    out = {}
    for folder, _, files in os.walk(directory):
        for name in files:
            if name.endswith("-shm"):
                continue
            path = os.path.join(folder, name)
            with open(path, "rb") as content:
                out[os.path.relpath(path, directory)] = hashlib.sha256(content.read()).hexdigest()
    return out


def newer_catalog(lab, name):
    journal_files.change_in_wal(os.path.join(lab.journal(name), "catalog.db"),
                                "UPDATE journal SET format = 3")
    return f"journal {lab.journal(name)}: its format is version 3"


def newest_record(lab, name):
    return max((sequence, path, position)
               for path in journal_files.segments(lab.journal(name))
               for sequence, _, position in journal_files.records_in(path))


def newer_segment(lab, name):
    _, path, _ = newest_record(lab, name)
    journal_files.make_segment_newer(path)
    return f"segments/{os.path.basename(path)}: its format is version 3"


def newer_record(lab, name):
    _, path, position = newest_record(lab, name)
    journal_files.make_record_newer(path, position)
    return f"a record in {path} at {position}: its format is version 3"


def newer_state(lab, name):
    database = os.path.join(lab.entry(name)["state"], "state.db")
    journal_files.change_in_wal(database, "UPDATE identity SET format = 3")
    return f"coordinator's state {database}: its format is version 3"


# ---- from before the first release

def old_catalog(lab, name):
    return f"journal {lab.journal(name)}: its format is version 1"


def old_state(lab, name):
    database = os.path.join(lab.entry(name)["state"], "state.db")
    return f"coordinator's state {database}: its format is version 1"


def refused(version, name, change, reads=READS):
    with SampledLab(sample(version, "site")) as lab:
        sentence = f"{change(lab, name)}, {reads}"
        entry = lab.entry(name)
        before = tree(entry["state"])
        ended = run(layout.program(lab.described, name), "--config", entry["config"], check=False,
                    timeout=30)
        assert ended.returncode == 1, f"{name} ended with {ended.returncode}:\n{ended.stdout}"
        assert sentence in ended.stdout, f"{sentence} is not in:\n{ended.stdout}"
        after = tree(entry["state"])
        assert after == before, f"{name} changed {sorted(set(before.items()) ^ set(after.items()))}"
        said = next(line for line in ended.stdout.splitlines() if sentence in line)
        print(f"  {said.replace(lab.directory, 'DIR')}", flush=True)


def main():
    need("nbdcopy", "nbdinfo", "cmp")
    for version in sampled_lab.versions():
        expected = sampled_lab.expected(version)
        sites_go_on(version, expected)
        promoted_site_goes_on(version, expected)
    newest = sampled_lab.versions()[-1]
    for name in ("m1.primary", "m1.secondary"):
        refused(newest, name, newer_catalog)
        refused(newest, name, newer_segment)
    refused(newest, "m1.primary", newer_record)  # behind the last sync, where a start looks
    for name in ("coordinator.primary", "coordinator.secondary"):
        refused(newest, name, newer_state)
    for version in sampled_lab.REFUSED:
        for name in ("m1.primary", "m1.secondary"):
            refused(version, name, old_catalog, READS_FROM)
        for name in ("coordinator.primary", "coordinator.secondary"):
            refused(version, name, old_state, READS_FROM)


if __name__ == "__main__":
    main()
