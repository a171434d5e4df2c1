/* What the parts of `vmtrace timeline` share.  */

#ifndef VMT_CLI_TIMELINE_H
#define VMT_CLI_TIMELINE_H

#include "vmtrace/cli/memory_view.h"
#include "vmtrace/cli/pressure.h"

struct vmt_timeline_view {
   struct vmt_memory_view memory;       /* first: find and print are given it */
   const struct vmt_pressure *pressure;
   struct vmt_thrashing thrashing;
   bool wants_peak, wants_idle, wants_windows, wants_evicted, wants_thrash;
   bool by_given;
   int peak_event, idle_event, evicted_event;   /* WsPages, IdleBytes, EvictedPages */
   int thrash_event;            /* the profile's own; -1: it has none */
};

/* Makes the view's table one of an event, by line or by area unless --by said
   what.  */
void vmt_timeline_choose(struct vmt_timeline_view *view, int event, enum vmt_by by);

/* Whether a table was asked for instead of the charts.  */
static inline bool
vmt_timeline_wants_table(const struct vmt_timeline_view *view)
{
   return view->wants_peak || view->wants_idle || view->wants_windows
          || view->wants_evicted || view->wants_thrash;
}

int64_t vmt_timeline_pages(const struct vmt_page_owners *owners);
int64_t vmt_timeline_total(const struct vmt_timeline_view *view, int event);

void vmt_timeline_text(struct vmt_timeline_view *view, const struct vmt_output *out);
void vmt_timeline_json(struct vmt_timeline_view *view, FILE *file);
void vmt_timeline_csv(struct vmt_timeline_view *view, FILE *file);

/* The charts.  */
void vmt_timeline_draw(const struct vmt_timeline_view *view,
                       const struct vmt_output *out);

#endif
