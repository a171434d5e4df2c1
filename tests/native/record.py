"""Runs a program natively: how often, and what is recorded.

First to see what it maps, and to have all of that in the page cache; once under `perf
stat`, for totals that no recording stands between; then recorded, event by event.  The
file that perf writes holds, for each fault, page-faults and minor-faults or
major-faults, and with tracepoints the error code, changes of mappings and of resident
memory.
"""

import json
import os
import shutil
import subprocess

import history
import perf_text
from place import Skip, Trouble, last_words

SOFTWARE = ("page-faults", "minor-faults", "major-faults")
TRACEPOINTS = ("exceptions:page_fault_user", "exceptions:page_fault_kernel",
               "task:task_newtask", "kmem:rss_stat", "syscalls:sys_enter_brk",
               "syscalls:sys_enter_execve", "syscalls:sys_enter_munmap", "syscalls:sys_enter_madvise",
               "syscalls:sys_enter_mremap", "syscalls:sys_exit_mremap")
ALLOCATIONS = "kmem:mm_page_alloc"      # which tells a page that is copied from one that is reused
PARANOID = "/proc/sys/kernel/perf_event_paranoid"
BUFFER = {True: ["-m", "8M"], False: []}        # root may have large ones
# What perf would do besides, and takes a second for.
NOTHING_ELSE = ["--no-bpf-event", "--no-buildid", "--no-buildid-cache"]
LIMIT_SECONDS = 600
CHUNK_BYTES = 1 << 20


def _allowed_by(paranoid):
    return os.geteuid() == 0 or paranoid < 2


def check_perf():
    """Raises Skip where perf cannot see the faults of a program and its kernel side."""
    if shutil.which("perf") is None:
        raise Skip("there is no perf (Debian: apt install linux-perf)")
    try:
        with open(PARANOID, encoding="ascii") as file:
            paranoid = int(file.read())
    except OSError as error:
        raise Skip(f"this kernel has no perf events: {PARANOID}: "
                   f"{error.strerror}") from error
    if not _allowed_by(paranoid):
        raise Skip(f"perf may not count faults in the kernel: {PARANOID} is {paranoid}, "
                   "and this is not root")
    done = subprocess.run(["perf", "stat", "-x,", "-e", "page-faults", "true"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0 or "page-faults" not in done.stderr or \
            "not supported" in done.stderr:
        raise Skip("perf cannot count page faults here: "
                   + (done.stderr.strip().splitlines() or ["it said nothing"])[-1])


def _events(names):
    return [word for name in names for word in ("-e", name)]


def _can_trace():
    """Whether all tracepoints are there, and for us."""
    done = subprocess.run(["perf", "record", "-q", "-o", os.devnull, *NOTHING_ELSE,
                           *_events(TRACEPOINTS), "true"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def _read_all(paths):
    """So that all pages of the files are in the page cache: a kernel drops some now and
    then, even of files in use, and fault-around leaves these out."""
    for path in paths:
        try:
            with open(path, "rb", buffering=0) as file:
                while file.read(CHUNK_BYTES):
                    pass
        except OSError:
            pass                # what cannot be read was mapped by somebody else


class Recorder:
    def __init__(self, place):
        check_perf()
        self.place = place
        self.has_tracepoints = _can_trace()

    def _spawn(self, command, room, name, prefix=()):
        """Under spawn: what wait4 told."""
        usage, environment, output = [os.path.join(room, name + end)
                                      for end in (".usage", ".environment", "")]
        with open(environment, "wb") as file:
            for variable, value in command.environment.items():
                file.write(os.fsencode(f"{variable}={value}") + b"\0")
        others = {name: value for name, value in command.environment.items()
                  if name != "LD_PRELOAD"}          # that perf is not to have
        if command.run([*prefix, self.place.spawn, usage, environment], output,
                       LIMIT_SECONDS, others) != 0 or not os.path.getsize(usage):
            raise Trouble(f"cannot run {command.argv[0]} natively: {last_words(output)}")
        with open(usage, encoding="ascii") as file:
            return json.load(file)

    def mapped_files(self, command, room):
        """The paths of the files that it maps."""
        run = self._recording(command, room, "first", SOFTWARE[:1])
        return sorted({area.name for process in run.processes for image in process.images
                       for _, area in image.mappings if os.path.isfile(area.name)})

    def stat(self, command, room, files):
        """What wait4 told, and event -> number by perf stat, where what spawn itself has
        is among them."""
        _read_all(files)
        output = os.path.join(room, "stat.csv")
        usage = self._spawn(
            command, room, "stat", ["perf", "stat", "-x,", "-o", output, "-e",
                                    ",".join(SOFTWARE), "--"])
        counts = {}
        with open(output, encoding="utf-8") as lines:
            for line in lines:
                parts = line.split(",")
                if len(parts) > 2 and parts[0].isdigit():
                    counts[parts[2].split(":")[0]] = int(parts[0])
        if set(counts) != set(SOFTWARE):
            raise Trouble(f"perf stat did not count: {output}")
        return usage, counts

    def record(self, command, room, name, files, prefix=(), with_allocations=False):
        """A Run, with its usage.  prefix: what perf itself is run by."""
        _read_all(files)
        return self._recording(command, room, name,
                               SOFTWARE + (TRACEPOINTS if self.has_tracepoints else ()) +
                               ((ALLOCATIONS,) if with_allocations else ()), prefix)

    def _recording(self, command, room, name, events, prefix=()):
        data = os.path.join(room, name + ".perf")
        usage = self._spawn(command, room, name,
                            [*prefix, "perf", "record", "-q", "-o", data, *_events(events), "-c", "1",
                             "-d", "--user-regs=ip", *BUFFER[os.geteuid() == 0],
                             *NOTHING_ELSE, "--"])
        run = _read(data, set(TRACEPOINTS) <= set(events), ALLOCATIONS in events)
        run.usage = usage
        return run


def _read(data, has_tracepoints, has_allocations):
    command = ["perf", "script", "-i", data, "--ns", "--show-mmap-events",
               "--show-task-events", "--show-lost-events",
               "-F", "pid,tid,time,event,ip,addr,uregs,trace"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True, errors="surrogateescape") as script:
        try:
            run = history.Reader(has_tracepoints, has_allocations).read(
                perf_text.events(script.stdout))
        except history.Trouble as error:
            raise Trouble(f"{data}: {error}") from error
    if script.returncode != 0:
        raise Trouble(f"perf script cannot read {data}")
    return run
