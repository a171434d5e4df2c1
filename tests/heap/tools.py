"""One program under vmtrace and under others that count an allocator's blocks, in an
environment that is the same to the byte.

Valgrind's tools that replace the allocator add a variable to the environment and two
libraries to the process, which programs copy and the loader has tables of.  vmtrace adds
none; here it is run with a variable as long, which preloads two libraries with nothing
in them.
"""

import collections
import json
import os
import re
import subprocess

from place import PLAIN_ENVIRONMENT, Trouble

HEAPTRACK = ("/usr/lib/heaptrack/libheaptrack_preload.so",
             "/usr/lib/heaptrack/libexec/heaptrack_interpret")
LIMIT_SECONDS = 600
DEPTH = 8                               # frames that tell sites apart
PAGE_BYTES = 4096

# Without what the C library frees for memcheck's sake alone, with inner frames as they
# are called, out to the program's entry.
COMMON = ("--run-libc-freeres=no", "--run-cxx-freeres=no", "--read-inline-info=no",
          "--show-below-main=yes")
OPTIONS = {
    "memcheck": ("--leak-check=no",),
    "massif": ("--heap-admin=0", "--threshold=0.0", "--peak-inaccuracy=0.0",
               "--detailed-freq=1"),
    "dhat": (),
}

Blocks = collections.namedtuple("Blocks", "allocs frees bytes live peak")


class Tools:
    def __init__(self, build, folder):
        self.folder = folder
        in_place = os.path.join(os.path.abspath(build), "scripts", "in-place")
        empty = os.path.join(os.path.abspath(build), "tests", "heap", "empty.so")
        for needed in (in_place, empty):
            if not os.access(needed, os.R_OK):
                raise Trouble(f"{needed} is missing: run `make check TESTS=` in the build tree")
        said = subprocess.run([in_place, "sh", "-c", "command -v valgrind; echo $VALGRIND_LIB; "
                               "echo $VMTRACE_MACHINES"], capture_output=True, text=True,
                              check=True).stdout.splitlines()
        self.valgrind = os.path.realpath(said[0])
        self.lib = os.path.join(folder, "lib")
        self.pad = os.path.join(folder, "pad")          # as long
        os.symlink(said[1], self.lib)
        os.mkdir(self.pad)
        for tool in ("core", *OPTIONS):
            os.symlink(empty, self._padding(tool))
        self.environment = dict(PLAIN_ENVIRONMENT, PYTHONMALLOC="malloc",
                                VALGRIND_LIB=self.lib, VMTRACE_MACHINES=said[2])

    def _padding(self, tool):
        """A path as long as that of lib/vgpreload_TOOL-amd64-linux.so, which vmtrace would
        take out of LD_PRELOAD."""
        return os.path.join(self.pad, f"nopreload_{tool}-amd64-linux.so")

    def _run(self, command, where, added=()):
        try:
            done = subprocess.run(command, cwd=where, stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=LIMIT_SECONDS, check=False,
                                  env=dict(self.environment, **dict(added)))
        except (OSError, subprocess.TimeoutExpired) as error:
            raise Trouble(f"cannot run {' '.join(command)}: {error}") from error
        if done.returncode != 0:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise Trouble(f"{' '.join(command)}: status {done.returncode}: "
                          f"{said[-1] if said else 'it said nothing'}")
        return done.stderr.decode(errors="replace")

    def _valgrind(self, tool, options, command, where, added=()):
        return self._run([self.valgrind, f"--tool={tool}", *options, *command], where, added)

    def vmtrace(self, like, layout, command, where):
        """A Profile, of a run in the environment that a tool like that makes."""
        added = {}
        if like in OPTIONS:
            # --layout=valgrind preloads the one of the core.
            preloaded = ("core", like) if layout == "native" else (like,)
            added["LD_PRELOAD"] = ":".join(self._padding(tool) for tool in preloaded)
        path = os.path.join(self.folder, "profile")
        self._valgrind("vmtrace", (f"--layout={layout}", "--summary=no",
                                   f"--vmtrace-out-file={path}"), command, where, added)
        return Profile(path)

    def memcheck(self, command, where):
        said = self._valgrind("memcheck", COMMON + OPTIONS["memcheck"], command, where)
        allocs, frees, n_bytes = _numbers(
            r"total heap usage: ([\d,]+) allocs, ([\d,]+) frees, ([\d,]+) bytes", said)
        live, _blocks = _numbers(r"in use at exit: ([\d,]+) bytes in ([\d,]+) blocks", said)
        return Blocks(allocs, frees, n_bytes, live, None)

    def massif(self, command, where):
        path = os.path.join(self.folder, "massif")
        self._valgrind("massif", (*COMMON, *OPTIONS["massif"], f"--massif-out-file={path}"),
                       command, where)
        with open(path, encoding="utf-8") as lines:
            return read_massif(lines)

    def dhat(self, command, where):
        path = os.path.join(self.folder, "dhat")
        self._valgrind("dhat", (*COMMON, f"--dhat-out-file={path}"), command, where)
        with open(path, encoding="utf-8") as file:
            return read_dhat(json.load(file))

    def heaptrack(self, command, where):
        """Allocations, bytes live at the end and at the peak; None where it is not
        installed."""
        if not all(os.path.exists(path) for path in HEAPTRACK):
            return None
        raw, read, stacks = (os.path.join(self.folder, name)
                             for name in ("raw", "read", "stacks"))
        if os.path.exists(raw):
            os.remove(raw)              # it would write over its start
        self._run([*_fixed_addresses(), "env", f"LD_PRELOAD={HEAPTRACK[0]}",
                   f"DUMP_HEAPTRACK_OUTPUT={raw}", *command], where)
        with open(raw, "rb") as source, open(read, "wb") as target:
            subprocess.run([HEAPTRACK[1]], stdin=source, stdout=target,
                           stderr=subprocess.DEVNULL, check=True)
        sums = []
        for kind in ("allocations", "leaked", "peak"):
            self._run(["heaptrack_print", "-f", read, "-F", stacks, "--flamegraph-cost-type",
                       kind, "--disable-builtin-suppressions",
                       "--disable-embedded-suppressions"], where)
            with open(stacks, encoding="utf-8") as lines:
                sums.append(sum(int(line.rsplit(None, 1)[1]) for line in lines))
        return sums


def _fixed_addresses():
    """Where that is allowed."""
    fixed = ["setarch", "-R"]
    done = subprocess.run([*fixed, "true"], stderr=subprocess.DEVNULL, check=False)
    return fixed if done.returncode == 0 else []


class Profile:
    """What a profile says of the allocator's blocks."""

    def __init__(self, path):
        frames, stacks, places, sites = {}, {}, {}, {}
        self.totals, self.has_cxx = None, False
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                if "object" in record and "path" in record:
                    self.has_cxx |= "/libstdc++.so" in record["path"]
                elif "frame" in record and "offset" in record:
                    frames[record["frame"]] = record["offset"] % PAGE_BYTES
                elif "parent" in record:
                    stacks[record["stack"]] = (record["frame"], record["parent"])
                elif "kind" in record and "site" in record:
                    if record["kind"] == "malloc":
                        places[record["site"]] = record["stack"]
                elif "heap" in record:
                    sites[record["heap"]] = record
                elif "heap_totals" in record:
                    self.totals = record["heap_totals"]
        if self.totals is None:
            raise Trouble(f"{path} has no heap_totals")
        self.blocks = Blocks(*(self.totals[name] for name in (
            "allocs", "frees", "bytes", "live_bytes", "peak_bytes")))
        self.sites = collections.Counter()
        for number, site in sites.items():
            if number in places:
                self.sites[_site(places[number], stacks, frames)] += site["bytes_at_peak"]


def _site(stack, stacks, frames):
    found = []
    while stack != 0 and len(found) < DEPTH:
        frame, stack = stacks[stack]
        found.append(frames[frame])
    return tuple(found)


def _numbers(pattern, text):
    found = re.search(pattern, text)
    if found is None:
        raise Trouble(f"nothing like '{pattern}' in what it said")
    return [int(number.replace(",", "")) for number in found.groups()]


def _frame(text):
    """Where in its page; None beyond the program's entry, where Valgrind goes on."""
    address, name = text.split(": ", 1)
    return None if name.strip() == "???" else int(address, 16) % PAGE_BYTES


def _key(frames):
    return tuple(frames[:frames.index(None)] if None in frames else frames)[:DEPTH]


def read_massif(lines):
    """(bytes, bytes of rounding, {site: bytes}) of the snapshot with most of both."""
    best, heap, extra, path = (-1, 0, {}), 0, 0, []
    for line in lines:
        if line.startswith("mem_heap_B="):
            heap = int(line.split("=")[1])
        elif line.startswith("mem_heap_extra_B="):
            extra = int(line.split("=")[1])
        elif line.startswith("heap_tree=") and "empty" not in line:
            sites = collections.Counter()
            if heap + extra > best[0] + best[1]:
                best = (heap, extra, sites)
        elif re.match(r" *n\d+: ", line):
            depth = len(line) - len(line.lstrip())
            n_below, n_bytes, text = line.split(None, 2)
            path[depth:] = [_frame(text)] if depth else [0]
            if n_below == "n0:":
                sites[_key(path[1:])] += int(n_bytes)
    return best


def read_dhat(profile):
    """(blocks, bytes at the peak, {site: bytes at the peak}).  It counts a block of 0 bytes
    as one of 1, and a block that realloc made at the site of the one before it."""
    points, names = profile["pps"], profile["ftbl"]
    sites = collections.Counter()
    for point in points:
        stack = [names[frame] for frame in point["fs"]]
        while "vgpreload_dhat" in stack[0]:
            stack.pop(0)
        sites[_key([_frame(text) for text in stack])] += point["gb"]
    return (*(sum(point[name] for point in points) for name in ("tbk", "gb")), sites)
