/* mm/memcontrol.c, try_charge_memcg; mm/vmscan.c, try_to_free_mem_cgroup_pages and
   do_try_to_free_pages.  */

#include "vmtrace/mmu/policies/linux_private.h"

#define MAX_RECLAIM_RETRIES 16

static void
scan_lists(struct vmt_reclaim *reclaim, struct vmt_linux_scan *scan)
{
   for (uint32_t priority = DEF_PRIORITY + 1; priority-- > 0;) {
      scan->priority = priority;
      vmt_linux_shrink_node(reclaim, scan);
      if (scan->n_reclaimed >= scan->n_to_reclaim || reclaim->status != VMT_OK)
         break;
   }
   vmt_linux_gather_counts(reclaim);            /* snapshot_refaults */
   for (uint32_t i = 0; i < 2; i++)
      reclaim->refaults_seen[i] = reclaim->known.n_refaults_activated[i];
}

/* One round, another (memcg_full_walk), and one that makes active pages inactive if
   some were spared.  */
static uint64_t
try_to_free(struct vmt_reclaim *reclaim)
{
   struct vmt_linux_scan scan = { .n_to_reclaim = SWAP_CLUSTER_MAX };

   reclaim->counts.n_reclaims++;
   scan_lists(reclaim, &scan);
   if (scan.n_reclaimed == 0 && reclaim->status == VMT_OK)
      scan_lists(reclaim, &scan);
   if (scan.n_reclaimed == 0 && reclaim->status == VMT_OK &&
       scan.skipped_deactivate) {
      scan.force_deactivate = true;
      scan_lists(reclaim, &scan);
   }
   return scan.n_reclaimed;
}

static bool
has_room(const struct vmt_reclaim *reclaim)
{
   return reclaim->n_frames_used < reclaim->settings.n_frames;
}

/* As try_charge_memcg goes on after a reclaim that was not enough.  */
static bool
goes_on(uint64_t n_reclaimed, bool gives_up, uint32_t *n_retries, bool *drained)
{
   if (!*drained) {                     /* drain_all_stock */
      *drained = true;
      return true;
   }
   if (gives_up)                        /* __GFP_NORETRY */
      return false;
   return n_reclaimed != 0 || (*n_retries)-- != 0;
}

/* Reclaims until a frame is free.  */
static bool
make_room(struct vmt_reclaim *reclaim, bool gives_up)
{
   uint32_t n_retries = MAX_RECLAIM_RETRIES;
   bool drained = false;

   while (!has_room(reclaim)) {
      uint64_t n_reclaimed = try_to_free(reclaim);

      if (reclaim->status != VMT_OK)
         return false;
      if (!has_room(reclaim) && !goes_on(n_reclaimed, gives_up, &n_retries, &drained))
         return false;
   }
   return true;
}

bool
vmt_linux_charge(struct vmt_reclaim *reclaim, bool *out_of_memory)
{
   bool has_frame = make_room(reclaim, false);

   if (reclaim->status != VMT_OK)
      return false;
   if (!has_frame) {
      reclaim->counts.n_out_of_memory++;
      *out_of_memory = true;
   }
   reclaim->n_frames_used++;
   return true;
}

bool
vmt_linux_charge_read_ahead(struct vmt_reclaim *reclaim)
{
   if (!make_room(reclaim, true))
      return false;
   reclaim->n_frames_used++;
   return true;
}
