/* fork: copy_page_range and vma_needs_copy of mm/memory.c.

   Private frames are write-protected in both processes, and who of them writes first
   copies.  The child gets the entries of areas that hold private frames and refills the
   others by faults.  */

#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

#define PRIVATE (VMT_PTE_ANON | VMT_PTE_SWAPPED)

/* What dup_mmap copies of an area's entries is all or nothing.  */
static bool
is_copied(const struct vmt_area *area)
{
   return area->frames_id != 0 &&
          (area->flags & (VMT_AREA_WIPEONFORK | VMT_AREA_DONTFORK)) == 0;
}

static void
share_area(struct vmt_machine *machine, const struct vmt_area *area, uint32_t place)
{
   vmt_vpn vpn = area->start >> VMT_PAGE_SHIFT;
   vmt_vpn after = area->end >> VMT_PAGE_SHIFT;
   bool excluded = (area->flags & VMT_AREA_EXCLUDED) != 0;
   struct vmt_pte *pte;

   for (; (pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL; vpn++) {
      if (place != 0 && !excluded)
         vmt_frames_share(machine, vpn, pte, place);
      pte->bits = vmt_sharing_share(machine, pte->bits, excluded ? 0 : place);
      if ((pte->bits & PRIVATE) != 0)
         pte->bits = (pte->bits | VMT_PTE_COW) & ~VMT_PTE_WRITABLE;
   }
}

void
vmt_machine_before_fork(struct vmt_machine *machine, uint32_t child_place)
{
   const struct vmt_area *area;

   vmt_filter_kill_all_stores(&machine->filter.data);
   vmt_machine_forget_pages(machine);
   vmt_machine_begin(machine);
   vmt_frames_expect_child(machine, child_place);
   vmt_sharing_begin(machine);
   vmt_sharing_name_objects(machine);
   for (area = vmt_areas_from(&machine->areas, 0); area != NULL;
        area = vmt_areas_after(&machine->areas, area))
      if (is_copied(area))
         share_area(machine, area, child_place);
   vmt_sharing_end(machine);
   vmt_machine_end(machine);
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
      pte->touched = VMT_NO_EPOCH;
      if (!copied && vmt_machine_is_linux(machine))
         vmt_frames_unmapped(machine, vpn, pte);
      pte->bits = copied ? vmt_sharing_inherit(machine, pte->bits) : 0;
      if (vmt_machine_is_linux(machine) && machine->frames.place != 0)
         pte->bits &= ~VMT_PTE_ACCESSED;        /* pte_mkold */
      if (vmt_machine_is_textbook(machine))
         vmt_sharing_set(machine, pte,
                         vmt_frames_inherited(machine, pte->bits, copied));
      if ((pte->bits & VMT_PTE_PRESENT) != 0 && (pte->bits & VMT_PTE_ZERO) == 0 &&
          !excluded) {
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
   vmt_first_touch_free(&machine->first_touch);
   memset(machine->page_memos, 0, sizeof machine->page_memos);
   status = vmt_accounting_init(&machine->ledger);
   if (status == VMT_OK &&
       vmt_accounting_charge(&machine->ledger, 0, 0, 0, 0) != VMT_INHERITED_CHARGE)
      status = VMT_NO_MEMORY;
   if (machine->settings.has_blocks)
      vmt_blocks_start_anew(&machine->blocks, vmt_instrs_at(machine->filter.clock));
   if (status == VMT_OK)
      status = vmt_touches_init(&machine->touches, machine->settings.curve,
                                machine->settings.window_instrs,
                                vmt_instrs_at(machine->filter.clock));
   if (status == VMT_OK)
      vmt_touches_set_deadline(machine);
   return status;
}

enum vmt_status
vmt_machine_become_child(struct vmt_machine *machine, uint32_t place)
{
   const struct vmt_area *area;
   enum vmt_status status;

   vmt_sharing_become_child(machine, place);
   status = vmt_frames_become_child(machine, place);
   if (status != VMT_OK)
      return status;
   vmt_machine_begin(machine);          /* what is gone already is its parent's still */
   status = start_ledger_anew(machine);
   vmt_machine_empty_others(machine);
   vmt_sharing_begin(machine);
   for (area = vmt_areas_from(&machine->areas, 0);
        area != NULL && status == VMT_OK;
        area = vmt_areas_after(&machine->areas, area))
      inherit(machine, area, is_copied(area));
   vmt_sharing_settle(machine);
   if (status == VMT_OK)
      vmt_areas_become_child(&machine->areas);
   vmt_sharing_end(machine);
   vmt_frames_settle(machine);
   vmt_machine_end(machine);
   return machine->sharing.no_memory || machine->frames.no_memory ? VMT_NO_MEMORY
                                                                  : status;
}

enum vmt_status
vmt_machine_become_vfork_child(struct vmt_machine *machine)
{
   const struct vmt_area *area;
   enum vmt_status status = start_ledger_anew(machine);

   vmt_sharing_borrow(machine);
   if (status == VMT_OK)
      status = vmt_frames_borrow(machine);
   for (area = vmt_areas_from(&machine->areas, 0);
        area != NULL && status == VMT_OK;
        area = vmt_areas_after(&machine->areas, area))
      inherit(machine, area, true);
   return status;
}
