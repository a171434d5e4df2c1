#include "vmtrace/mmu/machine/timeline.h"

#include "vmtrace/mmu/base/port.h"

void
vmt_timeline_init(struct vmt_timeline *timeline)
{
   memset(timeline, 0, sizeof *timeline);
   timeline->windows_per_sample = 1;
}

void
vmt_timeline_take(const struct vmt_accounting *ledger,
                  struct vmt_blocks *blocks, uint64_t instrs,
                  struct vmt_timeline_sample *sample)
{
   uint64_t totals[VMT_N_EVENTS];

   vmt_accounting_all_totals(ledger, totals);
   memset(sample, 0, sizeof *sample);
   sample->instrs = instrs;
   sample->n_resident_pages = ledger->n_resident_pages;
   sample->n_most_pages = ledger->n_high_pages;
   sample->n_minor = vmt_accounting_faults(totals, false);
   sample->n_major = vmt_accounting_faults(totals, true);
   sample->n_evicted = totals[VMT_EV_Evict];
   sample->n_refaults = totals[VMT_EV_Refault];
   sample->n_swap_ins = totals[VMT_EV_SwapIn];
   sample->n_swap_outs = totals[VMT_EV_SwapOut];
   sample->n_thrash = totals[VMT_EV_Thrash];
   vmt_blocks_settle(blocks);
   sample->heap = blocks->now;
   sample->returned = blocks->returned;
}

static void
halve(struct vmt_timeline *timeline)
{
   uint32_t i;

   timeline->n_samples /= 2;
   timeline->windows_per_sample *= 2;
   for (i = 0; i < timeline->n_samples; i++) {
      const struct vmt_timeline_sample *pair = &timeline->samples[2 * i];
      uint64_t n_most = pair[0].n_most_pages > pair[1].n_most_pages
                           ? pair[0].n_most_pages
                           : pair[1].n_most_pages;

      timeline->samples[i] = pair[1];
      timeline->samples[i].n_most_pages = n_most;
   }
}

void
vmt_timeline_add(struct vmt_timeline *timeline, struct vmt_accounting *ledger,
                 struct vmt_blocks *blocks, uint64_t instrs)
{
   if (++timeline->n_windows < timeline->windows_per_sample)
      return;
   if (timeline->n_samples == VMT_MAX_TIMELINE) {
      halve(timeline);
      return;
   }
   timeline->n_windows = 0;
   vmt_timeline_take(ledger, blocks, instrs,
                     &timeline->samples[timeline->n_samples++]);
   ledger->n_high_pages = ledger->n_resident_pages;
}
