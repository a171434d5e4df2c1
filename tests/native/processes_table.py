"""What scripts/validate-processes prints."""

from show_text import table
from verdict import span

ALL, END = None, "end"


def _off(share):
    if share == float("inf"):
        return "none there"
    return f"{100 * share:+.1f}%" if share else "0"


def _cells(figure):
    return [figure.moment or "", figure.name, span(figure.row.kernel),
            f"{figure.row.ours:,}", _off(figure.off), "" if figure.agrees else "beyond"]


HEADS = ["process", "program", "moment", "figure", "kernel", "vmtrace", "off by", ""]


def _worst(row, name):
    """Of all moments."""
    figures = [figure for figure in row.figures if figure.name == name]
    return max(figures, key=lambda figure: (not figure.agrees, abs(figure.off)), default=None)


def _chosen(row, with_all):
    if with_all:
        return row.figures
    names = dict.fromkeys(figure.name for figure in row.figures)
    worst = [_worst(row, name) for name in names]
    return [figure for figure in worst if not figure.agrees or figure.is_count]


def _place(row):
    number, image = row.place
    if number == 0:
        return "all"
    return f"{number}.{image}" if image else str(number)


def text(name, comparison, with_all):
    """Lines: faults of each process, and of what is resident what is beyond."""
    rows = []
    for row in comparison.rows:
        for figure in _chosen(row, with_all):
            rows.append([_place(row), row.name, *_cells(figure)])
        if row.missing:
            rows.append([_place(row), row.name, ", ".join(row.missing), "", "", "", "",
                         "one side alone"])
        if row.not_shared and with_all:
            rows.append([_place(row), row.name, ", ".join(row.not_shared), "shares", "", "", "",
                         "others at work"])
    n_off = len(comparison.disagreeing)
    n_figures = sum(len(row.figures) for row in comparison.rows)
    verdict = f"{n_off} of {len(comparison.rows)} differ" if n_off else "agree"
    if comparison.n_not_shared:
        verdict += f"; what is shared is not compared at {comparison.n_not_shared} ends, with " \
                   "others at work"
    return [f"{name}: {n_figures} figures: {verdict}", *table(HEADS, rows, left=4), ""]


def _groups(comparison):
    """Programs of the same name together."""
    found = {}
    for row in comparison.rows:
        found.setdefault(row.name, []).append(row)
    return found


def _n_programs(program, rows, comparison):
    return len(comparison.rows) - 1 if program == "(all)" else len(rows)


def _sums(rows, name, moment):
    """(kernel's least, most, ours) of all; None if there is none."""
    figures = [figure for row in rows for figure in row.figures
               if (figure.name, figure.moment) == (name, moment)]
    if not figures:
        return None
    return (sum(figure.row.kernel.least for figure in figures),
            sum(figure.row.kernel.most for figure in figures),
            sum(figure.row.ours for figure in figures))


def _pair(rows, name, moment):
    sums = _sums(rows, name, moment)
    if sums is None:
        return "| | "
    least, most, ours = sums
    kernel = f"{least:,}" if least == most else f"{least:,}..{most:,}"
    return f"| {kernel} | {ours:,} "


def _most_off(rows):
    """The figure that is farthest off, of those that are more than a few pages."""
    figures = [figure for row in rows for figure in row.figures
               if not figure.agrees or abs(figure.off) > 0]
    if not figures:
        return "0"
    worst = max(figures, key=lambda figure: (not figure.agrees, abs(figure.row.difference)
                                             / (1 if figure.is_count else 4)))
    moment = f" ({worst.moment})" if worst.moment else ""
    return f"{worst.name}{moment}: {span(worst.row.kernel)} and {worst.row.ours:,}"


def markdown(results, about):
    lines = [f"Measured with `{about['command']}` on Linux {about['kernel']}, {about['cpu']}, "
             f"{about['processors']} CPUs, {about['valgrind']}.", "",
             "| tree | program | times | Flt, kernel | vmtrace | ForkCow + Reuse, kernel "
             "| vmtrace | Rss KiB at the end, kernel | vmtrace | Pss, kernel | vmtrace | figures "
             "| beyond | farthest off |",
             "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: "
             "| ---: | --- |"]
    for name, comparison in results:
        for program, rows in _groups(comparison).items():
            figures = [figure for row in rows for figure in row.figures]
            n_beyond = sum(not figure.agrees for figure in figures) + \
                sum(len(row.missing) for row in rows)
            lines.append(
                f"| {name} | {program} | {_n_programs(program, rows, comparison)} "
                f"{_pair(rows, 'ru_minflt' if program == '(all)' else 'Flt', ALL)}"
                f"{_pair(rows, 'ForkCow+Reuse', ALL)}{_pair(rows, 'Rss', END)}"
                f"{_pair(rows, 'Pss', END)}| {len(figures)} | {n_beyond} | {_most_off(rows)} |")
    return lines
