/* What a replacement policy is to replacement.c; nobody else includes it.

   replacement.c has the frames and which page is in which; a policy keeps the
   order among them.  It is called before frame->page changes.  NULL: nothing to
   do.  A function that returns VMT_NO_MEMORY has changed nothing.  */

#ifndef VMT_MMU_POLICIES_REPLACEMENT_PRIVATE_H
#define VMT_MMU_POLICIES_REPLACEMENT_PRIVATE_H

#include "vmtrace/mmu/policies/replacement.h"

struct vmt_replacement_policy {
   /* Page comes into a free frame.  */
   enum vmt_status (*load)(struct vmt_replacement *memory, uint32_t frame,
                           vmt_vpn page, uint64_t tick);
   /* Page comes into the frame that choose() gave, in place of what is there. */
   enum vmt_status (*replace)(struct vmt_replacement *memory, uint32_t frame,
                              vmt_vpn page, uint64_t tick);
   /* The page of the frame is touched.  */
   enum vmt_status (*hit)(struct vmt_replacement *memory, uint32_t frame,
                          uint64_t tick);
   /* ... was last touched at tick.  */
   enum vmt_status (*refresh)(struct vmt_replacement *memory, uint32_t frame,
                              uint64_t tick, bool *newer);
   /* The candidate is passed over; NULL: a new one is drawn.  */
   void (*pass_over)(struct vmt_replacement *memory, uint64_t tick);
   /* The page of the frame is `to` from now on.  */
   enum vmt_status (*rename)(struct vmt_replacement *memory, uint32_t frame,
                             vmt_vpn to);
   /* The page of the frame is removed.  */
   void (*leave)(struct vmt_replacement *memory, uint32_t frame);
   /* The frame to evict from; all are in use.  */
   uint32_t (*choose)(struct vmt_replacement *memory, uint64_t tick);
};

extern const struct vmt_replacement_policy vmt_replacement_lru;
extern const struct vmt_replacement_policy vmt_replacement_clock;
extern const struct vmt_replacement_policy vmt_replacement_fifo;
extern const struct vmt_replacement_policy vmt_replacement_random;
extern const struct vmt_replacement_policy vmt_replacement_opt;

static inline struct vmt_frame *
vmt_replacement_frame(const struct vmt_replacement *memory, uint32_t frame)
{
   return vmt_vector_at(&memory->frames, frame);
}

#endif
