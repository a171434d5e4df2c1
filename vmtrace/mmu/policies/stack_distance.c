#include "vmtrace/mmu/policies/stack_distance.h"

#include "vmtrace/mmu/base/assert.h"

void
vmt_stack_distance_init(struct vmt_stack_distance *stack)
{
   vmt_pagemap_init(&stack->ticks, "stack.ticks");
   vmt_ranktree_init(&stack->pages, "stack.pages");
   vmt_ranktree_init(&stack->holes, "stack.holes");
   stack->n_peak_pages = 0;
}

void
vmt_stack_distance_free(struct vmt_stack_distance *stack)
{
   vmt_pagemap_free(&stack->ticks);
   vmt_ranktree_free(&stack->pages);
   vmt_ranktree_free(&stack->holes);
}

/* ---- the stack ---- */

/* Page comes in at `to`, and fills the uppermost hole that is not above it.  */
static enum vmt_status
enter(struct vmt_stack_distance *stack, const struct vmt_ranktree_entry *to)
{
   uint64_t n_above, n_places;

   if (vmt_ranktree_insert(&stack->pages, to, &n_above) != VMT_OK)
      return VMT_NO_MEMORY;
   if (stack->holes.n_entries != 0 &&
       (n_above = vmt_ranktree_n_above(&stack->holes, to)) <
          stack->holes.n_entries) {
      struct vmt_ranktree_entry hole = *vmt_ranktree_at(&stack->holes, n_above);

      vmt_ranktree_delete(&stack->holes, &hole);
   }
   n_places = stack->pages.n_entries + stack->holes.n_entries;
   if (stack->n_peak_pages < n_places)
      stack->n_peak_pages = n_places;
   return VMT_OK;
}

/* The uppermost hole between the two, if there is any, goes down to `from`.
   *n_holes: how many there are between them.  */
static enum vmt_status
move_hole(struct vmt_stack_distance *stack,
          const struct vmt_ranktree_entry *from,
          const struct vmt_ranktree_entry *to, uint32_t *n_holes)
{
   struct vmt_ranktree_entry hole;
   uint64_t n_above, ignored;

   *n_holes = 0;
   if (stack->holes.n_entries == 0)
      return VMT_OK;
   n_above = vmt_ranktree_n_above(&stack->holes, to);
   *n_holes = (uint32_t)(vmt_ranktree_n_above(&stack->holes, from) - n_above);
   if (*n_holes == 0)
      return VMT_OK;
   hole = *vmt_ranktree_at(&stack->holes, n_above);
   if (vmt_ranktree_insert(&stack->holes, from, &ignored) != VMT_OK)
      return VMT_NO_MEMORY;
   vmt_ranktree_delete(&stack->holes, &hole);
   return VMT_OK;
}

/* A page goes up.  *distance: how deep it lay below its new place, plus one.  */
static enum vmt_status
move(struct vmt_stack_distance *stack, const struct vmt_ranktree_entry *from,
     const struct vmt_ranktree_entry *to, uint32_t *distance)
{
   uint64_t n_above;
   uint32_t n_holes;

   if (vmt_ranktree_insert(&stack->pages, to, &n_above) != VMT_OK)
      return VMT_NO_MEMORY;
   if (move_hole(stack, from, to, &n_holes) != VMT_OK) {
      vmt_ranktree_delete(&stack->pages, to);
      return VMT_NO_MEMORY;
   }
   *distance = n_holes + (uint32_t)(vmt_ranktree_delete(&stack->pages, from) -
                                    n_above);
   return VMT_OK;
}

enum vmt_status
vmt_stack_distance_touch(struct vmt_stack_distance *stack, vmt_vpn page,
                         uint64_t tick, uint32_t *distance)
{
   const struct vmt_ranktree_entry to = { tick, page };
   enum vmt_status status = VMT_OK;
   uint64_t *last;
   bool is_new;

   if (vmt_pagemap_put(&stack->ticks, page, &last, &is_new) != VMT_OK)
      return VMT_NO_MEMORY;
   if (is_new) {
      *distance = VMT_FIRST_TOUCH;
      status = enter(stack, &to);
      if (status != VMT_OK)
         vmt_pagemap_delete(&stack->ticks, page);
   } else if (*last < tick) {
      const struct vmt_ranktree_entry from = { *last, page };

      status = move(stack, &from, &to, distance);
   } else {
      *distance = 1;
   }
   if (status != VMT_OK)
      return status;
   if (is_new || *last < tick)
      *last = tick;
   return VMT_OK;
}

enum vmt_status
vmt_stack_distance_refresh(struct vmt_stack_distance *stack, vmt_vpn page,
                           uint64_t tick)
{
   uint64_t *last = vmt_pagemap_find(&stack->ticks, page);
   struct vmt_ranktree_entry from, to = { tick, page };
   uint32_t ignored;

   if (last == NULL || *last >= tick)
      return VMT_OK;
   from = (struct vmt_ranktree_entry){ *last, page };
   if (move(stack, &from, &to, &ignored) != VMT_OK)
      return VMT_NO_MEMORY;
   *last = tick;
   return VMT_OK;
}

static void
drop_lowest_holes(struct vmt_stack_distance *stack)
{
   while (stack->holes.n_entries != 0) {
      struct vmt_ranktree_entry hole = *vmt_ranktree_lowest(&stack->holes);

      if (stack->pages.n_entries != 0 &&
          vmt_ranktree_is_above(&hole, vmt_ranktree_lowest(&stack->pages)))
         return;
      vmt_ranktree_delete(&stack->holes, &hole);
   }
}

enum vmt_status
vmt_stack_distance_remove(struct vmt_stack_distance *stack, vmt_vpn page)
{
   const uint64_t *last = vmt_pagemap_find(&stack->ticks, page);
   struct vmt_ranktree_entry place;
   uint64_t ignored;

   if (last == NULL)
      return VMT_OK;
   place = (struct vmt_ranktree_entry){ *last, page };
   if (vmt_ranktree_insert(&stack->holes, &place, &ignored) != VMT_OK)
      return VMT_NO_MEMORY;
   vmt_ranktree_delete(&stack->pages, &place);
   vmt_pagemap_delete(&stack->ticks, page);
   drop_lowest_holes(stack);
   return VMT_OK;
}

enum vmt_status
vmt_stack_distance_rename(struct vmt_stack_distance *stack, vmt_vpn from,
                          vmt_vpn to)
{
   const uint64_t *last = vmt_pagemap_find(&stack->ticks, from);
   struct vmt_ranktree_entry old, renamed;
   uint64_t *copy, ignored;
   bool is_new;

   if (last == NULL)
      return VMT_OK;
   if (vmt_pagemap_put(&stack->ticks, to, &copy, &is_new) != VMT_OK)
      return VMT_NO_MEMORY;
   vmt_assert(is_new);
   *copy = *last;
   old = (struct vmt_ranktree_entry){ *last, from };
   renamed = (struct vmt_ranktree_entry){ *last, to };
   if (vmt_ranktree_insert(&stack->pages, &renamed, &ignored) != VMT_OK) {
      vmt_pagemap_delete(&stack->ticks, to);
      return VMT_NO_MEMORY;
   }
   vmt_ranktree_delete(&stack->pages, &old);
   vmt_pagemap_delete(&stack->ticks, from);
   return VMT_OK;
}

bool
vmt_stack_distance_at(const struct vmt_stack_distance *stack, uint64_t n_above,
                      vmt_vpn *page, uint64_t *tick)
{
   const struct vmt_ranktree_entry *entry;

   if (n_above >= stack->pages.n_entries)
      return false;
   entry = vmt_ranktree_at(&stack->pages, n_above);
   *page = entry->value;
   *tick = entry->key;
   return true;
}
