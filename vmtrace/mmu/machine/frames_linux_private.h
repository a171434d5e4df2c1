/* What the two files of frames.h that are of the kernel's policy share.  */

#ifndef VMT_MMU_MACHINE_FRAMES_LINUX_PRIVATE_H
#define VMT_MMU_MACHINE_FRAMES_LINUX_PRIVATE_H

#include "vmtrace/mmu/machine/frames.h"
#include "vmtrace/mmu/machine/machine.h"

static inline void
vmt_linux_note(struct vmt_frames *frames, enum vmt_status status)
{
   frames->no_memory |= status != VMT_OK;
}

/* vma_has_recency, the other way round.  */
static inline bool
vmt_linux_has_no_recency(const struct vmt_area *area)
{
   return (area->flags & (VMT_AREA_SEQ_READ | VMT_AREA_RAND_READ)) != 0;
}

/* Brings the kernel's clock up to date.  */
void vmt_linux_pass_time(struct vmt_machine *machine);

/* Does to the page table what reclaim has done.  */
void vmt_linux_take_events(struct vmt_machine *machine);

/* A fault in the area asks for a page; and what comes of that is done.  */
void vmt_linux_ask(struct vmt_machine *machine, const struct vmt_area *area,
                   struct vmt_reclaim_request *request,
                   struct vmt_reclaim_result *result);

#endif
