#include "vmtrace/mmu/machine/touches_private.h"

#include "vmtrace/mmu/base/port.h"

#define NEVER_KNOWN (~(uint32_t)0)

/* ---- life ---- */

static enum vmt_status
init_curve(struct vmt_touches *touches)
{
   switch (touches->curve) {
   case VMT_CURVE_NO:
      touches->known = touches->windows ? 1 : VMT_NO_EPOCH;
      return VMT_OK;
   case VMT_CURVE_FAST:
      touches->known = VMT_OPEN;
      memset(touches->free_records, 0xff, sizeof touches->free_records);
      if (vmt_stack_epochs_init(&touches->epochs) != VMT_OK)
         return VMT_NO_MEMORY;
      break;
   case VMT_CURVE_EXACT:
      touches->known = NEVER_KNOWN;
      touches->top = VMT_NO_VPN;
      vmt_stack_distance_init(&touches->stack);
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

static void
kill_page(struct vmt_machine *machine, struct vmt_filter_side *side,
          struct vmt_tlb *tlb, vmt_vpn page)
{
   vmt_vpn vpn = vmt_touches_first_vpn(machine, page);
   vmt_vpn end = vmt_touches_first_vpn(machine, page + 1);

   for (; vpn < end; vpn++)
      vmt_filter_kill(side, tlb, vpn);
}

void
vmt_touches_kill_data(struct vmt_machine *machine, vmt_vpn page)
{
   kill_page(machine, &machine->filter.data, &machine->core->dtlb, page);
}

void
vmt_touches_kill_fetch(struct vmt_machine *machine, vmt_vpn page)
{
   kill_page(machine, &machine->filter.fetch, &machine->core->itlb, page);
}

/* ---- seeing ---- */

/* The page that was on top is not any more: what comes to it is to be seen.  */
static uint32_t
see_exactly(struct vmt_machine *machine, vmt_vpn page)
{
   struct vmt_touches *touches = &machine->touches;
   uint32_t distance;

   if (touches->top != VMT_NO_VPN) {
      vmt_touches_kill_data(machine, touches->top);
      vmt_touches_kill_fetch(machine, touches->top);
   }
   touches->top = page;
   vmt_touches_must_be(vmt_stack_distance_touch(&touches->stack, page, ++touches->n_seen,
                                    &distance));
   vmt_touches_must_be(vmt_distances_count(&touches->distances, distance));
   return distance;
}

uint32_t
vmt_touches_see(struct vmt_machine *machine, vmt_vpn page, struct vmt_pte *pte,
                uint64_t tick, bool owner_known)
{
   struct vmt_touches *touches = &machine->touches;
   bool new_in_window = pte->touched <= touches->before_window;
   uint32_t distance = 1;

   if (touches->curve == VMT_CURVE_FAST) {
      distance = vmt_touches_open_page(machine, page, pte, tick);
      vmt_touches_must_be(vmt_distances_count(&touches->distances, distance));
   } else {
      pte->touched = touches->before_window + 1;
      if (touches->curve == VMT_CURVE_EXACT && page != touches->top)
         distance = see_exactly(machine, page);
   }
   if (new_in_window && owner_known)
      vmt_touches_must_be(vmt_touches_own(touches, page, pte->owner));
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
   if (touches->curve == VMT_CURVE_FAST) {
      vmt_stack_epochs_remove(&touches->epochs, pte->touched);
      if (pte->touched >= VMT_OPEN)
         touches->open[vmt_touches_record(pte)].pte = NULL;
   }
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
   if (moved->touched >= VMT_OPEN)
      touches->open[vmt_touches_record(moved)] = (struct vmt_open_page){to, moved};
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
