/* Sums of one run by line: an event's, and of pages by whose they are.  */

#include "vmtrace/cli/pressure.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"

/* While they are added up.  */
struct adding {
   struct vmt_line_sums sums;
   struct vmt_keymap map;
   size_t capacity;
};

static void
add(struct adding *adding, uint32_t place, uint32_t area, int64_t number)
{
   struct vmt_line_sums *sums = &adding->sums;
   bool added;
   uint32_t at = vmt_keymap_intern(&adding->map, place, area, (uint32_t) sums->n,
                                   &added);

   if (added) {
      sums->sums = vmt_grow(sums->sums, sums->n, &adding->capacity,
                            sizeof *sums->sums);
      sums->sums[sums->n++] = (struct vmt_line_sum){ place, area, 0 };
   }
   sums->sums[at].number = vmt_wrapping_sum(sums->sums[at].number, number);
   sums->total = vmt_wrapping_sum(sums->total, number);
}

/* Among equals, what the profile had first.  */
static int
compare_sums(const void *a, const void *b)
{
   const struct vmt_line_sum *x = a, *y = b;

   if (x->number != y->number)
      return x->number > y->number ? -1 : 1;
   if (x->place != y->place)
      return x->place < y->place ? -1 : 1;
   return x->area < y->area ? -1 : x->area > y->area;
}

static struct vmt_line_sums
finish(struct adding *adding)
{
   if (adding->sums.n)
      qsort(adding->sums.sums, adding->sums.n, sizeof *adding->sums.sums,
            compare_sums);
   vmt_keymap_free(&adding->map);
   return adding->sums;
}

static int64_t
count_of(const struct vmt_profile *profile, const struct vmt_profile_charge *charge,
         int event)
{
   for (uint32_t at = charge->first_count; at; at = profile->counts[at].next)
      if (profile->counts[at].event == (uint32_t) event)
         return profile->counts[at].value;
   return 0;
}

/* Files are read one after the other: a run's charges are together.  */
static size_t
first_charge(const struct vmt_profile *profile, uint32_t run)
{
   size_t low = 0, high = profile->n_charges;

   while (low < high) {
      size_t middle = (low + high) / 2;

      if (profile->charges[middle].run < run)
         low = middle + 1;
      else
         high = middle;
   }
   return low;
}

struct vmt_line_sums
vmt_sum_event(const struct vmt_report_input *input,
              const struct vmt_profile_run *run, const char *event)
{
   const struct vmt_profile *profile = &input->profile;
   int number = vmt_events_find(&profile->events, event);
   uint32_t position = (uint32_t) (run - profile->runs);
   struct adding adding = { .capacity = 0 };

   for (size_t i = first_charge(profile, position);
        number >= 0 && i < profile->n_charges && profile->charges[i].run == position;
        i++) {
      const struct vmt_profile_charge *charge = &profile->charges[i];
      int64_t n = count_of(profile, charge, number);

      if (n)
         add(&adding, vmt_blame_place(&input->blame, charge->stack), UINT32_MAX, n);
   }
   return finish(&adding);
}

struct vmt_line_sums
vmt_sum_owners(const struct vmt_report_input *input,
               const struct vmt_page_owners *owners)
{
   struct adding adding = { .capacity = 0 };

   for (size_t i = 0; i < owners->n; i++) {
      const struct vmt_profile_charge *charge =
         &input->profile.charges[owners->owners[i].charge];

      add(&adding, vmt_blame_place(&input->blame, charge->stack), charge->area,
          owners->owners[i].n_pages);
   }
   return finish(&adding);
}

struct vmt_line_sums
vmt_sum_charges(const struct vmt_report_input *input,
                const struct vmt_page_owners *owners)
{
   const struct vmt_profile *profile = &input->profile;
   struct adding adding = { .capacity = 0 };

   for (size_t i = 0; i < owners->n; i++)
      add(&adding, vmt_blame_place(&input->blame,
                                   profile->charges[owners->owners[i].charge].stack),
          UINT32_MAX, owners->owners[i].n_pages);
   return finish(&adding);
}

struct vmt_line_sums
vmt_sum_sites(const struct vmt_report_input *input, const struct vmt_profile_run *run,
              enum vmt_site_number number)
{
   const struct vmt_profile *profile = &input->profile;
   struct adding adding = { .capacity = 0 };

   for (size_t i = 1; i < profile->n_sites; i++) {
      const struct vmt_profile_site *site = &profile->sites[i];

      if (&profile->runs[site->run] == run && site->numbers[number])
         add(&adding, vmt_blame_place(&input->blame, site->stack), UINT32_MAX,
             site->numbers[number]);
   }
   return finish(&adding);
}

void
vmt_line_sums_free(struct vmt_line_sums *sums)
{
   free(sums->sums);
}
