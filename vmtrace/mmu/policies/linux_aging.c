/* mm/vmscan.c, 6.18: the accessed bits of page tables; generations begin and end.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

/* ---- generations ---- */

/* inc_min_seq: the pages of the oldest generation are of the next, from now on.  Those
   that cannot be evicted stay where they are, and come out at the other end.  */
static void
end_oldest(struct vmt_reclaim *reclaim, uint32_t type, uint32_t swappiness)
{
   struct vmt_reclaim_generations *generations = &reclaim->generations;
   uint32_t generation = vmt_linux_generation(generations->oldest[type]);
   struct vmt_reclaim_list *list = &generations->lists[generation][type];

   while (type >= vmt_linux_first_type(swappiness) && list->tail != VMT_NO_INDEX) {
      uint32_t at = list->tail;
      struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

      vmt_linux_count_protected(reclaim, frame);
      vmt_linux_spare(reclaim, frame, false);
      vmt_linux_relist(reclaim, at, true);
   }
   vmt_linux_end_tiers(reclaim, type);
   generations->oldest[type]++;
}

/* try_to_inc_min_seq.  */
bool
vmt_linux_pass_empty(struct vmt_reclaim *reclaim, uint32_t swappiness)
{
   struct vmt_reclaim_generations *generations = &reclaim->generations;
   uint64_t oldest[2] = { generations->oldest[0], generations->oldest[1] };
   uint64_t limit = generations->newest - VMT_LINUX_MIN_GENERATIONS;
   uint32_t first = vmt_linux_first_type(swappiness);
   bool passed = false;

   for (uint32_t type = first; type < 2; type++)
      while (oldest[type] <= limit &&
             generations->lists[vmt_linux_generation(oldest[type])][type].n == 0)
         oldest[type]++;
   if (first == 0) {                    /* neither kind runs ahead of the other */
      for (uint32_t type = 0; type < 2; type++)
         if (oldest[type] > limit && oldest[1 - type] < limit)
            oldest[type] = limit;
   }
   for (uint32_t type = first; type < 2; type++) {
      if (oldest[type] <= generations->oldest[type])
         continue;
      vmt_linux_end_tiers(reclaim, type);
      generations->oldest[type] = oldest[type];
      passed = true;
   }
   return passed;
}

/* inc_max_seq.  */
static void
begin_newest(struct vmt_reclaim *reclaim, uint32_t swappiness)
{
   struct vmt_reclaim_generations *generations = &reclaim->generations;

   for (uint32_t type = 0; type < 2; type++)
      if (generations->newest - generations->oldest[type] + 1 ==
          VMT_RECLAIM_N_GENERATIONS)
         end_oldest(reclaim, type, swappiness);
   generations->newest++;
}

/* ---- page tables ---- */

/* get_pfn_folio, ptep_clear_young_notify, and what walk_update_folio does with a dirty
   entry.  How many entries were accessed.  */
static uint32_t
take_young(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame)
{
   uint32_t n = frame->n_young;

   if (n == 0 || !frame->in_use || frame->isolated || frame->locked)
      return 0;
   frame->n_young = 0;
   vmt_linux_note(reclaim, frame, VMT_RECLAIM_AGED);
   if (frame->entry_dirty &&
       (frame->kind != VMT_RECLAIM_ANON || frame->slot != VMT_NO_INDEX))
      frame->dirty = true;
   return n;
}

/* should_skip_vma.  */
static bool
is_skipped(const struct vmt_reclaim_frame *frame, uint32_t swappiness)
{
   return frame->no_recency || (frame->kind != VMT_RECLAIM_FILE && swappiness == 0);
}

/* walk_pte_range, of all page tables.  */
static uint64_t
walk(struct vmt_reclaim *reclaim, uint32_t swappiness)
{
   uint64_t n_walked = 0;

   for (uint32_t at = 0; at < reclaim->frames.n_records; at++) {
      struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
      uint32_t n = is_skipped(frame, swappiness) ? 0 : take_young(reclaim, frame);

      n_walked += n;
      while (n-- != 0)
         vmt_linux_promote(reclaim, frame);
   }
   return n_walked;
}

/* try_to_inc_max_seq.  */
void
vmt_linux_age(struct vmt_reclaim *reclaim, uint32_t swappiness)
{
   uint64_t n_walked;

   if (!vmt_linux_reserve_events(reclaim, (uint32_t)reclaim->n_frames_used)) {
      reclaim->status = VMT_NO_MEMORY;
      return;
   }
   n_walked = walk(reclaim, swappiness);
   begin_newest(reclaim, swappiness);
   vmt_linux_spend(reclaim, n_walked * VMT_LINUX_WALK_NS);
}

/* ---- around a page ---- */

#define TABLE_PAGES 512
#define WINDOW MIN_LRU_BATCH

/* The first of the WINDOW names around the page's, in its page-table page.  */
static uint64_t
start_of_window(uint64_t page)
{
   uint64_t at = page % TABLE_PAGES, table = page - at;

   if (at < WINDOW / 2)
      return table;
   if (TABLE_PAGES - at < WINDOW / 2)
      return table + TABLE_PAGES - WINDOW;
   return page - WINDOW / 2;
}

/* lru_gen_look_around: what is found accessed a second time is of the newest generation
   at once.  */
void
vmt_linux_look_around(struct vmt_reclaim *reclaim, const struct vmt_reclaim_frame *frame)
{
   uint64_t start = start_of_window(frame->page);
   uint32_t newest = vmt_linux_generation(reclaim->generations.newest);

   for (uint64_t page = start; page < start + WINDOW; page++) {
      uint32_t at = page != frame->page ? vmt_linux_find(reclaim, page) : VMT_NO_INDEX;
      struct vmt_reclaim_frame *near;

      if (at == VMT_NO_INDEX)
         continue;
      near = vmt_linux_frame(reclaim, at);
      if (near->kind != frame->kind || near->no_recency || take_young(reclaim, near) == 0)
         continue;
      if (vmt_linux_set_refs(near) && near->generation != newest)
         vmt_linux_activate(reclaim, at);
   }
}
