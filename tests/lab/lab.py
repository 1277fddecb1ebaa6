#!/usr/bin/python3
"""A lab: primaries, secondaries and both coordinators as real processes on this machine.

  lab up DIR [--members N] [--volumes M] [--size 1GiB] [--marker-interval 200ms] …
  lab status DIR          what runs, and what both coordinators say
  lab start DIR NAME      starts a process that was killed: m1.primary, m1.secondary,
                          coordinator.primary, coordinator.secondary
  lab down DIR            stops exactly the processes of this lab; its files stay
"""

import argparse
import os
import shutil
import subprocess
import sys

import layout
import processes
import readiness


def launch(lab, name):
    entry = layout.processes(lab)[name]
    with processes.undisturbed():
        entry.update(processes.start([layout.program(lab, name), "--config", entry["config"]],
                                     entry["log"]))
        layout.save(lab)


def up(directory, options):
    """Returns the description of a lab that is ready. Whatever goes wrong, nothing is left over."""
    path = os.path.join(directory, "lab.json")
    if os.path.exists(path) and running(layout.load(directory)):
        raise SystemExit(f"{directory} holds a lab that runs: ./dev lab down {directory}")
    lab = layout.make(directory, options)
    try:
        for name in layout.processes(lab):
            launch(lab, name)
        readiness.wait(lab, list(layout.processes(lab)))
    except BaseException:
        stop(lab)
        raise
    return lab


def running(lab):
    return [name for name, entry in layout.processes(lab).items() if processes.alive(entry)]


def start(lab, name):
    entries = layout.processes(lab)
    if name not in entries:
        raise SystemExit(f"{name} is not in this lab; there are {', '.join(entries)}")
    if processes.alive(entries[name]):
        raise SystemExit(f"{name} runs already, with pid {entries[name]['pid']}")
    launch(lab, name)


def stop(lab):
    """Coordinators first, so that they do not report what is only being shut down."""
    entries = [entry for entry in reversed(layout.processes(lab).values()) if entry["pid"]]
    killed = processes.stop(entries)
    for entry in entries:
        if os.path.exists(entry["socket"]):
            os.unlink(entry["socket"])
    if not lab["sockets"].startswith(lab["directory"]):
        shutil.rmtree(lab["sockets"], ignore_errors=True)
    return [name for name, entry in layout.processes(lab).items() if entry in killed]


def print_status(lab):
    for name, entry in layout.processes(lab).items():
        state = f"runs, pid {entry['pid']}" if processes.alive(entry) else "does not run"
        print(f"{name:24}{state}")
    for side, command in lab["cli"].items():
        if processes.alive(lab["coordinators"][side]):
            print(f"\n{side} site:", flush=True)
            subprocess.run(command + ["status"], check=False)


def print_lab(lab):
    print(f"The lab is ready: {len(lab['members'])} members, state in {lab['directory']}")
    for member in lab["members"]:
        for role in lab["sides"]:
            for uri in member[role]["nbd"].values():
                print(f"  {member['name']}.{role:10} {uri}")
    for side in lab["cli"]:
        print(f"  page of the {side} site: {lab['coordinators'][side]['api']}/")
    for side in lab["cli"]:
        print(f"  {' '.join(lab['cli'][side])} status")
    print(f"Stop it with ./dev lab down {lab['directory']}")


def arguments():
    parser = argparse.ArgumentParser(prog="./dev lab", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    default = layout.Options()
    make = commands.add_parser("up")
    make.add_argument("directory")
    make.add_argument("--members", type=int, default=default.members)
    make.add_argument("--volumes", type=int, default=default.volumes, help="of each member")
    make.add_argument("--size", default=default.size, help="of each volume")
    make.add_argument("--marker-interval", default=default.marker_interval)
    make.add_argument("--journal-size", default=default.journal_size)
    make.add_argument("--segment", default=default.segment)
    make.add_argument("--log", default=default.log)
    make.add_argument("--delay-mark", default="", metavar="m2=20ms",
                      help="test switch: MARK to this member leaves later")
    make.add_argument("--alone", action="store_true", help="one site, without coordinators")
    make.add_argument("--no-destage", dest="destage", action="store_false",
                      help="test switch: nothing is moved to the backing files")
    make.add_argument("--no-hold", dest="hold", action="store_false",
                      help="test switch: acknowledgements are not withheld")
    for name in ("down", "status", "start"):
        command = commands.add_parser(name)
        command.add_argument("directory")
        if name == "start":
            command.add_argument("name")
    return parser.parse_args()


def loaded(directory):
    try:
        return layout.load(directory)
    except OSError as error:
        raise SystemExit(f"no lab in {directory}: {error}") from None


def main():
    given = arguments()
    try:
        if given.command == "up":
            wanted = {key: value for key, value in vars(given).items()
                      if key in vars(layout.Options())}
            print_lab(up(given.directory, layout.Options(**wanted)))
            return 0
        lab = loaded(given.directory)
        if given.command == "status":
            print_status(lab)
        elif given.command == "start":
            start(lab, given.name)
            readiness.wait(lab, [given.name])
            print(f"{given.name} is ready")
        else:
            for name in stop(lab):
                print(f"{name} did not stop within 10 s and was killed", file=sys.stderr)
        return 0
    except readiness.NotReady as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
