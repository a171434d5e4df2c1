/* What a report says of pages that one thread touched first and others use; the numbers
   are those of docs/THREADS.md.  */

#ifndef VMT_CLI_FIRST_TOUCH_H
#define VMT_CLI_FIRST_TOUCH_H

#include "vmtrace/cli/report.h"

/* Fewer pages than that are not spoken of in text: what starting a thread touches on its
   stack is always its creator's.  */
#define VMT_MISPLACED_WORTH_TELLING 16

/* Whether the text has something to say of first touch; it shows where threads start,
   which takes a blame with whole_stacks.  */
bool vmt_first_touch_is_worth_telling(const struct vmt_profile *profile);

/* The section of a report: as text, or nothing; as a member of JSON with a comma before
   it.  */
void vmt_first_touch_text(const struct vmt_report *report, const struct vmt_output *out);
void vmt_first_touch_json(const struct vmt_report *report, FILE *file);

#endif
