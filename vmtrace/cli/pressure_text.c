/* Memory pressure as text.  */

#include "vmtrace/cli/pressure.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/memory_view.h"
#include "vmtrace/cli/processes.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/report_cells.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"

#define LABEL_COLUMNS 13
#define THRASH_LINES 3

struct section {
   const struct vmt_report_input *input;
   const struct vmt_profile_run *run;
   const struct vmt_output *out;
   struct vmt_thrashing thrashing;
};

static double
percent(int64_t part, int64_t whole)
{
   return whole > 0 ? 100.0 * (double) part / (double) whole : 0.0;
}

static int64_t
total(const struct section *section, const char *event)
{
   return vmt_pressure_total(section->input, section->run, event);
}

char *
vmt_pressure_limit_text(const struct vmt_limit *limit)
{
   char ram[VMT_QUANTITY_BYTES], swap[VMT_QUANTITY_BYTES];
   const char *policy = limit->reclaim;

   vmt_bytes_text(swap, (double) limit->swap_bytes);
   return vmt_format("%s (--ram), %s%s%s%s", vmt_bytes_text(ram, (double) limit->ram_bytes),
                     !limit->has_swap ? "swap without limit"
                     : limit->swap_bytes ? swap : "no swap",
                     limit->has_swap && limit->swap_bytes ? " of swap" : "",
                     *policy ? ", --reclaim=" : "", policy);
}

static void
print_limit(const struct section *section)
{
   const struct vmt_limit *limit = &section->run->pressure.limit;
   char *text = vmt_pressure_limit_text(limit), size[VMT_QUANTITY_BYTES];
   int64_t peak = total(section, "RssPeak");

   vmt_memory_print_labelled(section->out, "RAM", vmt_format(
      "%s; %s resident at the peak%s%s", text, vmt_bytes_text(size, (double) peak),
      peak > limit->ram_bytes && section->run->pressure.oom.happened
      ? ", after memory ran out" : "",
      total(section, "Evict") ? "" : "; nothing was evicted"));
   free(text);
}

/* What else may be said of a count: nothing when there were none; to be freed.  */
static char *
also(const struct section *section, const char *event, const char *what)
{
   int64_t n = total(section, event);
   char number[VMT_GROUPED_BYTES];

   return n ? vmt_format(", %s %s", vmt_number_grouped(number, n), what)
          : vmt_strdup("");
}

static void
print_evicted(const struct section *section)
{
   char number[VMT_GROUPED_BYTES];
   char *out = also(section, "SwapOut", "of them written to swap");
   char *in = also(section, "SwapIn", "read back");
   char *hit = also(section, "SwapHit", "found still in the swap cache");
   char *file = also(section, "FileMaj", "pages of files read from the device");

   vmt_memory_print_labelled(section->out, "Evicted", vmt_format(
      "%s pages%s%s%s%s", vmt_number_grouped(number, total(section, "Evict")), out, in,
      hit, file));
   free(out);
   free(in);
   free(hit);
   free(file);
}

static void
print_refaults(const struct section *section)
{
   char refaults[VMT_GROUPED_BYTES], thrash[VMT_GROUPED_BYTES];
   int64_t n = total(section, "Refault");

   vmt_memory_print_labelled(section->out, "Refaults", vmt_format(
      "%s, %.1f%% of the page faults; %s of them Thrash, of pages thrown out just "
      "before", vmt_number_grouped(refaults, n), percent(n, total(section, "Flt")),
      vmt_number_grouped(thrash, total(section, "Thrash"))));
}

/* "1.5 s", "20.0 ms".  */
static char *
time_text(double us)
{
   return us < 1e3 ? vmt_format("%.0f us", us) : us < 1e6 ? vmt_format("%.1f ms", us / 1e3)
          : vmt_format("%.1f s", us / 1e6);
}

static void
print_stall(const struct section *section)
{
   int64_t n_major = total(section, "MajFlt");
   int64_t latency_us = section->run->pressure.limit.swap_latency_us;
   char *time = time_text((double) n_major * (double) latency_us);
   char number[VMT_GROUPED_BYTES];

   vmt_memory_print_labelled(section->out, "Stall", vmt_format(
      "%s: %s major faults times the %lld us of --swap-latency, not a prediction "
      "of run time", time, vmt_number_grouped(number, n_major),
      (long long) latency_us));
   free(time);
}

/* ---- lines ---- */

/* "     1,234  56.7%  file.c:12  function", the widths of the first column being
   those of the report's head.  */
void
vmt_line_sums_print(const struct vmt_report_input *input,
                    const struct vmt_line_sums *sums, size_t most,
                    const struct vmt_output *out)
{
   const struct vmt_blame *blame = &input->blame;
   size_t n = sums->n < most ? sums->n : most;
   char grouped[VMT_GROUPED_BYTES];

   for (size_t i = 0; i < n; i++) {
      const struct vmt_line_sum *sum = &sums->sums[i];
      char *position = vmt_report_position(blame, sum->place, true);
      char *function = vmt_report_function(blame, sum->place);
      char *area = sum->area == UINT32_MAX ? vmt_strdup("")
                   : vmt_report_file_name(input->profile.areas[sum->area].name);

      fprintf(out->file, "%*s%13s %5.1f%%  %s%s%s%s%s\n", LABEL_COLUMNS - 2,
              "", vmt_number_grouped(grouped, sum->number),
              percent(sum->number, sums->total), position, *position ? "  " : "",
              function, *area ? "  " : "", area);
      free(position);
      free(function);
      free(area);
   }
   if (sums->n > n)
      fprintf(out->file, "%*s... and %zu more\n", LABEL_COLUMNS, "", sums->n - n);
}

/* ---- thrashing ---- */

char *
vmt_pressure_thrashed_text(const struct vmt_thrashing *thrashing)
{
   const struct vmt_thrash_span *longest = vmt_thrashing_longest(thrashing);
   char n_spans[VMT_GROUPED_BYTES], from[VMT_GROUPED_BYTES], to[VMT_GROUPED_BYTES];
   char *in = thrashing->n_spans == 1 ? vmt_strdup("")
              : vmt_format("in %s spans, %.1f%% of the run; longest ",
                           vmt_number_grouped(n_spans, (int64_t) thrashing->n_spans),
                           percent(thrashing->n_instrs, thrashing->run_instrs));
   char *text = vmt_format("%sfrom instruction %s to %s, %.1f%% of the run", in,
                           vmt_number_grouped(from, longest->from_instr),
                           vmt_number_grouped(to, longest->to_instr),
                           percent(longest->to_instr - longest->from_instr,
                                   thrashing->run_instrs));

   free(in);
   return text;
}

/* What else the curve says: the knee, when it is on the way.  */
static char *
knee_text(const struct section *section, const struct vmt_curve_size *enough)
{
   const struct vmt_curve *curve = &section->run->pressure.curve;
   const struct vmt_curve_size *knee = vmt_curve_knee(curve);
   const struct vmt_curve_size *last = &curve->sizes[curve->n_sizes - 1];
   char size[VMT_QUANTITY_BYTES], number[VMT_GROUPED_BYTES];

   if (!knee || knee >= enough || knee->ram_pages * VMT_MEMORY_PAGE_BYTES
                                  <= section->run->pressure.limit.ram_bytes)
      return vmt_strdup("");
   return vmt_format("; at the knee, %s, it has %s",
                     vmt_bytes_text(size, (double) knee->ram_pages
                                    * VMT_MEMORY_PAGE_BYTES),
                     vmt_number_grouped(number, knee->n_faults - last->n_faults));
}

/* One of the kernel's own policies: the others are pure.  */
static bool
is_linux(const struct vmt_limit *limit)
{
   return strcmp(limit->reclaim, "linux") == 0 || strcmp(limit->reclaim, "mglru") == 0;
}

static void
print_enough(const struct section *section)
{
   const struct vmt_pressure *pressure = &section->run->pressure;
   const struct vmt_curve_size *enough = vmt_pressure_enough(section->run,
                                                             &section->thrashing);
   char size[VMT_QUANTITY_BYTES], left[VMT_GROUPED_BYTES];
   char *knee;

   if (!enough) {
      vmt_memory_print_labelled(section->out, "Enough RAM", vmt_strdup(
         "not known: the profile has no curve (--mrc=fast of the tool makes one)"));
      return;
   }
   vmt_bytes_text(size, (double) enough->ram_pages * VMT_MEMORY_PAGE_BYTES);
   vmt_number_grouped(left, enough->n_faults
                      - pressure->curve.sizes[pressure->curve.n_sizes - 1].n_faults);
   if (enough->ram_pages * VMT_MEMORY_PAGE_BYTES <= pressure->limit.ram_bytes) {
      vmt_memory_print_labelled(section->out, "Enough RAM", vmt_format(
         "%s for LRU, by the curve: no more than there was, so that it is %s", size,
         pressure->limit.has_swap
         ? "swap that is too small: pages that find no room there stay in memory"
         : "the policy that thrashes, or memory that the curve does not count, as "
           "page tables"));
      return;
   }
   knee = knee_text(section, enough);
   vmt_memory_print_labelled(section->out, "Enough RAM", vmt_format(
      "%s, %.1f times what it had: with that LRU would not have thrashed, by the "
      "curve, which has %s refaults there%s%s", size,
      (double) enough->ram_pages * VMT_MEMORY_PAGE_BYTES
      / (double) pressure->limit.ram_bytes, left, knee,
      is_linux(&pressure->limit) ? "; Linux takes some more, for page tables and for "
                                   "pages of files that come with others" : ""));
   free(knee);
}

static void
print_thrashed(const struct section *section)
{
   const struct vmt_thrashing *thrashing = &section->thrashing;
   const char *event = total(section, "Thrash") ? "Thrash" : "Refault";
   struct vmt_line_sums lines = vmt_sum_event(section->input, section->run, event);
   char *when = vmt_pressure_thrashed_text(thrashing), number[VMT_GROUPED_BYTES];

   vmt_memory_print_labelled(section->out, "Thrashed", vmt_format(
      "%s: it waited for pages that had been thrown out longer than it ran; %.1f%% of "
      "the faults there are Refault, %.1f%% Thrash; of all %s %s of the run most are "
      "here:", when, percent(thrashing->n_refaults, thrashing->n_faults),
      percent(thrashing->n_thrash, thrashing->n_faults),
      vmt_number_grouped(number, lines.total), event));
   vmt_line_sums_print(section->input, &lines, THRASH_LINES, section->out);
   if (!section->run->pressure.oom.happened)
      print_enough(section);
   free(when);
   vmt_line_sums_free(&lines);
}

static void
print_thrashing(const struct section *section)
{
   if (!section->thrashing.is_known)
      vmt_memory_print_labelled(section->out, "Thrashed", vmt_strdup(
         "not known: the profile has no timeline of Refault (--ws-window of the tool "
         "makes one)"));
   else if (section->thrashing.n_spans)
      print_thrashed(section);
   else
      vmt_memory_print_labelled(section->out, "Thrashed", vmt_strdup(
         section->run->pressure.oom.happened
         ? "no: nowhere before memory ran out did it wait for pages that had been "
           "thrown out longer than it ran"
         : "no: nowhere did it wait for pages that had been thrown out longer than it "
           "ran"));
}

/* ---- out of memory ---- */

#define OWNER_LINES 5

static void
print_asker(const struct section *section)
{
   const struct vmt_oom *oom = &section->run->pressure.oom;
   const struct vmt_blame *blame = &section->input->blame;
   const struct vmt_profile_charge *charge =
      &section->input->profile.charges[oom->charge];
   uint32_t place = vmt_blame_place(blame, charge->stack);
   char *function = vmt_report_function(blame, place);
   char *position = vmt_report_position(blame, place, true);
   char *area = vmt_report_file_name(section->input->profile.areas[charge->area].name);
   char instrs[VMT_GROUPED_BYTES];

   vmt_memory_print_labelled(section->out, "No memory", vmt_format(
      "after %s instructions, at %s%s%s, for %s",
      vmt_number_grouped(instrs, oom->instrs), function, *position ? " " : "", position, area));
   free(function);
   free(position);
   free(area);
}

static void
print_stack(const struct section *section)
{
   const struct vmt_blame *blame = &section->input->blame;
   uint32_t charge = section->run->pressure.oom.charge;
   uint32_t call = blame->call_of_stack[section->input->profile.charges[charge].stack];

   for (; call; call = blame->calls[call].parent) {
      char *function = vmt_report_function(blame, blame->calls[call].place);
      char *position = vmt_report_position(blame, blame->calls[call].place, true);

      fprintf(section->out->file, "%*s%s%s%s%s\n", LABEL_COLUMNS + 2, "", function,
              *position ? "  " : "", position,
              blame->calls[call].cut ? "  ..." : "");
      free(function);
      free(position);
   }
}

/* A number of pages, if it is known and not 0, with a comma before it.  */
static char *
pages_text(const char *before, int64_t n_pages, const char *what)
{
   char size[VMT_QUANTITY_BYTES];

   if (n_pages <= 0)
      return vmt_strdup(before);
   return vmt_format("%s%s%s %s", before, *before ? ", " : "",
                     vmt_bytes_text(size, (double) n_pages * VMT_MEMORY_PAGE_BYTES),
                     what);
}

/* Pages of files need neither, when they are not used.  */
static void
print_needed(const struct section *section)
{
   const struct vmt_pressure *pressure = &section->run->pressure;
   int64_t n_pages = pressure->curve.peak_pages;
   char peak[VMT_QUANTITY_BYTES], had[VMT_QUANTITY_BYTES];

   if (!pressure->curve.sizes || !pressure->limit.has_ram || !pressure->limit.has_swap)
      return;
   vmt_memory_print_labelled(section->out, "Enough", vmt_format(
      "%s of RAM and swap together, which is what it touched at its peak; there "
      "were %s", vmt_bytes_text(peak, (double) n_pages * VMT_MEMORY_PAGE_BYTES),
      vmt_bytes_text(had, (double) pressure->limit.ram_bytes
                     + (double) pressure->limit.swap_bytes)));
}

static void
print_held(const struct section *section)
{
   const struct vmt_oom *oom = &section->run->pressure.oom;
   struct vmt_line_sums lines = vmt_sum_owners(section->input, &oom->owners);
   char *resident = pages_text("", oom->resident_pages, "resident");
   char *tables = pages_text(resident, oom->table_pages, "of page tables");
   char *swap = pages_text(tables, oom->swap_used_pages, "in swap");

   if (*swap || lines.n)
      vmt_memory_print_labelled(section->out, "Held", vmt_format(
         "%s%s", swap, !lines.n ? "" : *swap ? "; pages by who made them resident:"
         : "pages by who made them resident:"));
   vmt_line_sums_print(section->input, &lines, OWNER_LINES, section->out);
   print_needed(section);
   free(resident);
   free(tables);
   free(swap);
   vmt_line_sums_free(&lines);
}

void
vmt_pressure_text_oom(const struct vmt_report_input *input,
                      const struct vmt_profile_run *run,
                      const struct vmt_output *out)
{
   const struct section section = { .input = input, .run = run, .out = out };

   print_asker(&section);
}

/* ---- all ---- */

/* "cc1", safe to print; to be freed.  */
static char *
program_name(const struct vmt_profile_run *run)
{
   char *exe = vmt_profile_text(json_object_get(run->header, "exe"));
   const char *slash = exe ? strrchr(exe, '/') : NULL;
   char *name = vmt_escape_short(slash ? slash + 1 : exe ? exe : "?", 40);

   free(exe);
   return name;
}

static void
print_title(const struct section *section)
{
   const struct vmt_output *out = section->out;
   char *file, *program;

   fprintf(out->file, "%sMemory pressure", vmt_output_paint(out, VMT_PAINT_BOLD));
   if (section->input->profile.n_runs > 1) {
      file = vmt_escape_short(section->run->file, 60);
      program = program_name(section->run);
      fprintf(out->file, " of %s, %s", file, program);
      free(file);
      free(program);
   }
   fprintf(out->file, "%s\n", vmt_output_paint(out, VMT_PAINT_PLAIN));
}

static void
print_evictions(struct section *section)
{
   section->thrashing = vmt_thrashing_find(&section->run->pressure);
   print_thrashing(section);
   vmt_thrashing_free(&section->thrashing);
   print_refaults(section);
   print_evicted(section);
   print_stall(section);
}

static void
print_run(struct section *section)
{
   print_title(section);
   if (section->run->pressure.limit.has_ram)
      print_limit(section);
   if (section->run->pressure.oom.happened) {
      print_asker(section);
      print_stack(section);
      print_held(section);
   }
   if (total(section, "Evict"))
      print_evictions(section);
   putc('\n', section->out->file);
}

/* Of many processes those that had enough are not told one by one; those that ran out
   of memory come first.  */
static int64_t
weight(const struct vmt_report *report, uint32_t run)
{
   const struct section section = {
      .input = &report->input, .run = &report->input.profile.runs[run]
   };

   if (!vmt_pressure_is_of(section.run))
      return 0;
   return section.run->pressure.oom.happened ? INT64_MAX
          : report->input.profile.n_runs == 1 ? 1 : total(&section, "Evict");
}

void
vmt_pressure_text(const struct vmt_report *report, const struct vmt_output *out)
{
   size_t n, n_more;
   uint32_t *runs = vmt_report_first_runs(report, weight, &n, &n_more);

   for (size_t i = 0; i < n; i++) {
      struct section section = {
         .input = &report->input, .run = &report->input.profile.runs[runs[i]], .out = out
      };

      print_run(&section);
   }
   if (n_more)
      fprintf(out->file, "... and memory pressure of %zu more (--top=0 shows all)\n\n",
              n_more);
   free(runs);
}
