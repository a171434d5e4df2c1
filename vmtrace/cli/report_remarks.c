/* What the reader of a report should know beside the numbers.  */

#include "vmtrace/cli/report.h"

#include <stdlib.h>

#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

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

static char *
cut_short(const struct vmt_profile_run *run)
{
   char *name, *text;

   if (run->end)
      return NULL;
   name = vmt_escape_line(run->file);
   text = vmt_format("%s is cut short: the program was killed or is still "
                     "running; what it did until then is here", name);
   free(name);
   return text;
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
   if (i < profile->n_runs)
      return cut_short(&profile->runs[i]);
   i -= profile->n_runs;
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
   return vmt_escape_line(profile->notes[i - 1]);
}

char *
vmt_report_remark(const struct vmt_profile *profile, const struct vmt_blame *blame,
                  size_t *at, const char **label)
{
   size_t n = 2 * profile->n_runs + profile->n_warnings + profile->n_objects + 1
              + profile->n_notes;
   char *text = NULL;

   while (!text && *at < n)
      text = remark(profile, blame, (*at)++, label);
   return text;
}
