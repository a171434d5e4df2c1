#include "vmtrace/cli/processes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/memory_view.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"

#define LABEL_COMMAND_COLUMNS 32

const char *const vmt_process_numbers[VMT_N_PROCESS_NUMBERS] = {
   [VMT_PROCESS_PARENT_COW] = "ParentCow", [VMT_PROCESS_PRIVATE] = "Private",
   [VMT_PROCESS_SHARED] = "Shared", [VMT_PROCESS_PSS] = "Pss",
   [VMT_PROCESS_END_PRIVATE] = "EndPrivate", [VMT_PROCESS_END_SHARED] = "EndShared",
   [VMT_PROCESS_END_PSS] = "EndPss", [VMT_PROCESS_TABLES] = "Tables"
};

static const struct vmt_profile_run *
image_of(const struct vmt_profile *profile, uint32_t process, uint32_t image)
{
   const struct vmt_processes *processes = &profile->processes;

   return &profile->runs[processes->images[processes->list[process].first_image
                                           + image]];
}

const struct vmt_profile_run *
vmt_process_last(const struct vmt_profile *profile, uint32_t process)
{
   return image_of(profile, process, profile->processes.list[process].n_images - 1);
}

const struct vmt_resident *
vmt_process_peak(const struct vmt_profile *profile, uint32_t process)
{
   const struct vmt_resident *most = NULL;
   int64_t most_pages = -1;

   for (uint32_t i = 0; i < profile->processes.list[process].n_images; i++) {
      const struct vmt_resident *peak =
         &image_of(profile, process, i)->family.peak;
      struct vmt_resident_part sum = vmt_resident_sum(peak);

      if (peak->is_known && sum.private_pages + sum.shared_pages > most_pages) {
         most_pages = sum.private_pages + sum.shared_pages;
         most = peak;
      }
   }
   return most;
}

const struct vmt_resident *
vmt_process_end(const struct vmt_profile *profile, uint32_t process)
{
   const struct vmt_resident *end = &vmt_process_last(profile, process)->family.end;

   return end->is_known ? end : NULL;
}

static void
take_resident(const struct vmt_resident *resident, int64_t numbers[3])
{
   struct vmt_resident_part sum;

   if (!resident)
      return;
   sum = vmt_resident_sum(resident);
   numbers[0] = sum.private_pages * VMT_MEMORY_PAGE_BYTES;
   numbers[1] = sum.shared_pages * VMT_MEMORY_PAGE_BYTES;
   numbers[2] = sum.pss_bytes;
}

struct vmt_process_facts
vmt_process_facts_find(const struct vmt_profile *profile)
{
   size_t n = profile->processes.n;
   struct vmt_process_facts facts = {
      .profile = profile, .copies = vmt_copies_find(profile),
      .numbers = vmt_calloc(n, sizeof *facts.numbers)
   };

   for (uint32_t i = 0; i < n; i++) {
      const struct vmt_resident *peak = vmt_process_peak(profile, i);
      int64_t *numbers = facts.numbers[i];

      for (size_t k = 0; k < VMT_N_PROCESS_NUMBERS; k++)
         numbers[k] = -1;
      numbers[VMT_PROCESS_PARENT_COW] = 0;
      take_resident(peak, numbers + VMT_PROCESS_PRIVATE);
      take_resident(vmt_process_end(profile, i), numbers + VMT_PROCESS_END_PRIVATE);
      if (peak)
         numbers[VMT_PROCESS_TABLES] = peak->table_pages * VMT_MEMORY_PAGE_BYTES;
   }
   for (size_t i = 0; i < facts.copies.n; i++) {
      const struct vmt_copies_pair *pair = &facts.copies.pairs[i];

      if (pair->with == VMT_COPIES_WITH_CHILD && pair->other != VMT_NO_PROCESS) {
         int64_t *cost = &facts.numbers[pair->other][VMT_PROCESS_PARENT_COW];

         *cost = vmt_wrapping_sum(*cost, pair->n_pages);
      }
   }
   return facts;
}

void
vmt_process_facts_free(struct vmt_process_facts *facts)
{
   vmt_copies_free(&facts->copies);
   free(facts->numbers);
}

/* ---- names ---- */

/* The first word without its folders: there are many of these in a table.  */
char *
vmt_run_command(const struct vmt_profile_run *run, size_t n_columns)
{
   json_t *command = json_object_get(run->header, "command"), *word;
   char *text = vmt_strdup(""), *line;
   size_t i;

   json_array_foreach(command, i, word) {
      char *bytes = vmt_profile_text(word), *longer;
      const char *slash = bytes && i == 0 ? strrchr(bytes, '/') : NULL;
      const char *from = slash && slash[1] ? slash + 1 : bytes ? bytes : "?";

      longer = vmt_format("%s%s%s", text, i ? " " : "", from);
      free(bytes);
      free(text);
      text = longer;
      if (strlen(text) > 4 * n_columns)
         break;
   }
   line = vmt_escape_short(*text ? text : "?", n_columns);
   free(text);
   return line;
}

char *
vmt_process_command(const struct vmt_profile *profile, uint32_t process,
                    size_t n_columns)
{
   return vmt_run_command(vmt_process_last(profile, process), n_columns);
}

char *
vmt_process_label(const struct vmt_profile *profile, uint32_t process)
{
   char *command = vmt_process_command(profile, process, LABEL_COMMAND_COLUMNS);
   char *label = vmt_format("%" PRId64 " %s", vmt_process_pid(profile, process), command);

   free(command);
   return label;
}

char *
vmt_process_ending(const struct vmt_profile_run *run)
{
   json_t *status = json_object_get(run->end, "exit");
   json_t *signal = json_object_get(run->end, "signal");

   if (!run->end)
      return vmt_strdup("cut short");
   if (json_integer_value(status))
      return vmt_format("exit %lld", (long long) json_integer_value(status));
   if (json_is_integer(signal)) {
      const char *name = sigabbrev_np((int) json_integer_value(signal));

      return name ? vmt_format("SIG%s", name)
             : vmt_format("signal %lld", (long long) json_integer_value(signal));
   }
   return vmt_strdup("");
}

int64_t
vmt_process_pid(const struct vmt_profile *profile, uint32_t process)
{
   return json_integer_value(json_object_get(
             vmt_process_last(profile, process)->header, "pid"));
}

bool
vmt_processes_are_many(const struct vmt_profile *profile)
{
   return profile->n_runs > 1;
}

/* ---- order ---- */

static int
sort_of_number(const char *name)
{
   for (int i = 0; i < VMT_N_PROCESS_NUMBERS; i++)
      if (strcmp(name, vmt_process_numbers[i]) == 0)
         return VMT_EVENTS_MAX + i;
   return -1;
}

int
vmt_processes_sort(struct vmt_report *report)
{
   const struct vmt_profile *profile = &report->input.profile;
   const char *wanted = report->options.sort;
   int flt = vmt_events_find(&profile->events, "Flt");

   report->sort = flt < 0 ? 0 : flt;
   report->process_sort = wanted ? sort_of_number(wanted) : -1;
   if (report->process_sort < 0 && wanted && strcmp(wanted, "RssPeak") == 0)
      report->process_sort = vmt_events_find(&profile->events, wanted);
   if (report->process_sort >= 0)
      return VMT_EXIT_OK;
   if (vmt_report_sort_event(profile, &report->options, "Flt", &report->sort))
      return VMT_EXIT_TROUBLE;
   report->process_sort = report->sort;
   return VMT_EXIT_OK;
}

const char *
vmt_processes_sort_name(const struct vmt_report *report)
{
   const struct vmt_events *events = &report->input.profile.events;

   if (report->process_sort >= VMT_EVENTS_MAX)
      return vmt_process_numbers[report->process_sort - VMT_EVENTS_MAX];
   return events->n ? events->names[report->process_sort] : "Nothing";
}

struct sorting {
   const struct vmt_process_facts *facts;
   int sort;
};

/* What is not known comes last.  */
static int64_t
value(const struct sorting *sorting, uint32_t process)
{
   return sorting->sort < VMT_EVENTS_MAX
          ? vmt_process_total(sorting->facts->profile, process, sorting->sort)
          : sorting->facts->numbers[process][sorting->sort - VMT_EVENTS_MAX];
}

static int
compare_processes(const void *a, const void *b, void *context)
{
   uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
   int64_t p = value(context, x), q = value(context, y);

   return p > q ? -1 : p < q ? 1 : x < y ? -1 : x > y;
}

uint32_t *
vmt_processes_order(const struct vmt_report *report,
                    const struct vmt_process_facts *facts)
{
   size_t n = facts->profile->processes.n;
   struct sorting sorting = { facts, report->process_sort };
   uint32_t *order = vmt_calloc(n, sizeof *order);

   for (uint32_t i = 0; i < n; i++)
      order[i] = i;
   qsort_r(order, n, sizeof *order, compare_processes, &sorting);
   return order;
}

/* ---- a section of each ---- */

#define SECTIONS_SHOWN 3

struct section {
   uint32_t run;
   int64_t value;
};

static int
compare_sections(const void *a, const void *b)
{
   const struct section *x = a, *y = b;

   if (x->value != y->value)
      return x->value > y->value ? -1 : 1;
   return x->run < y->run ? -1 : x->run > y->run;
}

uint32_t *
vmt_report_first_runs(const struct vmt_report *report,
                      int64_t (*value)(const struct vmt_report *report, uint32_t run),
                      size_t *n, size_t *n_more)
{
   size_t n_runs = report->input.profile.n_runs, n_all = 0;
   struct section *all = vmt_calloc(n_runs, sizeof *all);
   uint32_t *first = vmt_calloc(n_runs, sizeof *first);

   for (uint32_t i = 0; i < n_runs; i++) {
      int64_t number = value(report, i);

      if (number > 0)
         all[n_all++] = (struct section){ i, number };
   }
   if (n_all)
      qsort(all, n_all, sizeof *all, compare_sections);
   *n = n_all > SECTIONS_SHOWN && !(report->top_given && report->top == 0)
        ? SECTIONS_SHOWN : n_all;
   *n_more = n_all - *n;
   for (size_t i = 0; i < *n; i++)
      first[i] = all[i].run;
   free(all);
   return first;
}
