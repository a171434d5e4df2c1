/* Charges gathered by the source line that is to blame: the innermost frame in
   the program's own code, or the innermost of all where every frame is in a
   system library.  From Valgrind's own debug information, for the summary; the
   reports look lines up by themselves.  */

#ifndef VMT_TOOL_BLAME_H
#define VMT_TOOL_BLAME_H

#include "vmtrace/tool/valgrind.h"

#include "vmtrace/mmu/machine/events.h"

struct blame_line {
   HChar *where;                /* "build (table.c:42)" */
   HChar *via;                  /* "memset (libc.so.6)", or NULL */
   ULong via_faults;            /* of the charge that `via` is of */
   ULong own_faults;            /* made by the line itself */
   ULong counts[VMT_N_EVENTS];
   ULong n_faults;
};

/* All lines; *n of them, in no order.  */
struct blame_line *blame_lines(UInt *n);

#endif
