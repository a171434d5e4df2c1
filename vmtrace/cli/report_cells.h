/* What stands in the cells of a report's table: text that is safe to print, cut
   to a bearable length, to be freed.  */

#ifndef VMT_CLI_REPORT_CELLS_H
#define VMT_CLI_REPORT_CELLS_H

#include "vmtrace/cli/report.h"

/* "ZeroWr", or "ZeroWr 81% FileRd 12%": the two kinds a row has most of.  */
char *vmt_report_kinds(const struct vmt_report *report,
                       const struct vmt_ledger *ledger, uint32_t row);

/* "app.c:12", or "" when the file is not known.  */
char *vmt_report_position(const struct vmt_blame *blame, uint32_t place,
                          bool with_line);

/* A function, with its object where there is no source.  */
char *vmt_report_function(const struct vmt_blame *blame, uint32_t place);

/* Of a site: the line that asked for its memory, and the function, or what it is;
   both in one for a cell beside a place; how long its blocks lived on average.  */
char *vmt_report_site_position(const struct vmt_report *report, uint32_t site);
char *vmt_report_site_function(const struct vmt_report *report, uint32_t site);
char *vmt_report_site(const struct vmt_report *report, uint32_t site);
char *vmt_report_life(const int64_t *site_numbers);

/* "  via memset (libc.so.6)", or "" for UINT32_MAX.  */
char *vmt_report_via(const struct vmt_blame *blame, uint32_t via);

/* "2 worker", a thread of a run.  */
char *vmt_report_thread(const struct vmt_report *report, uint32_t run, uint32_t number);

/* An object, area or thread.  */
char *vmt_report_subject(const struct vmt_report *report,
                         const struct vmt_ledger *ledger, uint32_t row);

#endif
