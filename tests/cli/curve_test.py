#!/usr/bin/env -S python3 -B
"""vmtrace curve on profiles whose curve was worked out by simulating a memory of each
size."""

import csv
import io
import json
import math
import os
import random
import re

from make_pressure import Memory, bucket_start, points, shape
from make_profile import BINARY, Profile, addresses, marks
from on_screen import on_screen
from verb_test import (check, complains, finish, holds, output, path, valid, vmtrace)

AT, LINE = addresses(), marks()
PAGE = 4096
os.environ["LC_ALL"] = "C.UTF-8"


def lru_faults(pages, ram_pages):
    """A memory that is full and throws the page out that was used longest ago."""
    memory, faults = {}, 0
    for page in pages:
        if page in memory:
            del memory[page]
        else:
            faults += 1
            if len(memory) == ram_pages:
                del memory[next(iter(memory))]
        memory[page] = True
    return faults


class Sample:
    """Three lines and two areas: a hot set, a larger one swept, random touches."""

    def __init__(self, **header):
        self.profile = Profile(settings={"mrc": "exact", "ws-window": "1000"}, **header)
        own = self.profile.object(BINARY)
        heap, data = self.profile.area("[heap]", "heap"), self.profile.area(BINARY, "file")
        self.charges = {
            "FILL": (self.profile.stack([(own, AT["FILL"]), (own, AT["MAIN_FILL"])]), heap, 1),
            "DIVE": (self.profile.stack([(own, AT["DIVE"]), (own, AT["MAIN_DIVE"])]), data, 1),
            "TOUCH": (self.profile.stack([(own, AT["TOUCH"])]), heap, 2)}
        self.memory = Memory()
        self.pages = []
        chance = random.Random(3)
        for i in range(9000):
            if i % 3:
                self.touch(chance.randrange(20), "FILL")
            elif i % 2:
                self.touch(100 + i // 6 % 150, "DIVE")
            else:
                self.touch(400 + int(chance.expovariate(0.02)) % 130, "TOUCH")
        self.profile.block(own, AT["FILL"], [1], 3000000)

    def touch(self, page, line):
        self.pages.append(page)
        self.memory.touch(page, self.charges[line])

    def write(self, name, **options):
        self.memory.write(self.profile, **options)
        self.profile.end()
        return self.profile.write(path(name))

    def between(self, low, high):
        """Touches by line whose distance is above low pages and at most high."""
        lines = {}
        for charge, distance in self.memory.distances:
            if distance is not None and low < distance <= high:
                mark = next(m for m, c in self.charges.items() if c == charge)
                lines[LINE[mark]] = lines.get(LINE[mark], 0) + 1
        return lines


def document(*arguments):
    got = json.loads(output("curve", "--format=json", *arguments))
    valid(f"curve {arguments}", "curve.schema.json", got)
    return got


def need_of(curve, percent=10):
    least = curve[-1][1]
    return next(size for size in curve if (size[1] - least) * 100 <= least * percent)


def knee_of(curve):
    (first, most), (last, least) = curve[0], curve[-1]
    best, knee = 0, None
    for ram, faults in curve:
        fallen = math.log(most / faults) / math.log(most / least)
        if fallen - (ram - first) / (last - first) > best:
            best, knee = fallen - (ram - first) / (last - first), [ram, faults]
    return knee


def pair(size):
    return size and [size["ram_pages"], size["faults"]]


def check_curve(sample, file):
    got = document(file)
    curve = [pair(size) for size in got["curve"]]
    peak = len(set(sample.pages))
    check("a size for each page", list(range(1, peak + 1)), [ram for ram, _ in curve])
    for ram, faults in curve[::7] + curve[-1:]:
        check(f"faults with {ram} pages", lru_faults(sample.pages, ram), faults)
    check("the peak", (peak, peak), (got["peak_pages"], got["first_touches"]))
    check("need", need_of(curve), [got["need"]["ram_pages"], got["need"]["faults"]])
    check("knee", knee_of(curve), pair(got["knee"]))
    check("mode", ("exact", 0, 1), (got["mode"], got["error_pages"], got["first_pages"]))
    check("instructions", 3000000, got["instrs"])
    rows = list(csv.DictReader(io.StringIO(output("curve", "--format=csv", file), newline="")))
    check("csv", [[str(n) for n in (ram, ram * PAGE, faults, faults - peak)]
                  for ram, faults in curve], [list(row.values()) for row in rows])
    check("csv's columns", ["ram_pages", "ram_bytes", "faults", "refaults"], list(rows[0]))
    report = json.loads(output("report", "--format=json", file))
    valid("report", "report.schema.json", report)
    check("the report's curve", got["curve"], report["curve"])
    check("the report's timeline", sample.memory.timeline,
          [list(s.values()) for s in report["timeline"]])
    two = json.loads(output("report", "--format=json", file, file))
    check("no curve of two processes", ([], []), (two["curve"], two["timeline"]))


def check_at(sample, file):
    peak = len(set(sample.pages))
    asked = {"64K": 16, "65536": 16, "69631": 16, "100k": 25, "50%": peak // 2,
             "1G": peak, "4K": 1, "100%": peak}
    got = document("--at=" + ",".join(asked), file)
    check("--at", [[pages, lru_faults(sample.pages, pages)] for pages in asked.values()],
          [pair(size) for size in got["at"]])
    check("bytes asked for", [65536, 65536, 69631, 102400, peak * PAGE // 2, 1 << 30, 4096,
                              peak * PAGE], [size["asked_bytes"] for size in got["at"]])
    text = output("curve", "--at=100K,1G", file)
    rows = [line.split()[:6] for line in text.splitlines()
            if line.lstrip().startswith(("100K ", "1G "))]
    faults = lru_faults(sample.pages, 25)
    check("rows of --at", [
        ["100K", "25", f"{2500 / peak:.1f}%", f"{faults:,}", f"{faults - peak:,}",
         f"{(faults - peak) / 3:.2f}"],
        ["1G", f"{peak}", "100.0%", f"{peak}", "0", "0.00"]], rows)
    rows = output("curve", "--at=64K,100K", "--format=csv", file).split("\r\n")
    check("csv of --at", ["16,65536,", "25,102400,", ""],
          [re.match(r"(\d+,\d+,)?", row)[0] for row in rows[1:]])
    for wrong in ("", "x", "12Q", "12MB", "-5M", "0", "4095", "1e6", "99999999999T",
                  "1001%", "64K,,1M", "0x1000"):
        complains(f"--at={wrong}", "--at cannot be", "curve", f"--at={wrong}", file)


def check_span(sample, file):
    # 64 and 112 pages are where buckets meet (8 << 3 and 14 << 3).
    got = document("--from=112x".replace("112x", f"{112 * PAGE}"), f"--to={64 * PAGE}", file)
    expected = sample.between(64, 112)
    span = got["span"]
    check("a span of whole buckets", (112, 64, sum(expected.values()), 0),
          (span["charged_from_pages"], span["charged_to_pages"], span["charged"],
           span["uncharged"]))
    check("all of the difference is charged",
          lru_faults(sample.pages, 64) - lru_faults(sample.pages, 112), span["charged"])
    check("its lines", expected,
          {row["line"]: row["events"]["MoreFlt"] for row in got["lines"]})
    counts = [row["events"]["MoreFlt"] for row in got["lines"]]
    check("most first", sorted(counts, reverse=True), counts)
    # 70 and 100 lie in buckets: 64 to 72, 96 to 104.
    got = document(f"--from={100 * PAGE}", f"--to={70 * PAGE}", file)
    span = got["span"]
    check("the sizes asked for", ([100, lru_faults(sample.pages, 100)],
                                  [70, lru_faults(sample.pages, 70)]),
          (pair(span["from"]), pair(span["to"])))
    check("the sizes of buckets", (104, 64),
          (span["charged_from_pages"], span["charged_to_pages"]))
    check("lines of buckets", sample.between(64, 104),
          {row["line"]: row["events"]["MoreFlt"] for row in got["lines"]})
    text = output("curve", f"--from={100 * PAGE}", f"--to={70 * PAGE}", file)
    more = lru_faults(sample.pages, 70) - lru_faults(sample.pages, 100)
    for words in ("from 400.0 KiB (100 pages", "to 280.0 KiB (70 pages",
                  f"{more:,} more faults", "from 104 to 64 pages",
                  f"{sum(sample.between(64, 104).values()):,} more faults",
                  "MoreFlt by line", "profile_sample.c:"):
        holds(f"text has {words!r}", words in " ".join(text.split()), text)
    got = document(f"--to={64 * PAGE}", "--by=area", file)
    check("from the peak, by area", {"[heap]": "FILL TOUCH", BINARY: "DIVE"},
          {row["name"]: " ".join(m for m, c in sample.charges.items()
                                 if (c[1] == 1) == (row["name"] == "[heap]"))
           for row in got["areas"]})
    every = sample.between(64, 10 ** 6)
    check("from the peak", (sum(every.values()), 0),
          (got["span"]["charged"], got["span"]["uncharged"]))
    check("the heap's part", every.get(LINE["FILL"], 0) + every.get(LINE["TOUCH"], 0),
          got["areas"][[a["name"] for a in got["areas"]].index("[heap]")]["events"]["MoreFlt"])
    for by, name, columns in (("function", "functions", "file,function,object"),
                              ("stack", "stacks", "stack"), ("object", "objects", "object"),
                              ("thread", "threads", "thread"), ("area", "areas", "area,kind"),
                              ("line", "lines", "file,line,function,object")):
        got = document(f"--to={64 * PAGE}", f"--by={by}", file)
        check(f"the sum by {by}", sum(every.values()),
              sum(row["events"]["MoreFlt"] for row in got[name]))
        rows = list(csv.reader(io.StringIO(
            output("curve", f"--to={64 * PAGE}", f"--by={by}", "--format=csv", file),
            newline="")))
        check(f"csv's columns by {by}", columns + ",MoreFlt", ",".join(rows[0]))
        check(f"csv's sum by {by}", sum(every.values()), sum(int(row[-1]) for row in rows[1:]))
    check("--top", 1, len(document(f"--to={64 * PAGE}", "--top=1", file)["lines"]))
    complains("--from alone", "--to=SIZE", "curve", "--from=1M", file)
    complains("RAM that rises", "no smaller", "curve", "--from=64K", "--to=128K", file)
    complains("the same size", "no smaller", "curve", "--from=64K", "--to=64K", file)
    complains("more than the peak", "no smaller", "curve", "--to=1G", file)
    complains("a size of --to", "--to cannot be", "curve", "--to=x", file)


def check_fast():
    """Below 128 pages the fast curve knows nothing; what is charged to nobody."""
    p = Profile(settings={"mrc": "fast"})
    heap = p.area("[heap]", "heap")
    curve = [[64, 900], [128, 800], [256, 300], [512, 100]]
    record = {"curve": {"mode": "fast", "error_pages": 64, "peak_pages": 512,
                        "first_touches": 100, "points": curve}}
    p.raw(json.dumps(record))
    # 41 is the bucket from 128 on, 49 that from 256 on; a later record adds.
    p.raw(json.dumps({"d": [0, heap, 1], "b": [[41, 300], [49, 90]]}))
    p.raw(json.dumps({"d": [0, heap, 1], "b": [[41, 150]]}))
    check("buckets", (128, 256, 512), tuple(map(bucket_start, (41, 49, 57))))
    p.end()
    file = p.write(path("fast"))
    got = document("--at=64K,256K,512K,1M", file)
    check("first size", 128, got["first_pages"])
    check("need", [512, 100], [got["need"]["ram_pages"], got["need"]["faults"]])
    check("at", [None, [64, 900], [128, 800], [256, 300]],
          [size["ram_pages"] and pair(size) for size in got["at"]])
    text = output("curve", "--at=64K,256K,512K", file)
    check("rows that are not known", 2, text.count("not known"))
    holds("the error is named", "right to within 256.0 KiB" in text, text)
    got = document("--from=1M", "--to=512K", file)
    check("charged to nobody", (450, 50), (got["span"]["charged"], got["span"]["uncharged"]))
    text = output("curve", "--from=1M", "--to=512K", file)
    holds("said", "50 more are charged to nobody" in text, text)
    complains("--to below the curve", "begins at 512K", "curve", "--to=256K", file)
    later = dict(record["curve"], points=[[1, 7], [2, 5]], peak_pages=2)
    p.raw(json.dumps({"curve": later}))
    p.end()
    check("a later curve takes its place", [[1, 7], [2, 5]],
          [pair(size) for size in document(p.write(path("later")))["curve"]])


def check_degenerate():
    def curve_of(curve, **more):
        p = Profile()
        p.raw(json.dumps({"curve": {"mode": "exact", "error_pages": 0,
                                    "peak_pages": curve[-1][0], "first_touches": curve[-1][1],
                                    "points": curve, **more}}))
        p.end()
        return p.write(path("degenerate"))

    for curve, words in (
            ([[1, 5]], "too little for this curve"),
            ([[1, 0]], "too little for this curve"),
            ([[1, 5], [2, 5], [3, 5]], "is enough, and is the smallest size"),
            ([[1, 9], [2, 9], [3, 3]], "All of its peak, 12.0 KiB"),
            ([[1, 9], [2, 0]], "All of its peak, 8.0 KiB"),
            ([[1, 10 ** 15], [2, 10 ** 15], [1 << 40, 1]], "of its peak")):
        file = curve_of(curve)
        got = document(file)
        check(f"need of {curve}", need_of(curve),
              [got["need"]["ram_pages"], got["need"]["faults"]])
        text = output("curve", file)
        holds(f"{curve}: says {words!r}", words in text, text)
        check(f"{curve}: no instructions, no rate", [],
              [line for line in text.splitlines() if line.endswith(("nan", "inf"))])
    check("a curve that is flat has no knee", None,
          document(curve_of([[1, 5], [2, 5]]))["knee"])
    check("nor has one that falls at its end alone", None,
          document(curve_of([[1, 9], [2, 9], [3, 3]]))["knee"])


def drawing(text):
    """The rows of the chart, without what is left of the axis."""
    rows = [re.match(r"^[ \w.]{6} [|+┤│](?!\+?--)(.*)$", line) for line in text.splitlines()]
    return [row[1] for row in rows if row]


def cells_of(curve, low, high, columns, rows):
    """Row and column of the cells that the line goes through, with sizes as they are
    and faults on a logarithmic scale: each column of dots, two a cell, goes from the
    faults of the smallest size that it stands for to those of the largest."""
    def faults(dot):
        pages = low + (high - low) * min(max(dot / (2 * columns - 1), 0), 1)
        return max((size for size in curve if size[0] <= pages + 1e-6))[1]

    def height(number):
        span = math.log(faults(0) / curve[-1][1])
        return int(math.log(number / curve[-1][1]) / span * (4 * rows - 1) + 0.5)

    return {(rows - 1 - up // 4, dot // 2) for dot in range(2 * columns)
            for up in range(height(faults(dot + 0.5)), height(faults(dot - 0.5)) + 1)}


def check_drawing():
    cliff = shape("cliff")
    file = cliff.write(path("cliff"))
    got = document(file)
    text = output("curve", file)
    rows = drawing(text)
    check("rows", 14, len(rows))
    holds("no line is wider than 80", max(map(len, text.splitlines())) <= 80, text)
    knee, need = pair(got["knee"]), [got["need"]["ram_pages"], got["need"]["faults"]]
    # 12 MiB + 40 pages, rounded up to the 16 that sizes are apart there.
    check("the knee is the foot of the cliff", 3120, knee[0])
    low, high, most, least = 128, 7936, got["curve"][127]["faults"], 9000
    for mark, (ram, faults) in (("◆", knee), ("●", need)):
        across = (ram - low) / (high - low)
        up = math.log(faults / least) / math.log(most / least)
        row = 13 - int(up * 55 + 0.5) // 4
        check(f"{mark} is where it belongs", int(across * 141 + 0.5) // 2,
              rows[row].find(mark))
    holds("the knee's label", f"knee: 12.2 MiB, {knee[1]:,} faults" in text, text)
    holds("the need's label", f"need: 22.2 MiB, {need[1]:,} faults" in text, text)
    holds("the answer", text.split("\n")[-4].startswith("22.2 MiB, 72% of its peak"), text)
    os.environ["LC_ALL"] = "C"
    plain = output("curve", file)
    holds("ASCII alone", plain.isascii(), plain)
    check("the same places", [(r.find("◆"), r.find("●")) for r in rows],
          [(r.find("X"), r.find("o")) for r in drawing(plain)])
    marked = {(r, row.find(m)) for r, row in enumerate(drawing(plain)) for m in "Xo" if m in row}
    check("the line", cells_of([pair(size) for size in got["curve"]], low, high, 71, 14) - marked,
          {(r, c) for r, row in enumerate(drawing(plain)) for c, mark in enumerate(row)
           if mark == "*"})
    os.environ["LC_ALL"] = "en_US.UTF-8"
    check("a locale that is not installed", text, output("curve", file))
    os.environ["LC_ALL"] = "C.UTF-8"
    holds("no colour by itself", "\033" not in text)
    holds("colour when asked for", "\033[1;31m◆" in output("curve", "--color=always", file))
    for columns in (40, 120):
        seen = on_screen(columns, "curve", "--color=never", file)
        if seen is None:
            print("no terminal can be made: widths are not checked")
            break
        widths = [len(line) for line in drawing(seen)]
        holds(f"as wide as {columns} columns", columns - 9 >= max(widths) >= columns - 12,
              widths)
    logarithmic = output("curve", shape("log").write(path("log")))
    holds("a small knee has a logarithmic scale", "both scales logarithmic" in logarithmic)
    flat = output("curve", shape("flat").write(path("flat")))
    holds("few faults begin at 0", "\n     0 ┤\n" in flat, flat)


def check_complaints(file):
    def written(name, *records, end=True, **settings):
        p = Profile(settings=settings)
        for record in records:
            p.raw(record)
        if end:
            p.end()
        return p.write(path(name))

    complains("--mrc=no", "taken with --mrc=no", "curve", written("off", mrc="no"))
    complains("cut short", "cut short", "curve", written("cut", end=False, mrc="fast"))
    complains("an older profile", "did not make any", "curve", written("old"))
    complains("two profiles", "one profile at a time", "curve", file, file)
    complains("no profile", "which profile", "curve")
    complains("no file", "No such file", "curve", path("nowhere"))
    complains("--by=kind", "cannot be kind", "curve", "--to=1M", "--by=kind", file)
    complains("--by=site", "curve: --by cannot be site", "curve",
              "--to=1M", "--by=site", file)
    complains("--format", "text, json or csv", "curve", "--format=xml", file)
    complains("an option of report", "cannot take --sort=Flt", "curve", "--sort=Flt", file)
    head = '{"curve":{"mode":"fast","error_pages":0,"peak_pages":2,"first_touches":1,"points":'
    for what, words, record in (
            ("no points", "no page was touched", head + "[]}}"),
            ("sizes that fall", "size cannot be 1", head + "[[2,5],[1,4]]}}"),
            ("size 0", "size cannot be 0", head + "[[0,5]]}}"),
            ("faults that rise", "rises with RAM", head + "[[1,5],[2,6]]}}"),
            ("a point of three", "not of 2 numbers", head + "[[1,5,6]]}}"),
            ("a point that is text", "not a number", head + '[["1",5]]}}'),
            ("points that are none", "points is not a list", head + "7}}"),
            ("a curve that is none", "not a name", '{"curve":7}'),
            ("a mode with an escape", "not a name", '{"curve":{"mode":"\\u001b[1m"}}'),
            ("an undefined stack", "stack 9 was not defined", '{"d":[9,0,1],"b":[[1,1]]}'),
            ("a bucket too far", "bucket cannot be 241", '{"d":[0,0,1],"b":[[241,1]]}'),
            ("fewer than none", "cannot be -1", '{"d":[0,0,1],"b":[[1,-1]]}'),
            ("no buckets", "b is not a list", '{"d":[0,0,1]}'),
            ("beyond 64 bits", "64 bits",
             "\n".join(['{"d":[0,0,1],"b":[[1,36028797018963967]]}'] * 300))):
        complains(what, words, "curve", written("damaged", record))


def str_values(row):
    """The texts of a row, or of its first frame."""
    return [value for value in row.get("frames", [row])[0].values() if isinstance(value, str)]


def check_names():
    strange = "/t\udcff\n\"mp,\x1b[31m" + "\N{SNOWMAN}" + "x" * 300
    p = Profile(command=[strange], exe=strange)
    here = p.object(strange)
    charge = [p.stack([(here, 1)]), p.area(strange, "file"), 1]
    p.raw(json.dumps({"curve": {"mode": "exact", "error_pages": 0, "peak_pages": 20,
                                "first_touches": 20, "points": [[8, 25], [16, 25], [20, 20]]}}))
    p.raw(json.dumps({"d": charge, "b": [[17, 5]]}))
    p.raw(json.dumps({"note": strange}))
    file = p.write(path("strange"))
    for by in ("line", "area", "object", "stack", "function"):
        text = output("curve", "--to=64K", f"--by={by}", file)
        holds(f"no escape sequence by {by}", "\x1b" not in text, text)
        holds(f"escaped by {by}", r"\xff\n" in text, text)
        got = document("--to=64K", f"--by={by}", file)
        row = got[{"line": "lines"}.get(by, by + "s")][0]
        holds(f"nothing by {by} is lost", strange in str_values(row), row)
        text = output("curve", "--to=64K", f"--by={by}", "--format=csv", file)
        holds(f"csv by {by}", "\x1b" not in text and text.endswith(",5\r\n"), text)
    text = output("curve", file)
    holds("no escape sequence", "\x1b" not in text, text)
    check("cut short is said first", True, text.startswith("CUT SHORT: "))
    check("and in JSON", False, document(file)["complete"])
    own = Profile()
    own.raw(json.dumps({"charge": [0, 0, 1], "events": {"MoreFlt": 1000}}))
    own.raw(json.dumps({"curve": {"mode": "exact", "error_pages": 0, "peak_pages": 20,
                                  "first_touches": 20, "points": [[16, 25], [20, 20]]}}))
    own.raw(json.dumps({"d": [0, 0, 1], "b": [[17, 5]]}))
    own.end()
    got = document("--to=64K", own.write(path("own")))
    check("an event of that name in the file", [5],
          [row["events"]["MoreFlt"] for row in got["lines"]])


def check_points():
    sizes = [ram for ram, _ in points(5000, lambda size: 0)]
    holds("all sizes to 256", sizes[:256] == list(range(1, 257)))
    holds("128 an octave", sizes[sizes.index(1024):sizes.index(2048) + 1]
          == list(range(1024, 2049, 8)))


def main():
    sample = Sample()
    for i in range(9):
        sample.memory.timeline.append([1000 * (i + 1)] + [i] * 8)
    file = sample.write("profile")
    check_points()
    check_curve(sample, file)
    check_at(sample, file)
    check_span(sample, file)
    check_fast()
    check_degenerate()
    check_drawing()
    check_complaints(file)
    check_names()
    output("curve", "-o", path("out"), file)
    with open(path("out"), encoding="utf-8") as written:
        check("-o", output("curve", file), written.read())
    if os.path.exists("/dev/full"):
        complains("a full disk", "No space left", "curve", "-o", "/dev/full", file)
    status, out, _ = vmtrace("curve", "--help")
    holds("--help", status == 0 and b"usage: vmtrace curve" in out)
    finish()


main()
