/* What the parts of `vmtrace export` share.  */

#ifndef VMT_CLI_EXPORT_H
#define VMT_CLI_EXPORT_H

#include <stdio.h>

#include "vmtrace/cli/report_options.h"
#include "vmtrace/host/ledger.h"

struct vmt_export {
   struct vmt_report_options options;
   struct vmt_report_input input;
   struct vmt_event_list events;        /* the columns */
   int sort;
};

/* Comma-separated values as RFC 4180 has them: a row of names, then a row for
   each source line.  */
void vmt_export_csv(const struct vmt_export *export, FILE *file);

/* Callgrind's format, version 1, as Valgrind's manual describes it.  */
void vmt_export_callgrind(const struct vmt_export *export, FILE *file);

#endif
