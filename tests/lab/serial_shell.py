"""The shell of a guest on a serial line: one command a line goes in; what it printed and
"<<<exit code>>>" come back."""

import os
import re
import selectors
import time


class SerialShell:
    """`machine` is QEMU, whose standard input and output are that line."""

    def __init__(self, machine):
        self.machine = machine
        self.unread = b""

    def run(self, command, check=True, seconds=60):
        """What a shell's command of one line printed; with check=False (exit code, that)."""
        assert "\n" not in command
        self.machine.stdin.write(command.encode() + b"\n")
        code, said = self.answer(command, seconds)
        if not check:
            return code, said
        assert code == 0, f"in the guest, {command} ended with {code}:\n{said}"
        return said

    def answer(self, command, seconds):
        end = time.monotonic() + seconds
        while not (mark := re.search(rb"<<<(\d+)>>>\r?\n", self.unread)):
            piece = self.receive(end - time.monotonic())
            assert piece, (f"in the guest, {command}: no end within {seconds} s\n"
                           f"{self.unread.decode(errors='replace')}")
            self.unread += piece
        said, self.unread = self.unread[:mark.start()], self.unread[mark.end():]
        return int(mark[1]), said.decode(errors="replace").replace("\r", "")

    def receive(self, seconds):
        """Nothing when the time is up or the machine has ended."""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self.machine.stdout, selectors.EVENT_READ)
            if seconds <= 0 or not waiting.select(seconds):
                return b""
        return os.read(self.machine.stdout.fileno(), 65536)
