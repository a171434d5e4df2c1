#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/replacement_private.h"

/* order has (tick of the last touch, page) of each resident page: a list would
   do if no news came late.  */

static struct vmt_ranktree_entry
entry_of(const struct vmt_frame *frame)
{
   return (struct vmt_ranktree_entry){ frame->stamp, frame->page };
}

static enum vmt_status
load(struct vmt_replacement *memory, uint32_t frame, vmt_vpn page, uint64_t tick)
{
   const struct vmt_ranktree_entry entry = { tick, page };
   uint64_t ignored;

   if (vmt_ranktree_insert(&memory->order, &entry, &ignored) != VMT_OK)
      return VMT_NO_MEMORY;
   vmt_replacement_frame(memory, frame)->stamp = tick;
   return VMT_OK;
}

static enum vmt_status
replace(struct vmt_replacement *memory, uint32_t frame, vmt_vpn page,
        uint64_t tick)
{
   const struct vmt_ranktree_entry victim =
      entry_of(vmt_replacement_frame(memory, frame));

   if (load(memory, frame, page, tick) != VMT_OK)
      return VMT_NO_MEMORY;
   vmt_ranktree_delete(&memory->order, &victim);
   return VMT_OK;
}

static enum vmt_status
refresh(struct vmt_replacement *memory, uint32_t number, uint64_t tick,
        bool *newer)
{
   const struct vmt_frame *frame = vmt_replacement_frame(memory, number);

   if (frame->stamp >= tick)
      return VMT_OK;
   if (replace(memory, number, frame->page, tick) != VMT_OK)
      return VMT_NO_MEMORY;
   *newer = true;
   return VMT_OK;
}

static enum vmt_status
hit(struct vmt_replacement *memory, uint32_t frame, uint64_t tick)
{
   bool ignored;

   return refresh(memory, frame, tick, &ignored);
}

static void
leave(struct vmt_replacement *memory, uint32_t frame)
{
   const struct vmt_ranktree_entry entry =
      entry_of(vmt_replacement_frame(memory, frame));

   vmt_ranktree_delete(&memory->order, &entry);
}

static enum vmt_status
rename(struct vmt_replacement *memory, uint32_t number, vmt_vpn to)
{
   const struct vmt_frame *frame = vmt_replacement_frame(memory, number);

   return replace(memory, number, to, frame->stamp);
}

static void
pass_over(struct vmt_replacement *memory, uint64_t tick)
{
   memory->n_passed++;
   vmt_assert_cmp(memory->n_passed, <, memory->order.n_entries);
}

static uint32_t
choose(struct vmt_replacement *memory, uint64_t tick)
{
   const struct vmt_ranktree_entry *lowest =
      memory->n_passed == 0
         ? vmt_ranktree_lowest(&memory->order)
         : vmt_ranktree_at(&memory->order,
                           memory->order.n_entries - 1 - memory->n_passed);
   const uint64_t *frame = vmt_pagemap_find(&memory->pages, lowest->value);

   vmt_assert(frame != NULL);
   return (uint32_t)*frame;
}

const struct vmt_replacement_policy vmt_replacement_lru = {
   .load = load,
   .replace = replace,
   .hit = hit,
   .refresh = refresh,
   .pass_over = pass_over,
   .rename = rename,
   .leave = leave,
   .choose = choose
};
