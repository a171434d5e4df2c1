/* What the reader of a report should know beside the numbers.  */

#include "vmtrace/cli/report.h"

#include <stdlib.h>

#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define CUT_NAMES_MAX 3

static char *
unrepeatable(const struct vmt_profile_run *run)
{
   json_t *fair = json_object_get(run->header, "threads_fair");

   return json_is_false(fair)
          ? vmt_strdup("threads ran as the system scheduled them: another run "
                       "can give other numbers (vmtrace run, or Valgrind's "
                       "--fair-sched=yes, makes them repeatable)") : NULL;
}

/* Whether a run of more than one thread is among the charges.  */
static bool
is_threaded(const struct vmt_profile *profile)
{
   for (size_t i = 1; i < profile->n_charges; i++)
      if (profile->charges[i].run == profile->charges[0].run
          && profile->charges[i].thread != profile->charges[0].thread)
         return true;
   return false;
}

/* Told of all at once: processes that are killed are no rarity in a run of many.  */
static char *
cut_short(const struct vmt_profile *profile)
{
   size_t n_cut = vmt_profile_n_cut(profile), n_named = 0;
   char *names = NULL, *text;

   if (n_cut == 0)
      return NULL;
   for (size_t i = 0; i < profile->n_runs && n_named < CUT_NAMES_MAX; i++) {
      char *name, *longer;

      if (profile->runs[i].end)
         continue;
      name = vmt_escape_line(profile->runs[i].file);
      longer = vmt_format("%s%s%s", names ? names : "", names ? ", " : "", name);
      free(name);
      free(names);
      names = longer;
      n_named++;
   }
   if (profile->n_runs == 1)
      text = vmt_format("%s is cut short: the program was killed or is still running; "
                        "what it did until then is here", names);
   else
      text = vmt_format("%zu of %zu profiles %s cut short, as programs were killed or "
                        "are still running; what they did until then is here: %s%s",
                        n_cut, profile->n_runs, n_cut == 1 ? "is" : "are", names,
                        n_cut > n_named ? ", ..." : "");
   free(names);
   return text;
}

/* Which numbers are as the processes happened to run.  */
static char *
order_matters(const struct vmt_profile *profile)
{
   const struct vmt_processes *processes = &profile->processes;
   bool is_limited = false, is_one_run = false;

   /* A child of vfork and its parent take turns.  */
   for (size_t i = 0; i < processes->n_trees; i++)
      is_one_run |= processes->trees[i].n > 1 && processes->trees[i].image == UINT32_MAX;
   for (size_t i = 0; i < profile->n_runs; i++) {
      const struct vmt_tree_sizes *sizes = &profile->runs[i].family.tree;

      is_one_run |= sizes->is_known && sizes->n_processes_peak > 1;
      is_limited |= profile->runs[i].pressure.limit.has_ram;
   }
   if (!is_one_run)
      return NULL;
   return vmt_format("processes ran side by side: ForkCow against Reuse%s who reads a "
                     "file's page first%s depend on their order; all else of each is "
                     "repeatable", is_limited ? "," : " and",
                     is_limited ? " and, under --ram, evictions and refaults" : "");
}

static char *
out_of_memory(const struct vmt_profile *profile, const struct vmt_profile_run *run)
{
   char number[VMT_GROUPED_BYTES], *name, *text;

   if (!run->pressure.oom.happened)
      return NULL;
   name = profile->n_runs == 1 ? vmt_strdup("") : vmt_escape_line(run->file);
   text = vmt_format("%s%smemory ran out after %s instructions, where the kernel "
                     "would have killed the program: what is counted from there on is "
                     "without a limit", name,
                     *name ? ": " : "",
                     vmt_number_grouped(number, run->pressure.oom.instrs));
   free(name);
   return text;
}

/* The i-th remark of all, NULL when there is nothing to say.  */
static char *
remark(const struct vmt_profile *profile, const struct vmt_blame *blame, size_t i,
       const char **label)
{
   *label = "Warning";
   if (i == 0)
      return cut_short(profile);
   i--;
   if (i < profile->n_runs)
      return out_of_memory(profile, &profile->runs[i]);
   i -= profile->n_runs;
   if (i < profile->n_warnings)
      return vmt_escape_line(profile->warnings[i]);
   i -= profile->n_warnings;
   if (i < profile->n_objects)
      return blame ? vmt_blame_trouble(blame, (uint32_t) i) : NULL;
   i -= profile->n_objects;
   *label = "Note";
   if (i == 0)
      return is_threaded(profile) ? unrepeatable(&profile->runs[0]) : NULL;
   if (i == 1)
      return order_matters(profile);
   return vmt_escape_line(profile->notes[i - 2]);
}

char *
vmt_report_remark(const struct vmt_profile *profile, const struct vmt_blame *blame,
                  size_t *at, const char **label)
{
   size_t n = 1 + profile->n_runs + profile->n_warnings + profile->n_objects + 2
              + profile->n_notes;
   char *text = NULL;

   while (!text && *at < n)
      text = remark(profile, blame, (*at)++, label);
   return text;
}
