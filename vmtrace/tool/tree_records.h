/* Records of the processes of a run: docs/PROFILE.md.  */

#ifndef VMT_TOOL_TREE_RECORDS_H
#define VMT_TOOL_TREE_RECORDS_H

#include "vmtrace/tool/json_out.h"
#include "vmtrace/tool/valgrind.h"

/* A child of this id is about to be forked; in the parent it has been.  place 0: it has
   none.  */
void tree_records_before_fork(ThreadId tid, UInt id, Bool is_vfork);
void tree_records_after_fork(Int pid, UInt place);

/* Whether a child is gone that had no time to leave its place.  */
Bool tree_records_after_wait(UInt number, SysRes result);

/* In the child of a fork.  */
void tree_records_start_anew(void);

/* Pages copied since the last time, after the stacks; or they do not count.  */
void tree_records_write_copies(struct json_out *file);
void tree_records_forget_copies(void);

/* What else is new; and the last thing before the end.  */
void tree_records_write(struct json_out *file);
void tree_records_write_last(struct json_out *file);

/* How much is resident now: why is "snapshot" if the user asked for it, by this name.  */
void tree_write_resident(struct json_out *file, const HChar *why, const HChar *name);

#endif
