#!/usr/bin/env -S python3 -B
"""vmtrace export: read back by csv, and by callgrind_annotate."""

import csv
import io
import os
import re
import shutil
import subprocess

from make_heap import whole_program
from make_profile import BINARY, EVENTS, Profile, addresses, marks
from verb_test import check, complains, finish, holds, output, path, vmtrace

AT, LINE = addresses(), marks()
LIBRARY = "/lib/vmtrace-test/libgone.so.1"


def sample():
    """dive calls itself twice, then fill, which calls the library."""
    p = Profile(command=["./sample", "two\nlines"])
    own, library = p.object(BINARY), p.object(LIBRARY)
    main, dive = (own, AT["MAIN_DIVE"]), (own, AT["DIVE"])
    bottom, fill = (own, AT["BOTTOM"]), (own, AT["FILL"])
    p.charge(p.stack([(library, 16), fill, bottom, dive, dive, main]), 0, 1,
             ZeroWr=100, StlbM=7)
    p.charge(p.stack([fill, bottom, dive, main]), 0, 1, ZeroWr=10)
    p.charge(p.stack([(own, AT["TOUCH"]), (own, AT["MAIN_FILL"])]), 0, 2, FileMaj=1)
    p.charge(p.stack([fill, bottom], cut=True), 0, 1, ZeroWr=1000)
    p.charge(0, 0, 1, FileCow=4)
    p.block(own, AT["FILL"], [1, 1], 500, dw=[1, 0])
    p.end()
    return p


def check_csv(p, file):
    text = output("export", "--to=csv", "--blame=caller", file)
    holds("lines end as RFC 4180 says", text.count("\r\n") == text.count("\n") > 1)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    check("columns", ["file", "line", "function", "object", "Ir"], list(rows[0])[:5])
    sums = {n: sum(int(r[n]) for r in rows) for n in rows[0]
            if n not in ("file", "line", "function", "object")}
    check("sums", {n: v for n, v in p.totals.items() if v and n != "RssPeak"},
          {n: v for n, v in sums.items() if v})
    check("the first row", ("fill", str(LINE["FILL"]), BINARY, "1110", "500"),
          tuple(rows[0][n] for n in ("function", "line", "object", "Flt", "Dw")))
    text = output("export", "--to=csv", "--events=Flt,Ir", "--blame=leaf", file)
    check("--events", "file,line,function,object,Flt,Ir", text.splitlines()[0])
    check("leaf", "100", [r["Flt"] for r in csv.DictReader(io.StringIO(text, newline=""))
                          if r["object"] == LIBRARY][0])


def check_strange_names():
    strange = 'q"uote,com\nma\udcff'
    p = Profile()
    p.charge(p.stack([(p.object(strange), 1)]), 0, 1, ZeroWr=1)
    p.end()
    file = p.write(path("strange"))
    rows = list(csv.reader(io.StringIO(output("export", "--to=csv", file), newline="")))
    check("strange names in csv", 'q"uote,com\nma\\xff', rows[1][3])
    text = output("export", "--to=callgrind", file)
    holds("strange names for callgrind", 'q"uote,com\\nma\\xff\n' in text, text)


def annotated(file, *options):
    """Totals of the program and of functions, by callgrind_annotate."""
    done = subprocess.run(["callgrind_annotate", "--threshold=100", "--auto=no", *options,
                           file], capture_output=True, text=True, cwd="/")
    check("callgrind_annotate", (0, ""), (done.returncode, done.stderr))
    found = {}
    for line in done.stdout.splitlines():
        numbers = re.match(r"\s*((?:[\d,]+ (?:\([ \d.]+%\))?\s*|\.\s+)+) (\S.*)$", line)
        if not numbers:
            continue
        counts = re.sub(r"\([^)]*\)", "", numbers[1]).replace(",", "").split()
        name = re.sub(r" \[.*\]$", "", numbers[2]).split(":")[-1]
        found.setdefault(name, []).append([0 if n == "." else int(n) for n in counts])
    return found


def check_callgrind(p, file):
    exported = path("callgrind.out")
    output("export", "--to=callgrind", "-o", exported, file)
    totals = p.totals
    own = annotated(exported, "--show=Ir,Dw,Flt,ZeroWr,StlbM", "--sort=Flt")
    check("program totals",
          [[totals[n] for n in ("Ir", "Dw", "Flt", "ZeroWr", "StlbM")]],
          own.get("PROGRAM TOTALS"))
    # touch is inlined into fill: fill's own cost.
    check("own cost of fill", [[1000, 500, 1011, 1010, 0]], own.get("fill"))
    check("own cost of the library", [[0, 0, 100, 100, 7]], own.get("?? (libgone.so.1)"))
    check("own cost of dive", [[0, 0, 0, 0, 0]], own.get("dive"))
    whole = annotated(exported, "--show=Flt,StlbM", "--sort=Flt", "--inclusive=yes")
    check("all of the library", [[100, 7]], whole.get("?? (libgone.so.1)"))
    check("all of fill", [[1111, 7]], whole.get("fill"))
    check("all of dive, its recursion once", [[1110, 7]], whole.get("dive"))
    check("all of main", [[111, 7]], whole.get("main"))
    check("callers not kept", [[1000, 0]], whole.get("[callers not kept]"))
    check("start-up", [[4, 0]], whole.get("[start-up]"))


def check_blocks():
    """Blocks are of who asked for them, with callers; of mmap there are none."""
    exported = path("blocks.out")
    output("export", "--to=callgrind", "-o", exported, whole_program().write(path("heap")))
    own = annotated(exported, "--show=Allocs,PinnedPages,Flt", "--sort=Allocs")
    check("all blocks", [[1002, 5, 263]], own.get("PROGRAM TOTALS"))
    # 6 faults on the allocator's own memory are the library's.
    check("blocks of fill, and what it touched", [[1000, 5, 257]], own.get("fill"))
    check("blocks of the library", [[2, 0, 6]], own.get("?? (libgone.so.1)"))
    whole = annotated(exported, "--show=Allocs,PinnedPages", "--sort=Allocs",
                      "--inclusive=yes")
    check("blocks below dive", [[2, 0]], whole.get("dive"))
    check("blocks below main", [[1002, 5]], whole.get("main"))
    # By line, the library's are of the user's line that called it.
    check("csv", {"1000,5", "2,0", "0,0"},
          {",".join(line.split(",")[-2:]) for line in output(
              "export", "--to=csv", "--events=Allocs,PinnedPages",
              path("heap")).splitlines()[1:]})


def check_format(p, file):
    text = output("export", "--to=callgrind", "--events=Flt,ZeroWr", file)
    holds("the events", "\nevents: Flt ZeroWr\n" in text)
    listed = re.search(r"^events: (.*)$", output("export", "--to=callgrind", file), re.M)
    check("the events that occurred", {n for n, v in p.totals.items() if v} - {"RssPeak"},
          set(listed[1].split()))
    nothing = Profile()
    nothing.end()
    listed = re.search(r"^events: (.*)$", output("export", "--to=callgrind",
                                                 nothing.write(path("nothing"))), re.M)
    check("the events when none occurred", set(EVENTS) - {"RssPeak"}, set(listed[1].split()))
    for key in ("summary", "totals"):
        holds(key, f"\n{key}: {p.totals['Flt']} {p.totals['ZeroWr']}\n" in text, text)
    holds("the command on one line", "\ncmd: ./sample two\\nlines\n" in text)
    bodies = re.findall(r"^(fl|fi|fe|cfi|fn|cfn|ob|cob)=\((\d+)\)(?: (.*))?$", text, re.M)
    for kinds in (("fl", "fi", "fe", "cfi"), ("fn", "cfn"), ("ob", "cob")):
        defined = set()
        for kind, number, name in bodies:
            if kind in kinds:
                holds(f"{kind} ({number}) is named once, before use",
                      bool(name) == (number not in defined))
                defined.add(number)


def main():
    p = sample()
    file = p.write(path("profile"))
    check_csv(p, file)
    check_strange_names()
    check_format(p, file)
    if shutil.which("callgrind_annotate"):
        check_callgrind(p, file)
        check_blocks()
    else:
        print("callgrind_annotate is missing (Debian: apt install valgrind)")
    for name in ("pprof", "sqlite", "perfetto"):
        complains(f"--to={name}", "not available in this version", "export",
                  f"--to={name}", file)
        holds(f"{name} is not in the help", name not in output("export", "--help"))
    complains("--to", "csv or callgrind", "export", "--to=wibble", file)
    complains("no --to", "which format", "export", file)
    complains("two profiles", "one profile", "export", "--to=csv", file, file)
    short = Profile().write(path("short"))
    status, out, err = vmtrace("export", "--to=csv", short)
    check("cut short", (0, True, True), (status, b"cut short" in err, out != b""))
    if os.path.exists("/dev/full"):
        complains("a full disk", "No space left", "export", "--to=csv", "-o", "/dev/full", file)
    finish()


main()
