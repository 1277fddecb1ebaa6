"""Processes of a lab: started here, known by pid and start time, stopped by exactly that."""

import contextlib
import os
import signal
import subprocess
import threading
import time


def start_ticks(pid):
    """When the process began, in ticks since boot; None when it is gone or only a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


@contextlib.contextmanager
def undisturbed():
    """Ctrl-C and SIGTERM wait until the block's end: between the start of a process and the note
    of its pid nobody could end it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came = []
    before = {number: signal.signal(number, lambda number, _: came.append(number))
              for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, action in before.items():
            signal.signal(number, action)
    for number in came:
        signal.raise_signal(number)


def start(command, log_path):
    """Starts a process that outlives us; its output is appended to the log."""
    with open(log_path, "ab") as log:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                 start_new_session=True)
    # A lab is a matter of files: whoever runs "down" later is another process than we are.
    child.returncode = 0
    return {"pid": child.pid, "started": start_ticks(child.pid)}


def alive(process):
    """Whether it is still the process that was started: the pid alone may be another's by now."""
    reap(process["pid"])
    ticks = start_ticks(process["pid"])
    return ticks is not None and ticks == process["started"]


def reap(pid):
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        pass  # started by another process


def send(process, number):
    """True when the signal reached that very process."""
    if not alive(process):
        return False
    try:
        os.kill(process["pid"], number)
        return True
    except ProcessLookupError:
        return False


def wait_gone(processes, seconds):
    """Those that are still there when the time is up."""
    end = time.monotonic() + seconds
    left = [p for p in processes if alive(p)]
    while left and time.monotonic() < end:
        time.sleep(0.02)
        left = [p for p in left if alive(p)]
    return left


def kill(processes):
    """SIGKILL to all as close together as can be, then waits."""
    for process in processes:
        send(process, signal.SIGKILL)
    return wait_gone(processes, 10)


def stop(processes, patience_s=10):
    """SIGTERM, then SIGKILL. Returns those that had to be killed."""
    for process in processes:
        send(process, signal.SIGTERM)
    stubborn = wait_gone(processes, patience_s)
    kill(stubborn)
    return stubborn


def tail(path, lines=8):
    try:
        with open(path, encoding="utf-8", errors="replace") as log:
            return "".join(log.readlines()[-lines:]).rstrip()
    except OSError as error:
        return str(error)
