"""What profiles say of an allocator's blocks: enough to count sites by hand.

A site is (allocs, frees, bytes, live_bytes, peak_bytes).
"""

import collections
import json
import os
import sys
import tempfile

from . import runner

COUNTS = ("allocs", "frees", "bytes", "live_bytes", "peak_bytes")


class Blocks:
    """The last records of one profile: sites, how many of each; and totals."""

    def __init__(self, path):
        heap, kinds, self.totals = {}, {}, None
        with open(path, encoding="utf-8") as file:
            for line in file:
                record = json.loads(line)
                if "heap" in record:
                    heap[record["heap"]] = record
                elif "site" in record and "kind" in record:
                    kinds[record["site"]] = record["kind"]
                self.totals = record.get("heap_totals", self.totals)
        self.sites = collections.Counter(
            tuple(record[name] for name in COUNTS) for site, record in heap.items()
            if kinds.get(site, "malloc") == "malloc")

    def inconsistencies(self):
        for i, name in enumerate(COUNTS[:4]):
            number = sum(site[i] * n for site, n in self.sites.items())
            if self.totals is not None and self.totals[name] != number:
                yield "sites have %d %s in all, the totals say %d" % (number, name,
                                                                     self.totals[name])


def run(program, args, options=(), environment=None, status=0):
    """Runs it natively and under the tool, which may make no difference to what it
    prints and how it ends: the Blocks of its profiles, in the order of their pids."""
    native = runner.run_native(program, args, environment=environment)
    with tempfile.TemporaryDirectory() as folder:
        done = runner.run_tool(["--vmtrace-out-file=" + os.path.join(folder, "out.%p"),
                                *options], program, args, environment)
        for way, ended in ("natively", native), ("under the tool", done):
            if ended.returncode != status:
                sys.exit("%s %s: exit status %d %s: %s" % (program, " ".join(args),
                                                           ended.returncode, way, ended.stderr))
        if done.stdout != native.stdout:
            sys.exit("%s %s prints %r, natively %r" % (program, " ".join(args), done.stdout,
                                                       native.stdout))
        names = sorted(os.listdir(folder), key=lambda name: int(name.split(".")[1]))
        return [Blocks(os.path.join(folder, name)) for name in names]


def differences(blocks, base, wanted, unknown_frees=0, others=0):
    """What a run had that it should not, and the other way round; `base` is a run of the
    same program that does nothing, `others` how many sites there are besides."""
    if blocks.totals is None:
        yield from (["no blocks at all"] if wanted else [])
        return
    found = blocks.sites - base.sites
    wanted = collections.Counter(wanted)
    surplus = found - wanted
    for site in (wanted - found).elements():
        yield "no site with %r" % (site,)
    if sum(surplus.values()) != others:
        yield "further sites, not %d: %r" % (others, list(surplus.elements()))
    for name, number in ("unknown_frees", unknown_frees), ("lost", 0):
        if blocks.totals[name] != number:
            yield "%s: %d, expected %d" % (name, blocks.totals[name], number)
    yield from blocks.inconsistencies()
