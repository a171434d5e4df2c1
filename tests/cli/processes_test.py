#!/usr/bin/env -S python3 -B
"""vmtrace report on the profiles of runs of several processes: a server that forks a
child which saves, and one that executes another program; and of other runs."""

import json

from make_profile import BINARY, Profile, addresses, add, marks, with_sums
from make_tree import OTHER_RUN, PAGE, Process
from verb_test import check, complains, finish, holds, output, path, valid

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
    text = output("report", "--by=process", *files)
    for words in ("CUT SHORT: 1 of 4 profiles ends before the program did",
                  "Processes    3 of one run, at most 3 alive at once; "
                  "with what they executed, 4 profiles",
                  "7.0 MiB at the peak of all processes together",
                  # 1000 + 605 + 11 + 207 of these and of the others' 42 and 23.
                  "1,823  96.6%      812     11  ", "tool -x, exit 3\n", "server --port 1, cut short\n",
                  "─ tool -x\n"):
        holds(f"text has {words!r}", words in text, text)
    row = next(line for line in text.splitlines() if line.endswith("cut short"))
    check("the saver's counts", ["42", "2.2%", "40", "0", "800", "1002"], row.split()[:6])


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
    document = report([single, single], "--by=process")
    check("a profile that is given twice is of two", 2, len(document["processes"]))
    with open(path("none"), "w", encoding="utf-8") as none:
        none.write("log of something\n")
    complains("what is no profile among many", path("none"), "report", *files, path("none"))


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
    check_runs(files)
    check_damaged()
    finish()


main()
