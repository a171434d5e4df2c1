/* mm/vmscan.c: prepare_scan_control, get_scan_count, shrink_lruvec.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

#define MAX_SWAPPINESS 200

enum balance { SCAN_EQUAL, SCAN_FRACT, SCAN_FILE };

static uint64_t
square_root(uint64_t n)
{
   uint64_t root = 0;

   while ((root + 1) * (root + 1) <= n)
      root++;
   return root;
}

static bool
inactive_is_low(const struct vmt_reclaim *reclaim, enum vmt_reclaim_list_id inactive)
{
   uint64_t n_inactive = reclaim->known.n[inactive];
   uint64_t n_active = reclaim->known.n[inactive + 1];
   uint64_t gib = (n_inactive + n_active) >> (30 - VMT_PAGE_SHIFT);

   return n_inactive * (gib != 0 ? square_root(10 * gib) : 1) < n_active;
}

static void
prepare(struct vmt_reclaim *reclaim, struct vmt_linux_scan *scan)
{
   vmt_linux_gather_counts(reclaim);
   for (uint32_t file = 0; file < 2; file++) {
      scan->costs[file] = reclaim->costs[file];
      scan->may_deactivate[file] =
         scan->force_deactivate ||
         reclaim->known.n_refaults_activated[file] != reclaim->refaults_seen[file] ||
         inactive_is_low(reclaim, file ? VMT_RECLAIM_INACTIVE_FILE
                                       : VMT_RECLAIM_INACTIVE_ANON);
   }
   scan->trims_cache =
      reclaim->known.n[VMT_RECLAIM_INACTIVE_FILE] >> scan->priority != 0 &&
      !scan->may_deactivate[1];
}

static enum balance
balance_of(const struct vmt_reclaim *reclaim, const struct vmt_linux_scan *scan)
{
   if (reclaim->swap.n_used == reclaim->swap.n_slots ||
       reclaim->settings.swappiness == 0)
      return SCAN_FILE;
   if (scan->priority == 0)
      return SCAN_EQUAL;
   return scan->trims_cache ? SCAN_FILE : SCAN_FRACT;
}

/* calculate_pressure_balance.  */
static void
weigh(const struct vmt_reclaim *reclaim, const struct vmt_linux_scan *scan,
      uint64_t shares[2])
{
   uint64_t swappiness = reclaim->settings.swappiness;
   uint64_t total = scan->costs[0] + scan->costs[1];
   uint64_t anon = total + scan->costs[0], file = total + scan->costs[1];

   total = anon + file;
   shares[0] = swappiness * (total + 1) / (anon + 1);
   shares[1] = (MAX_SWAPPINESS - swappiness) * (total + 1) / (file + 1);
}

/* get_scan_count.  */
static void
count_targets(const struct vmt_reclaim *reclaim, const struct vmt_linux_scan *scan,
              uint64_t n[VMT_RECLAIM_N_EVICTABLE])
{
   enum balance balance = balance_of(reclaim, scan);
   uint64_t shares[2] = { 0, 0 };

   if (balance == SCAN_FRACT)
      weigh(reclaim, scan, shares);
   for (uint32_t id = 0; id < VMT_RECLAIM_N_EVICTABLE; id++) {
      bool file = id >= VMT_RECLAIM_INACTIVE_FILE;

      n[id] = reclaim->lists[id].n >> scan->priority;
      if (balance == SCAN_FRACT)
         n[id] = n[id] * shares[file] / (shares[0] + shares[1]);
      else if (balance == SCAN_FILE && !file)
         n[id] = 0;
   }
}

/* shrink_list.  */
static uint64_t
shrink(struct vmt_reclaim *reclaim, struct vmt_linux_scan *scan, uint32_t id, uint64_t n)
{
   bool file = id >= VMT_RECLAIM_INACTIVE_FILE;

   if (id == VMT_RECLAIM_INACTIVE_ANON || id == VMT_RECLAIM_INACTIVE_FILE)
      return vmt_linux_shrink_inactive(reclaim, n, file);
   if (scan->may_deactivate[file])
      vmt_linux_shrink_active(reclaim, n, file);
   else
      scan->skipped_deactivate = true;
   return 0;
}

static uint64_t
less(uint64_t n, uint64_t by)
{
   return n > by ? n - by : 0;
}

/* Enough is free: the kind with less left to look at is done, the other is looked at
   in the same proportion of what it was to be.  False: that was done already.  */
static bool
even_out(const uint64_t targets[VMT_RECLAIM_N_EVICTABLE],
         uint64_t n[VMT_RECLAIM_N_EVICTABLE])
{
   uint64_t n_file = n[VMT_RECLAIM_INACTIVE_FILE] + n[VMT_RECLAIM_ACTIVE_FILE];
   uint64_t n_anon = n[VMT_RECLAIM_INACTIVE_ANON] + n[VMT_RECLAIM_ACTIVE_ANON];
   uint32_t done = n_file > n_anon ? VMT_RECLAIM_INACTIVE_ANON
                                   : VMT_RECLAIM_INACTIVE_FILE;
   uint32_t other = VMT_RECLAIM_INACTIVE_FILE - done;
   uint64_t percent;

   if (n_file == 0 || n_anon == 0)
      return false;
   percent = (n_file > n_anon ? n_anon : n_file) * 100 /
             (targets[done] + targets[done + 1] + 1);
   n[done] = n[done + 1] = 0;
   for (uint32_t id = other; id <= other + 1; id++) {
      uint64_t n_scanned = targets[id] - n[id];

      n[id] = less(targets[id] * (100 - percent) / 100, n_scanned);
   }
   return true;
}

/* shrink_lruvec.  */
void
vmt_linux_shrink_node(struct vmt_reclaim *reclaim, struct vmt_linux_scan *scan)
{
   uint64_t n[VMT_RECLAIM_N_EVICTABLE], targets[VMT_RECLAIM_N_EVICTABLE];
   uint64_t n_reclaimed = 0;

   if (reclaim->settings.generations) {
      vmt_linux_shrink_generations(reclaim, scan);
      return;
   }
   prepare(reclaim, scan);
   count_targets(reclaim, scan, n);
   for (uint32_t id = 0; id < VMT_RECLAIM_N_EVICTABLE; id++)
      targets[id] = n[id];
   while ((n[VMT_RECLAIM_INACTIVE_ANON] != 0 || n[VMT_RECLAIM_ACTIVE_FILE] != 0 ||
           n[VMT_RECLAIM_INACTIVE_FILE] != 0) && reclaim->status == VMT_OK) {
      for (uint32_t id = 0; id < VMT_RECLAIM_N_EVICTABLE; id++) {
         uint64_t now = n[id] < SWAP_CLUSTER_MAX ? n[id] : SWAP_CLUSTER_MAX;

         if (now == 0)
            continue;
         n[id] -= now;
         n_reclaimed += shrink(reclaim, scan, id, now);
      }
      if (n_reclaimed >= scan->n_to_reclaim && !even_out(targets, n))
         break;
   }
   vmt_linux_unplug(reclaim);
   scan->n_reclaimed += n_reclaimed;
   vmt_linux_gather_counts(reclaim);
   if (reclaim->swap.n_slots != 0 &&
       inactive_is_low(reclaim, VMT_RECLAIM_INACTIVE_ANON))
      vmt_linux_shrink_active(reclaim, SWAP_CLUSTER_MAX, false);
}
