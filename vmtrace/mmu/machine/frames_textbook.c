/* Limited memory with a policy of the textbook (policies/replacement.h).

   Which touches are told.  Accesses that hit the filter are not.  Where the L1 TLBs are
   LRU, what the filter and the TLBs know of the last use is asked for when a page is about
   to be evicted, and kept when a TLB loses the page: that is as good as telling of all.
   Where they are not, only the page touched last has live entries.

   Time: ticks, and touches told of at the same tick (the kernel's) in their order.  */

#include "vmtrace/mmu/machine/frames.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

/* Touches at one tick that are told apart.  */
#define TIME_SHIFT 14
#define LAST_AT_A_TICK (((uint64_t)1 << TIME_SHIFT) - 1)

#define CONTENTS (VMT_PTE_ANON | VMT_PTE_SHMEM)

static const enum vmt_replacement_kind kinds[] = {
   [VMT_PAGES_LRU] = VMT_REPLACE_LRU,
   [VMT_PAGES_CLOCK] = VMT_REPLACE_CLOCK,
   [VMT_PAGES_FIFO] = VMT_REPLACE_FIFO,
   [VMT_PAGES_RANDOM] = VMT_REPLACE_RANDOM};

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
enum vmt_status
vmt_frames_init_textbook(struct vmt_machine *machine)
{
   const struct vmt_settings *run = &machine->settings;
   struct vmt_frames *frames = &machine->frames;
   enum vmt_status status =
      vmt_replacement_init(&frames->textbook, kinds[run->policy],
                           (uint32_t)(run->ram_bytes >> VMT_PAGE_SHIFT),
                           run->policy_seed);

   if (status != VMT_OK)
      return status;
   vmt_hashmap_init(&frames->evicted_at, "evictions");
   vmt_hashmap_init(&frames->refused_at, "refused accesses");
   frames->kind = VMT_FRAMES_TEXTBOOK;
   frames->sees_changes = !is_lru(&machine->config);
   frames->top = VMT_NO_VPN;
   machine->config.fault_around_bytes = VMT_PAGE_BYTES;
   machine->quick = false;
   return VMT_OK;
}

void
vmt_frames_free_textbook(struct vmt_machine *machine)
{
   vmt_replacement_free(&machine->frames.textbook);
   vmt_hashmap_free(&machine->frames.evicted_at);
   vmt_hashmap_free(&machine->frames.refused_at);
}

enum vmt_status
vmt_frames_start_anew(struct vmt_machine *machine)
{
   if (machine->frames.kind == VMT_FRAMES_LINUX)
      vmt_reclaim_set_frames(&machine->frames.kernel,
                             machine->settings.ram_bytes >> VMT_PAGE_SHIFT);
   if (machine->frames.kind != VMT_FRAMES_TEXTBOOK)
      return VMT_OK;
   vmt_frames_free_textbook(machine);
   machine->frames.n_slots_used = 0;
   return vmt_frames_init_textbook(machine);
}

uint64_t
vmt_frames_inherited(struct vmt_machine *machine, uint64_t bits, bool copied)
{
   bits &= ~VMT_PTE_EVICTED;
   if (!copied || (bits & (VMT_PTE_PRESENT | VMT_PTE_SWAPPED)) == 0)
      return 0;
   machine->frames.n_slots_used += (bits & VMT_PTE_SLOT) != 0;
   return bits;
}

/* ---- when a page was touched last ---- */

static uint64_t
time_of(struct vmt_frames *frames, uint64_t tick)
{
   if (frames->told_tick != tick) {
      frames->told_tick = tick;
      frames->n_at_tick = 0;
   }
   if (frames->n_at_tick < LAST_AT_A_TICK)
      frames->n_at_tick++;
   return tick << TIME_SHIFT | frames->n_at_tick;
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

   if (!frames->sees_changes && tick != 0)
      note(frames, vmt_replacement_refresh(&frames->textbook, page,
                                           tick << TIME_SHIFT, &newer));
   return newer;
}

void
vmt_frames_refused(struct vmt_machine *machine, vmt_vpn page, uint64_t tick)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t *refused;

   if (!vmt_replacement_holds(&frames->textbook, page))
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

/* ---- eviction ---- */

static bool
needs_slot(const struct vmt_pte *pte)
{
   return (pte->bits & CONTENTS) != 0 && (pte->bits & VMT_PTE_SLOT) == 0;
}

static bool
swap_is_full(const struct vmt_machine *machine)
{
   return machine->settings.swap_bytes != VMT_UNLIMITED &&
          machine->frames.n_slots_used >=
             machine->settings.swap_bytes >> VMT_PAGE_SHIFT;
}

static bool
may_go(struct vmt_machine *machine, vmt_vpn page)
{
   return !needs_slot(vmt_pagetable_find(&machine->pages, page)) ||
          !swap_is_full(machine);
}

static bool
any_may_go(struct vmt_machine *machine)
{
   struct vmt_pagemap_cursor cursor = {0};
   vmt_vpn page;

   while (vmt_pagemap_next(&machine->frames.textbook.pages, &cursor, &page) != NULL)
      if (may_go(machine, page))
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

static void
evict(struct vmt_machine *machine, vmt_vpn page)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, page);
   uint64_t *number;

   if (needs_slot(pte)) {
      frames->news.n_swapped_out++;
      frames->n_slots_used++;
   }
   vmt_frames_leave_memory(machine, page, pte);
   vmt_accounting_evicted(&machine->ledger, pte->owner);
   vmt_sharing_set(machine, pte, bits_of_evicted(pte->bits));
   frames->news.n_evicted++;
   frames->n_evictions++;
   if (frames->top == page)
      frames->top = VMT_NO_VPN;
   if (vmt_hashmap_put(&frames->evicted_at, page, &number) == VMT_OK)
      *number = frames->n_evictions;
   else
      frames->no_memory = true;
}

bool
vmt_frames_is_recent(const struct vmt_machine *machine, vmt_vpn page)
{
   const struct vmt_frames *frames = &machine->frames;
   const uint64_t *number = vmt_hashmap_find(&frames->evicted_at, page);

   return number != NULL && frames->n_evictions - *number <=
                               machine->settings.ram_bytes >> VMT_PAGE_SHIFT;
}

/* The page that has to go, if any, goes.  Where none may, memory is out.  */
static void
make_room(struct vmt_machine *machine, uint64_t time)
{
   struct vmt_frames *frames = &machine->frames;
   bool knows_of_one = false;
   vmt_vpn page;

   while ((page = vmt_replacement_candidate(&frames->textbook, time)) != VMT_NO_VPN) {
      if (hear(machine, page, last_tick(machine, page)))
         continue;
      if (may_go(machine, page)) {
         evict(machine, page);
         return;
      }
      if (!knows_of_one && !any_may_go(machine)) {
         vmt_frames_run_out(machine);
         return;
      }
      knows_of_one = true;
      vmt_replacement_pass_over(&frames->textbook, time);
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
   uint64_t time = time_of(frames, tick);
   struct vmt_touch touch;

   if (frames->sees_changes)
      see_change(machine, page);
   if (write && (pte->bits & VMT_PTE_SLOT) != 0) {
      pte->bits &= ~VMT_PTE_SLOT;
      frames->n_slots_used--;
   }
   if (!vmt_replacement_holds(&frames->textbook, page)) {
      make_room(machine, time);
      vmt_hashmap_delete(&frames->evicted_at, page);
   }
   note(frames, vmt_replacement_touch(&frames->textbook, page, time, write, &touch));
}

/* ---- the address space ---- */

void
vmt_frames_remove(struct vmt_machine *machine, vmt_vpn page, const struct vmt_pte *pte)
{
   struct vmt_frames *frames = &machine->frames;

   vmt_replacement_remove(&frames->textbook, page);
   vmt_hashmap_delete(&frames->evicted_at, page);
   if ((pte->bits & VMT_PTE_SLOT) != 0)
      frames->n_slots_used--;
   if (frames->top == page)
      frames->top = VMT_NO_VPN;
}

void
vmt_frames_rename(struct vmt_machine *machine, vmt_vpn from, vmt_vpn to)
{
   struct vmt_frames *frames = &machine->frames;
   const uint64_t *number = vmt_hashmap_find(&frames->evicted_at, from);
   uint64_t *moved, was = number == NULL ? 0 : *number;

   note(frames, vmt_replacement_rename(&frames->textbook, from, to));
   if (number == NULL)
      return;
   vmt_hashmap_delete(&frames->evicted_at, from);
   note(frames, vmt_hashmap_put(&frames->evicted_at, to, &moved));
   if (!frames->no_memory)
      *moved = was;
}
