"""What the profiles of a tree of processes say of resident memory (docs/PROFILE.md)."""

import json
import os
import re

from faults import in_tree_order
from place import Trouble

KINDS = ("anon", "file", "shmem")
PAGE_KB = 4


class Residents:
    """Of one profile: moment -> figure -> KiB; and its process's number and parent's."""

    def __init__(self, path):
        self.moments = {}
        self.number = self.parent = None
        self._ended = False
        self._read(path)

    def _read(self, path):
        with open(path, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                if line.startswith('{"resident"'):
                    self._resident(json.loads(line)["resident"])
                elif line.startswith('{"process"'):
                    record = json.loads(line)["process"]
                    self.number, self.parent = record["id"], record["parent"]
                self._ended = line.startswith('{"end"')
        if not self._ended:
            raise Trouble(f"{path}: the profile is cut short")

    def _resident(self, record):
        name = record["why"] if record["why"] != "snapshot" else record["name"]
        private, shared, pss_bytes = [sum(record[kind][at] for kind in KINDS)
                                      for at in range(3)]
        self.moments[name] = {
            "Rss": (private + shared) * PAGE_KB, "Private": private * PAGE_KB,
            "Shared": shared * PAGE_KB, "Pss": pss_bytes // 1024,
            "Pss_Anon": record["anon"][2] // 1024, "Pss_File": record["file"][2] // 1024,
            "Pss_Shmem": record["shmem"][2] // 1024,
            "Tables": record["table_pages"] * PAGE_KB}


def order(run, residents):
    """Its processes in the tree's order, by their numbers: who is a process's parent
    changes when that has ended, and pids begin anew."""
    numbers, parents = {}, {}
    for (pid, _), one in residents.items():
        if one.number is not None:
            numbers[pid], parents[pid] = one.number, one.parent
    by_number = {numbers[process.number]: process for process in run.processes
                 if process.number in numbers}
    for process in run.processes:
        if process.number in parents:
            process.parent = by_number.get(parents[process.number])
    run.processes.sort(key=lambda process: numbers.get(process.number, 0))
    run.processes = in_tree_order(run.processes)


def read_profiles(folder):
    """(pid, image) -> Residents, of profile.PID and profile.PID.N."""
    found = {}
    for name in os.listdir(folder):
        parts = re.fullmatch(r"profile\.(\d+)(?:\.(\d+))?", name)
        if parts:
            found[int(parts.group(1)), int(parts.group(2) or 0)] = \
                Residents(os.path.join(folder, name))
    return found
