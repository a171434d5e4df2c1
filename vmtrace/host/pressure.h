/* What a run's profile says of its memory: faults at every size of RAM, the
   working set, how memory grew, and what became of a limit on it.

   The curve holds what an LRU memory of each size would fault: the first touch
   of each page, and every touch whose stack distance (how many pages were
   touched since, this one included) is beyond the size.  So it never rises with
   RAM, and its last point, the peak, has first touches alone.  In fast mode a
   size is right to within error_pages.

   Units: pages of 4 KiB, instructions; windows of the working set are counted
   from 1 and are `instrs` long each.  Numbers are checked by the reader: none is
   negative, sizes and times rise, faults do not.  An array that is NULL was not
   in the profile.  Owns its arrays; charges are positions in the profile.  */

#ifndef VMT_HOST_PRESSURE_H
#define VMT_HOST_PRESSURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmt_curve_size {
   int64_t ram_pages, n_faults;
};

struct vmt_curve {
   char mode[33];               /* "fast", "exact"; "": not in the profile */
   int64_t error_pages;         /* 0: exact */
   int64_t peak_pages, first_touches;
   struct vmt_curve_size *sizes;        /* NULL: or no page was touched */
   size_t n_sizes;
};

/* Some windows of the working set: the fewest and the most pages of one, which
   was the first with the most, and the sum over all.  */
struct vmt_window_sample {
   int64_t first_window, n_windows, min_pages, max_pages, max_window, sum_pages;
};

struct vmt_windows {
   int64_t instrs;              /* of one window */
   int64_t peak_window, peak_pages;
   struct vmt_window_sample *samples;
   size_t n_samples;
};

/* Whose pages: the charge that made them resident.  */
struct vmt_pages_of {
   uint32_t charge;
   int64_t n_pages;
};

struct vmt_page_owners {
   struct vmt_pages_of *owners;
   size_t n;
};

/* Samples of columns that the profile names; the first is `instrs`.  Counters
   are totals so far.  */
struct vmt_timeline {
   char (*columns)[33];
   int64_t *values;             /* n_columns a sample */
   size_t n_columns, n_samples;
};

/* When the machine had no page left to give; the run went on, without a limit.  */
struct vmt_oom {
   bool happened;
   uint32_t charge;             /* who asked */
   int64_t instrs;
   int64_t resident_pages, table_pages, swap_used_pages;  /* -1: not known */
   struct vmt_page_owners owners;       /* what held the memory: the most of them */
};

/* The machine's memory.  */
struct vmt_limit {
   bool has_ram, has_swap;      /* whether there is a limit; of swap, 0: none */
   int64_t ram_bytes, swap_bytes;
   char reclaim[33];            /* "linux", ...; "": not known */
   int64_t swap_latency_us;     /* what a page from a device is said to take */
};

struct vmt_pressure {
   struct vmt_curve curve;
   struct vmt_windows windows;
   struct vmt_page_owners peak;         /* of the working set's peak */
   struct vmt_page_owners idle;         /* untouched for idle_windows at the end */
   int64_t idle_windows;
   struct vmt_timeline timeline;
   struct vmt_oom oom;
   struct vmt_limit limit;
   bool has_evicted;            /* the charges' evicted_pages were told */
};

void vmt_pressure_free(struct vmt_pressure *pressure);

/* ---- the curve ---- */

/* The smallest size at which the curve means something: in fast mode touches of
   less distance are not all seen.  At most the peak.  */
int64_t vmt_curve_first_pages(const struct vmt_curve *curve);

/* The largest size of the curve that is not above ram_pages, or NULL when it
   begins above.  From the peak on it is the peak.  */
const struct vmt_curve_size *vmt_curve_at(const struct vmt_curve *curve,
                                          int64_t ram_pages);

/* The smallest size from vmt_curve_first_pages() on with at most percent more
   faults than first touches.  */
const struct vmt_curve_size *vmt_curve_need(const struct vmt_curve *curve,
                                            int percent);

/* The smallest size from vmt_curve_first_pages() on that has at most n_refaults:
   faults beyond those of the peak.  */
const struct vmt_curve_size *vmt_curve_enough(const struct vmt_curve *curve,
                                              int64_t n_refaults);

/* The bend below which faults soar: where the curve, with faults on a
   logarithmic scale, lies farthest below the straight line between its ends
   ("Kneedle": Satopaa, Albrecht, Irwin, Raghavan, "Finding a Kneedle in a
   haystack: detecting knee points in system behavior", ICDCS workshops 2011; the
   curve is exact, so that it takes no smoothing, and the largest of its bends is
   the one).  NULL for a curve that has none: all sizes fault alike, or nowhere
   does it lie below that line.  */
const struct vmt_curve_size *vmt_curve_knee(const struct vmt_curve *curve);

/* ---- over time ---- */

/* The instructions before a window.  */
static inline int64_t
vmt_window_start(const struct vmt_windows *windows, int64_t window)
{
   int64_t start;

   return __builtin_mul_overflow(window - 1, windows->instrs, &start) ? INT64_MAX
          : start;
}

/* A column's position, or -1.  */
int vmt_timeline_column(const struct vmt_timeline *timeline, const char *name);

static inline int64_t
vmt_timeline_value(const struct vmt_timeline *timeline, size_t sample, int column)
{
   return timeline->values[sample * timeline->n_columns + (size_t) column];
}

#endif
