/* The processes of runs, drawn as a tree beside what each did, and below it what they
   had in common.  */

#include "vmtrace/cli/processes_kin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/chart.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

#define COMMAND_COLUMNS 48
#define DEFAULT_ROWS 40

/* So many that are alike, below one parent, are one row.  */
#define FOLD_LEAST 4

struct tree_table {
   const struct vmt_report *report;
   const struct vmt_process_facts *facts;
   const struct vmt_process_kin *kin;
   struct vmt_table cells;
   bool is_unicode, has_sizes, has_folded;
   size_t n_rows, n_left;       /* of processes, how many are in no row */
   size_t n_most;
};

enum branch { BRANCH_NONE, BRANCH_MIDDLE, BRANCH_LAST };

/* What stands before a process, and before those below it.  */
static const char *
branch_text(const struct tree_table *table, enum branch branch, bool below)
{
   static const char *const ascii[3][2] = { { "", "" }, { "|- ", "|  " }, { "`- ", "   " } };
   static const char *const unicode[3][2] = {
      { "", "" }, { "├─ ", "│  " }, { "└─ ", "   " }
   };

   return (table->is_unicode ? unicode : ascii)[branch][below];
}

/* ---- a row ---- */

static void
add_count(struct tree_table *table, const struct vmt_process_list *list,
          const char *name)
{
   const struct vmt_profile *profile = table->facts->profile;
   int event = vmt_events_find(&profile->events, name);
   char grouped[VMT_GROUPED_BYTES];
   int64_t sum = 0;

   for (size_t i = 0; i < list->n; i++)
      sum = vmt_wrapping_sum(sum, vmt_process_total(profile, list->list[i], event));
   vmt_table_cell(&table->cells, "%s", vmt_number_grouped(grouped, sum));
}

/* Processes that are alike need not have had their peaks at one time: the largest.  */
static void
add_size(struct tree_table *table, const struct vmt_process_list *list,
         enum vmt_process_number number)
{
   char size[VMT_QUANTITY_BYTES];
   int64_t most = -1;

   for (size_t i = 0; i < list->n; i++) {
      int64_t one = table->facts->numbers[list->list[i]][number];

      most = one > most ? one : most;
   }
   vmt_table_cell(&table->cells, "%s", most < 0 ? "-"
                  : vmt_bytes_text(size, (double) most));
}

/* "exit 1"; of many how many, and the first one's.  */
static char *
endings_text(const struct vmt_profile *profile, const struct vmt_process_list *list)
{
   char *first = NULL;
   size_t n = 0;

   for (size_t i = 0; i < list->n; i++) {
      char *ending = vmt_process_ending(vmt_process_last(profile, list->list[i]));

      n += *ending != '\0';
      if (*ending && !first)
         first = ending;
      else
         free(ending);
   }
   if (n > 0 && list->n > 1) {
      char *text = vmt_format("%zu failed (%s)", n, first);

      free(first);
      return text;
   }
   return first ? first : vmt_strdup("");
}

static void
add_name(struct tree_table *table, const struct vmt_process_list *list,
         const char *before)
{
   const struct vmt_profile *profile = table->facts->profile;
   char *command = vmt_process_list_command(profile, list, COMMAND_COLUMNS);
   char *ending = endings_text(profile, list);
   const char *comma = *ending ? ", " : "";

   if (list->n == 1)
      vmt_table_cell(&table->cells, "%s%" PRId64 " %s%s%s", before,
                     vmt_process_pid(profile, list->list[0]), command, comma, ending);
   else
      vmt_table_cell(&table->cells, "%s%zu %s %s%s%s", before, list->n,
                     table->is_unicode ? "×" : "x", command, comma, ending);
   free(command);
   free(ending);
}

static void
add_row(struct tree_table *table, const struct vmt_process_list *list,
        const char *before)
{
   add_count(table, list, "Flt");
   add_count(table, list, "ForkCow");
   add_count(table, list, "Reuse");
   if (table->has_sizes) {
      add_size(table, list, VMT_PROCESS_PRIVATE);
      add_size(table, list, VMT_PROCESS_SHARED);
      add_size(table, list, VMT_PROCESS_PSS);
   }
   add_count(table, list, "Ir");
   add_name(table, list, before);
   table->n_rows++;
   table->has_folded |= list->n > 1;
}

/* ---- the tree ---- */

static void add_families(struct tree_table *table, struct vmt_process_list *list,
                         bool fold_all, const char *before, bool is_top);

/* Processes, as one row, and those below them.  */
static void
add_family(struct tree_table *table, const struct vmt_process_list *list,
           const char *before, enum branch branch)
{
   const struct vmt_process_kin *kin = table->kin;
   struct vmt_process_list children = { 0 };
   char *own = vmt_format("%s%s", before, branch_text(table, branch, false));
   char *below = vmt_format("%s%s", before, branch_text(table, branch, true));

   if (table->n_most && table->n_rows >= table->n_most)
      table->n_left += list->n;
   else
      add_row(table, list, own);
   for (size_t i = 0; i < list->n; i++)
      for (uint32_t child = kin->first_child[list->list[i]]; child != VMT_NO_PROCESS;
           child = kin->next_sibling[child])
         vmt_process_list_add(&children, child);
   if (children.n)
      add_families(table, &children, list->n > 1, below, false);
   vmt_process_list_free(&children);
   free(own);
   free(below);
}

/* Takes those that are like the first out of the list, into `alike`.  */
static void
take_alike(const struct vmt_process_kin *kin, struct vmt_process_list *list,
           struct vmt_process_list *alike)
{
   uint32_t kind = kin->kind[list->list[0]];
   size_t n = 0;

   alike->n = 0;
   for (size_t i = 0; i < list->n; i++)
      if (kin->kind[list->list[i]] == kind)
         vmt_process_list_add(alike, list->list[i]);
      else
         list->list[n++] = list->list[i];
   list->n = n;
}

static void
add_families(struct tree_table *table, struct vmt_process_list *list, bool fold_all,
             const char *before, bool is_top)
{
   struct vmt_process_list alike = { 0 };

   while (list->n) {
      bool is_folded;

      take_alike(table->kin, list, &alike);
      is_folded = fold_all || alike.n >= FOLD_LEAST;
      for (size_t i = 0; i < (is_folded ? 1 : alike.n); i++) {
         struct vmt_process_list one = { &alike.list[i], is_folded ? alike.n : 1, 0 };
         bool is_last = list->n == 0 && (is_folded || i + 1 == alike.n);

         add_family(table, &one, before, is_top ? BRANCH_NONE
                    : is_last ? BRANCH_LAST : BRANCH_MIDDLE);
      }
   }
   vmt_process_list_free(&alike);
}

static bool
has_sizes(const struct vmt_process_facts *facts)
{
   for (size_t i = 0; i < facts->profile->processes.n; i++)
      if (facts->numbers[i][VMT_PROCESS_PRIVATE] >= 0)
         return true;
   return false;
}

static void
print_tree(struct tree_table *table, const struct vmt_output *out)
{
   struct vmt_table_column titles[8] = {
      { "Flt", true }, { "ForkCow", true }, { "Reuse", true }
   };
   struct vmt_process_list roots = { 0 };
   size_t n = 3;

   if (table->has_sizes) {
      titles[n++] = (struct vmt_table_column){ "Private", true };
      titles[n++] = (struct vmt_table_column){ "Shared", true };
      titles[n++] = (struct vmt_table_column){ "Pss", true };
   }
   titles[n++] = (struct vmt_table_column){ "Ir", true };
   titles[n++] = (struct vmt_table_column){ "Process", false };
   vmt_table_init(&table->cells, titles, n);
   for (uint32_t root = table->kin->first_root; root != VMT_NO_PROCESS;
        root = table->kin->next_sibling[root])
      vmt_process_list_add(&roots, root);
   add_families(table, &roots, false, "", true);
   fprintf(out->file, "Processes%s%s\n", table->has_sizes
           ? "; Private, Shared and Pss when most of each was resident" : "",
           !table->has_folded ? "" : table->has_sizes
           ? "; of several alike, sums and the largest sizes" : "; of several alike, sums");
   vmt_table_print(&table->cells, out);
   if (table->n_left)
      fprintf(out->file, "... and %zu more (--top=0 shows all)\n", table->n_left);
   putc('\n', out->file);
   vmt_table_free(&table->cells);
   vmt_process_list_free(&roots);
}

void
vmt_processes_text_tree(const struct vmt_report *report, const struct vmt_output *out)
{
   struct vmt_process_facts facts = vmt_process_facts_find(&report->input.profile);
   struct vmt_process_kin kin = vmt_process_kin_find(&report->input.profile);
   struct tree_table table = {
      .report = report, .facts = &facts, .kin = &kin,
      .is_unicode = vmt_locale_is_unicode(), .has_sizes = has_sizes(&facts),
      .n_most = report->top_given ? report->top : DEFAULT_ROWS
   };

   if (facts.profile->processes.n > 1)
      print_tree(&table, out);
   vmt_processes_text_copies(report, &facts, &kin, out);
   if (facts.profile->processes.n > 1)
      vmt_processes_text_cache(report, out);
   vmt_process_kin_free(&kin);
   vmt_process_facts_free(&facts);
}
