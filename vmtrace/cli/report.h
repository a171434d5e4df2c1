/* What the parts of `vmtrace report` share.  */

#ifndef VMT_CLI_REPORT_H
#define VMT_CLI_REPORT_H

#include "vmtrace/cli/report_options.h"
#include "vmtrace/host/ledger.h"

struct vmt_report {
   struct vmt_report_options options;
   struct vmt_report_input input;
   enum vmt_by by;
   int sort;                    /* the event that orders */
   struct vmt_event_list events;        /* none: the format's own choice */
   size_t top;                  /* 0: all */
   bool top_given;
};

extern const char *const vmt_by_names[];        /* by enum vmt_by */

/* Both print the whole report.  */
void vmt_report_text(const struct vmt_report *report,
                     const struct vmt_output *out);
void vmt_report_json(const struct vmt_report *report, FILE *file);

/* The part above the table.  */
void vmt_report_text_head(const struct vmt_report *report,
                          const struct vmt_output *out);

/* Lines about what the reader should know: notes of the run, warnings, objects
   without lines.  One call after the other gives the next, to be freed, or
   NULL; *at starts at 0; *label says which it is.  */
char *vmt_report_remark(const struct vmt_profile *profile,
                        const struct vmt_blame *blame, size_t *at,
                        const char **label);

#endif
