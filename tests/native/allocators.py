"""Allocators to preload, and which of them a program has without that."""

import collections
import os
import subprocess

# What the dynamic loader is asked to list is not run.
LOADER = "/lib64/ld-linux-x86-64.so.2"

Allocator = collections.namedtuple("Allocator", "name library package")
# After how many milliseconds freed memory goes back to the kernel, as they come.
JEMALLOC_DIRTY, JEMALLOC_MUZZY, MIMALLOC = 10000, 0, 25
NEVER_JEMALLOC, NEVER_MIMALLOC = -1, 10 ** 9

GLIBC = Allocator("glibc", "libc.so.6", "libc6")
ALLOCATORS = (
    GLIBC,
    Allocator("jemalloc", "libjemalloc.so.2", "libjemalloc2"),
    Allocator("tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4"),
    Allocator("mimalloc", "libmimalloc.so.2", "libmimalloc2.0"),
)


def _loaded(program, preload=""):
    """name -> path of the libraries that a program would have."""
    done = subprocess.run([LOADER, "--list", program], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          env={"LD_PRELOAD": preload}, check=False)
    words = [line.split() for line in done.stdout.splitlines()]
    return {line[0]: line[2] for line in words if len(line) > 2 and line[1] == "=>"}


def find(allocator):
    """The path of its library, or None."""
    return _loaded("/bin/true", allocator.library).get(allocator.library)


def preload(allocator, program):
    """What LD_PRELOAD has to be, or None.  The C library is there anyhow, and is named
    only where the program was linked with another allocator: the first one serves."""
    if allocator is GLIBC:
        others = {other.library for other in ALLOCATORS} - {GLIBC.library}
        if not others & _loaded(program).keys():
            return None
    return find(allocator)


def with_preload(environment, path):
    """Before what is preloaded already, to win."""
    if path is None:
        return environment
    before = environment.get("LD_PRELOAD")
    return dict(environment, LD_PRELOAD=os.pathsep.join(filter(None, (path, before))))


def _delays(dirty, muzzy, mimalloc):
    return {"MALLOC_CONF": f"dirty_decay_ms:{dirty},muzzy_decay_ms:{muzzy}",
            "MIMALLOC_DECOMMIT_DELAY": str(mimalloc)}


def decay(is_off, slower=None):
    """Two environments, for the kernel's run and vmtrace's, of the same length to the
    byte: where the stack begins depends on it."""
    if is_off:
        settings = [_delays(NEVER_JEMALLOC, NEVER_JEMALLOC, NEVER_MIMALLOC)] * 2
    elif slower:
        settings = [_delays(JEMALLOC_DIRTY * times, JEMALLOC_MUZZY * times,
                            MIMALLOC * times) for times in (1, slower)]
    else:
        return [{}, {}]
    sizes = [sum(map(len, one.values())) for one in settings]
    return [dict(one, FILLER="-" * (max(sizes) - size))
            for one, size in zip(settings, sizes)]
