"""Whether the processes of a lab do what they are there for, and what is missing where not."""

import json
import socket
import struct
import time
import urllib.error
import urllib.request
import processes
import layout

# Client flags and NBD_OPT_ABORT: without it each look would leave an error in the server's log.
POLITE_END = struct.pack(">IQII", 1, 0x49484156454F5054, 2, 0)


def get(lab, side, route, timeout=2):
    """One answer of a coordinator's API: "summary", "members", "markers" …"""
    url = f"{lab['coordinators'][side]['api']}/api/v1/{route}"
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return json.load(answer)


def nbd_answers(path):
    """Whether an NBD server greets there."""
    try:
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(2)
            wire.connect(path)
            greeted = wire.recv(18, socket.MSG_WAITALL)[:8] == b"NBDMAGIC"
            wire.sendall(POLITE_END)
            return greeted
    except OSError:
        return False


def missing_gateway(name, entry):
    return None if nbd_answers(entry["socket"]) else f"{name} does not answer on its NBD socket"


def missing_coordinator(lab, side):
    name = f"coordinator.{side}"
    try:
        summary = get(lab, side, "summary")
    except (OSError, urllib.error.URLError, ValueError) as error:
        return f"{name} does not answer on {lab['coordinators'][side]['api']}: {error}"
    for member in summary["members"]:
        if not member["connected"]:
            return f"{name} has no connection to {member['name']}: {member['because']}"
        status = member.get("status")
        if not status:
            return f"{name} has not read the status of {member['name']} yet"
        if status["link"] != "connected" and status["role"] != "fenced":
            return (f"the link of {member['name']}.{side} is {status['link']}: "
                    f"{status['link_because']}")
    return None


def missing(lab, names):
    """The first thing that is not as it should be: (process name, sentence), or None."""
    entries = layout.processes(lab)
    for name in names:
        if not processes.alive(entries[name]):
            return name, f"{name} has ended"
    for name in names:
        if name.startswith("coordinator."):
            sentence = missing_coordinator(lab, name.partition(".")[2])
        else:
            sentence = missing_gateway(name, entries[name])
        if sentence:
            return name, sentence
    return None


class NotReady(Exception):
    pass


def wait(lab, names, seconds=20):
    """Returns when all of them are ready; NotReady says what is not, with the tail of its log."""
    end = time.monotonic() + seconds
    while (found := missing(lab, names)) is not None:
        name, sentence = found
        ended = sentence.endswith("has ended")
        if ended or time.monotonic() > end:
            log = layout.processes(lab)[name]["log"]
            raise NotReady(f"{sentence}\n--- end of {log}:\n{processes.tail(log)}")
        time.sleep(0.05)
