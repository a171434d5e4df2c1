/* Limited memory with a policy of the textbook (policies/replacement.h).

   Which touches are told.  Accesses that hit the filter are not.  Where the L1 TLBs are
   LRU, what the filter and the TLBs know of the last use is asked for when a page is about
   to be evicted, and kept when a TLB loses the page: that is as good as telling of all.
   Where they are not, only the page touched last has live entries.

   Time: ticks, and touches told of at the same tick (the kernel's) in their order.

   Several processes: each tells of all its touches when it comes here, for it cannot be
   asked while another one needs a frame.  What it did since it was here last comes after
   all that others did here meanwhile.  */

#include "vmtrace/mmu/machine/frames.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

/* Touches at one tick that are told apart.  */
#define TIME_SHIFT 14
#define LAST_AT_A_TICK (((uint64_t)1 << TIME_SHIFT) - 1)

#define CONTENTS (VMT_PTE_ANON | VMT_PTE_SHMEM)

static void
note(struct vmt_frames *frames, enum vmt_status status)
{
   frames->no_memory |= status != VMT_OK;
}

/* ---- life ---- */

static bool
is_lru(const struct vmt_machine_config *config)
{
   return config->itlb[VMT_PAGE_4K].policy == VMT_TLB_LRU &&
          config->dtlb[VMT_PAGE_4K].policy == VMT_TLB_LRU;
}

/* Each page that is touched is to be mapped by its own fault, and touches that would go
   by unseen are not to.  */
void
vmt_frames_start_textbook(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   vmt_hashmap_init(&frames->refused_at, "refused accesses");
   frames->sees_changes = !is_lru(&machine->config);
   frames->top = VMT_NO_VPN;
   machine->config.fault_around_bytes = VMT_PAGE_BYTES;
   machine->quick = false;
}

/* A page of this process has a copy in swap.  */
static void
take_slot(struct vmt_memory *memory, uint32_t place)
{
   memory->n_slots_used++;
   vmt_memory_member(memory, place)->n_slots++;
}

void
vmt_frames_free_slot(struct vmt_machine *machine)
{
   machine->frames.memory->n_slots_used--;
   vmt_frames_member(&machine->frames)->n_slots--;
}

uint64_t
vmt_frames_inherited(struct vmt_machine *machine, uint64_t bits, bool copied)
{
   bits &= ~VMT_PTE_EVICTED;
   if (!copied || (bits & (VMT_PTE_PRESENT | VMT_PTE_SWAPPED)) == 0)
      return 0;
   if ((bits & VMT_PTE_SLOT) != 0)
      take_slot(machine->frames.memory, machine->frames.place);
   return bits;
}

/* ---- when a page was touched last ---- */

/* The memory's tick for one of the process's.  */
static uint64_t
common_tick(const struct vmt_frames *frames, uint64_t tick)
{
   return tick + (tick > frames->left_tick ? frames->ahead : frames->old_ahead);
}

static uint64_t
time_of(struct vmt_frames *frames, uint64_t tick)
{
   struct vmt_memory *memory = frames->memory;

   tick = common_tick(frames, tick);
   if (memory->told_tick != tick) {
      memory->told_tick = tick;
      memory->n_at_tick = 0;
   }
   if (memory->n_at_tick < LAST_AT_A_TICK)
      memory->n_at_tick++;
   return tick << TIME_SHIFT | memory->n_at_tick;
}

static uint64_t
larger(uint64_t a, uint64_t b)
{
   return a > b ? a : b;
}

static uint64_t
stamp_in_tlb(const struct vmt_tlb *tlb, vmt_vpn vpn)
{
   const struct vmt_tlb_entry *way = vmt_tlb_find(tlb, vpn);

   return way == NULL ? 0 : way->stamp;
}

static uint64_t
stamp_in_filter(struct vmt_filter_side *side, vmt_vpn vpn)
{
   const struct vmt_filter_entry *entry = vmt_filter_entry_of(side, vpn);

   return entry->vpn == vpn ? entry->stamp : 0;
}

/* When an access was refused last: that was a use of the TLB, but no touch.  */
static uint64_t
refused_tick(const struct vmt_frames *frames, vmt_vpn page)
{
   const uint64_t *tick = vmt_hashmap_find(&frames->refused_at, page);

   return tick == NULL ? 0 : *tick;
}

/* As far as TLBs and filter know; 0: they do not.  */
static uint64_t
last_tick(struct vmt_machine *machine, vmt_vpn page)
{
   uint32_t shift = VMT_PAGE_SHIFT - machine->config.page_shift, i;
   vmt_vpn vpn = page << shift, after = (page + 1) << shift;
   uint64_t tick = 0;

   for (; vpn < after; vpn++) {
      tick = larger(tick, stamp_in_filter(&machine->filter.data, vpn));
      tick = larger(tick, stamp_in_filter(&machine->filter.fetch, vpn));
      for (i = 0; i < machine->settings.n_cores; i++) {
         tick = larger(tick, stamp_in_tlb(&machine->cores[i].itlb, vpn));
         tick = larger(tick, stamp_in_tlb(&machine->cores[i].dtlb, vpn));
      }
   }
   return tick == refused_tick(&machine->frames, page) ? 0 : tick;
}

/* Whether the policy did not know.  */
static bool
hear(struct vmt_machine *machine, vmt_vpn page, uint64_t tick)
{
   struct vmt_frames *frames = &machine->frames;
   bool newer = false;

   if (!frames->sees_changes && tick > frames->heard_tick)
      note(frames, vmt_replacement_refresh(
                      &frames->memory->textbook, vmt_frames_key(frames, page),
                      common_tick(frames, tick) << TIME_SHIFT, &newer));
   return newer;
}

void
vmt_frames_refused(struct vmt_machine *machine, vmt_vpn page, uint64_t tick)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t *refused;

   if (!vmt_replacement_holds(&frames->memory->textbook, vmt_frames_key(frames, page)))
      return;
   hear(machine, page, last_tick(machine, page));
   if (vmt_hashmap_put(&frames->refused_at, page, &refused) == VMT_OK)
      *refused = tick;
   else
      frames->no_memory = true;
}

void
vmt_frames_hear_victim(struct vmt_machine *machine, struct vmt_tlb *tlb, vmt_vpn vpn)
{
   const struct vmt_tlb_entry *way = vmt_tlb_set(tlb, vpn), *oldest = way;
   const struct vmt_tlb_entry *end = way + tlb->shape.n_ways;
   vmt_vpn page;

   if (tlb->shape.n_entries == 0)
      return;
   for (; way < end; way++) {
      if (way->vpn == VMT_NO_VPN)
         return;
      if (way->stamp < oldest->stamp)
         oldest = way;
   }
   page = oldest->vpn >> (VMT_PAGE_SHIFT - machine->config.page_shift);
   hear(machine, page, last_tick(machine, page));
}

static void
hear_tlb(struct vmt_machine *machine, const struct vmt_tlb *tlb, vmt_vpn start,
         vmt_vpn after)
{
   uint32_t shift = VMT_PAGE_SHIFT - machine->config.page_shift, i;

   for (i = 0; i < tlb->shape.n_entries; i++) {
      vmt_vpn vpn = tlb->entries[i].vpn;

      if (vpn != VMT_NO_VPN && vpn >= start && vpn < after)
         hear(machine, vpn >> shift, last_tick(machine, vpn >> shift));
   }
}

void
vmt_frames_hear_range(struct vmt_machine *machine, vmt_vpn start, vmt_vpn after)
{
   uint32_t i;

   for (i = 0; i < machine->settings.n_cores; i++) {
      hear_tlb(machine, &machine->cores[i].itlb, start, after);
      hear_tlb(machine, &machine->cores[i].dtlb, start, after);
   }
}

void
vmt_frames_hear_all(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t clock = frames->memory->clock;

   if (clock > frames->left_tick + frames->ahead) {
      frames->old_ahead = frames->ahead;
      frames->ahead = clock - frames->left_tick;
   }
   vmt_frames_hear_range(machine, 0, VMT_NO_VPN);
   frames->heard_tick = vmt_kernel_tick(machine);
}

void
vmt_frames_note_time(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t now = vmt_kernel_tick(machine);

   if (now <= frames->left_tick)
      return;
   frames->old_ahead = frames->ahead;
   frames->left_tick = now;
   if (frames->memory->clock < now + frames->ahead)
      frames->memory->clock = now + frames->ahead;
}

/* In the order of addresses, as if they were touched now.  */
void
vmt_frames_tell_textbook(struct vmt_machine *machine)
{
   const struct vmt_area *area = vmt_areas_from(&machine->areas, 0);
   uint64_t now = vmt_kernel_tick(machine);

   vmt_frames_member(&machine->frames)->n_slots = 0;
   for (; area != NULL; area = vmt_areas_after(&machine->areas, area)) {
      vmt_vpn vpn = area->start >> VMT_PAGE_SHIFT, after = area->end >> VMT_PAGE_SHIFT;
      struct vmt_pte *pte;

      if ((area->flags & VMT_AREA_EXCLUDED) != 0)
         continue;
      for (; (pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL; vpn++) {
         if ((pte->bits & VMT_PTE_SLOT) != 0)
            take_slot(machine->frames.memory, machine->frames.place);
         if ((pte->bits & VMT_PTE_PRESENT) != 0)
            vmt_frames_touch(machine, vpn, pte, now, false);
      }
   }
}

/* ---- eviction ---- */

/* What a page's frame has as its note: it would have to be written.  */
enum { NEEDS_SLOT = 1 };

static uint8_t
note_of(const struct vmt_pte *pte)
{
   return (pte->bits & CONTENTS) != 0 && (pte->bits & VMT_PTE_SLOT) == 0 ? NEEDS_SLOT
                                                                          : 0;
}

static bool
needs_slot(struct vmt_memory *memory, uint64_t key)
{
   return vmt_replacement_note(&memory->textbook, key) == NEEDS_SLOT;
}

static bool
swap_is_full(const struct vmt_memory *memory)
{
   return memory->settings.swap_bytes != VMT_UNLIMITED &&
          memory->n_slots_used >= memory->settings.swap_bytes >> VMT_PAGE_SHIFT;
}

static bool
may_go(struct vmt_memory *memory, uint64_t key)
{
   return !needs_slot(memory, key) || !swap_is_full(memory);
}

static bool
any_may_go(struct vmt_memory *memory)
{
   struct vmt_pagemap_cursor cursor = {0};
   vmt_vpn key;

   while (vmt_pagemap_next(&memory->textbook.pages, &cursor, &key) != NULL)
      if (may_go(memory, key))
         return true;
   return false;
}

/* What is left of an entry whose page is evicted.  */
static uint64_t
bits_of_evicted(uint64_t bits)
{
   uint64_t kept = VMT_PTE_EVICTED;

   if ((bits & VMT_PTE_ZERO) != 0)
      return kept | VMT_PTE_ZERO;
   if ((bits & CONTENTS) != 0)
      kept |= VMT_PTE_SLOT;
   if ((bits & VMT_PTE_ANON) == 0)
      return kept | VMT_PTE_AWAY;
   if ((bits & VMT_PTE_COW) != 0)
      kept |= bits & (VMT_PTE_COW | VMT_PTE_FRAME);
   return kept | VMT_PTE_SWAPPED;
}

void
vmt_frames_lose_page(struct vmt_machine *machine, vmt_vpn page)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, page);

   vmt_frames_leave_memory(machine, page, pte);
   vmt_accounting_evicted(&machine->ledger, pte->owner);
   vmt_sharing_set(machine, pte, bits_of_evicted(pte->bits));
   if (frames->top == page)
      frames->top = VMT_NO_VPN;
}

static void
evict(struct vmt_machine *machine, uint64_t key)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_memory *memory = frames->memory;
   uint32_t place = vmt_memory_place_of(key);
   uint64_t *number;

   if (needs_slot(memory, key)) {
      frames->news.n_swapped_out++;
      take_slot(memory, place);
   }
   frames->news.n_evicted++;
   memory->n_evictions++;
   if (vmt_hashmap_put(&memory->evicted_at, key, &number) == VMT_OK)
      *number = memory->n_evictions;
   else
      frames->no_memory = true;
   if (place == frames->place)
      vmt_frames_lose_page(machine, vmt_memory_vpn_of(key));
   else
      note(frames, vmt_memory_post(memory, place, vmt_memory_vpn_of(key),
                                   VMT_INBOX_EVICTED));
}

bool
vmt_frames_is_recent(const struct vmt_machine *machine, vmt_vpn page)
{
   const struct vmt_memory *memory = machine->frames.memory;
   const uint64_t *number = vmt_hashmap_find(&memory->evicted_at,
                                             vmt_frames_key(&machine->frames, page));

   return number != NULL &&
          memory->n_evictions - *number <= vmt_memory_n_frames(memory);
}

/* Whether there was news of the page, if it is this process's.  */
static bool
hear_candidate(struct vmt_machine *machine, uint64_t key)
{
   vmt_vpn page = vmt_memory_vpn_of(key);

   return vmt_memory_place_of(key) == machine->frames.place &&
          hear(machine, page, last_tick(machine, page));
}

/* The page that has to go, if any, goes.  Where none may, memory is out.  */
static void
make_room(struct vmt_machine *machine, uint64_t time)
{
   struct vmt_memory *memory = machine->frames.memory;
   bool knows_of_one = false;
   uint64_t key;

   while ((key = vmt_replacement_candidate(&memory->textbook, time)) != VMT_NO_VPN) {
      if (hear_candidate(machine, key))
         continue;
      if (may_go(memory, key)) {
         evict(machine, key);
         return;
      }
      if (!knows_of_one && !any_may_go(memory)) {
         vmt_frames_run_out(machine);
         return;
      }
      knows_of_one = true;
      vmt_replacement_pass_over(&memory->textbook, time);
   }
}

/* ---- touches ---- */

/* What comes to the page that was touched before is to be seen.  */
static void
see_change(struct vmt_machine *machine, vmt_vpn page)
{
   struct vmt_frames *frames = &machine->frames;

   if (frames->top != VMT_NO_VPN && frames->top != page)
      vmt_machine_hide_page(machine, frames->top);
   frames->top = page;
}

void
vmt_frames_touch(struct vmt_machine *machine, vmt_vpn page, struct vmt_pte *pte,
                 uint64_t tick, bool write)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_memory *memory = frames->memory;
   uint64_t time = time_of(frames, tick), key = vmt_frames_key(frames, page);
   struct vmt_touch touch;

   if (frames->sees_changes)
      see_change(machine, page);
   if (write && (pte->bits & VMT_PTE_SLOT) != 0) {
      pte->bits &= ~VMT_PTE_SLOT;
      vmt_frames_free_slot(machine);
   }
   if (!vmt_replacement_holds(&memory->textbook, key)) {
      make_room(machine, time);
      vmt_hashmap_delete(&memory->evicted_at, key);
   }
   if (vmt_replacement_touch(&memory->textbook, key, time, write, &touch) == VMT_OK)
      vmt_replacement_set_note(&memory->textbook, touch.frame, note_of(pte));
   else
      frames->no_memory = true;
}

/* ---- the address space ---- */

void
vmt_frames_remove(struct vmt_machine *machine, vmt_vpn page, const struct vmt_pte *pte)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t key = vmt_frames_key(frames, page);

   vmt_replacement_remove(&frames->memory->textbook, key);
   vmt_hashmap_delete(&frames->memory->evicted_at, key);
   if ((pte->bits & VMT_PTE_SLOT) != 0)
      vmt_frames_free_slot(machine);
   if (frames->top == page)
      frames->top = VMT_NO_VPN;
}

void
vmt_frames_rename(struct vmt_machine *machine, vmt_vpn from, vmt_vpn to)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_hashmap *evicted_at = &frames->memory->evicted_at;
   uint64_t old_key = vmt_frames_key(frames, from), new_key = vmt_frames_key(frames, to);
   const uint64_t *number = vmt_hashmap_find(evicted_at, old_key);
   uint64_t *moved, was = number == NULL ? 0 : *number;

   note(frames, vmt_replacement_rename(&frames->memory->textbook, old_key, new_key));
   if (number == NULL)
      return;
   vmt_hashmap_delete(evicted_at, old_key);
   note(frames, vmt_hashmap_put(evicted_at, new_key, &moved));
   if (!frames->no_memory)
      *moved = was;
}
