/* Any bytes are a profile or one line of complaint; the tables of what was read
   add up to its totals; what is said of a curve and of thrashing holds for it; and
   the fast way of reading a line gives what the JSON parser gives.  */

#include "tests/cli/profile_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmtrace/host/copies.h"
#include "vmtrace/host/ledger.h"
#include "vmtrace/host/thrash.h"

static void
require(bool truth, const char *what)
{
   if (truth)
      return;
   fprintf(stderr, "does not hold: %s\n", what);
   abort();
}

/* What a table has all of: not what instructions executed or a run's sizes; of
   blocks, those of malloc, by what asked for them.  */
static bool
is_whole(const struct vmt_profile *profile, enum vmt_by by, size_t event)
{
   enum vmt_event_role role = profile->events.roles[event];

   return by == VMT_BY_PROCESS
          || (role != VMT_EVENT_EXECUTED && role != VMT_EVENT_SIZE
              && (role != VMT_EVENT_SITE || by <= VMT_BY_STACK));
}

/* The parts of a row by site add up to what it is charged with.  */
static void
check_parts(const struct vmt_profile *profile, const struct vmt_blame *blame,
            const struct vmt_ledger *whole, enum vmt_by by, enum vmt_site_grain grain)
{
   struct vmt_ledger split;
   struct vmt_ledger_parts parts;

   vmt_ledger_init_split(&split, by, grain, profile, blame);
   vmt_ledger_parts_init(&parts, whole, &split, 0);
   require(parts.first[whole->n_rows] == split.n_rows, "each part is of a row");
   for (size_t event = 0; event < profile->events.n; event++)
      for (uint32_t row = 0; row < whole->n_rows; row++) {
         int64_t sum = 0;

         for (size_t i = parts.first[row]; i < parts.first[row + 1]; i++)
            sum = vmt_wrapping_sum(sum, vmt_ledger_value(&split, parts.rows[i],
                                                         (int) event));
         if (profile->events.roles[event] < VMT_EVENT_EXECUTED)
            require(sum == vmt_ledger_value(whole, row, (int) event),
                    "parts add up to the row");
      }
   vmt_ledger_parts_free(&parts);
   vmt_ledger_free(&split);
}

/* Calls of the allocator are from sites of malloc, on its own memory, and the faults in
   them those that the sites are said to have.  */
static void
check_calls(const struct vmt_profile *profile, const struct vmt_blame *blame)
{
   int flt = vmt_events_find(&profile->events, "Flt");
   struct vmt_ledger calls;
   int64_t sum = 0, total = 0;

   vmt_ledger_init_calls(&calls, profile, blame);
   for (size_t i = 0; i < calls.n_rows; i++)
      sum = vmt_wrapping_sum(sum, vmt_ledger_value(&calls, i, flt));
   for (size_t i = 0; i < profile->n_charges; i++) {
      const struct vmt_profile_charge *charge = &profile->charges[i];

      require(!charge->call_site
              || (profile->sites[charge->call_site].kind == VMT_SITE_MALLOC
                  && profile->sites[charge->call_site].run == charge->run
                  && profile->sites[charge->site].kind == VMT_SITE_ALLOCATOR),
              "a call from a site of malloc, on the allocator's own memory");
   }
   for (size_t i = 1; i < profile->n_sites; i++)
      total = vmt_wrapping_sum(total,
                               profile->sites[i].numbers[VMT_SITE_CALL_FAULTS]);
   require(sum == total, "faults in calls are those that the sites have");
   vmt_ledger_free(&calls);
}

static void
check_table(const struct vmt_profile *profile, const struct vmt_blame *blame,
            enum vmt_by by)
{
   struct vmt_ledger ledger;
   uint32_t *order;

   vmt_ledger_init(&ledger, by, profile, blame);
   order = vmt_ledger_order(&ledger, 0);
   for (size_t event = 0; event < profile->events.n; event++) {
      int64_t sum = 0;

      for (size_t i = 0; i < ledger.n_rows; i++)
         sum = vmt_wrapping_sum(sum,
                                vmt_ledger_value(&ledger, order[i], (int) event));
      if (is_whole(profile, by, event))
         require(sum == vmt_profile_total(profile, (int) event),
                 "a table adds up to the totals");
   }
   free(order);
   if (by == VMT_BY_SITE) {
      free(vmt_ledger_site_numbers(&ledger));
      check_parts(profile, blame, &ledger, VMT_BY_LINE, VMT_SITES_BY_STACK);
   } else if (by != VMT_BY_PROCESS)
      check_parts(profile, blame, &ledger, by, VMT_SITES_BY_LINE);
   if (by == VMT_BY_LINE)
      free(vmt_ledger_via(&ledger, 0));
   vmt_ledger_free(&ledger);
}

/* Need and knee are points of the curve that are what they are said to be.  */
static void
check_curve(const struct vmt_curve *curve)
{
   const struct vmt_curve_size *last, *need, *knee;
   int64_t few;

   if (!curve->sizes)
      return;
   last = &curve->sizes[curve->n_sizes - 1];
   need = vmt_curve_need(curve, 10);
   knee = vmt_curve_knee(curve);
   few = last->n_faults + last->n_faults / 10;
   require(need <= last && need->n_faults <= few, "what is needed is enough");
   require(need->ram_pages >= vmt_curve_first_pages(curve), "a size that is known");
   require(need == curve->sizes || need[-1].n_faults > few
           || need[-1].ram_pages < vmt_curve_first_pages(curve),
           "nothing smaller is enough");
   require(!knee || (knee < last && knee->n_faults >= last->n_faults),
           "a knee is of the curve");
   for (size_t i = 0; i < curve->n_sizes; i++)
      require(vmt_curve_at(curve, curve->sizes[i].ram_pages) == &curve->sizes[i],
              "a size is found");
   require(!vmt_curve_at(curve, curve->sizes[0].ram_pages - 1), "nothing below");
}

/* Spans are of the run, one after the other, and what they add up to is theirs.  */
static void
check_thrashing(const struct vmt_pressure *pressure)
{
   struct vmt_thrashing thrashing = vmt_thrashing_find(pressure);
   int64_t at = 0, n_instrs = 0;

   for (size_t i = 0; i < thrashing.n_spans; i++) {
      const struct vmt_thrash_span *span = &thrashing.spans[i];

      require(span->from_instr >= at && span->to_instr >= span->from_instr,
              "spans follow one another");
      require(span->n_refaults >= VMT_THRASH_LEAST, "a span is no round of reclaim");
      at = span->to_instr;
      n_instrs += span->to_instr - span->from_instr;
   }
   require(at <= thrashing.run_instrs && n_instrs == thrashing.n_instrs,
           "spans are of the run");
   require((thrashing.n_spans > 0) == (vmt_thrashing_longest(&thrashing) != NULL),
           "one of them is the longest");
   vmt_thrashing_free(&thrashing);
}

/* Each misplaced page is of one line, and of one thread that used it most; threads start
   in the program's own code.  */
static void
check_threads(const struct vmt_profile *profile, const struct vmt_blame *blame)
{
   struct vmt_thread_starts starts = { NULL };
   struct vmt_first_touch_table table;
   int64_t n_said = 0, n_of_rows = 0, n_of_users = 0;

   vmt_first_touch_table_init(&table, profile, blame);
   for (size_t i = 0; i < profile->n_runs; i++)
      n_said = vmt_wrapping_sum(n_said, vmt_misplaced_pages(&profile->runs[i].first_touch));
   for (size_t i = 0; i < table.n_rows; i++) {
      const struct vmt_first_touch_row *row = &table.rows[i];

      n_of_rows = vmt_wrapping_sum(n_of_rows, row->pages);
      for (size_t k = row->first_user; k < row->first_user + row->n_users; k++)
         n_of_users = vmt_wrapping_sum(n_of_users, table.users[k].pages);
   }
   require(n_of_rows == n_said && n_of_users == n_said, "misplaced pages add up");
   vmt_first_touch_table_free(&table);
   vmt_thread_starts_init(&starts, profile, blame);
   for (size_t i = 0; i < profile->n_charges; i++) {
      const struct vmt_profile_charge *charge = &profile->charges[i];
      uint32_t place = vmt_thread_start(&starts, charge->run, charge->thread);

      require(place == 0 || !blame->is_system[blame->places[place].object],
              "a thread starts in the program");
   }
   vmt_thread_starts_free(&starts);
}

static void
check_fullness(const struct vmt_heap_pages *pages)
{
   int64_t sum = 0;

   for (size_t i = 0; i < VMT_FULLNESS_STEPS; i++)
      sum += pages->fullness[i];
   require(sum == pages->n_resident, "each resident page of the heap is so full");
}

/* Each process has its images, and each profile is of one; copies are what they were
   said to be, of whoever made them; of one profile the peak is its process's.  */
static void
check_processes(const struct vmt_profile *profile)
{
   const struct vmt_processes *processes = &profile->processes;
   struct vmt_copies copies = vmt_copies_find(profile);
   int64_t n_pages = 0, n_said = 0, n_of = 0;
   size_t n_images = 0;

   for (uint32_t i = 0; i < processes->n; i++) {
      const struct vmt_process *process = &processes->list[i];

      require(process->parent == VMT_NO_PROCESS || process->parent < i,
              "a parent comes before its children");
      require(process->tree < processes->n_trees, "a process is of a run");
      for (uint32_t k = 0; k < process->n_images; k++)
         require(processes->of_image[processes->images[process->first_image + k]] == i,
                 "a process has its images");
      n_images += process->n_images;
   }
   require(n_images == profile->n_runs, "each profile is of a process");
   for (size_t i = 0; i < copies.n; i++) {
      n_pages = vmt_wrapping_sum(n_pages, copies.pairs[i].n_pages);
      for (size_t k = 0; k < copies.pairs[i].n_of; k++)
         n_of = vmt_wrapping_sum(n_of, copies.pairs[i].of[k].n_pages);
   }
   for (size_t i = 0; i < profile->n_copies; i++)
      n_said = vmt_wrapping_sum(n_said, profile->copies[i].n);
   require(n_pages == n_said && n_of == n_said, "copies add up");
   vmt_copies_free(&copies);
}

static void
check_profile(struct vmt_profile *profile)
{
   struct vmt_blame blame;
   struct vmt_blame_options options = {
      .mode = VMT_BLAME_CALLER, .whole_stacks = true
   };

   vmt_profile_finish(profile);
   check_curve(&profile->runs[0].pressure.curve);
   check_thrashing(&profile->runs[0].pressure);
   check_fullness(&profile->runs[0].heap.peak);
   check_fullness(&profile->runs[0].heap.now);
   check_processes(profile);
   /* Objects would be opened: a fuzzer is not to read whatever it names.  */
   for (size_t i = 1; i < profile->n_objects; i++)
      profile->objects[i].path = "/nowhere";
   vmt_blame_init(&blame, profile, &options);
   check_calls(profile, &blame);
   check_threads(profile, &blame);
   for (int by = VMT_BY_LINE; by < VMT_BY_KIND; by++)
      check_table(profile, &blame, (enum vmt_by) by);
   vmt_blame_free(&blame);
}

static int
read_bytes(struct vmt_profile *profile, const char *phase, const uint8_t *bytes,
           size_t n_bytes)
{
   int fd = memfd_create("profile", MFD_CLOEXEC), status;
   char path[32];

   require(fd >= 0 && write(fd, bytes, n_bytes) == (ssize_t) n_bytes, "a file");
   snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
   vmt_profile_init(profile);
   profile->phase = phase;
   status = vmt_profile_read(profile, path);
   close(fd);
   return status;
}

/* The same records with a space in each, which leaves all to the JSON parser;
   to be freed.  */
static uint8_t *
spaced(const uint8_t *bytes, size_t *n_bytes)
{
   uint8_t *with = malloc(2 * *n_bytes + 1);
   size_t n = 0;

   require(with, "memory");
   for (size_t i = 0; i < *n_bytes; i++) {
      with[n++] = bytes[i];
      if (bytes[i] == '{' && (i == 0 || bytes[i - 1] == '\n'))
         with[n++] = ' ';
   }
   *n_bytes = n;
   return with;
}

/* What comes after the file's name, which differs.  */
static const char *
trouble(const struct vmt_profile *profile)
{
   const char *colon = strchr(profile->trouble, ':');

   require(colon, "trouble names the file");
   return colon;
}

#define SAME(a, b, list, n) \
   require((a)->n == (b)->n \
           && ((a)->n == 0 \
               || memcmp((a)->list, (b)->list, (a)->n * sizeof *(a)->list) == 0), \
           "the same " #list)

static void
require_same_charges(const struct vmt_profile *a, const struct vmt_profile *b)
{
   require(a->n_charges == b->n_charges, "as many charges");
   for (size_t i = 0; i < a->n_charges; i++) {
      const struct vmt_profile_charge *x = &a->charges[i], *y = &b->charges[i];

      require(x->stack == y->stack && x->area == y->area && x->thread == y->thread
              && x->run == y->run && x->site == y->site
              && x->first_count == y->first_count
              && x->first_distance == y->first_distance
              && x->evicted_pages == y->evicted_pages, "the same charge");
   }
}

static void
require_same(const struct vmt_profile *a, const struct vmt_profile *b)
{
   for (size_t i = 0; i < a->n_stacks && i < b->n_stacks; i++)
      require(a->stacks[i].frame == b->stacks[i].frame
              && a->stacks[i].parent == b->stacks[i].parent
              && a->stacks[i].cut == b->stacks[i].cut, "the same stack");
   for (size_t i = 0; i < a->n_frames && i < b->n_frames; i++)
      require(a->frames[i].object == b->frames[i].object
              && a->frames[i].offset == b->frames[i].offset, "the same frame");
   for (size_t i = 0; i < a->n_instrs && i < b->n_instrs; i++)
      require(a->instrs[i].object == b->instrs[i].object
              && a->instrs[i].offset == b->instrs[i].offset
              && a->instrs[i].ir == b->instrs[i].ir
              && a->instrs[i].dr == b->instrs[i].dr
              && a->instrs[i].dw == b->instrs[i].dw, "the same instruction");
   require(a->n_stacks == b->n_stacks && a->n_frames == b->n_frames
           && a->n_instrs == b->n_instrs && a->n_objects == b->n_objects
           && a->n_areas == b->n_areas && a->events.n == b->events.n
           && a->n_notes == b->n_notes, "as many of each");
   require_same_charges(a, b);
   SAME(a, b, counts, n_counts);
   SAME(a, b, distances, n_distances);
   SAME(&a->runs[0].pressure.curve, &b->runs[0].pressure.curve, sizes, n_sizes);
   require(!a->runs[0].end == !b->runs[0].end, "both with an end or without");
   require(memcmp(a->runs[0].totals, b->runs[0].totals,
                  sizeof a->runs[0].totals) == 0, "the same totals");
   require(memcmp(a->runs[0].excluded, b->runs[0].excluded,
                  sizeof a->runs[0].excluded) == 0, "the same left out");
}

static void
check_both_ways(const uint8_t *bytes, size_t n_bytes, const uint8_t *with,
                size_t n_with, const char *phase, char **first_phase)
{
   struct vmt_profile profile, parsed;
   int status = read_bytes(&profile, phase, bytes, n_bytes);

   require(read_bytes(&parsed, phase, with, n_with) == status, "both ways agree");
   if (status == 0)
      require_same(&profile, &parsed);
   else
      require(strcmp(trouble(&profile), trouble(&parsed)) == 0, "the same trouble");
   if (status == 0 && profile.runs[0].marks.n_phases > 0)
      *first_phase = strdup(profile.runs[0].marks.phases[0].name);
   if (status == 0)
      check_profile(&profile);
   else
      require(profile.trouble[0] && !strpbrk(profile.trouble, "\n\r"),
              "trouble is one line");
   vmt_profile_free(&profile);
   vmt_profile_free(&parsed);
}

/* The whole, and one phase of it.  */
int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
   size_t n_with = n_bytes;
   uint8_t *with = spaced(bytes, &n_with);
   char *phase = NULL, *same = NULL;

   check_both_ways(bytes, n_bytes, with, n_with, NULL, &phase);
   if (phase)
      check_both_ways(bytes, n_bytes, with, n_with, phase, &same);
   free(phase);
   free(same);
   free(with);
   return 0;
}
