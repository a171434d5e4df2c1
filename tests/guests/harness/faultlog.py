"""Reads a fault log, as docs/FAULT-LOG.md describes it."""

import collections
import json

from .profile import KINDS, REFUSED, with_sums

# Guests that are not position-independent lie below this, everything else above.
END_OF_GUEST = 0x10000000


class BadLog(Exception):
    pass


class FaultLog:
    """What one process (one image of it) logged.

    header, end: the records; records: the faults between them, in order.  sum(),
    at_start(), total() and object_of() are those of a Profile, so that what is
    expected of one can be expected of the other; a log knows of no threads.
    """

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as f:
            text = f.read()
        if not text.endswith(b"\n"):
            raise BadLog("%s: the last line is not complete" % path)
        try:
            records = [json.loads(line) for line in text.splitlines()]
        except ValueError as e:
            raise BadLog("%s: %s" % (path, e))
        self.lines = records
        self.header, self.records, self.end = records[0], records[1:-1], records[-1]
        if "vmtrace_faults" not in self.header or "end" not in self.end:
            raise BadLog("%s: no header or no end" % path)
        if any("kind" not in r for r in self.records):
            raise BadLog("%s: something else than a fault before the end" % path)

    def _counted(self, chosen):
        return collections.Counter(r["kind"] for r in self.records
                                   if not r.get("excluded") and chosen(r))

    @staticmethod
    def _is_start(record):
        return record["by"] in ("execve", "start")

    @staticmethod
    def object_of(binary):
        return binary and True

    def sum(self, chosen, _thread=None):
        return with_sums(self._counted(lambda r: not self._is_start(r) and
                                       chosen(r["ip"] < END_OF_GUEST or None, r["ip"])))

    def at_start(self):
        return with_sums(self._counted(self._is_start))

    def total(self):
        return with_sums(self._counted(lambda r: True))

    def excluded(self):
        return collections.Counter(r["kind"] for r in self.records if r.get("excluded"))

    def faults(self, profile):
        """What does not add up in it, and with the profile of the same image."""
        wrong = []
        total, totals = self.total(), profile.end["totals"]
        for kind in KINDS + REFUSED + ["Flt"]:
            if total[kind] != totals[kind]:
                wrong.append("%d of %s, the profile has %d" % (total[kind], kind, totals[kind]))
        for name, n in (("faults", total["Flt"]),
                        ("populated", sum(r["by"] == "populate" for r in self.records)),
                        ("rss_peak_bytes", profile.end["RssPeak"])):
            if self.end[name] != n:
                wrong.append("the end says %s = %d, expected %d" % (name, self.end[name], n))
        for name in ("pid", "date", "command", "layout"):
            if self.header[name] != profile.header[name]:
                wrong.append("%s is %r, the profile's %r"
                             % (name, self.header[name], profile.header[name]))
        return ["%s: %s" % (self.path, problem) for problem in wrong]
