/* What is in files that are mapped: their size, which pages of a tmpfs file there
   are, and which pages of a file on a device are clean.

   Only this process's own system calls are followed; what another process does to
   a file is seen when the file is mapped the next time, or when the program reaches
   beyond the end that is known (objects_refresh_size); which pages of memory there
   are that processes share since a fork is asked for at each read fault
   (objects_become_shared).  Pages that fallocate
   makes are not up to date before they are touched, so they count as not there,
   as for fault-around.  */

#ifndef VMT_TOOL_CONTENTS_H
#define VMT_TOOL_CONTENTS_H

#include "vmtrace/tool/valgrind.h"

/* Object id is the regular file behind fd, about to be mapped.  */
void contents_learn(UInt id, const struct vg_stat *st, Int fd);

/* A system call of tid has succeeded.  */
void contents_after_call(ThreadId tid, UInt number, const UWord *args,
                         UWord result);

#endif
