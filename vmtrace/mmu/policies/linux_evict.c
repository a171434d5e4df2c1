/* mm/vmscan.c, 6.18: lru_gen_shrink_lruvec.  Pages are taken from the tail of the oldest
   generation of one kind; those that were accessed meanwhile are sorted out.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

#define MAX_LRU_BATCH (64 * MIN_LRU_BATCH)

struct pass {
   uint32_t swappiness;
   uint64_t n_dirty, n_file;            /* nr.unqueued_dirty, nr.file_taken */
};

/* get_swappiness: with next to no swap left, as if there was none.  */
static uint32_t
swappiness_of(const struct vmt_reclaim *reclaim)
{
   if (reclaim->swap.n_slots - reclaim->swap.n_used < MIN_LRU_BATCH)
      return 0;
   return reclaim->settings.swappiness;
}

/* evictable_min_seq.  */
static uint64_t
oldest_of(const struct vmt_reclaim *reclaim, uint32_t swappiness)
{
   const uint64_t *oldest = reclaim->generations.oldest;
   uint32_t first = vmt_linux_first_type(swappiness);

   return oldest[first] < oldest[1] ? oldest[first] : oldest[1];
}

/* ---- the oldest generation ---- */

/* sort_folio: whether the page does not go, and where it is put.  */
static bool
is_sorted_out(struct vmt_reclaim *reclaim, uint32_t at, uint32_t last_tier,
              struct pass *pass)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   bool dirty = frame->dirty && vmt_linux_is_file(frame);

   if (!vmt_linux_is_oldest(reclaim, frame)) {
      ;                                 /* promoted */
   } else if (vmt_linux_is_saturated(frame) || vmt_linux_tier(frame) > last_tier) {
      vmt_linux_count_protected(reclaim, frame);
      vmt_linux_spare(reclaim, frame, false);
   } else {
      pass->n_file += dirty;
      pass->n_dirty += dirty && !frame->written;
      if (!dirty && !frame->written)
         return false;
      vmt_linux_spare(reclaim, frame, true);
   }
   vmt_linux_relist(reclaim, at, false);
   return true;
}

/* scan_folios.  How many pages were looked at; 0: there was nothing to be had.  */
static uint64_t
scan(struct vmt_reclaim *reclaim, uint64_t n, uint32_t type, struct pass *pass,
     struct vmt_linux_batch *batch)
{
   struct vmt_reclaim_generations *generations = &reclaim->generations;
   uint64_t oldest = generations->oldest[type], n_scanned = 0;
   uint32_t last_tier = vmt_linux_last_tier(reclaim, type);
   struct vmt_reclaim_list *list;

   if (generations->newest - oldest + 1 == VMT_LINUX_MIN_GENERATIONS)
      return 0;
   if (n > MAX_LRU_BATCH)
      n = MAX_LRU_BATCH;
   list = &generations->lists[vmt_linux_generation(oldest)][type];
   while (list->tail != VMT_NO_INDEX && n_scanned < n && batch->n < MIN_LRU_BATCH) {
      uint32_t at = list->tail;

      n_scanned++;
      if (is_sorted_out(reclaim, at, last_tier, pass))
         continue;
      vmt_linux_isolate(reclaim, at);
      batch->frames[batch->n++] = at;
   }
   reclaim->counts.n_scanned[type] += batch->n;
   if (type == 1)
      pass->n_file += batch->n;
   return batch->n != 0 || n_scanned == n ? n_scanned : 0;
}

/* isolate_folios: of one kind, or if it has none of the other.  */
static uint64_t
isolate(struct vmt_reclaim *reclaim, uint64_t n, struct pass *pass, uint32_t *type,
        struct vmt_linux_batch *batch)
{
   *type = vmt_linux_prefers_file(reclaim, pass->swappiness);
   for (uint32_t i = vmt_linux_first_type(pass->swappiness); i < 2; i++) {
      uint64_t n_scanned = scan(reclaim, n, *type, pass, batch);

      if (n_scanned != 0)
         return n_scanned;
      *type = 1 - *type;
   }
   return 0;
}

/* ---- what is kept ---- */

/* No page that was kept goes back to the oldest generation.  */
static void
keep(struct vmt_reclaim *reclaim, uint32_t at, uint32_t type)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (vmt_linux_sequence_for(reclaim, frame, false) !=
       reclaim->generations.oldest[type])
      return;
   frame->referenced = false;
   frame->n_refs = 0;
   frame->active = true;
}

/* Pages whose write was over before they were back on a list, and that nobody moved to
   the tail, are looked at once more.  */
static void
put_back(struct vmt_reclaim *reclaim, struct vmt_linux_batch *batch, uint32_t type,
         struct vmt_linux_batch *again)
{
   uint32_t n = batch->n;

   batch->n = 0;
   for (uint32_t i = 0; i < n; i++) {
      uint32_t at = batch->frames[i];
      const struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

      if (again != NULL && !frame->active && frame->n_mapped == 0 && !frame->dirty &&
          !frame->written) {
         again->frames[again->n++] = at;
         continue;
      }
      keep(reclaim, at, type);
      batch->frames[batch->n++] = at;
   }
   vmt_linux_put_back(reclaim, batch);
}

static uint64_t
shrink(struct vmt_reclaim *reclaim, struct vmt_linux_batch *batch, uint32_t type)
{
   struct vmt_linux_batch again = { .n = 0 };
   uint64_t n_freed = vmt_linux_shrink_batch(reclaim, batch);

   put_back(reclaim, batch, type, &again);
   n_freed += vmt_linux_shrink_batch(reclaim, &again);
   put_back(reclaim, &again, type, NULL);
   reclaim->counts.n_stolen[type] += n_freed;
   return n_freed;
}

/* evict_folios.  How many pages were looked at; 0: that is all.  */
static uint64_t
evict(struct vmt_reclaim *reclaim, uint64_t n, struct pass *pass,
      struct vmt_linux_scan *scan_control)
{
   struct vmt_linux_batch batch = { .n = 0 };
   uint64_t n_scanned;
   uint32_t type;

   if (!vmt_linux_reserve_shrink(reclaim))
      return 0;
   n_scanned = isolate(reclaim, n, pass, &type, &batch);
   if (n_scanned > batch.n)
      vmt_linux_spend(reclaim, (n_scanned - batch.n) * VMT_LINUX_SORT_NS);
   n_scanned += vmt_linux_pass_empty(reclaim, pass->swappiness);
   if (oldest_of(reclaim, pass->swappiness) + VMT_LINUX_MIN_GENERATIONS >
       reclaim->generations.newest)
      n_scanned = 0;
   if (batch.n == 0)
      return n_scanned;
   scan_control->n_reclaimed += shrink(reclaim, &batch, type);
   return n_scanned;
}

/* ---- how much ---- */

/* should_run_aging: pages of all generations that can be evicted.  */
static uint64_t
count_pages(const struct vmt_reclaim *reclaim, uint32_t swappiness)
{
   const struct vmt_reclaim_generations *generations = &reclaim->generations;
   uint64_t n = 0;

   for (uint32_t type = vmt_linux_first_type(swappiness); type < 2; type++)
      for (uint64_t i = generations->oldest[type]; i <= generations->newest; i++)
         n += generations->n_pages[vmt_linux_generation(i)][type];
   return n;
}

/* get_nr_to_scan.  When there is one generation more than may be evicted from, or none,
   a new one is made instead, but not at the first look.  */
static uint64_t
count_to_scan(struct vmt_reclaim *reclaim, const struct vmt_linux_scan *scan_control,
              uint32_t swappiness)
{
   uint64_t end = oldest_of(reclaim, swappiness) + VMT_LINUX_MIN_GENERATIONS;
   uint64_t newest = reclaim->generations.newest;

   if (end >= newest && scan_control->priority != DEF_PRIORITY) {
      vmt_linux_age(reclaim, swappiness);
      return 0;
   }
   return end > newest ? 0 : count_pages(reclaim, swappiness) >> scan_control->priority;
}

/* try_to_shrink_lruvec.  */
void
vmt_linux_shrink_generations(struct vmt_reclaim *reclaim,
                             struct vmt_linux_scan *scan_control)
{
   struct pass pass = { .swappiness = swappiness_of(reclaim) };
   uint64_t n_scanned = 0, n, n_now;

   do {
      n = count_to_scan(reclaim, scan_control, pass.swappiness);
      n_now = n != 0 ? evict(reclaim, n, &pass, scan_control) : 0;
      n_scanned += n_now;
   } while (n_now != 0 && n_scanned < n && reclaim->status == VMT_OK);
   if (pass.n_dirty != 0 && pass.n_dirty == pass.n_file && reclaim->status == VMT_OK)
      vmt_linux_write_back(reclaim);
   vmt_linux_unplug(reclaim);
}
