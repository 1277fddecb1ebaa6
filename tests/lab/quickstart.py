"""docs/quickstart.md as a program: its blocks of commands, each with the machine that runs them.

A block begins with ```sh and words of the form KEY=MACHINE: `machine` runs it, `loses` has lost its
power before."""

import os
import re

import layout

DOCUMENT = os.path.join(layout.ROOT, "docs", "quickstart.md")


class Block:
    def __init__(self, words, text):
        keys = dict(word.split("=") for word in words.split())
        self.machine, self.loses = keys.pop("machine"), keys.pop("loses", None)
        assert not keys, keys
        self.commands = text.replace("\\\n", "").splitlines()


def sections():
    """Heading → its blocks. A block that no heading has before it is an error."""
    with open(DOCUMENT, encoding="utf-8") as opened:
        _, *parts = re.split(r"^## ", opened.read(), flags=re.M)
    return {part.partition("\n")[0]: [Block(*found) for found in re.findall(
        r"^```sh ([^\n]*)\n(.*?)^```$", part, re.M | re.S)] for part in parts}
