/* Phases, snapshots and what was not counted, in a report and a timeline.  */

#ifndef VMT_CLI_PHASES_H
#define VMT_CLI_PHASES_H

#include "vmtrace/cli/report.h"

/* Of a report of one phase: what it is of, above the totals.  */
void vmt_phases_text_head(const struct vmt_report *report, const struct vmt_output *out);

/* The sections; nothing where nothing was marked.  */
void vmt_phases_text(const struct vmt_report *report, const struct vmt_output *out);

/* A comma and the members; the marks of one run, as its timeline has them.  */
void vmt_phases_json(const struct vmt_report *report, FILE *file);
void vmt_phases_json_marks(const struct vmt_marks *marks, FILE *file);

/* Whether there is the phase that the options ask for.  0, or 2 after complaining.  */
int vmt_phases_check(const struct vmt_profile *profile,
                     const struct vmt_report_options *options);

#endif
