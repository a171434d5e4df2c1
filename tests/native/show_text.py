"""Tables in plain text."""

import os

from compare import maxrss_uncertainty_bytes
from faults import PAGE_BYTES
from symbols import describe
from verdict import span

FIRST_PAGES = 20


def table(heads, rows, left=1):
    """Lines; the first `left` columns are set left, and the last if it is text."""
    cells = [heads, *[[str(cell) for cell in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    lines = []
    for row in cells:
        text = [cell.ljust(width) if i < left else cell.rjust(width)
                for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  ".join(text).rstrip())
    return lines


def signed(number):
    return f"{number:+,}" if number else "0"


def megabytes(n_bytes):
    return f"{n_bytes / (1 << 20):,.2f}"


def _row(name, row):
    return [name, span(row.kernel), f"{row.ours:,}", signed(row.difference)]


def place_of(fault):
    """Area, page, and address, as a reader finds them again with --page."""
    page = fault.page if fault.page is not None else fault.address // PAGE_BYTES
    return fault.area or "(none)", f"{page:,}" if fault.page is not None else \
        f"{page:#x}"


# ---- one program ----

def _totals(comparison, stat):
    rows = [_row("Flt (ru_minflt + ru_majflt)", comparison.total),
            _row("with an event of perf's", comparison.events),
            _row("refused", comparison.refused)]
    lines = table(["Faults", "kernel", "vmtrace", "difference"], rows)
    lines.append(f"perf stat, without a recording: {stat['page-faults']:,} page-faults, "
                 f"{stat['minor-faults']:,} minor, {stat['major-faults']:,} major")
    return lines


def _resident(comparison):
    lines = ["", "Resident at the peak, MiB"]
    rows = [[image.name, megabytes(image.rss_peak.kernel.most),
             megabytes(image.rss_peak.ours),
             f"{image.rss_peak.difference / max(1, image.rss_peak.kernel.most):+.2%}"]
            for image in comparison.images if image.rss_peak is not None]
    if rows:
        lines += table(["of", "kernel", "vmtrace", "difference"], rows)
    else:
        lines.append(f"vmtrace {megabytes(comparison.our_rss_peak)}; the kernel's exact "
                     "number takes tracepoints")
    uncertainty = maxrss_uncertainty_bytes(os.cpu_count())
    lines.append(f"ru_maxrss {megabytes(comparison.maxrss.most)}, good to "
                 f"{megabytes(uncertainty)}: each processor keeps some pages to itself")
    return lines


def one_sided_rows(image):
    """(fault, side)."""
    return [(fault, "kernel") for fault in image.kernel_alone] + \
        [(fault, "vmtrace") for fault in image.ours_alone]


def _first(rows, show_all):
    if show_all or len(rows) <= FIRST_PAGES:
        return rows, []
    return rows[:FIRST_PAGES], [f"... and {len(rows) - FIRST_PAGES} more: --all"]


def _one_sided(image, show_all):
    rows, more = _first(one_sided_rows(image), show_all)
    if not rows:
        return []
    cells = [[side, *place_of(fault), f"{fault.address:#x}", fault.kind, fault.access,
              fault.by, describe(image.natives[0], fault.ip)] for fault, side in rows]
    return ["", f"{image.name}: found by one side alone",
            *table(["by", "area", "page", "address", "kind", "", "of", "instruction"],
                   cells, left=8), *more]


def _other_kinds(image, show_all):
    rows, more = _first(image.other_kinds, show_all)
    if not rows:
        return []
    cells = [[*place_of(fault), f"{fault.address:#x}", fault.kind, other.kind,
              describe(image.natives[0], fault.ip)] for fault, other in rows]
    return ["", f"{image.name}: found by both, as different kinds",
            *table(["area", "page", "address", "kernel", "vmtrace", "instruction"], cells,
                   left=6), *more]


def image_tables(image):
    lines = ["", f"{image.name}: {image.n_both:,} faults found by both, "
             f"{len(image.other_kinds)} as different kinds, "
             f"{len(image.kernel_alone)} by the kernel alone, "
             f"{len(image.ours_alone)} by vmtrace alone", ""]
    if image.kernel_distance:
        lines[-1:] = [f"(native runs differ in up to {image.kernel_distance} faults; "
                      f"vmtrace from the nearest in {image.distance})", ""]
    lines += table(["Kind", "kernel", "vmtrace", "difference"],
                   [_row(*pair) for pair in image.kinds.items()])
    lines.append("")
    lines += table(["Area", "kernel", "vmtrace", "difference"],
                   [_row(*pair) for pair in image.areas.items()])
    return lines


def program(result, show_all):
    """The whole comparison of one program: lines."""
    comparison = result.comparison
    lines = _totals(comparison, result.stat)
    if not comparison.has_access:
        lines.append("No tracepoints here: the kernel does not tell reads from writes, and "
                     "kinds are compared by what backs the page.")
    if not result.folios.is_known:
        lines.append("Large folios of the page cache are not known: it takes root.")
    for image in comparison.images:
        lines += image_tables(image)
        lines += _one_sided(image, show_all) + _other_kinds(image, show_all)
    lines += _resident(comparison)
    lines += ["", *verdict_lines(result)]
    return lines


def verdict_lines(result):
    if not result.objections:
        return ["The two agree."]
    return ["The two do not agree:", *["  " + line for line in result.objections]]


# ---- a list ----

_WIDTHS = (24, 16, 9, 7, 9, 6, 6, 7, 9, 9)
_HEADS = (("", "Flt", "", "", "found by", "other", "kernel", "vmtrace", "RssPeak", "MiB",
           ""),
          ("program", "kernel", "vmtrace", "diff", "both", "kinds", "alone", "alone",
           "kernel", "vmtrace", "verdict"))


def list_row(result):
    comparison = result.comparison
    peak = comparison.rss_peak
    return [result.name, span(comparison.total.kernel), f"{comparison.total.ours:,}",
            signed(comparison.total.difference), f"{comparison.total_of('n_both'):,}",
            str(comparison.total_of("other_kinds")),
            str(comparison.total_of("kernel_alone")),
            str(comparison.total_of("ours_alone")),
            megabytes(peak.kernel.most if peak else comparison.maxrss.most),
            megabytes(peak.ours if peak else comparison.our_rss_peak),
            "differ" if result.objections else "agree"]


def _list_line(cells):
    first, *others = cells
    return "  ".join([first.ljust(_WIDTHS[0])] +
                     [cell.rjust(width) for cell, width in zip(others, _WIDTHS[1:])] +
                     list(cells[len(_WIDTHS):])).rstrip()


def list_heads():
    return list(map(_list_line, _HEADS))


def list_lines(result):
    if result.skipped:
        return [f"{result.name.ljust(_WIDTHS[0])}  skipped: {result.skipped}"]
    return [_list_line(list_row(result)), *["    " + line for line in result.objections]]
