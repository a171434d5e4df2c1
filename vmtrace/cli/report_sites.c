/* The table by site: what was allocated where, and the faults on it.  Sites whose call
   stacks are the same places are one row.  */

#include "vmtrace/cli/report_cells.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

struct row {
   struct vmt_profile_site sum; /* stack: one of its stacks */
   uint32_t call;
   int64_t *events;             /* on its blocks, one for each of the profile's */
   int64_t weight;
};

struct rows {
   const struct vmt_report *report;
   struct row *all;
   size_t n, capacity;
   struct vmt_keymap map;
};

static void
add_site(struct rows *rows, const struct vmt_profile_site *site)
{
   const struct vmt_profile *profile = &rows->report->input.profile;
   uint32_t call = rows->report->input.blame.call_of_stack[site->stack];
   struct vmt_profile_site *sum;
   struct row *row;
   bool added;
   uint32_t at = vmt_keymap_intern(&rows->map, call, 0, (uint32_t) rows->n, &added);

   if (added) {
      rows->all = vmt_grow(rows->all, rows->n, &rows->capacity, sizeof *rows->all);
      rows->all[rows->n++] = (struct row){
         .sum.stack = site->stack, .call = call,
         .events = vmt_calloc(VMT_EVENTS_MAX, sizeof(int64_t))
      };
   }
   row = &rows->all[at];
   sum = &row->sum;
   sum->allocs = vmt_wrapping_sum(sum->allocs, site->allocs);
   sum->frees = vmt_wrapping_sum(sum->frees, site->frees);
   sum->bytes = vmt_wrapping_sum(sum->bytes, site->bytes);
   sum->lifetime = vmt_wrapping_sum(sum->lifetime, site->lifetime);
   sum->live_blocks = vmt_wrapping_sum(sum->live_blocks, site->live_blocks);
   sum->live_bytes = vmt_wrapping_sum(sum->live_bytes, site->live_bytes);
   sum->peak_bytes = vmt_wrapping_sum(sum->peak_bytes, site->peak_bytes);
   sum->bytes_at_peak = vmt_wrapping_sum(sum->bytes_at_peak, site->bytes_at_peak);
   for (uint32_t i = site->first_count; i; i = profile->site_counts[i].next) {
      int64_t *event = &row->events[profile->site_counts[i].event];

      *event = vmt_wrapping_sum(*event, profile->site_counts[i].value);
   }
}

/* The sums that no record has.  */
static void
add_sums(struct rows *rows, struct row *row)
{
   const struct vmt_events *events = &rows->report->input.profile.events;
   const struct { const char *name; int64_t number; } own[] = {
      { "Allocs", row->sum.allocs }, { "Frees", row->sum.frees },
      { "AllocBytes", row->sum.bytes }, { "LivePeak", row->sum.peak_bytes }
   };
   int64_t sums[2] = { 0, 0 };
   int flt = vmt_events_find(events, "Flt");
   int minor = vmt_events_find(events, "MinFlt");
   int major = vmt_events_find(events, "MajFlt");

   for (size_t i = 0; i < events->n; i++)
      if (events->roles[i] == VMT_EVENT_MINOR || events->roles[i] == VMT_EVENT_MAJOR)
         sums[events->roles[i] == VMT_EVENT_MAJOR] += row->events[i];
   if (flt >= 0)
      row->events[flt] = sums[0] + sums[1];
   if (minor >= 0)
      row->events[minor] = sums[0];
   if (major >= 0)
      row->events[major] = sums[1];
   for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
      if (vmt_events_find(events, own[i].name) >= 0)
         row->events[vmt_events_find(events, own[i].name)] = own[i].number;
   row->weight = row->events[rows->report->sort];
}

static int
compare_rows(const void *a, const void *b)
{
   const struct row *x = a, *y = b;

   if (x->weight != y->weight)
      return x->weight > y->weight ? -1 : 1;
   return x->call < y->call ? -1 : x->call > y->call;
}

static void
make_rows(struct rows *rows, const struct vmt_report *report)
{
   const struct vmt_profile *profile = &report->input.profile;

   *rows = (struct rows){ .report = report };
   for (size_t i = 0; i < profile->n_sites; i++)
      add_site(rows, &profile->sites[i]);
   for (size_t i = 0; i < rows->n; i++)
      add_sums(rows, &rows->all[i]);
   if (rows->n)
      qsort(rows->all, rows->n, sizeof *rows->all, compare_rows);
}

static void
free_rows(struct rows *rows)
{
   for (size_t i = 0; i < rows->n; i++)
      free(rows->all[i].events);
   free(rows->all);
   vmt_keymap_free(&rows->map);
}

static size_t
n_shown(const struct rows *rows)
{
   size_t top = rows->report->top;

   return top && top < rows->n ? top : rows->n;
}

/* Instructions from birth to death, of those that died.  */
static int64_t
mean_lifetime(const struct row *row)
{
   return row->sum.frees > 0 ? row->sum.lifetime / row->sum.frees : 0;
}

/* ---- text ---- */

static void
add_number(struct vmt_table *table, int64_t number)
{
   char grouped[VMT_GROUPED_BYTES];

   vmt_table_cell(table, "%s", vmt_number_grouped(grouped, number));
}

static void
add_row(const struct rows *rows, struct vmt_table *table, const struct row *row)
{
   const struct vmt_blame *blame = &rows->report->input.blame;
   int flt = vmt_events_find(&rows->report->input.profile.events, "Flt");
   uint32_t place = vmt_blame_place(blame, row->sum.stack);
   char *position = vmt_report_position(blame, place, true);
   char *function = vmt_report_function(blame, place);

   add_number(table, row->sum.peak_bytes);
   add_number(table, row->sum.live_bytes);
   add_number(table, row->sum.allocs);
   add_number(table, row->sum.frees);
   add_number(table, row->sum.bytes);
   if (row->sum.frees > 0)
      add_number(table, mean_lifetime(row));
   else
      vmt_table_cell(table, "-");
   add_number(table, flt < 0 ? 0 : row->events[flt]);
   vmt_table_cell(table, "%s", position);
   vmt_table_cell(table, "%s", function);
   free(position);
   free(function);
}

void
vmt_report_text_sites(const struct vmt_report *report, const struct vmt_output *out)
{
   static const struct vmt_table_column titles[] = {
      { "LivePeak", true }, { "Live at end", true }, { "Allocs", true },
      { "Frees", true }, { "AllocBytes", true }, { "Mean life", true },
      { "Flt", true }, { "Line", false }, { "Function", false }
   };
   struct vmt_table table;
   struct rows rows;

   make_rows(&rows, report);
   fprintf(out->file, "%s by site: where blocks were allocated; bytes, lives in "
           "instructions\n", report->input.profile.events.names[report->sort]);
   vmt_table_init(&table, titles, sizeof titles / sizeof titles[0]);
   for (size_t i = 0; i < n_shown(&rows); i++)
      add_row(&rows, &table, &rows.all[i]);
   vmt_table_print(&table, out);
   vmt_table_free(&table);
   if (rows.n > n_shown(&rows))
      fprintf(out->file, "... and %zu more (--top=0 shows all)\n",
              rows.n - n_shown(&rows));
   free_rows(&rows);
}

/* ---- JSON ---- */

static void
print_frames(const struct vmt_blame *blame, FILE *file, uint32_t call)
{
   const char *separator = "";

   fputs("\"frames\":[", file);
   for (; call; call = blame->calls[call].parent) {
      fprintf(file, "%s{", separator);
      vmt_report_json_place(blame, file, blame->calls[call].place, true);
      putc('}', file);
      separator = ",";
   }
   putc(']', file);
}

static void
print_row(const struct rows *rows, FILE *file, const struct row *row)
{
   const struct vmt_report *report = rows->report;
   const struct vmt_blame *blame = &report->input.blame;
   const char *separator = "";

   vmt_report_json_place(blame, file, vmt_blame_place(blame, row->sum.stack), true);
   fprintf(file, ",\"live_blocks\":%" PRId64 ",\"live_bytes\":%" PRId64
           ",\"bytes_at_peak\":%" PRId64 ",\"lifetime_instrs\":%" PRId64 ",",
           row->sum.live_blocks, row->sum.live_bytes, row->sum.bytes_at_peak,
           row->sum.lifetime);
   print_frames(blame, file, row->call);
   fputs(",\"events\":{", file);
   for (size_t i = 0; i < report->input.profile.events.n; i++)
      if (row->events[i]) {
         fprintf(file, "%s\"%s\":%" PRId64, separator,
                 report->input.profile.events.names[i], row->events[i]);
         separator = ",";
      }
   putc('}', file);
}

void
vmt_report_json_sites(const struct vmt_report *report, FILE *file)
{
   struct rows rows;

   make_rows(&rows, report);
   fputs(",\n\"sites\":[", file);
   for (size_t i = 0; i < n_shown(&rows); i++) {
      fputs(i ? ",\n{" : "\n{", file);
      print_row(&rows, file, &rows.all[i]);
      putc('}', file);
   }
   fputs("]", file);
   free_rows(&rows);
}
