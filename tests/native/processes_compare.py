"""Sets what both sides say of each process side by side, figure by figure.

A figure of the kernel's is the span of what its runs had; ours is off by how far it is
outside of it.  A figure agrees when that is at most 2 % of the kernel's, or at most 3
faults or 3 pages, which in a small process is more.  ForkCow and Reuse apart may be 8 off:
when fork returns, parent and child both write to their stack and to the C library's data,
and nothing settles who is first.
"""

from compare import COPIED_OR_REUSED, Row, spread_of
from place import Trouble
from processes_native import END

SHARE, LEAST_FAULTS, LEAST_KB, RACING_FAULTS = 0.02, 3, 12, 8
RESIDENT = ("Rss", "Private", "Shared", "Pss", "Pss_Anon", "Pss_File", "Pss_Shmem", "Tables")


def kernel_kb(kb):
    """Our figures of what smaps_rollup and status say; None where there was no memory
    any more."""
    if "Rss" not in kb:
        return None
    figures = {name: kb[name] for name in ("Rss", "Pss", "Pss_Anon", "Pss_File", "Pss_Shmem")}
    for name in ("Private", "Shared"):
        figures[name] = kb[name + "_Clean"] + kb[name + "_Dirty"]
    figures["Tables"] = kb["VmPTE"]
    return figures


class Figure:
    """One number of one process: moment is None for those of the whole run."""

    def __init__(self, moment, name, kernel, ours):
        self.moment, self.name = moment, name
        self.row = Row(spread_of(kernel), ours)
        self.is_count = moment is None

    @property
    def off(self):
        """As a share of the kernel's nearest."""
        difference = self.row.difference
        if difference == 0:
            return 0.0
        near = self.row.kernel.most if difference > 0 else self.row.kernel.least
        return difference / near if near else float("inf")

    @property
    def agrees(self):
        least = RACING_FAULTS if self.name in COPIED_OR_REUSED else \
            LEAST_FAULTS if self.is_count else LEAST_KB
        return abs(self.row.difference) <= least or abs(self.off) <= SHARE


class ProcessRow:
    """One program in one process: place is (process, image), (0, 0) for all."""

    def __init__(self, place, name, borrows):
        self.place, self.name, self.borrows = place, name, borrows
        self.figures = []
        self.missing = []               # moments that one side lacks

    @property
    def disagreeing(self):
        return [figure for figure in self.figures if not figure.agrees]


def _by_place(processes):
    """In both sides' order of processes: (number of the process, of the image) -> image."""
    return {(number, at): image for number, process in enumerate(processes, 1)
            for at, image in enumerate(process.images)}


def _n_of_kinds(image, kinds):
    return sum(fault.kind in kinds for fault in image.faults)


class TreeComparison:
    """runs: recorded by perf, natives: lists of processes by follow, watched: a Run,
    residents: (pid, image) -> Residents.  turns: the processes take turns, so that who
    copies and who reuses is the same each time.  orphans: not all are waited for."""

    def __init__(self, runs, natives, watched, residents, turns, orphans):
        self.rows = []
        self.turns = turns
        ours = _by_place(watched.processes)
        perfs = [_by_place(run.processes) for run in runs]
        follows = [_by_place(processes) for processes in natives]
        pids = {(number, at): (process.number, at)
                for number, process in enumerate(watched.processes, 1)
                for at in range(len(process.images))}
        counts = {len(side) for side in (ours, *perfs, *follows)}
        if len(counts) != 1:
            raise Trouble(f"not as many programs in all runs: {sorted(counts)}")
        if not orphans:
            self.rows.append(self._all(runs, watched))
        for place in follows[0]:
            self.rows.append(self._compare(
                place, [side[place] for side in perfs], [side[place] for side in follows],
                ours[place], residents[pids[place]]))

    @staticmethod
    def _all(runs, watched):
        """What wait4 tells of the first process and all that were waited for."""
        row = ProcessRow((0, 0), "(all)", False)
        row.figures.append(Figure(None, "ru_minflt", [run.usage["minflt"] + run.usage["majflt"]
                                                      for run in runs], watched.n_faults))
        return row

    def _compare(self, place, perfs, follows, ours, residents):
        row = ProcessRow(place, follows[0].name, follows[0].borrows)
        add = row.figures.append
        add(Figure(None, "Flt", [len(image.faults) for image in perfs], len(ours.faults)))
        for kinds in [COPIED_OR_REUSED] + [(kind,) for kind in COPIED_OR_REUSED if self.turns]:
            add(Figure(None, "+".join(kinds), [_n_of_kinds(image, kinds) for image in perfs],
                       _n_of_kinds(ours, kinds)))
        if not row.borrows:
            self._moments(row, follows, residents)
        return row

    @staticmethod
    def _moments(row, follows, residents):
        for moment in follows[0].moments:
            kernel = [kernel_kb(image.moments[moment]) for image in follows
                      if moment in image.moments]
            kernel = [figures for figures in kernel if figures is not None]
            ours = residents.moments.get(moment)
            if not kernel or ours is None:
                row.missing.append(moment)
                continue
            row.figures += [Figure(moment, name, [figures[name] for figures in kernel],
                                   ours[name]) for name in RESIDENT]

    @property
    def disagreeing(self):
        return [row for row in self.rows if row.disagreeing or row.missing]
