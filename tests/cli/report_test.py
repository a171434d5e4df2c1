#!/usr/bin/env -S python3 -B
"""vmtrace report on profiles whose numbers are known, because they were made."""

import json
import os
import shutil

from make_profile import (BINARY, Profile, addresses, add, lines_of_code, marks,
                          with_sums)
from verb_test import (check, complains, finish, holds, output, path, valid,
                       vmtrace)

AT, LINE = addresses(), marks()
# Under /lib, so a system library; not there, so without functions.
LIBRARY = "/lib/vmtrace-test/libgone.so.1"


def sample():
    """Three stacks: through the library, without it, and in it alone."""
    p = Profile()
    own, library = p.object(BINARY), p.object(LIBRARY, "abcd")
    heap, data = p.area("[heap]", "heap"), p.area(BINARY, "file")
    through = p.stack([(library, 0x1000), (own, AT["FILL"]), (own, AT["MAIN_FILL"])])
    direct = p.stack([(own, AT["DIVE"]), (own, AT["MAIN_DIVE"])], cut=True)
    alone = p.stack([(library, 0x2000)])
    p.charge(0, 0, 1, ZeroWr=3, FileCow=2)
    p.charge(through, heap, 1, ZeroWr=100, DtlbM=50, StlbM=20, WalkRef=25, RssPages=90)
    p.charge(through, heap, 2, ZeroWr=5, FileRd=1)
    p.charge(direct, data, 1, FileRd=10, FileMaj=2, StlbM=4)
    p.charge(alone, heap, 1, ZeroRd=7)
    p.charge(through, heap, 1, ZeroWr=1, RssPages=-1)
    # FILL is executed 1000 times, 3 + 0 instructions' worth: a repeated store.
    p.block(own, AT["FILL"], [1, 1], 1000, ir=[1, 0], dr=[1, 0], dw=[0, 2])
    p.raw(json.dumps({"access": [own, AT["FILL"]], "ir": 0, "dr": 5, "dw": -1}))
    add(p.totals, {"Dr": 5, "Dw": -1})
    p.raw('{"excluded":{"ZeroWr":7,"FileMaj":1}}')
    p.raw('{"checkpoint":{"Ir":1000,"RssPages":89}}')
    p.raw('{"wibble":{"of":"a later version"},"charge":[1,1,1]}')
    p.raw('{"note":"a note"}')
    return p


def by_line(document):
    return {(os.path.basename(row["file"]), row["line"], row["object"]): row["events"]
            for row in document["lines"]}


def table_sum(rows):
    total = {}
    for row in rows:
        add(total, row["events"])
    return total


def check_totals(what, document, expected):
    totals = {name: n for name, n in document["totals"].items() if n}
    check(f"{what}: totals", expected, totals)


def check_blame(p, file):
    fill = ("profile_sample.c", LINE["FILL"], BINARY)
    dive = ("profile_sample.c", LINE["DIVE"], BINARY)
    gone = ("", 0, LIBRARY)
    start = ("", 0, "[kernel]")
    executed = {"Ir": 1000, "Dr": 1005, "Dw": 1999}
    through = with_sums({"ZeroWr": 106, "FileRd": 1, "DtlbM": 50, "StlbM": 20,
                         "WalkRef": 25, "RssPages": 89})
    expected = {
        "caller": {fill: {**executed, **through}, gone: with_sums({"ZeroRd": 7})},
        "leaf": {fill: executed, gone: {**through, **with_sums(
            {"ZeroRd": 7, "ZeroWr": 106, "FileRd": 1})}},
    }
    for mode, lines in expected.items():
        document = json.loads(output("report", "--format=json", f"--blame={mode}", file))
        lines[dive] = with_sums({"FileRd": 10, "FileMaj": 2, "StlbM": 4})
        lines[start] = with_sums({"ZeroWr": 3, "FileCow": 2})
        check(f"lines by {mode}", lines, by_line(document))
        check("blame", mode, document["blame"])
        check_totals(mode, document, p.totals)
        counts = [row["events"].get("Flt", 0) for row in document["lines"]]
        check(f"order by {mode}", sorted(counts, reverse=True), counts)
    document = json.loads(output("report", "--format=json", file))
    check("blame by default, with lines", "caller", document["blame"])


def check_tables(p, file):
    charged = {n: v for n, v in p.totals.items() if n not in ("Ir", "Dr", "Dw", "RssPeak")}
    everything = {n: v for n, v in p.totals.items() if n != "RssPeak"}
    names = {"line": "lines", "function": "functions", "object": "objects",
             "stack": "stacks", "area": "areas", "thread": "threads",
             "process": "processes"}
    for by, name in names.items():
        for mode in ("leaf", "caller"):
            document = json.loads(output("report", "--format=json", f"--by={by}",
                                         f"--blame={mode}", file))
            valid(f"report --by={by}", "report.schema.json", document)
            total = table_sum(document[name])
            if by == "process":
                total.pop("RssPeak")
            check(f"sum by {by}, {mode}",
                  charged if by in ("stack", "area", "thread") else everything, total)
            check(f"sum of lines beside {by}", everything, table_sum(document["lines"]))
    document = json.loads(output("report", "--format=json", "--by=kind", file))
    valid("report --by=kind", "report.schema.json", document)
    check("kinds", {"ZeroWr": 109, "FileRd": 11, "ZeroRd": 7, "FileMaj": 2, "FileCow": 2},
          {row["kind"]: row["events"]["Flt"] for row in document["kinds"]})


def check_rows(file):
    document = json.loads(output("report", "--format=json", "--by=stack", file))
    names = [[(f["function"], f["line"]) for f in s["frames"]] for s in document["stacks"]]
    check("stacks", [
        [("??", 0), ("fill", LINE["FILL"]), ("main", LINE["MAIN_FILL"])],
        [("dive", LINE["DIVE"]), ("main", LINE["MAIN_DIVE"])],
        [("??", 0)],
        []], names)
    check("cut stacks", [False, True, False, False], [s["cut"] for s in document["stacks"]])
    document = json.loads(output("report", "--format=json", "--by=area", file))
    check("areas", {("[heap]", "heap"): 114, (BINARY, "file"): 12, ("[none]", "none"): 5},
          {(a["name"], a["kind"]): a["events"]["Flt"] for a in document["areas"]})
    document = json.loads(output("report", "--format=json", "--by=thread", file))
    check("threads", {1: 125, 2: 6},
          {t["thread"]: t["events"]["Flt"] for t in document["threads"]})
    check("threads of which nothing is told", {(None, 0)},
          {(t["name"], t["threads"]) for t in document["threads"]})


def check_threads():
    p = Profile()
    at = addresses()
    obj = p.object(BINARY)
    p.block(obj, at["FILL"], [4], 700)
    p.charge(p.stack([(obj, at["FILL"]), (obj, at["MAIN_FILL"])]), thread=1, ZeroWr=3)
    p.charge(p.stack([(obj, at["FILL"])]), thread=2, ZeroWr=2, Shoot=4)
    p.charge(p.stack([(obj, at["FILL"])], cut=True), thread=3, ZeroWr=1)
    p.thread(1, instrs=5)
    p.thread(1, instrs=500, shot=1)
    p.thread(2, instrs=150, core=1, shot=3, name="io\n")
    p.thread(3, instrs=50, core=2, threads=3)
    p.end()
    file = p.write(path("threads"))
    document = json.loads(output("report", "--format=json", "--by=thread", file))
    valid("report --by=thread", "report.schema.json", document)
    check("what is told of threads",
          [(1, "main", None, 0, 1, 1, 500), (2, "fill", "io\n", 1, 1, 3, 150),
           (3, None, None, 2, 3, 0, 50)],
          [(t["thread"], t["start"] and t["start"]["function"], t["name"], t["core"],
            t["threads"], t["shot"], t["events"]["Ir"]) for t in document["threads"]])
    rows = output("report", "--by=thread", "--sort=Ir", file).splitlines()
    check("rows of threads", ["1 main", '2 fill "io\\n"', "3 and 2 more"],
          [" ".join(row.split()[-n:]) for row, n in zip(rows[-3:], (2, 3, 4))])
    check("no first touch", None, document.get("first_touch"))
    check("threads' columns", "Ir Flt Shoot StlbM Shot Core Thread".split(), rows[-4].split())


def check_first_touch():
    p = Profile()
    at = addresses()
    obj = p.object(BINARY)
    fill = p.stack([(obj, at["FILL"]), (obj, at["MAIN_FILL"])])
    dive = p.stack([(obj, at["DIVE"]), (obj, at["MAIN_DIVE"])])
    p.charge(fill, thread=1, ZeroWr=30)
    p.charge(dive, thread=2, ZeroWr=30)
    p.thread(2, instrs=1, name="io")
    p.raw(json.dumps({"first_touch": {"instrs": 1000, "pages": 3, "of": [
        [fill, 0, 1, 2, 1, 1, 1, 2]]}}))
    p.raw(json.dumps({"first_touch": {"instrs": 1000, "pages": 2000, "of": [
        [fill, 0, 1, 2, 10, 1, 40, 41], [fill, 0, 1, 3, 20, 9, 80, 91],
        [fill, 0, 1, 2, 3, 0, 6, 6], [dive, 0, 2, 1, 1500, 0, 1600, 1600]]}}))
    p.end()
    file = p.write(path("first-touch"))
    document = json.loads(output("report", "--format=json", file))
    valid("report, first touch", "report.schema.json", document)
    first = document["first_touch"]
    check("first touch", (2000, 1533), (first["pages"], first["misplaced_pages"]))
    check("lines of first touch",
          [("dive", 2, 1500, 0, 1600, [(1, 1500, 1600)]),
           ("fill", 1, 33, 10, 138, [(3, 20, 80), (2, 13, 46)])],
          [(line["function"], line["thread"], line["pages"], line["own_uses"], line["uses"],
            [(u["thread"], u["pages"], u["uses"]) for u in line["users"]])
           for line in first["lines"]])
    rows = output("report", file).splitlines()
    at = rows.index("First touch: 1,533 of 2,000 pages are used most by another thread "
                    "than the one that touched them first")
    check("first touch in text",
          [["1,500", "100%", "2", "main", '"io"', "1", "main"],
           ["33", "93%", "1", "main", "3", "and", "1", "more"]],
          [rows[at + 2].split()[:7], rows[at + 3].split()[:8]])
    check("rows of first touch", True, "... and 1 more (--top=0 shows all)" in
          output("report", "--top=1", file).splitlines()[at + 3])


def check_run(p, file):
    document = json.loads(output("report", "--format=json", file))
    check("complete", True, document["complete"])
    check("excluded", with_sums({"ZeroWr": 7, "FileMaj": 1}), document["excluded"])
    check("notes", ["a note"], document["notes"])
    check("command", ["./sample"], document["run"]["command"])
    check("exit status", 0, document["run"]["exit_status"])
    check("all events in totals", 34, len(document["totals"]))
    check("warnings name the missing library", [True],
          [LIBRARY in text for text in document["warnings"]])
    top = json.loads(output("report", "--format=json", "--top=2", file))
    check("--top", document["lines"][:2], top["lines"])
    sort = json.loads(output("report", "--format=json", "--sort=FileCow", file))
    check("--sort", "[start-up]", sort["lines"][0]["function"])
    some = json.loads(output("report", "--format=json", "--events=Dr,ZeroRd", file))
    check("--events", {"Dr", "ZeroRd"}, {n for r in some["lines"] for n in r["events"]})


def check_text(file):
    text = output("report", file)
    for words in ("131: 129 minor, 2 major", "109  83.2%  ZeroWr",
                  "50 in the first level, 24 in both", "8.0 KiB at the peak", "8 faults of what Valgrind",
                  f"profile_sample.c:{LINE['FILL']}", "a note",
                  "fill  via ?? (libgone.so.1)", "?? (libgone.so.1)"):
        holds(f"text has {words!r}", words in text, text)
    holds("the hottest line comes first", text.index("fill  via") < text.index("dive"))
    holds("no colour by itself", "\033[" not in text)
    holds("colour when asked for", "\033[" in output("report", "--color=always", file))
    holds("more rows", "... and 3 more" in output("report", "--top=1", file))
    text = output("report", "--by=stack", file)
    holds("frames below one another", f"fill  {os.path.basename(BINARY)}" not in text)
    p = Profile(command=["x" * 300])
    p.charge(0, p.area("[heap]", "heap"), 1, ZeroWr=1000, FileRd=1)
    p.end()
    file = p.write(path("few"))
    text = output("report", "--by=area", file)
    holds("a small rest is not named", "ZeroWr >99%  [heap]\n" in text, text)
    holds("no line is wider than 110 columns", max(map(len, text.split("\n"))) <= 110, text)
    holds("no rows, said", output("report", "--sort=DtlbM", file).endswith("\nnone\n"))


def check_output(file):
    output("report", "-o", path("out"), file)
    with open(path("out"), encoding="utf-8") as written:
        check("-o", output("report", file), written.read())


def check_several(p, file):
    other = sample()
    other.raw('{"note":"another note"}')
    other.end(rss_peak=16384)
    second = other.write(path("second"))
    document = json.loads(output("report", "--format=json", "--by=process", file, second))
    valid("two profiles", "report.schema.json", document)
    double = {n: 2 * v for n, v in p.totals.items()}
    double["RssPeak"] = 8192 + 16384       # runs of their own: the sum of their peaks
    check_totals("two profiles", document, double)
    check("processes", [8192, 16384],
          sorted(row["events"]["RssPeak"] for row in document["processes"]))
    check("notes once each", ["a note", "another note"], document["notes"])
    one = json.loads(output("report", "--format=json", file))
    check("as many lines as one", len(one["lines"]), len(document["lines"]))


def check_cut_short(p, file):
    short = sample()
    document = json.loads(output("report", "--format=json", short.write(path("short"))))
    check("cut short", False, document["complete"])
    check("peak from the checkpoint", 89 * 4096, document["totals"]["RssPeak"])
    valid("cut short", "report.schema.json", document)
    text = output("report", path("short"))
    check("first line", True, text.startswith("CUT SHORT: "))
    with open(path("torn"), "w", encoding="utf-8") as torn:
        torn.write(short.text() + '{"charge":[1,1,1],"events":{"Zero')
    torn = json.loads(output("report", "--format=json", path("torn")))
    check("a torn line is left out", document["totals"], torn["totals"])
    taken_back = sample()
    taken_back.end()
    taken_back.charge(1, 1, 1, ZeroWr=1)
    document = json.loads(output("report", "--format=json", taken_back.write(path("back"))))
    check("an end that is taken back", False, document["complete"])
    wrong = sample()
    wrong.totals["ZeroWr"] += 1
    wrong.end()
    document = json.loads(output("report", "--format=json", wrong.write(path("wrong"))))
    check("totals that disagree", [True],
          ["add up to 109 ZeroWr, its end says 110" in text
           for text in document["warnings"] if LIBRARY not in text])


def check_complaints(file):
    def written(text):
        with open(path("bad"), "wb") as bad:
            bad.write(text)
        return path("bad")

    header = Profile().text().encode()
    complains("no such file", "No such file", "report", path("nowhere"))
    complains("a folder", "directory", "report", path("."))
    complains("an empty file", "not a vmtrace profile", "report", written(b""))
    complains("an ELF file", "not a vmtrace profile", "report", BINARY)
    complains("an endless file", "not a vmtrace profile", "report", "/dev/zero")
    complains("other JSON", "not a vmtrace profile", "report", written(b'{"version":1}\n'))
    complains("a later format", "newer", "report", written(b'{"vmtrace":2}\n'))
    for what, words, line in (
            ("no JSON", "line 2", b"garbage\n{}\n"),
            ("an undefined stack", "stack 4 was not defined", b'{"charge":[4,0,1],"events":{}}\n'),
            ("an undefined object", "object 9", b'{"frame":1,"object":9,"offset":1}\n'),
            ("an id defined twice", "defined twice",
             b'{"object":1,"path":"/a"}\n{"object":1,"path":"/b"}\n'),
            ("a number beyond 64 bits", "line 2", b'{"access":[0,0],"ir":1e99}\n'),
            ("a sum beyond 64 bits", "64 bits",
             b'{"access":[0,0],"ir":9223372036854775807}\n' * 2),
            ("columns of other lengths", "length",
             b'{"object":1,"path":"/a"}\n{"block":1,"object":1,"offset":1,"lens":[1,2],"dr":[1]}\n'),
            ("an event's name", "name of an event", b'{"charge":[0,0,1],"events":{"a b":1}}\n'),
            ("a NUL", "NUL", b'{"note":"\\u0000"}\n'),
            ("deep nesting", "line 2", b'{"a":' * 100000 + b"\n")):
        complains(what, words, "report", written(header + line))
    complains("--by=site", "no allocation sites", "report", "--by=site", file)
    complains("--by", "--by cannot be wibble", "report", "--by=wibble", file)
    complains("--sort", "no event Wibble", "report", "--sort=Wibble", file)
    complains("--sort by a size", "whole run", "report", "--sort=RssPeak", file)
    complains("--events", "no event X", "report", "--events=Flt,X", file)
    complains("--blame", "leaf or caller", "report", "--blame=x", file)
    complains("--top", "wants a number", "report", "--top=-1", file)
    complains("--format", "text or json", "report", "--format=xml", file)
    complains("no profile", "which profile", "report")
    complains("an unwritable output", "nowhere", "report", "-o", path("nowhere/x"), file)
    if os.path.exists("/dev/full"):
        complains("a full disk", "No space left", "report", "-o", "/dev/full", file)


def check_names():
    """Names with line ends, quotes and bytes that are no UTF-8."""
    strange = "/t\udcff\n\"mp,\x1b[31m" + "\N{SNOWMAN}" + "x" * 3000
    p = Profile(command=["a\nb", strange], exe=strange)
    here = p.object(strange)
    p.charge(p.stack([(here, 1)]), p.area(strange, "file"), 1, ZeroWr=1)
    p.raw(json.dumps({"note": strange}))
    p.end()
    file = p.write(path("strange"))
    document = json.loads(output("report", "--format=json", "--by=area", file))
    valid("strange names", "report.schema.json", document)
    check("object in JSON", strange, document["lines"][0]["object"])
    check("area in JSON", strange, document["areas"][0]["name"])
    check("command in JSON", ["a\nb", strange], document["run"]["command"])
    for by in ("line", "object", "area", "stack"):
        text = output("report", f"--by={by}", file)
        holds(f"no escape sequence by {by}", "\x1b" not in text)
        holds(f"escaped by {by}", r"\xff\n" in text)
    raw = os.fsencode(path("r")) + b"\xff\n"
    shutil.copy(file, raw)
    status, out, err = vmtrace("report", "--format=json", raw)
    check("a strange path of a profile", (0, b""), (status, err))
    check("its name", os.fsdecode(raw), json.loads(out)["run"]["profile"])


def check_inlined():
    p = Profile()
    own = p.object(BINARY)
    p.charge(p.stack([(own, AT["TOUCH"]), (own, AT["BOTTOM"])]), 0, 1, ZeroWr=1)
    p.end()
    document = json.loads(output("report", "--format=json", "--by=stack",
                                 p.write(path("inlined"))))
    check("inlined frames", [("touch", LINE["TOUCH"]), ("fill", LINE["CALL_TOUCH"]),
                             ("dive", LINE["BOTTOM"])],
          [(f["function"], f["line"]) for f in document["stacks"][0]["frames"]])
    check("the innermost is charged", ("touch", LINE["TOUCH"]),
          (document["lines"][0]["function"], document["lines"][0]["line"]))


def check_headers():
    """What was inlined from a system header is the user's line that calls it; the
    leaf stays what it is, and a function that is all of headers is the outermost."""
    at = {where: address for address, where in sorted(lines_of_code().items(), reverse=True)}
    p = Profile()
    own, library = p.object(BINARY), p.object(LIBRARY)
    in_own = at["clear.h", "13"]
    p.charge(p.stack([(own, in_own)]), 0, 1, ZeroWr=1)
    p.charge(p.stack([(library, 1), (own, in_own)]), 0, 1, ZeroWr=2)
    p.charge(p.stack([(own, at["set.h", "23"])]), 0, 1, ZeroWr=4)
    # A template's function with a line of the user's above it: through the library,
    # or with a function of no known file between, which is not it.
    in_template = (own, at["set.h", "23"])
    unknown = (p.object("/nowhere/at/all"), 7)
    p.charge(p.stack([in_template, (library, 2), (own, AT["MAIN_FILL"])]), 0, 1, ZeroWr=8)
    p.charge(p.stack([in_template, unknown, (own, AT["MAIN_FILL"])]), 0, 1, ZeroWr=16)
    p.charge(p.stack([in_template, unknown]), 0, 1, ZeroWr=32)
    p.charge(p.stack([unknown, (own, AT["MAIN_FILL"])]), 0, 1, ZeroWr=64)
    p.end()
    file = p.write(path("headers"))
    for mode, expected in (
            ("caller", {("own.c", 33, "own_function"): 3,
                        ("set.h", 28, "template_function"): 4 + 32,
                        ("profile_sample.c", LINE["MAIN_FILL"], "main"): 8 + 16,
                        ("", 0, "??"): 64}),
            ("leaf", {("clear.h", 13, "clear_word"): 1, ("", 0, "??"): 2 + 64,
                      ("set.h", 23, "set_word"): 4 + 8 + 16 + 32})):
        document = json.loads(output("report", "--format=json", f"--blame={mode}", file))
        got = {}
        for row in document["lines"]:
            add(got, {(os.path.basename(row["file"]), row["line"], row["function"]):
                      row["events"]["Flt"]})
        check(f"headers by {mode}", expected, got)
    p = Profile()
    p.charge(p.stack([(p.object(BINARY), in_own)]), 0, 1, ZeroWr=1)
    p.end()
    holds("the header's function is named", "own_function  via clear_word" in
          output("report", p.write(path("header"))))


def check_objects():
    """A binary that is not the one that ran, and code that is in no file."""
    p = Profile()
    other = p.object(BINARY, "00" * 20)
    p.charge(p.stack([(other, AT["FILL"])]), 0, 1, ZeroWr=1)
    p.charge(p.stack([(0, 0x7f0000001000)]), 0, 1, ZeroWr=2)
    p.charge(p.stack([(0, -4096)]), 0, 1, ZeroWr=4)
    p.end()
    document = json.loads(output("report", "--format=json", p.write(path("other"))))
    check("code in no file", {("[jit]", 6), (BINARY, 1)},
          {(row["object"], row["events"]["Flt"]) for row in document["lines"]})
    holds("the mismatch is named once",
          [BINARY in text for text in document["warnings"]] == [True], document["warnings"])
    check("blame by default, without lines", "leaf", document["blame"])


def main():
    p = sample()
    p.end()
    file = p.write(path("profile"))
    check_blame(p, file)
    check_tables(p, file)
    check_rows(file)
    check_threads()
    check_first_touch()
    check_run(p, file)
    check_text(file)
    check_output(file)
    check_several(p, file)
    check_cut_short(p, file)
    check_complaints(file)
    check_names()
    check_inlined()
    check_headers()
    check_objects()
    finish()


main()
