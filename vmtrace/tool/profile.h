/* The profile on its way to the file: docs/PROFILE.md.

   Opened at the start and appended to; everything that is defined or counted
   since the last time is written by profile_checkpoint().  If the file cannot
   be opened or written, that is said once and the run goes on without.  */

#ifndef VMT_TOOL_PROFILE_H
#define VMT_TOOL_PROFILE_H

#include "vmtrace/tool/json_out.h"

/* Opens the file and writes the header.  */
void profile_open(void);

void profile_checkpoint(void);

/* Where records go; nowhere if there is no file.  The second one writes all that was
   counted so far first, but for distances of touches: a look at all of them takes too
   long for a mark.  */
struct json_out *profile_out(void);
struct json_out *profile_additions(void);

/* Totals so far, as members of an object.  */
void profile_write_totals(void);

/* What was written so far is in the file.  */
void profile_flush(void);

/* A profile of all so far, which is complete, to another file; False: why not.  The
   program's own goes on.  */
Bool profile_copy_to(const HChar *path, HChar *why, UInt why_bytes);

/* Something the reader of a report must know.  */
void profile_note(const HChar *text);

/* exit_group(status) was called; or a thread ends with this status, which is the
   program's if no other shows that it lives on.  Else the end is put down to a
   signal.  */
void profile_note_exit(Int status, Bool whole_program);
void profile_note_life(void);

/* execve is about to be tried: if it works nobody is left to write the end, so
   it is written now, and taken back if it fails.  */
void profile_before_exec(const HChar *path);
void profile_after_failed_exec(void);

/* The child after a fork writes a profile of its own.  */
void profile_reopen_in_child(void);

/* The last checkpoint and the end.  */
void profile_close(void);

/* After that: this is the signal that ended the program, if one did.  */
void profile_correct_signal(Int signal);

/* Where it is, or NULL when there is none.  */
const HChar *profile_path(void);

#endif
