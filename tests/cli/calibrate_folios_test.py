#!/usr/bin/env -S python3 -B
"""vmtrace calibrate --folios: against the page cache as it is read here, and what is
refused.  What takes root is skipped without it."""

import contextlib
import ctypes
import os
import struct
import sys
import time

from verb_test import VMTRACE, check, complains, finish, holds, path, vmtrace

PAGE = os.sysconf("SC_PAGE_SIZE")
LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int,
                      ctypes.c_int, ctypes.c_long]
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
LIBC.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
LIBC.mincore.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p]
MADV_RANDOM = 1
HEAD, TAIL = 1 << 15, 1 << 16
RECENCY = 1 << 2 | 1 << 6               # KPF_REFERENCED, KPF_ACTIVE


@contextlib.contextmanager
def mapped(name):
    """(address, number of pages) of the file, mapped for reading."""
    bytes_ = os.stat(name).st_size
    fd = os.open(name, os.O_RDONLY)
    at = LIBC.mmap(None, bytes_, 1, 1, fd, 0)
    LIBC.madvise(at, bytes_, MADV_RANDOM)
    yield at, -(-bytes_ // PAGE)
    LIBC.munmap(at, bytes_)
    os.close(fd)


def resident(name):
    with mapped(name) as (at, n):
        flags = ctypes.create_string_buffer(n)
        LIBC.mincore(at, n * PAGE, flags)
        return [byte & 1 for byte in flags.raw]


def frame_flags(name):
    """The flags of each page's frame, None where it is not in the page cache."""
    here = resident(name)
    with mapped(name) as (at, n), open("/proc/self/pagemap", "rb", 0) as pagemap, \
            open("/proc/kpageflags", "rb", 0) as kpageflags:
        result = [None] * n
        for page in filter(here.__getitem__, range(n)):
            ctypes.c_char.from_address(at + page * PAGE).value
            entry, = struct.unpack("Q", os.pread(pagemap.fileno(), 8,
                                                 (at // PAGE + page) * 8))
            if entry >> 63:
                frame = entry & ((1 << 55) - 1)
                result[page], = struct.unpack("Q", os.pread(kpageflags.fileno(), 8, frame * 8))
        return result


def folios(flags):
    """(first page, pages) of each large folio, by heads and the tails after them."""
    found, page = [], 0
    while page < len(flags):
        end = page + 1
        if flags[page] is not None and flags[page] & HEAD:
            while end < len(flags) and flags[end] is not None and flags[end] & TAIL:
                end += 1
            found.append((page, end - page))
        page = end
    return found


def write(name, sizes):
    """A file written so many pages at a time."""
    with open(name, "wb", 0) as file:
        for size in sizes:
            file.write(b"x" * int(size * PAGE))


def expected(name, found):
    st = os.stat(name)
    line = "file %d:%d %d %d %d.%09d %s" % (
        os.major(st.st_dev), os.minor(st.st_dev), st.st_ino, st.st_size,
        st.st_mtime_ns // 10**9, st.st_mtime_ns % 10**9, os.path.realpath(name))
    return [line] + ["%d %d" % folio for folio in found]


def calibrate(*arguments):
    status, out, err = vmtrace("calibrate", *arguments)
    check(f"status of {arguments}", (0, b""), (status, out))
    return err.decode()


def read(name):
    with open(name) as file:
        return file.read().splitlines()


def check_maps():
    one, other, empty = path("one"), path("other one"), path("empty")
    write(one, [16, 4, 1, 1, 2, 8, 32, 64, 256, 512, 7, 0.5])
    write(other, [1] * 20)
    write(empty, [])
    before = {name: frame_flags(name) for name in (one, other)}
    calibrate("--folios=" + path("map"), one, other, empty, one)
    lines = read(path("map"))
    check("the first line", "vmtrace-folios 1", lines[0])
    wanted = [line for name in (one, other, empty)
              for line in expected(name, folios(before[name]) if name in before else [])]
    check("the map", wanted, [line for line in lines[1:] if not line.startswith("#")])
    calibrate("--folios=" + path("again"), one, other, empty)
    check("twice the same", lines, read(path("again")))
    if not folios(before[one]):
        print("this file system has no large folios: few checked")


def check_undisturbed():
    """A file of which half is in the page cache, none of it used yet."""
    name = path("half")
    write(name, [64] * 8)
    fd = os.open(name, os.O_RDONLY)
    os.fsync(fd)
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    os.posix_fadvise(fd, 0, 256 * PAGE, os.POSIX_FADV_WILLNEED)
    os.close(fd)
    for _ in range(100):                # it is being read
        time.sleep(0.02)
        if sum(resident(name)) >= 256:
            break
    here, flags, times = resident(name), frame_flags(name), os.stat(name)
    for _ in range(3):
        calibrate("--folios=" + path("map"), name)
    holds("what is in the page cache", here == resident(name))
    after = frame_flags(name)
    check("its folios", folios(flags), folios(after))
    holds("its recency", [f and f & RECENCY for f in flags] ==
          [f and f & RECENCY for f in after])
    check("time of access", times.st_atime_ns, os.stat(name).st_atime_ns)


def check_both_files():
    name = path("one")
    calibrate("--folios=" + path("map"), "-o", path("machine"), name)
    holds("a machine file too", "fault_around = " in "\n".join(read(path("machine"))))


def check_errors():
    where = "--folios=" + path("none")
    complains("files without --folios", "go together", "calibrate", path("one"))
    complains("--folios without files", "go together", "calibrate", where)
    complains("no such file", "cannot read /no/such: No such file", "calibrate", where,
              "/no/such")
    complains("a folder", "is not a regular file", "calibrate", where, "/")
    complains("a device", "is not a regular file", "calibrate", where, "/dev/null")
    odd = path("line\nbreak")
    write(odd, [1])
    complains("a name of two lines", "cannot name", "calibrate", where, odd)
    complains("no such folder", "cannot write /no/such/map", "calibrate",
              "--folios=/no/such/map", path("one"))
    check("no map is left behind", False, os.path.exists(path("none")))


def check_not_root():
    def become_nobody():
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)
    options = {} if os.geteuid() else {"preexec_fn": become_nobody}
    os.chmod(os.path.dirname(path("x")), 0o755)
    if not os.geteuid() and not all(os.stat(folder).st_mode & 1 for folder in
                                    parents(VMTRACE)):
        print("nobody cannot run this build: not tried as nobody")
        return
    status, out, err = vmtrace("calibrate", "--folios=" + path("none"), "/bin/sh", **options)
    check("not root: status and output", (2, b""), (status, out))
    check("not root: lines of complaint", 1, err.count(b"\n"))
    holds("not root: complaint", err.startswith(b"vmtrace: calibrate: --folios needs root"),
          err)


def parents(name):
    while name != "/":
        name = os.path.dirname(name)
        yield name


check_not_root()
if os.geteuid() == 0 and os.access("/proc/kpageflags", os.R_OK):
    check_maps()
    check_undisturbed()
    check_both_files()
    check_errors()
else:
    print("not root: nothing else checked")
sys.stdout.flush()
finish()
