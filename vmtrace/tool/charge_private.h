/* What the two files of charge.h share.  */

#ifndef VMT_TOOL_CHARGE_PRIVATE_H
#define VMT_TOOL_CHARGE_PRIVATE_H

#include "vmtrace/tool/charge.h"

#include "vmtrace/mmu/machine/machine.h"

/* Charges the outcome; to what, or VMT_NO_CHARGE where it is excluded.  */
uint32_t charge_to(const struct vmt_outcome *outcome, UInt stack, UInt thread,
                   UInt site);

/* The same for an access at addr.  */
uint32_t charge_access(const struct vmt_outcome *outcome, UInt stack, UInt thread,
                       Addr addr);

#endif
