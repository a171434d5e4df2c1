"""Starts a program that has its files to itself: see pressure_runs.py.

Reads a line of JSON: argv, environment, folder, copies (pairs: a copy, the file that it
stands for, to this program alone), forget (files that leave the page cache), output.
Says "ready", waits for a line, and becomes the program, with its addresses not
randomised, on one processor and before others there: what is written to swap by when
depends on the program's speed.
"""

import ctypes
import json
import os
import sys

sys.dont_write_bytecode = True

from pressure_native import forget_file  # noqa: E402

CLONE_NEWNS = 0x20000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
ADDR_NO_RANDOMIZE = 0x40000
PRIORITY = -15

libc = ctypes.CDLL(None, use_errno=True)


def check(status, what):
    if status < 0:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source, target, flags):
    check(libc.mount(source.encode(), target.encode(), None, ctypes.c_ulong(flags), None),
          f"mount {target}")


def stand_in(copies):
    if copies:
        check(libc.unshare(CLONE_NEWNS), "unshare")
        mount("none", "/", MS_REC | MS_PRIVATE)
    for copy, original in copies:
        mount(copy, original, MS_BIND)


def say_to(output):
    for number, name in ((1, "stdout"), (2, "stderr")):
        handle = os.open(f"{output}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        os.dup2(handle, number)
        os.close(handle)


def main():
    what = json.loads(sys.stdin.readline())
    for name in what["forget"]:
        forget_file(name)
    stand_in(what["copies"])
    os.chdir(what["folder"])
    null = os.open(os.devnull, os.O_RDONLY)
    print("ready", flush=True)
    sys.stdin.readline()
    os.dup2(null, 0)
    say_to(what["output"])
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    check(libc.personality(ctypes.c_ulong(ADDR_NO_RANDOMIZE)), "personality")
    os.execve(what["argv"][0], what["argv"], what["environment"])


main()
