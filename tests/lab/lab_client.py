"""What the end-to-end tests do with a lab; each test is a short script on top of this.

    with Lab(members=2, marker_interval="50ms") as lab:
        lab.kill("m1.primary")
        lab.start("m1.primary")
"""

import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import lab as lab_program
import layout
import processes
import readiness

FULL = os.environ.get("CAIRN_FULL") == "1"
SKIPPED = 77

# Whoever runs the tests ends one that hangs by SIGTERM: the lab must go down then, too.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def seed():
    """Printed, so that a failure can be repeated: CAIRN_SEED=…"""
    value = int(os.environ.get("CAIRN_SEED", random.SystemRandom().randrange(1 << 31)))
    print(f"seed {value}", flush=True)
    return value


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(SKIPPED)


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            skip(f"{program} is not installed")


def run(*command, check=True, timeout=120, **options):
    """Runs a program and returns what it printed; a failure carries all of it."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False,
                          **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n"
                             f"{done.stdout}")
    return done.stdout if check else done


def wait_for(what, condition, seconds=15):
    """Polls until the condition is true and returns its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.02)
    return value


class Lab:
    """A lab in a directory of its own, gone when the block ends; kept as evidence on a failure."""

    def __init__(self, base="/tmp", **options):
        options.setdefault("size", "64MiB")
        options.setdefault("journal_size", "1GiB")
        self.options = layout.Options(**options)
        self.directory = tempfile.mkdtemp(prefix="cairn-e2e-", dir=base)
        self.described = None

    def __enter__(self):
        try:
            self.described = lab_program.up(self.directory, self.options)
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        return self

    def __exit__(self, kind, error, trace):
        lab_program.stop(self.described)
        if kind is not None and issubclass(kind, Exception):
            self.show_logs()
        if os.environ.get("CAIRN_KEEP") != "1":
            shutil.rmtree(self.directory, ignore_errors=True)

    def show_logs(self):
        for name, entry in layout.processes(self.described).items():
            print(f"--- {name}\n{processes.tail(entry['log'])}", file=sys.stderr)

    # ---- processes
    def entry(self, name):
        return layout.processes(self.described)[name]

    def kill(self, *names):
        """SIGKILL to all of them as close together as can be."""
        left = processes.kill([self.entry(name) for name in names])
        assert not left, f"still there after SIGKILL: {left}"

    def start(self, name, ready=True):
        lab_program.start(self.described, name)
        if ready:
            readiness.wait(self.described, [name])

    def stop(self, *names):
        killed = processes.stop([self.entry(name) for name in names])
        assert not killed, f"did not stop on SIGTERM: {names}"

    # ---- configurations
    def edit(self, name, pattern, text):
        path = self.entry(name)["config"]
        with open(path, encoding="utf-8") as config:
            before = config.read()
        after = re.sub(pattern, text, before)
        assert after != before, f"{pattern} is not in {path}"
        layout.write(path, after)

    def hang_up(self, name, sentence):
        """Asks a gateway to read its configuration again; waits for what it says to that."""
        seen = self.log_of(name).count(sentence)
        os.kill(self.entry(name)["pid"], signal.SIGHUP)
        wait_for(f"{name} says: {sentence}", lambda: self.log_of(name).count(sentence) > seen)

    def resize(self, name, mib, sentence="hosts and peers are told what has grown"):
        """All volumes of a gateway, without a restart."""
        self.edit(name, r'\nsize = "\d+MiB"', f'\nsize = "{mib}MiB"')
        self.hang_up(name, sentence)

    def ready(self):
        readiness.wait(self.described, list(layout.processes(self.described)))

    def log_of(self, name):
        with open(self.entry(name)["log"], encoding="utf-8", errors="replace") as log:
            return log.read()

    def members(self):
        return [member["name"] for member in self.described["members"]]

    def site(self, side):
        """The processes of one site, coordinator last."""
        return [f"{member}.{side}" for member in self.members()] + [f"coordinator.{side}"]

    def uri(self, name, volume=1):
        member, _, role = name.partition(".")
        return self.entry(name)["nbd"][f"{member}-v{volume}"]

    def iscsi(self, name, volume=1, portal=1):
        member, _, role = name.partition(".")
        uri = self.entry(name)["iscsi"][f"{member}-v{volume}"]
        first, wanted = (self.entry(name)["ports"]["iscsi"][n] for n in (0, portal - 1))
        return uri.replace(f":{first}/", f":{wanted}/")

    def expect_alive(self):
        for name, entry in layout.processes(self.described).items():
            assert processes.alive(entry), f"{name} has ended:\n{processes.tail(entry['log'])}"

    def uris(self, side):
        return [uri for member in self.described["members"] for uri in member[side]["nbd"].values()]

    # ---- coordinators
    def cairn(self, side, *words, check=True, timeout=60):
        """What the command printed; with check=False how it ended, too."""
        return run(*self.described["cli"][side], *words, check=check, timeout=timeout)

    def cairn_json(self, side, *words):
        return json.loads(self.cairn(side, "--json", *words))

    def summary(self, side):
        return readiness.get(self.described, side, "summary")

    def status_of(self, name):
        """What a member's gateway told its coordinator last."""
        member, _, side = name.partition(".")
        for view in self.summary(side)["members"]:
            if view["name"] == member:
                return view["status"]
        raise AssertionError(f"{name} is not in the summary")

    def stored(self, name):
        """The newest record that this secondary holds durably."""
        return self.status_of(name)["watermarks"]["stored"]

    # ---- what tests ask for again and again
    def marker_now(self):
        """A new marker, sealed at every member; its number."""
        answer = self.cairn_json("primary", "marker", "now", "--wait")
        return marker_number(answer)

    def wait_applied(self, number):
        wait_for(f"marker {number} applied by every secondary",
                 lambda: self.applied() >= number)

    def applied(self):
        """The newest marker that every secondary has applied; 0: none."""
        return marker_number(self.summary("secondary")["group"]["applied"])

    def take_over(self):
        return self.cairn("secondary", "takeover", "lab", "--confirm", "lab")

    def same_images(self):
        """After the last write: a marker, and then both sides hold the same bytes."""
        number = self.marker_now()
        self.wait_applied(number)
        for ours, theirs in zip(self.uris("primary"), self.uris("secondary")):
            copies = [os.path.join(self.directory, f"image-{side}") for side in "ps"]
            for uri, copy in zip((ours, theirs), copies):
                if os.path.exists(copy):
                    os.unlink(copy)
                run("nbdcopy", "--connections=1", uri, copy)
            run("cmp", *copies)
            for copy in copies:
                os.unlink(copy)
        return number


def marker_number(value):
    """The number in whatever carries one marker; 0 where there is none."""
    while isinstance(value, dict):
        value = value["marker"] if "marker" in value else value["number"]
    return int(value or 0)


@contextlib.contextmanager
def extra_process(lab, name, text, by=()):
    """One more process beside those of the lab; text(place) is its configuration, `by` the command
    that becomes it."""
    place = layout.make_place(lab.directory, lab.described["sockets"], name)
    layout.write(place["config"], text(place))
    kind = "coordinator.x" if name.startswith("coordinator") else "x"
    place.update(processes.start([*by, layout.program(lab.described, kind), "--config",
                                  place["config"]], place["log"]))
    try:
        yield place
    finally:
        processes.stop([place])


class Probe:
    """The causal probe (probe_plan.h), writing to these volumes until stop() or their end."""

    CHAINS, SLOTS = 4, 512

    def __init__(self, lab, uris, seed):
        self.program = os.path.join(lab.described["bin"], "causal_probe")
        self.log = os.path.join(lab.directory, f"probe-{seed}.log")
        self.running = subprocess.Popen(
            [self.program, "write", "--log", self.log, "--seed", str(seed), "--chains",
             str(self.CHAINS), "--slots", str(self.SLOTS), *uris],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stop(self):
        """The number of steps; for servers that are there throughout."""
        assert self.running.poll() is None, "the probe ended before it was told to"
        self.running.terminate()
        return self.finish()

    def finish(self, seconds=30):
        """Waits until all chains ended; the number of steps."""
        said, _ = self.running.communicate(timeout=seconds)
        ended = self.running.returncode
        assert ended == 0, f"the probe ended with {ended}: {said}"
        return json.loads(said)["steps"]

    def check(self, uris, nothing_lost=False):
        """The verdict on these images (probe_check.h)."""
        words = ["--nothing-lost"] if nothing_lost else []
        done = run(self.program, "check", "--log", self.log, *words, *uris, check=False)
        assert done.returncode in (0, 1), done.stdout
        return json.loads(done.stdout)
