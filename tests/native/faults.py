"""What both sides' recordings are turned into, so that they can be compared.

A run is a list of processes in the order in which they were made; a process has
images, one for each program that it executes; an image has faults in the order in
which they happened.
"""

PAGE_SHIFT = 12
PAGE_BYTES = 1 << PAGE_SHIFT

KINDS = ("ZeroRd", "ZeroWr", "ZeroCow", "FileRd", "FileCow", "FileWr", "ShmRd", "ShmWr",
         "ForkCow", "Reuse", "FileMaj", "SwapIn", "SwapHit", "HugeZero")
REFUSED = ("Prot", "Segv", "Bus")

# Where the kernel does not tell reads from writes (no tracepoints), kinds are compared
# by what backs the page.
CLASSES = {"ZeroRd": "anon", "ZeroWr": "anon", "ZeroCow": "anon", "ForkCow": "anon",
           "Reuse": "anon", "HugeZero": "anon", "FileRd": "file", "FileCow": "file",
           "FileWr": "file", "ShmRd": "shmem", "ShmWr": "shmem", "FileMaj": "FileMaj",
           "SwapIn": "SwapIn", "SwapHit": "anon"}

# What the kernel's names of mappings without a file are called in our reports.
_NAMES = {"//anon": "[anon]", "/dev/zero (deleted)": "[shared anonymous]",
          "/anon_hugepage (deleted)": "[anon]", "[vvar_vclock]": "[vvar]"}
_DELETED = " (deleted)"

# A file's pages are told apart by their number in the file, all others by address:
# bss, heap and anonymous mappings merge, and then have one name or the other.
NO_FILE = "[memory]"


def area_name(kernel_name):
    if kernel_name.startswith("/SYSV"):
        return "[System V shared]"
    if kernel_name.startswith("[stack"):
        return "[stack]"
    name = _NAMES.get(kernel_name, kernel_name)
    return name[:-len(_DELETED)] if name.endswith(_DELETED) else name


def has_file(name):
    return name.startswith("/")


class Fault:
    __slots__ = ("kind", "address", "ip", "by", "access", "area", "page", "n_mapped",
                 "time")

    def __init__(self, kind, address, ip, by, access, area, page):
        self.kind = kind
        self.address = address & -PAGE_BYTES
        self.ip = ip
        self.by = by                # user, or what of the kernel's
        self.access = access        # r, w, x; ? where it is not known
        self.area = area            # its name
        self.page = page            # in its file; None without one
        self.n_mapped = None        # by how many pages of files it made more resident
        self.time = None            # in seconds of perf's clock

    @property
    def key(self):
        """Of the page: the same on both sides."""
        if self.page is not None:
            return self.area, self.page
        return NO_FILE, self.address >> PAGE_SHIFT


class Image:
    """One program in one process, from execve (or fork) to execve (or exit)."""

    def __init__(self, name):
        self.name = name
        self.faults = []            # that perf has an event for, or would have
        self.refused = []           # that ended in a signal, or failed a system call
        self.unseen = {}            # cause -> number of faults without an event of perf's
        self.rss_peak_bytes = None  # None: not known
        self.mappings = []          # (time, Area) of every one made, in time's order

    @property
    def n_faults(self):
        """In ru_minflt and ru_majflt."""
        return len(self.faults) + sum(self.unseen.values())


class Process:
    def __init__(self, number, parent):
        self.number = number        # the kernel's: pid
        self.parent = parent        # Process, or None
        self.images = []


class Run:
    def __init__(self, processes):
        self.processes = processes
        self.usage = None           # ru_* of the tree: a dictionary, native runs only
        self.has_access = True      # reads are told from writes
        self.left_out = {}          # event of perf's -> number, of what starts the program

    @property
    def n_faults(self):
        return sum(image.n_faults for process in self.processes
                   for image in process.images)


def in_tree_order(processes):
    """Parents before children, children in the order in which they were made; the
    same on both sides though siblings of different parents may race."""
    children = {}
    for process in processes:
        children.setdefault(process.parent, []).append(process)
    ordered, waiting = [], list(reversed(children.get(None, [])))
    while waiting:
        process = waiting.pop()
        ordered.append(process)
        waiting += reversed(children.get(process, []))
    return ordered
