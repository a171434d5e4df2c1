/* The tables of a report as JSON.  */

#include "vmtrace/cli/processes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/host/escape.h"

static void
print_events(const struct vmt_report *report, FILE *file, const char *name,
             const struct vmt_ledger *ledger, uint32_t row)
{
   const struct vmt_events *events = &report->input.profile.events;
   size_t n = report->events.n ? report->events.n : events->n;
   const char *separator = "";

   fprintf(file, "\"%s\":{", name);
   for (size_t i = 0; i < n && row != VMT_KEYMAP_NONE; i++) {
      int event = report->events.n ? report->events.events[i] : (int) i;
      int64_t number = vmt_ledger_value(ledger, row, event);

      if (number == 0)
         continue;
      fprintf(file, "%s\"%s\":%" PRId64, separator, events->names[event], number);
      separator = ",";
   }
   fputs("}", file);
}

static void
print_call(const struct vmt_report *report, FILE *file, uint32_t call)
{
   const struct vmt_call *calls = report->input.blame.calls;
   const char *separator = "";
   bool cut = false;

   fputs("\"frames\":[", file);
   for (; call; call = calls[call].parent) {
      fprintf(file, "%s{", separator);
      vmt_report_json_place(&report->input.blame, file, calls[call].place, true);
      putc('}', file);
      separator = ",";
      cut = calls[call].cut;
   }
   fprintf(file, "],\"cut\":%s", cut ? "true" : "false");
}

static void
print_area(const struct vmt_profile *profile, FILE *file, uint32_t area)
{
   vmt_report_json_text(file, "name", profile->areas[area].name);
   putc(',', file);
   vmt_report_json_text(file, "kind", profile->areas[area].kind);
}

static void
print_object(const struct vmt_report *report, FILE *file, uint32_t place)
{
   const struct vmt_blame *blame = &report->input.blame;
   uint32_t object = blame->places[place].object;
   const char *id = object == VMT_NO_OBJECT ? NULL
                    : report->input.profile.objects[object].build_id;

   vmt_report_json_text(file, "object", vmt_blame_object_path(blame, place));
   fputs(",\"build_id\":", file);
   if (id)
      vmt_escape_json(file, id);
   else
      fputs("null", file);
}

static void
print_start(const struct vmt_blame *blame, FILE *file, uint32_t place)
{
   if (place) {
      putc('{', file);
      vmt_report_json_place(blame, file, place, false);
      putc('}', file);
   } else
      fputs("null", file);
}

static void
print_thread_facts(const struct vmt_report *report, FILE *file,
                   const struct vmt_ledger_row *row)
{
   static const struct vmt_thread unknown;
   const struct vmt_thread *thread =
      vmt_thread_find(&report->input.profile.runs[row->run].threads, row->subject);

   if (!thread)
      thread = &unknown;
   fputs(",\"name\":", file);
   if (thread->name)
      vmt_escape_json(file, thread->name);
   else
      fputs("null", file);
   fputs(",\"start\":", file);
   print_start(&report->input.blame, file,
               vmt_thread_start(&report->starts, row->run, row->subject));
   fprintf(file, ",\"core\":%" PRId64 ",\"threads\":%" PRId64 ",\"shot\":%" PRId64,
           thread->core, thread->n_threads, thread->shot);
}

static void
print_thread(const struct vmt_report *report, FILE *file,
             const struct vmt_ledger_row *row)
{
   const struct vmt_profile_run *run = &report->input.profile.runs[row->run];

   fprintf(file, "\"thread\":%" PRIu32 ",", row->subject);
   vmt_report_json_member(file, "pid", run->header, "pid");
   if (report->starts.places)
      print_thread_facts(report, file, row);
}

/* Of what nobody asked for there is no place.  */
static void
print_site_place(const struct vmt_report *report, FILE *file, uint32_t site)
{
   const struct vmt_profile_site *of = &report->input.profile.sites[site];

   if (of->kind == VMT_SITE_NONE || of->kind == VMT_SITE_ALLOCATOR)
      fputs("\"file\":\"\",\"line\":0,\"function\":\"\",\"object\":\"\"", file);
   else
      vmt_report_json_place(&report->input.blame, file,
                            vmt_blame_place(&report->input.blame, of->stack), true);
   fprintf(file, ",\"kind\":\"%s\"", vmt_site_kinds[of->kind]);
   if (of->kind != VMT_SITE_NONE && vmt_site_frame(&report->input.blame, of)
       != VMT_KEYMAP_NONE)
      fprintf(file, ",\"offset\":%" PRIu64, report->input.profile.frames[
                 vmt_site_frame(&report->input.blame, of)].offset);
}

static void
print_site(const struct vmt_report *report, FILE *file, uint32_t site)
{
   print_site_place(report, file, site);
   putc(',', file);
   print_call(report, file, report->input.blame.call_of_stack[
                 report->input.profile.sites[site].stack]);
}

static void
print_subject(const struct vmt_report *report, FILE *file,
              const struct vmt_ledger *ledger, uint32_t row)
{
   uint32_t subject = ledger->rows[row].subject;

   switch (ledger->by) {
   case VMT_BY_STACK:
      print_call(report, file, subject);
      break;
   case VMT_BY_SITE:
      print_site(report, file, subject);
      break;
   case VMT_BY_AREA:
      print_area(&report->input.profile, file, subject);
      break;
   case VMT_BY_THREAD:
      print_thread(report, file, &ledger->rows[row]);
      break;
   case VMT_BY_OBJECT:
      print_object(report, file, subject);
      break;
   default:
      vmt_report_json_place(&report->input.blame, file, subject, ledger->by == VMT_BY_LINE);
      break;
   }
}

/* ---- what rows are made of ---- */

/* A table, and the same split by site; of that by site alone, what the allocator did
   when it was called, and site_numbers.  */
struct table {
   const struct vmt_report *report;
   struct vmt_ledger ledger, split, calls, processes;
   struct vmt_ledger_parts parts, process_parts;
   int64_t *site_numbers;
   bool has_parts, has_processes;
};

static void
print_site_numbers(const struct table *table, FILE *file, uint32_t row)
{
   static const enum vmt_site_number shown[] = {
      VMT_SITE_LIVE_BLOCKS, VMT_SITE_LIVE_BYTES, VMT_SITE_BYTES_AT_PEAK,
      VMT_SITE_KEPT_PAGES, VMT_SITE_KEPT_PAGES_AT_PEAK, VMT_SITE_PINNED_PAGES,
      VMT_SITE_PINNED_PAGES_AT_PEAK
   };
   const int64_t *numbers = table->site_numbers + (size_t) row * VMT_N_SITE_NUMBERS;

   for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
      fprintf(file, ",\"%s\":%" PRId64, vmt_site_numbers[shown[i]].member,
              numbers[shown[i]]);
   fprintf(file, ",\"lifetime_instrs\":%" PRId64, numbers[VMT_SITE_LIFETIME]);
}

static void
print_call_events(const struct table *table, FILE *file, uint32_t row)
{
   putc(',', file);
   print_events(table->report, file, "call_events", &table->calls,
                vmt_ledger_site_row(&table->calls, table->ledger.rows[row].subject));
}

static bool
has_event(const struct vmt_report *report, const struct vmt_ledger *ledger,
          uint32_t row)
{
   size_t n = report->events.n ? report->events.n : report->input.profile.events.n;

   for (size_t i = 0; i < n; i++)
      if (vmt_ledger_value(ledger, row, report->events.n ? report->events.events[i]
                           : (int) i))
         return true;
   return false;
}

/* A site's lines, or a line's sites; what is on no site's memory is the rest.  */
static void
print_parts(const struct table *table, FILE *file, uint32_t row)
{
   bool by_site = table->ledger.by == VMT_BY_SITE;
   const char *separator = "";

   fprintf(file, ",\"%s\":[", by_site ? "lines" : "sites");
   for (size_t i = table->parts.first[row]; i < table->parts.first[row + 1]; i++) {
      uint32_t part = table->parts.rows[i];
      const struct vmt_ledger_row *of = &table->split.rows[part];

      if ((!by_site && of->site == 0) || !has_event(table->report, &table->split, part))
         continue;
      fprintf(file, "%s{", separator);
      if (by_site)
         vmt_report_json_place(&table->report->input.blame, file, of->subject, true);
      else
         print_site_place(table->report, file, of->site);
      putc(',', file);
      print_events(table->report, file, "events", &table->split, part);
      putc('}', file);
      separator = ",";
   }
   putc(']', file);
}

/* A row's events in each process.  */
static void
print_processes(const struct table *table, FILE *file, uint32_t row)
{
   const struct vmt_profile *profile = &table->report->input.profile;
   const char *separator = "";

   fputs(",\"processes\":[", file);
   for (size_t i = table->process_parts.first[row];
        i < table->process_parts.first[row + 1]; i++) {
      uint32_t part = table->process_parts.rows[i];
      uint32_t process = table->processes.rows[part].run;

      if (!has_event(table->report, &table->processes, part))
         continue;
      fprintf(file, "%s{\"pid\":%" PRId64 ",\"run\":%" PRIu32 ",", separator,
              vmt_process_pid(profile, process), profile->processes.list[process].tree);
      print_events(table->report, file, "events", &table->processes, part);
      putc('}', file);
      separator = ",";
   }
   putc(']', file);
}

/* ---- tables ---- */

/* A table of lines has their sites, that by site has lines; another its sites when
   that was asked for.  */
static void
make_table(struct table *table, const struct vmt_report *report, enum vmt_by by)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_blame *blame = &report->input.blame;

   *table = (struct table){ .report = report };
   vmt_ledger_init(&table->ledger, by, profile, blame);
   table->has_parts = report->with_sites
                      && (by == VMT_BY_LINE || by == VMT_BY_SITE
                          || (by == report->by && report->split));
   if (by == VMT_BY_SITE) {
      table->site_numbers = vmt_ledger_site_numbers(&table->ledger);
      vmt_ledger_init_calls(&table->calls, profile, blame);
   }
   table->has_processes = report->split_by_process && by == report->by;
   if (table->has_processes) {
      vmt_ledger_init_processes(&table->processes, by, profile, blame);
      vmt_ledger_parts_init(&table->process_parts, &table->ledger, &table->processes,
                            vmt_report_touch_event(report));
   }
   if (!table->has_parts)
      return;
   vmt_ledger_init_split(&table->split, by == VMT_BY_SITE ? VMT_BY_LINE : by,
                         by == VMT_BY_SITE ? VMT_SITES_BY_STACK : VMT_SITES_BY_LINE,
                         profile, blame);
   vmt_ledger_parts_init(&table->parts, &table->ledger, &table->split,
                         vmt_report_touch_event(report));
}

static void
free_table(struct table *table)
{
   vmt_ledger_free(&table->ledger);
   vmt_ledger_free(&table->calls);
   free(table->site_numbers);
   if (table->has_processes) {
      vmt_ledger_parts_free(&table->process_parts);
      vmt_ledger_free(&table->processes);
   }
   if (table->has_parts) {
      vmt_ledger_parts_free(&table->parts);
      vmt_ledger_free(&table->split);
   }
}

static void
print_row(const struct table *table, FILE *file, uint32_t row)
{
   putc('{', file);
   print_subject(table->report, file, &table->ledger, row);
   if (table->site_numbers)
      print_site_numbers(table, file, row);
   putc(',', file);
   print_events(table->report, file, "events", &table->ledger, row);
   if (table->site_numbers)
      print_call_events(table, file, row);
   if (table->has_parts)
      print_parts(table, file, row);
   if (table->has_processes)
      print_processes(table, file, row);
   putc('}', file);
}

void
vmt_report_json_table(const struct vmt_report *report, FILE *file, enum vmt_by by)
{
   static const char *const names[] = {
      [VMT_BY_LINE] = "lines", [VMT_BY_FUNCTION] = "functions",
      [VMT_BY_OBJECT] = "objects", [VMT_BY_STACK] = "stacks",
      [VMT_BY_AREA] = "areas", [VMT_BY_THREAD] = "threads",
      [VMT_BY_SITE] = "sites"
   };
   struct table table;
   uint32_t *order;
   size_t n;

   make_table(&table, report, by);
   order = vmt_ledger_order(&table.ledger, report->sort);
   n = table.ledger.n_rows;
   if (report->top && report->top < n)
      n = report->top;
   while (report->skips_none && n > 0
          && vmt_ledger_value(&table.ledger, order[n - 1], report->sort) == 0)
      n--;
   if (by == VMT_BY_SITE)
      n = vmt_report_keep_allocator(&table.ledger, order, n);
   fprintf(file, ",\n\"%s\":[", names[by]);
   for (size_t i = 0; i < n; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_row(&table, file, order[i]);
   }
   fputs("]", file);
   free(order);
   free_table(&table);
}
