#!/usr/bin/env -S python3 -B
"""vmtrace compare on profiles whose numbers are known, because they were made."""

import csv
import io
import json
import os
import re
import shutil

from make_heap import PAGES, PEAK, program, whole_program
from make_profile import EVENTS, Profile
from verb_test import check, complains, finish, holds, output, path, valid, vmtrace

os.environ["LC_ALL"] = "C"
ESCAPE = re.compile("\033\\[[0-9;]*m")


def write(name, faults, curve=None, instrs=1000, events=EVENTS, rss_peak=8192, pages=2,
          working_set=3, settings=None, machine=None, command=None, more=(), end=True):
    """A profile with that many ZeroWr, that curve, and resident pages at the end."""
    p = Profile(exe="/nowhere/x", events=events, machine=machine or {},
                command=command or ["./sample"], settings=settings or {"cores": 1})
    own = p.object("/nowhere/x")
    p.block(own, 4096, [4], instrs, dr=[1])
    p.charge(p.stack([(own, 4096)]), p.area("[heap]", "heap"), ZeroWr=faults, **dict(more))
    if curve:
        p.raw(json.dumps({"curve": {"mode": "exact", "error_pages": 0,
                                    "peak_pages": curve[-1][0],
                                    "first_touches": curve[-1][1], "points": curve}}))
    if working_set:
        p.raw(json.dumps({"windows": {
            "instrs": 1000, "per_sample": 1, "samples": [[1, 1, 1, working_set, 1,
                                                          working_set]],
            "peak": {"window": 1, "pages": working_set}}}))
        p.raw(json.dumps({"timeline": {"columns": ["instrs", "RssPages"],
                                       "samples": [[500, 9], [1000, pages]]}}))
    if end:
        p.end(rss_peak=rss_peak)
    return p.write(path(name))


def document(*arguments):
    got = json.loads(output("compare", "--format=json", *arguments))
    valid(f"compare {arguments}", "compare.schema.json", got)
    return got


def rows(got):
    """(section, name or size) -> values, in order."""
    return {(r["section"], r.get("ram_bytes", r["name"])): r["values"] for r in got["rows"]}


def cells(text, name):
    """The cells of a row of the text."""
    row = next(line for line in text.splitlines() if line.strip().startswith(name + "  "))
    return re.split("  +", row.strip())[1:]


# The peaks are 8 and 16 pages: shares of 8 are 8, 6, 4 and 2 pages.
LOW = [[n, 100 - 10 * n] for n in range(1, 9)]
HIGH = [[n, 330 - 20 * n] for n in range(1, 17)]
PAGE = 4096


def three():
    return (write("low", 20, LOW, rss_peak=8 * PAGE, pages=7),
            write("high", 10, HIGH, instrs=1100, rss_peak=16 * PAGE, pages=16,
                  working_set=6, more={"Evict": 5, "SwapIn": 2}.items()),
            write("bare", 20, instrs=999, rss_peak=8 * PAGE, working_set=None))


def check_numbers(files):
    got = document(*files)
    low, high = dict(LOW), dict(HIGH)
    # In the order of sections, and of events in the profiles; what is 0 in all is not
    # there.  SwapIn is a major fault: high has 10 + 2 in all.
    expected = {
        ("executed", "Ir"): [1000, 1100, 999], ("executed", "Dr"): [1000, 1100, 999],
        ("faults", "Flt"): [20, 12, 20], ("faults", "MinFlt"): [20, 10, 20],
        ("faults", "MajFlt"): [0, 2, 0], ("faults", "ZeroWr"): [20, 10, 20],
        ("faults", "SwapIn"): [0, 2, 0], ("events", "Evict"): [0, 5, 0],
        ("memory", "RssPeak"): [8 * PAGE, 16 * PAGE, 8 * PAGE],
        ("memory", "RssEnd"): [7 * PAGE, 16 * PAGE, None],
        ("memory", "WsPeak"): [3 * PAGE, 6 * PAGE, None],
        **{("curve", n * PAGE): [low[n], high[n], None] for n in (8, 6, 4, 2)}}
    check("rows", list(expected.items()), list(rows(got).items()))
    check("percents", [100, 75, 50, 25],
          [r["percent"] for r in got["rows"] if r["section"] == "curve"])
    check("bytes", {"RssPeak", "RssEnd", "WsPeak"},
          {r["name"] for r in got["rows"] if r["unit"] == "bytes"})
    least = {r["name"]: r["least"] for r in got["rows"]}
    check("the least: one, two, of those that are known",
          ([2], [1], [0, 2], [0], [0]),
          tuple(least[n] for n in ("Ir", "Flt", "Evict", "RssEnd", "CurveFlt")))
    check("columns", ["low", "high", "bare"], [c["name"] for c in got["columns"]])
    check("their profiles", list(files), [c["runs"][0]["profile"] for c in got["columns"]])
    check("libraries", [None] * 3, [c["library"] for c in got["columns"]])
    check("nothing to say", [], got["notes"])
    check_csv(files, expected)


def check_csv(files, expected):
    table = list(csv.reader(io.StringIO(output("compare", "--format=csv", *files),
                                        newline="")))
    check("csv: titles", ["section", "name", "unit", "ram_bytes", "low", "high", "bare"],
          table[0])
    check("csv: rows", [list(map(str, key)) + ["" if v is None else str(v) for v in values]
                        for key, values in expected.items()],
          [[r[0], r[3] or r[1], *r[4:]] for r in table[1:]])


def check_text(files):
    text = output("compare", *files)
    for name, expected in (
            # 1100 is 10% more than 1000, 999 is 0.1% less.
            ("Ir", ["1,000", "1,100", "+10.0%", "*999", "-0.1%"]),
            # 12 is 40% less than 20.
            ("Flt", ["20", "*12", "-40.0%", "20", "="]),
            ("Evict", ["*0", "5", "new", "*0", "="]),
            ("RssPeak", ["*32.0 KiB", "64.0 KiB", "x2.00", "*32.0 KiB", "="]),
            ("RssEnd", ["*28.0 KiB", "64.0 KiB", "x2.29", "-"]),
            # 4 pages: 60 and 250 faults.
            ("16,384 bytes, 50%", ["*60", "250", "x4.17", "-"])):
        check(f"text: {name}", expected, cells(text, name))
    check("titles", ["low", "high", "bare"],
          next(line for line in text.splitlines() if " high " in line).split())
    holds("one command for all", text.startswith("Command      ./sample, exit status 0\n"),
          text)
    colored = output("compare", "--color=always", *files)
    check("colour changes nothing else", text, ESCAPE.sub("", colored))
    for what, words in (("least", "\033[32m*12\033[0m"), ("less", "\033[32m-40.0%\033[0m"),
                        ("more", "\033[33m+10.0%\033[0m"),
                        ("twice as much", "\033[1;31mx2.00\033[0m")):
        holds(f"colour: {what}", words in colored, colored)
    small = output("compare", write("million", 1000000), write("plus", 1000001))
    check("a small change", ["*1,000,000", "1,000,001", "+<0.1%"], cells(small, "ZeroWr"))
    check("one that fell", ["1,000,001", "*1,000,000", "-<0.1%"],
          cells(output("compare", path("plus"), path("million")), "ZeroWr"))
    check("from 1 to 1000", ["*1", "1,000", "x1000"],
          cells(output("compare", write("one", 1), write("thousand", 1000)), "ZeroWr"))


def check_markdown(files):
    text = output("compare", "--format=md", *files)
    lines = text.splitlines()
    check("md: head", ["| | low | high | bare |", "|---|--:|--:|--:|", "| **Executed** | | | |"],
          lines[:3])
    holds("md: a row", "| Flt | 20 | **12** (-40.0%) | 20 (=) |" in lines, text)
    holds("md: unknown", "| RssEnd | **28.0 KiB** | 64.0 KiB (x2.29) | - |" in lines, text)
    check("md: as many cells in each line", {5}, {line.count("|") for line in lines})


def check_unlike(files):
    """Other events, other commands, other settings."""
    newer = EVENTS + ["Allocs", "AllocBytes"]
    new = write("newer", 20, LOW, events=newer, more={"Allocs": 7, "AllocBytes": 2048}.items(),
                settings={"cores": 2, "ram": 65536}, command=["./other"], machine={"x": 1})
    got = document(files[0], new)
    check("an event that one alone knows", ([None, 7], [None, 2048]),
          (rows(got)[("heap", "Allocs")], rows(got)[("heap", "AllocBytes")]))
    check("its unit", "bytes",
          next(r["unit"] for r in got["rows"] if r["name"] == "AllocBytes"))
    check("settings", ["not all runs had the same --cores: 1, 2",
                       "not all runs had the same --ram: ?, 65536",
                       "not all runs had the same machine (its TLBs or settings; "
                       "--format=json has them)"], got["notes"])
    text = output("compare", files[0], new)
    check("events in text", ["-", "2.0 KiB"], cells(text, "AllocBytes"))
    holds("commands", "Commands     low: ./sample, exit status 0\n"
          "             newer: ./other, exit status 0\n" in text, text)
    holds("a note", "Note         not all runs had the same --cores: 1, 2\n" in text, text)
    holds("md: a note", "_not all runs had the same --cores: 1, 2_\n"
          in output("compare", "--format=md", files[0], new))
    cut = write("cut", 5, end=False)
    p = Profile(exe="/nowhere/x")
    p.raw('{"end":{"exec":"/bin/other"}}')
    check("a wrapper", [True], [note.startswith("wraps ends where another program")
                                for note in document(files[0], p.write(path("wraps")))["notes"]])
    check("cut short", [True, False], [c["complete"] for c in document(files[0], cut)["columns"]])
    holds("cut short in text", "Warning      cut: " in output("compare", files[0], cut))


def check_heap(files):
    """Two programs of the same blocks, of which the second has more pages."""
    first = whole_program().write(path("first"))
    p = program()
    p.raw(json.dumps({"heap_pages": {
        **PAGES, "peak": {**PEAK, "resident": 30, "fullness": [11, *PEAK["fullness"][1:]]},
        "returned": {"brk": 0, "munmap": 30}, "back": 0, "calls": {"brk": 1}}}))
    p.end(rss_peak=270 * PAGE)
    second = p.write(path("fuller"))
    got = document(first, second, files[0])
    heap = {r["name"]: (r["unit"], r["values"]) for r in got["rows"]
            if r["section"] == "heap"}
    check("heap", {
        "Allocs": ("count", [1002, 1002, None]), "Frees": ("count", [900, 900, None]),
        "AllocBytes": ("bytes", [84000, 84000, None]),
        "LiveBytes": ("bytes", [26400, 26400, None]),
        "LivePeak": ("bytes", [52000, 52000, None]),
        "Straddles": ("count", [15, 15, None]), "KeptPages": ("count", [17, 17, None]),
        "PinnedPages": ("count", [5, 5, None]), "CallFlt": ("count", [4, 4, None]),
        "HeapLive": ("bytes", [50000, 50000, None]),
        "HeapRss": ("bytes", [20 * PAGE, 30 * PAGE, None]),
        # 81,920 and 122,880 bytes for 50,000.
        "HeapOver": ("permille", [638, 1458, None]),
        "HeapStraddling": ("count", [7, 7, None]),
        "HeapEnd": ("bytes", [12 * PAGE, 12 * PAGE, None]),
        "HeapReturned": ("bytes", [9 * PAGE, 30 * PAGE, None]),
        "HeapBack": ("count", [4, 0, None]), "HeapCalls": ("count", [8, 1, None])}, heap)
    text = output("compare", first, second, files[0])
    check("points of a percentage", ["*63.8%", "145.8%", "+82.0", "-"], cells(text, "HeapOver"))
    check("bytes", ["*36.0 KiB", "120.0 KiB", "x3.33", "-"], cells(text, "HeapReturned"))
    holds("explained", "in HeapRss of resident heap" in " ".join(text.split()), text)
    holds("md", "| HeapOver | **63.8%** | 145.8% (+82.0) |" in
          output("compare", "--format=md", first, second))
    holds("csv", "\nheap,HeapOver,permille,,638,1458\r\n" in
          output("compare", "--format=csv", first, second))
    check("no heap, no rows", [], [r for r in document(files[0], files[1])["rows"]
                                   if r["section"] == "heap"])


def check_names(files):
    """Base names, whole ones where two are the same; strange ones."""
    os.mkdir(path("sub"))
    again = shutil.copy(files[0], path("sub/low"))
    check("two of a name", [files[0], again, "high"],
          [c["name"] for c in document(files[0], again, files[1])["columns"]])
    strange = shutil.copy(files[0], path("a|b\033[31m\udcff*"))
    check("in JSON", "a|b\033[31m\udcff*", document(files[1], strange)["columns"][1]["name"])
    for form in ("text", "md", "csv"):
        holds(f"no escape sequence in {form}",
              "\033" not in output("compare", "--format=" + form, files[1], strange))
    holds("md: no cell's end in a name", "| a\\|b\\\\x1b\\[31m\\\\xff\\* |"
          in output("compare", "--format=md", files[1], strange))
    check("options after files", 0, vmtrace("compare", *files, "--format=csv")[0])
    output("compare", "-o", path("out"), "--", *files)
    with open(path("out"), encoding="utf-8") as written:
        check("-o", output("compare", *files), written.read())


def check_complaints(files):
    complains("no file", "which profiles?", "compare")
    complains("one file", "nothing beside it", "compare", files[0])
    complains("a file that is not there", "no-such", "compare", files[0], path("no-such"))
    complains("a format", "text, json, csv or md", "compare", "--format=html", *files)
    complains("--keep", "for the profiles of --allocators", "compare", "--keep=x", *files)
    complains("the tool's option", "cannot take --ram=1M", "compare", "--ram=1M", *files)
    complains("an option of one letter", "cannot take -x", "compare", "-x", *files)
    complains("no program", "which program?", "compare", "--allocators=glibc")
    complains("an option too late", "options come before", "compare", "true",
              "--allocators=glibc")
    complains("no such allocator", "there is no 'hoard'", "compare", "--allocators=hoard", "true")
    complains("no library", "cannot read the library ./no.so", "compare",
              "--allocators=glibc,./no.so", "true")
    complains("twice", "two of the name glibc", "compare", "--allocators=glibc,glibc", "true")
    complains("the profile's name", "--keep=DIR says", "compare", "--allocators=glibc",
              "--vmtrace-out-file=x", "true")


def main():
    files = three()
    check_numbers(files)
    check_text(files)
    check_markdown(files)
    check_unlike(files)
    check_heap(files)
    check_names(files)
    check_complaints(files)
    finish()


main()
