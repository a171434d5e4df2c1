#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/policies/replacement_private.h"

#define NEVER UINT32_MAX

/* order has (number of the event that touches it next, NEVER - frame) of each
   resident page: the uppermost goes.  */

static struct vmt_ranktree_entry
entry_of(uint64_t next_touch, uint32_t frame)
{
   return (struct vmt_ranktree_entry){ next_touch, NEVER - frame };
}

/* The entry of the page that is in the frame.  */
static struct vmt_ranktree_entry
old_entry(const struct vmt_replacement *memory, uint32_t frame)
{
   return entry_of(vmt_replacement_frame(memory, frame)->stamp, frame);
}

static enum vmt_status
load(struct vmt_replacement *memory, uint32_t frame, vmt_vpn page, uint64_t tick)
{
   const struct vmt_ranktree_entry entry =
      entry_of(memory->next_touches[memory->n_events], frame);
   uint64_t ignored;

   if (vmt_ranktree_insert(&memory->order, &entry, &ignored) != VMT_OK)
      return VMT_NO_MEMORY;
   vmt_replacement_frame(memory, frame)->stamp = entry.key;
   return VMT_OK;
}

/* Where neither page is touched again, the entry is the same.  */
static enum vmt_status
replace(struct vmt_replacement *memory, uint32_t frame, vmt_vpn page,
        uint64_t tick)
{
   const struct vmt_ranktree_entry old = old_entry(memory, frame);

   if (old.key == memory->next_touches[memory->n_events])
      return VMT_OK;
   if (load(memory, frame, page, tick) != VMT_OK)
      return VMT_NO_MEMORY;
   vmt_ranktree_delete(&memory->order, &old);
   return VMT_OK;
}

static enum vmt_status
hit(struct vmt_replacement *memory, uint32_t frame, uint64_t tick)
{
   return replace(memory, frame, VMT_NO_VPN, tick);
}

static void
leave(struct vmt_replacement *memory, uint32_t frame)
{
   const struct vmt_ranktree_entry old = old_entry(memory, frame);

   vmt_ranktree_delete(&memory->order, &old);
}

static uint32_t
choose(struct vmt_replacement *memory, uint64_t tick)
{
   return (uint32_t)(NEVER - vmt_ranktree_at(&memory->order, 0)->value);
}

const struct vmt_replacement_policy vmt_replacement_opt = {
   .load = load,
   .replace = replace,
   .hit = hit,
   .leave = leave,
   .choose = choose
};

/* From the last event to the first: at each touch, which event touches its page
   next with no removal in between.  */
static enum vmt_status
look_ahead(struct vmt_replacement *memory)
{
   enum vmt_status status = VMT_OK;
   struct vmt_pagemap later;

   vmt_pagemap_init(&later, "replacement.future");
   for (uint64_t i = memory->n_future; i > 0 && status == VMT_OK; i--) {
      uint64_t event = memory->future[i - 1], *next;
      bool is_new;

      memory->next_touches[i - 1] = NEVER;
      if ((event & VMT_FUTURE_REMOVAL) != 0) {
         vmt_pagemap_delete(&later, event & ~VMT_FUTURE_REMOVAL);
         continue;
      }
      status = vmt_pagemap_put(&later, event, &next, &is_new);
      if (status == VMT_OK) {
         if (!is_new)
            memory->next_touches[i - 1] = (uint32_t)*next;
         *next = i - 1;
      }
   }
   vmt_pagemap_free(&later);
   return status;
}

enum vmt_status
vmt_replacement_init_opt(struct vmt_replacement *memory, uint32_t n_frames,
                         const uint64_t *future, uint64_t n_future)
{
   enum vmt_status status;

   if (n_future >= NEVER)
      return VMT_BAD_INPUT;
   status = vmt_replacement_init(memory, VMT_REPLACE_OPT, n_frames, 0);
   if (status != VMT_OK)
      return status;
   memory->future = future;
   memory->n_future = n_future;
   memory->next_touches = vmt_alloc(
      "replacement.future", (n_future + 1) * sizeof(*memory->next_touches));
   if (memory->next_touches == NULL || look_ahead(memory) != VMT_OK) {
      vmt_replacement_free(memory);
      return VMT_NO_MEMORY;
   }
   return VMT_OK;
}
