#include "vmtrace/mmu/machine/touches.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

#define NEVER (~(uint64_t)0)
#define NO_EPOCH_IS_OPEN (~(uint32_t)0)

/* ---- life ---- */

static enum vmt_status
init_curve(struct vmt_touches *touches)
{
   touches->now = VMT_NO_EPOCH;
   if (touches->windows)
      touches->now = touches->window_epoch = 1;
   switch (touches->curve) {
   case VMT_CURVE_NO:
      return VMT_OK;
   case VMT_CURVE_FAST:
      if (vmt_stack_epochs_init(&touches->epochs) != VMT_OK)
         return VMT_NO_MEMORY;
      touches->now = touches->window_epoch = touches->epochs.now;
      break;
   case VMT_CURVE_EXACT:
      vmt_stack_distance_init(&touches->stack);
      touches->top = VMT_NO_VPN;
      touches->now = NO_EPOCH_IS_OPEN;
      touches->window_epoch = 1;
      break;
   }
   return vmt_distances_init(&touches->distances);
}

enum vmt_status
vmt_touches_init(struct vmt_touches *touches, enum vmt_curve curve,
                 uint64_t window_instrs, uint64_t start_instrs)
{
   memset(touches, 0, sizeof *touches);
   touches->curve = curve;
   touches->windows = window_instrs != 0;
   touches->start_instrs = start_instrs;
   vmt_timeline_init(&touches->timeline);
   if (init_curve(touches) == VMT_OK &&
       (window_instrs == 0 ||
        vmt_working_set_init(&touches->set, window_instrs,
                             VMT_MAX_WINDOW_SAMPLES) == VMT_OK))
      return VMT_OK;
   vmt_touches_free(touches);
   return VMT_NO_MEMORY;
}

void
vmt_touches_free(struct vmt_touches *touches)
{
   if (touches->curve == VMT_CURVE_FAST)
      vmt_stack_epochs_free(&touches->epochs);
   if (touches->curve == VMT_CURVE_EXACT)
      vmt_stack_distance_free(&touches->stack);
   if (touches->curve != VMT_CURVE_NO)
      vmt_distances_free(&touches->distances);
   if (touches->windows)
      vmt_working_set_free(&touches->set);
   memset(touches, 0, sizeof *touches);
}

uint64_t
vmt_touches_peak_pages(const struct vmt_touches *touches)
{
   return touches->curve == VMT_CURVE_FAST ? touches->epochs.n_peak_places
                                           : touches->stack.n_peak_pages;
}

uint64_t
vmt_touches_instrs(const struct vmt_touches *touches, uint64_t tick)
{
   return vmt_instrs_at(tick) - touches->start_instrs;
}

static void
must_be(enum vmt_status status)
{
   vmt_assert(status == VMT_OK);
}

static void
note(struct vmt_touches *touches, enum vmt_status status)
{
   touches->no_memory |= status != VMT_OK;
}

/* ---- the working set ---- */

/* In the open window: that has begun, and when in it does not matter.  */
enum vmt_status
vmt_touches_own(struct vmt_touches *touches, vmt_vpn page, uint32_t owner)
{
   if (!touches->windows)
      return VMT_OK;
   return vmt_working_set_touch(&touches->set, page, touches->set.start_instrs,
                                owner);
}

/* ---- live entries ---- */

struct side {
   struct vmt_filter_entry *entries;
   struct vmt_tlb *tlb;
};

/* The translation pages of a page.  */
static vmt_vpn
first_vpn(const struct vmt_machine *machine, vmt_vpn page)
{
   return page << (VMT_PAGE_SHIFT - machine->config.page_shift);
}

static vmt_vpn
page_of(const struct vmt_machine *machine, vmt_vpn vpn)
{
   return vpn >> (VMT_PAGE_SHIFT - machine->config.page_shift);
}

static void
kill_all(struct vmt_machine *machine)
{
   vmt_filter_kill_all(machine->filter.data, &machine->core->dtlb);
   vmt_filter_kill_all(machine->filter.fetch, &machine->core->itlb);
}

/* ---- epochs ---- */

static void
renumber_memos(struct vmt_machine *machine)
{
   uint32_t i;

   for (i = 0; i < VMT_N_PAGE_MEMOS; i++)
      machine->page_memos[i].epoch = vmt_stack_epochs_renumbered(
         &machine->touches.epochs, machine->page_memos[i].epoch);
}

static void
renumber(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;
   vmt_vpn vpn = 0;
   struct vmt_pte *pte;

   while ((pte = vmt_pagetable_next(&machine->pages, &vpn,
                                    machine->pages.n_pages)) != NULL) {
      pte->touched = vmt_stack_epochs_renumbered(&touches->epochs, pte->touched);
      vpn++;
   }
   touches->window_epoch = touches->epochs.now;
   renumber_memos(machine);
}

static void
open_epoch(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;
   bool all_change;

   if (touches->curve == VMT_CURVE_NO) {
      touches->now++;
      return;
   }
   must_be(vmt_stack_epochs_close(&touches->epochs, &all_change));
   touches->now = touches->epochs.now;
   if (all_change)
      renumber(machine);
}

static uint32_t
see_in_epoch(struct vmt_touches *touches, vmt_vpn page, struct vmt_pte *pte)
{
   touches->open_pages[touches->epochs.n_open] = page;
   return (uint32_t)vmt_stack_epochs_touch(&touches->epochs, &pte->touched);
}

/* A page whose entry lives on.  Its last touch was in the epoch before, so the
   distance is of no interest.  */
static void
see_again(struct vmt_machine *machine, vmt_vpn page)
{
   struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, page);

   if (pte->touched != machine->touches.now)
      see_in_epoch(&machine->touches, page, pte);
}

/* What of the pages of an epoch that ends is still alive and must be.  */
struct survivors {
   vmt_vpn pages[VMT_EPOCH_PAGES / 2];
   uint32_t n;
   struct vmt_filter_entry *running;    /* what is being run from; NULL: none */
};

/* Kills the entry but for one that is stamped with what is still to come.  */
static void
end_data(struct vmt_machine *machine, vmt_vpn vpn, uint64_t tick,
         struct survivors *alive)
{
   struct vmt_filter_entry *entry =
      vmt_filter_entry_of(machine->filter.data, vpn);

   if (entry->vpn != vpn)
      return;
   if (entry->stamp > tick && alive->n < VMT_EPOCH_PAGES / 2)
      alive->pages[alive->n++] = page_of(machine, vpn);
   else
      vmt_filter_kill_entry(entry, &machine->core->dtlb);
}

/* Kills the entry but for the one stamped last.  */
static void
end_fetch(struct vmt_machine *machine, vmt_vpn vpn, struct survivors *alive)
{
   struct vmt_filter_entry *entry =
      vmt_filter_entry_of(machine->filter.fetch, vpn), *older = entry;

   if (entry->vpn != vpn)
      return;
   if (alive->running == NULL || alive->running->stamp < entry->stamp) {
      older = alive->running;
      alive->running = entry;
   }
   if (older != NULL)
      vmt_filter_kill_entry(older, &machine->core->itlb);
}

/* The open epoch has all the pages it may have, or must end for another reason.
   tick: nothing that comes is before it.  */
static void
end_epoch(struct vmt_machine *machine, uint64_t tick)
{
   struct vmt_touches *touches = &machine->touches;
   struct survivors alive;
   uint32_t i;

   alive.n = 0;
   alive.running = NULL;
   for (i = 0; i < touches->epochs.n_open; i++) {
      vmt_vpn vpn = first_vpn(machine, touches->open_pages[i]);
      vmt_vpn end = first_vpn(machine, touches->open_pages[i] + 1);

      for (; vpn < end; vpn++) {
         end_data(machine, vpn, tick, &alive);
         end_fetch(machine, vpn, &alive);
      }
   }
   open_epoch(machine);
   for (i = 0; i < alive.n; i++)
      see_again(machine, alive.pages[i]);
   if (alive.running != NULL)
      see_again(machine, page_of(machine, alive.running->vpn));
}

/* ---- seeing ---- */

static uint32_t
see_fast(struct vmt_machine *machine, vmt_vpn page, struct vmt_pte *pte,
         uint64_t tick)
{
   struct vmt_touches *touches = &machine->touches;
   uint32_t distance;

   if (vmt_stack_epochs_is_full(&touches->epochs))
      end_epoch(machine, tick);
   distance = see_in_epoch(touches, page, pte);
   must_be(vmt_distances_count(&touches->distances, distance));
   return distance;
}

/* The page that was on top is not any more: what comes to it is to be seen.  */
static uint32_t
see_exactly(struct vmt_machine *machine, vmt_vpn page)
{
   struct vmt_touches *touches = &machine->touches;
   uint32_t distance;
   vmt_vpn vpn, end;

   if (touches->top != VMT_NO_VPN) {
      end = first_vpn(machine, touches->top + 1);
      for (vpn = first_vpn(machine, touches->top); vpn < end; vpn++) {
         vmt_filter_kill(machine->filter.data, &machine->core->dtlb, vpn);
         vmt_filter_kill(machine->filter.fetch, &machine->core->itlb, vpn);
      }
   }
   touches->top = page;
   must_be(vmt_stack_distance_touch(&touches->stack, page, ++touches->n_seen,
                                    &distance));
   must_be(vmt_distances_count(&touches->distances, distance));
   return distance;
}

uint32_t
vmt_touches_see(struct vmt_machine *machine, vmt_vpn page, struct vmt_pte *pte,
                uint64_t tick, bool owner_known)
{
   struct vmt_touches *touches = &machine->touches;
   bool new_in_window = pte->touched < touches->window_epoch;
   uint32_t distance = 1;

   if (pte->touched == touches->now)
      return VMT_NOT_CHARGED;
   if (touches->curve == VMT_CURVE_FAST)
      distance = see_fast(machine, page, pte, tick);
   else
      pte->touched = touches->window_epoch;
   if (touches->curve == VMT_CURVE_EXACT && page != touches->top)
      distance = see_exactly(machine, page);
   if (new_in_window && owner_known)
      must_be(vmt_touches_own(touches, page, pte->owner));
   if (touches->curve == VMT_CURVE_NO ||
       (distance != VMT_FIRST_TOUCH && distance < VMT_CHARGED_DISTANCE))
      return VMT_NOT_CHARGED;
   return distance + 1;
}

void
vmt_touches_remove(struct vmt_touches *touches, vmt_vpn page,
                   struct vmt_pte *pte)
{
   if (pte->touched == VMT_NO_EPOCH)
      return;
   if (touches->curve == VMT_CURVE_FAST)
      vmt_stack_epochs_remove(&touches->epochs, &pte->touched);
   pte->touched = VMT_NO_EPOCH;
   if (touches->curve == VMT_CURVE_EXACT) {
      note(touches, vmt_stack_distance_remove(&touches->stack, page));
      if (touches->top == page)
         touches->top = VMT_NO_VPN;
   }
   if (touches->windows)
      note(touches, vmt_working_set_remove(&touches->set, page));
}

void
vmt_touches_move(struct vmt_touches *touches, vmt_vpn from, vmt_vpn to,
                 struct vmt_pte *moved)
{
   if (moved->touched == VMT_NO_EPOCH)
      return;
   if (touches->curve == VMT_CURVE_EXACT) {
      note(touches, vmt_stack_distance_rename(&touches->stack, from, to));
      if (touches->top == from)
         touches->top = to;
   }
   if (!touches->windows)
      return;
   note(touches, vmt_working_set_remove(&touches->set, from));
   note(touches, vmt_working_set_map(&touches->set, to, moved->owner));
}

void
vmt_touches_forget_epoch(struct vmt_machine *machine, uint64_t tick)
{
   struct vmt_touches *touches = &machine->touches;

   if (!touches->windows)
      return;
   if (touches->curve == VMT_CURVE_FAST) {
      end_epoch(machine, tick);
      touches->window_epoch = touches->now;
   } else if (touches->curve == VMT_CURVE_NO) {
      kill_all(machine);
      open_epoch(machine);
      touches->window_epoch = touches->now;
   } else {
      kill_all(machine);
      touches->window_epoch++;
   }
}

/* ---- windows ---- */

/* When the page of a way was touched last, as far as is known.  */
static uint64_t
last_stamp(const struct side *side, const struct vmt_tlb_entry *way)
{
   const struct vmt_filter_entry *entry =
      vmt_filter_entry_of(side->entries, way->vpn);
   uint64_t stamp = side->tlb->shape.policy == VMT_TLB_LRU ? way->stamp : 0;

   if (way->vpn == VMT_NO_VPN)
      return 0;
   if (entry->vpn == way->vpn && stamp < entry->stamp)
      stamp = entry->stamp;
   return stamp;
}

static void
see_by_stamp(struct vmt_machine *machine, vmt_vpn vpn, uint64_t tick)
{
   vmt_vpn page = page_of(machine, vpn);
   struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, page);

   /* Excluded pages have no epoch.  */
   if (pte == NULL || pte->touched == VMT_NO_EPOCH)
      return;
   if (machine->touches.curve == VMT_CURVE_EXACT) {
      must_be(vmt_touches_own(&machine->touches, page, pte->owner));
      pte->touched = machine->touches.window_epoch;
   } else {
      vmt_touches_see(machine, page, pte, tick, true);
   }
}

/* Those that were accessed at start or later.  */
static void
see_data(struct vmt_machine *machine, uint64_t start, uint64_t tick)
{
   struct side side = {machine->filter.data, &machine->core->dtlb};
   const struct vmt_tlb_entry *way = side.tlb->entries;
   const struct vmt_tlb_entry *end = way + side.tlb->shape.n_entries;

   for (; way < end; way++)
      if (last_stamp(&side, way) >= start)
         see_by_stamp(machine, way->vpn, tick);
}

/* The page that was being run from when start came, if its run was not over.  No
   run has begun since, or it would have been known then that start had come.  */
static void
see_fetches(struct vmt_machine *machine, uint64_t start, uint64_t tick)
{
   struct side side = {machine->filter.fetch, &machine->core->itlb};
   const struct vmt_tlb_entry *way = side.tlb->entries, *latest = NULL;
   const struct vmt_tlb_entry *end = way + side.tlb->shape.n_entries;

   if (tick == start)
      return;
   for (; way < end; way++)
      if (way->vpn != VMT_NO_VPN &&
          (latest == NULL ||
           last_stamp(&side, latest) < last_stamp(&side, way)))
         latest = way;
   if (latest != NULL && machine->touches.curve != VMT_CURVE_EXACT)
      see_by_stamp(machine, latest->vpn, tick);
}

void
vmt_touches_set_deadline(struct vmt_machine *machine)
{
   const struct vmt_touches *touches = &machine->touches;
   uint64_t end_instrs = touches->windows ? touches->set.end_instrs : NEVER;

   machine->filter.deadline =
      end_instrs >= (NEVER >> VMT_TICK_SHIFT) - touches->start_instrs
         ? NEVER
         : (end_instrs + touches->start_instrs) << VMT_TICK_SHIFT;
}

void
vmt_touches_end_window(struct vmt_machine *machine, uint64_t tick)
{
   struct vmt_touches *touches = &machine->touches;
   uint64_t start = machine->filter.deadline;

   vmt_timeline_add(&touches->timeline, &machine->ledger,
                    vmt_touches_instrs(touches, start));
   vmt_working_set_advance(&touches->set, vmt_touches_instrs(touches, tick));
   if (touches->curve == VMT_CURVE_EXACT) {
      touches->window_epoch++;
   } else {
      open_epoch(machine);
      touches->window_epoch = touches->now;
   }
   see_data(machine, start, tick);
   see_fetches(machine, start, tick);
   kill_all(machine);
   vmt_touches_set_deadline(machine);
}
