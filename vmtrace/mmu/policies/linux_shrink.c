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

struct batch {
   uint32_t n_written;                  /* nr_pageout */
   uint32_t n_dirty;                    /* nr_unqueued_dirty */
   bool ignores_references;
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
   return n;
}

/* folio_check_references.  */
static enum verdict
check_references(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame)
{
   uint32_t n_entries = take_references(reclaim, frame);
   bool referenced = frame->referenced;

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
write_out(struct vmt_reclaim *reclaim, uint32_t at, struct batch *batch)
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
reclaim_page(struct vmt_reclaim *reclaim, uint32_t at, struct batch *batch)
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

/* Each frame may cause this many events: AGED, UNMAPPED, SWAPPED_OUT, EVICTED.  */
#define EVENTS_A_FRAME 4

/* shrink_folio_list and move_folios_to_lru.  */
uint32_t
vmt_linux_shrink_frames(struct vmt_reclaim *reclaim, const uint32_t *frames, uint32_t n,
                        bool ignores_references, uint32_t *n_written, uint32_t *n_dirty)
{
   struct batch batch = { .ignores_references = ignores_references };
   uint32_t n_freed = 0, n_kept = 0, kept[SWAP_CLUSTER_MAX];

   vmt_assert_cmp(n, <=, SWAP_CLUSTER_MAX);
   for (uint32_t i = 0; i < n; i++) {
      enum verdict verdict;

      vmt_linux_spend(reclaim, VMT_LINUX_SCAN_NS);
      verdict = reclaim_page(reclaim, frames[i], &batch);
      settle(reclaim, frames[i], verdict);
      if (verdict == FREED)
         n_freed++;
      else if (verdict != GONE)
         kept[n_kept++] = frames[i];
   }
   for (uint32_t i = 0; i < n_kept; i++) {
      vmt_linux_add(reclaim, kept[i]);
      reclaim->age += vmt_linux_frame(reclaim, kept[i])->active;
   }
   *n_written = batch.n_written;
   *n_dirty = batch.n_dirty;
   return n_freed;
}

bool
vmt_linux_reserve_shrink(struct vmt_reclaim *reclaim)
{
   return vmt_linux_reserve_events(reclaim, SWAP_CLUSTER_MAX * EVENTS_A_FRAME) &&
          vmt_linux_swap_reserve(reclaim);
}

/* isolate_lru_folios, and room for what is to come.  */
static uint32_t
take_off(struct vmt_reclaim *reclaim, enum vmt_reclaim_list_id id, uint64_t n,
         uint32_t *frames)
{
   struct vmt_reclaim_list *list = &reclaim->lists[id];
   uint32_t n_taken = 0;

   vmt_assert_cmp(n, <=, SWAP_CLUSTER_MAX);
   if (!vmt_linux_reserve_shrink(reclaim)) {
      reclaim->status = VMT_NO_MEMORY;
      return 0;
   }
   while (n_taken < n && list->tail != VMT_NO_INDEX) {
      frames[n_taken] = list->tail;
      vmt_linux_isolate(reclaim, list->tail);
      n_taken++;
   }
   return n_taken;
}

/* wakeup_flusher_threads and VMSCAN_THROTTLE_WRITEBACK: dirty pages of files are
   written, and reclaim sleeps for 100 ms or until some are.  */
static void
write_back(struct vmt_reclaim *reclaim)
{
   static const enum vmt_reclaim_list_id ids[] = { VMT_RECLAIM_INACTIVE_FILE,
                                                   VMT_RECLAIM_ACTIVE_FILE };
   uint64_t n = reclaim->lists[ids[0]].n + reclaim->lists[ids[1]].n;
   uint32_t n_started = 0, wanted = VMT_NO_INDEX;

   if (n > UINT32_MAX || !vmt_linux_reserve_events(reclaim, (uint32_t)n)) {
      reclaim->status = VMT_NO_MEMORY;
      return;
   }
   for (uint32_t i = 0; i < 2; i++) {
      uint32_t at = reclaim->lists[ids[i]].tail;

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
   uint32_t frames[SWAP_CLUSTER_MAX], n_taken, n_freed, n_written, n_dirty;

   n_taken = take_off(reclaim, file ? VMT_RECLAIM_INACTIVE_FILE
                                    : VMT_RECLAIM_INACTIVE_ANON, n, frames);
   if (n_taken == 0)
      return 0;
   n_freed = vmt_linux_shrink_frames(reclaim, frames, n_taken, false, &n_written,
                                     &n_dirty);
   reclaim->counts.n_scanned[file] += n_taken;
   reclaim->counts.n_stolen[file] += n_freed;
   vmt_linux_note_cost(reclaim, file, n_written, n_taken - n_freed);
   if (n_dirty == n_taken)
      write_back(reclaim);
   return n_freed;
}

void
vmt_linux_shrink_active(struct vmt_reclaim *reclaim, uint64_t n, bool file)
{
   uint32_t frames[SWAP_CLUSTER_MAX], n_taken, n_rotated = 0;

   n_taken = take_off(reclaim, file ? VMT_RECLAIM_ACTIVE_FILE
                                    : VMT_RECLAIM_ACTIVE_ANON, n, frames);
   for (uint32_t i = 0; i < n_taken; i++) {
      struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, frames[i]);

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
      for (uint32_t i = 0; i < n_taken; i++) {
         struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, frames[i]);

         if (!frame->isolated || frame->active != (pass == 0))
            continue;
         vmt_linux_add(reclaim, frames[i]);
         reclaim->age += frame->active;
      }
   reclaim->counts.n_deactivated += n_taken - n_rotated;
   vmt_linux_note_cost(reclaim, file, 0, n_rotated);
}
