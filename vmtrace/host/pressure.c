#include "vmtrace/host/pressure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
vmt_pressure_free(struct vmt_pressure *pressure)
{
   free(pressure->curve.sizes);
   free(pressure->windows.samples);
   free(pressure->peak.owners);
   free(pressure->idle.owners);
   free(pressure->timeline.columns);
   free(pressure->timeline.values);
   free(pressure->oom.owners.owners);
}

int64_t
vmt_curve_first_pages(const struct vmt_curve *curve)
{
   int64_t first = curve->sizes[0].ram_pages;
   int64_t peak = curve->sizes[curve->n_sizes - 1].ram_pages;

   if (first < 2 * curve->error_pages)
      first = 2 * curve->error_pages;
   return first < peak ? first : peak;
}

const struct vmt_curve_size *
vmt_curve_at(const struct vmt_curve *curve, int64_t ram_pages)
{
   size_t below = 0, n = curve->n_sizes;

   while (n > 0) {
      size_t half = n / 2;

      if (curve->sizes[below + half].ram_pages <= ram_pages) {
         below += half + 1;
         n -= half + 1;
      } else
         n = half;
   }
   return below ? &curve->sizes[below - 1] : NULL;
}

/* The sizes that mean something: the first of them.  */
static const struct vmt_curve_size *
first_size(const struct vmt_curve *curve)
{
   const struct vmt_curve_size *size = curve->sizes;

   while (size->ram_pages < vmt_curve_first_pages(curve))
      size++;
   return size;
}

const struct vmt_curve_size *
vmt_curve_enough(const struct vmt_curve *curve, int64_t n_refaults)
{
   int64_t least = curve->sizes[curve->n_sizes - 1].n_faults;
   const struct vmt_curve_size *size = first_size(curve);

   while (size->n_faults - least > n_refaults)
      size++;
   return size;
}

const struct vmt_curve_size *
vmt_curve_need(const struct vmt_curve *curve, int percent)
{
   int64_t least = curve->sizes[curve->n_sizes - 1].n_faults;

   return vmt_curve_enough(curve, least / 100 * percent + least % 100 * percent / 100);
}

const struct vmt_curve_size *
vmt_curve_knee(const struct vmt_curve *curve)
{
   const struct vmt_curve_size *last = &curve->sizes[curve->n_sizes - 1];
   const struct vmt_curve_size *first = first_size(curve), *knee = NULL;
   double width = (double) (last->ram_pages - first->ram_pages);
   double height = log((double) first->n_faults) - log((double) last->n_faults);
   double most = 0;

   if (last->n_faults <= 0 || first->n_faults == last->n_faults || width <= 0)
      return NULL;
   for (const struct vmt_curve_size *size = first; size <= last; size++) {
      double fallen = (log((double) first->n_faults)
                       - log((double) size->n_faults)) / height;
      double below = fallen - (double) (size->ram_pages - first->ram_pages) / width;

      if (below > most) {
         most = below;
         knee = size;
      }
   }
   return knee;
}

int
vmt_timeline_column(const struct vmt_timeline *timeline, const char *name)
{
   for (size_t i = 0; i < timeline->n_columns; i++)
      if (strcmp(timeline->columns[i], name) == 0)
         return (int) i;
   return -1;
}
