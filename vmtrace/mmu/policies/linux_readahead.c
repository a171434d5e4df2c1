/* mm/swap_state.c: swapin_readahead and what it takes to choose the pages.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

/* The word that an area keeps: address, window and hits, as in SWAP_RA_VAL.  */
#define HITS_MAX 63
#define WINDOW_SHIFT 6
#define FIRST_STATE 4                   /* GET_SWAP_RA_VAL: 4 hits */
#define MAX_WINDOW 32                   /* SWAP_RA_ORDER_CEILING */

/* __swapin_nr_pages.  */
static uint32_t
n_pages_for(uint64_t previous, uint64_t at, uint32_t hits, uint32_t max,
            uint32_t last_window)
{
   uint32_t n = hits + 2;

   if (n == 2) {
      if (at != previous + 1 && at != previous - 1)
         n = 1;
   } else {
      uint32_t rounded = 4;

      while (rounded < n)
         rounded <<= 1;
      n = rounded;
   }
   if (n > max)
      n = max;
   return n > last_window / 2 ? n : last_window / 2;
}

/* The page of a slot comes in, unless nobody wants it or it is there.  */
static uint32_t
read_slot(struct vmt_reclaim *reclaim, uint32_t slot, uint32_t charge, bool ahead,
          bool *out_of_memory)
{
   struct vmt_swap_slot *record = vmt_linux_slot(reclaim, slot);
   uint32_t at;

   if (record == NULL || !record->used || record->n_entries == 0 ||
       record->frame != VMT_NO_INDEX)
      return VMT_NO_INDEX;
   if (!vmt_linux_charge(reclaim, out_of_memory))
      return VMT_NO_INDEX;
   at = VMT_NO_INDEX;
   if (vmt_linux_reserve_events(reclaim, 3))
      at = vmt_linux_take_frame(reclaim, record->page, record->kind, charge);
   if (at == VMT_NO_INDEX) {
      reclaim->n_frames_used--;
      reclaim->status = VMT_NO_MEMORY;
      return VMT_NO_INDEX;
   }
   record->frame = at;
   vmt_linux_frame(reclaim, at)->slot = slot;
   vmt_linux_frame(reclaim, at)->read_ahead = ahead;
   vmt_linux_frame(reclaim, at)->pinned = true;
   vmt_linux_note(reclaim, vmt_linux_frame(reclaim, at), VMT_RECLAIM_SWAPPED_IN);
   reclaim->counts.n_swapped_in++;
   reclaim->counts.n_read_ahead += ahead;
   if (record->has_shadow)
      vmt_linux_refault(reclaim, at, record->shadow);
   record->has_shadow = false;
   vmt_linux_add_new(reclaim, at);
   return at;
}

struct window {
   uint32_t slots[MAX_WINDOW];
   uint32_t n;
};

/* swapin_nr_pages, swap_cluster_readahead: an aligned block of slots.  */
static void
choose_by_slots(struct vmt_reclaim *reclaim, uint32_t slot, struct window *window)
{
   struct vmt_swap *swap = &reclaim->swap;
   uint32_t max = 1u << reclaim->settings.page_cluster, n = 1, hits, first;

   if (max > 1) {
      hits = swap->n_hits;
      swap->n_hits = 0;
      n = n_pages_for(swap->last_slot, slot, hits, max, swap->last_window);
      if (hits == 0)
         swap->last_slot = slot;
      swap->last_window = n;
   }
   first = slot & ~(n - 1);
   for (uint32_t i = first; i < first + n; i++)
      window->slots[window->n++] = i;
}

/* swap_vma_ra_win, swap_vma_readahead: pages of the area around the address.  */
static void
choose_by_addresses(const struct vmt_reclaim *reclaim, uint32_t slot,
                    uint64_t page, const struct vmt_reclaim_area *area,
                    struct window *window)
{
   uint32_t max = 1u << reclaim->settings.page_cluster;
   uint64_t state = *area->state != 0 ? *area->state : FIRST_STATE;
   uint64_t previous = state >> VMT_PAGE_SHIFT;
   int64_t left, right, n;

   if (max == 1) {
      window->slots[window->n++] = slot;
      return;
   }
   n = n_pages_for(previous, area->vpn, state & HITS_MAX, max,
                   (uint32_t)(state >> WINDOW_SHIFT) & HITS_MAX);
   *area->state = area->vpn << VMT_PAGE_SHIFT | (uint64_t)n << WINDOW_SHIFT;
   if (area->vpn == previous + 1)
      left = 0;
   else if (previous == area->vpn + 1)
      left = 1 - n;
   else
      left = -((n - 1) / 2);
   right = left + n;
   if (n == 1)
      left = 0, right = 1;
   if (left < -(int64_t)area->n_before)
      left = -(int64_t)area->n_before;
   if (right > (int64_t)area->n_after + 1)
      right = (int64_t)area->n_after + 1;
   for (int64_t i = left; i < right; i++) {
      uint64_t neighbour = area->pages == NULL ? page + (uint64_t)i
                                               : area->pages[area->n_before + i];
      const uint64_t *place = vmt_hashmap_find(&reclaim->pages, neighbour);

      if (place != NULL && vmt_linux_where(*place) == VMT_LINUX_SLOT)
         window->slots[window->n++] = (uint32_t)vmt_linux_number(*place);
   }
}

static void
choose(struct vmt_reclaim *reclaim, const struct vmt_reclaim_request *request,
       uint32_t slot, struct window *window)
{
   window->n = 0;
   if (reclaim->settings.device == VMT_SWAP_MEMORY)
      window->slots[window->n++] = slot;
   else if (reclaim->settings.device == VMT_SWAP_ROTATING ||
            request->kind == VMT_RECLAIM_SHMEM)
      choose_by_slots(reclaim, slot, window);
   else if (request->area == NULL)
      window->slots[window->n++] = slot;
   else
      choose_by_addresses(reclaim, slot, request->page, request->area, window);
}

uint32_t
vmt_linux_swap_in(struct vmt_reclaim *reclaim, const struct vmt_reclaim_request *request,
                  uint32_t slot, bool *out_of_memory)
{
   uint32_t wanted = VMT_NO_INDEX, frames[MAX_WINDOW], n = 0;
   struct window window;

   choose(reclaim, request, slot, &window);
   for (uint32_t i = 0; i < window.n && reclaim->status == VMT_OK; i++) {
      uint32_t at = read_slot(reclaim, window.slots[i], request->charge,
                              window.slots[i] != slot, out_of_memory);

      if (at == VMT_NO_INDEX)
         continue;
      frames[n++] = at;
      if (window.slots[i] == slot)
         wanted = at;
   }
   if (reclaim->settings.device == VMT_SWAP_MEMORY)
      vmt_linux_spend(reclaim, n * VMT_LINUX_READ_NS);
   else if (n != 0)
      vmt_linux_wait_for_read(reclaim, n);
   for (uint32_t i = 0; i < n; i++)
      vmt_linux_frame(reclaim, frames[i])->pinned = false;
   vmt_assert(wanted != VMT_NO_INDEX || reclaim->status != VMT_OK);
   return wanted;
}

/* swap_update_readahead.  */
void
vmt_linux_read_ahead_hit(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame,
                         const struct vmt_reclaim_area *area)
{
   bool hit = frame->read_ahead;
   bool by_addresses = reclaim->settings.device == VMT_SWAP_SOLID && area != NULL;

   frame->read_ahead = false;
   if (by_addresses) {
      uint64_t state = *area->state != 0 ? *area->state : FIRST_STATE;
      uint64_t hits = (state & HITS_MAX) + hit, window = state >> WINDOW_SHIFT & HITS_MAX;

      if (hits > HITS_MAX)
         hits = HITS_MAX;
      *area->state = area->vpn << VMT_PAGE_SHIFT | window << WINDOW_SHIFT | hits;
   }
   reclaim->counts.n_read_ahead_hits += hit;
   if (hit && !by_addresses)
      reclaim->swap.n_hits++;
}
