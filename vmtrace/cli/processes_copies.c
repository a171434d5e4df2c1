/* Which lines broke the sharing of memory after a fork: copies, by who made them and
   who had the page too.  */

#include "vmtrace/cli/processes_kin.h"

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/cli/memory_view.h"
#include "vmtrace/cli/pressure.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

#define GROUPS_SHOWN 5
#define LINES_SHOWN 5
#define NAME_COLUMNS 32

/* Pairs of processes that are alike.  */
struct group {
   enum vmt_copies_with with;
   int64_t n_pages;
   struct vmt_process_list who, with_whom;      /* with_whom: those that are known */
   size_t n_pairs;
   struct vmt_page_owners of;
   size_t capacity;
};

struct groups {
   struct group *list;
   size_t n, capacity;
   int64_t n_pages;
};

static void
add_pair(struct group *group, const struct vmt_copies_pair *pair)
{
   vmt_process_list_add(&group->who, pair->process);
   if (pair->other != VMT_NO_PROCESS)
      vmt_process_list_add(&group->with_whom, pair->other);
   for (size_t i = 0; i < pair->n_of; i++) {
      group->of.owners = vmt_grow(group->of.owners, group->of.n, &group->capacity,
                                  sizeof *group->of.owners);
      group->of.owners[group->of.n++] = pair->of[i];
   }
   group->n_pages = vmt_wrapping_sum(group->n_pages, pair->n_pages);
   group->n_pairs++;
}

static int
compare_groups(const void *a, const void *b)
{
   const struct group *x = a, *y = b;

   if (x->n_pages != y->n_pages)
      return x->n_pages > y->n_pages ? -1 : 1;
   return x->who.list[0] < y->who.list[0] ? -1 : x->who.list[0] > y->who.list[0];
}

/* What one process copied with children that are alike; what processes that are alike
   copied with the parent of all, or with others that are alike.  */
static uint32_t
kind_of_pair(const struct vmt_process_kin *kin, const struct vmt_copies_pair *pair,
             struct vmt_keymap *kinds, uint32_t next)
{
   bool is_one = pair->with == VMT_COPIES_WITH_CHILD
                 || pair->with == VMT_COPIES_WITH_UNKNOWN, added;
   uint32_t who = is_one ? pair->process : kin->kind[pair->process];
   uint32_t other = pair->other == VMT_NO_PROCESS ? UINT32_MAX
                    : pair->with == VMT_COPIES_WITH_PARENT ? pair->other
                    : kin->kind[pair->other];

   return vmt_keymap_intern(kinds, (uint64_t) who << 32 | other, pair->with, next,
                            &added);
}

/* Of each pair a number that those which are alike have in common; a few of them are
   shown one by one, as in the tree.  */
static uint32_t *
find_kinds(const struct vmt_process_facts *facts, const struct vmt_process_kin *kin)
{
   size_t n = facts->copies.n;
   uint32_t *kinds = vmt_calloc(n, sizeof *kinds), *n_of = vmt_calloc(n, sizeof *n_of);
   struct vmt_keymap map = { 0 };

   for (uint32_t i = 0; i < n; i++) {
      kinds[i] = kind_of_pair(kin, &facts->copies.pairs[i], &map, i);
      n_of[kinds[i]]++;
   }
   for (uint32_t i = 0; i < n; i++)
      if (n_of[kinds[i]] < VMT_PROCESSES_FOLD_LEAST
          && facts->copies.pairs[i].other != VMT_NO_PROCESS)
         kinds[i] = i;
   vmt_keymap_free(&map);
   free(n_of);
   return kinds;
}

static struct groups
find_groups(const struct vmt_process_facts *facts, const struct vmt_process_kin *kin)
{
   struct groups groups = { 0 };
   uint32_t *kinds = find_kinds(facts, kin);
   struct vmt_keymap map = { 0 };
   bool added;

   for (size_t i = 0; i < facts->copies.n; i++) {
      const struct vmt_copies_pair *pair = &facts->copies.pairs[i];
      uint32_t at = vmt_keymap_intern(&map, kinds[i], 0, (uint32_t) groups.n, &added);

      if (added) {
         groups.list = vmt_grow(groups.list, groups.n, &groups.capacity,
                                sizeof *groups.list);
         groups.list[groups.n++] = (struct group){ .with = pair->with };
      }
      add_pair(&groups.list[at], pair);
      groups.n_pages = vmt_wrapping_sum(groups.n_pages, pair->n_pages);
   }
   for (size_t i = 0; i < groups.n; i++) {
      vmt_process_list_sort(&groups.list[i].who);
      vmt_process_list_sort(&groups.list[i].with_whom);
   }
   if (groups.n)
      qsort(groups.list, groups.n, sizeof *groups.list, compare_groups);
   vmt_keymap_free(&map);
   free(kinds);
   return groups;
}

static void
free_groups(struct groups *groups)
{
   for (size_t i = 0; i < groups->n; i++) {
      vmt_process_list_free(&groups->list[i].who);
      vmt_process_list_free(&groups->list[i].with_whom);
      free(groups->list[i].of.owners);
   }
   free(groups->list);
}

/* "1002 (server --port 1)", "200 (sh -c ...)"; to be freed.  */
static char *
name_of(const struct vmt_profile *profile, const struct vmt_process_list *list)
{
   char *command = vmt_process_list_command(profile, list, NAME_COLUMNS);
   char *text = list->n == 1
                ? vmt_format("%" PRId64 " (%s)", vmt_process_pid(profile, list->list[0]),
                             command)
                : vmt_format("%zu (%s)", list->n, command);

   free(command);
   return text;
}

/* Who copied, and why.  */
static char *
reason_text(const struct vmt_profile *profile, const struct group *group)
{
   char *who = name_of(profile, &group->who), *other, *text;
   const char *each = group->who.n > 1 ? "their" : "its";

   if (group->with == VMT_COPIES_WITH_UNKNOWN) {
      text = vmt_format("%s: who had the pages too is not known", who);
      free(who);
      return text;
   }
   other = group->with_whom.n ? name_of(profile, &group->with_whom)
           : vmt_format("%zu without a profile here", group->n_pairs);
   if (group->with == VMT_COPIES_WITH_CHILD)
      text = group->with_whom.n == 1
             ? vmt_format("%s, while its child %s lived", who, other)
             : vmt_format("%s, while its children lived, %s", who, other);
   else if (group->with == VMT_COPIES_WITH_PARENT)
      text = vmt_format("%s, of what %s parent %s still had", who, each, other);
   else
      text = vmt_format("%s, of what %s still had", who, other);
   free(other);
   free(who);
   return text;
}

static char *
pages_text(int64_t n_pages)
{
   char number[VMT_GROUPED_BYTES], size[VMT_QUANTITY_BYTES];

   return vmt_format("%s page%s, %s", vmt_number_grouped(number, n_pages),
                     n_pages == 1 ? "" : "s",
                     vmt_bytes_text(size, (double) n_pages * VMT_MEMORY_PAGE_BYTES));
}

static void
print_group(const struct vmt_report *report, const struct group *group,
            const struct vmt_output *out)
{
   struct vmt_line_sums lines = vmt_sum_charges(&report->input, &group->of);
   char *pages = pages_text(group->n_pages);
   char *reason = reason_text(&report->input.profile, group);

   fprintf(out->file, "  %s, by %s:\n", pages, reason);
   vmt_line_sums_print(&report->input, &lines, LINES_SHOWN, out);
   vmt_line_sums_free(&lines);
   free(pages);
   free(reason);
}

void
vmt_processes_text_copies(const struct vmt_report *report,
                          const struct vmt_process_facts *facts,
                          const struct vmt_process_kin *kin,
                          const struct vmt_output *out)
{
   struct groups groups = find_groups(facts, kin);
   size_t n_shown = report->top_given && report->top == 0 ? groups.n : GROUPS_SHOWN;
   char *pages = pages_text(groups.n_pages);

   if (groups.n_pages > 0)
      fprintf(out->file, "Copies of shared pages (ForkCow): %s\n", pages);
   for (size_t i = 0; i < groups.n && i < n_shown && groups.list[i].n_pages > 0; i++)
      print_group(report, &groups.list[i], out);
   if (n_shown < groups.n)
      fprintf(out->file, "  ... and %zu more (--top=0 shows all)\n", groups.n - n_shown);
   if (groups.n_pages > 0)
      putc('\n', out->file);
   free(pages);
   free_groups(&groups);
}
