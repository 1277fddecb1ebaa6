"""Looks at a subject while fio writes: how far its peer is behind, and how much memory it takes."""

import threading
import time

import usage

PERIOD_S = 0.1


class Sampler:
    """Samples in a thread of its own, as long as the block lasts.

    A sample has `at` (monotonic seconds) and what the subject's backlog() gives: `written` (bytes
    that hosts wrote since its start), `behind_bytes` and `behind_ms`; None where it cannot tell."""

    def __init__(self, subject):
        self.subject = subject
        self.samples = []
        self.own_rss_of = {}  # pid → the most that was seen, bytes
        self.failed = None
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def work(self):
        try:
            while not self.over.wait(PERIOD_S):
                self.look()
        except Exception as error:  # what fio says is the better report, if it failed as well
            self.failed = error

    def look(self):
        for pid in self.subject.holders().values():
            self.own_rss_of[pid] = max(self.own_rss_of.get(pid, 0), usage.own_rss(pid))
        if sample := self.subject.backlog():
            self.samples.append(dict(sample, at=time.monotonic()))

    def backlog_at_end(self):
        """The sample in which the last write of the host is seen first: while fio waits for its
        last flush the peer catches up, and that must not count. Where that cannot be told, the
        last sample."""
        if not self.samples:
            return None
        last = self.samples[-1]
        if last["written"] is None:
            return last
        return next(s for s in self.samples if s["written"] == last["written"])

    def began_at(self):
        """When the first write was seen, up to a period early; None where that cannot be told."""
        if not self.samples or self.samples[0]["written"] is None:
            return None
        first = self.samples[0]["written"]
        moved = (s["at"] for s in self.samples if s["written"] != first)
        return next(moved, self.samples[0]["at"]) - PERIOD_S
