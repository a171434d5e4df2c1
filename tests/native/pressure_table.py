"""What the kernel and vmtrace counted, side by side: as text, for docs/VALIDATION.md, and
as JSON."""

import json

from pressure_native import PAGE_BYTES, median_and_spread

# Below this many a difference is chance.
FEW = 200


class Comparison:
    """One count: the kernel's runs, and vmtrace's or None."""

    def __init__(self, name, kernel, ours, tolerance):
        self.name, self.ours = name, ours
        self.median, self.spread = median_and_spread(kernel)
        self.difference = 0.0
        if ours is not None and ours != self.median:
            self.difference = 100 * (ours / self.median - 1) if self.median else 100.0
        self.is_small = max(self.median, ours or 0) < FEW
        self.agrees = self.is_small or abs(self.difference) <= tolerance

    def cells(self):
        """Of text: kernel, spread, vmtrace, difference."""
        cells = [f"{self.median:,.0f}", f"{100 * self.spread:.1f}%"]
        if self.ours is None:
            return cells + ["", ""]
        shown = "" if self.is_small else f"{self.difference:+.1f}%"
        return cells + [f"{self.ours:,}", shown + ("" if self.agrees else " *")]


def _mebibytes(n_pages):
    return f"{n_pages * PAGE_BYTES / (1 << 20):.1f}"


def _killed(case):
    n_killed = case.runs.count(None)
    return f"{n_killed} of {len(case.runs)} runs were killed" if n_killed else None


# ---- text ----

WIDTHS = (16, 8, 6, 14, 10, 8, 10, 10)
HEADS = ("program", "peak MiB", "limit", "", "kernel", "spread", "vmtrace", "differs")


def _text(cells):
    texts = [cell.ljust(width) if i in (0, 3) else cell.rjust(width)
             for i, (cell, width) in enumerate(zip(cells, WIDTHS))]
    return " ".join(texts).rstrip()


def about(kernel):
    return f"swap: {kernel.device}; Linux {kernel.release}"


def text_heads(kernel):
    return [about(kernel), _text(HEADS)]


def text_lines(case, tolerance):
    first = [case.name, _mebibytes(case.peak_pages), f"{case.percent}%"]
    lines = [_text([*first, _killed(case), "", "", "", ""])] if _killed(case) else []
    for row in case.compare(tolerance):
        lines.append(_text([*first, row.name, *row.cells()]))
        first = ["", "", ""]
    return lines


# ---- the table of docs/VALIDATION.md ----

def _line(cells):
    return "| " + " | ".join(cells) + " |"


def _markdown_cells(row):
    kernel = f"{row.median:,.0f}"
    if not row.is_small:
        kernel += f" ± {100 * row.spread:.1f} %"
    if row.ours is None:
        return [kernel, ""]
    return [kernel, f"{row.ours:,}" if row.is_small else
            f"{row.ours:,} ({row.difference:+.1f} %)"]


def markdown(kernel, cases, tolerance, command):
    names = [row.name for case in cases for row in case.compare(tolerance)]
    names = list(dict.fromkeys(names))
    heads = ["program", "peak MiB", "limit"]
    for name in names:
        heads += [name + ", kernel", "vmtrace"]
    lines = [f"Measured with `{command}`, {about(kernel)}.", "", _line(heads),
             _line(["---", *["---:"] * (len(heads) - 1)])]
    for case in cases:
        cells = [case.name, _mebibytes(case.peak_pages), f"{case.percent} %"]
        for row in case.compare(tolerance):
            cells += _markdown_cells(row)
        lines.append(_line(cells))
    killed = [f"{case.name} at {case.percent} %: {_killed(case)}" for case in cases
              if _killed(case)]
    if killed:
        lines += ["", "; ".join(killed) + "."]
    return "\n".join(lines) + "\n"


def json_document(kernel, cases, tolerance):
    return json.dumps(
        {"device": kernel.device, "release": kernel.release,
         "cases": [{"program": case.name, "percent": case.percent,
                    "peak_pages": case.peak_pages, "limit_pages": case.limit_pages,
                    "runs": case.runs, "vmtrace": case.watched,
                    "vmtrace_seconds": case.seconds, "agrees": case.agrees(tolerance)}
                   for case in cases]}, indent=1) + "\n"
