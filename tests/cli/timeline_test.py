#!/usr/bin/env -S python3 -B
"""vmtrace timeline on profiles whose numbers are known, because they were made."""

import csv
import io
import json
import os
import re

from make_pressure import COLUMNS, Memory
from make_profile import BINARY, Profile, addresses, marks
from verb_test import check, complains, finish, holds, output, path, valid

AT, LINE = addresses(), marks()
os.environ["LC_ALL"] = "C"


def document(*arguments):
    got = json.loads(output("timeline", "--format=json", *arguments))
    valid(f"timeline {arguments}", "timeline.schema.json", got)
    return got


def sample():
    """Three lines touch pages, one of them early and never again."""
    p = Profile(settings={"mrc": "exact", "ws-window": "1000"})
    own = p.object(BINARY)
    heap, data = p.area("[heap]", "heap"), p.area(BINARY, "file")
    fill = (p.stack([(own, AT["FILL"]), (own, AT["MAIN_FILL"])]), heap, 1)
    dive = (p.stack([(own, AT["DIVE"]), (own, AT["MAIN_DIVE"])]), data, 1)
    touch = (p.stack([(own, AT["TOUCH"])]), heap, 2)
    memory = Memory(per_sample=2)
    for i in range(7300):
        if i < 500:
            memory.touch(i % 60, fill)
        elif 3000 <= i < 4000:
            memory.touch(100 + i % 90, dive)
        else:
            memory.touch(300 + i % 25, touch)
        if i % 1000 == 999:
            memory.sample()
    memory.sample()
    p.block(own, AT["FILL"], [1], 7300)
    memory.write(p, idle_windows=3)
    p.end()
    return p, memory


def check_json(p, memory, file):
    got = document(file)
    check("samples", [dict(zip(COLUMNS, s)) for s in memory.timeline], got["timeline"])
    windows = got["windows"]
    check("windows", memory.window_samples(), [list(w.values()) for w in windows["samples"]])
    check("two windows a sample", [2, 2, 2, 2], [w["n_windows"] for w in windows["samples"]])
    # Window 4 is all of dive: 90 pages.
    check("the peak", ({"window": 4, "pages": 90}, 1000), (windows["peak"], windows["instrs"]))
    check("instructions", 7300, got["instrs"])
    check("nothing that was not asked for", set(), {"peak", "idle", "oom"} & set(got))
    got = document("--peak", "--idle", file)
    check("the peak's lines", {LINE["DIVE"]: 90},
          {row["line"]: row["events"]["WsPages"] for row in got["peak"]["lines"]})
    check("the peak's areas", {BINARY: 90},
          {row["name"]: row["events"]["WsPages"] for row in got["peak"]["areas"]})
    check("the peak's pages", (4, 90), (got["peak"]["window"], got["peak"]["pages"]))
    # In windows 6 to 8 touch alone is at work: the 60 of fill and the 90 of dive lie idle.
    check("idle lines", {LINE["FILL"]: 60 * 4096, LINE["DIVE"]: 90 * 4096},
          {row["line"]: row["events"]["IdleBytes"] for row in got["idle"]["lines"]})
    check("most first", [LINE["DIVE"], LINE["FILL"]],
          [row["line"] for row in got["idle"]["lines"]])
    check("idle areas", {BINARY: 90 * 4096, "[heap]": 60 * 4096},
          {row["name"]: row["events"]["IdleBytes"] for row in got["idle"]["areas"]})
    check("idle pages", (3, 150), (got["idle"]["windows"], got["idle"]["pages"]))
    for by, name in (("function", "functions"), ("stack", "stacks"), ("thread", "threads"),
                     ("object", "objects"), ("area", "areas")):
        got = document("--idle", f"--by={by}", file)
        check(f"idle by {by}", 150 * 4096,
              sum(row["events"]["IdleBytes"] for row in got["idle"][name]))
        check(f"by {by} alone", {"windows", "pages", name}, set(got["idle"]))


def check_csv(memory, file):
    def table(*arguments):
        text = output("timeline", "--format=csv", *arguments, file)
        holds("lines end as RFC 4180 says", text.count("\r\n") == text.count("\n"))
        return list(csv.reader(io.StringIO(text, newline="")))

    check("csv", [COLUMNS] + [list(map(str, s)) for s in memory.timeline], table())
    rows = table("--windows")
    check("csv of windows", "first_window,n_windows,first_instr,min_pages,max_pages,"
          "max_window,sum_pages", ",".join(rows[0]))
    check("windows", [[str(n) for n in (s[0], s[1], (s[0] - 1) * 1000, *s[2:])]
                      for s in memory.window_samples()], rows[1:])
    check("csv of idle", [["file", "line", "function", "object", "IdleBytes"],
                          [str(90 * 4096)], [str(60 * 4096)]],
          [table("--idle")[0]] + [row[-1:] for row in table("--idle")[1:]])
    check("csv of the peak by area", [["area", "kind", "WsPages"], [BINARY, "file", "90"]],
          table("--peak", "--by=area"))
    complains("two tables as csv", "one table", "timeline", "--format=csv", "--peak",
              "--idle", file)


def check_text(file):
    text = output("timeline", file)
    holds("ASCII alone", text.isascii(), text)
    holds("no line is wider than 80", max(map(len, text.splitlines())) <= 80, text)
    # 60 pages of fill, 25 of touch, 90 of dive: all there from the fourth sample on.
    for words in ("700.0 KiB (175 pages) at the peak, between instructions 3,000 and 4,000",
                  "360.0 KiB (90 pages) touched in the 1,000 instructions after 3,000",
                  "175; 90 of them in the 1,000 instructions after 3,000",
                  "instructions; faults and swap are of 1,000 each"):
        holds(f"text has {words!r}", words in " ".join(text.split()), text)
    holds("no swap, no chart", "Swapped" not in text and "Evicted" not in text, text)
    text = output("timeline", "--peak", "--idle", "--windows", file)
    for words in ("360.0 KiB (90 pages) at its peak, in the 1,000 instructions after 3,000",
                  "600.0 KiB (150 pages) resident at the end that the last 3 windows of 1,000 ins",
                  "WsPages by line", "WsPages by area", "IdleBytes by line",
                  "368,640 60.0%", "245,760 40.0%", "Pages touched in windows of 1,000"):
        holds(f"text has {words!r}", words in " ".join(text.split()), text)
    holds("tables instead of charts", "Resident" not in text, text)
    holds("--by alone", "by area" not in output("timeline", "--idle", "--by=function", file))


def chart(text, title):
    """The rows below a title, without the axis."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith(title))
    rows = []
    for line in lines[start + 1:]:
        found = re.match(r"^[ \w.]{6} [|+│┤](?!\+?--)(.*)$", line)
        if found:
            rows.append(found[1])
        elif rows:
            break
    return rows


def heights(rows, marks_of_bar="#"):
    width = max(map(len, rows))
    return [sum(row.ljust(width)[column] in marks_of_bar for row in rows)
            for column in range(width)]


def check_charts():
    """71 columns of 80: the first half has half of what the second has."""
    p = Profile()
    p.block(p.object("/nowhere"), 4096, [1], 2000)
    counters = [0, 0, 0, 0]
    p.raw(json.dumps({"timeline": {"columns": COLUMNS, "samples": [
        [1000, 300, 300, 100, 0, *counters], [2000, 600, 600, 100, 300, *counters]]}}))
    # Of two windows: at least 1, 4 on average, at most 6.
    p.raw(json.dumps({"windows": {"instrs": 1000, "per_sample": 2, "samples":
                                  [[1, 2, 100, 600, 2, 800]], "peak": {"window": 2, "pages": 600}}}))
    p.end()
    file = p.write(path("charts"))
    text = output("timeline", file)
    # Column 35 is of both: it shows the larger.
    check("resident", [3] * 35 + [6] * 36, heights(chart(text, "Resident")))
    bands = chart(text, "Working set")
    for mark, height in (("#", 1), ("+", 3), (".", 2)):
        check(f"working set: {mark}", [height] * 71, heights(bands, mark))
    # 100 faults, then 300: a third of the height, then all of it; in the middle half
    # of each on average, at most 300.
    faults = chart(text, "Faults")
    check("faults on average", [2] * 35 + [4] + [6] * 35, heights(faults))
    check("faults at most", [2] * 35 + [6] + [6] * 35, heights(faults, "#."))
    arrows = [line.index("v") - 8 for line in text.splitlines() if line.strip() == "v"]
    check("arrows: three quarters on", [53] * 3, arrows)
    os.environ["LC_ALL"] = "C.UTF-8"
    fancy = output("timeline", file)
    check("resident in UTF-8", [3] * 35 + [6] * 36, heights(chart(fancy, "Resident"), "█"))
    check("bands in UTF-8", [6] * 71, heights(chart(fancy, "Working set"), "█▓░"))
    holds("colour", "\033[1;31m▼" in output("timeline", "--color=always", file))
    os.environ["LC_ALL"] = "C"


def check_pressure():
    """Swap and running out of memory."""
    p = Profile()
    own = p.object(BINARY)
    stack = p.stack([(own, AT["DIVE"])])
    p.raw(json.dumps({"timeline": {"columns": COLUMNS, "samples": [
        [1000, 300, 310, 100, 0, 50, 20, 20, 40]]}}))
    p.raw(json.dumps({"oom": {"instrs": 1500, "stack": stack, "area": p.area("[heap]", "heap")}}))
    p.end()
    file = p.write(path("pressure"))
    text = output("timeline", file)
    for words in ("Evicted 50; 50 of them", "Refaults 20; 20", "Swapped in 20; 20",
                  "Swapped out 40; 40", "(310 pages) at the peak",
                  "No memory after 1,500 instructions, at dive"):
        holds(f"text has {words!r}", words in " ".join(text.split()), text)
    check("where in JSON", (1500, LINE["DIVE"], "dive", "[heap]"),
          tuple(document(file)["oom"][n] for n in ("instrs", "line", "function", "area")))
    check("no windows", None, document(file)["windows"])


def check_complaints(file):
    def written(name, *records, end=True):
        p = Profile()
        for record in records:
            p.raw(record)
        if end:
            p.end()
        return p.write(path(name))

    timeline = '{"timeline":{"columns":["instrs","RssPages"],"samples":[[1,2]]}}'
    complains("an older profile", "did not make any", "timeline", written("old"))
    complains("cut short", "no timeline: it is cut short", "timeline",
              written("cut", end=False))
    for option, words in (("--peak", "peak of the working set"), ("--idle", "idle pages"),
                          ("--windows", "no working set")):
        complains(option, words, "timeline", option, written("bare", timeline))
    holds("a timeline alone", "8.0 KiB (2 pages)" in output("timeline", path("bare")))
    empty = written("empty", '{"timeline":{"columns":["instrs"],"samples":[]}}')
    check("no samples", [], document(empty)["timeline"])
    output("timeline", empty)
    complains("two profiles", "one profile at a time", "timeline", file, file)
    complains("--by=process", "cannot be process", "timeline", "--by=process", file)
    start = '{"timeline":{"columns":["instrs","RssPages"],"samples":'
    window = '{"windows":{"instrs":1,"peak":{"window":1,"pages":1},"samples":'
    for what, words, record in (
            ("no columns", "columns", '{"timeline":{"samples":[]}}'),
            ("no instrs", "without instrs", '{"timeline":{"columns":["a"],"samples":[]}}'),
            ("a column twice", "twice", '{"timeline":{"columns":["instrs","instrs"]}}'),
            ("an escape in a column", "not a name", '{"timeline":{"columns":["\\u001b"]}}'),
            ("a short sample", "not of 2 numbers", start + "[[1]]}}"),
            ("time that falls", "instrs cannot be 1", start + "[[2,1],[1,1]]}}"),
            ("fewer than none", "cannot be -1", start + "[[2,-1]]}}"),
            ("windows that overlap", "first window cannot be 2",
             window + "[[1,2,0,0,1,0],[2,1,0,0,2,0]]}}"),
            ("no window", "windows cannot be 0", window + "[[1,0,0,0,1,0]]}}"),
            ("most below least", "most pages cannot be 1", window + "[[1,1,2,1,1,2]]}}"),
            ("a peak elsewhere", "peak cannot be 3", window + "[[1,2,0,0,3,0]]}}"),
            ("windows of no length", "length cannot be 0",
             '{"windows":{"instrs":0,"peak":{"window":1,"pages":1},"samples":[]}}'),
            ("owners of three", "not of 4 numbers", '{"peak_pages_of":[[0,0,1]]}'),
            ("owners undefined", "stack 5 was not defined", '{"peak_pages_of":[[5,0,1,1]]}'),
            ("idle without windows", "windows is not a number", '{"idle":{"of":[]}}'),
            ("an area undefined", "area 3", '{"oom":{"instrs":1,"stack":0,"area":3}}')):
        complains(what, words, "timeline", written("damaged", timeline, record))


def check_names():
    strange = "/t\udcff\n\"mp,\x1b[31m" + "\N{SNOWMAN}"
    p = Profile(command=[strange])
    charge = [p.stack([(p.object(strange), 1)]), p.area(strange, "file"), 1]
    p.raw('{"timeline":{"columns":["instrs","RssPages"],"samples":[[1,2]]}}')
    p.raw(json.dumps({"windows": {"instrs": 1, "samples": [], "peak": {"window": 1, "pages": 2}}}))
    p.raw(json.dumps({"peak_pages_of": [charge + [2]]}))
    p.raw(json.dumps({"oom": {"instrs": 1, "stack": charge[0], "area": charge[1]}}))
    p.end()
    file = p.write(path("strange"))
    for options in ((), ("--peak",), ("--peak", "--by=stack")):
        text = output("timeline", *options, file)
        holds(f"no escape sequence {options}", "\x1b" not in text, text)
    got = document("--peak", file)
    check("names in JSON", (strange, strange, strange),
          (got["peak"]["areas"][0]["name"], got["oom"]["area"], got["oom"]["object"]))


def main():
    p, memory = sample()
    file = p.write(path("profile"))
    check_json(p, memory, file)
    check_csv(memory, file)
    check_text(file)
    check_charts()
    check_pressure()
    check_complaints(file)
    check_names()
    output("timeline", "-o", path("out"), file)
    with open(path("out"), encoding="utf-8") as written:
        check("-o", output("timeline", file), written.read())
    finish()


main()
