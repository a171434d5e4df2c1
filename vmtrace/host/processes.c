#include "vmtrace/host/processes.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile.h"

/* Of the base pages that profiles count.  */
#define PAGE_BYTES 4096

/* A process as it is found, before it is known where it stands.  */
struct found {
   char *host, *date;           /* NULL: the profile does not say */
   const char *run;             /* "": none */
   int64_t pid, ppid;           /* 0: the profile does not say */
   uint32_t first_image, n_images;
   int64_t id, parent_id;
   uint32_t parent, first_child, next_sibling;
};

struct finding {
   struct vmt_profile *profile;
   uint32_t *images;            /* sorted so that those of a process are together */
   struct found *list;
   uint32_t *order;             /* of siblings: by id, then by start */
   size_t n;
};

/* ---- images ---- */

static int64_t
header_number(const struct vmt_profile_run *run, const char *name)
{
   return json_integer_value(json_object_get(run->header, name));
}

static int
compare_strings(const json_t *a, const json_t *b)
{
   const char *x = json_string_value(a), *y = json_string_value(b);

   return x && y ? strcmp(x, y) : (y != NULL) - (x != NULL);
}

static int
compare_numbers(int64_t a, int64_t b)
{
   return a < b ? -1 : a > b;
}

static int
compare_identity(const struct vmt_profile_run *a, const struct vmt_profile_run *b)
{
   int order = compare_strings(json_object_get(a->header, "host"),
                               json_object_get(b->header, "host"));

   if (order == 0)
      order = compare_numbers(header_number(a, "pid"), header_number(b, "pid"));
   if (order == 0)
      order = compare_strings(json_object_get(a->header, "date"),
                              json_object_get(b->header, "date"));
   return order;
}

static int
compare_images(const void *a, const void *b, void *context)
{
   const struct vmt_profile *profile = context;
   uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
   int order = compare_identity(&profile->runs[x], &profile->runs[y]);

   if (order == 0)
      order = compare_numbers(header_number(&profile->runs[x], "image"),
                              header_number(&profile->runs[y], "image"));
   return order ? order : x < y ? -1 : x > y;
}

/* A process has one image of a number: a profile that is given twice is of two.  */
static bool
is_next_image(const struct vmt_profile_run *a, const struct vmt_profile_run *b)
{
   return json_object_get(b->header, "pid") && json_object_get(b->header, "date")
          && compare_identity(a, b) == 0
          && header_number(a, "image") != header_number(b, "image");
}

/* What an image says of its process.  */
static void
take_image(struct found *found, const struct vmt_profile_run *run)
{
   if (run->family.run[0]) {
      found->run = run->family.run;
      found->id = run->family.id;
      found->parent_id = run->family.parent;
   }
   if (!found->ppid)
      found->ppid = header_number(run, "ppid");
}

static void
find_processes(struct finding *finding)
{
   const struct vmt_profile *profile = finding->profile;
   uint32_t n_images = (uint32_t) profile->n_runs;

   finding->images = vmt_calloc(n_images, sizeof *finding->images);
   finding->list = vmt_calloc(n_images, sizeof *finding->list);
   for (uint32_t i = 0; i < n_images; i++)
      finding->images[i] = i;
   qsort_r(finding->images, n_images, sizeof *finding->images, compare_images,
           finding->profile);
   for (uint32_t i = 0; i < n_images; i++) {
      const struct vmt_profile_run *run = &profile->runs[finding->images[i]];

      if (i == 0 || !is_next_image(&profile->runs[finding->images[i - 1]], run))
         finding->list[finding->n++] = (struct found){
            .host = vmt_profile_header_text(run, "host"),
            .date = vmt_profile_header_text(run, "date"),
            .pid = header_number(run, "pid"), .run = "", .first_image = i
         };
      finding->list[finding->n - 1].n_images++;
      take_image(&finding->list[finding->n - 1], run);
   }
}

/* ---- who is whose child ---- */

static int
compare_texts(const char *a, const char *b)
{
   return strcmp(a ? a : "", b ? b : "");
}

static int
compare_starts(const struct found *a, const struct found *b)
{
   int order = compare_texts(a->date, b->date);

   return order ? order : compare_numbers(a->pid, b->pid);
}

/* The image that was given first says when a process comes.  */
static uint32_t
first_given(const struct finding *finding, const struct found *found)
{
   uint32_t first = UINT32_MAX;

   for (uint32_t i = 0; i < found->n_images; i++)
      if (finding->images[found->first_image + i] < first)
         first = finding->images[found->first_image + i];
   return first;
}

static int
compare_found(const void *a, const void *b, void *context)
{
   const struct finding *finding = context;
   const struct found *x = &finding->list[*(const uint32_t *) a];
   const struct found *y = &finding->list[*(const uint32_t *) b];
   int order = strcmp(x->run, y->run);

   if (order == 0)
      order = compare_numbers(x->id, y->id);
   if (order == 0 && *x->run == '\0')
      order = compare_starts(x, y);
   return order ? order
          : compare_numbers(first_given(finding, x), first_given(finding, y));
}

/* The last one with the id that had started before.  */
static uint32_t
parent_by_pid(const struct finding *finding, const struct found *child)
{
   uint32_t best = VMT_NO_PROCESS;

   for (uint32_t i = 0; child->ppid && i < finding->n; i++) {
      const struct found *at = &finding->list[i];

      if (at->pid == child->ppid && compare_texts(at->host, child->host) == 0
          && compare_starts(at, child) < 0
          && (best == VMT_NO_PROCESS || compare_starts(&finding->list[best], at) < 0))
         best = i;
   }
   return best;
}

/* Ids rise, so that a parent's is below its child's; `order` has them rising.  */
static uint32_t
parent_by_id(const struct finding *finding, const struct found *child)
{
   size_t low = 0, high = finding->n;

   if (child->parent_id == 0 || child->parent_id >= child->id)
      return VMT_NO_PROCESS;
   while (low < high) {
      size_t middle = (low + high) / 2;
      const struct found *at = &finding->list[finding->order[middle]];
      int order = strcmp(at->run, child->run);

      if (order < 0 || (order == 0 && at->id < child->parent_id))
         low = middle + 1;
      else
         high = middle;
   }
   if (low < finding->n) {
      const struct found *at = &finding->list[finding->order[low]];

      if (strcmp(at->run, child->run) == 0 && at->id == child->parent_id)
         return finding->order[low];
   }
   return VMT_NO_PROCESS;
}

/* Children are put before their siblings, from the last on.  */
static void
find_parents(struct finding *finding)
{
   finding->order = vmt_calloc(finding->n, sizeof *finding->order);
   for (uint32_t i = 0; i < finding->n; i++) {
      finding->order[i] = i;
      finding->list[i].first_child = finding->list[i].next_sibling = VMT_NO_PROCESS;
   }
   qsort_r(finding->order, finding->n, sizeof *finding->order, compare_found, finding);
   for (size_t i = finding->n; i-- > 0;) {
      struct found *child = &finding->list[finding->order[i]];

      child->parent = *child->run ? parent_by_id(finding, child)
                      : parent_by_pid(finding, child);
      if (child->parent == VMT_NO_PROCESS)
         continue;
      child->next_sibling = finding->list[child->parent].first_child;
      finding->list[child->parent].first_child = finding->order[i];
   }
}

/* ---- as they are handed on ---- */

/* One process, with its images, in the tree that is the last one.  */
static uint32_t
put_process(struct finding *finding, const struct found *found, uint32_t parent)
{
   struct vmt_processes *to = &finding->profile->processes;
   uint32_t position = (uint32_t) to->n++, tree = (uint32_t) to->n_trees - 1;

   to->list[position] = (struct vmt_process){
      found->first_image, found->n_images, tree, parent, found->id, found->parent_id
   };
   for (uint32_t i = 0; i < found->n_images; i++)
      to->of_image[finding->images[found->first_image + i]] = position;
   if (found->id) {
      bool added;

      vmt_keymap_intern(&to->by_id, tree, (uint64_t) found->id, position, &added);
   }
   to->trees[tree].n++;
   return position;
}

/* A process and all below it, parents first.  */
static void
put_family(struct finding *finding, uint32_t root)
{
   struct vmt_processes *to = &finding->profile->processes;
   uint32_t at = root, position = put_process(finding, &finding->list[at], VMT_NO_PROCESS);

   for (;;) {
      const struct found *found = &finding->list[at];

      if (found->first_child != VMT_NO_PROCESS) {
         at = found->first_child;
         position = put_process(finding, &finding->list[at], position);
         continue;
      }
      while (at != root && finding->list[at].next_sibling == VMT_NO_PROCESS) {
         at = finding->list[at].parent;
         position = to->list[position].parent;
      }
      if (at == root)
         return;
      at = finding->list[at].next_sibling;
      position = put_process(finding, &finding->list[at], to->list[position].parent);
   }
}

/* The record of the whole that saw most.  */
static void
find_peak_images(const struct vmt_profile *profile)
{
   const struct vmt_processes *processes = &profile->processes;

   for (size_t i = 0; i < processes->n_trees; i++)
      processes->trees[i].image = UINT32_MAX;
   for (uint32_t i = 0; i < profile->n_runs; i++) {
      const struct vmt_tree_sizes *sizes = &profile->runs[i].family.tree;
      struct vmt_process_tree *tree =
         &processes->trees[processes->list[processes->of_image[i]].tree];

      if (sizes->is_known
          && (tree->image == UINT32_MAX
              || sizes->peak_pages > profile->runs[tree->image].family.tree.peak_pages))
         tree->image = i;
   }
}

/* Where no record tells, the sum of what is known of each.  The record begins with the
   first fork: what one process had before can have been more.  */
static void
find_peak(const struct vmt_profile *profile, struct vmt_process_tree *tree)
{
   int event = vmt_events_find(&profile->events, "RssPeak");
   bool is_told = tree->image != UINT32_MAX && tree->n > 1;

   tree->is_sum = tree->image == UINT32_MAX && tree->n > 1;
   if (is_told)
      tree->rss_peak_bytes =
         profile->runs[tree->image].family.tree.peak_pages * PAGE_BYTES;
   for (uint32_t i = 0; i < tree->n; i++) {
      int64_t peak_bytes = vmt_process_total(profile, tree->first + i, event);

      if (!is_told)
         tree->rss_peak_bytes = vmt_wrapping_sum(tree->rss_peak_bytes, peak_bytes);
      else if (peak_bytes > tree->rss_peak_bytes)
         tree->rss_peak_bytes = peak_bytes;
   }
}

static bool
is_same_run(const struct found *a, const struct found *b)
{
   return *a->run && strcmp(a->run, b->run) == 0;
}

/* A process without a parent here, and where its run is among those given.  */
struct root {
   uint32_t found, rank, order;
};

static int
compare_roots(const void *a, const void *b)
{
   const struct root *x = a, *y = b;
   int order = compare_numbers(x->rank, y->rank);

   return order ? order : compare_numbers(x->order, y->order);
}

/* Those of one run are together in the order; so they are in the roots.  */
static struct root *
sorted_roots(const struct finding *finding, size_t *n)
{
   struct root *roots = vmt_calloc(finding->n, sizeof *roots);
   uint32_t rank = 0;

   *n = 0;
   for (size_t first = 0, end; first < finding->n; first = end) {
      const struct found *of = &finding->list[finding->order[first]];

      rank = first_given(finding, of);
      for (end = first + 1; end < finding->n
           && is_same_run(of, &finding->list[finding->order[end]]); end++) {
         uint32_t given = first_given(finding, &finding->list[finding->order[end]]);

         rank = given < rank ? given : rank;
      }
      for (size_t i = first; i < end; i++)
         if (finding->list[finding->order[i]].parent == VMT_NO_PROCESS)
            roots[(*n)++] = (struct root){ finding->order[i], rank, (uint32_t) i };
   }
   qsort(roots, *n, sizeof *roots, compare_roots);
   return roots;
}

static void
put_all(struct finding *finding)
{
   struct vmt_processes *to = &finding->profile->processes;
   size_t n;
   struct root *roots = sorted_roots(finding, &n);

   for (size_t i = 0; i < n; i++) {
      if (i == 0 || !is_same_run(&finding->list[roots[i - 1].found],
                                 &finding->list[roots[i].found]))
         to->trees[to->n_trees++] = (struct vmt_process_tree){ .first = (uint32_t) to->n };
      put_family(finding, roots[i].found);
   }
   free(roots);
}

void
vmt_processes_find(struct vmt_profile *profile)
{
   struct vmt_processes *to = &profile->processes;
   struct finding finding = { .profile = profile };

   vmt_processes_free(to);
   find_processes(&finding);
   find_parents(&finding);
   to->list = vmt_calloc(finding.n, sizeof *to->list);
   to->trees = vmt_calloc(finding.n, sizeof *to->trees);
   to->of_image = vmt_calloc(profile->n_runs, sizeof *to->of_image);
   to->images = finding.images;
   put_all(&finding);
   find_peak_images(profile);
   for (size_t i = 0; i < to->n_trees; i++)
      find_peak(profile, &to->trees[i]);
   for (size_t i = 0; i < finding.n; i++) {
      free(finding.list[i].host);
      free(finding.list[i].date);
   }
   free(finding.list);
   free(finding.order);
}

void
vmt_processes_free(struct vmt_processes *processes)
{
   free(processes->list);
   free(processes->trees);
   free(processes->images);
   free(processes->of_image);
   vmt_keymap_free(&processes->by_id);
   *processes = (struct vmt_processes){ 0 };
}

size_t
vmt_processes_n_missing(const struct vmt_profile *profile)
{
   const struct vmt_processes *processes = &profile->processes;
   size_t n = 0;

   for (size_t i = 0; i < profile->n_runs; i++) {
      const struct vmt_family *family = &profile->runs[i].family;
      uint32_t tree = processes->list[processes->of_image[i]].tree;

      for (size_t k = 0; k < family->n_forks; k++)
         n += vmt_process_by_id(processes, tree, family->forks[k].child)
              == VMT_NO_PROCESS;
   }
   return n;
}

int64_t
vmt_process_total(const struct vmt_profile *profile, uint32_t process, int event)
{
   const struct vmt_process *of = &profile->processes.list[process];
   int64_t total = 0;

   for (uint32_t i = 0; event >= 0 && i < of->n_images; i++) {
      uint32_t image = profile->processes.images[of->first_image + i];
      int64_t number = profile->runs[image].totals[event];

      if (profile->events.roles[event] != VMT_EVENT_SIZE)
         total = vmt_wrapping_sum(total, number);
      else if (number > total)
         total = number;
   }
   return total;
}

int64_t
vmt_processes_rss_peak(const struct vmt_processes *processes, bool *is_sum)
{
   int64_t sum = 0;

   *is_sum = processes->n_trees > 1;
   for (size_t i = 0; i < processes->n_trees; i++) {
      sum = vmt_wrapping_sum(sum, processes->trees[i].rss_peak_bytes);
      *is_sum |= processes->trees[i].is_sum;
   }
   return sum;
}

uint32_t
vmt_process_by_id(const struct vmt_processes *processes, uint32_t tree, int64_t id)
{
   return vmt_keymap_find(&processes->by_id, tree, (uint64_t) id);
}
