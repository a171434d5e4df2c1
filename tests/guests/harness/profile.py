"""Reads a profile, record by record, as docs/PROFILE.md describes it.

Written apart from the program's own reader, so that the two check each other.
"""

import collections
import json

KINDS = ("ZeroRd ZeroWr ZeroCow FileRd FileCow FileWr ShmRd ShmWr ForkCow Reuse "
         "FileMaj SwapIn SwapHit HugeZero").split()
REFUSED = ["Prot", "Segv", "Bus"]
MAJOR = ["FileMaj", "SwapIn"]


class BadProfile(Exception):
    pass


def with_sums(events):
    """The events with Flt, MinFlt and MajFlt, which no charge has."""
    events = collections.Counter(events)
    events["MajFlt"] = sum(events[k] for k in MAJOR)
    events["MinFlt"] = sum(events[k] for k in KINDS) - events["MajFlt"]
    events["Flt"] = events["MinFlt"] + events["MajFlt"]
    return events


class Profile:
    """What one process (one image of it) counted.

    header, end: the records (end is None when the file is cut short);
    objects: id -> path; frames: id -> (object, offset);
    stacks: id -> (frame, parent); areas: id -> record;
    charges: (stack, area, thread) -> Counter;
    instructions: (object, offset) -> Counter of Ir, Dr, Dw;
    phases: name -> Counter of what was added while the phase was open;
    phase_sums: the last `phases` record; snapshots, marks: records;
    curve, timeline: the last such record; first_touches: those of all charges;
    process, tree, cache: the last such record, None if there is none; forks, gone,
    residents: records; copies: (other process, stack) -> pages.
    """

    def __init__(self, path):
        self.path = path
        self.header = self.end = None
        self.objects, self.frames, self.stacks, self.areas = {0: None}, {}, {}, {}
        self.blocks, self.sites = {}, {}
        self.notes = []
        self.phases = collections.defaultdict(collections.Counter)
        self.open_phases = set()
        self.phase_sums, self.snapshots, self.marks = [], [], []
        self.curve = self.timeline = None
        self.first_touches = 0
        self.process = self.tree = self.cache = None
        self.forks, self.gone, self.residents = [], [], []
        self.copies = collections.Counter()
        self.executed = collections.Counter()
        self.charges = collections.defaultdict(collections.Counter)
        self.access = collections.defaultdict(collections.Counter)
        with open(path, "rb") as f:
            text = f.read()
        lines = text.split(b"\n")
        self.torn = lines.pop() != b""  # what follows the last newline
        for number, line in enumerate(lines, 1):
            try:
                self._record(json.loads(line))
            except (ValueError, KeyError, TypeError) as e:
                raise BadProfile("%s:%d: %s: %r" % (path, number, e, line[:200]))
        if self.header is None:
            raise BadProfile(path + ": no header")
        self.instructions = self._instructions()

    def _record(self, r):
        if self.header is None:
            if r.get("vmtrace") is None:
                raise ValueError("the first line is not a header")
            self.header = r
        elif self.end is not None:
            raise ValueError("a record after the end")
        elif "site" in r and "kind" in r:
            if r["stack"] != 0:
                self._known(self.stacks, r["stack"])
            self.sites[r["site"]] = r
        elif "stack" in r and "frame" in r:
            self._known(self.frames, r["frame"])
            if r["parent"] != 0:
                self._known(self.stacks, r["parent"])
            self.stacks[r["stack"]] = (r["frame"], r["parent"])
        elif "frame" in r:
            self._known(self.objects, r["object"])
            self.frames[r["frame"]] = (r["object"], r["offset"])
        elif "block" in r:
            self._known(self.objects, r["object"])
            self.blocks[r["block"]] = r
        elif "object" in r:
            self.objects[r["object"]] = r["path"]
        elif "area" in r:
            self.areas[r["area"]] = r
        elif "charge" in r:
            stack, area, thread = r["charge"]
            if stack != 0:
                self._known(self.stacks, stack)
            if area != 0:
                self._known(self.areas, area)
            if "site" in r:
                self._known(self.sites, r["site"])
            self.charges[stack, area, thread].update(r["events"])
            self._add_to_phases(r["events"])
        elif "exec" in r:
            for block, times in r["exec"]:
                self._known(self.blocks, block)
                self.executed[block] += times
                lens = self.blocks[block]["lens"]
                self._add_to_phases(
                    {"Ir": times * sum(self.blocks[block].get("ir", [1] * len(lens)))})
        elif "access" in r:
            self._known(self.objects, r["access"][0])
            self.access[tuple(r["access"])].update(
                {"Ir": r.get("ir", 0), "Dr": r.get("dr", 0), "Dw": r.get("dw", 0)})
            self._add_to_phases({"Ir": r.get("ir", 0)})
        elif self._is_mark(r):
            self.marks.append(r)
        elif self._is_of_tree(r):
            pass
        elif "curve" in r:
            self.curve = r["curve"]
        elif "d" in r:
            self.first_touches += dict(r["b"]).get(0, 0)
        elif "timeline" in r:
            self.timeline = r["timeline"]
        elif "note" in r:
            self.notes.append(r["note"])
        elif "end" in r:
            self.end = r["end"]

    def _add_to_phases(self, events):
        for name in self.open_phases:
            self.phases[name].update(events)

    def _is_mark(self, r):
        if "phase" in r:
            name, what = r["phase"]["name"], r["phase"]["what"]
            if (name in self.open_phases) != (what == "end"):
                raise ValueError("phase %s: an odd %s" % (name, what))
            self.open_phases ^= {name}
            self.phases[name].update()
        elif "phases" in r:
            self.phase_sums = r["phases"]
        elif "snapshot" in r:
            self.snapshots.append(r["snapshot"])
        elif "reset" in r:
            self._forget()
        return any(kind in r for kind in ("phase", "phases", "snapshot", "reset", "counting"))

    def _is_of_tree(self, r):
        if "process" in r:
            self.process = r["process"]
        elif "tree" in r:
            self.tree = r["tree"]
        elif "cache_of" in r:
            for area, _, _, _ in r["cache_of"]:
                self._known(self.areas, area)
            self.cache = r["cache_of"]
        elif "fork" in r:
            self._known(self.stacks, r["fork"]["stack"])
            self.forks.append(r["fork"])
        elif "gone" in r:
            self.gone.append(r["gone"])
        elif "resident" in r:
            self.residents.append(r["resident"])
        elif "copies" in r:
            for stack, _, _, n in r["copies"]["of"]:
                self.copies[r["copies"]["with"], stack] += n
        else:
            return False
        return True

    def _forget(self):
        """Counts, but not whose resident pages are."""
        for counts in self.charges.values():
            for event in set(counts) - {"RssPages"}:
                del counts[event]
        self.executed.clear()
        self.access.clear()
        self.phases.clear()
        self.copies.clear()
        self.first_touches = 0

    @staticmethod
    def _known(table, key):
        if key not in table:
            raise ValueError("id %r used before it is defined" % (key,))

    def _instructions(self):
        counts = collections.defaultdict(collections.Counter)
        for at, events in self.access.items():
            counts[at].update(events)
        for block, times in self.executed.items():
            r = self.blocks[block]
            nothing = [0] * len(r["lens"])
            at = r["offset"]
            once = [1] * len(r["lens"])
            for length, ir, dr, dw in zip(r["lens"], r.get("ir", once),
                                          r.get("dr", nothing), r.get("dw", nothing)):
                counts[r["object"], at].update(
                    {"Ir": times * ir, "Dr": times * dr, "Dw": times * dw})
                at += length
        return counts

    def object_of(self, path):
        for number, name in self.objects.items():
            if name == path:
                return number
        return None

    def sum(self, chosen, thread=None):
        """Events at the instructions for which chosen(object, offset) holds."""
        events = collections.Counter()
        for (stack, _, t), counts in self.charges.items():
            if stack != 0 and (thread is None or t == thread) \
                    and chosen(*self.frames[self.stacks[stack][0]]):
                events.update(counts)
        if thread is None:
            for at, counts in self.instructions.items():
                if chosen(*at):
                    events.update(counts)
        return with_sums(events)

    def at_start(self):
        """Events of the program's start by the kernel."""
        events = collections.Counter()
        for (stack, _, _), counts in self.charges.items():
            if stack == 0:
                events.update(counts)
        return with_sums(events)

    def total(self):
        events = collections.Counter()
        for counts in self.charges.values():
            events.update(counts)
        for counts in self.instructions.values():
            events.update(counts)
        return with_sums(events)

    def _phases_amiss(self):
        for said in self.phase_sums:
            added = self.phases[said["name"]]
            wanted = collections.Counter(said["events"], Ir=said["Ir"])
            for event in set(wanted) | set(added):
                if event not in ("RssPages", "Dr", "Dw") and wanted[event] != added[event] \
                        and said["marked"] == said["entered"]:
                    yield "phase %s: %s is said to be %d, the additions give %d" % (
                        said["name"], event, wanted[event], added[event])

    def faults(self):
        """What does not add up in it, in words."""
        wrong = []
        totals = self.total()
        if self.torn:
            wrong.append("the last line is not complete")
        if self.end is None:
            wrong.append("there is no end record")
        else:
            for event, n in self.end.get("totals", {}).items():
                if event != "RssPeak" and totals[event] != n:
                    wrong.append("end says %s = %d, the additions give %d"
                                 % (event, n, totals[event]))
            if "totals" not in self.end:
                wrong.append("the end record has no totals")
        for counts in list(self.charges.values()):
            for event in ("Flt", "MinFlt", "MajFlt"):
                if event in counts:
                    wrong.append("a charge has %s, which is a sum" % event)
        if sum(self.copies.values()) != totals["ForkCow"]:
            wrong.append("%d pages were copied, ForkCow is %d"
                         % (sum(self.copies.values()), totals["ForkCow"]))
        wrong += self._phases_amiss()
        for event, n in totals.items():
            if n < 0:
                wrong.append("%s is %d in all" % (event, n))
        for event in totals:
            known = self.header.get("events", [])
            if totals[event] != 0 and event not in known:
                wrong.append("event %s is not in the header's list" % event)
        return sorted(set(wrong))
