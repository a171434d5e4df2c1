/* Records of what the program, or who watches it, has asked for: phase, phases,
   counting, reset, snapshot.  All counts before such a record are in the profile
   already: profile_additions().  */

#ifndef VMT_TOOL_MARK_RECORDS_H
#define VMT_TOOL_MARK_RECORDS_H

#include "vmtrace/tool/json_out.h"

void mark_records_phase(struct json_out *out, const HChar *name, Bool is_begin);
void mark_records_counting(struct json_out *out);
void mark_records_reset(struct json_out *out);

/* The sums of all phases, if there are any.  */
void mark_records_phases(struct json_out *out);

/* The totals so far, under a name; after a number of them, which a note tells, no
   more.  */
void mark_records_snapshot(const HChar *name);

/* At the start of a profile: what is open, or off, already.  */
void mark_records_start(struct json_out *out);

#endif
