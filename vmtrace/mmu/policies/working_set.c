#include "vmtrace/mmu/policies/working_set.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

/* A page's record: bits 0-29 the window it was touched in last, 32-63 the index
   of its owner.  */
#define WINDOW_MASK (((uint64_t)1 << 30) - 1)
#define GONE ((uint64_t)1 << 30)        /* unmapped since it was touched */
#define LISTED ((uint64_t)1 << 31)      /* in set->gone */
#define OWNER_SHIFT 32
#define LAST_WINDOW ((uint32_t)WINDOW_MASK)

#define NOBODY 0                        /* index of owner 0 */

static uint32_t
window_of(uint64_t record)
{
   return (uint32_t)(record & WINDOW_MASK);
}

static struct vmt_working_set_owner *
owner_at(const struct vmt_working_set *set, uint32_t index)
{
   return vmt_vector_at(&set->owners, index);
}

/* ---- life ---- */

static void
open_window(struct vmt_working_set *set, uint32_t window, uint64_t start_instrs)
{
   set->window = window;
   set->n_pages = 0;
   set->start_instrs = start_instrs;
   set->end_instrs = UINT64_MAX;
   if (window != LAST_WINDOW && UINT64_MAX - start_instrs > set->window_instrs)
      set->end_instrs = start_instrs + set->window_instrs;
}

static bool
is_over(const struct vmt_working_set *set)
{
   return set->start_instrs == UINT64_MAX;
}

enum vmt_status
vmt_working_set_init(struct vmt_working_set *set, uint64_t window_instrs,
                     uint32_t max_samples)
{
   struct vmt_working_set made = {
      .window_instrs = window_instrs,
      .max_samples = max_samples,
      .windows_per_sample = 1
   };

   if (window_instrs == 0 || max_samples == 0 || max_samples % 2 != 0)
      return VMT_BAD_INPUT;
   open_window(&made, 1, 0);
   vmt_pagemap_init(&made.pages, "working_set.pages");
   vmt_vector_init(&made.gone, "working_set.gone", sizeof(vmt_vpn));
   vmt_hashmap_init(&made.owner_ids, "working_set.owner_ids");
   vmt_vector_init(&made.owners, "working_set.owners",
                   sizeof(struct vmt_working_set_owner));
   made.samples = vmt_alloc("working_set.samples",
                            max_samples * sizeof(*made.samples));
   if (made.samples == NULL || vmt_vector_push(&made.owners) == NULL) {
      vmt_working_set_free(&made);
      return VMT_NO_MEMORY;
   }
   *set = made;
   return VMT_OK;
}

void
vmt_working_set_free(struct vmt_working_set *set)
{
   vmt_pagemap_free(&set->pages);
   vmt_vector_free(&set->gone);
   vmt_hashmap_free(&set->owner_ids);
   vmt_vector_free(&set->owners);
   vmt_free(set->samples);
   set->samples = NULL;
}

/* ---- samples ---- */

static void
merge_samples(struct vmt_working_set_sample *left,
              const struct vmt_working_set_sample *right)
{
   left->n_windows += right->n_windows;
   left->sum_pages += right->sum_pages;
   if (left->min_pages > right->min_pages)
      left->min_pages = right->min_pages;
   if (left->max_pages < right->max_pages) {
      left->max_pages = right->max_pages;
      left->max_window = right->max_window;
   }
}

static void
halve_samples(struct vmt_working_set *set)
{
   set->n_samples /= 2;
   set->windows_per_sample *= 2;
   for (uint32_t i = 0; i < set->n_samples; i++) {
      set->samples[i] = set->samples[2 * i];
      merge_samples(&set->samples[i], &set->samples[2 * i + 1]);
   }
}

/* Windows from `window` on, each with n_pages.  */
static void
add_windows(struct vmt_working_set *set, uint32_t window, uint32_t n_windows,
            uint32_t n_pages)
{
   while (n_windows > 0) {
      struct vmt_working_set_sample more = { window, n_windows, n_pages,
                                             n_pages, window, 0 };
      struct vmt_working_set_sample *last = &set->samples[set->n_samples];
      uint32_t room = set->windows_per_sample;

      if (set->n_samples > 0 && last[-1].n_windows < room) {
         last--;
         room -= last->n_windows;
      } else if (set->n_samples == set->max_samples) {
         halve_samples(set);
         continue;
      } else {
         *last = more;
         last->n_windows = 0;
         set->n_samples++;
      }
      if (more.n_windows > room)
         more.n_windows = room;
      more.sum_pages = (uint64_t)n_pages * more.n_windows;
      merge_samples(last, &more);
      window += more.n_windows;
      n_windows -= more.n_windows;
   }
}

/* ---- time ---- */

/* Pages that were unmapped in the window stay until it closes, so that they are
   not counted twice.  */
static void
forget_gone(struct vmt_working_set *set)
{
   for (uint32_t i = 0; i < set->gone.n_records; i++) {
      vmt_vpn page = *(vmt_vpn *)vmt_vector_at(&set->gone, i);
      uint64_t *record = vmt_pagemap_find(&set->pages, page);

      vmt_assert(record != NULL && (*record & LISTED) != 0);
      if ((*record & GONE) != 0)
         vmt_pagemap_delete(&set->pages, page);
      else
         *record &= ~LISTED;
   }
   vmt_vector_clear(&set->gone);
}

static void
add_open_window(struct vmt_working_set *set)
{
   add_windows(set, set->window, 1, set->n_pages);
   if (set->peak_window == 0 || set->n_peak_pages < set->n_pages) {
      set->peak_window = set->window;
      set->n_peak_pages = set->n_pages;
   }
}

static void
close_window(struct vmt_working_set *set)
{
   forget_gone(set);
   add_open_window(set);
}

void
vmt_working_set_advance(struct vmt_working_set *set, uint64_t now_instrs)
{
   uint64_t n_windows;

   if (now_instrs < set->end_instrs || set->end_instrs == UINT64_MAX)
      return;
   n_windows = (now_instrs - set->start_instrs) / set->window_instrs;
   if (n_windows > LAST_WINDOW - set->window)
      n_windows = LAST_WINDOW - set->window;
   close_window(set);
   add_windows(set, set->window + 1, (uint32_t)n_windows - 1, 0);
   open_window(set, set->window + (uint32_t)n_windows,
               set->start_instrs + n_windows * set->window_instrs);
}

/* The window that is open then begins where there are no more instructions.  */
void
vmt_working_set_end(struct vmt_working_set *set, uint64_t now_instrs)
{
   uint32_t next;

   if (is_over(set))
      return;
   vmt_working_set_advance(set, now_instrs);
   next = set->window;
   if (set->start_instrs < now_instrs || set->n_pages != 0) {
      close_window(set);
      next++;
   }
   open_window(set, next, UINT64_MAX);
}

/* ---- pages ---- */

static enum vmt_status
find_owner(struct vmt_working_set *set, uint32_t owner, uint32_t *index)
{
   struct vmt_working_set_owner *made;
   uint64_t *id;

   if (vmt_hashmap_put(&set->owner_ids, owner, &id) != VMT_OK)
      return VMT_NO_MEMORY;
   if (*id == NOBODY) {
      made = vmt_vector_push(&set->owners);
      if (made == NULL)
         return VMT_NO_MEMORY;
      made->owner = owner;
      *id = set->owners.n_records - 1;
   }
   *index = (uint32_t)*id;
   return VMT_OK;
}

/* The page's record, made if need be, with its owner as it is to be.  */
static enum vmt_status
find_page(struct vmt_working_set *set, vmt_vpn page, uint32_t owner,
          uint64_t **record, bool *is_new)
{
   uint32_t index;

   if (vmt_pagemap_put(&set->pages, page, record, is_new) != VMT_OK)
      return VMT_NO_MEMORY;
   index = (uint32_t)(**record >> OWNER_SHIFT);
   if (owner == 0 || owner == owner_at(set, index)->owner)
      return VMT_OK;
   if (find_owner(set, owner, &index) != VMT_OK) {
      if (*is_new)
         vmt_pagemap_delete(&set->pages, page);
      return VMT_NO_MEMORY;
   }
   **record &= ((uint64_t)1 << OWNER_SHIFT) - 1;
   **record |= (uint64_t)index << OWNER_SHIFT;
   return VMT_OK;
}

static void
count_page(struct vmt_working_set *set, struct vmt_working_set_owner *owner)
{
   if (owner->window != set->window) {
      if (owner->window == set->peak_window) {
         owner->peak_window = owner->window;
         owner->n_peak_pages = owner->n_pages;
      }
      owner->window = set->window;
      owner->n_pages = 0;
   }
   owner->n_pages++;
   set->n_pages++;
}

enum vmt_status
vmt_working_set_touch(struct vmt_working_set *set, vmt_vpn page,
                      uint64_t when_instrs, uint32_t owner)
{
   uint64_t *record;
   bool is_new;

   vmt_working_set_advance(set, when_instrs);
   if (when_instrs < set->start_instrs || is_over(set))
      return VMT_OK;
   if (find_page(set, page, owner, &record, &is_new) != VMT_OK)
      return VMT_NO_MEMORY;
   if (window_of(*record) != set->window)
      count_page(set, owner_at(set, (uint32_t)(*record >> OWNER_SHIFT)));
   *record &= ~(WINDOW_MASK | GONE);
   *record |= set->window;
   return VMT_OK;
}

enum vmt_status
vmt_working_set_map(struct vmt_working_set *set, vmt_vpn page, uint32_t owner)
{
   uint64_t *record = vmt_pagemap_find(&set->pages, page);
   bool is_new;

   if (record != NULL && (*record & GONE) == 0)
      return VMT_OK;
   if (find_page(set, page, owner, &record, &is_new) != VMT_OK)
      return VMT_NO_MEMORY;
   if (is_new)
      *record |= set->window - 1;
   *record &= ~GONE;
   return VMT_OK;
}

enum vmt_status
vmt_working_set_remove(struct vmt_working_set *set, vmt_vpn page)
{
   uint64_t *record = vmt_pagemap_find(&set->pages, page);
   vmt_vpn *listed;

   if (record == NULL)
      return VMT_OK;
   if (window_of(*record) != set->window) {
      vmt_pagemap_delete(&set->pages, page);
      return VMT_OK;
   }
   if ((*record & LISTED) == 0) {
      listed = vmt_vector_push(&set->gone);
      if (listed == NULL)
         return VMT_NO_MEMORY;
      *listed = page;
   }
   *record = set->window | GONE | LISTED;       /* and nobody's */
   return VMT_OK;
}

/* ---- reading ---- */

const struct vmt_working_set_owner *
vmt_working_set_next_owner(const struct vmt_working_set *set, uint32_t *cursor,
                           uint32_t *n_peak_pages)
{
   const struct vmt_working_set_owner *owner;

   if (*cursor >= set->owners.n_records)
      return NULL;
   owner = owner_at(set, (*cursor)++);
   *n_peak_pages = 0;
   if (set->peak_window != 0 && owner->window == set->peak_window)
      *n_peak_pages = owner->n_pages;
   else if (set->peak_window != 0 && owner->peak_window == set->peak_window)
      *n_peak_pages = owner->n_peak_pages;
   return owner;
}

void
vmt_working_set_view(const struct vmt_working_set *set, uint64_t now_instrs,
                     struct vmt_working_set_sample *samples,
                     struct vmt_working_set *view)
{
   *view = *set;
   view->samples = samples;
   view->max_samples++;
   memcpy(samples, set->samples, set->n_samples * sizeof *samples);
   if (!is_over(set) && (set->start_instrs < now_instrs || set->n_pages != 0))
      add_open_window(view);
}

bool
vmt_working_set_is_idle(struct vmt_working_set *set, vmt_vpn page,
                        uint32_t n_windows)
{
   const uint64_t *record = vmt_pagemap_find(&set->pages, page);

   return record == NULL || (*record & GONE) != 0 ||
          set->window - window_of(*record) >= n_windows;
}

enum vmt_status
vmt_working_set_idle(const struct vmt_working_set *set, uint32_t n_windows,
                     struct vmt_hashmap *counts)
{
   struct vmt_pagemap_cursor cursor = { 0 };
   const uint64_t *record;
   uint64_t *n_pages;
   vmt_vpn page;

   while ((record = vmt_pagemap_next(&set->pages, &cursor, &page)) != NULL) {
      uint32_t index = (uint32_t)(*record >> OWNER_SHIFT);

      if ((*record & GONE) != 0 || set->window - window_of(*record) < n_windows)
         continue;
      if (vmt_hashmap_put(counts, owner_at(set, index)->owner, &n_pages) !=
          VMT_OK)
         return VMT_NO_MEMORY;
      ++*n_pages;
   }
   return VMT_OK;
}
