/* fork: copy_page_range and vma_needs_copy of mm/memory.c.

   Private frames are write-protected in both processes.  The machines of two
   processes do not know each other, so that the results do not depend on who is
   faster: a frame is a parent's alone again (wp_can_reuse_anon_folio) when all
   children that were forked while it had the frame are known to be gone; before,
   and in the child for ever, a write to it counts as ForkCow.  Hence an entry
   notes the first fork that shared its frame; the child's notes none.

   The child gets the entries of areas that hold private frames and refills the
   others by faults.  */

#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

static void
share_frame(const struct vmt_machine *machine, struct vmt_pte *pte)
{
   if ((pte->bits & VMT_PTE_COW) == 0)
      pte->bits |= VMT_PTE_COW | machine->n_forks << VMT_PTE_FORK_SHIFT;
   pte->bits &= ~VMT_PTE_WRITABLE;
}

bool
vmt_machine_owns_alone(const struct vmt_machine *machine, uint64_t entry)
{
   uint64_t fork = (entry & VMT_PTE_FORK) >> VMT_PTE_FORK_SHIFT;

   return (entry & VMT_PTE_COW) == 0 ||
          (fork != 0 && fork > machine->newest_child);
}

static void
share_frames(struct vmt_machine *machine, const struct vmt_area *area)
{
   vmt_vpn vpn = area->start >> VMT_PAGE_SHIFT;
   vmt_vpn after = area->end >> VMT_PAGE_SHIFT;
   struct vmt_pte *pte;

   if ((area->flags & (VMT_AREA_SHARED | VMT_AREA_DONTFORK |
                       VMT_AREA_WIPEONFORK)) != 0)
      return;
   while ((pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL) {
      if ((pte->bits & (VMT_PTE_ANON | VMT_PTE_SWAPPED)) != 0)
         share_frame(machine, pte);
      vpn++;
   }
}

/* What dup_mmap copies of an area's entries is all or nothing.  */
static bool
is_copied(const struct vmt_area *area)
{
   return area->frames_id != 0 &&
          (area->flags & (VMT_AREA_WIPEONFORK | VMT_AREA_DONTFORK)) == 0;
}

/* The pages that a child does not inherit are forgotten; the others are
   resident, and nobody in the child made them so.  */
static void
inherit(struct vmt_machine *machine, const struct vmt_area *area, bool copied)
{
   vmt_vpn vpn = area->start >> VMT_PAGE_SHIFT;
   vmt_vpn after = area->end >> VMT_PAGE_SHIFT;
   bool excluded = (area->flags & VMT_AREA_EXCLUDED) != 0;
   struct vmt_pte *pte;

   while ((pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL) {
      pte->owner = VMT_NO_CHARGE;
      pte->bits &= ~VMT_PTE_FORK;
      pte->touched = VMT_NO_EPOCH;
      if (!copied && vmt_machine_is_linux(machine))
         vmt_frames_unmapped(machine, vpn, pte);
      if (vmt_machine_is_textbook(machine))
         pte->bits = vmt_frames_inherited(machine, pte->bits, copied);
      if (!copied)
         pte->bits = 0;
      else if ((pte->bits & VMT_PTE_PRESENT) != 0 &&
               (pte->bits & VMT_PTE_ZERO) == 0 && !excluded) {
         pte->owner = VMT_INHERITED_CHARGE;
         if (machine->settings.has_blocks)
            vmt_blocks_page_came(&machine->blocks, vpn,
                                 vmt_instrs_at(machine->filter.clock));
         vmt_accounting_resident(&machine->ledger, 1);
         vmt_accounting_own(&machine->ledger, VMT_INHERITED_CHARGE, 1);
      }
      vpn++;
   }
}

/* As a child has it: nothing is known early, nothing is counted yet.  */
static enum vmt_status
start_ledger_anew(struct vmt_machine *machine)
{
   enum vmt_status status;

   vmt_machine_forget_pages(machine);
   vmt_filter_kill_all(&machine->filter.data, &machine->core->dtlb);
   vmt_filter_kill_all(&machine->filter.fetch, &machine->core->itlb);
   vmt_accounting_free(&machine->ledger);
   vmt_touches_free(&machine->touches);
   memset(&machine->frames.oom, 0, sizeof machine->frames.oom);
   memset(machine->page_memos, 0, sizeof machine->page_memos);
   status = vmt_accounting_init(&machine->ledger);
   if (status == VMT_OK &&
       vmt_accounting_charge(&machine->ledger, 0, 0, 0, 0) != VMT_INHERITED_CHARGE)
      status = VMT_NO_MEMORY;
   if (machine->settings.has_blocks)
      vmt_blocks_start_anew(&machine->blocks, vmt_instrs_at(machine->filter.clock));
   if (status == VMT_OK)
      status = vmt_frames_start_anew(machine);
   if (status == VMT_OK)
      status = vmt_touches_init(&machine->touches, machine->settings.curve,
                                machine->settings.window_instrs,
                                vmt_instrs_at(machine->filter.clock));
   if (status == VMT_OK)
      vmt_touches_set_deadline(machine);
   return status;
}

enum vmt_status
vmt_machine_fork(struct vmt_machine *machine, bool child)
{
   struct vmt_area *area;
   enum vmt_status status = VMT_OK;

   vmt_filter_kill_all_stores(&machine->filter.data);
   vmt_machine_forget_pages(machine);
   if (child)
      status = start_ledger_anew(machine);
   machine->newest_child = ++machine->n_forks;
   for (area = vmt_areas_from(&machine->areas, 0);
        area != NULL && status == VMT_OK;
        area = vmt_areas_after(&machine->areas, area)) {
      share_frames(machine, area);
      if (child)
         inherit(machine, area, is_copied(area));
   }
   if (status == VMT_OK && child) {
      vmt_areas_become_child(&machine->areas);
      machine->n_forks = machine->newest_child = 0;
   }
   return status;
}

enum vmt_status
vmt_machine_vfork_child(struct vmt_machine *machine)
{
   const struct vmt_area *area;
   enum vmt_status status = start_ledger_anew(machine);

   for (area = vmt_areas_from(&machine->areas, 0);
        area != NULL && status == VMT_OK;
        area = vmt_areas_after(&machine->areas, area))
      inherit(machine, area, true);
   return status;
}
