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

/* Processes that are alike, or one, in the order that they are drawn in.  */
struct row {
   struct vmt_process_list list;
   uint32_t parent;             /* its row, or NO_ROW */
   int64_t flt;
   bool is_shown;
};

#define NO_ROW UINT32_MAX

struct tree_table {
   const struct vmt_process_facts *facts;
   const struct vmt_process_kin *kin;
   struct vmt_table cells;
   struct row *rows;
   size_t n_rows, capacity;
   bool is_unicode, has_sizes, has_folded;
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

static int64_t
sum_of(const struct tree_table *table, const struct vmt_process_list *list,
       const char *name)
{
   const struct vmt_profile *profile = table->facts->profile;
   int event = vmt_events_find(&profile->events, name);
   int64_t sum = 0;

   for (size_t i = 0; i < list->n; i++)
      sum = vmt_wrapping_sum(sum, vmt_process_total(profile, list->list[i], event));
   return sum;
}

static void
add_count(struct tree_table *table, const struct vmt_process_list *list,
          const char *name)
{
   char grouped[VMT_GROUPED_BYTES];

   vmt_table_cell(&table->cells, "%s",
                  vmt_number_grouped(grouped, sum_of(table, list, name)));
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
   table->has_folded |= list->n > 1;
}

/* ---- rows ---- */

static void find_rows(struct tree_table *table, struct vmt_process_list *list,
                      bool fold_all, uint32_t parent);

/* Processes, as one row, and those below them.  */
static void
find_family(struct tree_table *table, const struct vmt_process_list *list,
            uint32_t parent)
{
   const struct vmt_process_kin *kin = table->kin;
   struct vmt_process_list children = { 0 };
   struct row row = { .parent = parent, .flt = sum_of(table, list, "Flt") };
   uint32_t position = (uint32_t) table->n_rows;

   for (size_t i = 0; i < list->n; i++) {
      vmt_process_list_add(&row.list, list->list[i]);
      for (uint32_t child = kin->first_child[list->list[i]]; child != VMT_NO_PROCESS;
           child = kin->next_sibling[child])
         vmt_process_list_add(&children, child);
   }
   table->rows = vmt_grow(table->rows, table->n_rows, &table->capacity, sizeof row);
   table->rows[table->n_rows++] = row;
   find_rows(table, &children, list->n > 1, position);
   vmt_process_list_free(&children);
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

/* Siblings, which are taken out of the list.  */
static void
find_rows(struct tree_table *table, struct vmt_process_list *list, bool fold_all,
          uint32_t parent)
{
   struct vmt_process_list alike = { 0 };

   while (list->n) {
      bool is_folded;

      take_alike(table->kin, list, &alike);
      is_folded = fold_all || alike.n >= VMT_PROCESSES_FOLD_LEAST;
      for (size_t i = 0; i < (is_folded ? 1 : alike.n); i++) {
         struct vmt_process_list one = { &alike.list[i], is_folded ? alike.n : 1, 0 };

         find_family(table, &one, parent);
      }
   }
   vmt_process_list_free(&alike);
}

static int
compare_rows(const void *a, const void *b, void *context)
{
   uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
   const struct row *rows = context;

   if (rows[x].flt != rows[y].flt)
      return rows[x].flt > rows[y].flt ? -1 : 1;
   return x < y ? -1 : x > y;
}

/* Those with most faults, and those above them; how many processes are left.  */
static size_t
choose_rows(struct tree_table *table, size_t n_most)
{
   uint32_t *order = vmt_calloc(table->n_rows, sizeof *order);
   size_t n_shown = 0, n_left = 0;

   for (uint32_t i = 0; i < table->n_rows; i++)
      order[i] = i;
   qsort_r(order, table->n_rows, sizeof *order, compare_rows, table->rows);
   for (size_t i = 0; i < table->n_rows && (n_most == 0 || n_shown < n_most); i++)
      for (uint32_t at = order[i]; at != NO_ROW && !table->rows[at].is_shown;
           at = table->rows[at].parent) {
         table->rows[at].is_shown = true;
         n_shown++;
      }
   for (size_t i = 0; i < table->n_rows; i++)
      n_left += table->rows[i].is_shown ? 0 : table->rows[i].list.n;
   free(order);
   return n_left;
}

/* ---- the drawing ---- */

/* Of each row whether a sibling below is shown: from the last one on, what has been
   seen of a parent's.  */
static bool *
find_last(const struct tree_table *table)
{
   bool *is_last = vmt_calloc(table->n_rows, sizeof *is_last);
   bool *has_seen = vmt_calloc(table->n_rows, sizeof *has_seen);

   for (size_t i = table->n_rows; i-- > 0;) {
      const struct row *row = &table->rows[i];

      if (!row->is_shown || row->parent == NO_ROW)
         continue;
      is_last[i] = !has_seen[row->parent];
      has_seen[row->parent] = true;
   }
   free(has_seen);
   return is_last;
}

static void
draw(struct tree_table *table)
{
   bool *is_last = find_last(table);
   char **below = vmt_calloc(table->n_rows, sizeof *below);

   for (size_t i = 0; i < table->n_rows; i++) {
      const struct row *row = &table->rows[i];
      const char *before = row->parent == NO_ROW ? "" : below[row->parent];
      enum branch branch = row->parent == NO_ROW ? BRANCH_NONE
                           : is_last[i] ? BRANCH_LAST : BRANCH_MIDDLE;
      char *own;

      if (!row->is_shown)
         continue;
      own = vmt_format("%s%s", before, branch_text(table, branch, false));
      below[i] = vmt_format("%s%s", before, branch_text(table, branch, true));
      add_row(table, &row->list, own);
      free(own);
   }
   for (size_t i = 0; i < table->n_rows; i++)
      free(below[i]);
   free(below);
   free(is_last);
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
find_all(struct tree_table *table)
{
   struct vmt_process_list roots = { 0 };

   for (uint32_t root = table->kin->first_root; root != VMT_NO_PROCESS;
        root = table->kin->next_sibling[root])
      vmt_process_list_add(&roots, root);
   find_rows(table, &roots, false, NO_ROW);
   vmt_process_list_free(&roots);
}

static void
print_tree(struct tree_table *table, size_t n_most, const struct vmt_output *out)
{
   struct vmt_table_column titles[8] = {
      { "Flt", true }, { "ForkCow", true }, { "Reuse", true }
   };
   size_t n = 3, n_left;

   if (table->has_sizes) {
      titles[n++] = (struct vmt_table_column){ "Private", true };
      titles[n++] = (struct vmt_table_column){ "Shared", true };
      titles[n++] = (struct vmt_table_column){ "Pss", true };
   }
   titles[n++] = (struct vmt_table_column){ "Ir", true };
   titles[n++] = (struct vmt_table_column){ "Process", false };
   vmt_table_init(&table->cells, titles, n);
   find_all(table);
   n_left = choose_rows(table, n_most);
   draw(table);
   fprintf(out->file, "Processes%s%s\n", table->has_sizes
           ? "; Private, Shared and Pss at the checkpoint after each one's peak" : "",
           !table->has_folded ? "" : table->has_sizes
           ? "; of several alike, sums and the largest sizes" : "; of several alike, sums");
   vmt_table_print(&table->cells, out);
   if (n_left)
      fprintf(out->file, "... and %zu with fewer faults (--top=0 shows all)\n", n_left);
   putc('\n', out->file);
   vmt_table_free(&table->cells);
   for (size_t i = 0; i < table->n_rows; i++)
      vmt_process_list_free(&table->rows[i].list);
   free(table->rows);
}

void
vmt_processes_text_tree(const struct vmt_report *report, const struct vmt_output *out)
{
   struct vmt_process_facts facts = vmt_process_facts_find(&report->input.profile);
   struct vmt_process_kin kin = vmt_process_kin_find(&report->input.profile);
   struct tree_table table = {
      .facts = &facts, .kin = &kin, .is_unicode = vmt_locale_is_unicode(),
      .has_sizes = has_sizes(&facts)
   };

   if (facts.profile->processes.n > 1)
      print_tree(&table, report->top_given ? report->top : DEFAULT_ROWS, out);
   vmt_processes_text_copies(report, &facts, &kin, out);
   if (facts.profile->processes.n > 1)
      vmt_processes_text_cache(report, out);
   vmt_process_kin_free(&kin);
   vmt_process_facts_free(&facts);
}
