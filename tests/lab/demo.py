#!/usr/bin/python3
"""Shows what Cairn is for, in about ten seconds: two volumes on two gateways, an application that
writes to both in turn, the loss of the whole site, and one consistent copy at the other site.

  ./dev demo [--keep] [--no-mount]     --keep leaves the lab running, to look at it with a browser
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import lab as lab_program
import layout
import mounts
import processes
import readiness
from demo_steps import place

HERE = os.path.dirname(os.path.abspath(__file__))
RUN_SECONDS = (3.0, 5.0)  # the site is lost at a random moment in between


def say(text=""):
    print(text, flush=True)


def heading(number, text):
    say(f"\n{number}. {text}")


def command_of(lab, side, *words):
    done = subprocess.run(lab["cli"][side] + list(words), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    for line in done.stdout.rstrip().splitlines():
        say(f"     {line}")
    if done.returncode != 0:
        raise RuntimeError(f"cairn {' '.join(words)} ended with {done.returncode}")


class Demo:
    def __init__(self, lab, cleanup, mountable):
        self.lab = lab
        self.cleanup = cleanup
        self.mountable = mountable
        self.volumes = []  # mounts of the primary site
        self.log = os.path.join(lab["directory"], "steps.log")

    def uris(self, side):
        return [uri for member in self.lab["members"] for uri in member[side]["nbd"].values()]

    # ---- the primary site
    def open_places(self):
        if not self.mountable:
            return self.uris("primary")
        places = []
        for uri in self.uris("primary"):
            volume = mounts.Volume(uri)
            self.cleanup.callback(volume.release)
            volume.open()
            self.volumes.append(volume)
            volume.format()
            places.append(volume.mount())
        return places

    def start_application(self, places):
        steps = subprocess.Popen([os.path.join(HERE, "demo_steps.py"), self.log, *places],
                                 start_new_session=True, stdout=subprocess.DEVNULL)
        self.cleanup.callback(self.end_application, steps)
        return steps

    def end_application(self, steps):
        if steps.poll() is None:
            steps.kill()
        steps.wait()

    def acknowledged(self):
        """(step, monotonic time) of every step that the application saw acknowledged."""
        with open(self.log, encoding="ascii") as log:
            words = [line.split() for line in log if line.endswith("\n")]
        return [(int(step), float(at)) for step, at in words]

    def lose_site(self):
        names = [f"{member['name']}.primary" for member in self.lab["members"]]
        names.append("coordinator.primary")
        entries = layout.processes(self.lab)
        lost_at = time.monotonic()
        processes.kill([entries[name] for name in names])
        return lost_at

    def give_up_mounts(self):
        for volume in self.volumes:
            volume.release()

    # ---- the other site
    def read_steps(self):
        """What the promoted secondaries hold, after fsck and mount."""
        if not self.mountable:
            return [place(uri).steps() for uri in self.uris("secondary")]
        found = []
        for uri in self.uris("secondary"):
            volume = mounts.Volume(uri)
            self.cleanup.callback(volume.release)
            volume.open()
            said = volume.check().splitlines()
            say(f"     e2fsck: {said[-1] if said else 'clean'}")
            found.append(place(volume.mount()).steps())
            volume.release()
        return found


def judge(steps_a, steps_b):
    """None, or why these steps are no consistent cut. Odd steps went to A, even ones to B."""
    everything = sorted(steps_a + steps_b)
    if everything != list(range(1, len(everything) + 1)):
        missing = next(k for k, found in enumerate(everything, 1) if k != found)
        return f"step {missing} is missing, but a later one is there"
    if any(k % 2 == 0 for k in steps_a) or any(k % 2 for k in steps_b):
        return "a step lies on the wrong side"
    return None


def report(demo, lost_at, took_s, found):
    a, b = found
    sealed = demo.acknowledged()
    last_acknowledged = sealed[-1][0] if sealed else 0
    newest = max(a + b, default=0)
    at = dict(sealed).get(newest)
    wrong = judge(a, b)
    taken_over = readiness.get(demo.lab, "secondary", "summary")["group"]["taken_over"] or {}
    say(f"     m1 holds the odd steps up to {max(a, default=0)}, "
        f"m2 the even ones up to {max(b, default=0)}, none missing in between"
        if not wrong else f"     NOT CONSISTENT: {wrong}")
    heading(7, "Report")
    say(f"     recovered to      marker {taken_over.get('at', {}).get('number', '?')}")
    if at is not None:
        say(f"     age               newest step in it was {lost_at - at:.3f} s old at the loss")
    say(f"     lost              {max(0, last_acknowledged - newest)} of "
        f"{last_acknowledged} steps, all newer than the marker")
    say(f"     takeover took     {took_s:.2f} s")
    say("     consistent        " +
        ("no" if wrong else "yes: every step that is there has its predecessor"))
    return 1 if wrong else 0


def show(demo):
    heading(1, "A lab: two pairs of gateways, a coordinator at each site, all on this machine")
    say(f"     state and logs in {demo.lab['directory']}")
    for side in ("primary", "secondary"):
        say(f"     page of the {side} site: {demo.lab['coordinators'][side]['api']}/")
    heading(2, "ext4 on a volume of each gateway, through nbdfuse and a loop device"
            if demo.mountable else "Blocks are written over NBD without a file system")
    places = demo.open_places()
    for where in places:
        say(f"     {where}")
    heading(3, "An application writes step 1, 2, 3 … in turn to m1 and m2, with fsync after each")
    application = demo.start_application(places)
    end = time.monotonic() + random.uniform(*RUN_SECONDS)
    time.sleep(1.5)
    command_of(demo.lab, "secondary", "status")
    time.sleep(max(0.0, end - time.monotonic()))
    if application.poll() is not None:
        raise RuntimeError("the application ended before the site was lost")
    heading(4, "The primary site is lost: SIGKILL to both gateways and their coordinator")
    lost_at = demo.lose_site()
    demo.end_application(application)
    demo.give_up_mounts()
    say(f"     the application had {len(demo.acknowledged())} steps acknowledged")
    heading(5, "Takeover by the coordinator of the other site")
    began = time.monotonic()
    command_of(demo.lab, "secondary", "takeover", demo.lab["group"], "--confirm", demo.lab["group"])
    took_s = time.monotonic() - began
    heading(6, "What the other site holds")
    return report(demo, lost_at, took_s, demo.read_steps())


def run(keep, mount):
    directory = tempfile.mkdtemp(prefix="cairn-demo-", dir="/tmp")
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(shutil.rmtree, directory, ignore_errors=True)
        cleanup.callback(let_cleanup_finish)
        reason = mounts.usable() if mount else "it was not wanted"
        if reason:
            say(f"Without a file system, as {reason}.")
        lab = lab_program.up(directory, layout.Options(members=2, size="256MiB",
                                                       marker_interval="200ms"))
        cleanup.callback(lab_program.stop, lab)
        inner = cleanup.enter_context(contextlib.ExitStack())
        try:
            outcome = show(Demo(lab, inner, reason is None))
        finally:
            let_cleanup_finish()
        if keep:
            inner.close()
            cleanup.pop_all()
            say(f"\nThe other site is still running: {lab['coordinators']['secondary']['api']}/\n"
                f"Stop it with ./dev lab down {directory}")
        return outcome


def let_cleanup_finish():
    """Ctrl-C in the middle of it must not leave mounts and processes behind."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="leave the lab running at the end")
    parser.add_argument("--no-mount", dest="mount", action="store_false",
                        help="blocks over NBD instead of a file system")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, interrupted)
    try:
        return run(given.keep, given.mount)
    except KeyboardInterrupt:
        say("\nInterrupted; everything was cleaned up.")
        return 130
    except (RuntimeError, OSError, readiness.NotReady, subprocess.TimeoutExpired) as error:
        say(f"\nThe demo failed: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
