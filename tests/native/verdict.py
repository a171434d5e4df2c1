"""Whether the two sides agree: the tolerances, and what is beyond them."""

import os

from compare import COPIED_OR_REUSED, maxrss_uncertainty_bytes

LEAST_FAULTS = 3
SHARE, SHARE_WITH_AVX512 = 0.003, 0.01
MOST_ONE_SIDED = 5
RSS_SHARE = 0.01


def most_difference(row, share):
    return max(LEAST_FAULTS, share * row.kernel.most)


def _beyond(what, row, share):
    if abs(row.difference) <= most_difference(row, share):
        return []
    return [f"{what}: {span(row.kernel)} by the kernel, {row.ours} by vmtrace"]


def span(spread):
    if spread.least == spread.most:
        return f"{spread.least:,}"
    return f"{spread.least:,}..{spread.most:,}"


def _kinds(image, has_forks, share):
    """Which of two processes writes first to a page that they share, and copies it, is
    left to chance: the other finds itself alone.  The two are one kind here;
    tests/guests holds them apart where processes wait for each other."""
    found = []
    for kind, row in image.kinds.items():
        if not (has_forks and kind in COPIED_OR_REUSED):
            found += _beyond(f"{image.name}: {kind}", row, share)
    if has_forks:
        found += _beyond(f"{image.name}: {' or '.join(COPIED_OR_REUSED)}",
                         image.copied_or_reused, share)
    return found


def _pages(image, is_threaded):
    """Where threads are given their memory depends on their order; the pages of files
    that they need do not."""
    n = image.n_one_sided(of_files=is_threaded)
    if n <= MOST_ONE_SIDED:
        return []
    return [f"{image.name}: {n} pages{' of files' if is_threaded else ''} were found by "
            "one side only"]


def _resident_exactly(image):
    row = image.rss_peak
    if row is None or abs(row.difference) <= RSS_SHARE * row.kernel.most:
        return []
    return [f"{image.name}: RssPeak: {span(row.kernel)} bytes by the kernel, "
            f"{row.ours:,} by vmtrace"]


def _resident_by_usage(comparison):
    most = max(RSS_SHARE * comparison.maxrss.most,
               maxrss_uncertainty_bytes(os.cpu_count()))
    ours = comparison.our_rss_peak
    if comparison.maxrss.least - most <= ours <= comparison.maxrss.most + most:
        return []
    return [f"RssPeak: ru_maxrss is {span(comparison.maxrss)} bytes, vmtrace's {ours:,}; "
            f"ru_maxrss is good to {most:,.0f}"]


def objections(comparison, is_threaded, with_avx512):
    """What is beyond the tolerances: a list of lines."""
    share = SHARE_WITH_AVX512 if with_avx512 else SHARE
    found = []
    if comparison.extra_ours or comparison.missing_ours:
        found.append(f"{comparison.missing_ours} programs ran natively alone, "
                     f"{comparison.extra_ours} under vmtrace alone")
    found += _beyond("Flt", comparison.total, share)
    for image in comparison.images:
        found += _beyond(f"{image.name}: perf's events", image.events, share)
        found += _beyond(f"{image.name}: refused", image.refused, share)
        found += _kinds(image, comparison.has_forks, share)
        found += _pages(image, is_threaded)
        found += _resident_exactly(image)
    if comparison.rss_peak is None:
        found += _resident_by_usage(comparison)
    return found
