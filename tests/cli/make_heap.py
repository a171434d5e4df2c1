"""A program with a heap, as a profile: who asked for memory, who touched it, and what
the allocator did to pages.  Numbers are chosen, and so are all those that follow."""

import json

from make_pressure import COLUMNS
from make_profile import BINARY, EVENTS, Profile, add, addresses

AT = addresses()
# Under /lib, so a system library; not there, so without functions.
LIBRARY = "/lib/vmtrace-test/libgone.so.1"
HEAP_COLUMNS = ["LiveBytes", "LiveBlocks", "HeapPages", "HeapEmpty", "HeapHalf", "Pinned",
                "Straddling", "Returned", "Back", "HeapCalls"]

FILL = {"allocs": 1000, "frees": 900, "bytes": 64000, "lifetime": 1800000,
        "live_blocks": 100, "live_bytes": 6400, "peak_bytes": 40000,
        "bytes_at_peak": 32000, "straddles": 15, "kept_pages": 4,
        "kept_pages_at_peak": 12, "pinned_pages": 3, "pinned_pages_at_peak": 5}
DIVE = {"allocs": 2, "frees": 0, "bytes": 20000, "lifetime": 0, "live_blocks": 2,
        "live_bytes": 20000, "peak_bytes": 20000, "bytes_at_peak": 20000,
        "straddles": 0, "kept_pages": 5, "kept_pages_at_peak": 5, "pinned_pages": 0,
        "pinned_pages_at_peak": 0}
# Of 6 faults on the allocator's own memory, those in the call from FILL's site.
CALL_EVENTS = {"ZeroWr": 4, "RssPages": 3}
MMAP = {"allocs": 1, "frees": 0, "bytes": 1 << 20, "lifetime": 0,
        "live_bytes": 1 << 20, "peak_bytes": 1 << 20}
TOTALS = {"allocs": 1002, "frees": 900, "bytes": 84000, "live_bytes": 26400,
          "peak_bytes": 52000, "peak_instrs": 700, "unknown_frees": 2, "lost": 1}
# At the peak 50,000 bytes are live in 20 pages, 81,920 bytes: 63.8% more than live.
PEAK = {"instrs": 800, "live_blocks": 400, "live_bytes": 50000, "resident": 20,
        "fullness": [1, 4, 2, 0, 0, 3, 0, 0, 0, 2, 8], "pinned": 5, "straddling": 7}
NOW = {"instrs": 1000, "live_blocks": 102, "live_bytes": 26400, "resident": 12,
       "fullness": [3, 2, 0, 0, 0, 0, 0, 0, 0, 0, 7], "pinned": 3, "straddling": 2}
PAGES = {"peak": PEAK, "now": NOW, "returned": {"brk": 6, "munmap": 0, "madvise": 3},
         "back": 4, "advised_free": 2, "calls": {"brk": 5, "madvise": 3}, "straddles": 15}


def program(header_events=None):
    """FILL asks for small blocks, and DIVE for large ones through a library; main
    maps memory itself.  FILL and TOUCH write to what FILL asked for."""
    p = Profile(events=header_events or EVENTS + ["Allocs"], settings={"mrc": "exact"})
    own, library = p.object(BINARY), p.object(LIBRARY, "abcd")
    heap, data = p.area("[heap]", "heap"), p.area(BINARY, "file")
    fill = p.stack([(own, AT["FILL"]), (own, AT["MAIN_FILL"])])
    dive = p.stack([(library, 0x1000), (own, AT["DIVE"]), (own, AT["MAIN_DIVE"])])
    maps = p.stack([(own, AT["MAIN_DIVE"])])
    touch = p.stack([(own, AT["TOUCH"])])
    small, large = p.site(fill), p.site(dive)
    mapped, allocator = p.site(maps, "mmap"), p.site(0, "allocator")
    p.charge(fill, heap, 1, small, ZeroWr=30, DtlbM=7, StlbM=3, RssPages=12)
    p.charge(touch, heap, 1, small, ZeroWr=10, FileRd=1, DtlbM=90, StlbM=40)
    p.charge(touch, heap, 2, large, ZeroWr=5, ForkCow=2, RssPages=5)
    p.charge(touch, heap, 1, mapped, ZeroWr=200, RssPages=200)
    inside = p.stack([(library, 0x2000), (own, AT["FILL"]), (own, AT["MAIN_FILL"])])
    elsewhere = p.stack([(library, 0x2000), (own, AT["FILL"])])
    p.charge(inside, heap, 1, allocator, **CALL_EVENTS)
    p.charge(elsewhere, heap, 1, allocator, ZeroWr=2)
    p.charge(fill, data, 1, FileCow=8, DtlbM=2)
    p.charge(touch, heap, 1, small, ZeroWr=1)
    # A record replaces the one before.
    p.heap(small, counted=False, allocs=1, live_bytes=5)
    p.heap(small, **FILL)
    p.heap(large, **DIVE)
    p.heap(mapped, counted=False, **MMAP)
    p.raw(json.dumps({"heap_totals": TOTALS}))
    p.totals["LivePeak"] = TOTALS["peak_bytes"]
    p.raw(json.dumps({"heap_pages": {**PAGES, "back": 1}}))
    p.raw(json.dumps({"heap_pages": PAGES}))
    p.raw(json.dumps({"timeline": {
        "instrs_per_sample": 500, "columns": COLUMNS + HEAP_COLUMNS,
        "samples": [[500, 150, 180, 100, 0, 0, 0, 0, 0,
                     48000, 380, 18, 2, 7, 5, 7, 0, 0, 5],
                    [1000, 120, 260, 263, 0, 0, 0, 0, 0,
                     26400, 102, 12, 3, 2, 3, 2, 9, 4, 8]]}}))
    p.block(own, AT["FILL"], [1], 1000)
    return p


def whole_program(**members):
    p = program()
    peak = p.totals.pop("LivePeak")
    p.end(rss_peak=260 * 4096, **members)
    add(p.totals, {"LivePeak": peak, "CallFlt": CALL_EVENTS["ZeroWr"]})
    return p
