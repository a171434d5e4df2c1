/* mm/vmscan.c: shrink_inactive_list, shrink_folio_list, shrink_active_list, and what
   they ask.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

/* What came of a look at a page.  */
enum verdict {
   KEEP,                                /* back to its list */
   ACTIVATE,
   FREED,
   GONE                                 /* freed, but not by reclaim: not counted */
};

/* folio_referenced: looks at the accessed bits and clears them.  */
static uint32_t
take_references(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame)
{
   uint32_t n = frame->n_young;

   if (n == 0 || frame->no_recency)
      return 0;
   frame->n_young = 0;
   vmt_linux_note(reclaim, frame, VMT_RECLAIM_AGED);
   if (reclaim->settings.generations)
      vmt_linux_look_around(reclaim, frame);
   return n;
}

/* folio_check_references.  */
static enum verdict
check_references(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame)
{
   uint32_t n_entries = take_references(reclaim, frame);
   bool referenced = frame->referenced;

   if (reclaim->settings.generations && n_entries != 0)
      return vmt_linux_set_refs(frame) ? ACTIVATE : KEEP;
   if (reclaim->settings.generations)
      return FREED;
   frame->referenced = n_entries != 0;
   if (n_entries == 0)
      return FREED;
   if (referenced || n_entries > 1 ||
       (frame->executable && vmt_linux_is_file(frame)))
      return ACTIVATE;
   return KEEP;
}

/* try_to_unmap.  A shmem or file page has no swap entries.  */
static void
unmap(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame)
{
   if (frame->n_mapped == 0)
      return;
   vmt_linux_spend(reclaim, VMT_LINUX_UNMAP_NS);
   vmt_linux_note(reclaim, frame, VMT_RECLAIM_UNMAPPED);
   if (frame->slot != VMT_NO_INDEX && frame->kind == VMT_RECLAIM_ANON)
      vmt_linux_slot(reclaim, frame->slot)->n_entries += frame->n_mapped;
   frame->dirty = frame->dirty || frame->entry_dirty;
   frame->entry_dirty = false;
   frame->n_mapped = 0;
   frame->n_young = 0;
}

/* pageout, swap_writeout: a dirty page that swap is for.  */
static enum verdict
write_out(struct vmt_reclaim *reclaim, uint32_t at, struct vmt_linux_batch *batch)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (frame->page == VMT_NO_PAGE) {
      vmt_linux_leave_cache(reclaim, at);
      return GONE;
   }
   if (frame->slot == VMT_NO_INDEX) {   /* shmem_writeout */
      if (!vmt_linux_alloc_slot(reclaim, at))
         return ACTIVATE;
      vmt_linux_slot(reclaim, frame->slot)->n_entries = 1;
   }
   vmt_linux_note(reclaim, frame, VMT_RECLAIM_SWAPPED_OUT);
   reclaim->counts.n_swapped_out++;
   batch->n_written++;
   vmt_linux_spend(reclaim, VMT_LINUX_WRITE_NS);
   if (reclaim->settings.device == VMT_SWAP_MEMORY) {
      frame->dirty = false;
      return FREED;
   }
   vmt_linux_write(reclaim, at);
   frame->reclaim = true;
   return KEEP;
}

/* __remove_mapping: the page is clean and unmapped.  */
static void
evict(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   uint32_t slot = frame->slot;
   uint64_t page = frame->page;

   if (page == VMT_NO_PAGE) {
      vmt_linux_leave_cache(reclaim, at);
   } else if (slot != VMT_NO_INDEX) {
      struct vmt_swap_slot *record = vmt_linux_slot(reclaim, slot);

      record->shadow = vmt_linux_eviction(reclaim, frame);
      record->has_shadow = true;
      vmt_linux_set_place(reclaim, page, vmt_linux_place(VMT_LINUX_SLOT, slot));
      vmt_linux_leave_cache(reclaim, at);
   } else if (frame->kind == VMT_RECLAIM_FILE) {
      vmt_linux_set_place(reclaim, page,
                          vmt_linux_place(VMT_LINUX_SHADOW,
                                          vmt_linux_eviction(reclaim, frame)));
   } else {                             /* zeroes, or MADV_FREE */
      vmt_hashmap_delete(&reclaim->pages, page);
   }
   vmt_linux_note(reclaim, frame, VMT_RECLAIM_EVICTED);
   vmt_linux_give_frame(reclaim, at);
   vmt_linux_spend(reclaim, VMT_LINUX_FREE_NS);
}

/* A page under write: cases 2 and 3 of shrink_folio_list.  Whether it was waited
   for.  */
static bool
waits_for_write(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (reclaim->settings.waits_for_writes && frame->reclaim) {
      vmt_linux_wait_for_write(reclaim, at);
      return true;
   }
   frame->reclaim = true;
   return false;
}

static enum verdict
reclaim_page(struct vmt_reclaim *reclaim, uint32_t at, struct vmt_linux_batch *batch)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   enum verdict verdict = FREED;

   if (frame->pinned)
      return KEEP;
   if (frame->page == VMT_NO_PAGE && frame->slot == VMT_NO_INDEX)
      return GONE;
   if (frame->dirty && !frame->written && frame->kind == VMT_RECLAIM_FILE)
      batch->n_dirty++;
   if (frame->written && !waits_for_write(reclaim, at))
      return ACTIVATE;
   if (!batch->ignores_references)
      verdict = check_references(reclaim, frame);
   if (verdict != FREED)
      return verdict;
   if (frame->kind == VMT_RECLAIM_ANON && !frame->lazy &&
       frame->slot == VMT_NO_INDEX && !vmt_linux_alloc_slot(reclaim, at))
      return ACTIVATE;
   if (frame->lazy && (frame->dirty || frame->entry_dirty)) {
      frame->lazy = false;              /* written again since MADV_FREE */
      return ACTIVATE;
   }
   unmap(reclaim, frame);
   if (frame->dirty && frame->kind == VMT_RECLAIM_FILE) {
      frame->reclaim = true;
      return ACTIVATE;
   }
   if (frame->dirty)
      return write_out(reclaim, at, batch);
   return FREED;
}

static void
settle(struct vmt_reclaim *reclaim, uint32_t at, enum verdict verdict)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (verdict == FREED) {
      evict(reclaim, at);
   } else if (verdict == GONE) {
      vmt_linux_give_frame(reclaim, at);
   } else if (verdict == ACTIVATE) {
      if (frame->slot != VMT_NO_INDEX && vmt_linux_swap_is_full(reclaim))
         vmt_linux_free_swap(reclaim, at);
      frame->active = true;
      reclaim->counts.n_activated++;
   }
}

uint32_t
vmt_linux_shrink_batch(struct vmt_reclaim *reclaim, struct vmt_linux_batch *batch)
{
   uint32_t n_freed = 0, n = batch->n;

   vmt_assert_cmp(n, <=, MIN_LRU_BATCH);
   batch->n = 0;
   for (uint32_t i = 0; i < n; i++) {
      uint32_t at = batch->frames[i];
      enum verdict verdict;

      vmt_linux_spend(reclaim, VMT_LINUX_SCAN_NS);
      verdict = reclaim_page(reclaim, at, batch);
      settle(reclaim, at, verdict);
      if (verdict == FREED)
         n_freed++;
      else if (verdict != GONE)
         batch->frames[batch->n++] = at;
   }
   return n_freed;
}

void
vmt_linux_put_back(struct vmt_reclaim *reclaim, const struct vmt_linux_batch *batch)
{
   for (uint32_t i = 0; i < batch->n; i++) {
      vmt_linux_add(reclaim, batch->frames[i]);
      reclaim->age += vmt_linux_frame(reclaim, batch->frames[i])->active;
   }
}

/* Each frame may cause this many events: AGED, UNMAPPED, SWAPPED_OUT, EVICTED; and with
   generations AGED of all around it.  */
#define EVENTS_A_FRAME 4
#define EVENTS_AROUND 64

bool
vmt_linux_reserve_shrink(struct vmt_reclaim *reclaim)
{
   uint32_t n = MIN_LRU_BATCH * EVENTS_A_FRAME;

   if (reclaim->settings.generations)
      n += MIN_LRU_BATCH * EVENTS_AROUND;
   if (vmt_linux_reserve_events(reclaim, n) && vmt_linux_swap_reserve(reclaim))
      return true;
   reclaim->status = VMT_NO_MEMORY;
   return false;
}

/* isolate_lru_folios, and room for what is to come.  */
static bool
take_off(struct vmt_reclaim *reclaim, enum vmt_reclaim_list_id id, uint64_t n,
         struct vmt_linux_batch *batch)
{
   struct vmt_reclaim_list *list = &reclaim->lists[id];

   vmt_assert_cmp(n, <=, SWAP_CLUSTER_MAX);
   if (!vmt_linux_reserve_shrink(reclaim))
      return false;
   while (batch->n < n && list->tail != VMT_NO_INDEX) {
      batch->frames[batch->n++] = list->tail;
      vmt_linux_isolate(reclaim, list->tail);
   }
   return batch->n != 0;
}

/* The lists of files' pages, coldest first.  */
static uint32_t
file_lists(const struct vmt_reclaim *reclaim, const struct vmt_reclaim_list **lists)
{
   uint64_t oldest = reclaim->generations.oldest[1];

   if (!reclaim->settings.generations) {
      lists[0] = &reclaim->lists[VMT_RECLAIM_INACTIVE_FILE];
      lists[1] = &reclaim->lists[VMT_RECLAIM_ACTIVE_FILE];
      return 2;
   }
   for (uint32_t i = 0; i < VMT_RECLAIM_N_GENERATIONS; i++)
      lists[i] = &reclaim->generations.lists[vmt_linux_generation(oldest + i)][1];
   return VMT_RECLAIM_N_GENERATIONS;
}

/* Also VMSCAN_THROTTLE_WRITEBACK: 100 ms, or until SWAP_CLUSTER_MAX are written.  */
void
vmt_linux_write_back(struct vmt_reclaim *reclaim)
{
   const struct vmt_reclaim_list *lists[VMT_RECLAIM_N_GENERATIONS];
   uint32_t n_lists = file_lists(reclaim, lists), n_started = 0, wanted = VMT_NO_INDEX;
   uint64_t n = 0;

   for (uint32_t i = 0; i < n_lists; i++)
      n += lists[i]->n;
   if (n > UINT32_MAX || !vmt_linux_reserve_events(reclaim, (uint32_t)n)) {
      reclaim->status = VMT_NO_MEMORY;
      return;
   }
   for (uint32_t i = 0; i < n_lists; i++) {
      uint32_t at = lists[i]->tail;

      for (; at != VMT_NO_INDEX; at = vmt_linux_frame(reclaim, at)->previous) {
         struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

         if (!frame->dirty || frame->written || frame->kind != VMT_RECLAIM_FILE)
            continue;
         vmt_linux_note(reclaim, frame, VMT_RECLAIM_CLEANED);
         vmt_linux_write(reclaim, at);
         reclaim->counts.n_written_back++;
         if (n_started++ < SWAP_CLUSTER_MAX)
            wanted = at;
      }
   }
   if (wanted != VMT_NO_INDEX)
      vmt_linux_wait_for_write(reclaim, wanted);
}

uint64_t
vmt_linux_shrink_inactive(struct vmt_reclaim *reclaim, uint64_t n, bool file)
{
   struct vmt_linux_batch batch = { .n = 0 };
   uint32_t n_taken, n_freed;

   if (!take_off(reclaim, file ? VMT_RECLAIM_INACTIVE_FILE : VMT_RECLAIM_INACTIVE_ANON,
                 n, &batch))
      return 0;
   n_taken = batch.n;
   n_freed = vmt_linux_shrink_batch(reclaim, &batch);
   vmt_linux_put_back(reclaim, &batch);
   reclaim->counts.n_scanned[file] += n_taken;
   reclaim->counts.n_stolen[file] += n_freed;
   vmt_linux_note_cost(reclaim, file, batch.n_written, n_taken - n_freed);
   if (batch.n_dirty == n_taken)
      vmt_linux_write_back(reclaim);
   return n_freed;
}

void
vmt_linux_shrink_active(struct vmt_reclaim *reclaim, uint64_t n, bool file)
{
   struct vmt_linux_batch batch = { .n = 0 };
   uint32_t n_rotated = 0;

   take_off(reclaim, file ? VMT_RECLAIM_ACTIVE_FILE : VMT_RECLAIM_ACTIVE_ANON, n, &batch);
   for (uint32_t i = 0; i < batch.n; i++) {
      struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, batch.frames[i]);

      vmt_linux_spend(reclaim, VMT_LINUX_SCAN_NS);
      if (take_references(reclaim, frame) != 0 && frame->executable &&
          vmt_linux_is_file(frame)) {
         n_rotated++;
         continue;
      }
      frame->active = false;
      frame->workingset = true;
   }
   /* l_active goes back first.  */
   for (uint32_t pass = 0; pass < 2; pass++)
      for (uint32_t i = 0; i < batch.n; i++) {
         struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, batch.frames[i]);

         if (!frame->isolated || frame->active != (pass == 0))
            continue;
         vmt_linux_add(reclaim, batch.frames[i]);
         reclaim->age += frame->active;
      }
   reclaim->counts.n_deactivated += batch.n - n_rotated;
   vmt_linux_note_cost(reclaim, file, 0, n_rotated);
}
