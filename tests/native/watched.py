"""Runs a program under the tool and reads the fault logs (docs/FAULT-LOG.md)."""

import collections
import json
import os
import re

from faults import (REFUSED, Fault, Image, Process, Run, area_name, has_file,
                    in_tree_order)
from place import Trouble, last_words

LIMIT_SECONDS = 3600
UNSEEN = ("execve", "populate")         # in ru_minflt, without an event of perf's


def _fault(record):
    by = record["by"] if "syscall" not in record else f"syscall {record['syscall']}"
    area = area_name(record["area"] or "")
    page = record["page"] if has_file(area) else None
    return Fault(record["kind"], record["addr"], record["ip"], by, record["access"],
                 area, page)


def _add(image, record):
    if record.get("excluded"):
        return
    if record["by"] in UNSEEN and record["kind"] not in REFUSED:
        image.unseen[record["by"]] = image.unseen.get(record["by"], 0) + 1
    else:
        kept = image.refused if record["kind"] in REFUSED else image.faults
        kept.append(_fault(record))


def read_log(path):
    """The header and the Image of one file."""
    with open(path, encoding="utf-8") as lines:
        header = json.loads(lines.readline() or "null")
        if not isinstance(header, dict) or header.get("vmtrace_faults") != 1:
            raise Trouble(f"{path}: not a fault log of version 1")
        image = Image(os.path.basename(header["command"][0]))
        end = None
        for line in lines:
            record = json.loads(line)
            if "end" in record:
                end = record
            else:
                _add(image, record)
                end = None
    if end is None:
        raise Trouble(f"{path}: the log is cut short")
    if end["faults"] != image.n_faults:
        raise Trouble(f"{path}: the log has {image.n_faults} faults, its end says "
                      f"{end['faults']}")
    image.rss_peak_bytes = end["rss_peak_bytes"]
    return header, image


def read_logs(folder):
    """A Run of all the logs in a folder, which are called log.PID and log.PID.N."""
    images = collections.defaultdict(list)
    for name in os.listdir(folder):
        found = re.fullmatch(r"log\.(\d+)(?:\.(\d+))?", name)
        if found:
            header, image = read_log(os.path.join(folder, name))
            images[int(found.group(1))].append((int(found.group(2) or 0), header, image))
    if not images:
        raise Trouble("the tool wrote no fault log")
    return Run(in_tree_order(_processes(images)))


def _number(log):
    return log[0]


def _most_processes():
    with open("/proc/sys/kernel/pid_max", encoding="ascii") as file:
        return int(file.read())


def _processes(images):
    """In the order in which they were made: numbers rise, and begin anew at pid_max."""
    parents = {number: min(logs, key=_number)[1].get("ppid") for number, logs in images.items()}
    first = next(number for number, parent in parents.items() if parent not in images)
    processes = {number: Process(number, None) for number in
                 sorted(images, key=lambda number: (number - first) % _most_processes())}
    for number, process in processes.items():
        process.parent = processes.get(parents[number])
        process.images = [image for _, _, image in sorted(images[number], key=_number)]
    return list(processes.values())


def watch(place, command, room, options=(), prefix=()):
    """A Run.  prefix: what Valgrind itself is run by."""
    folder = os.path.join(room, "tool")
    os.mkdir(folder)
    output = os.path.join(room, "watched")
    command.run([*prefix, place.valgrind, "--tool=vmtrace", "-q", "--trace-children=yes",
                 "--fair-sched=yes", "--summary=no",
                 f"--vmtrace-out-file={folder}/profile.%p", f"--fault-log={folder}/log.%p",
                 *options], output, LIMIT_SECONDS)
    try:
        return read_logs(folder)
    except (Trouble, ValueError) as error:
        raise Trouble(f"{error}; the tool: {last_words(output)}") from error
