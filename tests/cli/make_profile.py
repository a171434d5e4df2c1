#!/usr/bin/env -S python3 -B
"""Profiles made by hand, of real code: docs/PROFILE.md written by another hand.

As a program: make_profile.py N >FILE writes one with N distinct addresses,
stacks and charges in an object that does not exist, for timing."""

import json
import os
import re
import subprocess
import sys

EVENTS = """Ir Dr Dw Flt MinFlt MajFlt ZeroRd ZeroWr ZeroCow FileRd FileCow FileWr
ShmRd ShmWr ForkCow Reuse FileMaj SwapIn SwapHit HugeZero Evict Refault SwapOut Thrash
Prot Segv Bus ItlbM
DtlbM StlbM WalkRef Shoot RssPages RssPeak""".split()
MAJOR = {"FileMaj", "SwapIn"}
KINDS = set(EVENTS[6:20])
BLOCK_EVENTS = {"allocs": "Allocs", "frees": "Frees", "bytes": "AllocBytes",
                "live_bytes": "LiveBytes", "straddles": "Straddles",
                "kept_pages_at_peak": "KeptPages", "pinned_pages_at_peak": "PinnedPages"}
SOURCE = os.path.join(os.environ.get("srcdir", "."), "tests/cli/profile_sample.c")
BINARY = os.path.abspath("tests/cli/profile_sample")


def with_sums(events):
    """A dictionary of events with Flt, MinFlt and MajFlt made from the kinds."""
    major = sum(n for name, n in events.items() if name in MAJOR)
    minor = sum(n for name, n in events.items() if name in KINDS - MAJOR)
    sums = {"Flt": minor + major, "MinFlt": minor, "MajFlt": major}
    return {**events, **{name: n for name, n in sums.items() if n}}


def add(into, events):
    for name, n in events.items():
        into[name] = into.get(name, 0) + n


class Profile:
    """Records as they are made; the sums that a reader must find."""

    def __init__(self, **header):
        first = {"vmtrace": 1, "tool": "0.1.0", "valgrind": "3.19.0", "pid": 100,
                 "ppid": 1, "date": "2026-01-02T03:04:05Z", "host": "h",
                 "command": ["./sample"], "exe": BINARY, "cwd": os.getcwd(),
                 "events": EVENTS, "settings": {"cores": 1}, "machine": {},
                 "layout": "native", "threads_fair": True, "image": 0}
        first.update(header)
        self.lines = [json.dumps(first)]
        self.totals = {}
        self.n = {}
        self.known = {}

    def raw(self, line):
        self.lines.append(line)

    def define(self, kind, /, **members):
        key = (kind, json.dumps(members))
        if key not in self.known:
            self.n[kind] = self.n.get(kind, 0) + 1
            self.known[key] = self.n[kind]
            self.raw(json.dumps({kind: self.n[kind], **members}))
        return self.known[key]

    def object(self, path, build_id=None):
        return self.define("object", path=path, build_id=build_id)

    def stack(self, frames, cut=False):
        """frames: (object, offset), innermost first."""
        parent = 0
        for i, (obj, offset) in enumerate(reversed(frames)):
            frame = self.define("frame", object=obj, offset=offset)
            members = {"cut": True} if cut and i == 0 else {}
            parent = self.define("stack", frame=frame, parent=parent, **members)
        return parent

    def area(self, name, kind):
        return self.define("area", name=name, kind=kind)

    def charge(self, stack, area=0, thread=1, site=0, **events):
        of = {"site": site} if site else {}
        self.raw(json.dumps({"charge": [stack, area, thread], **of, "events": events}))
        add(self.totals, with_sums(events))

    def thread(self, number, **members):
        self.raw(json.dumps({"thread": number, "core": 0, "threads": 1, "instrs": 0,
                             "shot": 0, **members}))

    def site(self, stack, kind="malloc"):
        return self.define("site", stack=stack, kind=kind)

    def heap(self, site, counted=True, **numbers):
        """A site's numbers; they are the run's events unless it is not of malloc."""
        self.raw(json.dumps({"heap": site, **numbers}))
        if counted:
            add(self.totals, {BLOCK_EVENTS[name]: n for name, n in numbers.items()
                              if name in BLOCK_EVENTS and n})

    def block(self, obj, offset, lens, times, **columns):
        number = self.define("block", object=obj, offset=offset, lens=lens,
                             **columns)
        self.raw(json.dumps({"exec": [[number, times]]}))
        ones, zeros = [1] * len(lens), [0] * len(lens)
        add(self.totals, {"Ir": times * sum(columns.get("ir", ones)),
                          "Dr": times * sum(columns.get("dr", zeros)),
                          "Dw": times * sum(columns.get("dw", zeros))})

    def end(self, rss_peak=8192, **members):
        self.totals["RssPeak"] = rss_peak
        totals = {name: n for name, n in self.totals.items() if name != "RssPeak"}
        self.raw(json.dumps({"end": {"exit": 0, "totals": totals,
                                     "RssPeak": rss_peak, **members}}))

    def text(self):
        return "".join(line + "\n" for line in self.lines)

    def write(self, path):
        with open(path, "w", encoding="utf-8") as file:
            file.write(self.text())
        return path


def marks():
    """Line of each mark in the sample's source."""
    with open(SOURCE, encoding="utf-8") as file:
        return {mark: number for number, line in enumerate(file, 1)
                for mark in re.findall(r"/\* ([A-Z_]+) \*/", line)}


def lines_of_code():
    """File's name and line of each address where a line's code begins; of several
    rows of the line table for an address the last one decides."""
    table = subprocess.run(["objdump", "--dwarf=decodedline", BINARY], check=True,
                           capture_output=True, text=True).stdout
    line_of = {}
    for row in table.splitlines():
        found = re.match(r"(\S+)\s+(\d+|-)\s+0x([0-9a-f]+)", row)
        if found:
            line_of[int(found[3], 16)] = (os.path.basename(found[1]), found[2])
    return line_of


def addresses():
    """An address of each mark whose line has code of its own."""
    first = {}
    for address, (file, line) in sorted(lines_of_code().items()):
        if file == "profile_sample.c":
            first.setdefault(line, address)
    return {mark: first[str(line)] for mark, line in marks().items()
            if str(line) in first}


def write_large(n, file):
    profile = Profile(exe="/nowhere/large")
    profile.object("/nowhere/large", "00")
    file.write(profile.text())
    for i in range(1, n + 1):
        offset = 4096 + i * 20
        parent = i - 1 if i % 20 != 1 else 0
        file.write(f'{{"frame":{i},"object":1,"offset":{offset}}}\n'
                   f'{{"stack":{i},"frame":{i},"parent":{parent}}}\n'
                   f'{{"charge":[{i},0,1],"events":{{"ZeroWr":{i % 100 + 1},'
                   '"DtlbM":7,"StlbM":3,"WalkRef":4,"RssPages":1}}\n')
    for i in range(1, n // 5 + 1):
        file.write(f'{{"block":{i},"object":1,"offset":{4096 + i * 100},'
                   '"lens":[20,20,20,20,20],"dr":[1,0,0,1,0]}\n')
    for i in range(1, n // 5 + 1, 1000):
        pairs = ",".join(f"[{k},{k}]" for k in range(i, min(i + 1000, n // 5 + 1)))
        file.write(f'{{"exec":[{pairs}]}}\n')
    file.write('{"end":{"exit":0}}\n')


if __name__ == "__main__":
    write_large(int(sys.argv[1]), sys.stdout)
