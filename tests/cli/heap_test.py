#!/usr/bin/env -S python3 -B
"""What report says of the heap, on a profile whose numbers are known."""

import json
import os
import re

from make_heap import (AT, CALL_EVENTS, DIVE, FILL, HEAP_COLUMNS, LIBRARY, MMAP, NOW, PAGES, PEAK, TOTALS,
                       program, whole_program)
from make_profile import BINARY, EVENTS, Profile, add, marks, with_sums
from verb_test import check, complains, finish, holds, output, path, valid

LINE = marks()
SMALL = ("profile_sample.c", LINE["FILL"], "malloc")
LARGE = ("profile_sample.c", LINE["DIVE"], "malloc")
MAPPED = ("profile_sample.c", LINE["MAIN_DIVE"], "mmap")
OWN, NONE = ("", 0, "allocator"), ("", 0, "none")
BLOCK_EVENTS = {"Allocs", "Frees", "AllocBytes", "LivePeak", "LiveBytes", "Straddles",
                "KeptPages", "PinnedPages", "CallFlt"}
# What is touched of each site, and by which line.
TOUCHED = {
    SMALL: {"FILL": with_sums({"ZeroWr": 30, "DtlbM": 7, "StlbM": 3, "RssPages": 12}),
            "TOUCH": with_sums({"ZeroWr": 11, "FileRd": 1, "DtlbM": 90, "StlbM": 40})},
    LARGE: {"TOUCH": with_sums({"ZeroWr": 5, "ForkCow": 2, "RssPages": 5})},
    MAPPED: {"TOUCH": with_sums({"ZeroWr": 200, "RssPages": 200})},
    OWN: {"FILL": with_sums({"ZeroWr": 6, "RssPages": 3})},
    NONE: {"FILL": with_sums({"FileCow": 8, "DtlbM": 2})},
}


def document(*arguments):
    got = json.loads(output("report", "--format=json", *arguments))
    valid(f"report {arguments}", "report.schema.json", got)
    return got


def key(row):
    return (os.path.basename(row["file"]), row["line"], row["kind"])


def touches(events):
    return {name: n for name, n in events.items() if name not in BLOCK_EVENTS}


def by_name(line):
    return {number: name for name, number in LINE.items()}[line]


def summed(parts):
    total = {}
    for events in parts:
        add(total, events)
    return total


def blocks(numbers):
    names = {"allocs": "Allocs", "frees": "Frees", "bytes": "AllocBytes",
             "peak_bytes": "LivePeak", "live_bytes": "LiveBytes",
             "straddles": "Straddles", "kept_pages_at_peak": "KeptPages",
             "pinned_pages_at_peak": "PinnedPages"}
    return {event: numbers[name] for name, event in names.items() if numbers.get(name)}


def check_sites(p, file):
    got = document("--by=site", file)
    rows = {key(row): row for row in got["sites"]}
    check("sites, most bytes live first, mappings after malloc's",
          [SMALL, LARGE, MAPPED, NONE, OWN], [key(row) for row in got["sites"]])
    for site, lines in TOUCHED.items():
        check(f"{site}: its lines", lines, {by_name(row["line"]): row["events"]
                                            for row in rows[site]["lines"]})
        check(f"{site}: what its lines add up to", summed(lines.values()),
              touches(rows[site]["events"]))
    for site, numbers in ((SMALL, FILL), (LARGE, DIVE), (MAPPED, MMAP)):
        called = {"CallFlt": CALL_EVENTS["ZeroWr"]} if site == SMALL else {}
        check(f"{site}: blocks", {**blocks(numbers), **called},
              {name: n for name, n in rows[site]["events"].items() if name in BLOCK_EVENTS})
        for name in ("live_blocks", "live_bytes", "bytes_at_peak", "kept_pages",
                     "kept_pages_at_peak", "pinned_pages", "pinned_pages_at_peak"):
            check(f"{site}: {name}", numbers.get(name, 0), rows[site][name])
    check("in the allocator's calls", {SMALL: with_sums(CALL_EVENTS)},
          {site: row["call_events"] for site, row in rows.items() if row["call_events"]})
    check("lifetime", FILL["lifetime"], rows[SMALL]["lifetime_instrs"])
    check("frames", [("??", LIBRARY), ("dive", BINARY), ("main", BINARY)],
          [(f["function"], f["object"]) for f in rows[LARGE]["frames"]])
    check("totals", {n: v for n, v in p.totals.items() if v},
          {n: v for n, v in got["totals"].items() if v})
    check("the table adds up", {n: v for n, v in p.totals.items()
                                if v and n not in BLOCK_EVENTS | {"Ir", "RssPeak"}},
          summed(touches(row["events"]) for row in got["sites"]))
    check("no warning of the heap", [True], [LIBRARY in text for text in got["warnings"]])
    for event, first in (("StlbM", SMALL), ("PinnedPages", SMALL), ("ForkCow", LARGE),
                         ("FileCow", NONE), ("LiveBytes", LARGE), ("Allocs", SMALL),
                         ("CallFlt", SMALL), ("Flt", MAPPED)):
        check(f"--sort={event}", first,
              key(document("--by=site", f"--sort={event}", file)["sites"][0]))
    check("--events", {"StlbM"}, {name for row in document(
        "--by=site", "--events=StlbM", file)["sites"] for name in row["events"]})


def check_lines(p, file):
    got = document(file)
    lines = {by_name(row["line"]): row for row in got["lines"]}
    check("lines add up", {n: v for n, v in p.totals.items()
                           if v and n not in ("RssPeak", "LivePeak")},
          summed(row["events"] for row in got["lines"]))
    check("blocks are of the line that asked for them", (1000, 2),
          (lines["FILL"]["events"]["Allocs"], lines["DIVE"]["events"]["Allocs"]))
    for name in ("FILL", "TOUCH"):
        check(f"{name}: its sites", {site: parts[name] for site, parts in TOUCHED.items()
                                     if name in parts and site != NONE},
              {key(row): row["events"] for row in lines[name]["sites"]})
    check("most faults first", [MAPPED, SMALL, LARGE],
          [key(row) for row in lines["TOUCH"]["sites"]])
    for by, name in (("function", "functions"), ("object", "objects"), ("stack", "stacks"),
                     ("area", "areas"), ("thread", "threads")):
        check(f"{by} alone", False, any("sites" in row for row in document(
            f"--by={by}", file)[name]))
        got = document(f"--by={by},site", file)
        parts = [part for row in got[name] for part in row["sites"]]
        check(f"{by},site adds up", {site: summed(lines.values())
                                     for site, lines in TOUCHED.items() if site != NONE},
              {site: summed(part["events"] for part in parts if key(part) == site)
               for site in map(key, parts)})
    got = document("--by=thread,site", file)
    check("a thread's sites", [[MAPPED, SMALL, OWN], [LARGE]],
          [[key(part) for part in row["sites"]] for row in got["threads"]])


def check_text(file):
    os.environ["LC_ALL"] = "C"
    text = output("report", "--by=site", file)
    rows = [line.split() for line in text.splitlines()]
    here = f"profile_sample.c:{LINE['FILL']}"
    # 12 pages kept, 5 of them pinned; 1,800,000 instructions for 900 blocks.
    small = next(row for row in rows if row[:2] == ["40,000", "1,000"])
    check("a site", ["40,000", "1,000", "12", "5", "42", "4", "43", "2k"], small[:8])
    holds("its line", small[8].endswith(here) and small[9] == "fill", text)
    holds("mmap is marked", "main  (mmap)" in text, text)
    holds("a library's call is named", "dive  via ?? (libgone.so.1)" in text, text)
    text = text[text.index("Flt on the memory of these sites"):]
    order = [text.index(words) for words in
             (f"profile_sample.c:{LINE['FILL']}  fill\n", "30  71.4%", "12  28.6%",
              "4         on the allocator's own memory, in its calls from here\n",
              f"profile_sample.c:{LINE['DIVE']}  dive\n", "7 100.0%",
              f"profile_sample.c:{LINE['MAIN_DIVE']}  main  (mmap)\n", "200 100.0%",
              "(allocator's own)\n", "6 100.0%", "2         in no call from a site\n")]
    check("touching lines below their site", sorted(order), order)
    text = output("report", "--by=site", "--sort=Flt", file)
    for words in ("(allocator's own)", "(no site)", "ZeroWr 98% FileRd 2%", "200  76.0%"):
        holds(f"by Flt: {words}", words in text, text)
    holds("fewer columns beside kinds",
          "\nFlt         CallFlt   LivePeak  Allocs  StlbM  Kinds " in text, text)
    text = output("report", "--by=line,site", "--sort=StlbM", file)
    check("StlbM by line and site", [["40", "93.0%"], ["3", "7.0%"]],
          [row.split()[:2] for row in text[text.index("StlbM by"):].splitlines()[2:]])
    holds("caption", "StlbM by line and site, charged to" in text, text)
    text = output("report", "--by=stack,site", file)
    holds("a stack's site", "200 Flt (76.0%)" in text and "ZeroWr  on memory of" in text, text)
    for event, first, n_more in (("Flt", "MAIN_DIVE", 3), ("LiveBytes", "DIVE", 2)):
        text = output("report", "--by=site", "--top=1", f"--sort={event}", file)
        rows = text[text.index(f"{event} by site"):].splitlines()
        holds(f"one site by {event}, and the allocator's own",
              f"profile_sample.c:{LINE[first]} " in rows[2] and "(allocator's own)" in rows[3]
              and rows[4].startswith(f"... and {n_more} more"), text)
    check("the same in JSON", [LARGE, OWN], [key(row) for row in document(
        "--by=site", "--sort=LiveBytes", "--top=1", file)["sites"]])
    holds("none of any", "\nnone\n" in output("report", "--by=site", "--sort=FileMaj", file))


def check_callers():
    """Sites of one line are told apart by the first caller that they do not share."""
    p = Profile()
    own = p.object(BINARY)
    fill, bottom, dive = (own, AT["FILL"]), (own, AT["BOTTOM"]), (own, AT["DIVE"])
    main = (own, AT["MAIN_DIVE"])
    for n, stack in enumerate(([fill, bottom, main], [fill, bottom, dive, main], [bottom])):
        p.heap(p.site(p.stack(stack)), allocs=1, peak_bytes=100 - n)
    text = output("report", "--by=site", p.write(path("callers")))
    for n, words in ((100, f"fill  < main  profile_sample.c:{LINE['MAIN_DIVE']}"),
                     (99, f"fill  < dive  profile_sample.c:{LINE['DIVE']}"), (98, "dive")):
        row = next(line for line in text.splitlines() if line.strip().startswith(f"{n} "))
        row = re.sub(r"\S*/(?=profile_sample)", "", row)
        holds(f"{n}: {words}", row.endswith("  " + words), row)


def check_calls():
    """Whose calls of the allocator it was in when it touched its own memory."""
    p = Profile()
    own, library = p.object(BINARY), p.object(LIBRARY, "abcd")
    fill, bottom, dive = (own, AT["FILL"]), (own, AT["BOTTOM"]), (own, AT["DIVE"])
    main, touch, inner = (own, AT["MAIN_DIVE"]), (own, AT["TOUCH"]), (library, 0x2000)
    allocator = p.site(0, "allocator")
    sites = {}
    for number, (frames, cut, allocs) in enumerate((
            ([fill, main], False, 1),
            # The allocator calls the program, which calls the allocator.
            ([bottom, inner, fill, main], False, 1),
            # Three frames are kept: the second is of more blocks, the fourth of
            # another caller.
            ([dive, bottom, main], True, 5), ([dive, bottom, fill], True, 9),
            ([dive, bottom, bottom], True, 7), ([dive, main, main], True, 100)), 1):
        sites[number] = p.site(p.stack(frames, cut))
        p.heap(sites[number], allocs=allocs, peak_bytes=100 - number)
    p.site(p.stack([main]), "mmap")
    for number, frames, cut in (
            (1, [inner, fill, main], False), (2, [inner, inner, fill, main], False),
            (4, [inner, bottom, inner, fill, main], False),
            # Only what is cut is compared by its frames.
            (8, [inner, dive, bottom], False), (16, [inner, dive, bottom], True),
            (32, [inner, inner, dive], True), (64, [inner, dive, main], True),
            (128, [inner, dive, touch], True),
            # A direct mapping is no call; nor is what the site's line does by itself.
            (256, [inner, main], False), (512, [fill, main], False), (1024, [inner], True)):
        p.charge(p.stack(frames, cut), 0, 1, allocator, ZeroWr=number, DtlbM=2 * number)
    got = document("--by=site", p.write(path("calls")))
    check("events in calls", {
        99: 1 + 2, 98: 4, 97: 0, 96: 16, 95: 0, 94: 32 + 64},
        {row["events"]["LivePeak"]: row["call_events"].get("ZeroWr", 0)
         for row in got["sites"] if row["kind"] == "malloc"})
    check("all of its events", [with_sums({"ZeroWr": 4, "DtlbM": 8})],
          [row["call_events"] for row in got["sites"] if row["events"].get("LivePeak") == 98])
    check("still in the allocator's", [2047], [row["events"]["ZeroWr"] for row in got["sites"]
                                               if row["kind"] == "allocator"])
    check("total", 1 + 2 + 4 + 16 + 32 + 64, got["totals"]["CallFlt"])


def check_heap_text(file):
    text = " ".join(output("report", file).split())
    for words in (
            # 20 pages are 81,920 bytes, 31,920 more than the 50,000 that are live.
            "Live 48.8 KiB live in 400 blocks, 80.0 KiB of the heap resident (20 pages): "
            "63.8% overhead", "Most live 50.8 KiB, after 700 instructions",
            # Of 20 pages 1, 4 + 2 + 3, 2 and 8.
            "5% empty, 45% to half, 10% to 90%, 40% fuller",
            "Pinned 5 pages (25.0%) by one block each, of at most 512 bytes: 5 100.0%",
            "Straddling 7 live blocks on two pages", "one; 15 of all",
            "Returned 36.0 KiB to the kernel (9 pages: brk 6, madvise 3), 4 faulted in "
            "again; 2 pages advised to be free",
            "System calls 8 calls of the allocator: brk 5, madvise 3",
            # 12 pages are 49,152 bytes.
            "At the end 25.8 KiB live in 102 blocks, 48.0 KiB of the heap resident (12 pages) "
            "Unknown 2 frees", "Unknown 2 frees of what", "Lost 1 block on whose"):
        holds(f"heap: {words}", words in text, text)
    # The longest bar is of 8 pages, and half of it or more a '#'.
    holds("fullness in ASCII", "Fullness 0% ::: : :# 100%" in text, text)
    os.environ["LC_ALL"] = "C.UTF-8"
    holds("fullness", "0% ▁▄▂  ▃   ▂█ 100%" in output("report", file))
    os.environ["LC_ALL"] = "C"
    for live, words in (
            (100000, "(20 pages): less than is live, as some of that was never touched"),
            (5000, "(20 pages): 16.4 times what is live"), (0, "(20 pages) Most live")):
        p = program()
        p.raw(json.dumps({"heap_pages": {**PAGES, "peak": {**PEAK, "live_bytes": live},
                                         "calls": {}}}))
        text = " ".join(output("report", p.write(path("untouched"))).split())
        for text_of in (words, "System calls 0 calls of the allocator"):
            holds(f"heap: {text_of}", text_of in text, text)
    holds("no heap, no section", "Heap" not in output("report", Profile().write(path("no"))))


def check_heap_json(file):
    def pages(of, permille):
        return {"instrs": of["instrs"], "live_blocks": of["live_blocks"],
                "live_bytes": of["live_bytes"], "resident_pages": of["resident"],
                "resident_bytes": of["resident"] * 4096, "overhead_permille": permille,
                "fullness": of["fullness"], "pinned_pages": of["pinned"],
                "straddling_blocks": of["straddling"]}

    got = document(file)["heap"]
    pinning = got.pop("pinning")
    check("heap", {"profile": file, "totals": TOTALS, "peak": pages(PEAK, 638),
                   "end": pages(NOW, 862), "returned_pages": PAGES["returned"],
                   "back": PAGES["back"], "advised_free_pages": PAGES["advised_free"],
                   "straddles": PAGES["straddles"], "calls": PAGES["calls"]}, got)
    check("pinning", [(LINE["FILL"], FILL["pinned_pages_at_peak"])],
          [(row["line"], row["pages"]) for row in pinning])


def check_timeline(file):
    text = output("timeline", file)
    holds("what the chart shows", "46.9 KiB live at the most, after 500 instructions; 72.0 "
          "KiB (18 pages) resident at the most" in " ".join(text.split()), text)
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("Heap "))
    rows = [line[8:].ljust(71) for line in lines[start + 4:start + 10]]
    # A row is 12,288 bytes, filled from its middle on.  At first 48,000 bytes are live in
    # 73,728; then 26,400 in 49,152.
    check("the chart", ["." * 36 + " " * 35] * 2 + ["#" * 36 + "." * 35] * 2 + ["#" * 71] * 2,
          rows)
    holds("sparse pages", "Sparse pages 36.0 KiB (9 pages) of the heap at most half full after "
          "500 instructions, 2 of them empty; 5 pinned by one small block at the most"
          in " ".join(text.split()), text)
    start = next(i for i, line in enumerate(lines) if line.startswith("Sparse "))
    # A row is of 3 pages: at first 9 are sparse and 2 empty, then 5 and 3.
    check("sparse pages, the chart", ["." * 36 + " " * 35, "." * 71, "#" * 71],
          [line[8:].ljust(71) for line in lines[start + 5:start + 8]])
    for words in ("Returned 9; 9 of them in the 500 instructions after 500",
                  "Came back 4; 4 of them in the 500 instructions after 500"):
        holds(words, words in " ".join(text.split()), text)
    p = program()
    p.raw(json.dumps({"timeline": {"instrs_per_sample": 500,
                                   "columns": ["instrs", *HEAP_COLUMNS[:3]],
                                   "samples": [[1000, 60000, 1, 5]]}}))
    text = output("timeline", p.write(path("untouched")))
    # 20,480 bytes resident of 60,000 live: two rows of 10,000 reach that far.
    check("live and not resident", [4, 2], [sum(line[8:].startswith(mark * 71)
          for line in text.splitlines()) for mark in "+#"])
    got = json.loads(output("timeline", "--format=json", file))
    valid("timeline", "timeline.schema.json", got)
    check("samples", [(48000, 380, 18, 2, 7, 5, 7, 0, 0, 5), (26400, 102, 12, 3, 2, 3, 2, 9, 4, 8)],
          [tuple(sample[name] for name in HEAP_COLUMNS) for sample in got["timeline"]])
    holds("csv", ",".join(HEAP_COLUMNS) + "\r\n500," in
          output("timeline", "--format=csv", file))


def check_several(p, file):
    second = whole_program().write(path("second"))
    got = document("--by=site", file, second)
    rows = {key(row): row for row in got["sites"]}
    check("as many sites as of one", 5, len(got["sites"]))
    check("sums", {**{n: 2 * v for n, v in blocks(FILL).items()},
                   "CallFlt": 2 * CALL_EVENTS["ZeroWr"]},
          {n: v for n, v in rows[SMALL]["events"].items() if n in BLOCK_EVENTS})
    check("totals", (2 * p.totals["Allocs"], p.totals["LivePeak"]),
          (got["totals"]["Allocs"], got["totals"]["LivePeak"]))
    check("a heap of each", ([file, second], False),
          ([heap["profile"] for heap in got["heaps"]], "heap" in got))
    holds("each named", f"Heap of {second}, when" in output("report", file, second))
    check("lines of both", {name: {n: 2 * v for n, v in events.items()}
                            for name, events in TOUCHED[SMALL].items()},
          {by_name(row["line"]): row["events"] for row in rows[SMALL]["lines"]})


def check_owners():
    """One triple named twice: the numbers add up."""
    p = program()
    charge = json.loads(next(line for line in p.lines if "charge" in line))["charge"]
    p.raw(json.dumps({"windows": {"instrs": 1000, "per_sample": 1,
                                  "samples": [[1, 1, 1, 9, 1, 9]],
                                  "peak": {"window": 1, "pages": 9}}}))
    twice = [[*charge, 4], [*charge, 5]]
    p.raw(json.dumps({"peak_pages_of": twice}))
    p.raw(json.dumps({"idle": {"windows": 1, "of": twice}}))
    p.raw(json.dumps({"evicted_of": twice}))
    p.raw(json.dumps({"oom": {"instrs": 5, "stack": charge[0], "area": charge[1], "event": 1,
                              "thread": 1, "resident_pages": 9, "of": twice}}))
    file = p.write(path("owners"))
    got = json.loads(output("timeline", "--format=json", "--peak", "--idle", "--evicted", file))
    for name, event, n in (("peak", "WsPages", 9), ("idle", "IdleBytes", 9 * 4096),
                           ("evicted", "EvictedPages", 9)):
        check(f"{name}: a line once", [n], [row["events"][event] for row in got[name]["lines"]])
    check("oom: a line once", [9], [row["pages"] for row in got["oom"]["lines"]])


def check_complaints(file):
    def written(*lines):
        with open(path("bad"), "w", encoding="utf-8") as bad:
            bad.write(Profile().text() + "".join(line + "\n" for line in lines))
        return path("bad")

    site = '{"site":1,"stack":0,"kind":"malloc"}'
    fields = '"instrs":1,"live_blocks":1,"live_bytes":1,"resident":2,"pinned":0,"straddling":0'
    full, short = "[2" + ",0" * 10 + "]", "[1" + ",0" * 10 + "]"

    def pages(peak, returned='{"brk":0}'):
        return ('{"heap_pages":{"peak":{%s,"fullness":%s},"now":{%s,"fullness":%s},'
                '"returned":%s,"back":0,"advised_free":0,"calls":{},"straddles":0}}'
                % (fields, peak, fields, full, returned))

    output("report", written(site, pages(full)))
    for what, words, lines in (
            ("an undefined site", "site 7 was not defined",
             [site, '{"charge":[0,0,1],"site":7,"events":{}}']),
            ("a site that is none", "site cannot be 0",
             [site, '{"charge":[0,0,1],"site":0,"events":{}}']),
            ("numbers of no site", "site 7 was not defined", [site, '{"heap":7}']),
            ("a site defined twice", "site 1 is defined twice", [site, site]),
            ("a site's stack", "stack 9 was not defined",
             ['{"site":1,"stack":9,"kind":"malloc"}']),
            ("a site's kind", "not a kind of site", ['{"site":1,"stack":0,"kind":"none"}']),
            ("no kind", "not a kind of site", ['{"site":1,"stack":0}']),
            ("a count below 0", "kept_pages cannot be -1", [site, '{"heap":1,"kept_pages":-1}']),
            ("a count that is none", "allocs is not a number", [site, '{"heap":1,"allocs":"x"}']),
            ("totals without a peak's time", "peak_instrs is not", ['{"heap_totals":{}}']),
            ("pages that do not add up", "are 2, and 1 by how full", [pages(short)]),
            ("too few steps", "fullness is not of 11 numbers", [pages("[2]")]),
            ("no object", "returned is not an object", [pages(full, "3")]),
            ("a name of a call", "not a name", [pages(full, '{"a b":1}')]),
            ("sums beyond 64 bits", "beyond 64 bits",
             ['{"site":%d,"stack":0,"kind":"malloc"}\n{"heap":%d,"bytes":%d}'
              % (i, i, (1 << 55) - 1) for i in range(1, 300)])):
        complains(what, words, "report", written(*lines))
    wrong = program()
    wrong.raw(json.dumps({"heap_totals": {"allocs": 3, "peak_instrs": 0, "unknown_frees": 0,
                                          "lost": 0}}))
    holds("totals that disagree", any("add up to 1002 allocs, its heap_totals say 3" in text
          for text in document(wrong.write(path("wrong")))["warnings"]))
    complains("--by of two", "--by cannot be area,line", "report", "--by=area,line", file)
    complains("--by=site,site", "--by cannot be site,site", "report", "--by=site,site", file)
    complains("--by of three", "--by cannot be", "report", "--by=line,site,site", file)
    complains("blocks of areas", "who asked for them", "report", "--by=area", "--sort=Allocs",
              file)
    complains("a size of lines", "of a whole run", "report", "--sort=LivePeak", file)
    complains("timeline by two", "--by cannot be line,site", "timeline", "--peak",
              "--by=line,site", file)
    early = Profile(settings={"track-heap": "yes"}).write(path("early"))
    complains("no sites yet", "asked for no memory before it ended or was cut short", "report",
              "--by=site", early)
    bare = Profile().write(path("bare"))
    complains("no sites", "no allocation sites", "report", "--by=line,site", bare)
    holds("no heap, no events of it", "Allocs" not in document(bare)["totals"])


def check_without_lines():
    """Two places of an object that has no debug information are two sites."""
    p = Profile(events=EVENTS + ["Allocs"])
    gone = p.object("/nowhere/app")
    first = p.site(p.stack([(gone, 0x1149)]))
    second = p.site(p.stack([(gone, 0x2000)]))
    p.heap(first, allocs=3, bytes=30, peak_bytes=30)
    p.heap(second, allocs=5, bytes=20, peak_bytes=20)
    p.charge(p.stack([(gone, 0x3000)]), 0, 1, second, ZeroWr=4)
    p.end()
    file = p.write(path("stripped"))
    check("sites without lines", [(0x1149, 3, 0), (0x2000, 5, 4)],
          [(row["offset"], row["events"]["Allocs"], row["events"].get("Flt", 0))
           for row in document("--by=site", file)["sites"] if row["kind"] == "malloc"])
    text = output("report", "--by=site", file)
    for words in ("?? (app+0x1149)\n", "?? (app+0x2000)\n"):
        holds(f"text has {words!r}", words in text, text)
    holds("whose memory", "?? (app+0x2000)\n" in output("report", "--by=line,site", file))


def main():
    p = whole_program()
    file = p.write(path("profile"))
    check_sites(p, file)
    check_lines(p, file)
    check_text(file)
    check_callers()
    check_calls()
    check_heap_text(file)
    check_heap_json(file)
    check_timeline(file)
    check_several(p, file)
    check_owners()
    check_without_lines()
    check_complaints(file)
    finish()


main()
