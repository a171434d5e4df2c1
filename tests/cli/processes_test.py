#!/usr/bin/env -S python3 -B
"""vmtrace report on the profiles of runs of several processes: a server that forks a
child which saves, and one that executes another program; and of other runs."""

import json
import os

from make_profile import BINARY, Profile, addresses, add, marks, with_sums
from make_tree import OTHER_RUN, PAGE, Process
from verb_test import check, complains, finish, holds, output, path, valid, vmtrace

AT, LINE = addresses(), marks()


def places(p):
    own, heap = p.object(BINARY), p.area("[heap]", "heap")
    return (p.stack([(own, AT["FILL"]), (own, AT["MAIN_FILL"])]),
            p.stack([(own, AT["DIVE"]), (own, AT["MAIN_DIVE"])]), heap)


def server():
    """Process 1: copies 600 + 200 pages while 2 lives, 5 while 3 lives, 7 of which it
    is not known who had them."""
    p = Process(1, command=["/opt/server", "--port", "1"])
    fill, dive, heap = places(p)
    p.joins(instrs=5)
    p.charge(fill, heap, 1, ZeroWr=1000)
    p.fork(2, stack=fill)
    p.fork(3, stack=dive)
    p.charge(fill, heap, 1, ForkCow=605, Reuse=11)
    p.charge(dive, heap, 1, ForkCow=207)
    p.copies(2, fill, heap, 400)
    p.copies(2, fill, heap, 200)
    p.copies(2, dive, heap, 200)
    p.copies(3, fill, heap, 5)
    p.copies(0, dive, heap, 7)
    p.gone(2)
    p.resident("peak", [100, 900, 500 * PAGE + 100], file=[1, 2, PAGE], tables=9)
    p.resident("snapshot", [1, 1, 1], name="asked for")
    p.resident("peak", [300, 700, 650 * PAGE], file=[10, 20, 15 * PAGE], tables=7)
    p.resident("end", [1000, 0, 1000 * PAGE])
    p.tree(2, 2, 1500, 1600, 12, 40)
    p.cache_of([p.area("/lib/libc.so", "file"), 30, 20, 18], [p.area(BINARY, "file"), 10, 9, 0])
    p.end(rss_peak=1030 * PAGE)
    return p


def saver():
    """Process 2, killed: its profile has no end."""
    p = Process(2, parent=1, command=["/opt/server", "--port", "1"])
    _, dive, heap = places(p)
    p.joins()
    p.charge(dive, heap, 1, ForkCow=40, FileRd=2)
    p.copies(1, dive, heap, 40)
    p.resident("peak", [40, 960, 520 * PAGE])
    p.tree(3, 3, 1700, 1800, 15, 40)
    p.cache_of([p.area("/lib/libc.so", "file"), 33, 25, 18])
    p.raw('{"checkpoint":{"Ir":100,"RssPages":1000}}')
    return p


def helper(image):
    """Process 3: what was forked, and what it executed."""
    command = ["/opt/server", "--port", "1"] if image == 0 else ["/bin/tool", "-x"]
    p = Process(3, parent=1, image=image, command=command)
    fill, _, heap = places(p)
    p.joins()
    p.charge(fill, heap, 1, ZeroWr=20 if image else 3)
    p.resident("peak", [20, 5, 22 * PAGE] if image else [3, 4, 5 * PAGE])
    p.resident("end", [21, 6, 23 * PAGE] if image else [3, 4, 5 * PAGE])
    if image:
        p.end(rss_peak=25 * PAGE, exit=3)
    else:
        p.totals["RssPeak"] = 7 * PAGE
        totals = {n: v for n, v in p.totals.items() if n != "RssPeak"}
        p.raw(json.dumps({"end": {"exec": "/bin/tool", "totals": totals,
                                  "RssPeak": 7 * PAGE}}))
    return p


def family():
    made = [helper(1), saver(), server(), helper(0)]
    names = ["out.3.1", "out.2", "out.1", "out.3"]
    return made, [p.write(path(name)) for p, name in zip(made, names)]


def text_of(files, *options, locale="C.UTF-8"):
    status, out, err = vmtrace("report", *options, *files,
                               env={**os.environ, "LC_ALL": locale})
    check(f"status of report {options}", (0, b""), (status, err))
    return out.decode()


def has_lines(what, text, lines):
    """Lines that follow one another."""
    rows = text.splitlines()
    begin = rows.index(lines[0]) if lines[0] in rows else 0
    check(what, lines, rows[begin:begin + len(lines)])


def report(files, *options):
    document = json.loads(output("report", "--format=json", *options, *files))
    valid(f"report {options}", "report.schema.json", document)
    return document


def check_merged(made, files):
    total = {}
    for p in made:
        add(total, {n: v for n, v in p.totals.items() if n != "RssPeak"})
    # The most pages that a record of the whole has seen: process 2's.
    total["RssPeak"] = 1800 * PAGE
    document = report(files)
    check("totals", total, {n: v for n, v in document["totals"].items() if v})
    check("the run is of the first process", ["/opt/server", "--port", "1"],
          document["run"]["command"])
    check("its profile", path("out.1"), document["run"]["profile"])
    check("lines are merged", {LINE["FILL"]: 1000 + 605 + 11 + 20 + 3,
                               LINE["DIVE"]: 207 + 40 + 2},
          {row["line"]: row["events"]["Flt"] for row in document["lines"]})
    check("one remark for all that is cut short", [True],
          ["1 of 4 profiles is cut short" in text and path("out.2") in text
           for text in document["warnings"]])
    check("what the order decides", [True],
          ["ForkCow against Reuse" in text for text in document["notes"]])


def check_processes(files):
    document = report(files, "--by=process")
    rows = document["processes"]
    check("a row each, most Flt first", [1001, 1002, 1003], [r["pid"] for r in rows])
    check("numbers in the run", [(1, None), (2, 1), (3, 1)],
          [(r["id"], r["parent_id"]) for r in rows])
    check("parents", [None, 1001, 1001], [r["parent_pid"] for r in rows])
    check("all of one run", [0, 0, 0], [r["run"] for r in rows])
    check("what each cost its parent", [0, 800, 5],
          [r["parent_copied_pages"] for r in rows])
    check("both images", {**with_sums({"ZeroWr": 23}), "RssPeak": 25 * PAGE},
          rows[2]["events"])
    check("images in their order", [(0, 3, None), (1, 20, 3)],
          [(i["image"], i["events"]["Flt"], i["exit_status"]) for i in rows[2]["images"]])
    check("it ended as its last image", (["/bin/tool", "-x"], 3),
          (rows[2]["command"], rows[2]["exit_status"]))
    check("the newest peak", {"private_pages": 310, "shared_pages": 720,
                              "pss_bytes": 665 * PAGE}, rows[0]["peak"]["all"])
    check("page tables then", 7, rows[0]["peak"]["table_pages"])
    check("the peak of the image that had most", 25,
          sum(rows[2]["peak"]["all"][n] for n in ("private_pages", "shared_pages")))
    check("at the end, of the last image", 21, rows[2]["end"]["all"]["private_pages"])
    check("no end", None, rows[1]["end"])
    for sort, pids in (("RssPeak", [1001, 1002, 1003]), ("ParentCow", [1002, 1003, 1001]),
                       ("Private", [1001, 1002, 1003]), ("EndPss", [1001, 1003, 1002])):
        document = report(files, "--by=process", f"--sort={sort}")
        check(f"--sort={sort}", pids, [r["pid"] for r in document["processes"]])
        check(f"{sort} is what orders", sort, document["sort"])
    check("--top", 1, len(report(files, "--by=process", "--top=1")["processes"]))
    complains("no such number", "no event Wibble", "report", "--by=process",
              "--sort=Wibble", *files)


def check_table(files):
    text = text_of(files, "--by=process")
    for words in ("CUT SHORT: 1 of 4 profiles ends before the program did",
                  "Processes    3 of one run, at most 3 alive at once; "
                  "with what they executed, 4 profiles",
                  # Of 1800, 15 and 40 pages.
                  "7.0 MiB at the peak of all processes together, each page counted once; "
                  "page tables 60.0 KiB, page cache 160.0 KiB\n",
                  # 1000 + 605 + 11 + 207 of these and of the others' 42 and 23.
                  "1,823  96.6%      812     11  ", "tool -x, exit 3\n", "server --port 1, cut short\n",
                  "─ tool -x\n"):
        holds(f"text has {words!r}", words in text, text)
    table = text[text.index("Processes by Flt"):]
    row = next(line for line in table.splitlines() if line.endswith("cut short"))
    check("the saver's counts", ["42", "2.2%", "40", "0", "800", "1002"], row.split()[:6])


def check_tree(files):
    # 310 pages of its own and 720 shared, at the checkpoint after its newest peak.
    has_lines("the tree", text_of(files), [
        "Processes; Private, Shared and Pss at the checkpoint after each one's peak",
        "  Flt  ForkCow  Reuse    Private    Shared       Pss  Ir  Process",
        "1,823      812     11    1.2 MiB   2.8 MiB   2.6 MiB   0  1001 server --port 1",
        "   42       40      0  160.0 KiB   3.8 MiB   2.0 MiB   0  "
        "├─ 1002 server --port 1, cut short",
        "   23        0      0   80.0 KiB  20.0 KiB  88.0 KiB   0  └─ 1003 tool -x, exit 3",
        ""])
    text = text_of(files, locale="C")
    for words in ("  |- 1002 server", "  `- 1003 tool -x"):
        holds(f"in ASCII {words!r}", words in text, text)
    alone = text_of(files[2:3])
    holds("one process has no tree", "Processes;" not in alone)
    holds("but others", "Processes    1 of a run of several: it forked 2; together" in alone, alone)
    text = text_of(files[1:2])
    holds("a child alone", "Processes    1 of a run of several: it was forked; together" in text, text)
    text = text_of(files[1:3])
    holds("one is missing", "at once; 1 more was forked and has no profile here\n" in text, text)
    holds("its copies all the same", "805 pages, 3.1 MiB, by 1001 (server --port 1), while its "
          "children lived, 2 without a profile here:\n" in alone, alone)


def many(n):
    """A shell with n children, of which each has executed cc, which has forked as; the
    third cc has failed.  Child i takes i faults, its child 2."""
    shell = Process(1, command=["/bin/sh", "build"])
    shell.joins()
    names = []
    for i in range(n):
        compiler, assembler = 2 + 2 * i, 3 + 2 * i
        shell.fork(compiler)
        shell.gone(compiler)
        for number, parent, command, n_faults in (
                (compiler, 1, ["/usr/bin/cc", "-c", f"{i}.c"], i + 1),
                (assembler, compiler, ["as", "-"], 2)):
            p = Process(number, parent=parent, command=command)
            _, dive, heap = places(p)
            p.joins()
            p.charge(dive, heap, 1, ForkCow=n_faults)
            p.copies(parent, dive, heap, n_faults)
            p.resident("peak", [number, 1, PAGE])
            p.end(exit=1 if command[0] != "as" and i == 2 else 0)
            names.append(p.write(path(f"many.{number}")))
    shell.end()
    return [shell.write(path("many.1")), *names]


def check_folded():
    files = many(6)
    # 1 + ... + 6 faults of cc; the largest of them, of number 12, has 12 pages.
    tree = ["Processes; Private, Shared and Pss at the checkpoint after each one's peak; of several "
            "alike, sums and the largest sizes",
            "Flt  ForkCow  Reuse   Private   Shared      Pss  Ir  Process",
            "  0        0      0         -        -        -   0  1001 sh build",
            " 21       21      0  48.0 KiB  4.0 KiB  4.0 KiB   0  "
            "└─ 6 × cc -c ..., 1 failed (exit 1)",
            " 12       12      0  52.0 KiB  4.0 KiB  4.0 KiB   0     └─ 6 × as -",
            ""]
    text = text_of(files)
    has_lines("those that are alike are one", text, tree)
    has_lines("so are their copies", text, [
        "Copies of shared pages (ForkCow): 33 pages, 132.0 KiB",
        "  21 pages, 84.0 KiB, by 6 (cc -c ...), of what their parent 1001 (sh build) "
        "still had:"])
    text = text_of(many(3))
    holds("three are not folded", "×" not in text and "1002 cc -c 0.c" in text, text)
    holds("nor are their copies", "  3 pages, 12.0 KiB, by 1006 (cc -c 2.c), of what its parent "
          "1001 (sh build) still had:\n" in text, text)
    # Most faults has the third cc, 3, which sh is above; of those with 2 the first is the
    # assembler of the first cc.
    text = text_of(many(3), "--top=4")
    begin = text.index("Processes;")
    check("--top", ["1001 sh build", "├─ 1002 cc -c 0.c", "│  └─ 1003 as -",
                    "└─ 1006 cc -c 2.c, exit 1"],
          [line.rsplit("   0  ", 1)[1] for line in text[begin:].splitlines()[2:6]])
    holds("how many more", "\n... and 3 with fewer faults (--top=0 shows all)\n" in text, text)
    # One that is not like the others is not among them.
    odd = Process(99, parent=1, command=["/usr/bin/cc", "alone"])
    odd.joins()
    odd.end()
    text = text_of([*many(4), odd.write(path("odd"))])
    for words in ("├─ 4 × cc -c ...,", "└─ 1099 cc alone\n"):
        holds(f"with another one {words!r}", words in text, text)


def check_copies(files):
    text = text_of(files)
    for lines in (
            ["Copies of shared pages (ForkCow): 852 pages, 3.3 MiB",
             "  800 pages, 3.1 MiB, by 1001 (server --port 1), while its child 1002 "
             "(server --port 1) lived:"],
            ["  40 pages, 160.0 KiB, by 1002 (server --port 1), of what its parent 1001 "
             "(server --port 1) still had:"],
            ["  7 pages, 28.0 KiB, by 1001 (server --port 1): who had the pages too is "
             "not known:"],
            ["  5 pages, 20.0 KiB, by 1001 (server --port 1), while its child 1003 "
             "(tool -x) lived:"]):
        has_lines("what broke sharing", text, lines)
    copies = report(files)["copies"]
    check("pairs", [(1001, "child", 1002, 800), (1002, "parent", 1001, 40),
                    (1001, "unknown", None, 7), (1001, "child", 1003, 5)],
          [(c["pid"], c["with"], c["with_pid"], c["pages"]) for c in copies])
    check("their lines", [{LINE["FILL"]: 600, LINE["DIVE"]: 200}, {LINE["DIVE"]: 40},
                          {LINE["DIVE"]: 7}, {LINE["FILL"]: 5}],
          [{row["line"]: row["pages"] for row in c["lines"]} for c in copies])
    # Without the profiles of the children their parent's forks tell what they were.
    copies = report(files[2:3])["copies"]
    check("without profiles of the others", [("child", None, 2, 800), ("unknown", None, None, 7),
                                             ("child", None, 3, 5)],
          [(c["with"], c["with_pid"], c["with_id"], c["pages"]) for c in copies])


def check_among_siblings():
    """Four children of one program, each of which copies what the next one still has."""
    parent = Process(1, command=["pool"])
    parent.joins()
    files = []
    for i in range(2, 6):
        parent.fork(i)
        p = Process(i, parent=1, command=["pool"])
        _, dive, heap = places(p)
        p.joins()
        p.charge(dive, heap, 1, ForkCow=9)
        p.copies(i + 1 if i < 5 else 2, dive, heap, i)
        p.copies(3 if i != 3 else 4, dive, heap, 9 - i)
        p.end()
        files.append(p.write(path(f"sibling{i}")))
    parent.end()
    files.append(parent.write(path("siblings")))
    # Each copies 9 pages; 2 has what 5 copies, 3, 4 and 5 have the others'.
    has_lines("among siblings", text_of(files), [
        "  36 pages, 144.0 KiB, by 4 (pool), of what 4 (pool) still had:"])


def check_cache(files):
    cache = report(files)["page_cache"]
    check("files of the page cache", [("/lib/libc.so", 33, 25, 18, 2), (BINARY, 10, 9, 0, 1)],
          [(f["file"], f["cached_pages"], f["mapped_pages"], f["mapped_by_several_pages"],
            f["processes"]) for f in cache])
    holds("in text", "132.0 KiB  100.0 KiB    72.0 KiB          2  /lib/libc.so\n"
          in text_of(files))
    check("the run", [{"run": "0123456789abcdef", "pid": 1001, "processes": 3, "profiles": 4,
                       "RssPeak": 1800 * PAGE, "sum_of_peaks": False, "processes_peak": 3,
                       "table_pages": 15, "cache_pages": 40}], report(files)["runs"])


def check_by_process(files):
    """Which line, in which process."""
    rows = {row["line"]: {p["pid"]: p["events"]["Flt"] for p in row["processes"]}
            for row in report(files, "--by=line,process")["lines"]}
    check("lines in processes", {LINE["FILL"]: {1001: 1616, 1003: 23},
                                 LINE["DIVE"]: {1001: 207, 1002: 42}}, rows)
    for by, name in (("function", "functions"), ("object", "objects"), ("area", "areas")):
        got = report(files, f"--by={by},process")[name]
        check(f"--by={by},process", 1888, sum(p["events"]["Flt"] for row in got
                                              for p in row["processes"]))
    text = text_of(files, "--by=line,process")
    begin = text.index("Flt by line and process")
    check("in text, most first", [("1,616", "1001 server --port 1"), ("207", "1001 server --port 1"),
                                  ("42", "1002 server --port 1"), ("23", "1003 tool -x")],
          [(line.split()[0], line.split("  ")[-1]) for line in text[begin:].splitlines()[2:]])
    complains("threads are of a process", "--by cannot be", "report", "--by=thread,process", *files)


def check_runs(files):
    """What is of no common run, and what its profile does not tell of."""
    def alone(name, rss_peak, **header):
        p = Profile(**header)
        p.charge(0, 0, 1, ZeroWr=10)
        p.end(rss_peak=rss_peak)
        return p.write(path(name))

    other = Process(1, run=OTHER_RUN, pid=5, command=["other"])
    other.joins()
    other.charge(0, 0, 1, ZeroWr=1)
    other.end(rss_peak=3 * PAGE)
    single = alone("single", 4 * PAGE, pid=77, command=["single"])
    document = report([*files, other.write(path("other")), single], "--by=process")
    check("three runs", {0, 1, 2}, {r["run"] for r in document["processes"]})
    check("peaks of runs add up", (1800 + 3 + 4) * PAGE, document["totals"]["RssPeak"])
    text = output("report", *files, path("other"), single)
    holds("runs are counted", "5 of 3 runs, added up" in text, text)
    holds("a sum is called one", "is the sum of the peaks of 3 runs" in text, text)
    # Without numbers of a run, parents are known by their process id, images by start.
    old = [alone("old", PAGE, pid=20, date="2026-01-02T03:00:00Z"),
           alone("old.child", 5 * PAGE, pid=21, ppid=20, date="2026-01-02T03:00:01Z"),
           alone("old.child.1", 6 * PAGE, pid=21, image=1, date="2026-01-02T03:00:01Z"),
           alone("old.other", 9 * PAGE, pid=21, date="2026-01-02T02:00:01Z")]
    document = report(old, "--by=process")
    check("by process ids", {(20, None, 1), (21, 20, 2), (21, None, 1)},
          {(r["pid"], r["parent_pid"], len(r["images"])) for r in document["processes"]})
    check("the sum of peaks", (1 + 6 + 9) * PAGE, document["totals"]["RssPeak"])
    # What the run had when it was one process counts, too: its record begins later.
    larger = server()
    larger.end(rss_peak=2000 * PAGE)
    check("before the first fork", 2000 * PAGE, report(
        [larger.write(path("larger")), *files[:2]])["totals"]["RssPeak"])
    document = report([single, single], "--by=process")
    check("a profile that is given twice is of two", 2, len(document["processes"]))
    with open(path("none"), "w", encoding="utf-8") as none:
        none.write("log of something\n")
    complains("what is no profile among many", path("none"), "report", *files, path("none"))


def check_turns():
    """A parent waits for the child of a vfork: nothing depends on an order."""
    parent, child = Process(1), Process(2, parent=1)
    for p in (parent, child):
        p.joins()
        p.tree(1, 1, 10, 20, 3, 4)
        p.end()
    files = [parent.write(path("waits")), child.write(path("vforked"))]
    check("no note", [], report(files)["notes"])


def check_sections():
    """Of many processes the three with most are shown."""
    def page_counts(n):
        return {"instrs": 0, "live_blocks": 0, "live_bytes": 0, "resident": n,
                "fullness": [n] + [0] * 10, "pinned": 0, "straddling": 0}

    files = []
    for i in range(5):
        p = Process(10 + i, run=OTHER_RUN, settings={"ram": 1 << 20, "reclaim": "lru"})
        p.charge(0, 0, 1, ZeroWr=9, Evict=i)
        p.raw(json.dumps({"heap_pages": {
            "peak": page_counts(i), "now": page_counts(0), "returned": {}, "back": 0,
            "advised_free": 0, "calls": {}, "straddles": 0}}))
        p.end()
        files.append(p.write(path(f"section{i}")))
    text = text_of(files)
    check("heaps", [f"section{i}" for i in (4, 3, 2)],
          [os.path.basename(line.split()[2].rstrip(",")) for line in text.splitlines()
           if line.startswith("Heap of ")])
    check("pressure", [f"section{i}" for i in (4, 3, 2)],
          [os.path.basename(line.split()[3].rstrip(",")) for line in text.splitlines()
           if line.startswith("Memory pressure of ")])
    holds("how many more heaps", "\n... and 2 smaller heaps (--top=0 shows all)\n" in text, text)
    # One of the five evicted nothing.
    holds("how many more", "\n... and memory pressure of 1 more (--top=0" in text, text)
    check("all when asked for", 5, text_of(files, "--top=0").count("Heap of "))
    for verb in ("curve", "timeline"):
        complains(f"{verb} of many", "one profile at a time, not 5", verb, *files)


def check_damaged():
    def written(line):
        p = Profile()
        p.raw(line)
        return p.write(path("bad"))

    for words, line in (
            ("number of a run", '{"process":{"run":"12","id":1,"parent":0,"instrs":0}}'),
            ("id cannot be 0", '{"process":{"run":"0123456789abcdef","id":0,"parent":0,'
             '"instrs":0}}'),
            ("stack 9", '{"fork":{"child":2,"pid":3,"instrs":0,"stack":9,"thread":1}}'),
            ("stack 1", '{"copies":{"with":2,"of":[[1,0,1,3]]}}'),
            ("copies of no list", '{"copies":{"with":2}}'),
            ("anon is not of 3 numbers", '{"resident":{"why":"end","anon":[1,2]}}'),
            ("peak_pages", '{"tree":{"processes":1,"processes_peak":1,"pages":1}}'),
            ("area 4", '{"cache_of":[[4,1,1,1]]}')):
        complains(f"damaged: {words}", words, "report", written(line))
    # A process that is said to be its own ancestor is a root.
    for parent in (1, 7):
        p = Process(1, parent=parent)
        p.joins()
        p.end()
        check("a parent that cannot be", [None], [
            r["parent_pid"] for r in report([p.write(path("own"))], "--by=process")["processes"]])


def main():
    made, files = family()
    check_merged(made, files)
    check_processes(files)
    check_table(files)
    check_tree(files)
    check_folded()
    check_copies(files)
    check_among_siblings()
    check_cache(files)
    check_by_process(files)
    check_runs(files)
    check_turns()
    check_sections()
    check_damaged()
    finish()


main()
