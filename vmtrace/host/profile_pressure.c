/* The records about memory: the curve, the working set, the timeline.  Each says
   all there is to say so far, so a later one takes the place of an earlier; only
   the distances of a charge's touches are additions.  */

#include "vmtrace/host/profile_reader.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/mmu/containers/distances.h"

#define COLUMNS_MAX 64

int
profile_member(struct profile_reader *reader, const json_t *object,
               const char *name, int64_t most, int64_t *number)
{
   return profile_integer(reader, json_object_get(object, name), name, 0, most,
                          number);
}

int
profile_numbers(struct profile_reader *reader, const json_t *array,
                const char *what, size_t n, int64_t most, int64_t *list)
{
   if (json_array_size(array) != n)
      return profile_complain(reader, "damaged: %s is not of %zu numbers", what, n);
   for (size_t i = 0; i < n; i++)
      if (profile_integer(reader, json_array_get(array, i), what, 0, most, &list[i]))
         return -1;
   return 0;
}

/* An array's elements to be, or NULL after complaining.  */
static void *
list_of(struct profile_reader *reader, const json_t *array, const char *what,
        size_t size, size_t *n)
{
   if (!json_is_array(array)) {
      profile_complain(reader, "damaged: %s is not a list", what);
      return NULL;
   }
   *n = json_array_size(array);
   return vmt_calloc(*n, size);
}

static int
take_name(struct profile_reader *reader, const json_t *value, char name[33])
{
   const char *text = json_string_value(value);

   if (!text || strlen(text) != json_string_length(value)
       || !profile_plain_name(text))
      return profile_complain(reader, "damaged: not a name");
   strcpy(name, text);
   return 0;
}

/* ---- the curve ---- */

static int
read_sizes(struct profile_reader *reader, const json_t *points,
           struct vmt_curve *curve)
{
   int64_t before[2] = { 0, COUNT_MAX }, at[2];

   curve->sizes = list_of(reader, points, "points", sizeof *curve->sizes,
                          &curve->n_sizes);
   if (!curve->sizes)
      return -1;
   for (size_t i = 0; i < curve->n_sizes; i++) {
      if (profile_numbers(reader, json_array_get(points, i), "a point", 2, COUNT_MAX,
                          at)
          || profile_bounds(reader, "a point's size", before[0] + 1, PAGES_MAX,
                            at[0]))
         return -1;
      if (at[1] > before[1])
         return profile_complain(reader, "damaged: a curve that rises with RAM");
      curve->sizes[i] = (struct vmt_curve_size){ at[0], at[1] };
      memcpy(before, at, sizeof before);
   }
   if (curve->n_sizes == 0) {
      free(curve->sizes);
      curve->sizes = NULL;
   }
   return 0;
}

int
profile_read_curve(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "curve");
   struct vmt_curve curve = { .sizes = NULL };

   if (take_name(reader, json_object_get(from, "mode"), curve.mode)
       || profile_member(reader, from, "error_pages", PAGES_MAX, &curve.error_pages)
       || profile_member(reader, from, "peak_pages", PAGES_MAX, &curve.peak_pages)
       || profile_member(reader, from, "first_touches", COUNT_MAX,
                         &curve.first_touches)
       || read_sizes(reader, json_object_get(from, "points"), &curve)) {
      free(curve.sizes);
      return -1;
   }
   free(reader->run->pressure.curve.sizes);
   reader->run->pressure.curve = curve;
   return 0;
}

/* ---- distances ---- */

int
profile_add_distance(struct profile_reader *reader, uint32_t position,
                     int64_t bucket, int64_t n)
{
   struct vmt_profile *profile = reader->profile;
   uint32_t at = profile->charges[position].first_distance;

   if (profile_bounds(reader, "a bucket", 0, VMT_DISTANCE_BUCKETS - 1, bucket)
       || profile_bounds(reader, "touches", 0, COUNT_MAX, n))
      return -1;
   while (at && profile->distances[at].event != (uint32_t) bucket)
      at = profile->distances[at].next;
   if (profile->phase)
      return 0;
   if (at)
      return profile_add(reader, &profile->distances[at].value, n);
   if (profile->n_distances >= UINT32_MAX)
      return profile_complain(reader, "too many distances");
   profile->distances = vmt_grow(profile->distances, profile->n_distances,
                                 &profile->distance_capacity,
                                 sizeof *profile->distances);
   profile->distances[profile->n_distances] = (struct vmt_profile_count){
      profile->charges[position].first_distance, (uint32_t) bucket, n
   };
   profile->charges[position].first_distance = (uint32_t) profile->n_distances++;
   return 0;
}

int
profile_read_distances(struct profile_reader *reader, json_t *record)
{
   json_t *of = json_object_get(record, "d"), *list = json_object_get(record, "b");
   json_t *pair;
   int64_t to[3], touches[2];
   uint32_t charge;
   size_t i;

   if (!json_is_array(list))
      return profile_complain(reader, "damaged: b is not a list");
   if (profile_numbers(reader, of, "d", 3, INT64_MAX, to)
       || profile_charge_position(reader, to[0], to[1], to[2], &charge))
      return -1;
   json_array_foreach(list, i, pair)
      if (profile_numbers(reader, pair, "a bucket", 2, INT64_MAX, touches)
          || profile_add_distance(reader, charge, touches[0], touches[1]))
         return -1;
   return 0;
}

/* ---- whose pages ---- */

int
profile_read_owners(struct profile_reader *reader, const json_t *list,
                    const char *what, struct vmt_page_owners *owners)
{
   struct vmt_page_owners read;
   int64_t of[4];

   read.owners = list_of(reader, list, what, sizeof *read.owners, &read.n);
   if (!read.owners)
      return -1;
   for (size_t i = 0; i < read.n; i++)
      if (profile_numbers(reader, json_array_get(list, i), what, 4, INT64_MAX, of)
          || profile_bounds(reader, "pages", 0, PAGES_MAX, of[3])
          || profile_charge_position(reader, of[0], of[1], of[2],
                                     &read.owners[i].charge)) {
         free(read.owners);
         return -1;
      } else
         read.owners[i].n_pages = of[3];
   free(owners->owners);
   *owners = read;
   return 0;
}

int
profile_read_peak_owners(struct profile_reader *reader, json_t *record)
{
   return profile_read_owners(reader, json_object_get(record, "peak_pages_of"),
                              "peak_pages_of", &reader->run->pressure.peak);
}

int
profile_read_idle(struct profile_reader *reader, json_t *record)
{
   const json_t *idle = json_object_get(record, "idle");
   int64_t n_windows;

   if (profile_member(reader, idle, "windows", COUNT_MAX, &n_windows)
       || profile_read_owners(reader, json_object_get(idle, "of"), "idle",
                              &reader->run->pressure.idle))
      return -1;
   reader->run->pressure.idle_windows = n_windows;
   return 0;
}

/* ---- the working set ---- */

static int
read_window(struct profile_reader *reader, const json_t *array,
            int64_t first_window, struct vmt_window_sample *sample)
{
   int64_t at[6];

   if (profile_numbers(reader, array, "a sample of windows", 6, COUNT_MAX, at)
       || profile_bounds(reader, "a first window", first_window, COUNT_MAX, at[0])
       || profile_bounds(reader, "a number of windows", 1, COUNT_MAX, at[1])
       || profile_bounds(reader, "the most pages", at[2], PAGES_MAX, at[3])
       || profile_bounds(reader, "a sample's peak", at[0], at[0] + at[1] - 1, at[4]))
      return -1;
   *sample = (struct vmt_window_sample){ at[0], at[1], at[2], at[3], at[4], at[5] };
   return 0;
}

static int
read_windows(struct profile_reader *reader, const json_t *from,
             struct vmt_windows *windows)
{
   const json_t *list = json_object_get(from, "samples");
   const json_t *peak = json_object_get(from, "peak");
   int64_t next = 1;

   if (profile_member(reader, from, "instrs", COUNT_MAX, &windows->instrs)
       || profile_bounds(reader, "a window's length", 1, COUNT_MAX, windows->instrs)
       || profile_member(reader, peak, "window", COUNT_MAX, &windows->peak_window)
       || profile_member(reader, peak, "pages", PAGES_MAX, &windows->peak_pages))
      return -1;
   windows->samples = list_of(reader, list, "samples", sizeof *windows->samples,
                              &windows->n_samples);
   if (!windows->samples)
      return -1;
   for (size_t i = 0; i < windows->n_samples; i++) {
      struct vmt_window_sample *sample = &windows->samples[i];

      if (read_window(reader, json_array_get(list, i), next, sample))
         return -1;
      next = sample->first_window + sample->n_windows;
   }
   return 0;
}

int
profile_read_windows(struct profile_reader *reader, json_t *record)
{
   struct vmt_windows windows = { .samples = NULL };

   if (read_windows(reader, json_object_get(record, "windows"), &windows)) {
      free(windows.samples);
      return -1;
   }
   free(reader->run->pressure.windows.samples);
   reader->run->pressure.windows = windows;
   return 0;
}

/* ---- the timeline ---- */

static int
read_columns(struct profile_reader *reader, const json_t *list,
             struct vmt_timeline *timeline)
{
   size_t n = json_array_size(list);

   if (n == 0 || n > COLUMNS_MAX)
      return profile_complain(reader, "damaged: the timeline's columns");
   timeline->columns = vmt_calloc(n, sizeof *timeline->columns);
   for (size_t i = 0; i < n; i++) {
      if (take_name(reader, json_array_get(list, i), timeline->columns[i]))
         return -1;
      if (vmt_timeline_column(timeline, timeline->columns[i]) >= 0)
         return profile_complain(reader, "damaged: a column that is there twice");
      timeline->n_columns++;
   }
   if (strcmp(timeline->columns[0], "instrs") != 0)
      return profile_complain(reader, "damaged: a timeline without instrs");
   return 0;
}

static int
read_samples(struct profile_reader *reader, const json_t *list,
             struct vmt_timeline *timeline)
{
   size_t n_columns = timeline->n_columns;
   int64_t before = 0;

   timeline->values = list_of(reader, list, "samples",
                              n_columns * sizeof *timeline->values,
                              &timeline->n_samples);
   if (!timeline->values)
      return -1;
   for (size_t i = 0; i < timeline->n_samples; i++) {
      int64_t *values = timeline->values + i * n_columns;

      if (profile_numbers(reader, json_array_get(list, i), "a sample", n_columns,
                          COUNT_MAX, values)
          || profile_bounds(reader, "a sample's instrs", before, COUNT_MAX,
                            values[0]))
         return -1;
      before = values[0];
   }
   return 0;
}

int
profile_read_timeline(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "timeline");
   struct vmt_timeline timeline = { .values = NULL };

   if (read_columns(reader, json_object_get(from, "columns"), &timeline)
       || read_samples(reader, json_object_get(from, "samples"), &timeline)) {
      free(timeline.columns);
      free(timeline.values);
      return -1;
   }
   free(reader->run->pressure.timeline.columns);
   free(reader->run->pressure.timeline.values);
   reader->run->pressure.timeline = timeline;
   return 0;
}
