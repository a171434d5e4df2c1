#include "vmtrace/host/copies.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"

static uint32_t
process_of(const struct vmt_profile *profile, const struct vmt_profile_copies *copies)
{
   return profile->processes.of_image[profile->charges[copies->charge].run];
}

/* By who copied, with whom, and charge.  */
static int
compare_copies(const void *a, const void *b, void *context)
{
   const struct vmt_profile *profile = context;
   const struct vmt_profile_copies *x = a, *y = b;
   uint32_t p = process_of(profile, x), q = process_of(profile, y);

   if (p != q)
      return p < q ? -1 : 1;
   if (x->with != y->with)
      return x->with < y->with ? -1 : 1;
   return x->charge < y->charge ? -1 : x->charge > y->charge;
}

static int
compare_pairs(const void *a, const void *b)
{
   const struct vmt_copies_pair *x = a, *y = b;

   if (x->n_pages != y->n_pages)
      return x->n_pages > y->n_pages ? -1 : 1;
   if (x->process != y->process)
      return x->process < y->process ? -1 : 1;
   return x->other_id < y->other_id ? -1 : x->other_id > y->other_id;
}

/* A child whose profile was not given is known by its parent's fork.  */
static bool
has_forked(const struct vmt_profile *profile, const struct vmt_process *process,
           int64_t child)
{
   for (uint32_t i = 0; i < process->n_images; i++) {
      const struct vmt_family *family =
         &profile->runs[profile->processes.images[process->first_image + i]].family;

      for (size_t k = 0; k < family->n_forks; k++)
         if (family->forks[k].child == child)
            return true;
   }
   return false;
}

static enum vmt_copies_with
relation(const struct vmt_profile *profile, uint32_t process, uint32_t other,
         int64_t other_id)
{
   const struct vmt_process *of = &profile->processes.list[process];

   if (other_id == 0)
      return VMT_COPIES_WITH_UNKNOWN;
   if (other_id == of->parent_id)
      return VMT_COPIES_WITH_PARENT;
   if (other != VMT_NO_PROCESS)
      return of->id && profile->processes.list[other].parent_id == of->id
             ? VMT_COPIES_WITH_CHILD : VMT_COPIES_WITH_OTHER;
   return has_forked(profile, of, other_id) ? VMT_COPIES_WITH_CHILD
          : VMT_COPIES_WITH_OTHER;
}

static struct vmt_copies_pair
pair_of(const struct vmt_profile *profile, const struct vmt_profile_copies *copies)
{
   uint32_t process = process_of(profile, copies), other;

   other = vmt_process_by_id(&profile->processes,
                             profile->processes.list[process].tree, copies->with);
   return (struct vmt_copies_pair){
      .process = process, .other = other, .other_id = copies->with,
      .with = relation(profile, process, other, copies->with)
   };
}

struct vmt_copies
vmt_copies_find(const struct vmt_profile *profile)
{
   struct vmt_copies found = { .pairs = NULL };
   size_t n = 0, capacity = 0;
   struct vmt_profile_copies *sorted = vmt_calloc(profile->n_copies, sizeof *sorted);

   /* Those before a reset are 0.  */
   for (size_t i = 0; i < profile->n_copies; i++)
      if (profile->copies[i].n)
         sorted[n++] = profile->copies[i];
   qsort_r(sorted, n, sizeof *sorted, compare_copies, (void *) profile);
   found.all = vmt_calloc(n, sizeof *found.all);
   for (size_t i = 0; i < n; i++) {
      struct vmt_copies_pair *pair = found.n ? &found.pairs[found.n - 1] : NULL;

      found.all[i] = (struct vmt_pages_of){ sorted[i].charge, sorted[i].n };
      if (!pair || pair->process != process_of(profile, &sorted[i])
          || pair->other_id != sorted[i].with) {
         found.pairs = vmt_grow(found.pairs, found.n, &capacity, sizeof *pair);
         pair = &found.pairs[found.n++];
         *pair = pair_of(profile, &sorted[i]);
         pair->of = &found.all[i];
      }
      pair->n_of++;
      pair->n_pages = vmt_wrapping_sum(pair->n_pages, sorted[i].n);
   }
   if (found.n)
      qsort(found.pairs, found.n, sizeof *found.pairs, compare_pairs);
   free(sorted);
   return found;
}

void
vmt_copies_free(struct vmt_copies *copies)
{
   free(copies->pairs);
   free(copies->all);
}
