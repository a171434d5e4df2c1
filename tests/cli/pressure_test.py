#!/usr/bin/env -S python3 -B
"""What vmtrace says of a run with a limit on memory, of one that was simulated page by
page."""

import json
import os

from make_pressure import LimitedMemory
from make_profile import BINARY, EVENTS, Profile, addresses, marks
from verb_test import check, complains, finish, holds, output, path, valid

AT, LINE = addresses(), marks()
PAGE = 4096
os.environ["LC_ALL"] = "C"

SETTINGS = {"mrc": "exact", "ws-window": "1000", "ram": 100 * PAGE, "swap": None,
            "reclaim": "lru", "swap-latency": 50}
# An instruction is said to take 1 ns, so that this many take as long as one page.
WAIT_INSTRS = 50000


class Sample:
    """Fills 60 pages, sweeps 120 again and again with room for 100, and then keeps to
    30: of the sweep all faults but the first of each page are Thrash."""

    def __init__(self, **settings):
        self.profile = Profile(settings={**SETTINGS, **settings})
        own = self.profile.object(BINARY)
        heap, data = self.profile.area("[heap]", "heap"), self.profile.area(BINARY, "file")
        self.fill = (self.profile.stack([(own, AT["FILL"]), (own, AT["MAIN_FILL"])]), heap, 1)
        self.dive = (self.profile.stack([(own, AT["DIVE"]), (own, AT["MAIN_DIVE"])]), data, 1)
        self.touch = (self.profile.stack([(own, AT["TOUCH"])]), heap, 1)
        self.memory = memory = LimitedMemory(100, window=1000)
        self.phase("calm", 20, lambda i: memory.touch(i % 60, self.fill, 100))
        self.phase("sweep", 100, lambda i: memory.touch(
            100 + i % 120, self.touch if i % 4 == 3 else self.dive, 100))
        self.phase("still", 80, lambda i: memory.touch(100 + i % 30, self.fill, 100))
        self.profile.block(own, AT["FILL"], [1], memory.now)

    def phase(self, name, n_windows, touch):
        start = self.memory.now
        for i in range(n_windows * 10):
            touch(i)
            if i % 10 == 9:
                self.memory.sample()
        setattr(self, name, (start, self.memory.now))

    def write(self, name, *records, **options):
        self.memory.write_limited(self.profile, **options)
        for record in records:
            self.profile.raw(json.dumps(record))
        self.profile.end(rss_peak=100 * PAGE)
        return self.profile.write(path(name))


def document(verb, *arguments):
    got = json.loads(output(verb, "--format=json", *arguments))
    valid(f"{verb} {arguments}", f"{verb}.schema.json", got)
    return got


def pressure(*arguments):
    got = document("report", *arguments)["pressure"]
    check("one run", 1, len(got))
    return got[0]


def said(text):
    """Lines are broken where they are full."""
    return " ".join(text.split())


def by_line(rows, name):
    return {row["line"]: row[name] for row in rows}


def thrash_by_line(sample):
    """Of the sweep, each touch from the second time round on; every fourth is TOUCH's.
    The first 100 of them come when all 60 pages of FILL and 40 of the sweep are gone."""
    start, end = sample.sweep
    refaults = (end - start) // 100 - 120
    return {LINE["TOUCH"]: refaults // 4, LINE["DIVE"]: refaults - refaults // 4}


def check_report(sample, file):
    got = pressure(file)
    events = sample.memory.totals
    check("settings", (100 * PAGE, None, "lru", 50),
          (got["ram_bytes"], got["swap_bytes"], got["reclaim"], got["swap_latency_us"]))
    # 1,000 touches of the sweep: 120 first ones, then refaults. 60 + 120 pages came in by
    # first touches, 880 again; 100 are in memory still.
    check("what was simulated", (880, 880, 880, 960, 180),
          tuple(events[n] for n in ("SwapIn", "Refault", "Thrash", "Evict", "SwapOut")))
    check("events", {**events, "Flt": 1060, "FileMaj": 0, "SwapHit": 0, "RssPeak": 100 * PAGE},
          got["events"])
    check("stall: 880 times 50 us", 44000, got["stall_us"])
    thrashing = got["thrashing"]
    # The first window of the sweep's second round is the 13th: 120 touches are 12.
    check("spans", [{"from_instr": sample.sweep[0] + 12000, "to_instr": sample.sweep[1],
                     "Flt": 880, "Refault": 880, "Thrash": 880}], thrashing["spans"])
    check("sums of spans", (True, 88000, 200000, 880, 880, 880), tuple(
        thrashing[n] for n in ("thrashed", "instrs", "run_instrs", "Flt", "Refault", "Thrash")))
    check("lines that thrash", thrash_by_line(sample), by_line(thrashing["lines"], "Thrash"))
    check("most first", [LINE["DIVE"], LINE["TOUCH"]], [r["line"] for r in thrashing["lines"]])
    # A sweep of 120 pages does not fault again from 120 pages on.
    check("enough", {"ram_pages": 120, "faults": 180}, thrashing["enough"])
    check("no one asked in vain", None, got["oom"])
    text = said(output("report", file))
    for words in ("RAM 400.0 KiB (--ram), swap without limit, --reclaim=lru; 400.0 KiB resident",
                  "Thrashed from instruction 32,000 to 120,000, 44.0% of the run: it waited for "
                  "pages that had been thrown out longer than it ran; 100.0% of the faults there "
                  "are Refault, 100.0% Thrash; of all 880 Thrash of the run most are here: 660 75.0% ", f"profile_sample.c:{LINE['TOUCH']} touch",
                  "Enough RAM 480.0 KiB, 1.2 times what it had",
                  "Refaults 880, 83.0% of the page faults; 880 of them Thrash",
                  "Evicted 960 pages, 180 of them written to swap, 880 read back Stall",
                  "Stall 44.0 ms: 880 major faults times the 50 us of --swap-latency, not a "
                  "prediction of run time"):
        holds(f"report has {words!r}", words in text, text)
    holds("columns", "Flt StlbM Evict Refault SwapOut Thrash Kinds" in text, text)
    listing = output("annotate", "--context=0", file)
    titles = next(line.split() for line in listing.splitlines() if "Ir" in line)
    check("annotate's columns", ["Ir", "Dr", "Dw", "Flt", "StlbM", "Evict", "Refault",
                                 "SwapOut", "Thrash", "Source"], titles)
    totals = document("report", file)["totals"]
    check("totals", (960, 880, 180, 880),
          tuple(totals[n] for n in ("Evict", "Refault", "SwapOut", "Thrash")))
    rows = document("report", "--sort=Evict", file)["lines"]
    # 20 windows of fill take 60 frames, and the sweep's first 40 touches find room.
    check("--sort=Evict", [LINE["DIVE"], LINE["TOUCH"], LINE["FILL"]],
          [row["line"] for row in rows])
    check("who evicts", [720, 240, 0], [row["events"].get("Evict", 0) for row in rows])


def check_timeline(sample, file):
    got = document("timeline", "--evicted", "--thrash", file)
    check("the Thrash of samples", [s[-1] for s in sample.memory.timeline],
          [s["Thrash"] for s in got["timeline"]])
    check("spans", [(32000, 120000)],
          [(s["from_instr"], s["to_instr"]) for s in got["thrashing"]])
    names = {sample.fill: LINE["FILL"], sample.dive: LINE["DIVE"], sample.touch: LINE["TOUCH"]}
    check("whose pages went", {names[c]: n for c, n in sample.memory.evicted_of.items()},
          {r["line"]: r["events"]["EvictedPages"] for r in got["evicted"]["lines"]})
    check("all of them", (960, 960), (got["evicted"]["pages"], sum(
        r["events"]["EvictedPages"] for r in got["evicted"]["areas"])))
    check("who thrashes", {LINE["DIVE"]: (660, 660, 750), LINE["TOUCH"]: (220, 220, 250)},
          {r["line"]: tuple(r["events"][n] for n in ("Thrash", "Refault", "Flt"))
           for r in got["thrash"]["lines"] if "Thrash" in r["events"]})
    check("in all", 880, got["thrash"]["Thrash"])
    by_area = document("timeline", "--thrash", "--by=area", file)["thrash"]
    check("by area", ({BINARY: 660, "[heap]": 220}, False),
          ({r["name"]: r["events"]["Thrash"] for r in by_area["areas"]}, "lines" in by_area))
    check("csv of --evicted by area", ["area,kind,EvictedPages", f"{BINARY},file,675",
                                       "[heap],heap,285", ""],
          output("timeline", "--evicted", "--by=area", "--format=csv", file).split("\r\n"))
    check("csv of --thrash", ["660", "220"],
          [row.split(",")[-1] for row in output("timeline", "--thrash", "--format=csv",
                                                file).split("\r\n")[1:3]])
    holds("csv of samples", output("timeline", "--format=csv", file).startswith(
        "instrs,RssPages,RssPagesMax,MinFlt,MajFlt,Evict,Refault,SwapIn,SwapOut,Thrash\r\n"))
    complains("two tables as csv", "one table", "timeline", "--format=csv", "--evicted",
              "--thrash", file)
    text = output("timeline", file)
    rows = text.splitlines()
    at = next(i for i, line in enumerate(rows) if line.startswith("Thrashed"))
    # 71 columns of 200,000 instructions: 32,000 is in column 11, 119,999 in 42.
    check("the marked span", " " * 7 + "|" + " " * 11 + "=" * 32, rows[at + 1])
    holds("when", "Thrashed     from instruction 32,000 to 120,000, 44.0% of the run" in text)
    holds("no line is wider than 80", max(map(len, rows)) <= 80, text)
    for chart, words in (("Thrash", "880; 10 of them in the 1,000 instructions after 32,000"),
                         ("Swapped out", "180; 10 of them")):
        holds(f"a chart of {chart}", f"\n{chart:13}{words}" in text, text)
    os.environ["LC_ALL"] = "C.UTF-8"
    fancy = output("timeline", "--color=always", file)
    holds("red where it thrashed", "\033[1;31m" + "\u2580" * 32 + "\033[0m" in fancy)
    holds("resident memory too", "\033[1;31m" + "\u2588" * 32 + "\033[0m" in fancy)
    os.environ["LC_ALL"] = "C"
    text = said(output("timeline", "--evicted", "--thrash", file))
    for words in ("Evicted 3.8 MiB (960 pages) thrown out", "EvictedPages by line",
                  "EvictedPages by area", "Thrash by line", "Thrash Refault Flt Line"):
        holds(f"tables have {words!r}", words in text, text)


def check_curve(file):
    got = document("curve", file)
    check("the size it had", {"ram_pages": 100, "faults": 1060}, got["had"])
    text = output("curve", file)
    holds("its mark", "--ram: 400.0 KiB, 1,060 faults" in text and "^" in text, text)
    holds("its row", [line for line in text.splitlines()
                      if line.startswith("400.0 KiB") and line.endswith("what it had (--ram)")], text)
    holds("it is said", "This run had 400.0 KiB (--ram)" in said(text), text)
    # Refaults by the curve are what an LRU of this size did.
    check("the curve is right", 880, got["had"]["faults"] - got["first_touches"])


def of_timeline(samples, **settings):
    """The pressure of a run with samples of instrs, MinFlt, MajFlt, Refault, as older
    profiles have them: without Thrash."""
    p = Profile(settings={**SETTINGS, **settings})
    p.raw(json.dumps({"timeline": {"columns": ["instrs", "MinFlt", "MajFlt", "Refault"],
                                   "samples": samples}}))
    p.end()
    spans = pressure(p.write(path("rule")))["thrashing"]["spans"]
    check("no Thrash", {0}, {span.pop("Thrash") for span in spans} or {0})
    return [tuple(span.values()) for span in spans]


def check_rule():
    """Where the line is drawn: one more or one less on each side of it."""
    n = 100
    wait = n * WAIT_INSTRS
    check("a wait as long as the run", [(0, wait, 1000, 101)],
          of_timeline([[wait, 900, 100, 101]]))
    check("a shorter one", [], of_timeline([[wait + 1, 900, 100, 101]]))
    check("a tenth of the faults", [], of_timeline([[wait, 900, 100, 100]]))
    check("minor refaults do not wait", [], of_timeline([[wait, 0, 50, 100]]))
    check("nor do major faults that are none", [], of_timeline([[wait, 0, 200, 99]]))
    check("twice the latency", [(0, 2 * wait, 100, 100)],
          of_timeline([[2 * wait, 0, 100, 100]], **{"swap-latency": 100}))
    check("half of it", [], of_timeline([[wait, 0, 100, 100]], **{"swap-latency": 25}))
    check("no latency, no wait", [], of_timeline([[wait, 0, 100, 100]], **{"swap-latency": 0}))
    check("32 pages go at a time", [], of_timeline([[1000, 0, 31, 31]]))
    check("from there on", [(0, 1000, 32, 32)], of_timeline([[1000, 0, 32, 32]]))
    check("in two samples too", [(0, 2000, 32, 32)],
          of_timeline([[1000, 0, 16, 16], [2000, 0, 32, 32]]))
    check("but not in two spans", [],
          of_timeline([[1000, 0, 16, 16], [2000, 0, 16, 16], [3000, 0, 32, 32]]))
    check("two spans", [(1000, 2000, 50, 50), (3000, 5000, 150, 140)],
          of_timeline([[1000, 5, 0, 0], [2000, 5, 50, 50], [3000, 99, 50, 50],
                       [4000, 99, 100, 100], [5000, 109, 190, 190], [6000, 200, 190, 190]]))


def check_text_of_spans():
    p = Profile(settings={**SETTINGS, "mrc": "no"})
    p.charge(0, p.area("[heap]", "heap"), 1, SwapIn=190, Evict=200, Refault=190, Thrash=30)
    p.raw(json.dumps({"timeline": {"columns": ["instrs", "MinFlt", "MajFlt", "Refault", "Thrash"],
                                   "samples": [[1000, 5, 50, 50, 0], [7000, 5, 50, 50, 0],
                                               [9000, 5, 190, 190, 38], [10000, 5, 190, 190, 38]]}}))
    p.end()
    text = said(output("report", p.write(path("spans"))))
    for words in ("Thrashed in 2 spans, 30.0% of the run; longest from instruction 7,000 to 9,000, "
                  "20.0% of the run: it waited", "97.4% of the faults there are Refault, 19.5% Thrash; of all "
                  "30 Thrash of the run most are here: 30 100.0% [start-up]",
                  "Enough RAM not known: the profile has no curve (--mrc=fast of the tool makes one)"):
        holds(f"text has {words!r}", words in text, text)
    check("enough in JSON", None, pressure(path("spans"))["thrashing"]["enough"])


def curved(ram_pages, points, n_thrash=4000, **settings):
    p = Profile(settings={**SETTINGS, "ram": ram_pages * PAGE, **settings})
    p.charge(0, 0, 1, SwapIn=n_thrash, Evict=n_thrash, Refault=n_thrash, Thrash=n_thrash)
    p.raw(json.dumps({"timeline": {"columns": ["instrs", "MinFlt", "MajFlt", "Refault"],
                                   "samples": [[1000, 0, n_thrash, n_thrash]]}}))
    p.raw(json.dumps({"curve": {"mode": "exact", "error_pages": 0, "points": points,
                                "peak_pages": points[-1][0], "first_touches": points[-1][1]}}))
    p.end()
    return p.write(path("curved"))


def check_enough():
    points = [[10, 9000], [20, 200], [30, 141], [40, 140], [50, 132], [60, 131], [70, 100]]
    # 1% of 4,000 Thrash may be left of the faults beyond the 100 of the peak.
    file = curved(15, points)
    check("1% left", {"ram_pages": 40, "faults": 140}, pressure(file)["thrashing"]["enough"])
    text = said(output("report", file))
    holds("the knee on the way", "which has 40 refaults there; at the knee, 80.0 KiB, it has 100" in text,
          text)
    holds("the policy is LRU", "page tables and for pages" not in text, text)
    for policy in ("linux", "mglru"):
        text = said(output("report", curved(15, points, reclaim=policy)))
        holds(f"{policy} is not", "at the knee, 80.0 KiB, it has 100; Linux takes some more" in text,
              text)
    text = said(output("report", curved(40, points)))
    holds("LRU would not have", "160.0 KiB for LRU, by the curve: no more than there was" in text, text)
    holds("for the policy", "it is the policy that thrashes" in text, text)
    text = said(output("report", curved(40, points, swap=0)))
    holds("or for want of swap", "it is swap that is too small" in text, text)
    check("what is too few to thrash", {"ram_pages": 60, "faults": 131},
          pressure(curved(15, points, 99))["thrashing"]["enough"])


def check_calm():
    p = Profile(settings={**SETTINGS, "swap": 0})
    p.charge(0, 0, 1, ZeroWr=5)
    p.raw(json.dumps({"timeline": {"columns": ["instrs", "MinFlt", "MajFlt", "Refault"],
                                   "samples": [[1000, 5, 0, 0]]}}))
    p.end()
    file = p.write(path("calm"))
    text = said(output("report", file))
    holds("nothing was evicted", "no swap, --reclaim=lru; 8.0 KiB resident at the peak; nothing was "
          "evicted" in text and "Thrashed" not in text, text)
    holds("no columns of zeros", "Evict " not in text, text)
    check("in JSON", (False, 0), (pressure(file)["thrashing"]["thrashed"],
                                  pressure(file)["stall_us"]))
    holds("of two not a word", "Memory pressure" not in output("report", file, file))
    check("but in JSON", 2, len(document("report", file, file)["pressure"]))
    holds("none evicted", "EvictedPages by line" in output("timeline", "--evicted", file))
    check("none thrash", [], document("timeline", "--thrash", file)["thrash"]["lines"])
    holds("no in the timeline", "Thrashed     no\n" in output("timeline", file))
    p = Profile(settings={**SETTINGS, "swap": 1 << 20, "swap-latency": 8})
    p.charge(0, 0, 1, SwapIn=30, SwapHit=7, FileMaj=3, Evict=60, Refault=40, Thrash=31, SwapOut=20)
    p.raw(json.dumps({"timeline": {"columns": ["instrs", "RssPages"], "samples": [[1, 2]]}}))
    p.end()
    text = said(output("report", p.write(path("few"))))
    for words in ("1.0 MiB of swap", "Thrashed not known: the profile has no timeline of Refault (--ws-window of",
                  "60 pages, 20 of them written to swap, 30 read back, 7 found still in the swap "
                  "cache, 3 pages of files read from the device",
                  "Stall 264 us: 33 major faults times the 8 us"):
        holds(f"text has {words!r}", words in text, text)
    check("not known in JSON", None, pressure(path("few"))["thrashing"])


def check_oom(sample):
    thread = 2
    oom = {"instrs": 1500, "stack": sample.dive[0], "area": sample.dive[1], "thread": thread,
           "event": 1, "resident_pages": 100, "table_pages": 4, "swap_used_pages": 25,
           "of": [[*sample.dive, 30], [*sample.fill, 60], [sample.dive[0], sample.dive[1], 2, 8],
                  [*sample.touch, 2]]}
    file = sample.write("oom", {"oom": oom})
    got = pressure(file)["oom"]
    check("who asked", (1500, LINE["DIVE"], "dive", BINARY, 2),
          tuple(got[n] for n in ("instrs", "line", "function", "area", "thread")))
    check("with which callers", [("dive", LINE["DIVE"]), ("main", LINE["MAIN_DIVE"])],
          [(f["function"], f["line"]) for f in got["frames"]])
    check("what there was", (100, 4, 25),
          tuple(got[n] for n in ("resident_pages", "table_pages", "swap_used_pages")))
    check("who held it, two threads as one", [(LINE["FILL"], "[heap]", 60),
                                              (LINE["DIVE"], BINARY, 38),
                                              (LINE["TOUCH"], "[heap]", 2)],
          [(r["line"], r["area"], r["pages"]) for r in got["lines"]])
    check("the same in the timeline", got, document("timeline", file)["oom"])
    warning = ("memory ran out after 1,500 instructions, where the kernel would have killed the "
               "program: what is counted from there on is without a limit")
    check("marked in JSON", [warning], document("report", file)["warnings"])
    for verb in ("report", "timeline", "curve", "annotate"):
        holds(f"marked in {verb}", warning in said(output(verb, file)))
    text = said(output("report", file))
    for words in ("No memory after 1,500 instructions, at dive",
                  "Held 400.0 KiB resident, 16.0 KiB of page tables, 100.0 KiB in swap",
                  "60 60.0% "):
        holds(f"report has {words!r}", words in text, text)
    text = output("report", file)
    holds("callers below", text.index("  main  ") > text.index("No memory"), text)
    holds("first of all", text.index("No memory") < text.index("Thrashed"))
    late = Sample().write("late", {"oom": {**oom, "instrs": 100000}})
    check("whole samples before", [(32000, 100000)], [
        (s["from_instr"], s["to_instr"]) for s in pressure(late)["thrashing"]["spans"]])
    # All 180 pages that it ever touched; 100 and 50 there were.
    holds("how much it takes", "Enough 720.0 KiB of RAM and swap together, which is what it touched "
          "at its peak; there were 600.0 KiB" in said(text), text)
    # At instruction 1,500 it had not thrashed; what follows is without a limit.
    holds("it did not thrash before", "no: nowhere before memory ran out" in said(text), text)
    check("nor in JSON", [], pressure(file)["thrashing"]["spans"])
    holds("what is enough says the line above", "Enough RAM" not in text, text)
    check("and in JSON", None, pressure(late)["thrashing"]["enough"])
    holds("more than there is", "resident at the peak, after memory ran out" in
          said(output("report", Sample(ram=90 * PAGE).write("over", {"oom": oom}))))
    holds("the timeline has a line", "No memory after 1,500" in said(output("timeline", file)))
    bare = Profile(settings=SETTINGS)
    bare.raw(json.dumps({"oom": {"instrs": 7, "stack": 0, "area": 0}}))
    bare.end()
    got = pressure(bare.write(path("bare")))["oom"]
    check("what an older record does not have", (None,) * 3 + ([], []),
          tuple(got[n] for n in ("resident_pages", "table_pages", "swap_used_pages",
                                 "lines", "frames")))
    holds("and its text", "No memory    after 7 instructions, at [start-up]" in
          output("report", path("bare")), output("report", path("bare")))
    two = document("report", file, path("bare"))
    check("of two runs each its own", [file, path("bare")],
          [run["profile"] for run in two["pressure"]])
    check("a sum is of one run", (880, 0), tuple(r["events"]["Thrash"] for r in two["pressure"]))
    two = document("report", file, late)
    check("and so are its lines", [880, 880], [
        sum(line["Thrash"] for line in run["thrashing"]["lines"]) for run in two["pressure"]])
    holds("named", f"Memory pressure of {path('bare')[:20]}" in output("report", file, path("bare")))


def check_nobody():
    p = Profile(settings=SETTINGS)
    p.charge(0, 0, 1, Evict=70)
    p.raw('{"timeline":{"columns":["instrs"],"samples":[[1]]}}')
    p.raw('{"evicted_of":[[0,0,1,60]]}')
    p.end()
    text = said(output("timeline", "--evicted", p.write(path("nobody"))))
    holds("pages of nobody", "(60 pages) thrown out" in text and "10 more were nobody's" in text, text)


def check_long_ago():
    """What was thrown out long before is waited for as well."""
    p = Profile(settings=SETTINGS)
    p.charge(0, 0, 1, Evict=90, SwapIn=90, Refault=90)
    p.raw(json.dumps({"timeline": {"columns": ["instrs", "MinFlt", "MajFlt", "Refault", "Thrash"],
                                   "samples": [[1000, 0, 90, 90, 0]]}}))
    p.end()
    text = said(output("report", p.write(path("long"))))
    holds("lines of Refault", "100.0% of the faults there are Refault, 0.0% Thrash; of all 90 Refault "
          "of the run most are here: 90 100.0% [start-up]" in text, text)


def check_without():
    """Profiles of runs without a limit, and of tools that knew of none."""
    timeline = '{"timeline":{"columns":["instrs","RssPages"],"samples":[[1,2]]}}'
    for name, header in (("unlimited", {"settings": {"ram": None, "swap": None}}),
                         ("older", {"events": [n for n in EVENTS if n not in (
                             "Evict", "Refault", "SwapOut", "Thrash")]})):
        p = Profile(**header)
        p.raw(timeline)
        p.end()
        file = p.write(path(name))
        check(f"{name}: no pressure", [], document("report", file)["pressure"])
        holds(f"{name}: nor a section", "Memory pressure" not in output("report", file))
        for option, words in (("--evicted", "no evicted pages"), ("--thrash", "no Thrash")):
            complains(f"{name}: {option}", f"{words}: memory had no limit (--ram=SIZE of the tool "
                      "sets one)", "timeline", option, file)
        holds(f"{name}: no mark", "Thrashed" not in output("timeline", file))
    holds("none, and why", "none: memory had no limit (--ram=SIZE" in
          output("report", "--sort=Refault", path("unlimited")))
    for verb in ("report", "annotate"):
        complains(f"{verb} --sort", "no event Thrash: memory had no limit (--ram=SIZE", verb,
                  "--sort=Thrash", path("older"))
    holds("others are none", output("report", "--sort=DtlbM", path("older")).endswith("\nnone\n"))


def check_damaged():
    def written(record, **settings):
        p = Profile(settings={**SETTINGS, **settings})
        p.raw(record)
        p.end()
        return p.write(path("damaged"))

    head = '{"oom":{"instrs":1,"stack":0,"area":0,'
    for what, words, record in (
            ("evicted of no list", "evicted_of is not a list", '{"evicted_of":7}'),
            ("three numbers", "not of 4 numbers", '{"evicted_of":[[0,0,1]]}'),
            ("fewer than none", "cannot be -1", '{"evicted_of":[[0,0,1,-1]]}'),
            ("an undefined stack", "stack 9 was not defined", '{"evicted_of":[[9,0,1,1]]}'),
            ("beyond 64 bits", "64 bits",
             "\n".join(['{"evicted_of":[[0,0,1,4503599627370496]]}'] * 2048)),
            ("pages that are text", "not a number", head + '"resident_pages":"1"}}'),
            ("owners of two", "not of 4 numbers", head + '"of":[[0,0]]}}'),
            ("no instrs", "instrs is not a number", '{"oom":{"stack":0,"area":0}}')):
        complains(what, words, "report", written(record))
    for what, settings, words in (
            ("a RAM that is text", {"ram": "64M"}, None), ("one below 0", {"ram": -1}, None),
            ("none at all", {"ram": 0}, None),
            ("a strange policy", {"reclaim": "\x1b[31m"}, "swap without limit; 8.0 KiB")):
        text = said(output("report", written('{"note":"x"}', **settings)))
        holds(f"{what}: read", "\x1b" not in text and ("Memory pressure" in text) == bool(words)
              and (not words or words in text), text)


def check_names():
    strange = "/t\udcff\n\"mp,\x1b[31m" + "\N{SNOWMAN}"
    p = Profile(command=[strange], settings=SETTINGS)
    charge = [p.stack([(p.object(strange), 1)]), p.area(strange, "file"), 1]
    p.charge(*charge, Evict=50, SwapIn=50, Refault=50, Thrash=50)
    p.raw(json.dumps({"timeline": {"columns": ["instrs", "MinFlt", "MajFlt", "Refault"],
                                   "samples": [[1000, 0, 50, 50]]}}))
    p.raw(json.dumps({"evicted_of": [charge + [50]]}))
    p.raw(json.dumps({"oom": {"instrs": 1, "stack": charge[0], "area": charge[1],
                              "of": [charge + [5]]}}))
    p.end()
    file = p.write(path("strange"))
    for verb, *options in (["report"], ["timeline"], ["timeline", "--evicted"],
                           ["timeline", "--thrash", "--by=stack"]):
        text = output(verb, *options, file)
        holds(f"no escape sequence in {verb} {options}", "\x1b" not in text, text)
    got = pressure(file)
    check("names in JSON", (strange,) * 4,
          (got["oom"]["area"], got["oom"]["object"], got["oom"]["lines"][0]["area"],
           got["thrashing"]["lines"][0]["object"]))


def main():
    sample = Sample()
    file = sample.write("profile")
    check_report(sample, file)
    check_timeline(sample, file)
    check_curve(file)
    check_rule()
    check_text_of_spans()
    check_enough()
    check_calm()
    check_oom(Sample(swap=50 * PAGE))
    check_nobody()
    check_long_ago()
    check_without()
    check_damaged()
    check_names()
    finish()


main()
