#include "vmtrace/mmu/machine/sharing.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

#define PRIVATE (VMT_PTE_ANON | VMT_PTE_SWAPPED)
#define OF_OBJECT (VMT_PTE_FILE | VMT_PTE_SHMEM)

static uint64_t
frame_of(uint64_t bits)
{
   return (bits & VMT_PTE_FRAME) >> VMT_PTE_FRAME_SHIFT;
}

static bool
takes_part(const struct vmt_machine *machine)
{
   return machine->sharing.common != NULL && !machine->sharing.borrowed;
}

static struct vmt_object *
object_at(const struct vmt_machine *machine, uint32_t object)
{
   return vmt_vector_at(&machine->objects, object);
}

/* ---- life ---- */

void
vmt_sharing_init(struct vmt_sharing *sharing)
{
   memset(sharing, 0, sizeof *sharing);
   vmt_hashmap_init(&sharing->again, "frames mapped twice");
   vmt_hashmap_init(&sharing->inherited, "frames inherited");
   vmt_vector_init(&sharing->copies, "copies", sizeof(struct vmt_copies));
   vmt_hashmap_init(&sharing->copies_of, "copies by charge");
}

void
vmt_sharing_free(struct vmt_sharing *sharing)
{
   vmt_hashmap_free(&sharing->again);
   vmt_hashmap_free(&sharing->inherited);
   vmt_vector_free(&sharing->copies);
   vmt_hashmap_free(&sharing->copies_of);
}

void
vmt_sharing_begin(struct vmt_machine *machine)
{
   if (takes_part(machine) && machine->sharing.depth++ == 0)
      vmt_common_lock(machine->sharing.common, machine->sharing.place);
}

static uint64_t
n_table_pages(const struct vmt_machine *machine)
{
   uint64_t n = 0;
   uint32_t level;

   for (level = 0; level <= VMT_MAX_LEVELS; level++)
      n += machine->pages.n_tables[level];
   return n;
}

/* A page that two entries show counts once.  */
static uint64_t
n_resident_pages(const struct vmt_machine *machine)
{
   uint64_t n = machine->ledger.n_resident_pages;

   return n > machine->sharing.n_again ? n - machine->sharing.n_again : 0;
}

/* What others may ask.  Also where no number has changed: a page that was copied is one more
   of all.  */
static void
tell(struct vmt_machine *machine)
{
   struct vmt_sharing *sharing = &machine->sharing;
   struct vmt_process *process =
      vmt_common_process(sharing->common, sharing->place);

   process->instrs = vmt_instrs_at(machine->filter.clock);
   vmt_common_resident(sharing->common, sharing->place, n_resident_pages(machine),
                       n_table_pages(machine));
}

void
vmt_sharing_end(struct vmt_machine *machine)
{
   if (!takes_part(machine) || --machine->sharing.depth != 0)
      return;
   tell(machine);
   vmt_common_unlock(machine->sharing.common);
}

/* ---- objects ---- */

/* Known to all by a number from the first time that this process needs it.  */
uint32_t
vmt_sharing_object(struct vmt_machine *machine, uint32_t object)
{
   struct vmt_object *record = object_at(machine, object);
   struct vmt_common *common = machine->sharing.common;

   if (record->common == 0)
      record->common = record->device == 0 && record->inode == 0
                          ? vmt_common_new_object(common)
                          : vmt_common_object(common, record->device, record->inode);
   return record->common;
}

void
vmt_machine_set_object_identity(struct vmt_machine *machine, uint32_t object,
                                uint64_t device, uint64_t inode)
{
   object_at(machine, object)->device = device;
   object_at(machine, object)->inode = inode;
}

void
vmt_sharing_name_objects(struct vmt_machine *machine)
{
   uint32_t object;

   for (object = 1; takes_part(machine) && object < machine->objects.n_records; object++)
      vmt_sharing_object(machine, object);
}

bool
vmt_machine_has_page(struct vmt_machine *machine, uint32_t object, uint64_t page)
{
   uint32_t common;
   bool has;

   if (!takes_part(machine))
      return vmt_pagecache_has(&machine->cache, object, page);
   vmt_sharing_begin(machine);
   common = vmt_sharing_object(machine, object);
   has = common != 0 && vmt_common_has_page(machine->sharing.common, common, page);
   vmt_sharing_end(machine);
   return has;
}

void
vmt_machine_add_pages(struct vmt_machine *machine, uint32_t object, uint64_t start,
                      uint64_t end)
{
   uint32_t common;

   if (!takes_part(machine)) {
      if (vmt_pagecache_add_range(&machine->cache, object, start, end) != VMT_OK)
         machine->sharing.no_memory = true;
      return;
   }
   vmt_sharing_begin(machine);
   common = vmt_sharing_object(machine, object);
   for (; common != 0 && start < end; start++)
      vmt_common_add_page(machine->sharing.common, common, start);
   vmt_sharing_end(machine);
}

void
vmt_machine_drop_pages(struct vmt_machine *machine, uint32_t object, uint64_t start,
                       uint64_t end)
{
   uint32_t common;

   if (!takes_part(machine)) {
      vmt_pagecache_drop(&machine->cache, object, start, end);
      return;
   }
   vmt_sharing_begin(machine);
   common = vmt_sharing_object(machine, object);
   if (common != 0)
      vmt_common_drop_pages(machine->sharing.common, common, start, end);
   vmt_sharing_end(machine);
}

static void
add_word(struct vmt_machine *machine, uint32_t object, uint64_t first_page, uint64_t bits)
{
   uint32_t i;

   for (i = 0; i < 64; i++)
      if ((bits >> i & 1) != 0)
         vmt_machine_add_pages(machine, object, first_page + i, first_page + i + 1);
}

/* What was in memory before the process took part.  */
static void
move_cache(struct vmt_machine *machine)
{
   struct vmt_pagecache_word word;
   uint64_t cursor = 0;

   while (vmt_pagecache_next(&machine->cache, &cursor, &word))
      add_word(machine, word.object, word.first_page, word.bits);
   vmt_pagecache_free(&machine->cache);
}

/* What is in memory when the process takes part no more.  */
static void
keep_cache(struct vmt_machine *machine, const struct vmt_common *common)
{
   uint64_t first_page, bits;
   uint32_t object, cursor;

   for (object = 1; object < machine->objects.n_records; object++) {
      uint32_t number = object_at(machine, object)->common;

      for (cursor = 0; number != 0 && vmt_common_next_pages(common, number, &cursor,
                                                            &first_page, &bits);)
         add_word(machine, object, first_page, bits);
   }
}

/* ---- entries ---- */

static void
hold(struct vmt_machine *machine, uint64_t frame)
{
   struct vmt_sharing *sharing = &machine->sharing;
   uint64_t *n;

   if (!vmt_common_has(sharing->common, sharing->place, frame)) {
      vmt_common_take(sharing->common, sharing->place, frame);
   } else if (vmt_hashmap_put(&sharing->again, frame, &n) == VMT_OK) {
      (*n)++;
      sharing->n_again++;
   } else {
      sharing->no_memory = true;
   }
}

static void
release(struct vmt_machine *machine, uint64_t frame)
{
   struct vmt_sharing *sharing = &machine->sharing;
   uint64_t *n = vmt_hashmap_find(&sharing->again, frame);

   if (n == NULL) {
      vmt_common_drop(sharing->common, sharing->place, frame);
      return;
   }
   sharing->n_again--;
   if (--*n == 0)
      vmt_hashmap_delete(&sharing->again, frame);
}

uint64_t
vmt_sharing_frame_bits(struct vmt_machine *machine, const struct vmt_area *area,
                       uint64_t page)
{
   uint32_t object;
   uint64_t frame = 0;

   if (!takes_part(machine) ||
       (area->flags & (VMT_AREA_EXCLUDED | VMT_AREA_SPECIAL | VMT_AREA_PFNMAP)) != 0)
      return 0;
   vmt_sharing_begin(machine);
   object = vmt_sharing_object(machine, (uint32_t)area->object);
   if (object != 0) {
      vmt_common_add_page(machine->sharing.common, object, page);
      frame = vmt_common_frame_of(machine->sharing.common, object, page);
   }
   vmt_sharing_end(machine);
   return frame << VMT_PTE_FRAME_SHIFT;
}

void
vmt_sharing_change_slow(struct vmt_machine *machine, uint64_t old_bits,
                        uint64_t new_bits)
{
   uint64_t old_frame = frame_of(old_bits), new_frame = frame_of(new_bits);

   if (!takes_part(machine) || old_frame == new_frame)
      return;
   vmt_sharing_begin(machine);
   if (new_frame != 0)
      hold(machine, new_frame);
   if (old_frame != 0)
      release(machine, old_frame);
   vmt_sharing_end(machine);
}

bool
vmt_sharing_is_alone(struct vmt_machine *machine, uint64_t bits, uint32_t *other)
{
   struct vmt_sharing *sharing = &machine->sharing;
   uint64_t frame = frame_of(bits);

   *other = 0;
   if ((bits & VMT_PTE_COW) == 0)
      return true;
   if (frame == 0 || sharing->common == NULL)
      return false;
   if (sharing->borrowed)
      return vmt_common_n_owners(sharing->common, frame) <= 1;
   vmt_sharing_begin(machine);
   *other = vmt_common_other_owner(sharing->common, sharing->place, frame);
   vmt_sharing_end(machine);
   return *other == 0;
}

/* ---- joining and leaving ---- */

static void
join_area(struct vmt_machine *machine, const struct vmt_area *area)
{
   vmt_vpn vpn = area->start >> VMT_PAGE_SHIFT;
   vmt_vpn after = area->end >> VMT_PAGE_SHIFT;
   struct vmt_pte *pte;

   if (area->backing == VMT_BACKING_ANON)
      return;
   for (; (pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL; vpn++) {
      uint64_t page = area->page_offset + vpn - (area->start >> VMT_PAGE_SHIFT);
      uint64_t old_bits = pte->bits;

      if ((old_bits & OF_OBJECT) == 0)
         continue;
      pte->bits |= vmt_sharing_frame_bits(machine, area, page);
      vmt_sharing_change(machine, old_bits, pte->bits);
   }
}

enum vmt_status
vmt_machine_join(struct vmt_machine *machine, struct vmt_common *common, uint32_t place)
{
   const struct vmt_area *area;

   machine->sharing.common = common;
   machine->sharing.place = place;
   vmt_sharing_begin(machine);
   move_cache(machine);
   for (area = vmt_areas_from(&machine->areas, 0); area != NULL;
        area = vmt_areas_after(&machine->areas, area))
      join_area(machine, area);
   vmt_sharing_end(machine);
   return machine->sharing.no_memory ? VMT_NO_MEMORY : VMT_OK;
}

void
vmt_machine_leave(struct vmt_machine *machine)
{
   vmt_frames_give_up(machine);
   if (takes_part(machine)) {
      vmt_common_lock(machine->sharing.common, machine->sharing.place);
      vmt_common_leave(machine->sharing.common, machine->sharing.place);
      vmt_common_unlock(machine->sharing.common);
   }
   machine->sharing.common = NULL;
}

/* ---- forks ---- */

uint64_t
vmt_sharing_share(struct vmt_machine *machine, uint64_t bits, uint32_t place)
{
   struct vmt_sharing *sharing = &machine->sharing;
   bool is_private = (bits & PRIVATE) != 0;

   if (!takes_part(machine))
      return bits;
   if (place == 0) {
      if (is_private)
         vmt_sharing_change(machine, bits, bits & ~VMT_PTE_FRAME);
      return is_private ? bits & ~VMT_PTE_FRAME : bits;
   }
   if (is_private && (bits & VMT_PTE_COW) == 0)
      bits |= vmt_common_new_frame(sharing->common, sharing->place)
              << VMT_PTE_FRAME_SHIFT;
   if (frame_of(bits) != 0)
      vmt_common_take(sharing->common, place, frame_of(bits));
   return bits;
}

void
vmt_sharing_become_child(struct vmt_machine *machine, uint32_t place)
{
   struct vmt_sharing *sharing = &machine->sharing;

   if (place == 0 && sharing->common != NULL) {
      const struct vmt_common *common = sharing->common;

      sharing->common = NULL;
      keep_cache(machine, common);
   }
   sharing->place = place;
   sharing->borrowed = false;
   vmt_hashmap_clear(&sharing->again);
   sharing->n_again = 0;
   vmt_vector_clear(&sharing->copies);
   vmt_hashmap_clear(&sharing->copies_of);
}

/* What its parent had by two entries it has by two.  */
uint64_t
vmt_sharing_inherit(struct vmt_machine *machine, uint64_t bits)
{
   struct vmt_sharing *sharing = &machine->sharing;
   uint64_t *n;

   if (sharing->common == NULL)
      return bits & ~VMT_PTE_FRAME;
   if (frame_of(bits) == 0 || (bits & OF_OBJECT) == 0 || sharing->borrowed)
      return bits;
   if (vmt_hashmap_put(&sharing->inherited, frame_of(bits), &n) != VMT_OK) {
      sharing->no_memory = true;
      return bits;
   }
   if ((*n)++ != 0)
      hold(machine, frame_of(bits));
   return bits;
}

void
vmt_sharing_settle(struct vmt_machine *machine)
{
   vmt_hashmap_free(&machine->sharing.inherited);
}

void
vmt_sharing_borrow(struct vmt_machine *machine)
{
   machine->sharing.borrowed = true;
   vmt_vector_clear(&machine->sharing.copies);
   vmt_hashmap_clear(&machine->sharing.copies_of);
}

enum vmt_status
vmt_sharing_note_copies(struct vmt_machine *machine, uint32_t charge, uint32_t other,
                        int64_t n)
{
   struct vmt_sharing *sharing = &machine->sharing;
   struct vmt_copies *copies;
   uint64_t *index;

   if (vmt_hashmap_put(&sharing->copies_of, (uint64_t)charge << 32 | other, &index) !=
       VMT_OK)
      return VMT_NO_MEMORY;
   if (*index == 0) {
      copies = vmt_vector_push(&sharing->copies);
      if (copies == NULL)
         return VMT_NO_MEMORY;
      copies->charge = charge;
      copies->other = other;
      *index = sharing->copies.n_records;
   }
   copies = vmt_vector_at(&sharing->copies, (uint32_t)*index - 1);
   copies->n += (uint64_t)n;
   return VMT_OK;
}

/* ---- how much ---- */

static enum vmt_resident_kind
kind_of(uint64_t bits)
{
   if ((bits & VMT_PTE_ANON) != 0)
      return VMT_RESIDENT_ANON;
   return (bits & VMT_PTE_FILE) != 0 ? VMT_RESIDENT_FILE : VMT_RESIDENT_SHMEM;
}

#define PSS_SHIFT 12                    /* fractions of a byte, as mm's proc does */

static void
measure_entry(const struct vmt_machine *machine, const struct vmt_pte *pte,
              struct vmt_resident *resident)
{
   enum vmt_resident_kind kind = kind_of(pte->bits);
   uint64_t frame = frame_of(pte->bits), n = 1;
   const uint64_t *again;

   if (machine->sharing.common != NULL && frame != 0) {
      again = vmt_hashmap_find(&machine->sharing.again, frame);
      n = vmt_common_n_owners(machine->sharing.common, frame) +
          (again != NULL ? *again : 0);
   }
   if (n < 2)
      resident->of[kind].n_private++;
   else
      resident->of[kind].n_shared++;
   resident->of[kind].pss_bytes += (VMT_PAGE_BYTES << PSS_SHIFT) / (n < 2 ? 1 : n);
}

void
vmt_machine_measure(struct vmt_machine *machine, struct vmt_resident *resident)
{
   vmt_vpn vpn = 0;
   const struct vmt_pte *pte;
   uint32_t kind;

   memset(resident, 0, sizeof *resident);
   resident->n_table_pages = n_table_pages(machine);
   vmt_sharing_begin(machine);
   if (takes_part(machine))
      vmt_common_bury(machine->sharing.common);
   for (; (pte = vmt_pagetable_next(&machine->pages, &vpn, machine->pages.n_pages)) !=
          NULL;
        vpn++) {
      resident->n_swap_pages += (pte->bits & VMT_PTE_SWAPPED) != 0;
      if ((pte->bits & (VMT_PTE_ANON | OF_OBJECT)) != 0 && pte->owner != VMT_NO_CHARGE)
         measure_entry(machine, pte, resident);
   }
   vmt_sharing_end(machine);
   for (kind = 0; kind < VMT_RESIDENT_KINDS; kind++)
      resident->of[kind].pss_bytes >>= PSS_SHIFT;
}
