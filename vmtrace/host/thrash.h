/* When a run thrashed: waited for pages that it had had, and that had been thrown out
   for want of memory, longer than it ran.

   Told from the samples of the timeline.  In one of them the run thrashes when

   - more than VMT_THRASH_PERCENT of its faults are Refault: else it waits for what
     it has not had yet, which no memory spares it;
   - and waiting for them takes at least as long as the instructions executed
     (P. J. Denning, "Thrashing: its causes and prevention", 1968: a processor that
     idles for paging more than it works): each of them that is a major fault the
     device's latency, each instruction a nanosecond, which on today's processors
     is more than it takes.  With the 50 us of an SSD that is one in 50,000
     instructions.

   How many of them are Thrash, of pages thrown out just before, says how much more
   memory it takes; it does not say whether the run waits.  A sweep over thrice the
   memory has none: each page of it was thrown out long before.

   From where memory ran out on there is no limit: that is not looked at.

   Samples that follow one another are one span.  A span of fewer Refault than
   VMT_THRASH_LEAST is none: as many pages (SWAP_CLUSTER_MAX, Linux
   include/linux/swap.h) are thrown out at a time, and to be wrong once is not to
   thrash.

   Units: instructions.  Owns its spans.  */

#ifndef VMT_HOST_THRASH_H
#define VMT_HOST_THRASH_H

#include "vmtrace/host/pressure.h"

#define VMT_THRASH_PERCENT 10
#define VMT_THRASH_LEAST 32
#define VMT_THRASH_INSTR_NS 1

struct vmt_thrash_span {
   int64_t from_instr, to_instr;
   int64_t n_faults, n_refaults, n_thrash;
};

struct vmt_thrashing {
   bool is_known;               /* whether the timeline has what it takes */
   struct vmt_thrash_span *spans;
   size_t n_spans;
   int64_t n_instrs, n_faults, n_refaults, n_thrash;    /* of all spans */
   int64_t run_instrs;          /* of the timeline, to its end */
};

struct vmt_thrashing vmt_thrashing_find(const struct vmt_pressure *pressure);
void vmt_thrashing_free(struct vmt_thrashing *thrashing);

/* The longest span, the first among equals; NULL: there is none.  */
const struct vmt_thrash_span *
vmt_thrashing_longest(const struct vmt_thrashing *thrashing);

#endif
