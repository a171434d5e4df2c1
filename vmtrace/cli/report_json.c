/* The report as one JSON object; schemas/report.schema.json says its shape.  */

#include "vmtrace/cli/pressure.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/escape.h"

static void
print_text_member(FILE *file, const char *name, const char *text)
{
   fprintf(file, "\"%s\":", name);
   vmt_escape_json(file, text);
}

/* An object of a vector's events; all of them, or those that are not 0.  */
static void
print_totals(const struct vmt_profile *profile, FILE *file,
             int64_t (*value)(const struct vmt_profile *profile, int event),
             bool all)
{
   const char *separator = "";

   putc('{', file);
   for (int event = 0; event < (int) profile->events.n; event++) {
      int64_t number = value(profile, event);

      if (!all && number == 0)
         continue;
      fprintf(file, "%s\"%s\":%" PRId64, separator, profile->events.names[event],
              number);
      separator = ",";
   }
   putc('}', file);
}

static void
print_row_events(const struct vmt_report *report, FILE *file,
                 const struct vmt_ledger *ledger, uint32_t row)
{
   const struct vmt_events *events = &report->input.profile.events;
   size_t n = report->events.n ? report->events.n : events->n;
   const char *separator = "";

   fputs("\"events\":{", file);
   for (size_t i = 0; i < n; i++) {
      int event = report->events.n ? report->events.events[i] : (int) i;
      int64_t number = vmt_ledger_value(ledger, row, event);

      if (number == 0)
         continue;
      fprintf(file, "%s\"%s\":%" PRId64, separator, events->names[event], number);
      separator = ",";
   }
   fputs("}", file);
}

void
vmt_report_json_place(const struct vmt_blame *blame, FILE *file, uint32_t place,
                      bool with_line)
{
   print_text_member(file, "file", blame->places[place].file);
   if (with_line)
      fprintf(file, ",\"line\":%" PRIu32, blame->places[place].line);
   putc(',', file);
   print_text_member(file, "function", blame->places[place].function);
   putc(',', file);
   print_text_member(file, "object", vmt_blame_object_path(blame, place));
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

/* A run's member as it is in the header or end record, or null.  */
static void
print_member(FILE *file, const char *name, const json_t *from, const char *key)
{
   const json_t *value = json_object_get(from, key);

   fprintf(file, "\"%s\":", name);
   if (value)
      vmt_escape_json_value(file, value);
   else
      fputs("null", file);
}

/* How a run went, without braces.  */
void
vmt_report_json_run(FILE *file, const struct vmt_profile_run *run)
{
   static const char *const members[] = {
      "command", "exe", "cwd", "pid", "ppid", "image", "date", "host", "layout",
      "threads_fair", "settings", "machine"
   };

   print_text_member(file, "profile", run->file);
   for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
      putc(',', file);
      print_member(file, members[i], run->header, members[i]);
   }
   putc(',', file);
   print_member(file, "exit_status", run->end, "exit");
   putc(',', file);
   print_member(file, "signal", run->end, "signal");
   fputs(",\"versions\":{", file);
   print_member(file, "profile", run->header, "vmtrace");
   putc(',', file);
   print_member(file, "tool", run->header, "tool");
   putc(',', file);
   print_member(file, "valgrind", run->header, "valgrind");
   fprintf(file, "},\"complete\":%s", run->end ? "true" : "false");
}

static void
print_area(const struct vmt_profile *profile, FILE *file, uint32_t area)
{
   print_text_member(file, "name", profile->areas[area].name);
   putc(',', file);
   print_text_member(file, "kind", profile->areas[area].kind);
}

static void
print_object(const struct vmt_report *report, FILE *file, uint32_t place)
{
   const struct vmt_blame *blame = &report->input.blame;
   uint32_t object = blame->places[place].object;
   const char *id = object == VMT_NO_OBJECT ? NULL
                    : report->input.profile.objects[object].build_id;

   print_text_member(file, "object", vmt_blame_object_path(blame, place));
   fputs(",\"build_id\":", file);
   if (id)
      vmt_escape_json(file, id);
   else
      fputs("null", file);
}

static void
print_thread(const struct vmt_report *report, FILE *file,
             const struct vmt_ledger_row *row)
{
   fprintf(file, "\"thread\":%" PRIu32 ",", row->subject);
   print_member(file, "pid", report->input.profile.runs[row->run].header, "pid");
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
   case VMT_BY_AREA:
      print_area(&report->input.profile, file, subject);
      break;
   case VMT_BY_THREAD:
      print_thread(report, file, &ledger->rows[row]);
      break;
   case VMT_BY_PROCESS:
      vmt_report_json_run(file, &report->input.profile.runs[subject]);
      break;
   case VMT_BY_OBJECT:
      print_object(report, file, subject);
      break;
   default:
      vmt_report_json_place(&report->input.blame, file, subject, ledger->by == VMT_BY_LINE);
      break;
   }
}

void
vmt_report_json_table(const struct vmt_report *report, FILE *file, enum vmt_by by)
{
   static const char *const names[] = {
      [VMT_BY_LINE] = "lines", [VMT_BY_FUNCTION] = "functions",
      [VMT_BY_OBJECT] = "objects", [VMT_BY_STACK] = "stacks",
      [VMT_BY_AREA] = "areas", [VMT_BY_THREAD] = "threads",
      [VMT_BY_PROCESS] = "processes"
   };
   struct vmt_ledger ledger;
   uint32_t *order;
   size_t n;

   vmt_ledger_init(&ledger, by, &report->input.profile, &report->input.blame);
   order = vmt_ledger_order(&ledger, report->sort);
   n = ledger.n_rows;
   if (report->top && report->top < n)
      n = report->top;
   while (report->skips_none && n > 0
          && vmt_ledger_value(&ledger, order[n - 1], report->sort) == 0)
      n--;
   fprintf(file, ",\n\"%s\":[", names[by]);
   for (size_t i = 0; i < n; i++) {
      fputs(i ? ",\n{" : "\n{", file);
      print_subject(report, file, &ledger, order[i]);
      putc(',', file);
      print_row_events(report, file, &ledger, order[i]);
      putc('}', file);
   }
   fputs("]", file);
   free(order);
   vmt_ledger_free(&ledger);
}

/* Each kind of fault that occurred, in the order of the events.  */
static void
print_kinds(const struct vmt_report *report, FILE *file)
{
   const struct vmt_profile *profile = &report->input.profile;
   const char *separator = "\n";

   fputs(",\n\"kinds\":[", file);
   for (int event = 0; event < (int) profile->events.n; event++) {
      enum vmt_event_role role = profile->events.roles[event];
      int64_t number = vmt_profile_total(profile, event);

      if ((role != VMT_EVENT_MINOR && role != VMT_EVENT_MAJOR) || number == 0)
         continue;
      fprintf(file, "%s{\"kind\":\"%s\",\"events\":{\"Flt\":%" PRId64
              ",\"%s\":%" PRId64 "}}", separator, profile->events.names[event],
              number, role == VMT_EVENT_MAJOR ? "MajFlt" : "MinFlt", number);
      separator = ",\n";
   }
   fputs("]", file);
}

void
vmt_report_json_remarks(const struct vmt_profile *profile,
                        const struct vmt_blame *blame, FILE *file,
                        const char *name, const char *wanted_label)
{
   size_t at = 0;
   const char *label, *separator = "";
   char *text;

   fprintf(file, ",\n\"%s\":[", name);
   while ((text = vmt_report_remark(profile, blame, &at, &label)) != NULL) {
      if (strcmp(label, wanted_label) == 0) {
         fputs(separator, file);
         vmt_escape_json(file, text);
         separator = ",";
      }
      free(text);
   }
   fputs("]", file);
}

/* Of one process; of more, each has its own.  */
static void
print_memory(const struct vmt_profile *profile, FILE *file)
{
   static const struct vmt_profile_run none;
   const struct vmt_profile_run *run = profile->n_runs == 1 ? profile->runs : &none;

   vmt_report_json_curve(file, run);
   vmt_report_json_timeline(file, run);
}

void
vmt_report_json(const struct vmt_report *report, FILE *file)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_blame *blame = &report->input.blame;

   fprintf(file, "{\"complete\":%s,\n\"run\":{",
           vmt_profile_complete(profile) ? "true" : "false");
   vmt_report_json_run(file, &profile->runs[0]);
   fprintf(file, "},\n\"by\":\"%s\",\"blame\":\"%s\",\"sort\":\"%s\",\n\"totals\":",
           vmt_by_names[report->by],
           blame->mode == VMT_BLAME_CALLER ? "caller" : "leaf",
           profile->events.n ? profile->events.names[report->sort] : "");
   print_totals(profile, file, vmt_profile_total, true);
   fputs(",\n\"excluded\":", file);
   print_totals(profile, file, vmt_profile_excluded, false);
   vmt_report_json_remarks(profile, blame, file, "notes", "Note");
   vmt_report_json_remarks(profile, blame, file, "warnings", "Warning");
   vmt_report_json_table(report, file, VMT_BY_LINE);
   if (report->by == VMT_BY_KIND)
      print_kinds(report, file);
   else if (report->by == VMT_BY_SITE)
      vmt_report_json_sites(report, file);
   else if (report->by != VMT_BY_LINE)
      vmt_report_json_table(report, file, report->by);
   print_memory(profile, file);
   vmt_pressure_json(report, file);
   fputs("}\n", file);
}
