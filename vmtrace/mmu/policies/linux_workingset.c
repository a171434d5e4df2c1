/* mm/workingset.c, and lru_note_cost of mm/swap.c.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

/* lruvec_page_state() gives what was last gathered from the processors
   (mm/memcontrol.c, flush_memcg_stats_dwork: every FLUSH_TIME, 2 s), not what is.  */
void
vmt_linux_gather_counts(struct vmt_reclaim *reclaim)
{
   uint64_t period = reclaim->settings.counts_ns;

   if (period != 0) {
      if (reclaim->now_ns - reclaim->known.at_ns < period)
         return;
      reclaim->known.at_ns = reclaim->now_ns - reclaim->now_ns % period;
   }
   for (uint32_t i = 0; i < VMT_RECLAIM_N_EVICTABLE; i++)
      reclaim->known.n[i] = reclaim->lists[i].n;
   for (uint32_t i = 0; i < 2; i++)
      reclaim->known.n_refaults_activated[i] =
         reclaim->counts.n_refaults_activated[i];
}

void
vmt_linux_note_cost(struct vmt_reclaim *reclaim, bool file, uint64_t n_io,
                    uint64_t n_rotated)
{
   uint64_t cost = n_io * SWAP_CLUSTER_MAX + n_rotated, n_pages = 0;

   if (cost == 0)
      return;
   vmt_linux_gather_counts(reclaim);
   for (uint32_t i = 0; i < VMT_RECLAIM_N_EVICTABLE; i++)
      n_pages += reclaim->known.n[i];
   reclaim->costs[file] += cost;
   if (reclaim->costs[0] + reclaim->costs[1] > n_pages / 4) {
      reclaim->costs[0] /= 2;
      reclaim->costs[1] /= 2;
   }
}

uint64_t
vmt_linux_eviction(struct vmt_reclaim *reclaim, const struct vmt_reclaim_frame *frame)
{
   if (reclaim->settings.generations)
      return vmt_linux_generation_eviction(reclaim, frame);
   return reclaim->age++ << 1 | frame->workingset;
}

/* workingset_test_recent.  */
static bool
is_recent(struct vmt_reclaim *reclaim, bool file, uint64_t shadow)
{
   const uint64_t *n = reclaim->known.n;
   uint64_t n_workingset;

   vmt_linux_gather_counts(reclaim);
   n_workingset = n[VMT_RECLAIM_ACTIVE_FILE];
   if (!file)
      n_workingset += n[VMT_RECLAIM_INACTIVE_FILE];
   if (reclaim->swap.n_used < reclaim->swap.n_slots) {
      n_workingset += n[VMT_RECLAIM_ACTIVE_ANON];
      if (file)
         n_workingset += n[VMT_RECLAIM_INACTIVE_ANON];
   }
   return reclaim->age - (shadow >> 1) <= n_workingset;
}

void
vmt_linux_refault(struct vmt_reclaim *reclaim, uint32_t at, uint64_t shadow)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   bool file = vmt_linux_is_file(frame);

   vmt_assert(frame->isolated);
   reclaim->counts.n_refaults[file]++;
   vmt_linux_note(reclaim, frame, VMT_RECLAIM_REFAULTED);
   if (reclaim->settings.generations) {
      vmt_linux_generation_refault(reclaim, at, shadow);
      return;
   }
   if (!is_recent(reclaim, file, shadow))
      return;
   vmt_linux_note(reclaim, frame, VMT_RECLAIM_RESTORED);
   frame->active = true;
   reclaim->age++;
   reclaim->counts.n_refaults_activated[file]++;
   if ((shadow & 1) == 0)
      return;
   frame->workingset = true;
   reclaim->counts.n_refaults_restored[file]++;
   vmt_linux_note_cost(reclaim, file, 1, 0);    /* lru_note_cost_refault */
}
