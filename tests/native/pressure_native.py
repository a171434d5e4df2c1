"""A program under a limit of memory, natively: a control group, swap, and what the
kernel counts meanwhile.

Whatever is made (control group, swap file, loop device, zram) is undone when the program
ends, in whatever way, SIGKILL too: a process apart, the janitor, holds the other end of a
pipe, and cleans up when it closes.  Names are unique; nothing is touched that was not
made here.  Both versions of control groups will do, version 1 first.

Skip says why this cannot be done here.
"""

import contextlib
import fcntl
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from place import Skip

PAGE_BYTES = 4096
GROUPS_V1 = "/sys/fs/cgroup/memory"
ZRAM = "/sys/class/zram-control"
HERE = os.path.dirname(os.path.abspath(__file__))
# The kernel chooses its read-ahead by all swap of the system, and counts all of it
# together: one at a time.
LOCK_FILE = "/run/lock/vmtrace-swap.lock"

ROTATING, SOLID, MEMORY = "rotating", "solid", "memory"


class Killed(Exception):
    """The program was killed for want of memory, or did not end."""


class Janitor:
    """Undoes what was noted and not taken back, last first, as soon as this process is
    gone or close() is called.  Steps: `group DIR', `file FILE', `folder DIR',
    `swap FILE', `loop DEVICE', `zram NUMBER', `setting TEXT FILE' (writes the text)."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, "-B", os.path.join(HERE, "pressure_janitor.py")],
            stdin=subprocess.PIPE, text=True, start_new_session=True)

    def _say(self, *words):
        self._process.stdin.write(" ".join(words) + "\n")
        self._process.stdin.flush()

    def undo(self, what, name):
        self._say("undo", what, name)

    def undone(self, what, name):
        self._say("undone", what, name)

    def close(self):
        self._process.stdin.close()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _write(name, text):
    try:
        with open(name, "w", encoding="ascii") as file:
            file.write(str(text))
    except OSError as error:
        raise Skip(f"{name}: {error.strerror}") from error


def _read(name):
    with open(name, encoding="ascii") as file:
        return file.read()


def _run(*command):
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
    except FileNotFoundError as error:
        raise Skip(f"{command[0]} is missing") from error
    if done.returncode != 0:
        raise Skip(f"{command[0]}: {done.stderr.strip() or 'failed'}")
    return done.stdout.strip()


# ---- control groups ----

def _group_folder():
    """Where groups with a limit of memory can be made, and their version."""
    if os.path.exists(os.path.join(GROUPS_V1, "memory.limit_in_bytes")):
        return GROUPS_V1, 1
    for line in _read("/proc/self/mounts").splitlines():
        _, folder, kind, _ = line.split(" ", 3)
        if kind == "cgroup2" and "memory" in \
                _read(os.path.join(folder, "cgroup.subtree_control")).split():
            return folder, 2
    raise Skip("no control groups with a limit of memory are mounted")


class Group:
    """A control group with limit_pages of memory, and swap without a limit."""

    n_made = 0

    def __init__(self, janitor, limit_pages):
        folder, self.version = _group_folder()
        Group.n_made += 1
        self.folder = os.path.join(folder, f"vmtrace-{os.getpid()}-{Group.n_made}")
        self._janitor = janitor
        janitor.undo("group", self.folder)
        try:
            os.mkdir(self.folder)
        except OSError as error:
            raise Skip(f"{self.folder}: {error.strerror}") from error
        _write(self._file("memory.limit_in_bytes" if self.version == 1 else "memory.max"),
               limit_pages * PAGE_BYTES)

    def _file(self, name):
        return os.path.join(self.folder, name)

    def add(self, pid):
        _write(self._file("cgroup.procs"), pid)

    def counts(self):
        """memory.stat.  To read it makes the kernel gather the counts that its reclaim
        goes by, too, which it does every 2 s by itself."""
        pairs = (line.split() for line in _read(self._file("memory.stat")).splitlines())
        return {name: int(value) for name, value in pairs}

    def kernel_pages(self):
        """What the kernel takes for the group: page tables, nodes of trees."""
        if self.version == 2:
            return self.counts()["kernel"] // PAGE_BYTES
        return int(_read(self._file("memory.kmem.usage_in_bytes"))) // PAGE_BYTES

    def peak_pages(self):
        """The most that was charged to it."""
        return int(_read(self._file("memory.max_usage_in_bytes" if self.version == 1
                                    else "memory.peak"))) // PAGE_BYTES

    def remove(self):
        for _ in range(100):
            try:
                os.rmdir(self.folder)
            except OSError:         # its last process is still on its way out
                time.sleep(0.05)
            else:
                self._janitor.undone("group", self.folder)
                return


# ---- swap ----

class Swap:
    """Swap of n_pages: a file in a folder, on the disk that is there, if kind is None; a
    loop device over the file that passes for ROTATING or SOLID; or a zram (MEMORY).
    self.kind says what the kernel takes it for."""

    def __init__(self, janitor, folder, n_pages, kind=None):
        self.kind = kind
        if kind == MEMORY:
            self.device = self._make_zram(janitor, n_pages)
        else:
            self.device = self._make_file(janitor, folder, n_pages)
        if kind in (ROTATING, SOLID):
            self.device = self._make_loop(janitor, kind)
        if kind is None:
            self.kind = ROTATING if is_rotational(folder) else SOLID
        _run("mkswap", "-q", self.device)
        janitor.undo("swap", self.device)
        _run("swapon", self.device)

    @staticmethod
    def _make_file(janitor, folder, n_pages):
        handle, name = tempfile.mkstemp(prefix="vmtrace-swap-", dir=folder)
        janitor.undo("file", name)
        try:
            os.posix_fallocate(handle, 0, n_pages * PAGE_BYTES)
        except OSError as error:
            raise Skip(f"{name}: {error.strerror}") from error
        finally:
            os.close(handle)
        return name

    def _make_loop(self, janitor, kind):
        device = _run("losetup", "--find", "--show", "--direct-io=on", self.device)
        janitor.undo("loop", device)
        _write(f"/sys/block/{os.path.basename(device)}/queue/rotational",
               int(kind == ROTATING))
        return device

    @staticmethod
    def _make_zram(janitor, n_pages):
        if not os.path.exists(ZRAM):
            raise Skip("this kernel has no zram")
        number = _read(os.path.join(ZRAM, "hot_add")).strip()
        janitor.undo("zram", number)
        _write(f"/sys/block/zram{number}/disksize", n_pages * PAGE_BYTES)
        return f"/dev/zram{number}"


def _queue_file(folder, name):
    """A file of sysfs about the disk that the folder is on."""
    number = os.stat(folder).st_dev
    path = os.path.realpath(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    while not os.path.exists(os.path.join(path, "queue")):
        path = os.path.dirname(path)
        if path == "/":
            raise Skip(f"{folder} is on no disk")
    return os.path.join(path, "queue", name)


def is_rotational(folder):
    """Whether the kernel takes the folder's disk for one that rotates."""
    return _read(_queue_file(folder, "rotational")).strip() == "1"


def set_queue(janitor, folder, name, value):
    """A setting of the disk that the folder is on: rotational, or read_ahead_kb, which
    is for files that are opened from now on."""
    path = _queue_file(folder, name)
    janitor.undo("setting", f"{_read(path).strip()} {path}")
    _write(path, value)


@contextlib.contextmanager
def swap_lock():
    """Nobody else here has swap on meanwhile."""
    if os.geteuid() != 0:
        raise Skip("swap and control groups need root")
    with open(LOCK_FILE, "a", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if len(_read("/proc/swaps").splitlines()) > 1:
            raise Skip("the system has swap on already, and counts all of it together")
        yield


# ---- a run ----

def vmstat():
    pairs = (line.split() for line in _read("/proc/vmstat").splitlines())
    return {name: int(value) for name, value in pairs}


def forget_file(name):
    """Its pages leave the page cache, so that whoever reads it next is charged."""
    handle = os.open(name, os.O_RDONLY)
    try:
        os.fsync(handle)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


class Counted:
    """What a run was counted for: vmstat (differences), group (memory.stat at the end),
    said (the program's own line), kernel_pages at the end, seconds."""

    def __init__(self, differences, group, said, seconds):
        self.vmstat = differences
        self.group = group.counts()
        self.kernel_pages = group.kernel_pages()
        self.said = said
        self.seconds = seconds


@contextlib.contextmanager
def gathering(group, period_seconds):
    """Makes the kernel gather its counts that often; not at all for 0."""
    over = threading.Event()

    def gather():
        while not over.wait(period_seconds):
            group.counts()
    thread = threading.Thread(target=gather, daemon=True)
    if period_seconds:
        thread.start()
    try:
        yield
    finally:
        over.set()
        if period_seconds:
            thread.join()


def _talk(process, group, timeout_seconds):
    """From "ready" to the program's line of JSON."""
    watchdog = threading.Timer(timeout_seconds, process.kill)
    before, start = vmstat(), time.monotonic()
    watchdog.start()
    process.stdin.write("go\n")
    process.stdin.flush()
    said = process.stdout.readline()
    seconds, after = time.monotonic() - start, vmstat()
    watchdog.cancel()
    if not said:
        raise Killed(f"killed after {seconds:.1f} s")
    return Counted({name: after[name] - before[name] for name in after}, group,
                   json.loads(said), seconds)


def run_limited(janitor, command, limit_pages, timeout_seconds=300, gather_seconds=0):
    """Runs a program that says "ready", waits for a line, says a line of JSON when it is
    done, and waits for the end of its input.  It is limited from "ready" on."""
    group = Group(janitor, limit_pages)
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                               text=True)
    try:
        if process.stdout.readline() != "ready\n":
            raise Skip(f"{command[0]} does not start")
        group.add(process.pid)
        with gathering(group, gather_seconds):
            return _talk(process, group, timeout_seconds)
    finally:
        process.kill()
        process.communicate()
        group.remove()


def median_and_spread(values):
    """The median, and how far the others are from it at most, as a share of it."""
    middle = statistics.median(values)
    farthest = max(abs(value - middle) for value in values)
    return middle, farthest / middle if middle else 0.0
