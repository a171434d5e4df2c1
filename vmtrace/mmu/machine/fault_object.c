/* Faults on pages of files and shared objects: do_fault of mm/memory.c.

   do_read_fault: the page cache's pages around the address are mapped first
   (do_fault_around, filemap_map_pages); do_cow_fault copies for a private write;
   do_shared_fault maps writable.  A large folio of the page cache is mapped whole
   where it can be (mm/filemap.c, filemap_map_folio_range; mm/memory.c,
   finish_fault), as in Linux 6.18; older kernels map its pages one by one.  Left
   out: that a folio of 2 MiB is mapped by one entry of the level above, and
   unmapped as one.  */

#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/fault_private.h"

/* What a device read brings in around a page that is not in the page cache:
   128 KiB, the default read-ahead, centred (do_sync_mmap_readahead).  */
#define READ_AROUND_PAGES 32

#define TABLE_BYTES ((vmt_addr)2 << 20) /* that a page-table page maps */

/* Reclaim is to be asked.  */
static bool
is_limited(const struct vmt_machine *machine, const struct vmt_outcome *outcome)
{
   return vmt_machine_is_linux(machine) && !outcome->excluded;
}

/* ---- the page cache ---- */

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

static bool
in_page_cache(struct vmt_machine *machine, const struct vmt_area *area,
              uint64_t page)
{
   const struct vmt_object *object = object_of(machine, area);

   if (page >= n_object_pages(object))
      return false;
   return (object->on_device && (machine->settings.page_cache_warm ||
                                 vmt_machine_is_linux(machine))) ||
          vmt_machine_has_page(machine, (uint32_t)area->object, page);
}

/* Reads a page of a file from its device, with its neighbours.  */
static void
read_around(struct vmt_machine *machine, const struct vmt_area *area,
            uint64_t page)
{
   uint64_t start = page < READ_AROUND_PAGES / 2 ? 0 : page - READ_AROUND_PAGES / 2;
   uint64_t end = start + READ_AROUND_PAGES, n_pages;

   if (vmt_machine_is_textbook(machine)) {
      vmt_machine_add_pages(machine, (uint32_t)area->object, page, page + 1);
      return;
   }
   n_pages = n_object_pages(object_of(machine, area));
   for (; start < end && start < n_pages; start++)
      vmt_machine_add_pages(machine, (uint32_t)area->object, start, start + 1);
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
   vmt_machine_add_pages(machine, (uint32_t)area->object, page, page + 1);
   return false;
}

/* A shared mapping of tmpfs is writable from the start; on a device the first
   write to a page is to be seen (page_mkwrite).  */
static uint64_t
cached_page_bits(const struct vmt_area *area)
{
   uint64_t bits = vmt_fault_rights(area);

   if ((area->flags & VMT_AREA_PFNMAP) != 0)
      return bits;
   if (area->backing != VMT_BACKING_SHMEM)
      return bits | VMT_PTE_FILE;
   if ((area->flags & VMT_AREA_SHARED) != 0 &&
       (area->flags & VMT_AREA_WRITE) != 0)
      bits |= VMT_PTE_WRITABLE;
   return bits | VMT_PTE_SHMEM;
}

/* ---- what is mapped at once ---- */

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

static vmt_addr
table_of(vmt_addr addr)
{
   return addr & ~(TABLE_BYTES - 1);
}

/* The page of a warm file, and of an object that others made it in, can be had as
   well; whether it is there is for reclaim to say.  */
static void
map_absent_limited(struct vmt_machine *machine, const struct vmt_area *area,
                   vmt_addr start, vmt_addr end, uint64_t bits,
                   struct vmt_outcome *outcome)
{
   for (vmt_addr addr = start; addr < end; addr += VMT_PAGE_BYTES) {
      vmt_vpn vpn = addr >> VMT_PAGE_SHIFT;
      struct vmt_pte *pte;

      if (!in_page_cache(machine, area, page_of_object(area, addr)))
         continue;
      pte = vmt_pagetable_get(&machine->pages, vpn);
      if (vmt_fault_is_absent(pte) &&
          vmt_frames_map_around(machine, area, vpn, page_of_object(area, addr)))
         vmt_fault_set_entry(machine, pte, vpn,
                             bits | VMT_PTE_ACCESSED |
                                vmt_sharing_frame_bits(machine, area,
                                                       page_of_object(area, addr)),
                             outcome);
   }
}

/* Maps the pages of [start, end) that are in the page cache and not mapped.  */
static void
map_absent(struct vmt_machine *machine, const struct vmt_area *area,
           vmt_addr start, vmt_addr end, uint64_t bits,
           struct vmt_outcome *outcome)
{
   if (is_limited(machine, outcome)) {
      map_absent_limited(machine, area, start, end, bits, outcome);
      return;
   }
   for (vmt_addr addr = start; addr < end; addr += VMT_PAGE_BYTES) {
      struct vmt_pte *pte;

      if (!in_page_cache(machine, area, page_of_object(area, addr)))
         continue;
      pte = vmt_pagetable_get(&machine->pages, addr >> VMT_PAGE_SHIFT);
      if (vmt_fault_is_absent(pte))
         vmt_fault_set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
                             bits | (pte->bits & VMT_PTE_SLOT) |
                                vmt_sharing_frame_bits(machine, area,
                                                       page_of_object(area, addr)),
                             outcome);
   }
}

static bool
anything_mapped(struct vmt_machine *machine, vmt_addr start, vmt_addr end)
{
   vmt_vpn vpn = start >> VMT_PAGE_SHIFT;

   return vmt_pagetable_next(&machine->pages, &vpn, end >> VMT_PAGE_SHIFT) != NULL;
}

/* Where area shows the folio, if it lies in area and in one page-table page;
   else nothing changes.  */
static bool
place_whole(const struct vmt_area *area, struct vmt_folio folio, vmt_addr *start,
            vmt_addr *end)
{
   uint64_t first = area->page_offset;
   uint64_t after = first + ((area->end - area->start) >> VMT_PAGE_SHIFT);
   vmt_addr low, high;

   if (folio.start < first || folio.end > after)
      return false;
   low = area->start + ((folio.start - first) << VMT_PAGE_SHIFT);
   high = area->start + ((folio.end - first) << VMT_PAGE_SHIFT);
   if (table_of(low) != table_of(high - 1))
      return false;
   *start = low;
   *end = high;
   return true;
}

/* filemap_map_pages on the window [start, end).  It takes the file's last page,
   not the page after it, for the file's end: a folio that ends with the file is
   mapped as far as the window goes, and where there is no page-table page yet
   and the window begins in such a folio, not at all.  */
static void
map_window(struct vmt_machine *machine, const struct vmt_area *area,
           vmt_addr start, vmt_addr end, struct vmt_outcome *outcome)
{
   const struct vmt_object *object = object_of(machine, area);
   uint64_t n_pages = n_object_pages(object), bits = cached_page_bits(area);
   vmt_addr next;

   for (vmt_addr addr = start; addr < end; addr = next) {
      uint64_t page = page_of_object(area, addr);
      struct vmt_folio folio = vmt_folios_find(&object->folios, page);
      vmt_addr low = addr, high;

      next = addr + ((folio.end - page) << VMT_PAGE_SHIFT);
      high = min_addr(next, end);
      if (folio.end < n_pages)
         place_whole(area, folio, &low, &high);
      else if (addr == start && !anything_mapped(machine, table_of(addr),
                                                 table_of(addr) + TABLE_BYTES))
         return;
      map_absent(machine, area, low, high, bits, outcome);
   }
}

/* What other processes have made and dropped of the window, but for the page itself,
   which is there by now.  */
static void
learn_of_others(struct vmt_machine *machine, const struct vmt_area *area,
                vmt_addr start, vmt_addr end, vmt_addr page_addr)
{
   uint8_t there[TABLE_BYTES / VMT_PAGE_BYTES];
   uint64_t page = page_of_object(area, start);
   uint32_t n_pages = (uint32_t)((end - start) >> VMT_PAGE_SHIFT), i;

   if (!vmt_look(start, n_pages, there))
      return;
   for (i = 0; i < n_pages; i++, page++) {
      if (page == page_of_object(area, page_addr))
         continue;
      if (there[i])
         vmt_machine_add_pages(machine, (uint32_t)area->object, page, page + 1);
      else
         vmt_machine_drop_pages(machine, (uint32_t)area->object, page, page + 1);
   }
}

/* do_fault_around: the window starts at the address rounded down, or at the
   area's start if that is higher, and has its full length from there; it ends
   with the page-table page and with the area.  */
static void
fault_around(struct vmt_machine *machine, const struct vmt_area *area,
             vmt_addr page_addr, struct vmt_outcome *outcome)
{
   uint64_t window_bytes = machine->config.fault_around_bytes;
   vmt_addr start = max_addr(page_addr & ~(window_bytes - 1), area->start);
   vmt_addr end = min_addr(start + window_bytes, area->end);

   start = max_addr(start, table_of(page_addr));
   end = min_addr(end, table_of(page_addr) + TABLE_BYTES);
   if (object_of(machine, area)->is_shared)
      learn_of_others(machine, area, start, end, page_addr);
   map_window(machine, area, start, end, outcome);
}

/* finish_fault: the folio whole, if none of it is mapped, else the page.  */
static void
map_folio(struct vmt_machine *machine, const struct vmt_area *area, vmt_addr addr,
          uint64_t bits, struct vmt_outcome *outcome)
{
   const struct vmt_object *object = object_of(machine, area);
   struct vmt_folio folio =
      vmt_folios_find(&object->folios, page_of_object(area, addr));
   vmt_addr start = addr, end = addr + VMT_PAGE_BYTES;

   if (folio.end - folio.start > 1 && !vmt_machine_is_textbook(machine) &&
       folio.end <= n_object_pages(object) &&
       place_whole(area, folio, &start, &end) &&
       anything_mapped(machine, start, end)) {
      start = addr;
      end = addr + VMT_PAGE_BYTES;
   }
   map_absent(machine, area, start, end, bits, outcome);
}

/* ---- the fault ---- */

/* The kernel's own pages: the vDSO and its data.  One at a time.  */
static enum vmt_event
special_fault(struct vmt_machine *machine, struct vmt_area *area,
              struct vmt_pte *pte, vmt_addr addr, bool write,
              struct vmt_outcome *outcome)
{
   if (write && (area->flags & VMT_AREA_SHARED) == 0) {
      vmt_fault_set_frame(machine, area, pte, addr, outcome);
      return VMT_EV_FileCow;
   }
   vmt_fault_set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
                       cached_page_bits(area) | (write ? VMT_PTE_WRITABLE : 0),
                       outcome);
   return write ? VMT_EV_FileWr : VMT_EV_FileRd;
}

static bool
has_fault_around(const struct vmt_machine *machine, const struct vmt_area *area)
{
   return machine->config.fault_around_bytes > VMT_PAGE_BYTES &&
          (area->flags & VMT_AREA_SYSV) == 0;
}

static enum vmt_event
kind_of(const struct vmt_area *area, bool write, enum vmt_reclaim_outcome outcome)
{
   bool shmem = area->backing == VMT_BACKING_SHMEM;

   switch (outcome) {
   case VMT_RECLAIM_READ: return VMT_EV_FileMaj;
   case VMT_RECLAIM_SWAP_IN: return VMT_EV_SwapIn;
   case VMT_RECLAIM_SWAP_HIT: return VMT_EV_SwapHit;
   default: break;
   }
   if (write && (area->flags & VMT_AREA_SHARED) == 0)
      return VMT_EV_FileCow;
   if (shmem)
      return write ? VMT_EV_ShmWr : VMT_EV_ShmRd;
   return write ? VMT_EV_FileWr : VMT_EV_FileRd;
}

/* The page is brought in and mapped, unless fault-around has.  After a read the kernel
   starts again (VM_FAULT_RETRY), and maps what was read with it.  Nothing is
   reclaimed between the page's being mapped and its access.  */
static enum vmt_reclaim_outcome
map_limited(struct vmt_machine *machine, const struct vmt_area *area,
            struct vmt_pte *pte, vmt_addr addr, bool write,
            struct vmt_outcome *outcome)
{
   const uint64_t bits = cached_page_bits(area) |
                         (write ? VMT_PTE_WRITABLE : 0) |
                         vmt_fault_told_bits(machine, write, outcome);
   bool around = !write && has_fault_around(machine, area);
   enum vmt_reclaim_outcome how = VMT_RECLAIM_CACHED;

   if (around)
      fault_around(machine, area, addr, outcome);
   if (vmt_fault_is_absent(pte)) {
      how = vmt_frames_object_page(machine, area, addr >> VMT_PAGE_SHIFT,
                                   page_of_object(area, addr), write, false);
      vmt_fault_set_entry(machine, pte, addr >> VMT_PAGE_SHIFT,
                          bits | vmt_sharing_frame_bits(machine, area,
                                                        page_of_object(area, addr)),
                          outcome);
      machine->frames.spares_warm = true;
      if (around && how == VMT_RECLAIM_READ)
         fault_around(machine, area, addr, outcome);
      machine->frames.spares_warm = false;
   }
   return how;
}

/* do_fault with limited memory.  For a private write the page is copied, and stays
   where it is.  */
static enum vmt_event
limited_fault(struct vmt_machine *machine, struct vmt_area *area,
              struct vmt_pte *pte, vmt_addr addr, bool write,
              struct vmt_outcome *outcome)
{
   uint64_t page = page_of_object(area, addr);
   enum vmt_reclaim_outcome how;

   vmt_frames_read_ahead(machine);
   if (!object_of(machine, area)->on_device)
      vmt_machine_add_pages(machine, (uint32_t)area->object, page, page + 1);
   if (!write || (area->flags & VMT_AREA_SHARED) != 0) {
      how = map_limited(machine, area, pte, addr, write, outcome);
   } else {
      how = vmt_frames_object_page(machine, area, addr >> VMT_PAGE_SHIFT, page,
                                   write, true);
      vmt_fault_set_frame(machine, area, pte, addr, outcome);
   }
   return kind_of(area, write, how);
}

enum vmt_event
vmt_fault_object(struct vmt_machine *machine, struct vmt_area *area,
                 struct vmt_pte *pte, vmt_addr addr, bool write,
                 struct vmt_outcome *outcome)
{
   const uint64_t written = VMT_PTE_WRITABLE | VMT_PTE_DIRTY;
   uint64_t page = page_of_object(area, addr);
   bool shmem = area->backing == VMT_BACKING_SHMEM, major;

   if ((area->flags & VMT_AREA_SPECIAL) != 0)
      return special_fault(machine, area, pte, addr, write, outcome);
   if (page >= n_object_pages(object_of(machine, area)))
      return VMT_EV_Bus;
   if (is_limited(machine, outcome))
      return limited_fault(machine, area, pte, addr, write, outcome);
   major = cache_page(machine, area, page);
   if (write && (area->flags & VMT_AREA_SHARED) == 0) {
      vmt_fault_set_frame(machine, area, pte, addr, outcome);
      if (outcome->is_refault && shmem)
         return VMT_EV_SwapIn;
      return major || outcome->is_refault ? VMT_EV_FileMaj : VMT_EV_FileCow;
   }
   if (!write && has_fault_around(machine, area))
      fault_around(machine, area, addr, outcome);
   if (vmt_fault_is_absent(pte))
      map_folio(machine, area, addr,
                cached_page_bits(area) | (write ? written : 0), outcome);
   if (outcome->is_refault)
      return shmem ? VMT_EV_SwapIn : VMT_EV_FileMaj;
   if (major)
      return VMT_EV_FileMaj;
   if (shmem)
      return write ? VMT_EV_ShmWr : VMT_EV_ShmRd;
   return write ? VMT_EV_FileWr : VMT_EV_FileRd;
}
