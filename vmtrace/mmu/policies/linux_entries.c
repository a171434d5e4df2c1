/* Entries of page tables that come and go, and their bits.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

#define MAX_YOUNG 3

static void
count_young(struct vmt_reclaim_frame *frame)
{
   if (frame->n_young < MAX_YOUNG)
      frame->n_young++;
}

/* A file's page is dirty when its first write faults (page_mkwrite); others when the
   entry's bit is looked at.  */
static void
note_write(struct vmt_reclaim_frame *frame)
{
   if (frame->kind == VMT_RECLAIM_FILE)
      frame->dirty = true;
   else
      frame->entry_dirty = true;
}

void
vmt_linux_map(struct vmt_reclaim *reclaim, uint32_t at,
              const struct vmt_reclaim_request *request)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   frame->n_mapped++;
   count_young(frame);
   frame->executable = frame->executable || request->executable;
   frame->no_recency = request->no_recency;
   if (request->write)
      note_write(frame);
}

bool
vmt_reclaim_map(struct vmt_reclaim *reclaim, uint64_t page, bool executable,
                bool no_recency)
{
   const struct vmt_reclaim_request request = { .executable = executable,
                                                .no_recency = no_recency };
   uint32_t at = vmt_linux_find(reclaim, page);

   /* next_uptodate_folio: not the mark of a read-ahead either.  */
   if (at == VMT_NO_INDEX || vmt_linux_frame(reclaim, at)->slot != VMT_NO_INDEX ||
       vmt_linux_frame(reclaim, at)->read_ahead)
      return false;
   vmt_linux_map(reclaim, at, &request);
   return true;
}

void
vmt_reclaim_touched(struct vmt_reclaim *reclaim, uint64_t page, bool young, bool write)
{
   uint32_t at = vmt_linux_find(reclaim, page);
   struct vmt_reclaim_frame *frame;

   vmt_assert(at != VMT_NO_INDEX);
   frame = vmt_linux_frame(reclaim, at);
   vmt_assert(frame->n_mapped != 0);
   if (young)
      count_young(frame);
   if (write)
      note_write(frame);
}

/* folio_mark_accessed.  */
static void
mark_accessed(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (reclaim->settings.generations) {
      vmt_linux_generation_accessed(frame);
   } else if (!frame->referenced) {
      frame->referenced = true;
   } else if (!frame->active && !frame->locked) {
      vmt_linux_activate(reclaim, at);
      frame->referenced = false;
   }
}

void
vmt_reclaim_accessed(struct vmt_reclaim *reclaim, uint64_t page)
{
   uint32_t at = vmt_linux_find(reclaim, page);

   if (at != VMT_NO_INDEX)
      mark_accessed(reclaim, at);
}

void
vmt_reclaim_duplicate(struct vmt_reclaim *reclaim, uint64_t page, bool swap_entry)
{
   const uint64_t *place = vmt_hashmap_find(&reclaim->pages, page);
   uint32_t number;

   vmt_assert(place != NULL);
   number = (uint32_t)vmt_linux_number(*place);
   if (vmt_linux_where(*place) == VMT_LINUX_SLOT)
      vmt_linux_slot(reclaim, number)->n_entries++;
   else if (swap_entry)
      vmt_linux_slot(reclaim, vmt_linux_frame(reclaim, number)->slot)->n_entries++;
   else
      vmt_linux_frame(reclaim, number)->n_mapped++;
}

/* Nobody maps the page and no entry names it.  While it is written its frame stays,
   for reclaim to find (free_swap_cache).  */
static void
drop(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   vmt_hashmap_delete(&reclaim->pages, frame->page);
   frame->page = VMT_NO_PAGE;
   if (frame->written) {
      vmt_linux_slot(reclaim, frame->slot)->page = VMT_NO_PAGE;
      return;
   }
   if (frame->slot != VMT_NO_INDEX)
      vmt_linux_leave_cache(reclaim, at);
   vmt_linux_isolate(reclaim, at);
   vmt_linux_give_frame(reclaim, at);
}

static void
unmap_frame(struct vmt_reclaim *reclaim, uint32_t at, bool swap_entry, bool young)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   struct vmt_swap_slot *slot = NULL;

   if (frame->slot != VMT_NO_INDEX)
      slot = vmt_linux_slot(reclaim, frame->slot);
   if (swap_entry) {
      vmt_assert(slot != NULL && slot->n_entries != 0);
      slot->n_entries--;
      if (frame->n_mapped != 0 && vmt_linux_swap_is_full(reclaim))
         vmt_linux_free_swap(reclaim, at);
   } else {
      vmt_assert(frame->n_mapped != 0);
      frame->n_mapped--;
      if (young && frame->n_young != 0)
         frame->n_young--;
      if (young && frame->kind != VMT_RECLAIM_ANON && !frame->no_recency)
         mark_accessed(reclaim, at);    /* zap_present_folio_ptes */
   }
   if (frame->n_mapped != 0)
      return;
   frame->n_young = 0;
   frame->executable = frame->no_recency = false;
   frame->dirty = frame->dirty || frame->entry_dirty;
   frame->entry_dirty = false;
   if (frame->kind == VMT_RECLAIM_ANON && (slot == NULL || slot->n_entries == 0))
      drop(reclaim, at);
}

void
vmt_reclaim_unmap(struct vmt_reclaim *reclaim, uint64_t page, bool swap_entry,
                  bool young)
{
   const uint64_t *place = vmt_hashmap_find(&reclaim->pages, page);
   uint32_t number;

   vmt_assert(place != NULL);
   number = (uint32_t)vmt_linux_number(*place);
   if (vmt_linux_where(*place) == VMT_LINUX_FRAME) {
      unmap_frame(reclaim, number, swap_entry, young);
      return;
   }
   vmt_assert_cmp(vmt_linux_where(*place), ==, VMT_LINUX_SLOT);
   vmt_assert(vmt_linux_slot(reclaim, number)->n_entries != 0);
   if (--vmt_linux_slot(reclaim, number)->n_entries != 0)
      return;
   vmt_linux_free_slot(reclaim, number);
   vmt_hashmap_delete(&reclaim->pages, page);
}

void
vmt_reclaim_forget(struct vmt_reclaim *reclaim, uint64_t page)
{
   const uint64_t *place = vmt_hashmap_find(&reclaim->pages, page);
   uint32_t number;

   if (place == NULL)
      return;
   number = (uint32_t)vmt_linux_number(*place);
   if (vmt_linux_where(*place) == VMT_LINUX_FRAME) {
      struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, number);

      vmt_assert(frame->n_mapped == 0 && frame->kind != VMT_RECLAIM_ANON);
      if (frame->written)
         vmt_linux_wait_for_write(reclaim, number);
      if (frame->slot != VMT_NO_INDEX)
         vmt_linux_slot(reclaim, frame->slot)->n_entries = 0;
      drop(reclaim, number);
      return;
   }
   if (vmt_linux_where(*place) == VMT_LINUX_SLOT) {
      vmt_linux_slot(reclaim, number)->n_entries = 0;
      vmt_linux_free_slot(reclaim, number);
   }
   vmt_hashmap_delete(&reclaim->pages, page);
}

void
vmt_reclaim_reuse(struct vmt_reclaim *reclaim, uint64_t page)
{
   uint32_t at = vmt_linux_find(reclaim, page);

   if (at != VMT_NO_INDEX && vmt_linux_frame(reclaim, at)->n_mapped == 1)
      vmt_linux_free_swap(reclaim, at);
}
