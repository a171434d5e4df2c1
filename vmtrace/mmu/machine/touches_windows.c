/* When windows end, and what of the next one has happened by then.  */

#include "vmtrace/mmu/machine/touches_private.h"

#define NEVER (~(uint64_t)0)

/* What was seen before is to be seen anew.  */
static void
open_window(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;

   if (touches->curve == VMT_CURVE_FAST) {
      touches->before_window = vmt_stack_epochs_seal(&touches->epochs);
   } else {
      touches->before_window++;
      if (touches->curve == VMT_CURVE_NO)
         touches->known++;
   }
}

static void
kill_all(struct vmt_machine *machine)
{
   vmt_filter_kill_all(&machine->filter.data, &machine->core->dtlb);
   vmt_filter_kill_all(&machine->filter.fetch, &machine->core->itlb);
}

void
vmt_touches_forget_window(struct vmt_machine *machine)
{
   if (!machine->touches.windows)
      return;
   if (machine->touches.curve == VMT_CURVE_FAST)
      vmt_touches_push_older(machine, NEVER);
   open_window(machine);
   kill_all(machine);
}

/* When the page of a way was touched last, as far as is known.  */
static uint64_t
last_stamp(struct vmt_filter_side *side, const struct vmt_tlb *tlb,
           const struct vmt_tlb_entry *way)
{
   const struct vmt_filter_entry *entry = vmt_filter_entry_of(side, way->vpn);
   uint64_t stamp = tlb->shape.policy == VMT_TLB_LRU ? way->stamp : 0;

   if (way->vpn == VMT_NO_VPN)
      return 0;
   if (entry->vpn == way->vpn)
      vmt_filter_raise(&stamp, entry->stamp);
   return stamp;
}

/* The page was touched in the new window.  Excluded ones have no epoch.  */
static void
see_page(struct vmt_machine *machine, vmt_vpn page)
{
   struct vmt_touches *touches = &machine->touches;
   struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, page);

   if (pte == NULL || pte->touched == VMT_NO_EPOCH)
      return;
   vmt_touches_must_be(vmt_touches_own(touches, page, pte->owner));
   if (touches->curve != VMT_CURVE_FAST)
      pte->touched = touches->before_window + 1;
}

/* Those that were accessed at start or later.  */
static void
see_data(struct vmt_machine *machine, uint64_t start)
{
   const struct vmt_tlb *tlb = &machine->core->dtlb;
   const struct vmt_tlb_entry *way = tlb->entries;
   const struct vmt_tlb_entry *end = way + tlb->shape.n_entries;

   for (; way < end; way++)
      if (last_stamp(&machine->filter.data, tlb, way) >= start)
         see_page(machine, vmt_touches_page_of(machine, way->vpn));
}

/* The page that was fetched from last before tick, as far as the stamps tell: none
   may have been fetched from both before and after.  */
static vmt_vpn
last_fetched(struct vmt_machine *machine, uint64_t tick)
{
   const struct vmt_tlb *tlb = &machine->core->itlb;
   const struct vmt_tlb_entry *way = tlb->entries;
   const struct vmt_tlb_entry *end = way + tlb->shape.n_entries;
   vmt_vpn page = VMT_NO_VPN;
   uint64_t latest = 0;

   for (; way < end; way++) {
      uint64_t stamp = last_stamp(&machine->filter.fetch, tlb, way);

      if (way->vpn != VMT_NO_VPN && stamp >= latest && stamp < tick) {
         latest = stamp;
         page = vmt_touches_page_of(machine, way->vpn);
      }
   }
   return page;
}

/* The page that was being run from when start came, if its run was not over: the
   instruction at start is of it.  */
static void
see_running(struct vmt_machine *machine, uint64_t start, uint64_t tick)
{
   vmt_vpn page = machine->touches.running;

   if (tick != start && page != VMT_NO_VPN)
      see_page(machine, page);
}

/* The tick that the open window ends with.  */
static uint64_t
end_of_window(const struct vmt_touches *touches)
{
   uint64_t end_instrs = touches->windows ? touches->set.end_instrs : NEVER;

   return end_instrs >= (NEVER >> VMT_TICK_SHIFT) - touches->start_instrs
             ? NEVER
             : (end_instrs + touches->start_instrs) << VMT_TICK_SHIFT;
}

void
vmt_touches_set_deadline(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;
   const uint64_t near = (uint64_t)VMT_NEAR_INSTRS << VMT_TICK_SHIFT;
   uint64_t end = end_of_window(touches);

   touches->near_end = false;
   machine->filter.deadline = end == NEVER ? NEVER : end < near ? 0 : end - near;
}

/* From now on each fetch is seen, so that it is known which page is run from when
   the window ends.  */
static void
come_near_end(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;

   machine->filter.deadline = end_of_window(touches);
   touches->running = last_fetched(machine, machine->filter.deadline);
   touches->near_end = true;
   vmt_filter_kill_all(&machine->filter.fetch, &machine->core->itlb);
}

static void
end_window(struct vmt_machine *machine, uint64_t tick)
{
   struct vmt_touches *touches = &machine->touches;
   uint64_t start = machine->filter.deadline;

   vmt_timeline_add(&touches->timeline, &machine->ledger, &machine->blocks,
                    vmt_touches_instrs(touches, start));
   vmt_working_set_advance(&touches->set, vmt_touches_instrs(touches, tick));
   vmt_first_touch_window(machine, start);
   if (touches->curve == VMT_CURVE_FAST) {
      vmt_touches_push_older(machine, start);
      open_window(machine);
      vmt_touches_own_open(machine);
   } else {
      open_window(machine);
      see_data(machine, start);
      kill_all(machine);
   }
   see_running(machine, start, tick);
   vmt_touches_set_deadline(machine);
}

void
vmt_touches_come_to(struct vmt_machine *machine, uint64_t tick)
{
   if (!machine->touches.near_end)
      come_near_end(machine);
   if (tick >= machine->filter.deadline)
      end_window(machine, tick);
}
