"""What a measurement that is no fio workload gives: named figures, a value each round."""

import statistics


class Figures:
    def __init__(self):
        self.rows = {}

    def add(self, what, unit, value):
        self.rows.setdefault(what, {"unit": unit, "values": []})["values"].append(value)

    def as_dict(self):
        return self.rows


def number(value):
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def lines(title, goal, rows):
    """The table for a terminal; `rows` as of as_dict()."""
    rounds = max((len(row["values"]) for row in rows.values()), default=0)
    yield f"{title}; {rounds} rounds"
    if goal:
        yield f"  asked for: {goal}"
    width = max(map(len, rows), default=0)
    for what, row in rows.items():
        low, high = min(row["values"]), max(row["values"])
        yield (f"  {what.ljust(width)}  {number(statistics.median(row['values'])):>9} {row['unit']}"
               f"  ({number(low)} … {number(high)})")
