/* What sharing cost: the copies that a process made of frames which another one of its
   run still had.

   A write to a frame that others have too is a ForkCow fault: the writer gets a copy.
   Each is put down to one other process that had the frame: the child that was forked
   last of those that had it, else the parent, else another one.  So what a child cost
   its parent is what the parent copied "with" it.

   Units: pages of 4 KiB.  Cost: in proportion to the records of it.  */

#ifndef VMT_HOST_COPIES_H
#define VMT_HOST_COPIES_H

#include "vmtrace/host/profile.h"

enum vmt_copies_with {
   VMT_COPIES_WITH_CHILD,
   VMT_COPIES_WITH_PARENT,
   VMT_COPIES_WITH_OTHER,
   VMT_COPIES_WITH_UNKNOWN
};

/* Copies of a process with another one.  */
struct vmt_copies_pair {
   uint32_t process;            /* who copied */
   uint32_t other;              /* VMT_NO_PROCESS: not known, or not given */
   int64_t other_id;            /* in the run; 0: not known */
   enum vmt_copies_with with;
   int64_t n_pages;
   struct vmt_pages_of *of;     /* by charge */
   size_t n_of;
};

struct vmt_copies {
   struct vmt_copies_pair *pairs;       /* the most pages first */
   size_t n;
   struct vmt_pages_of *all;
};

struct vmt_copies vmt_copies_find(const struct vmt_profile *profile);
void vmt_copies_free(struct vmt_copies *copies);

#endif
