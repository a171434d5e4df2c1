#!/usr/bin/env -S python3 -B
"""Profiles of the processes of a run, made by hand; a page is 4096 bytes.

As a program: make_tree.py FOLDER N writes those of a run in which a shell forks N
children one after the other, each of which executes another program, for timing."""

import json
import os
import sys

from make_profile import BINARY, Profile, addresses

PAGE = 4096
RUN = "0123456789abcdef"
OTHER_RUN = "fedcba9876543210"


class Process(Profile):
    """One image of a process; its identity is its number."""

    def __init__(self, number, parent=0, run=RUN, image=0, **header):
        self.number, self.parent, self.run = number, parent, run
        header.setdefault("pid", 1000 + number)
        if parent:
            header.setdefault("ppid", 1000 + parent)
        header.setdefault("date", f"2026-01-02T03:{number // 60 % 60:02}:{number % 60:02}.00Z")
        super().__init__(image=image, **header)

    def record(self, kind, **members):
        self.raw(json.dumps({kind: members}))

    def joins(self, instrs=0):
        self.record("process", run=self.run, id=self.number, parent=self.parent,
                    instrs=instrs)

    def fork(self, child, stack=0, instrs=10, vfork=False):
        self.record("fork", child=child, pid=1000 + child, instrs=instrs, stack=stack,
                    thread=1, vfork=vfork)

    def gone(self, child, instrs=20):
        self.record("gone", child=child, instrs=instrs)

    def copies(self, other, stack, area, n, thread=1):
        """Some of the charge's ForkCow, which charge() says."""
        self.record("copies", **{"with": other, "of": [[stack, area, thread, n]]})

    def resident(self, why, anon, file=(0, 0, 0), shmem=(0, 0, 0), tables=3, swap=0,
                 **members):
        self.record("resident", why=why, instrs=30, anon=anon, file=file, shmem=shmem,
                    table_pages=tables, swap_pages=swap, **members)

    def tree(self, processes, most, pages, peak, tables, cache):
        self.record("tree", instrs=40, processes=processes, processes_peak=most,
                    pages=pages, peak_pages=peak, table_pages=tables, cache_pages=cache)

    def cache_of(self, *files):
        self.raw(json.dumps({"cache_of": files}))


def write_many(folder, n):
    """A shell and its children, with the records of both images of each."""
    own = addresses()
    shell = Process(1, command=["sh", "-c", "a loop"])
    shell.joins()
    for i in range(2, n + 2):
        shell.fork(i)
        shell.gone(i)
        for image, command in ((0, ["sh", "-c", "a loop"]), (1, ["cc", "-c", f"f{i}.c"])):
            p = Process(i, parent=1, image=image, command=command)
            p.joins()
            here = p.object(BINARY)
            heap = p.area("[heap]", "heap")
            for k in range(1000):
                parent = p.stack([(here, own["MAIN_FILL"] + k % 7), (here, own["MAIN_DIVE"])])
                stack = p.define("stack", frame=p.define("frame", object=here,
                                                         offset=own["FILL"] + k),
                                 parent=parent)
                p.charge(stack, heap, 1, ZeroWr=1, DtlbM=3)
                p.block(here, own["FILL"] + 4 * k, [1, 1, 2], 10, dr=[1, 0, 0])
            p.copies(1, 1, heap, 0)
            p.resident("end", [10, 20, 15 * PAGE])
            if image:
                p.end()
            else:
                p.raw(json.dumps({"end": {"exec": "/usr/bin/cc", "totals": p.totals}}))
            p.write(os.path.join(folder, f"vmtrace.out.{1000 + i}"
                                 + (f".{image}" if image else "")))
    shell.end()
    shell.write(os.path.join(folder, "vmtrace.out.1001"))


if __name__ == "__main__":
    write_many(sys.argv[1], int(sys.argv[2]))
