"""Compares what a profile counted with what was expected."""

import collections

from . import elf
from .profile import KINDS, REFUSED


def _where(profile, symbols, binary, line):
    """The events at the line's place, or a string that says what is wrong."""
    guest = profile.object_of(binary)

    if line.symbol == "total":
        events = profile.total()
        if profile.end is not None and "RssPeak" in profile.end:
            events["RssPeak"] = profile.end["RssPeak"]
        return events
    if line.symbol == "start":
        return profile.at_start()
    if line.symbol == "nowhere":
        return profile.sum(lambda o, at: guest is None or o != guest, line.thread)
    if line.symbol not in symbols:
        return "%s has no symbol %s" % (binary, line.symbol)
    start, end = symbols[line.symbol]
    return profile.sum(lambda o, at: o == guest and start <= at < end, line.thread)


def _compare(line, got, want):
    wrong = []
    for event, (least, most) in want.items():
        if not least <= got[event] <= most:
            n = str(least) if least == most else "%d..%d" % (least, most)
            wrong.append("%s: %s: expected %s = %s, got %d  #%s"
                         % (line.place, line.text.partition(":")[0], event, n, got[event],
                            line.why.rstrip()))
    return wrong


def _strict(line):
    """The line's events, with those that must be 0 because it does not name them."""
    want = dict(line.events)
    if line.symbol not in ("total", "start"):
        for event in KINDS + REFUSED:
            want.setdefault(event, (0, 0))
    return want


def judge(line, profiles, binary):
    """What is wrong with the line, a list of strings; profiles: process -> Profile."""
    profile = profiles.get(line.process)
    if profile is None:
        return ["%s: no profile of process %s" % (line.place, line.process)]
    got = _where(profile, elf.symbols(binary), binary, line)
    if isinstance(got, str):
        return ["%s: %s" % (line.place, got)]
    return _compare(line, got, _strict(line))


def judge_difference(line, later, earlier, binary):
    got = []
    for profiles in (later, earlier):
        if line.process not in profiles:
            return ["%s: no profile of process %s" % (line.place, line.process)]
        got.append(_where(profiles[line.process], elf.symbols(binary), binary, line))
        if isinstance(got[-1], str):
            return ["%s: %s" % (line.place, got[-1])]
    difference = collections.Counter(got[0])
    difference.subtract(got[1])
    return _compare(line, difference, _strict(line))
