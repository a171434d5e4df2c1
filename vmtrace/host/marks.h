/* What a program, or who watched it, has marked in its run: phases, snapshots, and
   what was not to be counted.

   A phase's sums are those of the profile's `phases` record.  A profile that is cut
   short has them up to its last checkpoint, or not at all: known is false then.

   Times are instructions of the process, from 0.  Owns its arrays; names are kept by
   the profile, equal ones being the same pointer.  */

#ifndef VMT_HOST_MARKS_H
#define VMT_HOST_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/events.h"
#include "vmtrace/host/family.h"

struct vmt_profile;

struct vmt_phase {
   const char *name;
   bool known;
   bool is_open;                /* when the profile ends */
   bool has_begun;              /* by its marks: the reader's */
   int64_t n_entered, n_marked; /* of these times the lines are known */
   int64_t totals[VMT_EVENTS_MAX];      /* Ir, events, and Flt, MinFlt, MajFlt */
};

/* In the order of time; each phase's go begin, end, begin, ...  */
struct vmt_phase_mark {
   uint32_t phase;
   bool is_begin, inherited;
   int64_t instrs;
};

struct vmt_snapshot {
   const char *name;
   int64_t instrs, resident_pages;
   struct vmt_resident resident;
   int64_t totals[VMT_EVENTS_MAX];
};

struct vmt_span {
   int64_t from_instr, to_instr;
};

struct vmt_marks {
   struct vmt_phase *phases;
   struct vmt_phase_mark *phase_marks;
   struct vmt_snapshot *snapshots;
   struct vmt_span *pauses;     /* nothing was counted; INT64_MAX: to the end */
   size_t n_phases, n_phase_marks, n_snapshots, n_pauses;
   bool was_reset;
   int64_t reset_instrs;        /* of the last reset: counts are from there on */

   size_t phase_capacity, phase_mark_capacity, snapshot_capacity, pause_capacity;
};

void vmt_marks_free(struct vmt_marks *marks);

/* The position of a phase of the name, or -1.  */
int vmt_marks_find(const struct vmt_marks *marks, const char *name);

/* All phases of all runs, those of one name as one, in the order of their first
   begin; to be freed.  */
struct vmt_phase *vmt_marks_all_phases(const struct vmt_profile *profile, size_t *n);

#endif
