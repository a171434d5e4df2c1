/* The run over time: how much memory is resident, the faults so far, and the heap.

   One sample a window; where there would be more than VMT_MAX_TIMELINE samples,
   two neighbours become one, as massif halves its snapshots: the later one's
   numbers, and the larger of what was most.  Counts are totals since the process
   began.  */

#ifndef VMT_MMU_MACHINE_TIMELINE_H
#define VMT_MMU_MACHINE_TIMELINE_H

#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/machine/accounting.h"
#include "vmtrace/mmu/mechanisms/blocks.h"

#define VMT_MAX_TIMELINE 510            /* even; one more comes with the end */

struct vmt_timeline_sample {
   uint64_t instrs;                     /* it is what was then */
   uint64_t n_resident_pages;
   uint64_t n_most_pages;               /* resident since the sample before */
   uint64_t n_minor, n_major, n_evicted, n_refaults, n_swap_ins, n_swap_outs;
   uint64_t n_thrash;
   struct vmt_heap_state heap;
   struct vmt_returned returned;
};

struct vmt_timeline {
   uint32_t n_samples;
   uint32_t windows_per_sample;
   uint32_t n_windows;                  /* since the last sample */
   struct vmt_timeline_sample samples[VMT_MAX_TIMELINE];
};

void vmt_timeline_init(struct vmt_timeline *timeline);

/* What a sample now would be; the ledger's n_high_pages is not yet reset.  */
void vmt_timeline_take(const struct vmt_accounting *ledger,
                       struct vmt_blocks *blocks, uint64_t instrs,
                       struct vmt_timeline_sample *sample);

/* A window is over, after instrs instructions.  */
void vmt_timeline_add(struct vmt_timeline *timeline,
                      struct vmt_accounting *ledger,
                      struct vmt_blocks *blocks, uint64_t instrs);

#endif
