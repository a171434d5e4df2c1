"""Goes through perf's events in time's order and makes a Run of them.

A fault is, for its thread: the tracepoint with the error code (if tracepoints could be
recorded), then page-faults, then minor-faults or major-faults; without the last it was
refused, with a signal or a failed system call.  mm/memory.c, mm_account_fault() and
arch/x86/mm/fault.c, do_user_addr_fault().  A tracepoint without page-faults is one of
the kernel's that may not fault: a profiler that reads the user's stack, even while a
fault is resolved.
"""

import collections

import areas
import kinds
from faults import REFUSED, Fault, Image, Process, Run, in_tree_order
from perf_text import Exec, Exit, Fork, Lost, Mapping, Sample, Trace, fields

KERNEL = 1 << 63
SYSCALL_BYTES = 2                       # 0f 05
SHARES_MEMORY = 0x100                   # CLONE_VM
ADVICE_THAT_DROPS = (4, 9, 24)          # MADV_DONTNEED, _REMOVE, _DONTNEED_LOCKED
MREMAP_DONTUNMAP = 4
MOVABLE = "1"                           # MIGRATE_MOVABLE
ERRORS = (1 << 64) - 4096
RESIDENT = ("MM_FILEPAGES", "MM_ANONPAGES", "MM_SHMEMPAGES")


class Trouble(Exception):
    """The recording is of no use; the text says why."""


class _Memory:
    """What kmem:rss_stat tells of one address space."""

    def __init__(self):
        self.bytes = dict.fromkeys(RESIDENT, 0)
        self.peak = 0

    def set(self, member, n_bytes, is_lent=False):
        """By how much it grew."""
        grown = n_bytes - self.bytes[member]
        self.bytes[member] = n_bytes
        if not is_lent:
            self.peak = max(self.peak, sum(self.bytes.values()))
        return grown


class _Pending:
    """A fault that has not ended yet."""

    __slots__ = ("sample", "error", "inside", "n_mapped", "copied")

    def __init__(self, sample, error, inside, copied):
        self.sample, self.error, self.inside = sample, error, inside
        self.n_mapped = 0
        self.copied = copied            # a frame was taken; None: that is not recorded


class _Task:
    """A process while its events are read."""

    def __init__(self, process):
        self.process = process
        self.space = None
        self.threads = {process.number}
        self.memory = None              # _Memory of the image that runs
        self.moves = {}                 # thread -> arguments of its mremap
        self.brk = None                 # where it last asked the heap to end
        self.executes = False           # in execve

    @property
    def image(self):
        """None before the execve of the program that is looked at."""
        return self.process.images[-1] if self.process.images else None


class Reader:
    """The first process is the one that starts the program, its first child becomes the
    program: what these two do before that execve is left out."""

    def __init__(self, has_tracepoints, has_allocations=False):
        self.has_tracepoints = has_tracepoints
        self.has_allocations = has_allocations
        self.frames = areas.Frames()
        self.tasks = {}                 # process number -> _Task
        self.starter = None
        self.processes = []
        self.announced = {}             # thread number -> address -> error, kernel's place
        self.pending = {}               # thread number -> _Pending
        self.memories = {}              # mm_id -> _Memory
        self.n_lost = 0
        self.by_starter = collections.Counter()     # event -> number, left out

    # ---- processes ----

    def _fork(self, event):
        parent = self.tasks.get(event.parent)
        if parent is None:
            return
        if event.pid == event.parent:
            parent.threads.add(event.tid)
            return
        by_starter = parent is self.starter
        task = _Task(Process(event.pid, None if by_starter else parent.process))
        self.tasks[event.pid] = task
        self.processes.append(task.process)
        if not self.has_tracepoints:
            task.space = parent.space.fork()
        if not by_starter:
            self._begin_image(task, parent.image.name, parent.image.mappings)

    def _new_task(self, event):
        """Comes after the record of the fork, and says whether memory is shared."""
        told = fields(event.text)
        parent, task = self.tasks.get(event.pid), self.tasks.get(int(told["pid"]))
        if parent is None or task is None or task.space is not None:
            return
        if int(told["clone_flags"], 16) & SHARES_MEMORY:
            task.space = parent.space
            task.space.n_users += 1
        else:
            task.space = parent.space.fork()

    @staticmethod
    def _begin_image(task, name, mappings=()):
        image = Image(name)
        image.mappings = list(mappings)
        task.process.images.append(image)
        task.memory = None

    def _exec(self, event):
        task = self.tasks.get(event.pid)
        if task is None:
            if self.starter is not None:
                return
            task = self.tasks[event.pid] = self.starter = _Task(Process(event.pid, None))
        if task.space is not None:
            self._release(task)
        task.space = areas.AddressSpace(self.frames)
        task.executes = False
        if task is not self.starter:
            self._begin_image(task, event.name)

    def _release(self, task):
        task.space.release()
        if task.space.n_users == 0:
            self.memories = {number: memory for number, memory in self.memories.items()
                             if memory is not task.memory}

    def _exit(self, event):
        self._end_fault(event.tid, None)
        task = self.tasks.get(event.pid)
        if task is None:
            return
        task.threads.discard(event.tid)
        if not task.threads and task.space is not None:
            self._release(task)
            del self.tasks[event.pid]

    # ---- mappings ----

    def _mapping(self, event):
        task = self.tasks.get(event.pid)
        if task is None or task.space is None:
            return
        area = areas.area_of(event)
        # vma_is_initial_heap() is not true yet when the heap begins.
        if event.name == "//anon" and event.end == task.brk:
            area = area._replace(name="[heap]")
        task.space.map(area)
        if task.image is not None:
            task.image.mappings.append((event.time, area))

    def _set_brk(self, task, event, told):
        task.brk = areas.page_ceil(int(told["brk"], 16))

    def _begin_exec(self, task, event, told):
        """The pages of the next program's arguments are lent to the memory of this one
        while they are made (fs/exec.c, acct_arg_size)."""
        task.executes = True

    def _unmap(self, task, event, told):
        start = int(told["addr"], 16)
        task.space.unmap(start, areas.page_ceil(start + int(told["len"], 16)))

    def _advise(self, task, event, told):
        start = int(told["start"], 16)
        if int(told["behavior"], 16) in ADVICE_THAT_DROPS:
            task.space.forget(start,
                              areas.page_ceil(start + int(told["len_in"], 16)))

    def _begin_move(self, task, event, told):
        task.moves[event.tid] = [int(told[name], 16) for name in
                                 ("addr", "old_len", "new_len", "flags")]

    def _end_move(self, task, event, told):
        start, old_bytes, new_bytes, flags = task.moves.pop(event.tid, (0, 0, 0, 0))
        to = int(event.text, 16)
        if to >= ERRORS or old_bytes == 0:
            return
        task.space.move(start, areas.page_ceil(start + old_bytes), to,
                        areas.page_ceil(new_bytes), bool(flags & MREMAP_DONTUNMAP))
        self._note_moved(task, event, to)

    @staticmethod
    def _note_moved(task, event, to):
        area = task.space.find(to)
        if area is not None and task.image is not None:
            task.image.mappings.append((event.time, area))

    # ---- faults ----

    def _announce(self, event, told):
        """The tracepoint.  An address of the kernel's own is printed as a symbol."""
        if told["address"].startswith("0x"):
            self.announced.setdefault(event.tid, {})[int(told["address"], 16)] = \
                (int(told["error_code"], 16), told["ip"])

    def _sample(self, event):
        task = self.tasks.get(event.pid)
        if task is not None and task.image is None:
            self.by_starter[event.event] += 1
        if task is not None and event.ip < KERNEL:
            task.executes = False       # it failed
        if event.event == "page-faults":
            self._end_fault(event.tid, None)
            announced = self.announced.pop(event.tid, {})
            self.pending[event.tid] = _Pending(
                event, *announced.get(event.address, (None, "kernel")),
                False if self.has_allocations else None)
        elif event.tid in self.pending and \
                self.pending[event.tid].sample.address == event.address:
            self._end_fault(event.tid, event)

    def _end_fault(self, thread, end):
        pending = self.pending.pop(thread, None)
        if pending is None:
            return
        address = pending.sample.address
        task = self.tasks.get(pending.sample.pid)
        if task is None or task.space is None:
            return
        area = task.space.find_or_grow(address)
        if end is None:
            kind = kinds.refused_kind(area, address)
        else:
            kind = kinds.kind_of(task.space, area, address, pending.error,
                                 end.event == "major-faults", pending.copied)
        if task.image is not None:
            self._add(task.image, self._fault(pending, area, kind))

    @staticmethod
    def _fault(pending, area, kind):
        ip = pending.sample.ip
        by = "user"
        if ip >= KERNEL:
            by = pending.inside
            ip = (pending.sample.user_ip or SYSCALL_BYTES) - SYSCALL_BYTES
        address = pending.sample.address
        fault = Fault(kind, address, ip, by, kinds.access_of(pending.error),
                      area.name if area else "", areas.page_in_file(area, address))
        fault.n_mapped = pending.n_mapped
        fault.time = pending.sample.time
        return fault

    @staticmethod
    def _add(image, fault):
        (image.refused if fault.kind in REFUSED else image.faults).append(fault)

    def _allocate(self, event, told):
        """A page; what interrupts take meanwhile cannot be moved."""
        if event.tid in self.pending and told["migratetype"] == MOVABLE:
            self.pending[event.tid].copied = True

    # ---- resident memory ----

    def _resident(self, event, told):
        task, member = self.tasks.get(event.pid), told["type"]
        if task is None or member not in RESIDENT:
            return
        number = told["mm_id"]
        memory = self.memories.get(number)
        if memory is None:
            memory = self.memories[number] = _Memory()
        grown = memory.set(member, int(told["size"].rstrip("B")), task.executes)
        if told["curr"] != "1":
            return
        if task.memory is None and task.image is not None and \
                not any(other.memory is memory for other in self.tasks.values()):
            task.memory = memory
        pending = self.pending.get(event.tid)
        if pending is not None and member == "MM_FILEPAGES":
            pending.n_mapped += grown >> areas.PAGE_SHIFT
        self._note_peaks(task)

    @staticmethod
    def _note_peaks(task):
        if task.memory is not None:
            task.image.rss_peak_bytes = task.memory.peak

    # ---- all ----

    _OF_TASKS = {"syscalls:sys_enter_brk": _set_brk,
                 "syscalls:sys_enter_execve": _begin_exec,
                 "syscalls:sys_enter_munmap": _unmap,
                 "syscalls:sys_enter_madvise": _advise,
                 "syscalls:sys_enter_mremap": _begin_move,
                 "syscalls:sys_exit_mremap": _end_move}

    def _trace(self, event):
        if event.event.startswith("exceptions:page_fault_"):
            self._announce(event, fields(event.text))
        elif event.event == "kmem:rss_stat":
            self._resident(event, fields(event.text))
        elif event.event == "kmem:mm_page_alloc":
            self._allocate(event, fields(event.text))
        elif event.event == "task:task_newtask":
            self._new_task(event)
        else:
            task = self.tasks.get(event.pid)
            if task is not None and task.space is not None:
                self._OF_TASKS[event.event](self, task, event, fields(event.text))

    def _lose(self, event):
        self.n_lost += event.n

    _BY_TYPE = {Sample: _sample, Trace: _trace, Mapping: _mapping, Fork: _fork,
                Exec: _exec, Exit: _exit, Lost: _lose}

    def read(self, events):
        for event in events:
            self._BY_TYPE[type(event)](self, event)
        for thread in list(self.pending):
            self._end_fault(thread, None)
        if self.n_lost:
            raise Trouble(f"perf lost {self.n_lost} events")
        if not self.processes or not self.processes[0].images:
            raise Trouble("perf recorded no program")
        run = Run(in_tree_order(self.processes))
        run.has_access = self.has_tracepoints
        run.left_out = dict(self.by_starter)
        return run
