/* mm/swapfile.c, 6.18.  Swap is cut into clusters of 512 slots.  Slots are taken one
   after the other from one cluster, to its end; then from the start of the first
   cluster that got slots back since it was last taken from (nonfull), then of a free
   one, then of one that was taken from and has slots left (frag).  A disk has one
   such place, a solid one has one for each processor; here there is one processor.

   The first slot is the header's.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/policies/linux_private.h"

enum { LIST_FREE, LIST_NONFULL, LIST_FRAG, LIST_FULL, LIST_NONE };

struct vmt_swap_cluster {
   uint32_t next, previous;
   uint32_t n_used;
   uint32_t list;
   struct vmt_swap_slot slots[VMT_SWAP_CLUSTER_SLOTS];
};

static uint32_t
n_slots_of(const struct vmt_swap *swap, uint32_t cluster)
{
   uint64_t n = swap->n_slots + 1 - (uint64_t)cluster * VMT_SWAP_CLUSTER_SLOTS;

   return n < VMT_SWAP_CLUSTER_SLOTS ? (uint32_t)n : VMT_SWAP_CLUSTER_SLOTS;
}

enum vmt_status
vmt_linux_swap_init(struct vmt_reclaim *reclaim)
{
   struct vmt_swap *swap = &reclaim->swap;

   if (reclaim->settings.n_slots >= VMT_NO_INDEX - VMT_SWAP_CLUSTER_SLOTS)
      return VMT_BAD_INPUT;
   for (uint32_t i = 0; i < LIST_NONE; i++)
      swap->lists[i].head = swap->lists[i].tail = VMT_NO_INDEX;
   swap->next = swap->last_slot = VMT_NO_INDEX;
   swap->n_hits = 4;                    /* swapin_readahead_hits, mm/swap_state.c */
   swap->n_slots = reclaim->settings.n_slots;
   if (swap->n_slots == 0)
      return VMT_OK;
   swap->n_clusters = (uint32_t)(swap->n_slots / VMT_SWAP_CLUSTER_SLOTS) + 1;
   swap->clusters = vmt_arena_alloc_zeroed(reclaim->settings.arena, "swap",
                                           swap->n_clusters * sizeof(*swap->clusters));
   return swap->clusters != NULL ? VMT_OK : VMT_NO_MEMORY;
}

void
vmt_linux_swap_free(struct vmt_reclaim *reclaim)
{
   struct vmt_arena *arena = reclaim->settings.arena;
   struct vmt_swap *swap = &reclaim->swap;

   for (uint32_t i = 0; i < swap->n_touched; i++)
      vmt_arena_free(arena, swap->clusters[i]);
   vmt_arena_free(arena, swap->clusters);
   vmt_arena_free(arena, swap->spare);
}

bool
vmt_linux_swap_reserve(struct vmt_reclaim *reclaim)
{
   struct vmt_swap *swap = &reclaim->swap;

   if (swap->spare == NULL && swap->n_touched < swap->n_clusters)
      swap->spare = vmt_arena_alloc_zeroed(reclaim->settings.arena, "swap",
                                           sizeof(*swap->spare));
   return swap->spare != NULL || swap->n_touched == swap->n_clusters;
}

struct vmt_swap_slot *
vmt_linux_slot(const struct vmt_reclaim *reclaim, uint32_t slot)
{
   uint32_t cluster = slot / VMT_SWAP_CLUSTER_SLOTS;

   if (slot == 0 || slot > reclaim->swap.n_slots || cluster >= reclaim->swap.n_touched)
      return NULL;
   return &reclaim->swap.clusters[cluster]->slots[slot % VMT_SWAP_CLUSTER_SLOTS];
}

/* ---- lists of clusters ---- */

static void
unlink_cluster(struct vmt_swap *swap, uint32_t at)
{
   struct vmt_swap_cluster *cluster = swap->clusters[at];
   struct vmt_reclaim_list *list;

   if (cluster->list == LIST_NONE)
      return;
   list = &swap->lists[cluster->list];
   if (cluster->previous != VMT_NO_INDEX)
      swap->clusters[cluster->previous]->next = cluster->next;
   else
      list->head = cluster->next;
   if (cluster->next != VMT_NO_INDEX)
      swap->clusters[cluster->next]->previous = cluster->previous;
   else
      list->tail = cluster->previous;
   list->n--;
   cluster->list = LIST_NONE;
}

/* move_cluster: to the tail.  */
static void
move_cluster(struct vmt_swap *swap, uint32_t at, uint32_t to)
{
   struct vmt_swap_cluster *cluster = swap->clusters[at];
   struct vmt_reclaim_list *list = &swap->lists[to];

   if (cluster->list == to)
      return;
   unlink_cluster(swap, at);
   cluster->list = to;
   cluster->next = VMT_NO_INDEX;
   cluster->previous = list->tail;
   if (list->tail != VMT_NO_INDEX)
      swap->clusters[list->tail]->next = at;
   else
      list->head = at;
   list->tail = at;
   list->n++;
}

/* relocate_cluster: after a look for a slot in it.  */
static void
relocate(struct vmt_swap *swap, uint32_t at)
{
   uint32_t n_used = swap->clusters[at]->n_used;

   if (n_used == n_slots_of(swap, at))
      move_cluster(swap, at, LIST_FULL);
   else
      move_cluster(swap, at, n_used == 0 ? LIST_FREE : LIST_FRAG);
}

/* The first cluster of a list, off it; a free one may be one that was never used.  */
static uint32_t
take_cluster(struct vmt_swap *swap, uint32_t from)
{
   uint32_t at = swap->lists[from].head;

   if (from == LIST_FREE && swap->n_touched < swap->n_clusters && swap->spare != NULL) {
      at = swap->n_touched++;
      swap->clusters[at] = swap->spare;
      swap->spare = NULL;
      swap->clusters[at]->list = LIST_NONE;
      for (uint32_t i = 0; i < VMT_SWAP_CLUSTER_SLOTS; i++)
         swap->clusters[at]->slots[i].frame = VMT_NO_INDEX;
      if (at == 0) {
         swap->clusters[0]->slots[0].used = true;
         swap->clusters[0]->n_used = 1;
      }
   } else if (at != VMT_NO_INDEX) {
      unlink_cluster(swap, at);
   }
   return at;
}

/* ---- slots ---- */

void
vmt_linux_free_slot(struct vmt_reclaim *reclaim, uint32_t slot)
{
   struct vmt_swap *swap = &reclaim->swap;
   uint32_t at = slot / VMT_SWAP_CLUSTER_SLOTS;
   struct vmt_swap_cluster *cluster = swap->clusters[at];
   struct vmt_swap_slot *record = vmt_linux_slot(reclaim, slot);

   vmt_assert(record->used && record->n_entries == 0);
   vmt_assert_cmp(record->frame, ==, VMT_NO_INDEX);
   record->used = record->has_shadow = false;
   record->page = VMT_NO_PAGE;
   swap->n_used--;
   cluster->n_used--;
   /* free_cluster, partial_free_cluster.  */
   move_cluster(swap, at, cluster->n_used == 0 ? LIST_FREE : LIST_NONFULL);
}

/* A slot that is used for nothing but a page in the swap cache is free for another
   when swap is getting full (cluster_reclaim_range).  */
static bool
slot_can_be_had(struct vmt_reclaim *reclaim, struct vmt_swap_slot *slot)
{
   if (!slot->used)
      return true;
   if (slot->frame == VMT_NO_INDEX || slot->n_entries != 0 ||
       !vmt_linux_swap_is_full(reclaim))
      return false;
   return vmt_linux_free_swap(reclaim, slot->frame);
}

/* alloc_swap_scan_cluster.  */
static uint32_t
take_slot(struct vmt_reclaim *reclaim, uint32_t from)
{
   struct vmt_swap *swap = &reclaim->swap;
   uint32_t at = from / VMT_SWAP_CLUSTER_SLOTS;
   uint32_t start = at * VMT_SWAP_CLUSTER_SLOTS, end = start + n_slots_of(swap, at);
   uint32_t found = VMT_NO_INDEX;

   swap->next = VMT_NO_INDEX;
   for (uint32_t slot = from; slot < end; slot++) {
      struct vmt_swap_slot *record = &swap->clusters[at]->slots[slot - start];

      if (!slot_can_be_had(reclaim, record))
         continue;
      record->used = true;
      swap->clusters[at]->n_used++;
      swap->n_used++;
      if (swap->clusters[at]->n_used < end - start && slot + 1 < end)
         swap->next = slot + 1;
      found = slot;
      break;
   }
   relocate(swap, at);
   return found;
}

/* alloc_swap_scan_list.  */
static uint32_t
take_slot_of(struct vmt_reclaim *reclaim, uint32_t list, bool all)
{
   uint32_t found = VMT_NO_INDEX, at;

   do {
      at = take_cluster(&reclaim->swap, list);
      if (at == VMT_NO_INDEX)
         break;
      found = take_slot(reclaim, at * VMT_SWAP_CLUSTER_SLOTS);
   } while (all && found == VMT_NO_INDEX);
   return found;
}

/* swap_reclaim_full_clusters: one of them.  */
static void
reclaim_full_cluster(struct vmt_reclaim *reclaim)
{
   struct vmt_swap *swap = &reclaim->swap;
   uint32_t at = take_cluster(swap, LIST_FULL);

   if (at == VMT_NO_INDEX)
      return;
   for (uint32_t i = 0; i < VMT_SWAP_CLUSTER_SLOTS; i++) {
      struct vmt_swap_slot *slot = &swap->clusters[at]->slots[i];

      if (slot->used && slot->frame != VMT_NO_INDEX && slot->n_entries == 0)
         vmt_linux_free_swap(reclaim, slot->frame);
   }
   if (swap->clusters[at]->list == LIST_NONE)
      relocate(swap, at);
}

/* swap_alloc_fast, cluster_alloc_swap_entry.  */
static uint32_t
find_slot(struct vmt_reclaim *reclaim)
{
   struct vmt_swap *swap = &reclaim->swap;
   uint32_t found = VMT_NO_INDEX, next = swap->next;

   /* cluster_is_usable: not one that is free by now.  */
   if (next != VMT_NO_INDEX &&
       swap->clusters[next / VMT_SWAP_CLUSTER_SLOTS]->n_used != 0)
      found = take_slot(reclaim, next);
   if (found == VMT_NO_INDEX)
      found = take_slot_of(reclaim, LIST_NONFULL, true);
   if (found == VMT_NO_INDEX)
      found = take_slot_of(reclaim, LIST_FREE, false);
   if (found != VMT_NO_INDEX)
      return found;
   if (vmt_linux_swap_is_full(reclaim))
      reclaim_full_cluster(reclaim);
   return take_slot_of(reclaim, LIST_FRAG, false);
}

bool
vmt_linux_alloc_slot(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   struct vmt_swap_slot *record;
   uint32_t slot;

   vmt_assert_cmp(frame->slot, ==, VMT_NO_INDEX);
   if (reclaim->swap.n_used == reclaim->swap.n_slots &&
       !vmt_linux_swap_is_full(reclaim))
      return false;                     /* no swap at all */
   slot = find_slot(reclaim);
   if (slot == VMT_NO_INDEX)
      return false;
   record = vmt_linux_slot(reclaim, slot);
   record->page = frame->page;
   record->kind = frame->kind;
   record->frame = at;
   record->n_entries = 0;
   record->has_shadow = false;
   frame->slot = slot;
   frame->dirty = true;
   return true;
}

bool
vmt_reclaim_adopt(struct vmt_reclaim *reclaim, uint64_t page)
{
   struct vmt_swap *swap = &reclaim->swap;
   struct vmt_swap_slot *record;
   uint32_t slot = VMT_NO_INDEX;
   uint64_t *place;

   if (!vmt_linux_swap_reserve(reclaim) ||
       vmt_hashmap_put(&reclaim->pages, page, &place) != VMT_OK)
      return false;
   if (swap->n_used < swap->n_slots)
      slot = find_slot(reclaim);
   if (slot == VMT_NO_INDEX) {
      vmt_hashmap_delete(&reclaim->pages, page);
      return false;
   }
   record = vmt_linux_slot(reclaim, slot);
   record->page = page;
   record->kind = VMT_RECLAIM_ANON;
   record->frame = VMT_NO_INDEX;
   record->n_entries = 1;
   record->has_shadow = false;
   vmt_linux_set_place(reclaim, page, vmt_linux_place(VMT_LINUX_SLOT, slot));
   return true;
}

void
vmt_linux_leave_cache(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   struct vmt_swap_slot *slot = vmt_linux_slot(reclaim, frame->slot);

   vmt_assert_cmp(slot->frame, ==, at);
   slot->frame = VMT_NO_INDEX;
   if (slot->n_entries == 0)
      vmt_linux_free_slot(reclaim, frame->slot);
   frame->slot = VMT_NO_INDEX;
   frame->dirty = true;
}

bool
vmt_linux_free_swap(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (frame->slot == VMT_NO_INDEX || frame->written ||
       vmt_linux_slot(reclaim, frame->slot)->n_entries != 0)
      return false;
   vmt_linux_leave_cache(reclaim, at);
   if (frame->page == VMT_NO_PAGE && !frame->isolated) {
      vmt_linux_isolate(reclaim, at);
      vmt_linux_give_frame(reclaim, at);
   }
   return true;
}
