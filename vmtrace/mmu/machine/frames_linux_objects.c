/* Limited memory with the kernel's policy: pages of files and of shared memory, and
   reading ahead.  */

#include "vmtrace/mmu/machine/frames_linux_private.h"

/* mm/filemap.c and the default read_ahead_kb of 128: what is read around a page, which
   of it is the mark, and after how many misses it is not done any more.  */
#define READ_PAGES 32
#define MARKED_PAGES 8
#define MAX_MISSES 100

static struct vmt_object *
object_of(const struct vmt_machine *machine, const struct vmt_area *area)
{
   return vmt_vector_at(&machine->objects, (uint32_t)area->object);
}

/* What the memory knows the object by.  Where there is no common number for it, it is the
   process's and its children's.  */
static uint32_t
number_of(struct vmt_machine *machine, uint32_t object)
{
   const struct vmt_frames *frames = &machine->frames;
   uint32_t number;

   if (frames->place == 0)
      return object;
   number = vmt_sharing_object(machine, object);
   return number != 0 ? number : 1u << 23 | frames->place << 12 | (object & 0xfff);
}

static uint64_t
name_of(struct vmt_machine *machine, uint64_t object, uint64_t page)
{
   return vmt_memory_name_of(number_of(machine, (uint32_t)object), page);
}

/* It was in the page cache before the program began, and the program has not asked for
   it yet.  */
static bool
is_warm(const struct vmt_machine *machine, const struct vmt_object *object,
        uint64_t name)
{
   return object->on_device && machine->settings.page_cache_warm &&
          vmt_reclaim_where(&machine->frames.memory->kernel, name) == VMT_RECLAIM_NOWHERE;
}

/* Frames for pages that are not in memory, as far as there are any to be had; nobody
   waits for a device.  */
static void
read_pages(struct vmt_machine *machine, uint64_t first, uint64_t n, uint64_t mark,
           bool no_recency)
{
   struct vmt_frames *frames = &machine->frames;
   const struct vmt_reclaim_request request = {
      .kind = VMT_RECLAIM_FILE, .no_recency = no_recency, .read_start = first,
      .n_read = n, .read_mark = mark};

   vmt_linux_pass_time(machine);
   vmt_linux_note(frames, vmt_reclaim_fault_read(&frames->memory->kernel, &request));
   vmt_linux_take_events(machine);
}

/* A frame for a warm page.  */
static void
charge_warm(struct vmt_machine *machine, const struct vmt_area *area, uint64_t name)
{
   read_pages(machine, name, 1, VMT_NO_PAGE, vmt_linux_has_no_recency(area));
}

static uint64_t
n_pages_of(const struct vmt_object *object)
{
   return (object->bytes >> VMT_PAGE_SHIFT) +
          ((object->bytes & (VMT_PAGE_BYTES - 1)) != 0);
}

/* Code, since 6.16: from the page on, as far as it is mapped here, and nothing ahead of
   need after that.  */
static void
read_code(struct vmt_machine *machine, const struct vmt_area *area, uint64_t page,
          uint64_t n_pages, struct vmt_reclaim_request *request)
{
   uint64_t end = area->page_offset + ((area->end - area->start) >> VMT_PAGE_SHIFT);

   request->read_start = name_of(machine, area->object, page);
   end = end < n_pages ? end : n_pages;
   request->n_read = end - page < READ_PAGES ? (uint32_t)(end - page) : READ_PAGES;
}

/* do_sync_mmap_readahead.  */
static void
choose_read(struct vmt_machine *machine, const struct vmt_area *area, uint64_t page,
            struct vmt_reclaim_request *request)
{
   struct vmt_object *object = object_of(machine, area);
   uint64_t start = page < READ_PAGES / 2 ? 0 : page - READ_PAGES / 2;
   uint64_t end = start + READ_PAGES, n_pages = n_pages_of(object);

   request->read_mark = VMT_NO_PAGE;
   if ((area->flags & VMT_AREA_RAND_READ) != 0)
      return;
   if ((area->flags & VMT_AREA_SEQ_READ) != 0) {
      start = page;
      end = page + READ_PAGES;
   } else {
      if (object->n_misses < 10 * MAX_MISSES)
         object->n_misses++;
      if (object->n_misses > MAX_MISSES)
         return;
      if ((area->flags & VMT_AREA_EXEC) != 0) {
         read_code(machine, area, page, n_pages, request);
         return;
      }
   }
   object->ahead_start = end;
   request->read_start = name_of(machine, area->object, start);
   request->n_read = (end < n_pages ? end : n_pages) - start;
   request->read_mark = name_of(machine, area->object, end - MARKED_PAGES);
}

static void
note_hit(struct vmt_object *object)
{
   if (object->n_misses != 0)
      object->n_misses--;
}

/* page_cache_async_ra.  */
void
vmt_frames_read_ahead(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   uint32_t number = frames->ahead_object;
   struct vmt_object *object;
   uint64_t start, end, mark;

   if (number == 0)
      return;
   frames->ahead_object = 0;
   object = vmt_vector_at(&machine->objects, number);
   start = object->ahead_start;
   end = start + READ_PAGES;
   object->ahead_start = end;
   if (end > n_pages_of(object))
      end = n_pages_of(object);
   if (start >= end)
      return;
   mark = name_of(machine, number, start);
   read_pages(machine, mark, end - start, mark, frames->ahead_without_recency);
}

/* The memory knows that this process uses the object, and so many pages of it.  */
static void
note_page(struct vmt_machine *machine, uint32_t number, uint64_t page)
{
   struct vmt_object *object = vmt_vector_at(&machine->objects, number);
   struct vmt_frames *frames = &machine->frames;
   struct vmt_memory_object *record = vmt_memory_get_object(
      frames->memory, number_of(machine, number));

   if (record == NULL) {
      frames->no_memory = true;
      return;
   }
   object->n_known_pages = page + 1;
   record->users[frames->place / 64] |= (uint64_t)1 << frames->place % 64;
   record->lives_by_areas |= object->lives_by_areas;
   if (record->n_known_pages <= page)
      record->n_known_pages = page + 1;
}

static void
show_object(struct vmt_machine *machine, const struct vmt_area *area, vmt_vpn vpn,
            uint64_t name, uint64_t page)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t key = vmt_frames_key(frames, vpn);

   if (object_of(machine, area)->n_known_pages <= page)
      note_page(machine, (uint32_t)area->object, page);
   if (vmt_shown_name(&frames->memory->shown, key) == NULL)
      vmt_linux_note(frames, vmt_shown_set(&frames->memory->shown, key, name));
   else
      vmt_shown_set_present(&frames->memory->shown, key, true);
}

enum vmt_reclaim_outcome
vmt_frames_object_page(struct vmt_machine *machine, const struct vmt_area *area,
                       vmt_vpn vpn, uint64_t page, bool write, bool is_copied)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_object *object = object_of(machine, area);
   uint64_t name = name_of(machine, area->object, page);
   bool warm = is_warm(machine, object, name);
   struct vmt_reclaim_request request = {
      .page = name, .write = write && !is_copied,
      .kind = object->on_device ? VMT_RECLAIM_FILE : VMT_RECLAIM_SHMEM};
   struct vmt_reclaim_result result;

   if (warm && is_copied)
      return VMT_RECLAIM_CACHED;
   if (warm)
      charge_warm(machine, area, name);
   else if (object->on_device &&
            vmt_reclaim_where(&frames->memory->kernel, name) != VMT_RECLAIM_IN_MEMORY)
      choose_read(machine, area, page, &request);
   vmt_linux_ask(machine, area, &request, &result);
   if (result.outcome == VMT_RECLAIM_CACHED)
      note_hit(object);
   if (result.marked) {
      frames->ahead_object = (uint32_t)area->object;
      frames->ahead_without_recency = vmt_linux_has_no_recency(area);
   }
   if (frames->no_memory)
      return result.outcome;
   if (is_copied)
      vmt_reclaim_unmap(&frames->memory->kernel, name, false, false);
   else
      show_object(machine, area, vpn, name, page);
   return warm ? VMT_RECLAIM_CACHED : result.outcome;
}

bool
vmt_frames_map_around(struct vmt_machine *machine, const struct vmt_area *area,
                      vmt_vpn vpn, uint64_t page)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_object *object = object_of(machine, area);
   uint64_t name = name_of(machine, area->object, page);

   if (!frames->spares_warm && is_warm(machine, object, name))
      charge_warm(machine, area, name);
   if (!vmt_reclaim_map(&frames->memory->kernel, name, (area->flags & VMT_AREA_EXEC) != 0,
                        vmt_linux_has_no_recency(area)))
      return false;
   if ((area->flags & VMT_AREA_LOCKED) != 0)
      vmt_reclaim_lock(&frames->memory->kernel, name, true);
   note_hit(object);
   show_object(machine, area, vpn, name, page);
   return true;
}

void
vmt_frames_leave_object(struct vmt_machine *machine, uint32_t number)
{
   struct vmt_object *object = vmt_vector_at(&machine->objects, number);
   struct vmt_memory *memory = machine->frames.memory;
   uint32_t common = number_of(machine, number);
   struct vmt_memory_object *record = vmt_memory_find_object(memory, common);

   object->n_known_pages = 0;
   if (record != NULL)
      record->lives_by_areas = true;
   vmt_memory_leave_object(memory, common, machine->frames.place);
}

void
vmt_frames_forget(struct vmt_machine *machine, uint32_t number, uint64_t start,
                  uint64_t end)
{
   vmt_memory_forget_pages(machine->frames.memory, number_of(machine, number), start,
                           end);
}
