"""Looks closely at one area (--show) or one page (--page), on both sides."""

import difflib

from faults import PAGE_BYTES, PAGE_SHIFT
from place import Trouble
from show_text import place_of, table
from symbols import describe

NEIGHBOURS = 16                         # a fault-around window


def _matches(name, wanted):
    return name == wanted or name.endswith("/" + wanted)


def _cells(fault, owner):
    page = place_of(fault)[1]
    mapped = "" if fault.n_mapped is None else f"{fault.n_mapped:+d}"
    return [page, f"{fault.address:#x}", fault.kind, fault.access, mapped, fault.by,
            describe(owner, fault.ip)]


HEADS = ["", "page", "address", "kind", "", "file pages", "of", "instruction"]


def _aligned(kernel, ours, owner):
    """Both lists in order: `=` on both sides, `-` the kernel's alone, `+` ours."""
    def marks(faults):
        return [(fault.key, fault.kind) for fault in faults]

    rows = []
    matcher = difflib.SequenceMatcher(None, marks(kernel), marks(ours), autojunk=False)
    for what, low, high, our_low, our_high in matcher.get_opcodes():
        if what == "equal":
            rows += [["=", *_cells(fault, owner)] for fault in kernel[low:high]]
        else:
            rows += [["-", *_cells(fault, owner)] for fault in kernel[low:high]]
            rows += [["+", *_cells(fault, owner)] for fault in ours[our_low:our_high]]
    return rows


def show_area(comparison, wanted):
    """Every fault of an area in order: lines."""
    lines = []
    for image in comparison.images:
        kernel, ours = [[fault for fault in side.faults if _matches(fault.area, wanted)]
                        for side in (image.natives[0], image.watched)]
        if kernel or ours:
            lines += ["", f"{image.name}: {wanted}: {len(kernel)} faults by the kernel, "
                      f"{len(ours)} by vmtrace; = both, - the kernel alone, + vmtrace "
                      "alone; file pages: that became resident with it"]
            lines += table(HEADS, _aligned(kernel, ours, image.natives[0]), left=8)
    if not lines:
        areas = sorted({fault.area for image in comparison.images
                        for side in (image.natives[0], image.watched)
                        for fault in side.faults})
        raise Trouble(f"there is no fault in an area '{wanted}'; there are in "
                      f"{', '.join(areas)}")
    return lines


def _parse_page(text):
    area, _, number = text.rpartition(":")
    try:
        return area, int(number, 0)
    except ValueError as error:
        raise Trouble(f"--page={text}: not AREA:PAGE") from error


def _number(fault):
    return fault.page if fault.page is not None else fault.address >> PAGE_SHIFT


def _mappings(image, area, page):
    rows = []
    for time, mapped in image.mappings:
        first = (mapped.offset if mapped.name.startswith("/") else mapped.start) \
            >> PAGE_SHIFT
        n_pages = (mapped.end - mapped.start) // PAGE_BYTES
        if _matches(mapped.name, area) and first <= page < first + n_pages:
            rows.append([f"{time:.9f}", f"{mapped.start:#x}..{mapped.end:#x}",
                         f"pages {first:#x}..{first + n_pages:#x}", mapped.rights,
                         "shared" if mapped.shared else "private",
                         f"{mapped.start + (page - first) * PAGE_BYTES:#x}"])
    return rows


def _neighbours(folios, area, page):
    """What a fault could have mapped the page with."""
    start, n_pages = folios.is_known and folios.of_page(area, page) or (page, 1)
    return max(0, min(start, page - NEIGHBOURS)), max(start + n_pages, page + NEIGHBOURS + 1)


def show_page(result, text):
    """What happened to a page and its neighbours: lines."""
    area, page = _parse_page(text)
    low, high = _neighbours(result.folios, area, page)
    lines = []
    for image in result.comparison.images:
        native = image.natives[0]
        mappings = _mappings(native, area, page)
        if not mappings:
            continue
        lines += ["", f"{image.name}: mappings that cover page {page} of {area}"]
        lines += table(["seconds", "addresses", "pages", "rights", "", "the page"],
                       mappings, left=6)
        for side, faults in (("kernel", native.faults), ("vmtrace", image.watched.faults)):
            rows = [[f"{fault.time:.9f}" if fault.time else str(at), *_cells(fault, native)]
                    for at, fault in enumerate(faults) if _matches(fault.area, area)
                    and low <= _number(fault) < high]
            lines += ["", f"by {side}: faults of pages {low} to {high - 1}"]
            lines += table(["when"] + HEADS[1:], rows, left=8)
    if not lines:
        raise Trouble(f"--page={text}: no mapping has this page")
    return lines + ["", result.folios.describe(area, page)]
