#include "vmtrace/mmu/policies/replacement.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/policies/replacement_private.h"

static const struct vmt_replacement_policy *const policies[] = {
   [VMT_REPLACE_LRU] = &vmt_replacement_lru,
   [VMT_REPLACE_CLOCK] = &vmt_replacement_clock,
   [VMT_REPLACE_FIFO] = &vmt_replacement_fifo,
   [VMT_REPLACE_RANDOM] = &vmt_replacement_random,
   [VMT_REPLACE_OPT] = &vmt_replacement_opt
};

enum vmt_status
vmt_replacement_init(struct vmt_replacement *memory,
                     enum vmt_replacement_kind kind, uint32_t n_frames,
                     uint64_t seed)
{
   return vmt_replacement_init_in(memory, NULL, kind, n_frames, seed);
}

enum vmt_status
vmt_replacement_init_in(struct vmt_replacement *memory, struct vmt_arena *arena,
                        enum vmt_replacement_kind kind, uint32_t n_frames,
                        uint64_t seed)
{
   if ((uint32_t)kind >= sizeof(policies) / sizeof(*policies) || n_frames == 0)
      return VMT_BAD_INPUT;
   memset(memory, 0, sizeof(*memory));
   memory->policy = policies[kind];
   memory->n_frames = n_frames;
   memory->first_free = VMT_NO_FRAME;
   memory->oldest = memory->newest = VMT_NO_FRAME;
   memory->random.state = seed;
   memory->drawn = VMT_NO_FRAME;
   memory->passing = VMT_NO_FRAME;
   vmt_vector_init_in(&memory->frames, arena, "replacement.frames",
                      sizeof(struct vmt_frame));
   vmt_pagemap_init_in(&memory->pages, arena, "replacement.pages");
   vmt_ranktree_init_in(&memory->order, arena, "replacement.order");
   return VMT_OK;
}

void
vmt_replacement_free(struct vmt_replacement *memory)
{
   vmt_vector_free(&memory->frames);
   vmt_pagemap_free(&memory->pages);
   vmt_ranktree_free(&memory->order);
   vmt_free(memory->next_touches);
   memory->next_touches = NULL;
}

/* The next event must be the one that opt was told of.  */
static void
expect(const struct vmt_replacement *memory, uint64_t event)
{
   if (memory->policy != &vmt_replacement_opt)
      return;
   vmt_assert_cmp(memory->n_events, <, memory->n_future);
   vmt_assert_cmp(memory->future[memory->n_events], ==, event);
}

/* A free frame, which stays free; VMT_NO_FRAME: there is none.  */
static enum vmt_status
find_free(struct vmt_replacement *memory, uint32_t *frame)
{
   struct vmt_frame *made;

   *frame = memory->first_free;
   if (*frame != VMT_NO_FRAME || memory->frames.n_records == memory->n_frames)
      return VMT_OK;
   made = vmt_vector_push(&memory->frames);
   if (made == NULL)
      return VMT_NO_MEMORY;
   *frame = memory->frames.n_records - 1;
   made->page = VMT_NO_VPN;
   made->next = VMT_NO_FRAME;
   memory->first_free = *frame;
   return VMT_OK;
}

static enum vmt_status
load(struct vmt_replacement *memory, uint32_t number, vmt_vpn page,
     uint64_t tick, struct vmt_touch *touch)
{
   uint32_t next = vmt_replacement_frame(memory, number)->next;

   if (memory->policy->load != NULL &&
       memory->policy->load(memory, number, page, tick) != VMT_OK)
      return VMT_NO_MEMORY;
   memory->first_free = next;
   *touch = (struct vmt_touch){ VMT_TOUCH_LOAD, number, VMT_NO_VPN, false };
   return VMT_OK;
}

static enum vmt_status
replace(struct vmt_replacement *memory, vmt_vpn page, uint64_t tick,
        struct vmt_touch *touch)
{
   uint32_t number = memory->policy->choose(memory, tick);
   const struct vmt_frame *frame = vmt_replacement_frame(memory, number);

   if (memory->policy->replace != NULL &&
       memory->policy->replace(memory, number, page, tick) != VMT_OK)
      return VMT_NO_MEMORY;
   vmt_pagemap_delete(&memory->pages, frame->page);
   *touch = (struct vmt_touch){ VMT_TOUCH_REPLACE, number, frame->page,
                                frame->dirty };
   return VMT_OK;
}

static void
stop_passing(struct vmt_replacement *memory)
{
   memory->n_passed = 0;
   memory->passing = VMT_NO_FRAME;
}

static enum vmt_status
fault(struct vmt_replacement *memory, vmt_vpn page, uint64_t tick, bool write,
      struct vmt_touch *touch)
{
   enum vmt_status status;
   struct vmt_frame *frame;
   uint64_t *place;
   uint32_t number;
   bool is_new;

   if (vmt_pagemap_put(&memory->pages, page, &place, &is_new) != VMT_OK)
      return VMT_NO_MEMORY;
   status = find_free(memory, &number);
   if (status == VMT_OK)
      status = number != VMT_NO_FRAME ? load(memory, number, page, tick, touch)
                                      : replace(memory, page, tick, touch);
   if (status != VMT_OK) {
      vmt_pagemap_delete(&memory->pages, page);
      return status;
   }
   stop_passing(memory);
   *place = touch->frame;
   frame = vmt_replacement_frame(memory, touch->frame);
   frame->page = page;
   frame->dirty = write;
   frame->note = 0;
   return VMT_OK;
}

static enum vmt_status
hit(struct vmt_replacement *memory, uint32_t number, uint64_t tick, bool write,
    struct vmt_touch *touch)
{
   if (memory->policy->hit != NULL &&
       memory->policy->hit(memory, number, tick) != VMT_OK)
      return VMT_NO_MEMORY;
   if (write)
      vmt_replacement_frame(memory, number)->dirty = true;
   *touch = (struct vmt_touch){ VMT_TOUCH_HIT, number, VMT_NO_VPN, false };
   return VMT_OK;
}

enum vmt_status
vmt_replacement_touch(struct vmt_replacement *memory, vmt_vpn page,
                      uint64_t tick, bool write, struct vmt_touch *touch)
{
   const uint64_t *number = vmt_pagemap_find(&memory->pages, page);
   enum vmt_status status;

   expect(memory, page);
   status = number != NULL
               ? hit(memory, (uint32_t)*number, tick, write, touch)
               : fault(memory, page, tick, write, touch);
   if (status == VMT_OK)
      memory->n_events++;
   return status;
}

void
vmt_replacement_remove(struct vmt_replacement *memory, vmt_vpn page)
{
   const uint64_t *place = vmt_pagemap_find(&memory->pages, page);
   struct vmt_frame *frame;
   uint32_t number;

   expect(memory, page | VMT_FUTURE_REMOVAL);
   memory->n_events++;
   if (place == NULL)
      return;
   number = (uint32_t)*place;
   if (memory->policy->leave != NULL)
      memory->policy->leave(memory, number);
   stop_passing(memory);
   frame = vmt_replacement_frame(memory, number);
   frame->page = VMT_NO_VPN;
   frame->next = memory->first_free;
   memory->first_free = number;
   vmt_pagemap_delete(&memory->pages, page);
}

vmt_vpn
vmt_replacement_candidate(struct vmt_replacement *memory, uint64_t tick)
{
   if (memory->pages.n_pages < memory->n_frames)
      return VMT_NO_VPN;
   return vmt_replacement_frame(memory, memory->policy->choose(memory, tick))
      ->page;
}

void
vmt_replacement_pass_over(struct vmt_replacement *memory, uint64_t tick)
{
   memory->policy->pass_over(memory, tick);
}

void
vmt_replacement_lift_limit(struct vmt_replacement *memory)
{
   stop_passing(memory);
   memory->drawn = VMT_NO_FRAME;
   memory->n_frames = VMT_NO_FRAME;
}

enum vmt_status
vmt_replacement_rename(struct vmt_replacement *memory, vmt_vpn from, vmt_vpn to)
{
   const uint64_t *place = vmt_pagemap_find(&memory->pages, from);
   uint32_t number;
   uint64_t *new_place;
   bool is_new;

   if (place == NULL)
      return VMT_OK;
   number = (uint32_t)*place;
   if (vmt_pagemap_put(&memory->pages, to, &new_place, &is_new) != VMT_OK)
      return VMT_NO_MEMORY;
   *new_place = number;
   vmt_assert(is_new);
   if (memory->policy->rename != NULL &&
       memory->policy->rename(memory, number, to) != VMT_OK) {
      vmt_pagemap_delete(&memory->pages, to);
      return VMT_NO_MEMORY;
   }
   vmt_replacement_frame(memory, number)->page = to;
   vmt_pagemap_delete(&memory->pages, from);
   return VMT_OK;
}

enum vmt_status
vmt_replacement_refresh(struct vmt_replacement *memory, vmt_vpn page,
                        uint64_t tick, bool *newer)
{
   const uint64_t *number = vmt_pagemap_find(&memory->pages, page);

   *newer = false;
   if (number == NULL || memory->policy->refresh == NULL)
      return VMT_OK;
   return memory->policy->refresh(memory, (uint32_t)*number, tick, newer);
}
