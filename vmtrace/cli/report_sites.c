/* Sites in a report: their cells, and the lines that touched their memory.  */

#include "vmtrace/cli/report_cells.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

/* How many sites the touching lines are told of when the table is longer, and how
   many lines of each.  */
#define TOUCHED_SITES 10
#define TOUCHING_LINES 3

/* ---- cells ---- */

/* What is said of a site that no line asked for, or not of malloc.  */
static const char *const labels[VMT_N_SITE_KINDS] = {
   [VMT_SITE_NONE] = "(no site)", [VMT_SITE_MALLOC] = "", [VMT_SITE_MMAP] = "(mmap)",
   [VMT_SITE_BRK] = "(brk)", [VMT_SITE_ALLOCATOR] = "(allocator's own)"
};

static bool
has_place(const struct vmt_profile_site *site)
{
   return site->kind != VMT_SITE_NONE && site->kind != VMT_SITE_ALLOCATOR;
}

/* Of each site the first one of its line and kind that has other callers; of that one
   the next.  */
void
vmt_report_find_line_twins(struct vmt_report *report)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_blame *blame = &report->input.blame;
   struct vmt_keymap lines = { 0 };
   bool added;

   report->line_twin = vmt_calloc(profile->n_sites, sizeof *report->line_twin);
   for (uint32_t i = 1; i < profile->n_sites; i++) {
      const struct vmt_profile_site *site = &profile->sites[i];
      uint64_t frame = vmt_site_frame(blame, site);
      uint32_t first = vmt_keymap_intern(&lines, vmt_blame_place(blame, site->stack)
                                         | frame << 32, site->kind, i, &added);

      if (blame->call_of_stack[profile->sites[first].stack]
          == blame->call_of_stack[site->stack])
         continue;
      report->line_twin[i] = first;
      if (!report->line_twin[first])
         report->line_twin[first] = i;
   }
   vmt_keymap_free(&lines);
}

/* The call of a stack that is at the line it is charged to.  */
static uint32_t
blamed_call(const struct vmt_blame *blame, uint32_t stack)
{
   uint32_t call = blame->call_of_stack[stack];

   while (call && blame->calls[call].place != vmt_blame_place(blame, stack))
      call = blame->calls[call].parent;
   return call;
}

/* The first caller of a site that its twin has not; 0 when that is none.  */
static uint32_t
telling_call(const struct vmt_report *report, uint32_t site)
{
   const struct vmt_blame *blame = &report->input.blame;
   const struct vmt_profile_site *sites = report->input.profile.sites;
   uint32_t twin = report->line_twin ? report->line_twin[site] : 0, call, other;

   if (!twin)
      return 0;
   call = blamed_call(blame, sites[site].stack);
   other = blamed_call(blame, sites[twin].stack);
   while (call && other && blame->calls[call].place == blame->calls[other].place) {
      call = blame->calls[call].parent;
      other = blame->calls[other].parent;
   }
   return call;
}

/* That caller as "  < main  app.c:12"; "" where nothing is known of it.  */
static char *
caller_text(const struct vmt_report *report, uint32_t site)
{
   const struct vmt_blame *blame = &report->input.blame;
   uint32_t call = telling_call(report, site), place = blame->calls
                   ? blame->calls[call].place : 0;
   char *position, *function, *text;

   if (!call || (!*blame->places[place].file
                 && strcmp(blame->places[place].function, "??") == 0))
      return vmt_strdup("");
   position = vmt_report_position(blame, place, true);
   function = vmt_report_function(blame, place);
   text = vmt_format("  < %s%s%s", function, *position ? "  " : "", position);
   free(position);
   free(function);
   return text;
}

char *
vmt_report_site_position(const struct vmt_report *report, uint32_t site)
{
   const struct vmt_blame *blame = &report->input.blame;
   const struct vmt_profile_site *of = &report->input.profile.sites[site];

   return has_place(of) ? vmt_report_position(blame, vmt_blame_place(blame, of->stack),
                                              true) : vmt_strdup("");
}

/* Where the line is not known, with the address: "main (app+0x1149)".  */
static char *
function_text(const struct vmt_report *report, const struct vmt_profile_site *site)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_blame *blame = &report->input.blame;
   char *function = vmt_report_function(blame, vmt_blame_place(blame, site->stack));
   uint32_t frame = vmt_site_frame(blame, site);
   size_t n = strlen(function);
   char *text;

   if (frame == VMT_KEYMAP_NONE || n == 0 || function[n - 1] != ')')
      return function;
   text = vmt_format("%.*s+0x%" PRIx64 ")", (int) n - 1, function,
                     profile->frames[frame].offset);
   free(function);
   return text;
}

/* With the library's function that called the allocator for it, if one did.  */
char *
vmt_report_site_function(const struct vmt_report *report, uint32_t site)
{
   const struct vmt_blame *blame = &report->input.blame;
   const struct vmt_profile_site *of = &report->input.profile.sites[site];
   uint32_t place = vmt_blame_place(blame, of->stack);
   uint32_t leaf = vmt_blame_leaf(blame, of->stack);
   char *function, *via, *caller, *text;

   if (!has_place(of))
      return vmt_strdup(labels[of->kind]);
   function = function_text(report, of);
   via = vmt_report_via(blame, blame->places[leaf].function_id
                        == blame->places[place].function_id ? UINT32_MAX : leaf);
   caller = caller_text(report, site);
   text = vmt_format("%s%s%s%s%s", function, of->kind == VMT_SITE_MALLOC ? "" : "  ",
                     labels[of->kind], via, caller);
   free(function);
   free(via);
   free(caller);
   return text;
}

char *
vmt_report_site(const struct vmt_report *report, uint32_t site)
{
   const struct vmt_profile_site *of = &report->input.profile.sites[site];
   char *position, *function, *caller, *text;

   if (!has_place(of))
      return vmt_strdup(labels[of->kind]);
   caller = caller_text(report, site);
   position = vmt_report_site_position(report, site);
   function = function_text(report, of);
   text = vmt_format("%s%s%s%s%s%s", position, *position ? "  " : "", function,
                     of->kind == VMT_SITE_MALLOC ? "" : "  ", labels[of->kind], caller);
   free(caller);
   free(position);
   free(function);
   return text;
}

/* Instructions from birth to death, of those that died.  */
char *
vmt_report_life(const int64_t *numbers)
{
   char count[VMT_QUANTITY_BYTES];

   return vmt_strdup(numbers[VMT_SITE_FREES] <= 0 ? "-"
                     : vmt_count_short(count, (double) numbers[VMT_SITE_LIFETIME]
                                       / (double) numbers[VMT_SITE_FREES]));
}

/* ---- the allocator's own ---- */

static bool
is_of_allocator(const struct vmt_ledger *sites, uint32_t row)
{
   return sites->profile->sites[sites->rows[row].subject].kind == VMT_SITE_ALLOCATOR;
}

static bool
has_any_event(const struct vmt_ledger *sites, uint32_t row)
{
   for (size_t event = 0; event < sites->profile->events.n; event++)
      if (vmt_ledger_value(sites, row, (int) event))
         return true;
   return false;
}

size_t
vmt_report_keep_allocator(const struct vmt_ledger *sites, uint32_t *order, size_t n)
{
   for (size_t i = n; n > 0 && i < sites->n_rows; i++) {
      uint32_t row = order[i];

      if (!is_of_allocator(sites, row) || !has_any_event(sites, row))
         continue;
      memmove(order + n + 1, order + n, (i - n) * sizeof *order);
      order[n] = row;
      return n + 1;
   }
   return n;
}

/* ---- who touched it ---- */

int
vmt_report_touch_event(const struct vmt_report *report)
{
   const struct vmt_profile *profile = &report->input.profile;
   enum vmt_event_role role = profile->events.roles[report->sort];

   return role == VMT_EVENT_SITE || role == VMT_EVENT_SIZE || role == VMT_EVENT_EXECUTED
          ? vmt_events_find(&profile->events, "Flt") : report->sort;
}

struct touches {
   const struct vmt_report *report;
   const struct vmt_ledger *sites;
   struct vmt_ledger lines, calls;
   struct vmt_ledger_parts parts;
   int event;
   bool has_title;
};

static int64_t
touches_of(const struct touches *touches, uint32_t row, size_t part)
{
   return vmt_ledger_value(&touches->lines,
                           touches->parts.rows[touches->parts.first[row] + part],
                           touches->event);
}

static void
print_line(const struct touches *touches, uint32_t row, size_t part,
           const struct vmt_output *out)
{
   const struct vmt_blame *blame = &touches->report->input.blame;
   uint32_t line = touches->parts.rows[touches->parts.first[row] + part];
   uint32_t place = touches->lines.rows[line].subject;
   int64_t number = touches_of(touches, row, part);
   char *position = vmt_report_position(blame, place, true);
   char *function = vmt_report_function(blame, place), grouped[VMT_GROUPED_BYTES];

   fprintf(out->file, "%16s %5.1f%%  %s%s%s\n", vmt_number_grouped(grouped, number),
           100.0 * (double) number / (double) vmt_ledger_value(touches->sites, row,
                                                               touches->event),
           position, *position ? "  " : "", function);
   free(position);
   free(function);
}

static void
print_lines(const struct touches *touches, uint32_t row, size_t n,
            const struct vmt_output *out)
{
   size_t shown = n > TOUCHING_LINES + 1 ? TOUCHING_LINES : n;

   for (size_t i = 0; i < shown; i++)
      print_line(touches, row, i, out);
   if (n > shown)
      fprintf(out->file, "%16s ... and %zu more\n", "", n - shown);
}

/* How many lines touched it, if any did on balance.  */
static size_t
n_lines(const struct touches *touches, uint32_t row)
{
   size_t n = touches->parts.first[row + 1] - touches->parts.first[row];

   if (vmt_ledger_value(touches->sites, row, touches->event) <= 0)
      return 0;
   while (n > 0 && touches_of(touches, row, n - 1) <= 0)
      n--;
   return n;
}

/* What the allocator had of the event on its own memory when it was called from a
   site; of its own memory, what it had beside that.  */
static int64_t
calls_of(const struct touches *touches, uint32_t row)
{
   const struct vmt_ledger *calls = &touches->calls;
   uint32_t of = vmt_ledger_site_row(calls, touches->sites->rows[row].subject);
   int64_t number;

   if (!is_of_allocator(touches->sites, row))
      return of == VMT_KEYMAP_NONE ? 0 : vmt_ledger_value(calls, of, touches->event);
   number = vmt_ledger_value(touches->sites, row, touches->event);
   for (size_t i = 0; i < calls->n_rows; i++)
      number = vmt_wrapping_sum(number, -vmt_ledger_value(calls, i, touches->event));
   return number;
}

/* Nothing of a site that had none of the event, or that is none.  */
static void
print_site(struct touches *touches, uint32_t row, const struct vmt_output *out)
{
   size_t n = n_lines(touches, row);
   int64_t n_in_calls = calls_of(touches, row);
   char *site, grouped[VMT_GROUPED_BYTES];

   if ((n == 0 && n_in_calls <= 0) || touches->sites->rows[row].subject == 0)
      return;
   if (!touches->has_title)
      fprintf(out->file, "\n%s on the memory of these sites, by the line that touched "
              "it\n", touches->report->input.profile.events.names[touches->event]);
   touches->has_title = true;
   site = vmt_report_site(touches->report, touches->sites->rows[row].subject);
   fprintf(out->file, "  %s\n", site);
   free(site);
   print_lines(touches, row, n, out);
   if (n_in_calls > 0)
      fprintf(out->file, "%16s         %s\n", vmt_number_grouped(grouped, n_in_calls),
              is_of_allocator(touches->sites, row) ? "in no call from a site"
              : "on the allocator's own memory, in its calls from here");
}

void
vmt_report_text_touches(const struct vmt_report *report, const struct vmt_ledger *sites,
                        const uint32_t *order, size_t n, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   struct touches touches = {
      .report = report, .sites = sites, .event = vmt_report_touch_event(report)
   };

   if (vmt_profile_total(profile, touches.event) <= 0 || n == 0)
      return;
   vmt_ledger_init_calls(&touches.calls, profile, &report->input.blame);
   vmt_ledger_init_split(&touches.lines, VMT_BY_LINE, VMT_SITES_BY_STACK, profile,
                         &report->input.blame);
   vmt_ledger_parts_init(&touches.parts, sites, &touches.lines, touches.event);
   for (size_t i = 0; i < n; i++)
      if (report->top_given || i < TOUCHED_SITES || is_of_allocator(sites, order[i]))
         print_site(&touches, order[i], out);
   vmt_ledger_parts_free(&touches.parts);
   vmt_ledger_free(&touches.lines);
   vmt_ledger_free(&touches.calls);
}
