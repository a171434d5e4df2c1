"""What scripts/validate-allocators prints: a line for each program and allocator, and the
order in which a program's faults and resident memory put the allocators."""

import os

from compare import Row, Spread, maxrss_uncertainty_bytes
from show_text import megabytes, table
from verdict import span

SHARE = 0.02
HEADS = ["program", "allocator", "Flt, kernel", "vmtrace", "off by",
         "RssPeak MiB, kernel", "vmtrace", "off by", "verdict"]
ORDER_HEADS = ["program", "by", "kernel", "vmtrace", "verdict"]
MEASURES = ("Flt", "RssPeak")


def _peak(comparison):
    """Exact where the kernel's steps were recorded."""
    if comparison.rss_peak is not None:
        return comparison.rss_peak
    least, most = comparison.maxrss
    unsure = maxrss_uncertainty_bytes(os.cpu_count())
    return Row(Spread(least - unsure, most + unsure), comparison.our_rss_peak)


class Measured:
    """One program with one allocator."""

    def __init__(self, program, allocator, comparison):
        self.program, self.allocator = program, allocator
        self.rows = {"Flt": comparison.total, "RssPeak": _peak(comparison)}

    def share(self, measure):
        """How far vmtrace is outside what the kernel's runs had, of their most."""
        row = self.rows[measure]
        return row.difference / row.kernel.most

    def share_text(self, measure):
        """No -0.0%."""
        return f"{round(self.share(measure), 3) + 0.0:+.1%}"

    def kernel(self, measure):
        return self.rows[measure].kernel

    def ours(self, measure):
        return Spread(self.rows[measure].ours, self.rows[measure].ours)

    def objections(self):
        return [f"{self.program} with {self.allocator}: {measure} is off by "
                f"{self.share_text(measure)}"
                for measure in MEASURES if abs(self.share(measure)) > SHARE]


# ---- the order of a program's allocators ----

def _is_less(spread, other):
    """By more than the tolerance, in all runs."""
    return spread.most * (1 + SHARE) < other.least


def _ordered(group, spread_of):
    """Names from the least; `=' between those that are not apart."""
    ranked = sorted(group, key=lambda one: sum(spread_of(one)))
    text = ranked[0].allocator
    for before, one in zip(ranked, ranked[1:]):
        sign = "<" if _is_less(spread_of(before), spread_of(one)) else "="
        text += f" {sign} {one.allocator}"
    return text


def _reversed_pairs(group, measure):
    """Those that are apart natively, the other way round here."""
    found = []
    for less in group:
        for more in group:
            if _is_less(less.kernel(measure), more.kernel(measure)) and \
                    less.rows[measure].ours >= more.rows[measure].ours:
                found.append(f"{less.allocator} and {more.allocator}")
    return found


class Order:
    def __init__(self, group, measure):
        self.program, self.measure = group[0].program, measure
        self.kernel = _ordered(group, lambda one: one.kernel(measure))
        self.ours = _ordered(group, lambda one: one.ours(measure))
        self.reversed = _reversed_pairs(group, measure)

    def objections(self):
        return [f"{self.program}: by {self.measure} {pair} are the other way round"
                for pair in self.reversed]


def orders(measured):
    groups = {}
    for one in measured:
        groups.setdefault(one.program, []).append(one)
    return [Order(group, measure) for group in groups.values() if len(group) > 1
            for measure in MEASURES]


# ---- what is printed ----

def _verdict(thing):
    return "differ" if thing.objections() else "agree"


def _cells(one):
    faults, peak = one.rows["Flt"], one.rows["RssPeak"]
    least, most = map(megabytes, peak.kernel)
    return [one.program, one.allocator, span(faults.kernel), f"{faults.ours:,}",
            one.share_text("Flt"), least if least == most else f"{least}..{most}",
            megabytes(peak.ours), one.share_text("RssPeak"), _verdict(one)]


def _order_cells(order):
    return [order.program, order.measure, order.kernel, order.ours, _verdict(order)]


def text(measured, found):
    lines = table(HEADS, [_cells(one) for one in measured], left=2)
    if found:
        lines += ["", *table(ORDER_HEADS, [_order_cells(order) for order in found], left=4)]
    return lines


def _markdown(heads, rows, n_left):
    rules = ["---"] * n_left + ["---:"] * (len(heads) - n_left - 1) + ["---"]
    return ["| " + " | ".join(cells) + " |" for cells in (heads, rules, *rows)]


def markdown(measured, found, about):
    lines = [f"Measured with `{about['command']}` on Linux {about['kernel']}, "
             f"{about['cpu']}, {about['processors']} CPUs, {about['valgrind']}.", "",
             *_markdown(HEADS, [_cells(one) for one in measured], 2)]
    if found:
        lines += ["", *_markdown(ORDER_HEADS, [_order_cells(order) for order in found], 4)]
    return lines
