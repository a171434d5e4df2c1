"""Finds the build tree and runs guests.

Tests run in the build folder, as automake starts them, with the source folder in
`srcdir`.  VMT_KEEP=1 keeps what runs leave behind and says where.
"""

import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile

from .profile import BadProfile, Profile

SKIPPED = 77
TIMEOUT_SECONDS = 60
PAGE_BYTES = 4096

# The same in every place: the argument block is of the same size.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}


def guest_path(name):
    path = os.path.join(os.getcwd(), "tests", "guests", name)
    if not os.path.exists(path):
        sys.exit("%s: not built (make check builds it)" % path)
    return path


def in_place():
    return os.path.join(os.getcwd(), "scripts", "in-place")


def file_system(path):
    """The type of the file system that path lies on."""
    path = os.path.realpath(path)
    best, kind = "", ""
    with open("/proc/self/mountinfo") as f:
        for line in f:
            left, _, right = line.partition(" - ")
            point = re.sub(r"\\(\d{3})", lambda m: chr(int(m.group(1), 8)), left.split()[4])
            if (path + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best):
                best, kind = point, right.split()[0]
    return kind


class Folders:
    """Where a run's files go: dir on a disk (None if there is none), shm on a
    tmpfs (None if there is none), out for profiles."""

    def __init__(self):
        self._made = []
        self.out = self._make(os.getcwd())
        self.dir = self._disk()
        self.shm = self._make("/dev/shm") if self._usable("/dev/shm", True) else None

    @staticmethod
    def _usable(path, wants_tmpfs):
        return os.access(path, os.W_OK) and \
            (file_system(path) in ("tmpfs", "ramfs")) == wants_tmpfs

    def _make(self, parent):
        self._made.append(tempfile.mkdtemp(prefix="guest-", dir=parent))
        return self._made[-1]

    def _disk(self):
        for parent in (os.getcwd(), "/var/tmp", "/tmp", os.path.expanduser("~")):
            if self._usable(parent, False):
                return self._make(parent)
        return None

    def folio_file(self, run):
        """What the run's `folios` asks for; None if it asks for nothing."""
        if run.folios is None or self.dir is None:
            return None
        return FolioFile(self.dir, *run.folios)

    def substitute(self, words, file, made=None):
        """The words with $dir, $shm, $here and $xN filled in, and $file and $map of
        `made`; None if there is no such folder."""
        places = {"$dir": self.dir, "$shm": self.shm,
                  "$here": os.path.dirname(os.path.abspath(file))}
        if made is not None:
            places.update({"$file": made.path, "$map": made.map_path})
        result = []
        for word in words:
            for name, path in places.items():
                if name in word and path is None:
                    return None
                word = word.replace(name, path or "")
            result.append(re.sub(r"\$x(\d+)", lambda m: "x" * int(m.group(1)), word))
        return result

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for path in self._made:
            if os.environ.get("VMT_KEEP"):
                print("kept:", path)
            else:
                shutil.rmtree(path, ignore_errors=True)


class FolioFile:
    """A file and the folio map that says in which large folios it is kept.

    It is written a folio at a time, which is how file systems that have large
    folios make them (ext4 since Linux 6.16)."""

    def __init__(self, folder, pages, folios):
        self.path, self.map_path = os.path.join(folder, "file"), os.path.join(folder, "map")
        self.folios = folios
        for path in self.path, self.map_path:
            if os.path.exists(path):
                os.unlink(path)
        sizes = dict(folios)
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT)
        page = 0
        while page < pages:
            n = min(sizes.get(page, 1), pages - page)
            os.pwrite(fd, b"x" * (n * PAGE_BYTES), page * PAGE_BYTES)
            page += n
        st = os.fstat(fd)
        os.close(fd)
        with open(self.map_path, "w") as f:
            f.write("vmtrace-folios 1\nfile %d:%d %d %d %d.%09d %s\n"
                    % (os.major(st.st_dev), os.minor(st.st_dev), st.st_ino, st.st_size,
                       st.st_mtime_ns // 10**9, st.st_mtime_ns % 10**9, self.path))
            f.writelines("%d %d\n" % folio for folio in folios)

    def differs(self):
        """Why the kernel's folios are not those of the map, or None."""
        command = os.path.join(os.getcwd(), "vmtrace", "cli", "vmtrace")
        done = subprocess.run([command, "calibrate", "--folios=-", self.path],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              universal_newlines=True)
        if done.returncode != 0 or done.stderr:
            return done.stderr.strip()
        found = [tuple(map(int, line.split())) for line in done.stdout.splitlines()[3:]]
        return None if found == self.folios else \
            "the kernel keeps the file in other folios: %s" % found


def tool_command(options, program, args):
    return [in_place(), "valgrind", "--tool=vmtrace", *options, program, *args]


def run_tool(options, program, args=(), environment=None, **keywords):
    """Runs a program under the tool: a CompletedProcess with text output."""
    keywords.setdefault("stdin", subprocess.DEVNULL)
    keywords.setdefault("stdout", subprocess.PIPE)
    keywords.setdefault("stderr", subprocess.PIPE)
    keywords.setdefault("timeout", TIMEOUT_SECONDS)
    return subprocess.run(tool_command(options, program, args),
                          env=dict(ENVIRONMENT, **(environment or {})),
                          universal_newlines=True, errors="surrogateescape", **keywords)


def named_profiles(folder):
    """process -> Profile of all profiles in a folder: main, exec, child, child-exec,
    child2, ... in the order of their numbers."""
    found = [Profile(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]
    pids = sorted({p.header["pid"] for p in found})
    roots = [pid for pid in pids
             if all(p.header.get("ppid") not in pids for p in found if p.header["pid"] == pid)]
    names, children = {}, 0
    for pid in pids:
        if pid in roots:
            names[pid] = "main"
        else:
            children += 1
            names[pid] = "child" if children == 1 else "child%d" % children
    result = {}
    for p in found:
        image = p.header["image"]
        name = names[p.header["pid"]]
        if image > 0:
            name = ("exec" if name == "main" else name + "-exec") + \
                   ("" if image == 1 else str(image))
        result[name] = p
    return result


def run_native(program, args, prefix=(), environment=None, **keywords):
    """Runs a program without the tool, its addresses not randomised where that is
    allowed."""
    keywords.setdefault("stdin", subprocess.DEVNULL)
    keywords.setdefault("stdout", subprocess.PIPE)
    keywords.setdefault("stderr", subprocess.PIPE)
    keywords.setdefault("timeout", TIMEOUT_SECONDS)
    return subprocess.run([*fixed_addresses(), *prefix, program, *args],
                          env=dict(ENVIRONMENT, **(environment or {})),
                          universal_newlines=True, errors="surrogateescape", **keywords)


@functools.lru_cache(maxsize=None)
def fixed_addresses():
    """The prefix that turns address randomisation off, or nothing."""
    prefix = ("setarch", os.uname().machine, "-R")
    try:
        allowed = subprocess.run([*prefix, "true"], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        allowed = False
    return prefix if allowed else ()


def new_profile(folder):
    """The one profile in a folder that has nothing else, or a string."""
    names = os.listdir(folder)
    if len(names) != 1:
        return "expected one profile, there are: %s" % " ".join(names)
    try:
        return Profile(os.path.join(folder, names[0]))
    except BadProfile as e:
        return str(e)


def missing_need(needs):
    with open("/proc/cpuinfo") as f:
        flags = next((line.split(":")[1].split() for line in f if line.startswith("flags")), [])
    return next((n for n in needs if n not in flags), None)
