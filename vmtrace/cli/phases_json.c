/* Phases, snapshots and pauses as JSON; schemas/report.schema.json and
   timeline.schema.json say their shapes.  */

#include "vmtrace/cli/phases.h"

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/host/escape.h"

static void
print_events(const struct vmt_profile *profile, FILE *file, const int64_t *totals)
{
   const char *separator = "";

   fputs(",\"events\":{", file);
   for (int event = 0; event < (int) profile->events.n; event++) {
      if (totals[event] == 0)
         continue;
      fprintf(file, "%s\"%s\":%" PRId64, separator, profile->events.names[event],
              totals[event]);
      separator = ",";
   }
   putc('}', file);
}

static void
print_phases(const struct vmt_profile *profile, FILE *file)
{
   struct vmt_phase *phases;
   size_t n;

   phases = vmt_marks_all_phases(profile, &n);
   fputs(",\n\"phases\":[", file);
   for (size_t i = 0; i < n; i++) {
      fputs(i ? ",\n{" : "\n{", file);
      vmt_report_json_text(file, "phase", phases[i].name);
      fprintf(file, ",\"entered\":%" PRId64 ",\"marked\":%" PRId64
              ",\"open\":%s,\"known\":%s", phases[i].n_entered, phases[i].n_marked,
              phases[i].is_open ? "true" : "false", phases[i].known ? "true" : "false");
      print_events(profile, file, phases[i].totals);
      putc('}', file);
   }
   putc(']', file);
   free(phases);
}

static void
print_sizes(FILE *file, const struct vmt_resident *resident)
{
   struct vmt_resident_part sum = vmt_resident_sum(resident);

   if (!resident->is_known)
      fputs(",\"sizes\":null", file);
   else
      fprintf(file, ",\"sizes\":{\"private_pages\":%" PRId64 ",\"shared_pages\":%" PRId64
              ",\"pss_bytes\":%" PRId64 ",\"table_pages\":%" PRId64
              ",\"swap_pages\":%" PRId64 "}", sum.private_pages, sum.shared_pages,
              sum.pss_bytes, resident->table_pages, resident->swap_pages);
}

static void
print_snapshots(const struct vmt_profile *profile, FILE *file)
{
   const char *separator = "\n{";

   fputs(",\n\"snapshots\":[", file);
   for (size_t run = 0; run < profile->n_runs; run++)
      for (size_t i = 0; i < profile->runs[run].marks.n_snapshots; i++) {
         const struct vmt_snapshot *snapshot = &profile->runs[run].marks.snapshots[i];

         fputs(separator, file);
         separator = ",\n{";
         vmt_report_json_text(file, "snapshot", snapshot->name);
         putc(',', file);
         vmt_report_json_text(file, "profile", profile->runs[run].file);
         fprintf(file, ",\"instrs\":%" PRId64 ",\"resident_pages\":%" PRId64,
                 snapshot->instrs, snapshot->resident_pages);
         print_sizes(file, &snapshot->resident);
         print_events(profile, file, snapshot->totals);
         putc('}', file);
      }
   putc(']', file);
}

static void
print_spans(const struct vmt_marks *marks, FILE *file)
{
   fputs("\"not_counted\":[", file);
   for (size_t i = 0; i < marks->n_pauses; i++) {
      fprintf(file, "%s{\"from_instr\":%" PRId64 ",\"to_instr\":", i ? "," : "",
              marks->pauses[i].from_instr);
      if (marks->pauses[i].to_instr == INT64_MAX)
         fputs("null}", file);
      else
         fprintf(file, "%" PRId64 "}", marks->pauses[i].to_instr);
   }
   fputs("],\"reset_instr\":", file);
   if (marks->was_reset)
      fprintf(file, "%" PRId64, marks->reset_instrs);
   else
      fputs("null", file);
}

void
vmt_phases_json(const struct vmt_report *report, FILE *file)
{
   const struct vmt_profile *profile = &report->input.profile;

   fputs(",\n\"phase\":", file);
   if (profile->phase)
      vmt_escape_json(file, profile->phase);
   else
      fputs("null", file);
   print_phases(profile, file);
   print_snapshots(profile, file);
}

void
vmt_phases_json_marks(const struct vmt_marks *marks, FILE *file)
{
   fputs(",\n\"phase_marks\":[", file);
   for (size_t i = 0; i < marks->n_phase_marks; i++) {
      const struct vmt_phase_mark *mark = &marks->phase_marks[i];

      fputs(i ? ",\n{" : "\n{", file);
      vmt_report_json_text(file, "phase", marks->phases[mark->phase].name);
      fprintf(file, ",\"instrs\":%" PRId64 ",\"what\":\"%s\"}", mark->instrs,
              mark->is_begin ? "begin" : "end");
   }
   fputs("],\n\"snapshots\":[", file);
   for (size_t i = 0; i < marks->n_snapshots; i++) {
      fputs(i ? ",{" : "{", file);
      vmt_report_json_text(file, "snapshot", marks->snapshots[i].name);
      fprintf(file, ",\"instrs\":%" PRId64 ",\"resident_pages\":%" PRId64 "}",
              marks->snapshots[i].instrs, marks->snapshots[i].resident_pages);
   }
   fputs("],\n", file);
   print_spans(marks, file);
}
