"""Holds a run under the tool against native runs of the same program.

The native runs' own spread is kept beside what is compared: a page counts as the
kernel's alone if it faulted more often in each native run than in ours, as ours alone
if it faulted more often in ours than in any of them.
"""

import collections

from faults import CLASSES, PAGE_BYTES
from place import Trouble

Spread = collections.namedtuple("Spread", "least most")


def spread_of(numbers):
    return Spread(min(numbers), max(numbers))


# A write to a page that a fork left write-protected.
COPIED_OR_REUSED = ("ForkCow", "Reuse")


class Row:
    """One number on both sides."""

    def __init__(self, kernel, ours):
        self.kernel, self.ours = kernel, ours       # Spread, number

    @property
    def difference(self):
        """How far ours is outside what the kernel's runs had; 0: it is within."""
        if self.ours > self.kernel.most:
            return self.ours - self.kernel.most
        return min(0, self.ours - self.kernel.least)


class ImageComparison:
    """One image: a program in one process."""

    def __init__(self, name, natives, watched, kind_of):
        self.name = name
        self.natives, self.watched = natives, watched
        self.kind_of = kind_of
        # What perf has events for; refused faults are compared by themselves.
        self.events = self._row(lambda image: len(image.faults))
        self.refused = self._row(lambda image: len(image.refused))
        self.kinds = self._rows(kind_of)
        self.copied_or_reused = self._row(
            lambda image: sum(fault.kind in COPIED_OR_REUSED for fault in image.faults))
        self.areas = self._rows(lambda fault: fault.area)
        self.rss_peak = self._rss_peak()
        self._compare_pages()

    def _row(self, number_of):
        return Row(spread_of([number_of(image) for image in self.natives]),
                   number_of(self.watched))

    def _rows(self, group_of):
        kernel = [collections.Counter(map(group_of, image.faults))
                  for image in self.natives]
        ours = collections.Counter(map(group_of, self.watched.faults))
        return {group: Row(spread_of([counter[group] for counter in kernel]), ours[group])
                for group in sorted(set(ours).union(*kernel))}

    def _rss_peak(self):
        """None where the kernel's is not known exactly."""
        peaks = [image.rss_peak_bytes for image in self.natives]
        return None if None in peaks else Row(spread_of(peaks),
                                              self.watched.rss_peak_bytes)

    # ---- page by page ----

    def _by_key(self, image):
        found = collections.defaultdict(list)
        for fault in image.faults:
            found[fault.key, self.kind_of(fault)].append(fault)
        return found

    def _compare_pages(self):
        kernel = [self._by_key(image) for image in self.natives]
        ours = self._by_key(self.watched)
        counts = [collections.Counter({key: len(found) for key, found in one.items()})
                  for one in (ours, *kernel)]
        self.n_both = 0
        self.kernel_alone, self.ours_alone = [], []
        for key in set().union(*counts):
            n_ours, *n_kernel = [counter[key] for counter in counts]
            self.n_both += min(n_ours, max(n_kernel))
            if n_ours < min(n_kernel):
                self.kernel_alone += kernel[0][key][n_ours:min(n_kernel)]
            elif n_ours > max(n_kernel):
                self.ours_alone += ours[key][max(n_kernel):]
        self._pair_other_kinds()
        for faults in (self.kernel_alone, self.ours_alone):
            faults.sort(key=lambda fault: (fault.area, fault.address))
        self.distance = min(self._distance(counts[0], one) for one in counts[1:])
        self.kernel_distance = max(self._distance(one, other) for one in counts[1:]
                                   for other in counts[1:])

    def _pair_other_kinds(self):
        """Takes out what both have of a page, as different kinds: pairs."""
        ours = collections.defaultdict(list)
        for fault in self.ours_alone:
            ours[fault.key].append(fault)
        left, self.other_kinds = [], []
        for fault in self.kernel_alone:
            if ours[fault.key]:
                self.other_kinds.append((fault, ours[fault.key].pop(0)))
            else:
                left.append(fault)
        self.kernel_alone = left
        self.ours_alone = [fault for faults in ours.values() for fault in faults]

    @staticmethod
    def _distance(one, other):
        """Faults that are in one of two runs only."""
        return ((one - other) + (other - one)).total()

    def n_one_sided(self, of_files=False):
        """Pages; what is of another kind is seen in the kinds."""
        return len({fault.key for fault in self.kernel_alone + self.ours_alone
                    if fault.page is not None or not of_files})


class Comparison:
    """A whole run: a tree of processes.  usages: of native runs without a recording."""

    def __init__(self, natives, watched, usages=()):
        self.natives, self.watched = natives, watched
        self.has_access = all(run.has_access for run in natives)
        self.images = []
        self.extra_ours = self.missing_ours = 0     # images on one side alone
        self._match_images()
        self.events = self._sum("events")
        self.refused = self._sum("refused")
        # All that ru_minflt and ru_majflt have, of processes that were waited for.
        usages = [run.usage for run in natives] + list(usages)
        self.total = Row(spread_of([usage["minflt"] + usage["majflt"] for usage in usages]),
                         watched.n_faults)
        self.maxrss = spread_of([usage["maxrss_bytes"] for usage in usages])

    @property
    def has_forks(self):
        return any(len(run.processes) > 1 for run in (self.watched, *self.natives))

    def _kind_of(self, fault):
        return fault.kind if self.has_access else CLASSES[fault.kind]

    def _match_images(self):
        lists = [[(f"{number}.{at}" if at else str(number), image)
                  for number, process in enumerate(run.processes, 1)
                  for at, image in enumerate(process.images)]
                 for run in (self.watched, *self.natives)]
        ours, *kernel = [dict(pairs) for pairs in lists]
        places = [place for place, _ in lists[0]
                  if all(place in images for images in kernel)]
        self.extra_ours = len(ours) - len(places)
        self.missing_ours = max(len(images) for images in kernel) - len(places)
        if not places:
            raise Trouble("the two sides have no process in common")
        for place in places:
            self.images.append(ImageComparison(
                f"{place} {kernel[0][place].name}", [images[place] for images in kernel],
                ours[place], self._kind_of))

    def _sum(self, member):
        rows = [getattr(image, member) for image in self.images]
        return Row(Spread(sum(row.kernel.least for row in rows),
                          sum(row.kernel.most for row in rows)),
                   sum(row.ours for row in rows))

    def total_of(self, member):
        """Of a number that each image has, or the length of a list."""
        values = [getattr(image, member) for image in self.images]
        return sum(len(value) if isinstance(value, list) else value for value in values)

    @property
    def rss_peak(self):
        """Of the image that has the most, as ru_maxrss; None if it is not known."""
        rows = [image.rss_peak for image in self.images]
        known = [row for row in rows if row is not None]
        if not known:
            return None
        return max(known, key=lambda row: row.kernel.most)

    @property
    def our_rss_peak(self):
        return max(image.watched.rss_peak_bytes for image in self.images)


# mm/percpu counters: each processor keeps up to batch - 1 pages to itself, of each of
# the counters (file, anonymous, shared memory), before it adds them to the sum that
# ru_maxrss is read from.  lib/percpu_counter.c, compute_batch_value(): the batch is
# max(32, twice the processors).
def maxrss_uncertainty_bytes(n_processors, n_counters=3):
    batch = max(32, 2 * n_processors)
    return (batch - 1) * n_processors * n_counters * PAGE_BYTES
