"""The address space of a native process, as far as perf's events tell of it: what is
mapped where, and what was last done to each page.

munmap, mremap and madvise have no mapping event; they are known where the tracepoints
of system calls could be recorded (history.py).  A page that is write-protected and
that nothing is known of is one that fault-around mapped.
"""

import bisect
import collections
import math
import resource

from faults import PAGE_BYTES, PAGE_SHIFT, area_name, has_file

Area = collections.namedtuple("Area", "start end offset device rights shared name")

# States of a page; a number from 0 up is that of a private frame.
ZERO_PAGE, CACHE_PAGE = -1, -2


def page_ceil(address):
    return (address + PAGE_BYTES - 1) & -PAGE_BYTES


def _stack_limit_bytes():
    limit = resource.getrlimit(resource.RLIMIT_STACK)[0]
    return math.inf if limit == resource.RLIM_INFINITY else limit


def area_of(mapping):
    return Area(mapping.start, mapping.end, mapping.offset, mapping.device,
                mapping.rights, mapping.shared, area_name(mapping.name))


def page_in_file(area, address):
    """None for memory without a file."""
    if area is None or not has_file(area.name):
        return None
    return (area.offset + address - area.start) >> PAGE_SHIFT


class Frames:
    """How many address spaces hold each private frame."""

    def __init__(self):
        self.n_owners = []

    def new(self):
        self.n_owners.append(1)
        return len(self.n_owners) - 1


class AddressSpace:
    def __init__(self, frames):
        self.frames = frames
        self.n_users = 1            # processes: more than one after vfork
        self._areas = []            # that do not overlap, by address
        self._starts = []
        self._pages = {}            # page number -> state
        self.has_forked = False     # it or what it came from

    # ---- areas ----

    def find(self, address):
        at = bisect.bisect_right(self._starts, address) - 1
        if at >= 0 and address < self._areas[at].end:
            return self._areas[at]
        return None

    def find_or_grow(self, address):
        """The stack's area above an address that is in none, too: the fault comes
        before the event that tells of its growth."""
        area = self.find(address)
        if area is None:
            at = bisect.bisect_right(self._starts, address)
            if at < len(self._areas) and self._areas[at].name == "[stack]" and \
                    self._areas[at].end - address <= _stack_limit_bytes():
                return self._areas[at]
        return area

    def _cut(self, start, end):
        """Takes [start, end) out of the areas.  Where it was."""
        low = bisect.bisect_right(self._starts, start) - 1
        low = low if low >= 0 and self._areas[low].end > start else low + 1
        high = bisect.bisect_left(self._starts, end)
        kept = []
        if low < high:
            first, last = self._areas[low], self._areas[high - 1]
            if first.start < start:
                kept.append(first._replace(end=start))
            if last.end > end:
                kept.append(last._replace(start=end,
                                          offset=last.offset + end - last.start))
        self._areas[low:high] = kept
        self._starts[low:high] = [area.start for area in kept]
        return bisect.bisect_left(self._starts, start)

    def map(self, area):
        """A mapping event: a new mapping, or one that mprotect, brk or the growth of a
        stack has changed, whose pages stay."""
        old = self.find(area.start)
        same = old is not None and old.name == area.name and \
            (not has_file(area.name) or
             old.offset - old.start == area.offset - area.start)
        if not same and has_file(area.name):
            self.forget(area.start, area.end)
        at = self._cut(area.start, area.end)
        self._areas.insert(at, area)
        self._starts.insert(at, area.start)

    def unmap(self, start, end):
        self._cut(start, end)
        self.forget(start, end)

    def move(self, start, old_end, to, new_bytes, keep_area):
        """mremap."""
        area = self.find(start)
        states = {page: self._pages.pop(page) for page in self._within(start, old_end)}
        if not keep_area:
            self._cut(start, old_end)
        self.unmap(to, to + new_bytes)
        if area is not None:
            self.map(area._replace(start=to, end=to + new_bytes,
                                   offset=area.offset + start - area.start))
        for page, state in states.items():
            page += (to - start) >> PAGE_SHIFT
            if page << PAGE_SHIFT < to + new_bytes:
                self._pages[page] = state
            else:
                self._drop(state)

    # ---- pages ----

    def _within(self, start, end):
        low, high = start >> PAGE_SHIFT, (end - 1) >> PAGE_SHIFT
        if high - low < len(self._pages):
            return [page for page in range(low, high + 1) if page in self._pages]
        return [page for page in self._pages if low <= page <= high]

    def _drop(self, state):
        if state is not None and state >= 0:
            self.frames.n_owners[state] -= 1

    def forget(self, start, end):
        """Nothing is present in [start, end) any more."""
        for page in self._within(start, end):
            self._drop(self._pages.pop(page))

    def state(self, address):
        return self._pages.get(address >> PAGE_SHIFT)

    def set_state(self, address, state):
        self._drop(self._pages.get(address >> PAGE_SHIFT))
        self._pages[address >> PAGE_SHIFT] = state

    def set_private(self, address):
        self.set_state(address, self.frames.new())

    def is_shared_frame(self, state):
        return self.frames.n_owners[state] > 1

    # ---- processes ----

    def _own_arguments(self):
        """execve made the pages of arguments without an event; a page of the stack that
        is not there after all will fault as one that is not."""
        for area in self._areas:
            if area.name == "[stack]":
                for page in range(area.start >> PAGE_SHIFT, area.end >> PAGE_SHIFT):
                    self._pages.setdefault(page, self.frames.new())

    def fork(self):
        self._own_arguments()
        self.has_forked = True
        child = AddressSpace(self.frames)
        child.has_forked = True
        child._areas, child._starts = list(self._areas), list(self._starts)
        child._pages = dict(self._pages)
        for state in child._pages.values():
            if state >= 0:
                self.frames.n_owners[state] += 1
        return child

    def release(self):
        self.n_users -= 1
        if self.n_users == 0:
            for state in self._pages.values():
                self._drop(state)
            self._pages = {}
