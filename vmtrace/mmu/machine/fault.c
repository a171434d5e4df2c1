/* Page faults, by the rules of mm/memory.c (Linux 6.1 to 6.18).

   do_anonymous_page: a read maps the zero page, a write a zeroed frame.
   do_read_fault: the page cache's pages around the address are mapped first
   (do_fault_around); do_cow_fault copies for a private write; do_shared_fault
   maps writable.  do_wp_page: a write to a page that is there but
   write-protected copies it, or reuses it, or (shared file) makes it dirty.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/machine/machine.h"

/* What a device read brings in around a page that is not in the page cache:
   128 KiB, the default read-ahead, centred (do_sync_mmap_readahead).  */
#define READ_AROUND_PAGES 32

#define RESIDENT (VMT_PTE_ANON | VMT_PTE_FILE | VMT_PTE_SHMEM)

static uint64_t
rights_of(const struct vmt_area *area)
{
   const uint32_t any = VMT_AREA_READ | VMT_AREA_WRITE | VMT_AREA_EXEC;
   uint64_t bits = VMT_PTE_PRESENT;

   if ((area->flags & any) != 0)
      bits |= VMT_PTE_USER;
   if ((area->flags & VMT_AREA_EXEC) == 0)
      bits |= VMT_PTE_NO_EXECUTE;
   return bits;
}

static uint64_t
page_of_object(const struct vmt_area *area, vmt_addr addr)
{
   return area->page_offset + ((addr - area->start) >> VMT_PAGE_SHIFT);
}

static struct vmt_object *
object_of(const struct vmt_machine *machine, const struct vmt_area *area)
{
   return vmt_vector_at(&machine->objects, (uint32_t)area->object);
}

static uint64_t
n_object_pages(const struct vmt_object *object)
{
   return (object->bytes >> VMT_PAGE_SHIFT) +
          ((object->bytes & (VMT_PAGE_BYTES - 1)) != 0);
}

/* Writes an entry, and notes a page that was not resident before.  */
static void
set_entry(struct vmt_machine *machine, struct vmt_pte *pte, vmt_vpn vpn,
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

static bool
in_page_cache(const struct vmt_machine *machine, const struct vmt_area *area,
              uint64_t page)
{
   const struct vmt_object *object = object_of(machine, area);

   if (page >= n_object_pages(object))
      return false;
   return (object->on_device && machine->settings.page_cache_warm) ||
          vmt_pagecache_has(&machine->cache, area->object, page);
}

/* Reads a page of a file from its device, with its neighbours.  */
static void
read_around(struct vmt_machine *machine, const struct vmt_area *area,
            uint64_t page)
{
   uint64_t start = page < READ_AROUND_PAGES / 2 ? 0 : page - READ_AROUND_PAGES / 2;
   uint64_t end = start + READ_AROUND_PAGES, n_pages;

   n_pages = n_object_pages(object_of(machine, area));
   for (; start < end && start < n_pages; start++)
      vmt_pagecache_add(&machine->cache, area->object, start);
}

/* Brings the page into the page cache (or makes it, in a shared object).
   Whether the device had to be asked.  */
static bool
cache_page(struct vmt_machine *machine, const struct vmt_area *area,
           uint64_t page)
{
   const struct vmt_object *object = object_of(machine, area);

   if (in_page_cache(machine, area, page))
      return false;
   if (object->on_device) {
      read_around(machine, area, page);
      return true;
   }
   vmt_pagecache_add(&machine->cache, area->object, page);
   return false;
}

/* A shared mapping of tmpfs is writable from the start; on a device the first
   write to a page is to be seen (page_mkwrite).  */
static uint64_t
cached_page_bits(const struct vmt_area *area)
{
   uint64_t bits = rights_of(area);

   if ((area->flags & VMT_AREA_PFNMAP) != 0)
      return bits;
   if (area->backing != VMT_BACKING_SHMEM)
      return bits | VMT_PTE_FILE;
   if ((area->flags & VMT_AREA_SHARED) != 0 &&
       (area->flags & VMT_AREA_WRITE) != 0)
      bits |= VMT_PTE_WRITABLE;
   return bits | VMT_PTE_SHMEM;
}

static vmt_addr
max_addr(vmt_addr a, vmt_addr b)
{
   return a > b ? a : b;
}

static vmt_addr
min_addr(vmt_addr a, vmt_addr b)
{
   return a < b ? a : b;
}

/* do_fault_around: the window starts at the address rounded down, or at the
   area's start if that is higher, and has its full length from there; it ends
   with the page-table page and with the area.  */
static void
fault_around(struct vmt_machine *machine, const struct vmt_area *area,
             vmt_addr page_addr, struct vmt_outcome *outcome)
{
   const uint64_t table_bytes = (uint64_t)2 << 20;
   uint64_t window_bytes = machine->config.fault_around_bytes;
   vmt_addr start = max_addr(page_addr & ~(window_bytes - 1), area->start);
   vmt_addr end = min_addr(start + window_bytes, area->end);
   vmt_addr addr;

   start = max_addr(start, page_addr & ~(table_bytes - 1));
   end = min_addr(end, (page_addr & ~(table_bytes - 1)) + table_bytes);
   for (addr = start; addr < end; addr += VMT_PAGE_BYTES) {
      struct vmt_pte *pte;

      if (!in_page_cache(machine, area, page_of_object(area, addr)))
         continue;
      pte = vmt_pagetable_get(&machine->pages, addr >> VMT_PAGE_SHIFT);
      if (pte->bits == 0)
         set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
                   cached_page_bits(area), outcome);
   }
}

static void
set_private_frame(struct vmt_machine *machine, struct vmt_area *area,
                  struct vmt_pte *pte, vmt_addr addr,
                  struct vmt_outcome *outcome)
{
   if (area->frames_id == 0)
      vmt_areas_note_frame(&machine->areas, area);
   set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
             rights_of(area) | VMT_PTE_WRITABLE | VMT_PTE_ANON, outcome);
}

/* Nothing is mapped at addr yet, and the area has no object.  */
static enum vmt_event
anonymous_fault(struct vmt_machine *machine, struct vmt_area *area,
                struct vmt_pte *pte, vmt_addr addr, bool write,
                struct vmt_outcome *outcome)
{
   if (write) {
      set_private_frame(machine, area, pte, addr, outcome);
      return VMT_EV_ZeroWr;
   }
   set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
             rights_of(area) | VMT_PTE_ZERO, outcome);
   return VMT_EV_ZeroRd;
}

/* Nothing is mapped at addr yet, and the area shows an object.  */
static enum vmt_event
object_fault(struct vmt_machine *machine, struct vmt_area *area,
             struct vmt_pte *pte, vmt_addr addr, bool write,
             struct vmt_outcome *outcome)
{
   uint64_t page = page_of_object(area, addr);
   bool special = (area->flags & VMT_AREA_SPECIAL) != 0;
   bool shmem = area->backing == VMT_BACKING_SHMEM;
   bool shared = (area->flags & VMT_AREA_SHARED) != 0, major;

   if (!special && page >= n_object_pages(object_of(machine, area)))
      return VMT_EV_Bus;
   major = !special && cache_page(machine, area, page);
   if (write && !shared) {
      set_private_frame(machine, area, pte, addr, outcome);
      return major ? VMT_EV_FileMaj : VMT_EV_FileCow;
   }
   if (!write && !special &&
       machine->config.fault_around_bytes > VMT_PAGE_BYTES)
      fault_around(machine, area, addr, outcome);
   set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
             cached_page_bits(area) | (write ? VMT_PTE_WRITABLE : 0), outcome);
   if (major)
      return VMT_EV_FileMaj;
   if (shmem)
      return write ? VMT_EV_ShmWr : VMT_EV_ShmRd;
   return write ? VMT_EV_FileWr : VMT_EV_FileRd;
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
   set_private_frame(machine, area, pte, addr, outcome);
   if ((old & VMT_PTE_ZERO) != 0)
      return VMT_EV_ZeroCow;
   if ((old & VMT_PTE_ANON) == 0)
      return VMT_EV_FileCow;
   return (old & VMT_PTE_COW) != 0 ? VMT_EV_ForkCow : VMT_EV_Reuse;
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
   return object_fault(machine, area, pte, addr, write, outcome);
}
