/* fork: copy_page_range and vma_needs_copy of mm/memory.c.

   Private frames are write-protected in both processes; until frames are shared
   between the machines of two processes, either one's next write counts as
   ForkCow.  The child gets the entries of areas that hold private frames and
   refills the others by faults.  */

#include "vmtrace/mmu/machine/machine.h"

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
      if ((pte->bits & VMT_PTE_ANON) != 0)
         pte->bits = (pte->bits & ~VMT_PTE_WRITABLE) | VMT_PTE_COW;
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
      if (!copied)
         pte->bits = 0;
      else if ((pte->bits & VMT_PTE_ZERO) == 0 && !excluded) {
         pte->owner = VMT_INHERITED_CHARGE;
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
   vmt_filter_kill_all(machine->filter.data, &machine->core->dtlb);
   vmt_filter_kill_all(machine->filter.fetch, &machine->core->itlb);
   vmt_accounting_free(&machine->ledger);
   status = vmt_accounting_init(&machine->ledger);
   if (status == VMT_OK &&
       vmt_accounting_charge(&machine->ledger, 0, 0, 0) != VMT_INHERITED_CHARGE)
      status = VMT_NO_MEMORY;
   return status;
}

enum vmt_status
vmt_machine_fork(struct vmt_machine *machine, bool child)
{
   struct vmt_area *area;
   enum vmt_status status = VMT_OK;

   vmt_filter_kill_all_stores(machine->filter.data);
   vmt_machine_forget_pages(machine);
   if (child)
      status = start_ledger_anew(machine);
   for (area = vmt_areas_from(&machine->areas, 0);
        area != NULL && status == VMT_OK;
        area = vmt_areas_after(&machine->areas, area)) {
      share_frames(machine, area);
      if (child)
         inherit(machine, area, is_copied(area));
   }
   if (status == VMT_OK && child)
      vmt_areas_become_child(&machine->areas);
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
