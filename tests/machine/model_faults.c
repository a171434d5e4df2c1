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

   if (is_cached(machine, area))
      return false;
   if (!object->is_on_device) {
      object->cached[area->offset] = true;
      return false;
   }
   if (start < 0)
      start = 0;
   for (int64_t i = start; i < start + MODEL_READ_AROUND_PAGES; i++)
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

/* The window starts at the address rounded down to its size, or at the area's
   start, whichever is higher; it has its full length from there, but stays in
   the area and in the page-table page.  */
static void
fault_around(struct model_machine *machine, int page, struct model_outcome *outcome)
{
   uint64_t here = machine->areas.base + (uint64_t)page;
   uint64_t start = here - here % machine->window_pages;
   uint64_t area_start =
      machine->areas.base + (uint64_t)model_area_first(&machine->areas, page);

   if (start < area_start)
      start = area_start;
   for (uint64_t i = start; i < start + machine->window_pages; i++) {
      int other = (int)(i - machine->areas.base);

      if (i < machine->areas.base || other >= machine->areas.n_pages ||
          machine->areas.page[other].area != machine->areas.page[page].area ||
          i / MODEL_TABLE_PAGES != here / MODEL_TABLE_PAGES)
         continue;
      if (machine->views[other].sight == MODEL_SEES_NOTHING &&
          is_cached(machine, &machine->areas.page[other]))
         show_cache(machine, other, outcome);
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
   if (is_write) {
      show(machine, page, MODEL_SEES_CACHE, true, outcome);
   } else {
      fault_around(machine, page, outcome);
      if (machine->views[page].sight == MODEL_SEES_NOTHING)
         show_cache(machine, page, outcome);
   }
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
      return old.is_of_fork ? MODEL_ForkCow : MODEL_Reuse;
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
   if (view->sight != MODEL_SEES_NOTHING) {
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
