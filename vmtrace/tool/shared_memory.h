/* Memory that the processes of a run share: one mapping of a file without a name, at the
   same address in all of them, so that there may be pointers in it.

   It begins with what they have in common (mmu/mechanisms/common.h); with limited memory
   there is room for that after it.  Most of it is never touched, and takes nothing but
   addresses.  The file goes when the last process does.

   Its place in the address space is kept free from the start.  The core is told that the
   mapping is Valgrind's own: the program cannot unmap or change it.  */

#ifndef VMT_TOOL_SHARED_MEMORY_H
#define VMT_TOOL_SHARED_MEMORY_H

#include "vmtrace/tool/valgrind.h"

#include "vmtrace/mmu/mechanisms/common.h"

/* [SHARED_MEMORY_START, shared_memory_end()): nothing of the program's is placed there.  */
#define SHARED_MEMORY_START 0x1100000000ul
Addr shared_memory_end(void);

/* At the start of each image.  */
void shared_memory_reserve(void);

/* A new one, of a run that gets this id; its descriptor, or -1 and why not.  */
Int shared_memory_make(ULong run, const HChar **why);

/* The one that is behind a descriptor.  */
Bool shared_memory_adopt(Int fd, const HChar **why);

/* The program has limited its addresses since, and wants them more.  With limited memory it
   has to do without.  */
Bool shared_memory_is_in_the_way(void);
void shared_memory_unmap(void);
#define SHARED_MEMORY_LIMITED "addresses are limited (ulimit -v)"

/* NULL: there is none.  */
struct vmt_common *shared_memory_common(void);

/* The room for limited memory.  */
void *shared_memory_arena(SizeT *bytes);

#endif
