/* Memory pressure as JSON: members of schemas/report.schema.json and
   timeline.schema.json.  */

#include "vmtrace/cli/pressure.h"

#include <inttypes.h>

#include "vmtrace/host/escape.h"

static void
print_known(FILE *file, const char *name, bool is_known, int64_t number)
{
   if (is_known)
      fprintf(file, ",\"%s\":%" PRId64, name, number);
   else
      fprintf(file, ",\"%s\":null", name);
}

static void
print_limit(FILE *file, const struct vmt_limit *limit)
{
   print_known(file, "ram_bytes", limit->has_ram, limit->ram_bytes);
   print_known(file, "swap_bytes", limit->has_swap, limit->swap_bytes);
   fputs(",\"reclaim\":", file);
   if (*limit->reclaim)
      vmt_escape_json(file, limit->reclaim);
   else
      fputs("null", file);
   fprintf(file, ",\"swap_latency_us\":%" PRId64, limit->swap_latency_us);
}

static void
print_events(const struct vmt_report_input *input, const struct vmt_profile_run *run,
             FILE *file)
{
   static const char *const names[] = {
      "Flt", "MinFlt", "MajFlt", "FileMaj", "SwapIn", "SwapHit", "Evict", "Refault",
      "SwapOut", "Thrash", "RssPeak"
   };

   fputs(",\"events\":", file);
   for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
      fprintf(file, "%c\"%s\":%" PRId64, i ? ',' : '{', names[i],
              vmt_pressure_total(input, run, names[i]));
   fputs("}", file);
}

/* Lines with their number of an event, or of pages, and then the area.  */
static void
print_lines(const struct vmt_report_input *input, FILE *file, const char *event,
            const struct vmt_line_sums *sums)
{
   fputs(",\n\"lines\":[", file);
   for (size_t i = 0; i < sums->n; i++) {
      const struct vmt_line_sum *sum = &sums->sums[i];

      fputs(i ? ",\n{" : "\n{", file);
      vmt_report_json_place(&input->blame, file, sum->place, true);
      if (sum->area != UINT32_MAX) {
         fputs(",\"area\":", file);
         vmt_escape_json(file, input->profile.areas[sum->area].name);
      }
      fprintf(file, ",\"%s\":%" PRId64 "}", event, sum->number);
   }
   putc(']', file);
}

void
vmt_pressure_json_spans(FILE *file, const struct vmt_thrashing *thrashing)
{
   for (size_t i = 0; i < thrashing->n_spans; i++) {
      const struct vmt_thrash_span *span = &thrashing->spans[i];

      fprintf(file, "%s{\"from_instr\":%" PRId64 ",\"to_instr\":%" PRId64
              ",\"Flt\":%" PRId64 ",\"Refault\":%" PRId64 ",\"Thrash\":%" PRId64
              "}", i ? ",\n" : "", span->from_instr, span->to_instr, span->n_faults,
              span->n_refaults, span->n_thrash);
   }
}

static void
print_enough(FILE *file, const struct vmt_profile_run *run,
             const struct vmt_thrashing *thrashing)
{
   const struct vmt_curve_size *enough = vmt_pressure_enough(run, thrashing);

   if (thrashing->n_spans && enough)
      fprintf(file, ",\"enough\":{\"ram_pages\":%" PRId64 ",\"faults\":%" PRId64 "}",
              enough->ram_pages, enough->n_faults);
   else
      fputs(",\"enough\":null", file);
}

static void
print_thrashing(const struct vmt_report_input *input,
                const struct vmt_profile_run *run, FILE *file)
{
   struct vmt_thrashing thrashing = vmt_thrashing_find(&run->pressure);
   struct vmt_line_sums lines = vmt_sum_event(input, run, "Thrash");

   fputs(",\n\"thrashing\":", file);
   if (thrashing.is_known) {
      fprintf(file, "{\"thrashed\":%s,\"instrs\":%" PRId64 ",\"run_instrs\":%" PRId64
              ",\"Flt\":%" PRId64 ",\"Refault\":%" PRId64 ",\"Thrash\":%" PRId64,
              thrashing.n_spans ? "true" : "false", thrashing.n_instrs,
              thrashing.run_instrs, thrashing.n_faults, thrashing.n_refaults,
              thrashing.n_thrash);
      print_enough(file, run, &thrashing);
      fputs(",\n\"spans\":[", file);
      vmt_pressure_json_spans(file, &thrashing);
      putc(']', file);
      print_lines(input, file, "Thrash", &lines);
      putc('}', file);
   } else
      fputs("null", file);
   vmt_line_sums_free(&lines);
   vmt_thrashing_free(&thrashing);
}

static void
print_frames(const struct vmt_blame *blame, FILE *file, uint32_t call)
{
   bool cut = false;

   fputs(",\n\"frames\":[", file);
   for (const char *separator = ""; call; call = blame->calls[call].parent) {
      fprintf(file, "%s{", separator);
      vmt_report_json_place(blame, file, blame->calls[call].place, true);
      putc('}', file);
      separator = ",";
      cut = blame->calls[call].cut;
   }
   fprintf(file, "],\"cut\":%s", cut ? "true" : "false");
}

void
vmt_pressure_json_oom(const struct vmt_report_input *input,
                      const struct vmt_profile_run *run, FILE *file)
{
   const struct vmt_oom *oom = &run->pressure.oom;
   const struct vmt_profile_charge *charge = &input->profile.charges[oom->charge];
   struct vmt_line_sums lines = vmt_sum_owners(input, &oom->owners);

   fprintf(file, "{\"instrs\":%" PRId64, oom->instrs);
   putc(',', file);
   vmt_report_json_place(&input->blame, file,
                         vmt_blame_place(&input->blame, charge->stack), true);
   fputs(",\"area\":", file);
   vmt_escape_json(file, input->profile.areas[charge->area].name);
   fprintf(file, ",\"thread\":%" PRIu32, charge->thread);
   print_known(file, "resident_pages", oom->resident_pages >= 0, oom->resident_pages);
   print_known(file, "table_pages", oom->table_pages >= 0, oom->table_pages);
   print_known(file, "swap_used_pages", oom->swap_used_pages >= 0,
               oom->swap_used_pages);
   print_frames(&input->blame, file, input->blame.call_of_stack[charge->stack]);
   print_lines(input, file, "pages", &lines);
   putc('}', file);
   vmt_line_sums_free(&lines);
}

static void
print_run(const struct vmt_report_input *input, const struct vmt_profile_run *run,
          FILE *file)
{
   const struct vmt_pressure *pressure = &run->pressure;

   fputs("\n{\"profile\":", file);
   vmt_escape_json(file, run->file);
   print_limit(file, &pressure->limit);
   print_events(input, run, file);
   fprintf(file, ",\"stall_us\":%.0f", (double) vmt_pressure_total(input, run, "MajFlt")
           * (double) pressure->limit.swap_latency_us);
   print_thrashing(input, run, file);
   fputs(",\n\"oom\":", file);
   if (pressure->oom.happened)
      vmt_pressure_json_oom(input, run, file);
   else
      fputs("null", file);
   putc('}', file);
}

void
vmt_pressure_json(const struct vmt_report *report, FILE *file)
{
   const struct vmt_profile *profile = &report->input.profile;
   const char *separator = "";

   fputs(",\n\"pressure\":[", file);
   for (size_t i = 0; i < profile->n_runs; i++)
      if (vmt_pressure_is_of(&profile->runs[i])) {
         fputs(separator, file);
         print_run(&report->input, &profile->runs[i], file);
         separator = ",";
      }
   putc(']', file);
}
