"""Reads what `perf script` prints of a recording: one event a line, in time's order.

The fields are those that record.py asks for; a line is

    PID/TID SECONDS.NANOSECONDS: EVENT

and EVENT a sample of a software event (page-faults: ADDRESS IP ABI:2 IP:0xUSER_IP), of
a tracepoint (GROUP:NAME: FIELDS ADDRESS IP ABI:2 ...), or a record of a mapping, fork,
exec, exit or of lost events.
"""

import collections
import re

Sample = collections.namedtuple("Sample", "event pid tid time address ip user_ip")
Trace = collections.namedtuple("Trace", "event pid tid time text user_ip")
Mapping = collections.namedtuple(
    "Mapping", "pid time start end offset device rights shared name")
Fork = collections.namedtuple("Fork", "pid tid parent time")
Exec = collections.namedtuple("Exec", "pid time name")
Exit = collections.namedtuple("Exit", "pid tid time")
Lost = collections.namedtuple("Lost", "n")

_LINE = re.compile(r"\s*(-?\d+)/(-?\d+)\s+(\d+\.\d+): +(\S.*)")
_SAMPLE = re.compile(r"(page-faults|minor-faults|major-faults)(?::\w*)?: +"
                     r"([0-9a-f]+) +([0-9a-f]+)(?: +ABI:\d+ +IP:0x([0-9a-f]+))?")
_TRACE = re.compile(r"(\w+:\w+): (.*?)(?: +[0-9a-f]+ +[0-9a-f]+ +ABI:\d+ +"
                    r"(?:IP:0x([0-9a-f]+))?\s*)?$")
_MAPPING = re.compile(r"PERF_RECORD_MMAP2 \d+/\d+: \[0x([0-9a-f]+)\(0x([0-9a-f]+)\) @ "
                      r"(0x[0-9a-f]+|0) ([0-9a-f]+:[0-9a-f]+) \d+ \d+\]: "
                      r"(...)(.) (.*)")
_FORK = re.compile(r"PERF_RECORD_FORK\((\d+):(\d+)\):\((\d+):\d+\)")
_EXEC = re.compile(r"PERF_RECORD_COMM exec: (.*):\d+/\d+$")
_LOST = re.compile(r"PERF_RECORD_LOST(?:_SAMPLES)?\D+(\d+)")


class BadText(Exception):
    pass


def _record(pid, tid, time, text):
    found = _MAPPING.match(text)
    if found:
        start, n_bytes, offset = (int(found.group(i), 16) for i in (1, 2, 3))
        return Mapping(pid, time, start, start + n_bytes, offset, found.group(4),
                       found.group(5), found.group(6) == "s", found.group(7))
    found = _FORK.match(text)
    if found:
        return Fork(*map(int, found.groups()), time)
    found = _EXEC.match(text)
    if found:
        return Exec(pid, time, found.group(1))
    if text.startswith("PERF_RECORD_EXIT"):
        return Exit(pid, tid, time)
    found = _LOST.match(text)
    if found:
        return Lost(int(found.group(1)))
    if not text.startswith("PERF_RECORD_"):
        raise BadText(f"perf script printed what is not understood: {text[:200]}")
    return None


def _number(text):
    return int(text, 16) if text else None


def _event(pid, tid, time, text):
    found = _SAMPLE.match(text)
    if found:
        name, address, ip, user_ip = found.groups()
        return Sample(name, pid, tid, time, int(address, 16), int(ip, 16),
                      _number(user_ip))
    if text.startswith("PERF_RECORD_"):
        return _record(pid, tid, time, text)
    found = _TRACE.match(text)
    if found:
        return Trace(found.group(1), pid, tid, time, found.group(2),
                     _number(found.group(3)))
    return _record(pid, tid, time, text)


def events(lines):
    for line in lines:
        found = _LINE.match(line)
        if not found:
            continue
        pid, tid, time, text = found.groups()
        event = _event(int(pid), int(tid), float(time), text)
        if event is not None:
            yield event


_FIELD = re.compile(r"(\w+)[=:] ?(-?(?:0x[0-9a-f]+|[^\s,]+))")


def fields(text):
    """name -> text of a tracepoint's fields, as `a=1 b=2` or `a: 1, b: 2`."""
    return dict(_FIELD.findall(text))
