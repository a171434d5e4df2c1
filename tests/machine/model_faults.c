/* Page faults on the model machine: one rule after the other.  */

#include "tests/machine/model_machine.h"

static bool
is_in_file(const struct model_machine *machine, const struct model_page *area)
{
   return area->offset * 4096 < machine->objects[area->object].n_bytes;
}

static bool
is_cached(const struct model_machine *machine, const struct model_page *area)
{
   const struct model_object *object = &machine->objects[area->object];

   if (!is_in_file(machine, area))
      return false;
   return object->cached[area->offset] ||
          (machine->is_warm && object->is_on_device);
}

/* Whether the device had to be asked.  What it brings is 128 KiB with the page
   in the middle, as far as the file goes.  */
static bool
bring_in(struct model_machine *machine, const struct model_page *area)
{
   struct model_object *object = &machine->objects[area->object];
   int64_t start = (int64_t)area->offset - MODEL_READ_AROUND_PAGES / 2;
   int64_t n = MODEL_READ_AROUND_PAGES;

   if (is_cached(machine, area))
      return false;
   if (!object->is_on_device) {
      object->cached[area->offset] = true;
      return false;
   }
   if (start < 0)
      start = 0;
   if (machine->memory.n_frames != 0) { /* the textbook's: the page alone */
      start = (int64_t)area->offset;
      n = 1;
   }
   for (int64_t i = start; i < start + n; i++)
      if (i < MODEL_OBJECT_PAGES && (uint64_t)i * 4096 < object->n_bytes)
         object->cached[i] = true;
   return true;
}

static void
show(struct model_machine *machine, int page, enum model_sight sight,
     bool may_write, struct model_outcome *outcome)
{
   struct model_view *view = &machine->views[page];
   bool was_resident = view->sight == MODEL_SEES_CACHE ||
                       view->sight == MODEL_SEES_FRAME;

   view->sight = sight;
   view->may_write = may_write;
   view->was_written = false;
   view->is_of_fork = false;
   view->others = 0;
   view->is_away = view->is_evicted = view->is_saved = false;
   if (!was_resident && sight != MODEL_SEES_ZEROES) {
      view->owner = 0;
      outcome->is_new[page] = true;
   }
}

static void
show_frame(struct model_machine *machine, int page, struct model_outcome *outcome)
{
   model_touch(&machine->areas, page);
   show(machine, page, MODEL_SEES_FRAME, true, outcome);
}

/* A page of a shared mapping of memory may be written from the start; that of a
   file on a device is watched for its first write.  */
static void
show_cache(struct model_machine *machine, int page, struct model_outcome *outcome)
{
   const struct model_page *area = &machine->areas.page[page];

   show(machine, page, MODEL_SEES_CACHE,
        area->backing == MODEL_SHMEM && (area->flags & MODEL_SHARED) &&
           (area->flags & MODEL_WRITE),
        outcome);
}

/* ---- folios ---- */

/* The folio of the page that the area shows at page: its first page, and the one
   after its last, of the file.  */
static void
folio_of(const struct model_machine *machine, int page, int *first, int *end)
{
   const struct model_page *area = &machine->areas.page[page];
   const struct model_object *object = &machine->objects[area->object];
   int number = 0;

   *first = (int)area->offset;
   if (area->offset < MODEL_OBJECT_PAGES)
      number = object->folio[area->offset];
   *end = *first + 1;
   if (number == 0)
      return;
   while (*first > 0 && object->folio[*first - 1] == number)
      --*first;
   while (*end < MODEL_OBJECT_PAGES && object->folio[*end] == number)
      ++*end;
}

static bool
is_beside(const struct model_machine *machine, int other, int page)
{
   uint64_t base = machine->areas.base;

   return other >= 0 && other < machine->areas.n_pages &&
          machine->areas.page[other].area == machine->areas.page[page].area &&
          (base + (uint64_t)other) / MODEL_TABLE_PAGES ==
             (base + (uint64_t)page) / MODEL_TABLE_PAGES;
}

/* Where the folio is seen, if all of it is, in one area and one page-table page. */
static bool
sees_whole(const struct model_machine *machine, int page, int *from, int *to)
{
   int first, end, shift = page - (int)machine->areas.page[page].offset;

   folio_of(machine, page, &first, &end);
   for (int i = first; i < end; i++)
      if (!is_beside(machine, i + shift, page))
         return false;
   *from = first + shift;
   *to = end + shift;
   return true;
}

static bool
is_nothing_seen(const struct model_machine *machine, int from, int to)
{
   for (int page = from; page < to; page++)
      if (page >= 0 && page < machine->areas.n_pages &&
          machine->views[page].sight != MODEL_SEES_NOTHING)
         return false;
   return true;
}

static int
n_file_pages(const struct model_machine *machine, int page)
{
   uint64_t object = machine->areas.page[page].object;

   return (int)((machine->objects[object].n_bytes + 4095) / 4096);
}

static void
show_absent(struct model_machine *machine, int from, int to,
            struct model_outcome *outcome)
{
   for (int page = from; page < to; page++)
      if (machine->views[page].sight == MODEL_SEES_NOTHING &&
          is_cached(machine, &machine->areas.page[page]))
         show_cache(machine, page, outcome);
}

/* The page with its folio, if nothing of the folio is seen yet and it does not
   go on behind the file's end.  */
static void
show_with_folio(struct model_machine *machine, int page, bool is_write,
                struct model_outcome *outcome)
{
   int first, end, from, to;

   folio_of(machine, page, &first, &end);
   if (end > n_file_pages(machine, page) ||
       !sees_whole(machine, page, &from, &to) ||
       !is_nothing_seen(machine, from, to)) {
      from = page;
      to = page + 1;
   }
   show_absent(machine, from, to, outcome);
   for (int i = from; is_write && i < to; i++) {
      if (machine->views[i].sight == MODEL_SEES_NOTHING)
         continue;
      machine->views[i].may_write = true;
      machine->views[i].was_written = true;
   }
}

/* The window starts at the address rounded down to its size, or at the area's
   start, whichever is higher; it has its full length from there, but stays in
   the area and in the page-table page.  Folios that it meets come whole, but one
   that ends with the file or behind it as far as the window goes; if that is the
   first one and the page-table page is still to be made, none comes.  */
static void
fault_around(struct model_machine *machine, int page, struct model_outcome *outcome)
{
   uint64_t base = machine->areas.base;
   uint64_t start = base + (uint64_t)page;
   uint64_t area_start = base + (uint64_t)model_area_first(&machine->areas, page);
   uint64_t table = start - start % MODEL_TABLE_PAGES;
   bool is_first = true;

   start -= start % machine->window_pages;
   if (start < area_start)
      start = area_start;
   for (uint64_t i = start; i < start + machine->window_pages; i++) {
      int other = (int)(i - base), first, end, from = other, to = other + 1;

      if (i < base || !is_beside(machine, other, page))
         continue;
      folio_of(machine, other, &first, &end);
      if (is_first && end >= n_file_pages(machine, page) &&
          is_nothing_seen(machine, (int)table - (int)base,
                          (int)table - (int)base + MODEL_TABLE_PAGES))
         return;
      is_first = false;
      if (end < n_file_pages(machine, page))
         sees_whole(machine, other, &from, &to);
      show_absent(machine, from, to, outcome);
   }
}

static enum model_event
anonymous_fault(struct model_machine *machine, int page, bool is_write,
                struct model_outcome *outcome)
{
   if (is_write) {
      show_frame(machine, page, outcome);
      return MODEL_ZeroWr;
   }
   show(machine, page, MODEL_SEES_ZEROES, false, outcome);
   return MODEL_ZeroRd;
}

/* The vDSO: pages of the kernel's own, one at a time; a debugger may have them
   written to.  */
static enum model_event
special_fault(struct model_machine *machine, int page, bool is_write,
              struct model_outcome *outcome)
{
   if (is_write) {
      show_frame(machine, page, outcome);
      return MODEL_FileCow;
   }
   show(machine, page, MODEL_SEES_CACHE, false, outcome);
   return MODEL_FileRd;
}

static enum model_event
object_fault(struct model_machine *machine, int page, bool is_write,
             struct model_outcome *outcome)
{
   const struct model_page *area = &machine->areas.page[page];
   bool is_shared = (area->flags & MODEL_SHARED) != 0, is_major;

   if (!is_in_file(machine, area))
      return MODEL_Bus;
   is_major = bring_in(machine, area);
   if (is_write && !is_shared) {
      show_frame(machine, page, outcome);
      return is_major ? MODEL_FileMaj : MODEL_FileCow;
   }
   if (!is_write && machine->window_pages > 1)
      fault_around(machine, page, outcome);
   if (machine->views[page].sight == MODEL_SEES_NOTHING)
      show_with_folio(machine, page, is_write, outcome);
   if (is_major)
      return MODEL_FileMaj;
   if (area->backing == MODEL_SHMEM)
      return is_write ? MODEL_ShmWr : MODEL_ShmRd;
   return is_write ? MODEL_FileWr : MODEL_FileRd;
}

/* The other cores may hold the entry as it was.  */
static enum model_event
write_protect_fault(struct model_machine *machine, int page,
                    struct model_outcome *outcome)
{
   const struct model_page *area = &machine->areas.page[page];
   struct model_view old = machine->views[page];

   outcome->n_shootdowns += (uint32_t)model_drop(machine, page, 1, false);
   if (area->flags & MODEL_SHARED) {
      machine->views[page].may_write = true;
      return area->backing == MODEL_SHMEM ? MODEL_Reuse : MODEL_FileWr;
   }
   show_frame(machine, page, outcome);
   switch (old.sight) {
   case MODEL_SEES_ZEROES:
      return MODEL_ZeroCow;
   case MODEL_SEES_CACHE:
      return MODEL_FileCow;
   default:
      return old.is_of_fork && old.others != 0 ? MODEL_ForkCow : MODEL_Reuse;
   }
}

/* Does the area above reach down to page now?  */
static bool
grow_stack(struct model_machine *machine, int page)
{
   struct model *areas = &machine->areas;
   int above = page;

   while (above < areas->n_pages && areas->page[above].area == 0)
      above++;
   if (above == areas->n_pages || !(areas->page[above].flags & MODEL_GROWSDOWN))
      return false;
   if ((uint64_t)(model_area_end(areas, above) - page) > machine->stack_limit_pages)
      return false;
   return model_grow_down(areas, above, page);
}

static bool
is_allowed(const struct model_page *area, enum model_access kind)
{
   const uint32_t exec = 4;

   if (kind == MODEL_DO_READ)
      return (area->flags & MODEL_PROT) != 0;
   if (kind == MODEL_DO_FETCH)
      return (area->flags & exec) != 0;
   return (area->flags & MODEL_WRITE) != 0;
}

/* A private frame whose page is in swap: what it was, it is again, and a write copies
   it if it may be another process's too.  */
static void
swap_in(struct model_machine *machine, int page, bool is_write,
        const struct model_view *old, struct model_outcome *outcome)
{
   bool is_writable = (machine->areas.page[page].flags & MODEL_WRITE) != 0;
   struct model_view *view = &machine->views[page];

   show(machine, page, MODEL_SEES_FRAME, is_writable && (is_write || !old->is_of_fork),
        outcome);
   view->is_of_fork = old->is_of_fork && !is_write;
   view->others = view->is_of_fork ? old->others : 0;
}

/* A page that has lost its frame comes back: the same fault as the first time, by
   another name.  */
static enum model_event
return_fault(struct model_machine *machine, int page, bool is_write,
             struct model_outcome *outcome)
{
   const struct model_page *area = &machine->areas.page[page];
   struct model_view *view = &machine->views[page], old = *view;
   enum model_event event = MODEL_SwapIn;

   outcome->is_refault = old.is_evicted;
   outcome->is_thrash = old.is_evicted && model_memory_is_recent(machine, page);
   view->sight = MODEL_SEES_NOTHING;
   if (old.sight == MODEL_SEES_FRAME) {
      swap_in(machine, page, is_write, &old, outcome);
   } else if (area->backing == MODEL_ANON) {
      event = anonymous_fault(machine, page, is_write, outcome);
   } else if (area->flags & MODEL_SPECIAL) {
      event = special_fault(machine, page, is_write, outcome);
   } else {
      object_fault(machine, page, is_write, outcome);
      event = area->backing == MODEL_SHMEM ? MODEL_SwapIn : MODEL_FileMaj;
   }
   if (view->sight == old.sight)
      view->is_saved = old.is_saved;
   return event;
}

enum model_event
model_fault(struct model_machine *machine, int page, enum model_access kind,
            struct model_outcome *outcome)
{
   const struct model_page *area = &machine->areas.page[page];
   struct model_view *view = &machine->views[page];
   bool is_write = kind == MODEL_DO_WRITE || kind == MODEL_DO_MODIFY;
   enum model_event event = MODEL_NO_EVENT;

   if (area->area == 0 && !grow_stack(machine, page))
      return MODEL_Segv;
   if (!is_allowed(area, kind))
      return MODEL_Prot;
   if (view->is_away) {
      event = return_fault(machine, page, is_write, outcome);
   } else if (view->sight != MODEL_SEES_NOTHING) {
      if (is_write && !view->may_write)
         event = write_protect_fault(machine, page, outcome);
   } else if (area->backing == MODEL_ANON) {
      event = anonymous_fault(machine, page, is_write, outcome);
   } else if (area->flags & MODEL_SPECIAL) {
      event = special_fault(machine, page, is_write, outcome);
   } else {
      event = object_fault(machine, page, is_write, outcome);
   }
   if (event != MODEL_Bus && is_write)
      view->was_written = true;
   return event;
}
