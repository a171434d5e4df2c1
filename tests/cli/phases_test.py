#!/usr/bin/env -S python3 -B
"""What report, annotate, export and timeline say of phases, snapshots, pauses and resets,
on profiles whose numbers are known, because they were made."""

import json
import os

from make_pressure import Memory
from make_profile import BINARY, Profile, addresses, add, marks, with_sums
from verb_test import check, complains, finish, holds, output, path, valid, vmtrace

AT, LINE = addresses(), marks()
os.environ["LC_ALL"] = "C"


def document(verb, *arguments):
    got = json.loads(output(verb, "--format=json", *arguments))
    valid(f"{verb} {arguments}", f"{verb}.schema.json", got)
    return got


class Marked(Profile):
    """A profile with phases: what is counted while one is open is its too."""

    def __init__(self, **header):
        super().__init__(**header)
        self.open, self.sums, self.entered = set(), {}, {}

    def phase(self, name, what, instrs, **members):
        self.raw(json.dumps({"phase": {"name": name, "instrs": instrs, "what": what,
                                       **members}}))
        self.open ^= {name}
        self.sums.setdefault(name, {})
        self.entered[name] = self.entered.get(name, 0) + (
            what == "begin" and "inherited" not in members)

    def charge(self, *of, **events):
        super().charge(*of, **events)
        for name in self.open:
            add(self.sums[name], {e: n for e, n in events.items() if e != "RssPages"})

    def executed(self, block, times):
        """Once defined; one instruction with a read."""
        self.raw(json.dumps({"exec": [[block, times]]}))
        add(self.totals, {"Ir": times, "Dr": times})
        for name in self.open:
            add(self.sums[name], {"Ir": times})

    def said(self, name, **changed):
        events = dict(self.sums[name])
        n = self.entered[name]
        return {"name": name, "entered": n, "marked": n, "open": int(name in self.open),
                "Ir": events.pop("Ir", 0), "events": events, **changed}

    def phases(self, **changed):
        """changed: name -> members that differ."""
        self.raw(json.dumps({"phases": [self.said(name, **changed.get(name, {}))
                                        for name in self.sums]}))


def sample():
    p = Marked()
    own = p.object(BINARY)
    heap = p.area("[heap]", "heap")
    fill = p.stack([(own, AT["FILL"]), (own, AT["MAIN_FILL"])])
    dive = p.stack([(own, AT["DIVE"])])
    p.block(own, AT["FILL"], [1], 100, dr=[1])
    p.charge(fill, heap, 1, ZeroWr=1000, RssPages=900)
    p.phase("load", "begin", 100)
    p.charge(fill, heap, 1, ZeroWr=20, FileMaj=3, DtlbM=7, RssPages=5)
    p.executed(1, 40)
    p.phase("parse \"x\"", "begin", 150)
    p.charge(dive, heap, 2, ZeroRd=4, StlbM=2)
    p.executed(1, 2)
    p.phase("load", "end", 160)
    p.charge(dive, heap, 1, ZeroRd=8)
    p.phase("parse \"x\"", "end", 170)
    p.charge(fill, heap, 1, ZeroWr=2)
    p.phase("load", "begin", 300)
    p.charge(fill, heap, 1, ZeroWr=1)
    p.raw(json.dumps({"excluded": {"ZeroWr": 9}}))
    return p


def finished():
    p = sample()
    p.phases()
    p.end()
    return p


def by_line(got):
    return {row["line"]: row["events"] for row in got["lines"]}


def check_whole(p, file):
    got = document("report", file)
    check("no phase was asked for", None, got["phase"])
    load = with_sums({"ZeroWr": 21, "FileMaj": 3, "ZeroRd": 4, "DtlbM": 7, "StlbM": 2,
                      "Ir": 42})
    parse = with_sums({"ZeroRd": 12, "StlbM": 2, "Ir": 2})
    check("phases", [
        {"phase": "load", "entered": 2, "marked": 2, "open": True, "known": True,
         "events": load},
        {"phase": "parse \"x\"", "entered": 1, "marked": 1, "open": False, "known": True,
         "events": parse}], got["phases"])
    check("totals", {n: v for n, v in p.totals.items() if v},
          {n: v for n, v in got["totals"].items() if v})
    check("no warning", [], got["warnings"])
    text = output("report", file)
    rows = [line.split() for line in text.splitlines()]
    holds("a row of load", "2 42 28 25 3 7 2 load, open at the end".split() in rows, text)
    holds("a row of parse", ["1", "2", "12", "12", "0", "0", "2", "parse", '"x"'] in rows, text)
    holds("what next", "--phase=NAME" in text)
    holds("most faults first", text.index("load, open") < text.index('parse "x"'), text)
    text = output("report", "--top=1", file)
    holds("--top is of phases, too", 'parse "x"' not in text, text)


def check_one(p, file):
    got = document("report", "--phase=load", file)
    check("the phase", "load", got["phase"])
    check("lines of load", {
        LINE["FILL"]: with_sums({"ZeroWr": 21, "FileMaj": 3, "DtlbM": 7, "Ir": 42, "Dr": 42}),
        LINE["DIVE"]: with_sums({"ZeroRd": 4, "StlbM": 2})}, by_line(got))
    check("totals of load",
          with_sums({"ZeroWr": 21, "FileMaj": 3, "ZeroRd": 4, "DtlbM": 7, "StlbM": 2, "Ir": 42,
                     "Dr": 42}), {n: v for n, v in got["totals"].items() if v})
    check("its sums are as said", [], got["warnings"])
    check("nothing that is of the run alone", ({}, [], []),
          (got["excluded"], got["curve"], got["timeline"]))
    got = document("report", '--phase=parse "x"', "--by=thread", file)
    check("threads of the other", {2: 4, 1: 8},
          {row["thread"]: row["events"]["Flt"] for row in got["threads"]})
    text = output("report", "--phase=load", file)
    holds("the head", "Phase        load, entered 2 times, open at the end" in text, text)
    holds("no peak", "Resident" not in text, text)
    got = json.loads(output("annotate", "--format=json", "--phase=load", file))
    check("annotate", {LINE["FILL"]: 24, LINE["DIVE"]: 4},
          {line["line"]: line["events"]["Flt"] for f in got["files"] for line in f["lines"]
           if line["events"].get("Flt")})
    rows = output("export", "--to=csv", "--phase=load", file).splitlines()
    faults = rows[0].split(",").index("Flt")
    check("export", 28, sum(int(row.split(",")[faults]) for row in rows[1:]))
    check("of two profiles", 56,
          document("report", "--phase=load", file, file)["totals"]["Flt"])


def check_trouble(p, file):
    complains("a phase that is not there", "no phase 'nope'; there are 2: load, parse",
              "report", "--phase=nope", file)
    plain = Profile()
    plain.end()
    complains("no phases", "has no phases; a program marks them", "report", "--phase=load",
              plain.write(path("none")))
    for what, record in {
            "begins twice": '{"phase":{"name":"a","instrs":5,"what":"begin"}}',
            "without a name": '{"phase":{"instrs":5,"what":"begin"}}',
            "neither begins nor ends": '{"phase":{"name":"a","instrs":5,"what":"x"}}',
            "instrs": '{"phase":{"name":"b","instrs":-5,"what":"begin"}}',
            "phases is not a list": '{"phases":7}',
            "entered": '{"phases":[{"name":"a","entered":-1}]}',
            "counting goes": '{"counting":{"on":true,"instrs":1}}',
            "damaged: instrs": '{"reset":{}}',
            "mark without a name": '{"snapshot":{"instrs":1}}'}.items():
        bad = Profile()
        bad.raw('{"phase":{"name":"a","instrs":5,"what":"begin"}}')
        bad.raw(record)
        complains(record, what, "report", bad.write(path("bad")))
    wrong = sample()
    wrong.phases(load={"Ir": 43})
    wrong.end()
    name = wrong.write(path("wrong"))
    holds("sums that are wrong", "42 Ir, its sums say 43"
          in document("report", "--phase=load", name)["warnings"][0])
    few = sample()
    few.phases(load={"entered": 7, "Ir": 50})
    few.end()
    name = few.write(path("few"))
    got = document("report", "--phase=load", name)
    check("not all is marked: more is no mistake", [], got["warnings"])
    text = output("report", name)
    holds("it is said", "load (lines of 2 of these times), open" in text, text)


def check_cut_short():
    p = sample()
    got = document("report", p.write(path("cut")))
    check("no sums, no numbers", [("load", False, {}), ('parse "x"', False, {})],
          [(x["phase"], x["known"], x["events"]) for x in got["phases"]])
    got = document("report", "--phase=load", path("cut"))
    check("the lines are there", 28, got["totals"]["Flt"])


def check_child():
    """What a child inherits it has not entered; two processes are added up."""
    child = Marked(pid=101, ppid=100)
    own = child.object(BINARY)
    stack = child.stack([(own, AT["FILL"])])
    child.phase("load", "begin", 0, inherited=True)
    child.charge(stack, 0, 1, ForkCow=6)
    child.phase("load", "end", 50)
    child.charge(stack, 0, 1, ForkCow=1)
    child.phases()
    child.end()
    files = [finished().write(path("parent")), child.write(path("child"))]
    load = [x for x in document("report", *files)["phases"] if x["phase"] == "load"]
    check("entered by the parent", [(2, 28 + 6)],
          [(x["entered"], x["events"]["Flt"]) for x in load])
    check("the child's part", 6, document("report", "--phase=load", files[1])["totals"]["Flt"])


def check_reset():
    """What comes before is forgotten, but for resident pages."""
    p = Marked()
    own = p.object(BINARY)
    stack = p.stack([(own, AT["FILL"])])
    area = p.area("[heap]", "heap")
    p.block(own, AT["FILL"], [1], 70)
    p.raw(json.dumps({"access": [own, AT["DIVE"]], "ir": 5}))
    p.charge(stack, area, 1, ZeroWr=30, RssPages=11)
    p.raw(json.dumps({"evicted_of": [[stack, area, 1, 8]]}))
    p.raw(json.dumps({"d": [stack, area, 1], "b": [[0, 30]]}))
    p.raw(json.dumps({"copies": {"with": 7, "of": [[stack, area, 1, 5]]}}))
    p.raw('{"excluded":{"ZeroWr":7}}')
    p.raw('{"reset":{"instrs":75}}')
    p.totals = {"RssPages": 11}
    p.charge(stack, area, 1, ZeroWr=2, RssPages=1)
    p.raw(json.dumps({"exec": [[1, 3]]}))
    add(p.totals, {"Ir": 3})
    p.raw('{"excluded":{"ZeroWr":1}}')
    p.end()
    file = p.write(path("reset"))
    got = document("report", file)
    check("what is left", with_sums({"ZeroWr": 2, "RssPages": 12, "Ir": 3}),
          by_line(got)[LINE["FILL"]])
    check("no line of the rest", [LINE["FILL"]], sorted(by_line(got)))
    check("excluded", 1, got["excluded"]["Flt"])
    check("it adds up", [], got["warnings"])
    check("no copies", [], got.get("copies", []))
    text = output("report", file)
    holds("it is said", "Counted      from instruction 75 on" in text, text)


def check_timeline():
    p = Marked(settings={"mrc": "exact", "ws-window": "1000"})
    own = p.object(BINARY)
    stack = (p.stack([(own, AT["FILL"])]), 0, 1)
    memory = Memory(per_sample=1)
    for i in range(8000):
        memory.touch(i % 60, stack)
        if i % 1000 == 999:
            memory.sample()
    p.block(own, AT["FILL"], [1], 8000)
    p.phase("all of it, or nearly", "begin", 0)
    p.phase("middle", "begin", 2000)
    p.raw('{"counting":{"on":false,"instrs":1000}}')
    p.raw('{"counting":{"on":true,"instrs":3000}}')
    p.raw('{"snapshot":{"name":"here","instrs":4000,"RssPages":60,"totals":{"ZeroWr":60}}}')
    p.raw('{"resident":{"why":"snapshot","name":"here","instrs":4000,"anon":[10,50,112640],'
          '"file":[0,0,0],"shmem":[0,0,0],"table_pages":4,"swap_pages":1}}')
    p.phase("middle", "end", 6000)
    p.raw('{"counting":{"on":false,"instrs":7000}}')
    memory.write(p, idle_windows=3)
    p.phases()
    p.end()
    file = p.write(path("timeline"))
    got = document("timeline", file)
    check("marks", [("all of it, or nearly", 0, "begin"), ("middle", 2000, "begin"),
                    ("middle", 6000, "end")],
          [(m["phase"], m["instrs"], m["what"]) for m in got["phase_marks"]])
    check("snapshots", [{"snapshot": "here", "instrs": 4000, "resident_pages": 60}],
          got["snapshots"])
    check("pauses", [(1000, 3000), (7000, None)],
          [(s["from_instr"], s["to_instr"]) for s in got["not_counted"]])
    check("no reset", None, got["reset_instr"])

    lines = output("timeline", file).splitlines()

    def row_after(words):
        at = next(i for i, line in enumerate(lines) if words in line)
        return lines[at + 1][8:].rstrip("\n")

    width = len(row_after("all of it"))
    check("open to the end", "=" * width, row_after("Phase        all of it"))
    middle = row_after("middle, entered 1 time")
    check("from a quarter to three", (width // 4, 3 * width // 4),
          (middle.index("="), middle.rindex("=")))
    check("half way", width // 2, row_after("Snapshots    1: here").index("v"))
    check("pauses are drawn", [width // 8, 3 * width // 8 + 1, 7 * width // 8],
          [row_after("Not counted").index("="), row_after("Not counted").index("= ") + 1,
           row_after("Not counted").rindex(" =") + 1])
    text = output("report", file)
    holds("pauses in the report",
          "2,000 instructions in 1 part, and what came after instruction 7,000" in text, text)
    rows = [line.split() for line in text.splitlines()]
    holds("a snapshot's row", ["4,000", "240.0", "KiB", "110.0", "KiB", "60", "60", "0", "0", "0", "here"]
          in rows, text)
    check("a snapshot in JSON",
          [("here", 60, with_sums({"ZeroWr": 60}),
            {"private_pages": 10, "shared_pages": 50, "pss_bytes": 112640, "table_pages": 4,
             "swap_pages": 1})],
          [(s["snapshot"], s["resident_pages"], s["events"], s["sizes"])
           for s in document("report", file)["snapshots"]])


def main():
    p = finished()
    file = p.write(path("marked"))
    check_whole(p, file)
    check_one(p, file)
    check_trouble(p, file)
    check_cut_short()
    check_child()
    check_reset()
    check_timeline()
    status, _, err = vmtrace("timeline", "--phase=load", file)
    check("timeline is of a run", 2, status)
    finish()


main()
