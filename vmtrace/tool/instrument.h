/* Adds the checks of the filter, the clock and the counters to a superblock.  */

#ifndef VMT_TOOL_INSTRUMENT_H
#define VMT_TOOL_INSTRUMENT_H

#include "vmtrace/tool/valgrind.h"

IRSB *instrument_block(VgCallbackClosure *closure, IRSB *in,
                       const VexGuestLayout *layout,
                       const VexGuestExtents *extents, const VexArchInfo *host,
                       IRType guest_word, IRType host_word);

#endif
