/* Groups of accesses that straddle pages over and over, and where to cut them.

   A group shares one check as long as it lies on one page.  Where a hot frame
   or structure happens to lie across the end of a page, its groups miss their
   check at every execution, and are looked up access by access.  Where that
   pays, such a group gets a cut: the offset from its base at which the page
   ended.  The code is translated again, and the planner makes two groups of it,
   one each side.  Any grouping counts the same, so nothing but time depends on
   cuts.

   A group is known by its first access's instruction.  After a few cuts at
   different offsets its accesses share no more.  Cuts are for good; they may
   outlive the code, and do no harm then.  */

#ifndef VMT_TOOL_CUTS_H
#define VMT_TOOL_CUTS_H

#include "vmtrace/tool/valgrind.h"

struct segment_group;

void cuts_init(void);

/* The group, off this base, lies on two pages.  */
void cuts_note_straddle(const struct segment_group *group, Addr base);

/* Whether no group whose first access is made at pc may span the offsets
   [low, high).  */
Bool cuts_forbid(Addr pc, Long low, Long high);

#endif
