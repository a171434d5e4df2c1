/* The profile on its way to the file: docs/PROFILE.md.

   Opened at the start and appended to; everything that is defined or counted
   since the last time is written by profile_checkpoint().  If the file cannot
   be opened or written, that is said once and the run goes on without.  */

#ifndef VMT_TOOL_PROFILE_H
#define VMT_TOOL_PROFILE_H

#include "vmtrace/tool/valgrind.h"

/* Opens the file and writes the header.  */
void profile_open(void);

void profile_checkpoint(void);

/* Something the reader of a report must know.  */
void profile_note(const HChar *text);

/* exit_group(status) was called; else the end is put down to a signal.  */
void profile_note_exit(Int status);

/* execve is about to be tried: if it works nobody is left to write the end, so
   it is written now, and taken back if it fails.  */
void profile_before_exec(const HChar *path);
void profile_after_failed_exec(void);

/* The child after a fork writes a profile of its own.  */
void profile_reopen_in_child(void);

/* The last checkpoint and the end.  */
void profile_close(void);

/* Where it is, or NULL when there is none.  */
const HChar *profile_path(void);

#endif
