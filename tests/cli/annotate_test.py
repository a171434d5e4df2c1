#!/usr/bin/env -S python3 -B
"""vmtrace annotate: numbers beside the lines they belong to."""

import json
import os
import shutil
import time

from make_profile import BINARY, SOURCE, Profile, addresses, marks
from verb_test import check, complains, finish, holds, output, path, valid

AT, LINE = addresses(), marks()
TEXT = open(SOURCE, encoding="utf-8").read().splitlines()


def sample(binary=BINARY):
    p = Profile(exe=binary)
    own, library = p.object(binary), p.object("/lib/vmtrace-test/libgone.so.1")
    through = p.stack([(library, 0x1000), (own, AT["FILL"]), (own, AT["MAIN_FILL"])])
    p.charge(through, 0, 1, ZeroWr=1000, StlbM=20)
    p.charge(p.stack([(own, AT["MAIN_DIVE"])]), 0, 1, ZeroWr=500, ZeroRd=2)
    p.charge(p.stack([(own, AT["DIVE"])]), 0, 1, ZeroWr=1)
    p.block(own, AT["FILL"], [1], 1234567, dw=[1])
    p.end()
    return p


def row(text, mark):
    """The numbers beside a marked line."""
    lines = [line for line in text.splitlines() if line.endswith(TEXT[LINE[mark] - 1])]
    check(f"lines that end as {mark}", 1, len(lines))
    return lines[0].split()[:5] if lines else []


def check_text(file):
    text = output("annotate", file)
    # Ir Dr Dw Flt StlbM
    check("FILL", ["1,234,567", ".", "1,234,567", "1,000", "20"], row(text, "FILL"))
    check("MAIN_DIVE", [".", ".", ".", "502", "."], row(text, "MAIN_DIVE"))
    holds("the whole run", "1,234,567   .  1,234,567  1,503     20  the whole run" in text, text)
    leaf = output("annotate", "--blame=leaf", file)
    check("FILL by leaf", ["1,234,567", ".", "1,234,567", ".", "."], row(leaf, "FILL"))
    text = output("annotate", "--show=ZeroRd,Flt", file)
    check("--show", ["2", "502"], row(text, "MAIN_DIVE")[:2])
    check("--events is the same", text, output("annotate", "--events=ZeroRd,Flt", file))


def check_context(file):
    """DIVE has 1 of 1,503 faults, less than half a percent: not hot."""
    shown = TEXT[LINE["MAIN_FILL"] - 1]
    text = output("annotate", "--context=0", file)
    holds("not hot, not near", TEXT[LINE["DIVE"] - 1] not in text and shown not in text)
    holds("a gap is told", f"-- line {LINE['MAIN_DIVE']} --" in text, text)
    holds("context", shown in output("annotate", "--context=1", file))
    text = output("annotate", "--context=0", "--threshold=0", file)
    holds("--threshold=0", TEXT[LINE["DIVE"] - 1] in text)
    text = output("annotate", file, "profile_sample.c")
    check("a named file is shown whole", len(TEXT),
          sum(any(line.endswith(t) for t in TEXT if t) or line.endswith(".  ")
              for line in text.splitlines()))
    check("by the end of its path", text,
          output("annotate", file, "cli/profile_sample.c"))
    complains("a file that is not there", "no line of the profile is in x.c",
              "annotate", file, "x.c")


def check_sources():
    """Another source of the same name, gone or newer than the binary."""
    binary, source = path("moved"), path("away.c")
    os.makedirs(path("elsewhere"))
    shutil.copy(SOURCE, source)
    status = os.system(f"cc -g -O0 -o {binary} {source}")
    check("compiled", 0, status)
    os.utime(source, (time.time() - 1000,) * 2)
    file = sample(binary).write(path("of-moved"))
    holds("older source", "newer" not in output("annotate", file))
    os.utime(source, (time.time() + 1000,) * 2)
    holds("newer source", "newer than the binary" in output("annotate", file))
    document = json.loads(output("annotate", "--format=json", file))
    check("newer in JSON", "newer", document["files"][0]["source"])
    os.rename(source, path("elsewhere/away.c"))
    text = output("annotate", file)
    holds("missing source", "The source is not there" in text)
    holds("its lines all the same", f"line {LINE['FILL']}, fill" in text, text)
    text = output("annotate", "-I", path("elsewhere"), file)
    check("--source-dir", ["1,234,567", ".", "1,234,567", "1,000", "20"], row(text, "FILL"))
    with open(path("elsewhere/away.c"), "w", encoding="utf-8") as short:
        short.write("only\n\x1b[31mtwo lines\n")
    text = output("annotate", f"--source-dir={path('elsewhere')}", file)
    holds("lines beyond a source's end", f"line {LINE['FILL']}, fill" in text, text)
    text = output("annotate", "-I", path("elsewhere"), file, "away.c")
    holds("control characters of a source", r"\x1b[31mtwo" in text and "\x1b" not in text, text)


def check_json(file):
    document = json.loads(output("annotate", "--format=json", file))
    valid("annotate", "annotate.schema.json", document)
    check("files", [("read", "profile_sample.c")],
          [(f["source"], os.path.basename(f["file"])) for f in document["files"]])
    lines = {r["line"]: r for r in document["files"][0]["lines"]}
    check("FILL in JSON", (TEXT[LINE["FILL"] - 1], "fill",
                           {"Ir": 1234567, "Dw": 1234567, "Flt": 1000, "StlbM": 20}),
          tuple(lines[LINE["FILL"]][k] for k in ("text", "function", "events")))
    check("totals", {"Ir": 1234567, "Dr": 0, "Dw": 1234567, "Flt": 1503, "StlbM": 20},
          document["totals"])


def check_several(file):
    """Profiles first, as a shell's pattern gives them, then sources."""
    second = sample().write(path("second"))
    one = json.loads(output("annotate", "--format=json", file))
    both = json.loads(output("annotate", "--format=json", file, second))
    check("totals of both", {n: 2 * v for n, v in one["totals"].items()}, both["totals"])
    holds("and a source", "profile_sample.c" in output("annotate", file, second,
                                                       "profile_sample.c"))
    complains("what is no source of them", "nowhere.c", "annotate", file, second, "nowhere.c")


def main():
    file = sample().write(path("profile"))
    check_text(file)
    check_context(file)
    check_json(file)
    check_several(file)
    check_sources()
    complains("no profile", "which profile", "annotate")
    complains("--threshold", "percentage", "annotate", "--threshold=200", file)
    complains("--context", "wants a number", "annotate", "--context=x", file)
    complains("foreign", "not a vmtrace profile", "annotate", SOURCE)
    finish()


main()
