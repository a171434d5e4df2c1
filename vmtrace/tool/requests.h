/* What the program asks for by include/vmtrace/vmtrace.h, and whoever watches it by
   monitor commands.  */

#ifndef VMT_TOOL_REQUESTS_H
#define VMT_TOOL_REQUESTS_H

#include "vmtrace/tool/valgrind.h"

/* Names of phases and snapshots are cut to so many bytes.  */
#define REQUESTS_NAME_BYTES 200

void requests_init(void);

#endif
