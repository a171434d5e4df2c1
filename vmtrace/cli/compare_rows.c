/* The rows of a comparison: what is counted, in whichever profile.  */

#include "vmtrace/cli/compare.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/memory_view.h"
#include "vmtrace/host/memory.h"

const char *const vmt_compare_sections[VMT_COMPARE_N_SECTIONS] = {
   [VMT_COMPARE_EXECUTED] = "executed", [VMT_COMPARE_FAULTS] = "faults",
   [VMT_COMPARE_EVENTS] = "events", [VMT_COMPARE_MEMORY] = "memory",
   [VMT_COMPARE_HEAP] = "heap", [VMT_COMPARE_CURVE] = "curve"
};

/* A row without numbers, to be filled in and then kept or dropped.  */
struct vmt_compare_row
vmt_compare_row_new(const struct vmt_comparison *comparison,
                    enum vmt_compare_section section, const char *name)
{
   return (struct vmt_compare_row){
      .section = section, .name = vmt_strdup(name),
      .cells = vmt_calloc(comparison->n_columns, sizeof(struct vmt_compare_cell))
   };
}

void
vmt_compare_keep_row(struct vmt_comparison *comparison, struct vmt_compare_row row,
                     bool wanted)
{
   if (!wanted) {
      free(row.name);
      free(row.cells);
      return;
   }
   comparison->rows = vmt_grow(comparison->rows, comparison->n_rows,
                               &comparison->row_capacity, sizeof *comparison->rows);
   comparison->rows[comparison->n_rows++] = row;
}

bool
vmt_compare_any_known(const struct vmt_comparison *comparison,
                      const struct vmt_compare_row *row)
{
   for (size_t i = 0; i < comparison->n_columns; i++)
      if (row->cells[i].known)
         return true;
   return false;
}

static bool
any_number(const struct vmt_comparison *comparison, const struct vmt_compare_row *row)
{
   for (size_t i = 0; i < comparison->n_columns; i++)
      if (row->cells[i].number)
         return true;
   return false;
}

static void
set_pages(struct vmt_compare_cell *cell, int64_t pages)
{
   cell->known = !__builtin_mul_overflow(pages, (int64_t) VMT_MEMORY_PAGE_BYTES,
                                         &cell->number);
}

/* ---- events ---- */

static enum vmt_compare_section
section_of(const struct vmt_events *events, size_t event)
{
   if (strcmp(events->names[event], "LivePeak") == 0)
      return VMT_COMPARE_HEAP;
   switch (events->roles[event]) {
   case VMT_EVENT_EXECUTED:
      return VMT_COMPARE_EXECUTED;
   case VMT_EVENT_SUM:
   case VMT_EVENT_MINOR:
   case VMT_EVENT_MAJOR:
      return VMT_COMPARE_FAULTS;
   case VMT_EVENT_SITE:
      return VMT_COMPARE_HEAP;
   case VMT_EVENT_SIZE:
      return VMT_COMPARE_MEMORY;
   default:
      return VMT_COMPARE_EVENTS;
   }
}

static bool
ends_with(const char *text, const char *end)
{
   size_t n = strlen(text), m = strlen(end);

   return n >= m && strcmp(text + n - m, end) == 0;
}

static void
add_event(struct vmt_comparison *comparison, const struct vmt_events *events,
          size_t event)
{
   const char *name = events->names[event];
   enum vmt_event_role role = events->roles[event];
   struct vmt_compare_row row = vmt_compare_row_new(comparison, section_of(events, event),
                                                    name);

   if (role == VMT_EVENT_SIZE || ends_with(name, "Bytes"))
      row.unit = VMT_COMPARE_BYTES;
   for (size_t i = 0; i < comparison->n_columns; i++) {
      const struct vmt_profile *profile = &comparison->columns[i].profile;
      int at = vmt_events_find(&profile->events, name);

      row.cells[i].known = at >= 0;
      row.cells[i].number = vmt_profile_total(profile, at);
   }
   /* RssPages says of lines what RssPeak says of the run.  */
   vmt_compare_keep_row(comparison, row, any_number(comparison, &row)
                        && strcmp(name, "RssPages") != 0);
}

/* The events of all profiles, each once.  */
static void
collect_events(struct vmt_comparison *comparison, struct vmt_events *all)
{
   for (size_t i = 0; i < comparison->n_columns; i++) {
      const struct vmt_events *events = &comparison->columns[i].profile.events;

      for (size_t event = 0; event < events->n; event++)
         if (vmt_events_add(all, events->names[event]) < 0) {
            vmt_compare_note(comparison, vmt_strdup(
               "the profiles have too many events together: some are not shown"));
            return;
         }
   }
}

static void
add_section(struct vmt_comparison *comparison, const struct vmt_events *events,
            enum vmt_compare_section section)
{
   for (size_t event = 0; event < events->n; event++)
      if (section_of(events, event) == section)
         add_event(comparison, events, event);
}

/* ---- memory ---- */

/* What a profile says of the memory of its process; NULL when it is of several.  */
static const struct vmt_pressure *
pressure_of(const struct vmt_comparison *comparison, size_t column)
{
   const struct vmt_profile *profile = &comparison->columns[column].profile;

   return profile->n_runs == 1 ? &profile->runs[0].pressure : NULL;
}

static void
add_end(struct vmt_comparison *comparison)
{
   struct vmt_compare_row row = vmt_compare_row_new(comparison, VMT_COMPARE_MEMORY, "RssEnd");

   row.unit = VMT_COMPARE_BYTES;
   for (size_t i = 0; i < comparison->n_columns; i++) {
      const struct vmt_pressure *pressure = pressure_of(comparison, i);
      int at;

      if (!pressure || pressure->timeline.n_samples == 0)
         continue;
      at = vmt_timeline_column(&pressure->timeline, "RssPages");
      if (at >= 0)
         set_pages(&row.cells[i],
                   vmt_timeline_value(&pressure->timeline,
                                      pressure->timeline.n_samples - 1, at));
   }
   vmt_compare_keep_row(comparison, row, vmt_compare_any_known(comparison, &row));
}

static void
add_working_set(struct vmt_comparison *comparison)
{
   struct vmt_compare_row row = vmt_compare_row_new(comparison, VMT_COMPARE_MEMORY, "WsPeak");

   row.unit = VMT_COMPARE_BYTES;
   for (size_t i = 0; i < comparison->n_columns; i++) {
      const struct vmt_pressure *pressure = pressure_of(comparison, i);

      if (pressure && pressure->windows.instrs > 0)
         set_pages(&row.cells[i], pressure->windows.peak_pages);
   }
   vmt_compare_keep_row(comparison, row, vmt_compare_any_known(comparison, &row));
}

/* ---- the curve ---- */

static const struct vmt_curve *
curve_of(const struct vmt_comparison *comparison, size_t column)
{
   const struct vmt_pressure *pressure = pressure_of(comparison, column);

   return pressure && pressure->curve.n_sizes ? &pressure->curve : NULL;
}

static void
add_size(struct vmt_comparison *comparison, int64_t pages, int percent)
{
   struct vmt_compare_row row = vmt_compare_row_new(comparison, VMT_COMPARE_CURVE, "CurveFlt");

   row.percent = percent;
   for (size_t i = 0; i < comparison->n_columns; i++) {
      const struct vmt_curve *curve = curve_of(comparison, i);
      const struct vmt_curve_size *size = curve ? vmt_curve_at(curve, pages) : NULL;

      if (size && size->ram_pages >= vmt_curve_first_pages(curve))
         row.cells[i] = (struct vmt_compare_cell){ true, size->n_faults };
   }
   vmt_compare_keep_row(comparison, row,
                        !__builtin_mul_overflow(pages, (int64_t) VMT_MEMORY_PAGE_BYTES,
                                                &row.ram_bytes)
                        && vmt_compare_any_known(comparison, &row));
}

/* At shares of the smallest peak: there every column has faults beside those of
   first touches, but for that with the smallest peak at all of it.  */
static void
add_curves(struct vmt_comparison *comparison)
{
   static const int percents[] = { 100, 75, 50, 25 };
   int64_t least = INT64_MAX, before = 0;

   for (size_t i = 0; i < comparison->n_columns; i++) {
      const struct vmt_curve *curve = curve_of(comparison, i);

      if (curve && curve->sizes[curve->n_sizes - 1].ram_pages < least)
         least = curve->sizes[curve->n_sizes - 1].ram_pages;
   }
   if (least == INT64_MAX)
      return;
   for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
      int64_t pages = least / 100 * percents[i] + least % 100 * percents[i] / 100;

      if (pages > 0 && pages != before)
         add_size(comparison, pages, percents[i]);
      before = pages;
   }
}

void
vmt_compare_make_rows(struct vmt_comparison *comparison)
{
   struct vmt_events all = { .n = 0 };

   collect_events(comparison, &all);
   add_section(comparison, &all, VMT_COMPARE_EXECUTED);
   add_section(comparison, &all, VMT_COMPARE_FAULTS);
   add_section(comparison, &all, VMT_COMPARE_EVENTS);
   add_section(comparison, &all, VMT_COMPARE_MEMORY);
   add_end(comparison);
   add_working_set(comparison);
   add_section(comparison, &all, VMT_COMPARE_HEAP);
   vmt_compare_add_heap(comparison);
   vmt_events_free(&all);
   add_curves(comparison);
}

bool
vmt_compare_is_least(const struct vmt_comparison *comparison,
                     const struct vmt_compare_row *row, size_t column)
{
   bool differs = false;

   if (!row->cells[column].known)
      return false;
   for (size_t i = 0; i < comparison->n_columns; i++) {
      if (!row->cells[i].known)
         continue;
      if (row->cells[i].number < row->cells[column].number)
         return false;
      differs |= row->cells[i].number != row->cells[column].number;
   }
   return differs;
}
