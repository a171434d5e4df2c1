/* What the parts of `vmtrace timeline` share.  */

#ifndef VMT_CLI_TIMELINE_H
#define VMT_CLI_TIMELINE_H

#include "vmtrace/cli/memory_view.h"

struct vmt_timeline_view {
   struct vmt_memory_view memory;
   const struct vmt_pressure *pressure;
   bool wants_peak, wants_idle, wants_windows;
   bool by_given;
   int peak_event, idle_event;  /* WsPages, IdleBytes */
};

/* Makes the view's table one of an event, by line or by area unless --by said
   what.  */
void vmt_timeline_choose(struct vmt_timeline_view *view, int event, enum vmt_by by);

int64_t vmt_timeline_pages(const struct vmt_page_owners *owners);

void vmt_timeline_text(struct vmt_timeline_view *view, const struct vmt_output *out);
void vmt_timeline_json(struct vmt_timeline_view *view, FILE *file);
void vmt_timeline_csv(struct vmt_timeline_view *view, FILE *file);

/* The charts.  */
void vmt_timeline_draw(const struct vmt_timeline_view *view,
                       const struct vmt_output *out);

#endif
