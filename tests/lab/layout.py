"""What a lab consists of: directories, ports, configuration files, lab.json."""

import json
import os
import random
import re
import socket
import tempfile
from dataclasses import dataclass, field

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOCKET_PATH_MAX = 100  # the kernel's limit is 108


@dataclass
class Options:
    members: int = 2
    volumes: int = 1
    size: str = "1GiB"
    marker_interval: str = "1s"
    journal_size: str = "1GiB"
    segment: str = "16MiB"
    log: str = "notice"
    hold: bool = True
    destage: bool = True
    hang: str = ""  # "destage" or "sync": that thread of each gateway
    alone: bool = False  # primaries without a peer, and nothing else
    delay_mark: str = ""  # "m2=20ms"
    iscsi_portals: int = 1
    iscsi: str = ""  # more lines of [iscsi], CHAP for one; {port} is the first portal's
    build: str = field(default_factory=lambda: os.environ.get("CAIRN_BUILD",
                                                              os.path.join(ROOT, "build")))

    def hold_limit(self):
        """A quarter of the interval at most, and not above the default of 50 ms."""
        return f"{min(50, milliseconds(self.marker_interval) // 4)}ms"


def milliseconds(text):
    match = re.fullmatch(r"(\d+)(ms|s)", text)
    if not match:
        raise ValueError(f"{text}: a number with ms or s is wanted")
    return int(match[1]) * (1000 if match[2] == "s" else 1)


def free_ports(count):
    """Below the range from which the kernel takes ports for connections, so that a server that is
    started again finds its port free."""
    held, ports = [], []
    while len(ports) < count:
        port = random.randint(20000, 32000)
        probe = socket.socket()
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.close()
            continue
        held.append(probe)
        ports.append(port)
    for probe in held:
        probe.close()
    return ports


def socket_directory(directory):
    """DIR/run, or a short one under /tmp where socket paths in it would be too long."""
    inside = os.path.join(directory, "run")
    if len(inside) + len("/coordinator.secondary.sock") > SOCKET_PATH_MAX:
        return tempfile.mkdtemp(prefix="cairn-lab-", dir="/tmp")
    os.makedirs(inside, mode=0o700, exist_ok=True)
    return inside


def volume_names(member, count):
    return [f"{member}-v{number}" for number in range(1, count + 1)]


def testing_lines(options):
    switches = [name for name in ("hold", "destage") if not getattr(options, name)]
    lines = [f"{name} = false" for name in switches]
    if options.hang:
        lines.append(f'hang = "{options.hang}"')
    return ["[testing]"] * bool(lines) + lines


def iscsi_target(volume):
    return f"iqn.2026-11.io.cairn:lab.{volume}"


def iscsi_uris(options, member, ports):
    """Volume → where initiators find it, at the first portal; of a secondary: once it is promoted."""
    return {volume: f"iscsi://127.0.0.1:{ports['iscsi'][0]}/{iscsi_target(volume)}/0"
            for volume in volume_names(member, options.volumes)}


def iscsi_lines(options, ports):
    listen = ", ".join(f'"127.0.0.1:{port}"' for port in ports["iscsi"])
    more = options.iscsi.replace("{port}", str(ports["iscsi"][0]))
    return ["[iscsi]", f"listen = [{listen}]", *more.splitlines()]


def gateway_config(options, member, role, place, ports, peer):
    state = place["state"]
    lines = [
        "[gateway]",
        f'name = "{member}-{role}"',
        f'state = "{state}"',
        f'log = "{options.log}"',
        "[nbd]",
        f'socket = "{place["socket"]}"',
        f'listen = "127.0.0.1:{ports["nbd"]}"',
        *iscsi_lines(options, ports),
        "[control]",
        f'listen = "127.0.0.1:{ports["control"]}"',
    ]
    if role == "secondary":
        lines += ["[link]", f'listen = "127.0.0.1:{ports["link"]}"']
    lines += ["[[member]]", 'group = "lab"', f'name = "{member}"', f'role = "{role}"']
    if role == "primary" and not options.alone:
        lines.append(f'peer = "127.0.0.1:{peer}"')
    lines.append(f'journal = {{ directory = "{state}/journal", size = "{options.journal_size}", '
                 f'segment = "{options.segment}" }}')
    for volume in volume_names(member, options.volumes):
        lines += ["[[member.volume]]", f'name = "{volume}"', f'path = "{state}/{volume}.img"',
                  f'size = "{options.size}"']
    return "\n".join(lines + testing_lines(options)) + "\n"


def coordinator_config(options, role, place, http, controls):
    lines = [
        "[coordinator]",
        f'name = "lab-{role}"',
        'group = "lab"',
        f'role = "{role}"',
        f'state = "{place["state"]}"',
        f'socket = "{place["socket"]}"',
        f'log = "{options.log}"',
        "[http]",
        f'listen = "127.0.0.1:{http}"',
        "[markers]",
        f'interval = "{options.marker_interval}"',
        f'hold_limit = "{options.hold_limit()}"',
        'rpo_target = "5s"',
    ]
    for member, port in controls.items():
        lines += ["[[member]]", f'name = "{member}"', f'control = "127.0.0.1:{port}"']
    if options.delay_mark and role == "primary":
        member, _, by = options.delay_mark.partition("=")
        lines += ["[testing]", f'delay_mark = {{ member = "{member}", by = "{by}" }}']
    return "\n".join(lines) + "\n"


def make(directory, options):
    """Writes every configuration file and returns the lab's description, without processes."""
    directory = os.path.abspath(directory)
    os.makedirs(directory, exist_ok=True)
    sockets = socket_directory(directory)
    bin_directory = os.path.join(os.path.abspath(options.build), "bin")
    members = [f"m{number}" for number in range(1, options.members + 1)]
    ports = iter(free_ports((6 + 2 * options.iscsi_portals) * len(members) + 2))
    sides = ("primary",) if options.alone else ("primary", "secondary")
    lab = {"group": "lab", "members": [], "coordinators": {}, "cli": {}, "directory": directory,
           "sockets": sockets, "sides": sides, "bin": bin_directory,
           "options": {key: value for key, value in vars(options).items()}}
    controls = {side: {} for side in sides}
    for member in members:
        entry = {"name": member}
        link = next(ports)
        for role in sides:
            own = {"nbd": next(ports), "control": next(ports), "link": link,
                   "iscsi": [next(ports) for _ in range(options.iscsi_portals)]}
            controls[role][member] = own["control"]
            place = make_place(directory, sockets, f"{member}.{role}")
            write(place["config"], gateway_config(options, member, role, place, own, link))
            entry[role] = dict(place, pid=0, ports=own, nbd={
                volume: f"nbd+unix:///{volume}?socket={place['socket']}"
                for volume in volume_names(member, options.volumes)},
                iscsi=iscsi_uris(options, member, own))
        lab["members"].append(entry)
    for role in () if options.alone else sides:
        http = next(ports)
        place = make_place(directory, sockets, f"coordinator.{role}")
        write(place["config"], coordinator_config(options, role, place, http, controls[role]))
        lab["coordinators"][role] = dict(place, pid=0, api=f"http://127.0.0.1:{http}")
        lab["cli"][role] = [os.path.join(bin_directory, "cairn"), "--socket", place["socket"]]
    return lab


def make_place(directory, sockets, name):
    state = os.path.join(directory, name)
    os.makedirs(state, mode=0o750, exist_ok=True)
    return {"state": state, "config": os.path.join(directory, f"{name}.toml"),
            "log": os.path.join(directory, f"{name}.log"),
            "socket": os.path.join(sockets, f"{name}.sock")}


def write(path, text):
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def processes(lab):
    """NAME → the entry that describes that process, in the order in which they are started."""
    out = {}
    for role in ("secondary", "primary"):
        for member in lab["members"]:
            if role in member:
                out[f"{member['name']}.{role}"] = member[role]
    for role in ("secondary", "primary"):
        if role in lab["coordinators"]:
            out[f"coordinator.{role}"] = lab["coordinators"][role]
    return out


def program(lab, name):
    kind = "cairn-coordinator" if name.startswith("coordinator.") else "cairn-gateway"
    return os.path.join(lab["bin"], kind)


def save(lab):
    path = os.path.join(lab["directory"], "lab.json")
    write(path + ".new", json.dumps(lab, indent=2) + "\n")
    os.replace(path + ".new", path)


def load(directory):
    with open(os.path.join(directory, "lab.json"), encoding="utf-8") as text:
        return json.load(text)
