#include "tests/reclaim/invariants.h"

#include "tests/mmu/check.h"
#include "vmtrace/mmu/policies/linux_private.h"

#include <stdlib.h>
#include <string.h>

static void
check_list(const struct vmt_reclaim *reclaim, const struct vmt_reclaim_list *list,
           bool (*is_right)(const struct vmt_reclaim_frame *, uint32_t), uint32_t id,
           uint8_t *seen)
{
   uint32_t previous = VMT_NO_INDEX;
   uint64_t n = 0;

   for (uint32_t at = list->head; at != VMT_NO_INDEX;) {
      const struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

      CHECK(frame->in_use && !frame->isolated && !frame->pinned);
      CHECK(is_right(frame, id));
      CHECK_EQ(frame->previous, previous);
      CHECK_EQ(seen[at], 0);
      seen[at] = 1;
      n++;
      previous = at;
      at = frame->next;
   }
   CHECK_EQ(list->tail, previous);
   CHECK_EQ(list->n, n);
}

static bool
is_of_list(const struct vmt_reclaim_frame *frame, uint32_t id)
{
   uint32_t right = vmt_linux_is_file(frame) ? VMT_RECLAIM_INACTIVE_FILE
                                             : VMT_RECLAIM_INACTIVE_ANON;

   return id == (frame->locked ? VMT_RECLAIM_UNEVICTABLE : right + frame->active);
}

/* Twice the generation whose list it is on, and whether it is a file's.  */
static bool
is_listed(const struct vmt_reclaim_frame *frame, uint32_t id)
{
   return !frame->locked && !frame->active &&
          id == 2u * frame->listed + vmt_linux_is_file(frame);
}

/* There are two to four generations of each kind; a page is of one of them, and their
   sizes add up.  A page that was promoted may be on another's list.  */
static void
check_generations(const struct vmt_reclaim *reclaim, uint8_t *seen)
{
   const struct vmt_reclaim_generations *generations = &reclaim->generations;
   uint64_t n_pages[VMT_RECLAIM_N_GENERATIONS][2] = { { 0 } };

   for (uint32_t type = 0; type < 2; type++) {
      uint64_t n = generations->newest - generations->oldest[type] + 1;

      CHECK(n >= VMT_LINUX_MIN_GENERATIONS && n <= VMT_RECLAIM_N_GENERATIONS);
      for (uint32_t i = 0; i < VMT_RECLAIM_N_GENERATIONS; i++)
         check_list(reclaim, &generations->lists[i][type], is_listed, 2 * i + type, seen);
   }
   for (uint32_t at = 0; at < reclaim->frames.n_records; at++) {
      const struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

      if (frame->in_use && !frame->locked)
         n_pages[frame->generation][vmt_linux_is_file(frame)]++;
   }
   CHECK(memcmp(n_pages, generations->n_pages, sizeof(n_pages)) == 0);
}

static void
check_lists(const struct vmt_reclaim *reclaim, uint8_t *seen)
{
   for (uint32_t id = 0; id < VMT_RECLAIM_N_LISTS; id++)
      check_list(reclaim, &reclaim->lists[id], is_of_list, id, seen);
   if (!reclaim->settings.generations)
      return;
   for (uint32_t id = 0; id < VMT_RECLAIM_N_EVICTABLE; id++)
      CHECK_EQ(reclaim->lists[id].n, 0);
   check_generations(reclaim, seen);
}

static void
check_free(const struct vmt_reclaim *reclaim, uint8_t *seen)
{
   for (uint32_t at = reclaim->first_free; at != VMT_NO_INDEX;
        at = vmt_linux_frame(reclaim, at)->next) {
      CHECK(!vmt_linux_frame(reclaim, at)->in_use);
      CHECK_EQ(seen[at], 0);
      seen[at] = 2;
   }
}

static void
check_frame(const struct vmt_reclaim *reclaim, uint32_t at)
{
   const struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (frame->page != VMT_NO_PAGE)
      CHECK_EQ(vmt_linux_find(reclaim, frame->page), at);
   CHECK(frame->n_young <= frame->n_mapped || frame->n_mapped > 3);
   if (frame->n_mapped == 0)
      CHECK(!frame->entry_dirty);
   if (frame->slot == VMT_NO_INDEX) {
      CHECK(!(frame->written && frame->kind != VMT_RECLAIM_FILE));
      CHECK(frame->page != VMT_NO_PAGE);
      if (frame->kind == VMT_RECLAIM_ANON)
         CHECK(frame->n_mapped != 0);
   } else {
      const struct vmt_swap_slot *slot = vmt_linux_slot(reclaim, frame->slot);

      CHECK(frame->kind != VMT_RECLAIM_FILE && !frame->lazy);
      CHECK_EQ(slot->frame, at);
      CHECK_EQ(slot->page, frame->page);
      CHECK(slot->used && !slot->has_shadow);
      if (frame->page == VMT_NO_PAGE)
         CHECK(slot->n_entries == 0 && frame->n_mapped == 0);
      else if (frame->kind == VMT_RECLAIM_ANON)
         CHECK(slot->n_entries + frame->n_mapped != 0);
   }
}

static void
check_pages(const struct vmt_reclaim *reclaim)
{
   struct vmt_hashmap_slot *entry;
   uint64_t cursor = 0;

   while ((entry = vmt_hashmap_next(&reclaim->pages, &cursor)) != NULL) {
      uint32_t number = (uint32_t)vmt_linux_number(entry->value);

      switch (vmt_linux_where(entry->value)) {
      case VMT_LINUX_FRAME:
         CHECK_EQ(vmt_linux_frame(reclaim, number)->page, entry->key);
         break;
      case VMT_LINUX_SLOT:
         CHECK_EQ(vmt_linux_slot(reclaim, number)->page, entry->key);
         CHECK_EQ(vmt_linux_slot(reclaim, number)->frame, VMT_NO_INDEX);
         CHECK(vmt_linux_slot(reclaim, number)->n_entries != 0);
         break;
      case VMT_LINUX_SHADOW:
         if (reclaim->settings.generations)
            CHECK(vmt_linux_number(entry->value) >> 3 <= reclaim->generations.newest);
         else
            CHECK(vmt_linux_number(entry->value) >> 1 < reclaim->age);
         break;
      default:
         CHECK(false);
      }
   }
}

static void
check_slots(const struct vmt_reclaim *reclaim)
{
   uint64_t n_used = 0;

   for (uint64_t i = 1; i <= reclaim->swap.n_slots; i++) {
      const struct vmt_swap_slot *slot = vmt_linux_slot(reclaim, (uint32_t)i);

      if (slot == NULL || !slot->used)
         continue;
      n_used++;
      if (slot->frame != VMT_NO_INDEX)
         CHECK_EQ(vmt_linux_frame(reclaim, slot->frame)->slot, i);
      else
         CHECK_EQ(*vmt_hashmap_find(&reclaim->pages, slot->page),
                  vmt_linux_place(VMT_LINUX_SLOT, i));
   }
   CHECK_EQ(reclaim->swap.n_used, n_used);
}

static void
check_writes(const struct vmt_reclaim *reclaim)
{
   uint64_t last_ns = 0;
   uint32_t n_written = 0, n_queued = 0;

   for (uint32_t at = reclaim->device.first; at != VMT_NO_INDEX;
        at = vmt_linux_frame(reclaim, at)->next_write) {
      const struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

      CHECK(frame->in_use && frame->written && frame->written_ns > reclaim->now_ns);
      CHECK(frame->written_ns >= last_ns);
      last_ns = frame->written_ns;
      n_queued++;
   }
   CHECK_EQ(reclaim->device.plugged_first, VMT_NO_INDEX);
   for (uint32_t at = 0; at < reclaim->frames.n_records; at++)
      n_written += vmt_linux_frame(reclaim, at)->written;
   CHECK_EQ(n_written, n_queued);
}

void
check_invariants(const struct vmt_reclaim *reclaim)
{
   uint32_t n = reclaim->frames.n_records;
   uint64_t n_used = reclaim->n_kernel_frames;
   uint8_t *seen = calloc(n + 1, 1);

   CHECK(seen != NULL);
   check_lists(reclaim, seen);
   check_free(reclaim, seen);
   for (uint32_t at = 0; at < n; at++) {
      CHECK(seen[at] != 0);
      if (seen[at] != 1)
         continue;
      n_used++;
      check_frame(reclaim, at);
   }
   CHECK_EQ(reclaim->n_frames_used, n_used);
   free(seen);
   check_pages(reclaim);
   check_slots(reclaim);
   check_writes(reclaim);
}
