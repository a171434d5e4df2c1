/* What the parts of `vmtrace curve` share.

   Sizes are those of the curve's own points: one that is asked for stands for the
   largest point that is not above it.  */

#ifndef VMT_CLI_CURVE_H
#define VMT_CLI_CURVE_H

#include "vmtrace/cli/memory_view.h"

/* With how many more faults than first touches a size is said to be enough.  */
#define VMT_CURVE_NEED_PERCENT 10

struct vmt_curve_asked {
   const char *text;            /* as it was given */
   int64_t bytes;
   const struct vmt_curve_size *size;   /* NULL: the curve does not know */
};

/* Touches that fault with RAM of size `to` and not with `from`.  Whose they are is
   known in buckets of distances: all of these touches are in the buckets between
   low_pages and high_pages.  */
struct vmt_curve_span {
   struct vmt_curve_asked from, to;
   int64_t low_pages, high_pages;
   int64_t n_charged;           /* touches in the buckets */
   int64_t n_uncharged;         /* touches that are of no charge; -1: not known */
};

struct vmt_curve_view {
   struct vmt_memory_view memory;       /* first: find and print are given it */
   const struct vmt_curve *curve;
   const struct vmt_curve_size *last, *need, *knee;     /* knee: may be NULL */
   const struct vmt_curve_size *had;    /* this run's --ram; NULL: it had no limit,
                                           or none that the curve knows */
   struct vmt_curve_asked *asked;
   size_t n_asked;
   bool has_span;               /* then the table is what is shown */
   struct vmt_curve_span span;
};

/* Whether the curve is exact enough to speak of a size.  */
bool vmt_curve_knows(const struct vmt_curve_view *view,
                     const struct vmt_curve_size *size);

/* --from (NULL: the peak) and --to: finds the span and makes the table of whose
   it is.  0, or 2 after complaining.  */
int vmt_curve_find_span(struct vmt_curve_view *view, const char *from,
                        const char *to);

void vmt_curve_text(const struct vmt_curve_view *view, const struct vmt_output *out);
void vmt_curve_json(const struct vmt_curve_view *view, FILE *file);
void vmt_curve_csv(const struct vmt_curve_view *view, FILE *file);

/* The drawing; the last lines, which say how much memory it takes.  */
void vmt_curve_draw(const struct vmt_curve_view *view, const struct vmt_output *out);
void vmt_curve_answer(const struct vmt_curve_view *view,
                      const struct vmt_output *out);

/* An option's size.  0, or 2 after complaining.  */
int vmt_curve_take_size(const struct vmt_curve_view *view, const char *option,
                        const char *text, struct vmt_curve_asked *asked);

#endif
