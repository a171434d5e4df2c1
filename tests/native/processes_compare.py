"""Sets what both sides say of each process side by side, figure by figure.

A figure of the kernel's is the span of what its runs had; ours is off by how far it is
outside of it.  A figure agrees when that is at most 2 % of the kernel's, or at most 3
faults or 3 pages, which in a small process is more.  ForkCow and Reuse apart may be 8 off:
when fork returns, parent and child both write to their stack and to the C library's data,
and nothing settles who is first.

What is shared depends on who else is there, and on what these have touched so far.  Where
processes take turns, and at moments of a program's choice, that is settled.  At the end of
a process it is if all others are those that wait for it, its parent, the parent's parent and
so on; not where it executes another program, as its parent may be on the way from fork still.
At other ends SHARES are not compared, which is said.
"""

from compare import COPIED_OR_REUSED, Row, spread_of
from place import Trouble
from processes_native import END

SHARE, LEAST_FAULTS, LEAST_KB, RACING_FAULTS = 0.02, 3, 12, 8
RESIDENT, SHARES = ("Rss", "Tables"), ("Private", "Shared", "Pss", "Pss_Anon", "Pss_File",
                                       "Pss_Shmem")


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
        self.not_shared = []            # moments whose shares are not compared

    @property
    def disagreeing(self):
        return [figure for figure in self.figures if not figure.agrees]


def _by_place(processes):
    """In both sides' order of processes: (number of the process, of the image) -> image."""
    return {(number, at): image for number, process in enumerate(processes, 1)
            for at, image in enumerate(process.images)}


def _n_of_kinds(image, kinds):
    return sum(fault.kind in kinds for fault in image.faults)


def _others(processes, borrowed):
    """place -> moment -> places of the others with memory of their own."""
    numbers = {process.number: number for number, process in enumerate(processes, 1)}
    return {place: {name: {(numbers[pid], at) for pid, at in moment.others} - borrowed
                    for name, moment in image.moments.items()}
            for place, image in _by_place(processes).items()}


def _ancestors(processes):
    """number -> numbers."""
    numbers = {process.number: number for number, process in enumerate(processes, 1)}
    found = {}
    for number, process in enumerate(processes, 1):
        parent = numbers.get(process.parent.number) if process.parent else None
        found[number] = found[parent] | {parent} if parent else set()
    return found


class TreeComparison:
    """runs: recorded by perf, natives: lists of processes by follow, watched: a Run,
    residents: (pid, image) -> Residents, alive: processes by follow of the run under the
    tool.  turns: the processes take turns, so that who copies and who reuses is the same
    each time.  orphans: not all are waited for."""

    def __init__(self, runs, natives, watched, residents, alive, turns, orphans):
        self.rows = []
        self.turns = turns
        sides = [_by_place(one) for one in
                 [watched.processes, alive, *natives, *(run.processes for run in runs)]]
        if len({len(side) for side in sides}) != 1:
            raise Trouble(f"not as many programs in all runs: {[len(side) for side in sides]}")
        ours, self._follows = sides[0], sides[2:2 + len(natives)]
        perfs = sides[2 + len(natives):]
        borrowed = {place for place, image in self._follows[0].items() if image.borrows}
        self._our_others = _others(alive, borrowed)
        self._others = [_others(processes, borrowed) for processes in natives]
        self._ancestors = _ancestors(natives[0])
        if not orphans:
            self.rows.append(self._all(runs, watched))
        for place in self._follows[0]:
            pid = watched.processes[place[0] - 1].number
            self.rows.append(self._compare(place, [side[place] for side in perfs],
                                           ours[place], residents[pid, place[1]]))

    @staticmethod
    def _all(runs, watched):
        """What wait4 tells of the first process and all that were waited for."""
        row = ProcessRow((0, 0), "(all)", False)
        row.figures.append(Figure(None, "ru_minflt", [run.usage["minflt"] + run.usage["majflt"]
                                                      for run in runs], watched.n_faults))
        return row

    def _compare(self, place, perfs, ours, residents):
        first = self._follows[0][place]
        row = ProcessRow(place, first.name, first.borrows)
        add = row.figures.append
        add(Figure(None, "Flt", [len(image.faults) for image in perfs], len(ours.faults)))
        for kinds in [COPIED_OR_REUSED] + [(kind,) for kind in COPIED_OR_REUSED if self.turns]:
            add(Figure(None, "+".join(kinds), [_n_of_kinds(image, kinds) for image in perfs],
                       _n_of_kinds(ours, kinds)))
        if not row.borrows:
            for moment in first.moments:
                self._moment(row, place, moment, residents)
        return row

    def _is_settled(self, side, others, place, name):
        """Whether the same others were alive, and what they have is certain."""
        found = others[place][name]
        if found != self._our_others[place].get(name):
            return False
        if self.turns or name != END:
            return True
        executes = (place[0], place[1] + 1) in side
        return not executes and {number for number, _ in found} <= self._ancestors[place[0]]

    def _moment(self, row, place, name, residents):
        kernel, settled, ours = [], [], residents.moments.get(name)
        for side, others in zip(self._follows, self._others):
            moment = side[place].moments.get(name)
            figures = kernel_kb(moment.kb) if moment is not None else None
            if figures is not None:
                kernel.append(figures)
                if self._is_settled(side, others, place, name):
                    settled.append(figures)
        if not kernel or ours is None:
            row.missing.append(name)
            return
        if not settled:
            row.not_shared.append(name)
        row.figures += [Figure(name, figure, [one[figure] for one in runs], ours[figure])
                        for figures, runs in ((RESIDENT, kernel), (SHARES, settled)) if runs
                        for figure in figures]

    @property
    def n_not_shared(self):
        return sum(len(row.not_shared) for row in self.rows)

    @property
    def disagreeing(self):
        return [row for row in self.rows if row.disagreeing or row.missing]
