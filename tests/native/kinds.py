"""Which kind a native fault is of: from the processor's error code, the area and what
was there before.  arch/x86/include/asm/trap_pf.h has the bits, mm/memory.c (Linux 6.1
to 6.18) what is done."""

import functools
import os

from areas import CACHE_PAGE, ZERO_PAGE

PRESENT, WRITE, USER, FETCH = 1, 2, 4, 16

SHARED_MEMORY = ("[shared anonymous]", "[System V shared]")


@functools.lru_cache(maxsize=None)
def _mounts():
    """Devices of file systems that live in memory."""
    found = set()
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                left, _, right = line.partition(" - ")
                if right.split()[0] in ("tmpfs", "ramfs", "devtmpfs"):
                    found.add(tuple(map(int, left.split()[2].split(":"))))
    except OSError:
        pass
    return found


def is_shared_memory(area):
    """Whether a file's pages are those of tmpfs, of a memfd or of no name."""
    if area.name in SHARED_MEMORY or area.name.startswith("/memfd:"):
        return True
    if not area.name.startswith("/"):
        return False
    return tuple(int(part, 16) for part in area.device.split(":")) in _mounts()


def access_of(error):
    if error is None:
        return "?"
    return "w" if error & WRITE else "x" if error & FETCH else "r"


def refused_kind(area, address):
    if area is None:
        return "Segv"
    if area.name.startswith("/") and os.path.exists(area.name):
        offset = area.offset + address - area.start
        if offset >= os.path.getsize(area.name):
            return "Bus"
    return "Prot"


def _first_touch(area, error):
    write = error & WRITE
    if area is None or not (area.name.startswith("/") or area.name in
                            SHARED_MEMORY + ("[vdso]", "[vvar]")):
        return "ZeroWr" if write else "ZeroRd"
    if write and not area.shared:
        return "FileCow"
    if is_shared_memory(area):
        return "ShmWr" if write else "ShmRd"
    return "FileWr" if write else "FileRd"


def _write_protected(space, area, address, copied):
    state = space.state(address)
    if area is not None and area.shared:
        return "Reuse" if is_shared_memory(area) else "FileWr"
    if state == ZERO_PAGE:
        return "ZeroCow"
    if state is not None and state >= 0:
        if copied is None:
            copied = space.is_shared_frame(state)
        return "ForkCow" if copied else "Reuse"
    if area is not None and area.name.startswith("/"):
        return "FileCow"
    # Populated without an event: a page that is write-protected, and not because of a
    # fork, is the zero page.
    return "Reuse" if space.has_forked else "ZeroCow"


_PRIVATE = ("ZeroWr", "ZeroCow", "FileCow", "ForkCow", "SwapIn")


def kind_of(space, area, address, error, major, copied=None):
    """The kind of a fault that was resolved; the space takes note.  copied: whether the
    kernel took a new frame for it; None: not known, and then who has the old one decides."""
    if error is None:
        kind = _first_touch(area, 0)
    elif error & PRESENT:
        kind = _write_protected(space, area, address, copied)
    else:
        kind = _first_touch(area, error)
    writes_privately = kind in _PRIVATE
    if kind == "ZeroRd":
        space.set_state(address, ZERO_PAGE)
    elif writes_privately:
        space.set_private(address)
    elif kind != "Reuse":
        space.set_state(address, CACHE_PAGE)
    if major:
        return "SwapIn" if kind.startswith("Zero") else "FileMaj"
    return kind
