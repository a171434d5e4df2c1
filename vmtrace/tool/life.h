/* Who is alive: a lock for each place, on the file that the processes of a run share.

   A lock belongs to a description of the file (F_OFD_SETLK) that one process alone has
   open, close-on-exec: the kernel lets it go when that process executes another program
   or ends, however it ends.  Descriptions are above the program's descriptors.  */

#ifndef VMT_TOOL_LIFE_H
#define VMT_TOOL_LIFE_H

#include "vmtrace/tool/valgrind.h"

/* Another description of the file behind fd; -1: none can be had.  */
Int life_open(Int fd);

/* fd itself, moved there; it is closed in any case.  */
Int life_move(Int fd);

/* Closed, if it is memory: the program has no business with it.  */
void life_drop(Int fd);

void life_set_inherited(Int fd, Bool inherited);

/* Whether the place could be had, and whether somebody else has it.  */
Bool life_take(Int fd, UInt place);
void life_give_back(Int fd, UInt place);
Bool life_is_taken(Int fd, UInt place);

#endif
