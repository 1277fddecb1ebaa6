#!/usr/bin/python3
"""What must not get in: a clear error each, and a client that writes meanwhile notices nothing."""

import contextlib
import os
import random
import re
import shutil
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import layout  # noqa: E402
import processes  # noqa: E402
from lab_client import Lab, Probe, extra_process, need, run, seed, wait_for  # noqa: E402

MAGIC = b"Crn1"


def unknown_export(lab):
    uri = lab.uri("m1.primary").replace("m1-v1?", "no-such-volume?")
    done = run("nbdinfo", uri, check=False)
    assert done.returncode != 0, "an unknown export was opened"
    assert "no-such-volume" in lab.log_of("m1.primary"), "the log does not name the export"
    print("  an unknown export is refused by name", flush=True)


def wrong_config(lab):
    """Each edit of a good file is refused with file and line."""
    entry = lab.entry("m1.primary")
    with open(entry["config"], encoding="utf-8") as text:
        good = text.read()
    program = layout.program(lab.described, "m1.primary")
    run(program, "--config", entry["config"], "--check-config")
    edits = {
        "an unknown key": good.replace("[control]", "colour = 1\n[control]"),
        "a size without a unit": good.replace('size = "64MiB"', "size = 64"),
        "a size that is not a multiple of 512": good.replace('size = "64MiB"', 'size = "1000B"'),
        "a listener on every address": good.replace('"127.0.0.1', '"0.0.0.0', 1),
        "two volumes on one file": re.sub(r"m1-v2\.img", "m1-v1.img", good),
        "broken TOML": good + "\n[[member\n",
    }
    for what, text in edits.items():
        assert text != good, f"{what}: the edit changed nothing"
        path = os.path.join(lab.directory, "wrong.toml")
        layout.write(path, text)
        for words in (["--check-config"], []):
            done = run(program, "--config", path, *words, check=False, timeout=10)
            assert done.returncode != 0, f"{what} was accepted"
            assert re.search(r"wrong\.toml:\d+", done.stdout), f"{what}: {done.stdout}"
    print(f"  {len(edits)} wrong configurations are refused with file and line", flush=True)


def ports_of(lab):
    for member in lab.described["members"]:
        for side in ("primary", "secondary"):
            ports = member[side]["ports"]
            yield ports["nbd"]
            yield ports["control"]
            yield from ports["iscsi"]
        yield member["secondary"]["ports"]["link"]
    for side in ("primary", "secondary"):
        yield int(lab.described["coordinators"][side]["api"].rpartition(":")[2])


def scan(lab, draw):
    """Random bytes, half-open connections, closed at once, and a frame that announces 4 GiB."""
    half_open = []
    ports = list(ports_of(lab))
    oversized = MAGIC + struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, 0)
    for port in ports:
        for data in (draw.randbytes(1), draw.randbytes(700), draw.randbytes(70_000), oversized,
                     b"GET / HTTP/1.1\r\n", b""):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port),
                                                                        timeout=5) as wire:
                wire.sendall(data)
                wire.shutdown(socket.SHUT_WR)
                wire.settimeout(0.2)
                wire.recv(4096)
        wire = socket.create_connection(("127.0.0.1", port), timeout=5)
        wire.sendall(MAGIC[:2])
        half_open.append(wire)
    said = lab.log_of("m1.secondary")
    assert "magic" in said, "the log of a gateway does not name what the scanner sent"
    assert "4294967295" in said, "the log of a gateway does not name the oversized frame"
    print(f"  {len(ports)} ports were scanned", flush=True)
    return half_open


def log_says(place, pattern):
    def look():
        with open(place["log"], encoding="utf-8", errors="replace") as text:
            return re.search(pattern, text.read())
    wait_for(f"{place['log']} says {pattern}\n{processes.tail(place['log'])}\n", look)


def foreign_peer(lab):
    """A primary of another group, and one of another member, at the link of m1's secondary."""
    link = lab.described["members"][0]["secondary"]["ports"]["link"]
    nbd, control, own_link, iscsi = layout.free_ports(4)
    ports = {"nbd": nbd, "control": control, "link": own_link, "iscsi": [iscsi]}
    for name, edit in (("other-group", ('group = "lab"', 'group = "elsewhere"')),
                       ("other-member", ('name = "m1"', 'name = "m9"'))):
        def text(place, edit=edit):
            config = layout.gateway_config(lab.options, "m1", "primary", place, ports, link)
            return config.replace(*edit)
        with extra_process(lab, f"{name}.primary", text) as place:
            log_says(place, r"refuse")
            said = lab.log_of("m1.secondary")
            assert ("elsewhere" if name == "other-group" else "m9") in said, processes.tail(
                lab.entry("m1.secondary")["log"])
        shutil.rmtree(place["state"])
    print("  peers of another group and of another member are refused by name", flush=True)


def forgotten_member(lab):
    """A secondary coordinator that was configured with one member too few selects nothing."""
    lab.stop("coordinator.secondary")
    controls = {"m1": lab.described["members"][0]["secondary"]["ports"]["control"]}
    http = layout.free_ports(1)[0]

    def text(place):
        return layout.coordinator_config(lab.options, "secondary", place, http, controls)
    with extra_process(lab, "coordinator.forgetful", text) as place:
        cairn = lab.described["cli"]["secondary"][0]
        wait_for("the command socket", lambda: os.path.exists(place["socket"]))
        words = [cairn, "--socket", place["socket"], "takeover", "lab", "--confirm", "lab"]

        def refusal():
            done = run(*words, check=False)
            assert done.returncode != 0, f"a takeover without m2: {done.stdout}"
            return done.stdout if "member" in done.stdout else None
        said = wait_for("a takeover that is refused for the set of members", refusal)
        print(f"  one member too few: {said.strip().splitlines()[-1]}", flush=True)
    lab.start("coordinator.secondary")


def main():
    need("nbdinfo")
    draw = random.Random(seed())
    with Lab(members=2, volumes=2, marker_interval="200ms") as lab:
        probe = Probe(lab, lab.uris("primary"), draw.getrandbits(31))
        unknown_export(lab)
        wrong_config(lab)
        half_open = scan(lab, draw)
        foreign_peer(lab)
        forgotten_member(lab)
        steps = probe.stop()
        lab.ready()
        for wire in half_open:
            wire.close()
        verdict = probe.check(lab.uris("primary"), nothing_lost=True)
        assert verdict["violation_count"] == 0, verdict["violations"]
        lab.same_images()
        print(f"  meanwhile a client wrote {steps} steps: all there, on both sides")


if __name__ == "__main__":
    main()
