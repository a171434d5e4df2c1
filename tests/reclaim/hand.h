/* For tests whose numbers are worked out by hand: calls that must go well, and what they
   came to.  */

#ifndef TESTS_RECLAIM_HAND_H
#define TESTS_RECLAIM_HAND_H

#include "vmtrace/mmu/policies/linux_reclaim.h"

#define FIRST_FILE_PAGE 100000

/* n_slots of swap; no time but the device's latency is of interest.  */
void hand_start(struct vmt_reclaim *reclaim, uint64_t n_frames, uint64_t n_slots,
                enum vmt_swap_device device);

/* With generations.  */
void hand_start_generations(struct vmt_reclaim *reclaim, uint64_t n_frames,
                            uint64_t n_slots, enum vmt_swap_device device);

/* All is well, and over.  */
void hand_end(struct vmt_reclaim *reclaim);

/* A page is needed: from FIRST_FILE_PAGE on a file's, else anonymous.  */
enum vmt_reclaim_outcome hand_fault(struct vmt_reclaim *reclaim, uint64_t page,
                                    bool write);
enum vmt_reclaim_outcome hand_fault_executable(struct vmt_reclaim *reclaim,
                                               uint64_t page);
void hand_fault_range(struct vmt_reclaim *reclaim, uint64_t start, uint64_t end);
void hand_read(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n);
void hand_read_singly(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n);
void hand_page_out(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n);

/* Events of the last call.  */
uint32_t hand_n_events(const struct vmt_reclaim *reclaim, enum vmt_reclaim_change change);

/* That were about exactly the pages [start, end), in order.  */
void hand_check_events(const struct vmt_reclaim *reclaim, enum vmt_reclaim_change change,
                       uint64_t start, uint64_t end);

/* Every page of [start, end) is there.  */
void hand_check_where(const struct vmt_reclaim *reclaim, uint64_t start, uint64_t end,
                      enum vmt_reclaim_place place);

/* The frame of a page that is in memory; its generation, and which there are.  */
const struct vmt_reclaim_frame *hand_frame(const struct vmt_reclaim *reclaim,
                                           uint64_t page);
void hand_check_generation(const struct vmt_reclaim *reclaim, uint64_t page,
                           uint64_t sequence);
void hand_check_sequences(const struct vmt_reclaim *reclaim, uint64_t newest,
                          uint64_t oldest_anon, uint64_t oldest_file);

#endif
