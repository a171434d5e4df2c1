#include "vmtrace/mmu/policies/stack_distance.h"

#include "vmtrace/mmu/base/assert.h"

#define BUCKET_SHIFT 3                  /* buckets an octave, and a share */
#define POINT_SHIFT 7                   /* points of the curve an octave */

static uint32_t
log2_of(uint64_t n)
{
   return 63 - (uint32_t)__builtin_clzll(n);
}

enum vmt_status
vmt_stack_distance_init(struct vmt_stack_distance *stack)
{
   struct vmt_stack_distance made = { .n_touches = 0 };

   vmt_pagemap_init(&made.ticks, "stack.ticks");
   vmt_ranktree_init(&made.pages, "stack.pages");
   vmt_ranktree_init(&made.holes, "stack.holes");
   vmt_vector_init(&made.counts, "stack.counts", sizeof(uint64_t));
   vmt_hashmap_init(&made.share_ids, "stack.share_ids");
   vmt_vector_init(&made.shares, "stack.shares",
                   sizeof(struct vmt_distance_share));

   /* Distance 0 is there from the first.  */
   if (vmt_vector_push(&made.counts) == NULL) {
      vmt_stack_distance_free(&made);
      return VMT_NO_MEMORY;
   }
   *stack = made;
   return VMT_OK;
}

void
vmt_stack_distance_free(struct vmt_stack_distance *stack)
{
   vmt_pagemap_free(&stack->ticks);
   vmt_ranktree_free(&stack->pages);
   vmt_ranktree_free(&stack->holes);
   vmt_vector_free(&stack->counts);
   vmt_hashmap_free(&stack->share_ids);
   vmt_vector_free(&stack->shares);
}

/* ---- counting ---- */

uint32_t
vmt_distance_bucket(uint32_t distance)
{
   uint32_t last, shift;

   if (distance == VMT_FIRST_TOUCH)
      return 0;
   last = distance - 1;                 /* the largest size at which it faults */
   if (last >> BUCKET_SHIFT == 0)
      return 1 + last;
   shift = log2_of(last) - BUCKET_SHIFT;
   return 1 + (shift << BUCKET_SHIFT) + (last >> shift);
}

uint64_t
vmt_distance_bucket_start(uint32_t bucket)
{
   const uint32_t n_buckets = 1u << BUCKET_SHIFT;
   uint32_t octave, within;

   vmt_assert_cmp(bucket, >, 0);
   octave = (bucket - 1) / n_buckets;
   within = (bucket - 1) % n_buckets;
   if (octave == 0)
      return within;
   return (uint64_t)(n_buckets + within) << (octave - 1);
}

static uint64_t *
count_at(const struct vmt_stack_distance *stack, uint64_t distance)
{
   return vmt_vector_at(&stack->counts, (uint32_t)distance);
}

/* Makes sure that count() and a deeper stack find memory.  */
static enum vmt_status
reserve(struct vmt_stack_distance *stack)
{
   if (stack->shares.n_records == stack->n_shares &&
       vmt_vector_push(&stack->shares) == NULL)
      return VMT_NO_MEMORY;
   if (stack->counts.n_records == stack->n_peak_pages + 1 &&
       vmt_vector_push(&stack->counts) == NULL)
      return VMT_NO_MEMORY;
   return vmt_hashmap_reserve(&stack->share_ids, stack->share_ids.n_used + 1);
}

static void
count(struct vmt_stack_distance *stack, uint32_t charge, uint32_t distance)
{
   uint32_t bucket = vmt_distance_bucket(distance);
   uint64_t number = bucket >> BUCKET_SHIFT, *id;
   uint64_t key = (uint64_t)charge << 32 | number;
   struct vmt_distance_share *share;

   if (vmt_hashmap_put(&stack->share_ids, key, &id) != VMT_OK)
      vmt_assert(!"there is room in share_ids");
   if (*id == 0) {
      *id = ++stack->n_shares;
      share = vmt_vector_at(&stack->shares, (uint32_t)*id - 1);
      share->charge = charge;
      share->first_bucket = (uint32_t)number << BUCKET_SHIFT;
   }
   share = vmt_vector_at(&stack->shares, (uint32_t)*id - 1);
   share->counts[bucket - share->first_bucket]++;
   ++*count_at(stack, distance);
   stack->n_touches++;
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
                         uint64_t tick, uint32_t charge, uint32_t *distance)
{
   const struct vmt_ranktree_entry to = { tick, page };
   enum vmt_status status = VMT_OK;
   uint64_t *last;
   bool is_new;

   if (reserve(stack) != VMT_OK ||
       vmt_pagemap_put(&stack->ticks, page, &last, &is_new) != VMT_OK)
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
   count(stack, charge, *distance);
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

/* ---- reading ---- */

/* How many touches have distances of (from, to].  */
static uint64_t
sum_of(const struct vmt_stack_distance *stack, uint64_t from, uint64_t to)
{
   uint64_t n = 0;

   for (uint64_t distance = from + 1; distance <= to; distance++)
      n += *count_at(stack, distance);
   return n;
}

uint64_t
vmt_stack_distance_faults(const struct vmt_stack_distance *stack,
                          uint64_t ram_pages)
{
   if (ram_pages > stack->n_peak_pages)
      ram_pages = stack->n_peak_pages;
   return stack->n_touches - sum_of(stack, 0, ram_pages);
}

bool
vmt_stack_distance_next_point(const struct vmt_stack_distance *stack,
                              struct vmt_curve_point *point)
{
   uint64_t old = point->ram_pages, step = 1;

   if (old >= stack->n_peak_pages)
      return false;
   if (old == 0)
      point->n_faults = stack->n_touches;
   else if (old >> POINT_SHIFT != 0)
      step = (uint64_t)1 << (log2_of(old) - POINT_SHIFT);
   point->ram_pages = old + step < stack->n_peak_pages ? old + step
                                                       : stack->n_peak_pages;
   point->n_faults -= sum_of(stack, old, point->ram_pages);
   return true;
}

const struct vmt_distance_share *
vmt_stack_distance_next_share(const struct vmt_stack_distance *stack,
                              uint32_t *cursor)
{
   return *cursor < stack->n_shares ? vmt_vector_at(&stack->shares, (*cursor)++)
                                    : NULL;
}
