/* Calls from translated code that cost nothing where they are not made.

   Valgrind's register allocator takes it that a call destroys all registers the
   C ABI lets it destroy, and keeps their contents in memory around each check,
   whether the call is made or not.  This stub keeps every register but r11, and
   the allocator is told so (its question, what an instruction writes, is
   wrapped at link time).  Where the core cannot be wrapped, nothing is told,
   and all else stays as it is.  */

#ifndef VMT_TOOL_CALL_STUB_H
#define VMT_TOOL_CALL_STUB_H

#include "vmtrace/tool/valgrind.h"

struct segment_group;

/* Calls charge_group_quick(group, base, guest state), which must not use vector
   registers, and if that returns False charge_group_miss() with the same:
   translated code keeps the address of the guest state in rbp.  */
void call_stub_group_miss(const struct segment_group *group, Addr base);

/* The same with charge_fetch_quick(fetch) and charge_fetch_miss(fetch, 0, guest
   state).  */
struct segment_fetch;
void call_stub_fetch_miss(const struct segment_fetch *fetch);

/* Call charge_deadline(0), charge_deadline(tick).  */
void call_stub_deadline(void);
void call_stub_late_deadline(Long tick);

/* The same with heap_return_quick(, , guest state) and heap_return().  */
void call_stub_heap_return(void);

#endif
