/* Page faults, by the rules of mm/memory.c (Linux 6.1 to 6.18).

   do_anonymous_page: a read maps the zero page, a write a zeroed frame.  do_fault
   is in fault_object.c.  do_wp_page: a write to a page that is there but
   write-protected copies it, or reuses it, or (shared file) makes it dirty.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/machine/fault_private.h"

#define RESIDENT (VMT_PTE_ANON | VMT_PTE_FILE | VMT_PTE_SHMEM)

uint64_t
vmt_fault_rights(const struct vmt_area *area)
{
   const uint32_t any = VMT_AREA_READ | VMT_AREA_WRITE | VMT_AREA_EXEC;
   uint64_t bits = VMT_PTE_PRESENT;

   if ((area->flags & any) != 0)
      bits |= VMT_PTE_USER;
   if ((area->flags & VMT_AREA_EXEC) == 0)
      bits |= VMT_PTE_NO_EXECUTE;
   return bits;
}

void
vmt_fault_set_entry(struct vmt_machine *machine, struct vmt_pte *pte, vmt_vpn vpn,
          uint64_t bits, struct vmt_outcome *outcome)
{
   bool was_resident = (pte->bits & RESIDENT) != 0;

   pte->bits = bits;
   if (was_resident || (bits & RESIDENT) == 0)
      return;
   pte->owner = VMT_NO_CHARGE;
   if (outcome->n_new_pages++ == 0)
      outcome->new_start = outcome->new_end = vpn;
   if (vpn < outcome->new_start)
      outcome->new_start = vpn;
   if (vpn >= outcome->new_end)
      outcome->new_end = vpn + 1;
   if (!outcome->excluded)
      vmt_accounting_resident(&machine->ledger, 1);
}

void
vmt_fault_set_frame(struct vmt_machine *machine, struct vmt_area *area,
                  struct vmt_pte *pte, vmt_addr addr,
                  struct vmt_outcome *outcome)
{
   if (area->frames_id == 0)
      vmt_areas_note_frame(&machine->areas, area);
   vmt_fault_set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
                       vmt_fault_rights(area) | VMT_PTE_WRITABLE | VMT_PTE_ANON,
                       outcome);
}

/* Nothing is mapped at addr yet, and the area has no object.  */
static enum vmt_event
anonymous_fault(struct vmt_machine *machine, struct vmt_area *area,
                struct vmt_pte *pte, vmt_addr addr, bool write,
                struct vmt_outcome *outcome)
{
   if (write) {
      vmt_fault_set_frame(machine, area, pte, addr, outcome);
      return VMT_EV_ZeroWr;
   }
   vmt_fault_set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
                       vmt_fault_rights(area) | VMT_PTE_ZERO, outcome);
   return VMT_EV_ZeroRd;
}

/* A write to a page that is mapped without the right to be written.  */
static enum vmt_event
write_protect_fault(struct vmt_machine *machine, struct vmt_area *area,
                    struct vmt_pte *pte, vmt_addr addr,
                    struct vmt_outcome *outcome)
{
   uint64_t old = pte->bits;

   outcome->n_shootdowns += vmt_machine_shoot_others(machine, addr);
   if ((area->flags & VMT_AREA_SHARED) != 0) {
      pte->bits |= VMT_PTE_WRITABLE;
      return (old & VMT_PTE_SHMEM) != 0 ? VMT_EV_Reuse : VMT_EV_FileWr;
   }
   vmt_fault_set_frame(machine, area, pte, addr, outcome);
   if ((old & VMT_PTE_ZERO) != 0)
      return VMT_EV_ZeroCow;
   if ((old & VMT_PTE_ANON) == 0)
      return VMT_EV_FileCow;
   return vmt_machine_owns_alone(machine, old) ? VMT_EV_Reuse : VMT_EV_ForkCow;
}

/* The stack's area reaches down to an address below it, if its limit and what
   lies there allow.  */
static struct vmt_area *
grow_stack(struct vmt_machine *machine, vmt_addr addr)
{
   struct vmt_area *area = vmt_areas_from(&machine->areas, addr);

   if (area == NULL || (area->flags & VMT_AREA_GROWSDOWN) == 0 ||
       area->end - vmt_page_floor(addr) > machine->settings.stack_limit_bytes)
      return NULL;
   if (vmt_areas_grow_down(&machine->areas, area, vmt_page_floor(addr)) !=
       VMT_OK)
      return NULL;
   return vmt_areas_find(&machine->areas, addr);
}

static bool
area_allows(const struct vmt_area *area, enum vmt_access_kind kind)
{
   if (kind == VMT_FETCH)
      return (area->flags & VMT_AREA_EXEC) != 0;
   if (kind == VMT_READ)
      return (area->flags &
              (VMT_AREA_READ | VMT_AREA_WRITE | VMT_AREA_EXEC)) != 0;
   return (area->flags & VMT_AREA_WRITE) != 0;
}

enum vmt_event
vmt_fault_resolve(struct vmt_machine *machine, vmt_addr addr,
                  enum vmt_access_kind kind, struct vmt_outcome *outcome)
{
   bool write = kind == VMT_WRITE || kind == VMT_MODIFY;
   struct vmt_area *area = vmt_areas_find(&machine->areas, addr);
   struct vmt_pte *pte;

   if (area == NULL)
      area = grow_stack(machine, addr);
   if (area == NULL)
      return VMT_EV_Segv;
   if (!area_allows(area, kind))
      return VMT_EV_Prot;
   outcome->excluded = (area->flags & VMT_AREA_EXCLUDED) != 0;
   addr = vmt_page_floor(addr);
   pte = vmt_pagetable_get(&machine->pages, addr >> VMT_PAGE_SHIFT);
   vmt_assert(pte != NULL);
   if ((pte->bits & VMT_PTE_PRESENT) != 0)
      return write_protect_fault(machine, area, pte, addr, outcome);
   if (area->backing == VMT_BACKING_ANON)
      return anonymous_fault(machine, area, pte, addr, write, outcome);
   return vmt_fault_object(machine, area, pte, addr, write, outcome);
}
