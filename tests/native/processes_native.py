"""What the kernel says of each process of a tree at chosen moments: /proc/PID/smaps_rollup,
by follow.c.  (Faults are perf's: a process that is stopped while it forks finds its number of
the processor written by the kernel when it goes on, restartable sequences, to a page that
the fork has just write-protected.)

A page of a file counts as shared when any process on the system has it, so that all
files that the programs map are copies, which are bound over the originals in a name
space of the run's own; perf, the tool and `vmtrace calibrate --folios' run there, too.
"""

import json
import os
import shutil
import subprocess

from faults import Process, in_tree_order
from place import Skip, Trouble, last_words
from record import LIMIT_SECONDS

# Binds each line of a list, ORIGINAL<tab>COPY, and becomes the command.
IN_COPIES = """\
while IFS='\t' read -r original copy; do mount --bind "$copy" "$original" || exit 125
done <"$0"
exec "$@"
"""
END, EXEC = "end", "exec"


def check_rights():
    if os.geteuid() != 0:
        raise Skip("mounting copies of files and tracing take root")
    if shutil.which("unshare") is None:
        raise Skip("there is no unshare (Debian: apt install util-linux)")
    done = subprocess.run(["unshare", "--mount", "true"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Skip("a mount name space cannot be made here")


class Copies:
    """Of files outside of a folder; each is copied once."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self._copies = {}

    def prefix(self, files, room):
        """What to put before a command."""
        path = os.path.join(room, "copies")
        with open(path, "w", encoding="utf-8", errors="surrogateescape") as out:
            for original in files:
                if not original.startswith(room):
                    out.write(f"{original}\t{self._copy(original)}\n")
        return ["unshare", "--mount", "--propagation", "private", "--",
                "/bin/sh", "-c", IN_COPIES, path]

    def _copy(self, original):
        if original not in self._copies:
            copy = os.path.join(self.folder, str(len(self._copies)))
            shutil.copy2(original, copy)
            self._copies[original] = copy
        return self._copies[original]


class Moment:
    """kb: name -> KiB, of smaps_rollup and of status; others: who else had memory of its
    own then, a set of (pid, image)."""

    def __init__(self, kb, others):
        self.kb, self.others = kb, others


class Image:
    """A program in a process; name -> Moment."""

    def __init__(self, name, borrows=False):
        self.name = name
        self.borrows = borrows          # another's memory, until it executes
        self.moments = {}


class _Reader:
    """Makes processes of the lines of a report.  under: what Valgrind's launcher executes,
    which is no program of theirs."""

    def __init__(self, under):
        self.processes = {}
        self._under = under
        self._alive = {}                # pid -> image, of those with memory of their own
        self._exec = {}                 # pid -> Moment of its last call of execve

    def _start(self, record):
        parent = self.processes.get(record["parent"])
        process = self.processes[record["start"]] = Process(record["start"], parent)
        if parent is not None:
            process.images.append(Image(parent.images[-1].name, record["borrows"]))
        if parent is not None and not record["borrows"]:
            self._alive[process.number] = 0

    def _moment(self, record):
        pid = record["pid"]
        moment = Moment(record["kb"], frozenset(pair for pair in self._alive.items()
                                                if pair[0] != pid))
        if record["moment"] == EXEC:
            self._exec[pid] = moment
        else:
            self.processes[pid].images[-1].moments[record["moment"]] = moment

    def _executed(self, record):
        process = self.processes[record["exec"]]
        if process.images and record["name"].startswith(self._under):
            return
        if process.images:
            process.images[-1].moments[END] = self._exec[process.number]
        process.images.append(Image(record["name"]))
        self._alive[process.number] = len(process.images) - 1

    def read(self, path):
        """Processes in the order of the tree."""
        with open(path, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                record = json.loads(line)
                if "start" in record:
                    self._start(record)
                elif "moment" in record:
                    self._moment(record)
                elif "name" in record:
                    self._executed(record)
                elif "exit" in record:
                    self._alive.pop(record["exit"], None)
        return in_tree_order(list(self.processes.values()))


def follower(place, command, room, name):
    """What to put before a command, and the report that it writes."""
    report, environment = [os.path.join(room, name + end)
                           for end in (".report", ".environment")]
    with open(environment, "wb") as file:
        for variable, value in command.environment.items():
            file.write(os.fsencode(f"{variable}={value}") + b"\0")
    return [os.path.join(place.build, "tests", "native", "follow"), report, environment], report


def read_report(path, under="\0"):
    """Its processes.  under: see _Reader."""
    return _Reader(under).read(path)


def follow(place, command, room, name, prefix):
    """A native run: its processes."""
    before, report = follower(place, command, room, name)
    output = os.path.join(room, name)
    if command.run([*prefix, *before], output, LIMIT_SECONDS) != 0:
        raise Trouble(f"cannot run {command.argv[0]} natively: {last_words(output)}")
    processes = read_report(report)
    if not processes:
        raise Trouble(f"{command.argv[0]} did not run: {last_words(output)}")
    return processes
