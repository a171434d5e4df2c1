#!/usr/bin/env -S python3 -B
"""What a profile says of memory, worked out the slow way: an LRU stack kept as a
list, windows as sets, and a memory that is full as a list of what is in it.

As a program: make_pressure.py N >FILE writes a profile with N stacks, each with a
charge of events and one of distances, for timing; make_pressure.py --shape=NAME
>FILE one of a program that uses its memory so, to look at."""

import json
import random
import sys

from make_profile import EVENTS, Profile

COLUMNS = ["instrs", "RssPages", "RssPagesMax", "MinFlt", "MajFlt", "Evict", "Refault",
           "SwapIn", "SwapOut"]


COLUMNS_LIMITED = COLUMNS + ["Thrash"]


def bucket(distance):
    """Which bucket holds a distance; 0 that of first touches.  Eight an octave."""
    if distance is None:
        return 0
    for number in range(1, 241):
        if bucket_start(number) < distance <= bucket_start(number + 1):
            return number
    raise ValueError(distance)


def bucket_start(number):
    if number <= 8:
        return number - 1
    return (8 + (number - 1) % 8) << ((number - 1) // 8 - 1)


class Memory:
    """Touches one after the other, each one instruction; then what was known."""

    def __init__(self, window=1000, per_sample=1):
        self.window, self.per_sample = window, per_sample
        self.stack = []                 # the page touched last comes last
        self.owner = {}                 # page -> the charge that touched it first
        self.distances = []             # (charge, distance or None)
        self.windows = []               # sets of pages
        self.last_window = {}
        self.timeline = []
        self.now = 0

    def touch(self, page, charge, instrs=1):
        if self.now // self.window >= len(self.windows):
            self.windows += [set() for _ in range(self.now // self.window + 1
                                                  - len(self.windows))]
        self.windows[-1].add(page)
        self.last_window[page] = len(self.windows)
        if page in self.owner:
            where = self.stack.index(page)
            self.distances.append((charge, len(self.stack) - where))
            del self.stack[where]
        else:
            self.owner[page] = charge
            self.distances.append((charge, None))
        self.stack.append(page)
        self.now += instrs

    def sample(self):
        """A line of the timeline: no memory limit, so nothing is evicted."""
        self.timeline.append([self.now, len(self.stack), len(self.stack), len(self.stack),
                              0, 0, 0, 0, 0])

    def faults(self, ram_pages):
        return sum(1 for _, d in self.distances if d is None or d > ram_pages)

    def curve(self, sizes=None):
        peak = len(self.stack)
        return [[size, self.faults(size)] for size in sizes or range(1, peak + 1)]

    def peak_window(self):
        """Its number, from 1: the first with most pages."""
        most = max(len(pages) for pages in self.windows)
        return [len(pages) for pages in self.windows].index(most) + 1

    def window_samples(self):
        samples = []
        for first in range(0, len(self.windows), self.per_sample):
            counts = [len(pages) for pages in self.windows[first:first + self.per_sample]]
            samples.append([first + 1, len(counts), min(counts), max(counts),
                            first + 1 + counts.index(max(counts)), sum(counts)])
        return samples

    def pages_of(self, pages):
        counts = {}
        for page in pages:
            counts[self.owner[page]] = counts.get(self.owner[page], 0) + 1
        return [[*charge, n] for charge, n in sorted(counts.items())]

    def idle(self, n_windows):
        return [page for page in self.owner
                if self.last_window[page] <= len(self.windows) - n_windows]

    def write(self, profile, sizes=None, idle_windows=3, mode="exact", error_pages=0,
              columns=COLUMNS):
        """All records, those of distances in two halves, as additions."""
        write = lambda record: profile.raw(json.dumps(record, separators=(",", ":")))
        peak = self.peak_window()
        write({"curve": {"mode": mode, "error_pages": error_pages,
                         "peak_pages": len(self.stack), "first_touches": len(self.owner),
                         "points": self.curve(sizes)}})
        half = len(self.distances) // 2
        for part in (self.distances[:half], self.distances[half:]):
            counts = {}
            for charge, distance in part:
                of = counts.setdefault(charge, {})
                of[bucket(distance)] = of.get(bucket(distance), 0) + 1
            for charge, of in counts.items():
                write({"d": list(charge), "b": sorted(map(list, of.items()))})
        write({"windows": {"instrs": self.window, "per_sample": self.per_sample,
                           "samples": self.window_samples(),
                           "peak": {"window": peak, "pages": len(self.windows[peak - 1])}}})
        write({"peak_pages_of": self.pages_of(self.windows[peak - 1])})
        write({"idle": {"windows": idle_windows,
                        "of": self.pages_of(self.idle(idle_windows))}})
        write({"timeline": {"instrs_per_sample": self.window, "columns": columns,
                            "samples": self.timeline}})


class LimitedMemory(Memory):
    """With so many pages of RAM: the page used longest ago goes, and all have contents,
    so that each is written to swap once and read back whole."""

    def __init__(self, ram_pages, **options):
        super().__init__(**options)
        self.ram_pages = ram_pages
        self.resident = []              # the page touched last comes last
        self.evicted_at = {}            # page -> how many had been evicted before it
        self.written = set()
        self.events = {}                # charge -> events
        self.evicted_of = {}            # the charge that made it resident -> pages
        self.made_by = {}
        self.totals = dict.fromkeys(COLUMNS_LIMITED[3:], 0)

    def count(self, charge, *names):
        events = self.events.setdefault(charge, {})
        for name in names:
            events[name] = events.get(name, 0) + 1
            column = {"ZeroWr": "MinFlt"}.get(name, name)
            self.totals[column] += 1
            self.totals["MajFlt"] += name == "SwapIn"

    def evict(self, charge):
        page = self.resident.pop(0)
        self.evicted_at[page] = self.totals["Evict"]
        owner = self.made_by[page]
        self.evicted_of[owner] = self.evicted_of.get(owner, 0) + 1
        self.count(charge, "Evict")
        if page not in self.written:
            self.written.add(page)
            self.count(charge, "SwapOut")

    def touch(self, page, charge, instrs=1):
        super().touch(page, charge, instrs)
        if page in self.resident:
            self.resident.remove(page)
        else:
            if len(self.resident) == self.ram_pages:
                self.evict(charge)
            self.made_by[page] = charge
            if page in self.evicted_at:
                self.count(charge, "SwapIn", "Refault")
                if self.totals["Evict"] - self.evicted_at.pop(page) <= self.ram_pages:
                    self.count(charge, "Thrash")
            else:
                self.count(charge, "ZeroWr")
        self.resident.append(page)

    def sample(self):
        self.timeline.append([self.now, len(self.resident), len(self.resident),
                              *self.totals.values()])

    def write_limited(self, profile, **options):
        """Whose pages were evicted in two halves, as additions."""
        for charge, events in self.events.items():
            profile.charge(*charge, **events)
        self.write(profile, columns=COLUMNS_LIMITED, **options)
        for part in (0, 1):
            profile.raw(json.dumps({"evicted_of": [
                [*charge, (n + part) // 2] for charge, n in self.evicted_of.items()]}))


def block_for(profile, instrs):
    """Instructions for the totals, in an object that does not exist."""
    profile.block(profile.object("/nowhere/shape"), 4096, [4], instrs)


def points(peak, faults_at):
    """Sizes as the tool has them: all to 256, then 128 an octave."""
    size, sizes = 1, []
    while size < peak:
        sizes.append(size)
        size += 1 << max(0, size.bit_length() - 8)
    return [[size, faults_at(size)] for size in sizes + [peak]]


def shape(name):
    """A profile of a program that is not run: the curve of a formula."""
    mega = 256
    first, peak = {"cliff": (9000, 31 * mega), "steps": (9000, 31 * mega),
                   "slope": (70000, 260 * mega), "sweep": (3000, 11 * mega),
                   "flat": (1200, 1100), "log": (9000, 200 * mega),
                   "tiny": (60, 50)}[name]
    more = {"cliff": lambda s: 40 * (peak - s) // 100 + (1200000 if s < 12 * mega + 40 else 0)
            + (9000000 if s < 400 else 0),
            "steps": lambda s: (4000000 if s < 300 else 0) + (300000 if s < 4 * mega else 0)
            + (30000 if s < 15 * mega else 0) + (peak - s) // 50,
            "slope": lambda s: int(2e10 / (s + 100)) - int(2e10 / (peak + 100)),
            "sweep": lambda s: 0 if s >= peak else 500000,
            "flat": lambda s: 0,
            "log": lambda s: (8000000 if s < 700 else 0) + (peak - s) // 200,
            "tiny": lambda s: 3 * (peak - s)}[name]
    p = Profile(command=["./" + name], settings={"mrc": "fast"}, events=EVENTS)
    block_for(p, 358869910)
    p.raw(json.dumps({"curve": {"mode": "fast", "error_pages": 64, "peak_pages": peak,
                                "first_touches": first,
                                "points": points(peak, lambda s: first + more(s))}}))
    chance = random.Random(7)
    total, n = 358869910, 300
    rss = flt = swap = 0
    samples, windows = [], []
    for i in range(n):
        grow = 60 if i < 40 else 2 if i < 150 else 90 if i < 200 else -70 if i < 240 else 5
        rss = max(0, rss + grow)
        flt += max(0, grow) + chance.randrange(8) + (400 if i == 120 else 0)
        swap += 30 if 185 < i < 215 else 0
        samples.append([total * (i + 1) // n, rss, rss + chance.randrange(30), flt, swap, swap,
                        swap, swap, 2 * swap])
    for k in range(0, 359):
        base = 300 + 150 * (k % 40 > 30) + (1500 if 150 < k < 190 else 0)
        low, high = base - chance.randrange(100), base + chance.randrange(900)
        windows.append([k + 1, 1, low, high, k + 1, (low + high) // 2])
    peak_window = max(windows, key=lambda w: (w[3], -w[0]))
    p.raw(json.dumps({"windows": {"instrs": 1000000, "per_sample": 1, "samples": windows,
                                  "peak": {"window": peak_window[0], "pages": peak_window[3]}}}))
    p.raw(json.dumps({"timeline": {"instrs_per_sample": total // n, "columns": COLUMNS,
                                   "samples": samples}}))
    p.end()
    return p


def write_large(n, file):
    profile = Profile(exe="/nowhere/large", settings={"mrc": "fast"})
    profile.object("/nowhere/large", "00")
    file.write(profile.text())
    for i in range(1, n + 1):
        parent = i - 1 if i % 20 != 1 else 0
        file.write(f'{{"frame":{i},"object":1,"offset":{4096 + i * 20}}}\n'
                   f'{{"stack":{i},"frame":{i},"parent":{parent}}}\n'
                   f'{{"charge":[{i},0,1],"events":{{"ZeroWr":{i % 100 + 1}}}}}\n')
    for i in range(1, n + 1):
        pairs = ",".join(f"[{b},{i % 7 + 1}]" for b in range(57, 65))
        file.write(f'{{"d":[{i},0,1],"b":[{pairs}]}}\n')
    file.write(json.dumps({"curve": {"mode": "fast", "error_pages": 64, "peak_pages": 4 * n,
                                     "first_touches": n,
                                     "points": points(4 * n, lambda s: 5 * n - s)}}) + "\n")
    file.write('{"end":{"exit":0}}\n')


if __name__ == "__main__":
    if sys.argv[1].startswith("--shape="):
        sys.stdout.write(shape(sys.argv[1].partition("=")[2]).text())
    else:
        write_large(int(sys.argv[1]), sys.stdout)
