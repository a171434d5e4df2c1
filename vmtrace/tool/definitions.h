/* What the profile's records name by an id, each before the first that does: objects,
   areas, frames and call stacks.  Only those that some record names.  */

#ifndef VMT_TOOL_DEFINITIONS_H
#define VMT_TOOL_DEFINITIONS_H

#include "vmtrace/tool/json_out.h"

/* A profile begins: it has none.  */
void definitions_start_anew(struct json_out *out);

/* Areas, and the stacks of all charges.  */
void definitions_write(void);

void definitions_object(UInt object);

/* Before a record that names the stack, unless a charge has it.  */
void definitions_stack(UInt stack);

#endif
