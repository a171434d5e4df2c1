/* What mmap, munmap, mprotect, mremap and madvise do to the address space.  */

#include "vmtrace/mmu/machine/machine.h"

#define RESIDENT (VMT_PTE_ANON | VMT_PTE_FILE | VMT_PTE_SHMEM)

/* ---- pages ---- */

void
vmt_machine_disown(struct vmt_machine *machine, vmt_vpn vpn, const struct vmt_pte *pte,
                   enum vmt_leave how)
{
   vmt_first_touch_left(machine, vpn, pte);
   if ((pte->bits & RESIDENT) == 0 || pte->owner == VMT_NO_CHARGE)
      return;
   if (machine->settings.has_blocks)
      vmt_blocks_page_left(&machine->blocks, vpn, how);
   vmt_accounting_own(&machine->ledger, pte->owner, -1);
   vmt_accounting_resident(&machine->ledger, -1);
}

/* Nothing is resident in [start, end) any more; the tables stay.  */
static void
zap(struct vmt_machine *machine, vmt_addr start, vmt_addr end, enum vmt_leave how)
{
   vmt_vpn vpn = start >> VMT_PAGE_SHIFT, after = end >> VMT_PAGE_SHIFT;
   struct vmt_pte *pte;

   vmt_sharing_begin(machine);
   while ((pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL) {
      vmt_machine_disown(machine, vpn, pte, how);
      if (vmt_machine_is_linux(machine))
         vmt_frames_unmapped(machine, vpn, pte);
      if (vmt_machine_is_textbook(machine))
         vmt_frames_remove(machine, vpn, pte);
      vmt_touches_remove(&machine->touches, vpn, pte);
      vmt_sharing_set(machine, pte, 0);
      pte->owner = VMT_NO_CHARGE;
      vpn++;
   }
   vmt_sharing_end(machine);
}

static void
zap_and_free(struct vmt_machine *machine, vmt_addr start, vmt_addr end)
{
   zap(machine, start, end, VMT_LEAVE_UNMAPPED);
   vmt_pagetable_clear(&machine->pages, start >> VMT_PAGE_SHIFT,
                       end >> VMT_PAGE_SHIFT);
   if (vmt_machine_is_linux(machine))
      vmt_frames_count_tables(machine);
}

/* The end of a call: unless there was no memory for what became of pages.  */
static enum vmt_status
end_call(struct vmt_machine *machine, enum vmt_status status)
{
   vmt_machine_end(machine);
   return machine->touches.no_memory || machine->frames.no_memory ||
                machine->blocks.no_memory || machine->sharing.no_memory
             ? VMT_NO_MEMORY
             : status;
}

/* ---- objects without a name ---- */

static struct vmt_object *
object_of(const struct vmt_machine *machine, const struct vmt_area *area)
{
   return vmt_vector_at(&machine->objects, (uint32_t)area->object);
}

/* Areas in [start, end) are about to go.  Only limited memory has to know.  */
static bool
note_leaving(struct vmt_machine *machine, vmt_addr start, vmt_addr end)
{
   const struct vmt_area *area = vmt_areas_from(&machine->areas, start);
   bool any = false;

   if (!vmt_machine_is_linux(machine))
      return false;
   for (; area != NULL && area->start < end;
        area = vmt_areas_after(&machine->areas, area))
      if (area->backing == VMT_BACKING_SHMEM && object_of(machine, area)->lives_by_areas)
         any = object_of(machine, area)->may_be_gone = true;
   return any;
}

/* They have gone.  */
static void
forget_nameless(struct vmt_machine *machine)
{
   const struct vmt_area *area = vmt_areas_from(&machine->areas, 0);
   uint32_t i;

   for (; area != NULL; area = vmt_areas_after(&machine->areas, area))
      if (area->backing == VMT_BACKING_SHMEM)
         object_of(machine, area)->may_be_gone = false;
   for (i = 1; i < machine->objects.n_records; i++) {
      struct vmt_object *object = vmt_vector_at(&machine->objects, i);

      if (object->may_be_gone)
         vmt_frames_leave_object(machine, i);
      object->may_be_gone = false;
   }
}

/* ---- system calls ---- */

enum vmt_status
vmt_machine_map(struct vmt_machine *machine, const struct vmt_area *area,
                uint32_t *n_shootdowns)
{
   bool leaves = note_leaving(machine, area->start, area->end);
   enum vmt_status status;

   vmt_machine_begin(machine);
   *n_shootdowns = vmt_machine_shoot(machine, area->start, area->end);
   zap_and_free(machine, area->start, area->end);
   status = vmt_areas_map(&machine->areas, area);
   if (leaves)
      forget_nameless(machine);
   return end_call(machine, status);
}

enum vmt_status
vmt_machine_unmap(struct vmt_machine *machine, vmt_addr start, vmt_addr end,
                  uint32_t *n_shootdowns)
{
   bool leaves = note_leaving(machine, start, end);
   enum vmt_status status;

   vmt_machine_begin(machine);
   *n_shootdowns = vmt_machine_shoot(machine, start, end);
   zap_and_free(machine, start, end);
   status = vmt_areas_unmap(&machine->areas, start, end);
   if (leaves)
      forget_nameless(machine);
   return end_call(machine, status);
}

/* change_pte_range: rights are taken at once; the right to write comes back
   without a fault where a fault would do nothing (can_change_pte_writable): to
   a private frame of this process alone, to a dirty page of a shared file.  */
static void
protect_entry(struct vmt_pte *pte, const struct vmt_area *area)
{
   const uint32_t any = VMT_AREA_READ | VMT_AREA_WRITE | VMT_AREA_EXEC;
   uint64_t bits = pte->bits & ~(VMT_PTE_WRITABLE | VMT_PTE_USER |
                                 VMT_PTE_NO_EXECUTE);
   bool shared = (area->flags & VMT_AREA_SHARED) != 0;

   if ((area->flags & any) != 0)
      bits |= VMT_PTE_USER;
   if ((area->flags & VMT_AREA_EXEC) == 0)
      bits |= VMT_PTE_NO_EXECUTE;
   if ((area->flags & VMT_AREA_WRITE) != 0) {
      bool own_frame = !shared && (bits & VMT_PTE_ANON) != 0 &&
                       (bits & VMT_PTE_COW) == 0;
      bool dirty_page = shared && ((bits & VMT_PTE_SHMEM) != 0 ||
                                   (bits & VMT_PTE_DIRTY) != 0);

      if (own_frame || dirty_page)
         bits |= VMT_PTE_WRITABLE;
   }
   pte->bits = bits;
}

static void
protect_entries(struct vmt_machine *machine, const struct vmt_area *area,
                vmt_addr start, vmt_addr end)
{
   vmt_vpn vpn = start >> VMT_PAGE_SHIFT, after = end >> VMT_PAGE_SHIFT;
   struct vmt_pte *pte;

   while ((pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL) {
      if ((pte->bits & VMT_PTE_PRESENT) != 0)
         protect_entry(pte, area);
      vpn++;
   }
}

enum vmt_status
vmt_machine_protect(struct vmt_machine *machine, vmt_addr start, vmt_addr end,
                    uint32_t rights, uint32_t *n_shootdowns)
{
   struct vmt_area *area;
   enum vmt_status status =
      vmt_areas_change(&machine->areas, start, end,
                       VMT_AREA_PROTECTION & ~rights, rights);

   *n_shootdowns = 0;
   if (status != VMT_OK)
      return status;
   vmt_machine_begin(machine);
   *n_shootdowns = vmt_machine_shoot(machine, start, end);
   for (area = vmt_areas_from(&machine->areas, start);
        area != NULL && area->start < end;
        area = vmt_areas_after(&machine->areas, area))
      protect_entries(machine, area, area->start > start ? area->start : start,
                      area->end < end ? area->end : end);
   vmt_machine_end(machine);
   return VMT_OK;
}

/* Areas that merge take the label of the lowest.  */
enum vmt_status
vmt_machine_change_areas(struct vmt_machine *machine, vmt_addr start,
                         vmt_addr end, uint32_t clear, uint32_t set)
{
   enum vmt_status status;

   vmt_machine_forget_pages(machine);
   status = vmt_areas_change(&machine->areas, start, end, clear, set);
   vmt_machine_begin(machine);
   if (vmt_machine_is_linux(machine) && ((clear | set) & VMT_AREA_LOCKED) != 0)
      vmt_frames_lock(machine, start >> VMT_PAGE_SHIFT, end >> VMT_PAGE_SHIFT,
                      (set & VMT_AREA_LOCKED) != 0);
   vmt_machine_end(machine);
   return status;
}

/* For the blocks.  */
static void
move_page(struct vmt_machine *machine, vmt_vpn from, vmt_vpn to,
          const struct vmt_pte *pte)
{
   if (!machine->settings.has_blocks || (pte->bits & RESIDENT) == 0 ||
       pte->owner == VMT_NO_CHARGE)
      return;
   vmt_blocks_page_left(&machine->blocks, from, VMT_LEAVE_MOVED);
   vmt_blocks_page_came(&machine->blocks, to, machine->blocks.now.time);
}

/* Entries go with the range; up or down makes no difference to a copy through
   zapped targets, but an overlap is not possible here: mremap refuses it.  */
static enum vmt_status
move_entries(struct vmt_machine *machine, vmt_addr from, vmt_addr to,
             uint64_t bytes)
{
   vmt_vpn vpn = from >> VMT_PAGE_SHIFT;
   vmt_vpn after = (from + bytes) >> VMT_PAGE_SHIFT;
   int64_t delta = (int64_t)(to >> VMT_PAGE_SHIFT) - (int64_t)vpn;
   struct vmt_pte *pte;

   while ((pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL) {
      struct vmt_pte moved = *pte;
      struct vmt_pte *target;

      *pte = (struct vmt_pte){0, VMT_NO_CHARGE, VMT_NO_EPOCH};
      target = vmt_pagetable_get(&machine->pages, vpn + (uint64_t)delta);
      if (target == NULL)
         return VMT_NO_MEMORY;
      if (vmt_machine_is_linux(machine))
         vmt_frames_moved(machine, vpn, vpn + (uint64_t)delta, &moved);
      if (vmt_machine_is_textbook(machine))
         vmt_frames_rename(machine, vpn, vpn + (uint64_t)delta);
      *target = moved;
      move_page(machine, vpn, vpn + (uint64_t)delta, &moved);
      vmt_touches_move(&machine->touches, vpn, vpn + (uint64_t)delta, target);
      vmt_first_touch_moved(machine, vpn, vpn + (uint64_t)delta);
      vpn++;
   }
   vmt_touches_forget_window(machine);
   if (vmt_machine_is_linux(machine))
      vmt_frames_count_tables(machine);
   return VMT_OK;
}

enum vmt_status
vmt_machine_move(struct vmt_machine *machine, vmt_addr from, uint64_t old_bytes,
                 vmt_addr to, uint64_t new_bytes, bool keep_old,
                 uint32_t *n_shootdowns)
{
   uint64_t kept_bytes = old_bytes < new_bytes ? old_bytes : new_bytes;
   enum vmt_status status = vmt_areas_move(&machine->areas, from, old_bytes, to,
                                           new_bytes, keep_old);

   *n_shootdowns = 0;
   if (status != VMT_OK)
      return status;
   vmt_machine_begin(machine);
   *n_shootdowns = vmt_machine_shoot(machine, from, from + old_bytes);
   if (to == from) {
      if (new_bytes < old_bytes)
         zap_and_free(machine, from + new_bytes, from + old_bytes);
      return end_call(machine, VMT_OK);
   }
   *n_shootdowns += vmt_machine_shoot(machine, to, to + new_bytes);
   zap_and_free(machine, to, to + new_bytes);
   status = move_entries(machine, from, to, kept_bytes);
   if (status == VMT_OK && !keep_old)
      zap_and_free(machine, from, from + old_bytes);
   return end_call(machine, status);
}

/* The kernel splits a folio that loses pages (truncate_inode_partial_folio); what
   is left of it counts as single pages.  */
static void
drop_cached(struct vmt_machine *machine, uint32_t object, uint64_t start,
            uint64_t end)
{
   struct vmt_object *record = vmt_vector_at(&machine->objects, object);

   vmt_machine_drop_pages(machine, object, start, end);
   vmt_folios_drop(&record->folios, start, end);
}

static void
drop_object_pages(struct vmt_machine *machine, vmt_addr start, vmt_addr end)
{
   struct vmt_area *area = vmt_areas_from(&machine->areas, start);

   for (; area != NULL && area->start < end;
        area = vmt_areas_after(&machine->areas, area)) {
      vmt_addr low = area->start > start ? area->start : start;
      vmt_addr high = area->end < end ? area->end : end;
      uint64_t page =
         area->page_offset + ((low - area->start) >> VMT_PAGE_SHIFT);

      if (area->backing == VMT_BACKING_ANON)
         continue;
      drop_cached(machine, (uint32_t)area->object, page,
                  page + ((high - low) >> VMT_PAGE_SHIFT));
      if (vmt_machine_is_linux(machine))
         vmt_frames_forget(machine, (uint32_t)area->object, page,
                           page + ((high - low) >> VMT_PAGE_SHIFT));
   }
}

/* The part of area that shows pages [start, end) of object; false: none.  */
static bool
part_of_object(const struct vmt_area *area, uint32_t object, uint64_t start,
               uint64_t end, vmt_addr *low, vmt_addr *high)
{
   uint64_t first = area->page_offset;
   uint64_t after = first + ((area->end - area->start) >> VMT_PAGE_SHIFT);

   if (area->backing == VMT_BACKING_ANON ||
       (object != 0 && area->object != object) || after <= start ||
       end <= first)
      return false;
   *low = area->start + ((start > first ? start - first : 0) << VMT_PAGE_SHIFT);
   *high = end < after ? area->start + ((end - first) << VMT_PAGE_SHIFT)
                       : area->end;
   return true;
}

static void
clean_entries(struct vmt_machine *machine, vmt_addr low, vmt_addr high)
{
   vmt_vpn vpn = low >> VMT_PAGE_SHIFT, after = high >> VMT_PAGE_SHIFT;
   struct vmt_pte *pte;

   while ((pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL) {
      if ((pte->bits & VMT_PTE_FILE) != 0)
         pte->bits &= ~(VMT_PTE_WRITABLE | VMT_PTE_DIRTY);
      vpn++;
   }
}

/* Writing back takes whole folios.  */
static void
extend_to_folios(const struct vmt_machine *machine, const struct vmt_area *area,
                 uint64_t *start, uint64_t *end)
{
   const struct vmt_object *object =
      vmt_vector_at(&machine->objects, (uint32_t)area->object);

   if (*start >= *end)
      return;
   *start = vmt_folios_find(&object->folios, *start).start;
   *end = vmt_folios_find(&object->folios, *end - 1).end;
}

void
vmt_machine_clean_object(struct vmt_machine *machine, uint32_t object,
                         uint64_t start, uint64_t end)
{
   struct vmt_area *area = vmt_areas_from(&machine->areas, 0);
   vmt_addr low, high;

   vmt_machine_forget_pages(machine);
   vmt_filter_kill_all_stores(&machine->filter.data);
   for (; area != NULL; area = vmt_areas_after(&machine->areas, area)) {
      uint64_t first = start, after = end;

      if (area->backing != VMT_BACKING_FILE ||
          (area->flags & (VMT_AREA_SHARED | VMT_AREA_SPECIAL)) !=
             VMT_AREA_SHARED)
         continue;
      extend_to_folios(machine, area, &first, &after);
      if (part_of_object(area, object, first, after, &low, &high))
         clean_entries(machine, low, high);
   }
}

static void
zap_shown(struct vmt_machine *machine, vmt_addr low, vmt_addr high,
          bool copies_too)
{
   vmt_vpn vpn = low >> VMT_PAGE_SHIFT, after = high >> VMT_PAGE_SHIFT;
   struct vmt_pte *pte;

   while ((pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL) {
      if (copies_too || (pte->bits & (VMT_PTE_ANON | VMT_PTE_SWAPPED)) == 0)
         zap(machine, vpn << VMT_PAGE_SHIFT, (vpn + 1) << VMT_PAGE_SHIFT,
             VMT_LEAVE_UNMAPPED);
      vpn++;
   }
}

void
vmt_machine_drop_object(struct vmt_machine *machine, uint32_t object,
                        uint64_t start, uint64_t end, bool copies_too,
                        uint32_t *n_shootdowns)
{
   struct vmt_area *area = vmt_areas_from(&machine->areas, 0);
   vmt_addr low, high;

   *n_shootdowns = 0;
   vmt_machine_begin(machine);
   drop_cached(machine, object, start, end);
   for (; area != NULL; area = vmt_areas_after(&machine->areas, area)) {
      if (!part_of_object(area, object, start, end, &low, &high))
         continue;
      *n_shootdowns += vmt_machine_shoot(machine, low, high);
      zap_shown(machine, low, high, copies_too);
   }
   if (vmt_machine_is_linux(machine))
      vmt_frames_forget(machine, object, start, end);
   vmt_machine_end(machine);
}

static void
age_entry(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte, bool clean)
{
   if (vmt_machine_is_linux(machine) && clean) {
      vmt_frames_free_lazily(machine, vpn, pte);
   } else if (vmt_machine_is_linux(machine)) {
      vmt_frames_make_cold(machine, vpn, pte);
   } else {
      pte->bits &= ~VMT_PTE_ACCESSED;
      if (clean && (pte->bits & VMT_PTE_ANON) != 0)
         pte->bits &= ~VMT_PTE_DIRTY;
   }
}

/* MADV_FREE leaves the page there, clean: the next write makes it dirty again
   without a fault.  Without memory pressure nothing is freed.  */
static void
age(struct vmt_machine *machine, vmt_addr start, vmt_addr end, bool clean)
{
   vmt_vpn vpn = start >> VMT_PAGE_SHIFT, after = end >> VMT_PAGE_SHIFT;
   struct vmt_pte *pte;

   while ((pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL) {
      age_entry(machine, vpn, pte, clean);
      vpn++;
   }
}

static void
page_out(struct vmt_machine *machine, vmt_addr start, vmt_addr end)
{
   if (vmt_machine_is_linux(machine))
      vmt_frames_page_out(machine, start >> VMT_PAGE_SHIFT, end >> VMT_PAGE_SHIFT);
   else
      age(machine, start, end, false);
}

enum vmt_status
vmt_machine_advise(struct vmt_machine *machine, vmt_addr start, vmt_addr end,
                   enum vmt_advice advice, uint32_t *n_shootdowns)
{
   vmt_machine_begin(machine);
   *n_shootdowns = vmt_machine_shoot(machine, start, end);
   switch (advice) {
   case VMT_ADVICE_REMOVE:
      zap(machine, start, end, VMT_LEAVE_ADVISED);
      drop_object_pages(machine, start, end);
      break;
   case VMT_ADVICE_ZAP:
      zap(machine, start, end, VMT_LEAVE_ADVISED);
      break;
   case VMT_ADVICE_FREE:
   case VMT_ADVICE_AGE:
      age(machine, start, end, advice == VMT_ADVICE_FREE);
      break;
   case VMT_ADVICE_PAGE_OUT:
      page_out(machine, start, end);
      break;
   }
   return end_call(machine, VMT_OK);
}
