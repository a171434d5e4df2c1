#include "vmtrace/host/marks.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile.h"

void
vmt_marks_free(struct vmt_marks *marks)
{
   free(marks->phases);
   free(marks->phase_marks);
   free(marks->snapshots);
   free(marks->pauses);
}

int
vmt_marks_find(const struct vmt_marks *marks, const char *name)
{
   for (size_t i = 0; i < marks->n_phases; i++)
      if (strcmp(marks->phases[i].name, name) == 0)
         return (int) i;
   return -1;
}

static void
add_phase(struct vmt_phase *to, const struct vmt_phase *phase)
{
   to->known &= phase->known;
   to->n_entered = vmt_wrapping_sum(to->n_entered, phase->n_entered);
   to->n_marked = vmt_wrapping_sum(to->n_marked, phase->n_marked);
   to->is_open |= phase->is_open;
   for (size_t i = 0; i < VMT_EVENTS_MAX; i++)
      to->totals[i] = vmt_wrapping_sum(to->totals[i], phase->totals[i]);
}

struct vmt_phase *
vmt_marks_all_phases(const struct vmt_profile *profile, size_t *n)
{
   struct vmt_marks all = { 0 };

   for (size_t run = 0; run < profile->n_runs; run++) {
      const struct vmt_marks *marks = &profile->runs[run].marks;

      for (size_t i = 0; i < marks->n_phases; i++) {
         int at = vmt_marks_find(&all, marks->phases[i].name);

         if (at >= 0) {
            add_phase(&all.phases[at], &marks->phases[i]);
            continue;
         }
         all.phases = vmt_grow(all.phases, all.n_phases, &all.phase_capacity,
                               sizeof *all.phases);
         all.phases[all.n_phases++] = marks->phases[i];
      }
   }
   *n = all.n_phases;
   return all.phases;
}
