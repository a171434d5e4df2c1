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

/* The page may have been evicted, and swap may have a copy of it.  */
static void
note_return(struct vmt_machine *machine, const struct vmt_pte *pte, vmt_vpn vpn,
            uint64_t bits, struct vmt_outcome *outcome)
{
   bool textbook = vmt_machine_is_textbook(machine);

   if (vpn == outcome->page && (pte->bits & VMT_PTE_EVICTED) != 0) {
      outcome->is_refault = true;
      outcome->is_thrash = textbook ? vmt_frames_is_recent(machine, vpn)
                                    : (pte->bits & VMT_PTE_THRASH) != 0;
   }
   if (textbook && (pte->bits & ~bits & VMT_PTE_SLOT) != 0)
      vmt_frames_free_slot(machine);
}

void
vmt_fault_set_entry(struct vmt_machine *machine, struct vmt_pte *pte, vmt_vpn vpn,
          uint64_t bits, struct vmt_outcome *outcome)
{
   bool was_resident = (pte->bits & RESIDENT) != 0;

   if (machine->frames.kind != VMT_FRAMES_UNLIMITED)
      note_return(machine, pte, vpn, bits, outcome);
   vmt_sharing_set(machine, pte, bits);
   if (was_resident || (bits & RESIDENT) == 0)
      return;
   pte->owner = VMT_NO_CHARGE;
   if (outcome->n_new_pages++ == 0)
      outcome->new_start = outcome->new_end = vpn;
   if (vpn < outcome->new_start)
      outcome->new_start = vpn;
   if (vpn >= outcome->new_end)
      outcome->new_end = vpn + 1;
   if (outcome->excluded)
      return;
   if (machine->settings.has_blocks)
      vmt_blocks_page_came(&machine->blocks, vpn,
                           vmt_instrs_at(machine->filter.clock));
   if (machine->frames.kind != VMT_FRAMES_UNLIMITED)
      machine->frames.n_entering++;     /* what has to make room goes first */
   else
      vmt_accounting_resident(&machine->ledger, 1);
}

uint64_t
vmt_fault_told_bits(const struct vmt_machine *machine, bool write,
                    const struct vmt_outcome *outcome)
{
   if (!vmt_machine_is_linux(machine) || outcome->excluded)
      return 0;
   return VMT_PTE_ACCESSED | (write ? VMT_PTE_DIRTY : 0);
}

void
vmt_fault_set_frame(struct vmt_machine *machine, struct vmt_area *area,
                  struct vmt_pte *pte, vmt_addr addr,
                  struct vmt_outcome *outcome)
{
   if (area->frames_id == 0)
      vmt_areas_note_frame(&machine->areas, area);
   if (vmt_machine_is_linux(machine) && !outcome->excluded)
      vmt_frames_new_page(machine, area, addr >> VMT_PAGE_SHIFT, pte);
   vmt_fault_set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
                       vmt_fault_rights(area) | VMT_PTE_WRITABLE | VMT_PTE_ANON |
                          vmt_fault_told_bits(machine, true, outcome),
                       outcome);
}

/* A private page is in swap (do_swap_page).  One that a fork shared is copied by a
   write, in the same fault.  */
static enum vmt_event
swapped_fault(struct vmt_machine *machine, struct vmt_area *area, struct vmt_pte *pte,
              vmt_addr addr, bool write, struct vmt_outcome *outcome)
{
   vmt_vpn vpn = addr >> VMT_PAGE_SHIFT;
   enum vmt_event event = vmt_machine_is_linux(machine)
                             ? vmt_frames_swap_in(machine, area, vpn, write)
                             : VMT_EV_SwapIn;
   uint64_t bits = vmt_fault_rights(area) | VMT_PTE_ANON |
                   vmt_fault_told_bits(machine, write, outcome);

   if (vmt_machine_is_linux(machine) && write && vmt_frames_is_shared(machine, vpn))
      vmt_frames_copy_page(machine, area, vpn);
   if (vmt_machine_is_textbook(machine))
      bits |= pte->bits & VMT_PTE_SLOT;
   if ((pte->bits & VMT_PTE_COW) != 0 && !write)
      bits |= pte->bits & (VMT_PTE_COW | VMT_PTE_FRAME);
   else if ((area->flags & VMT_AREA_WRITE) != 0)
      bits |= VMT_PTE_WRITABLE;
   vmt_fault_set_entry(machine, pte, vpn, bits, outcome);
   return event;
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

/* The frame turned out to have one owner (wp_page_reuse).  */
static void
reuse_frame(struct vmt_machine *machine, struct vmt_area *area, struct vmt_pte *pte,
            vmt_addr addr, struct vmt_outcome *outcome)
{
   uint64_t seen = pte->bits & VMT_PTE_ACCESSED;

   if (vmt_machine_is_linux(machine))
      vmt_frames_reuse(machine, addr >> VMT_PAGE_SHIFT, pte);
   vmt_fault_set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
                       vmt_fault_rights(area) | VMT_PTE_WRITABLE | VMT_PTE_ANON | seen,
                       outcome);
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
   if ((old & VMT_PTE_ANON) != 0 &&
       vmt_sharing_is_alone(machine, old, &outcome->copied_from)) {
      reuse_frame(machine, area, pte, addr, outcome);
      return VMT_EV_Reuse;
   }
   vmt_fault_set_frame(machine, area, pte, addr, outcome);
   if ((old & VMT_PTE_ZERO) != 0)
      return VMT_EV_ZeroCow;
   return (old & VMT_PTE_ANON) == 0 ? VMT_EV_FileCow : VMT_EV_ForkCow;
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

static enum vmt_event
resolve(struct vmt_machine *machine, vmt_addr addr, enum vmt_access_kind kind,
        struct vmt_outcome *outcome)
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
   outcome->page = addr >> VMT_PAGE_SHIFT;
   if (vmt_machine_is_linux(machine))
      vmt_frames_count_tables(machine);
   if ((pte->bits & VMT_PTE_PRESENT) != 0)
      return write_protect_fault(machine, area, pte, addr, outcome);
   if ((pte->bits & VMT_PTE_SWAPPED) != 0)
      return swapped_fault(machine, area, pte, addr, write, outcome);
   if (area->backing == VMT_BACKING_ANON)
      return anonymous_fault(machine, area, pte, addr, write, outcome);
   return vmt_fault_object(machine, area, pte, addr, write, outcome);
}

enum vmt_event
vmt_fault_resolve(struct vmt_machine *machine, vmt_addr addr,
                  enum vmt_access_kind kind, struct vmt_outcome *outcome)
{
   enum vmt_event event;

   vmt_sharing_begin(machine);
   event = resolve(machine, addr, kind, outcome);
   vmt_sharing_end(machine);
   return event;
}
