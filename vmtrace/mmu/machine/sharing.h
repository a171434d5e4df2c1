/* A machine among others: what it does to the memory that the processes of a run have in
   common (mechanisms/common.h).

   Until it joins, and where nothing could be had, a process is apart: it knows of no other
   frame's owners, and what a fork shared counts as shared for ever.

   An entry of the page table has in its frame bits the number of a frame that others may
   have: of each page of a file or of shared memory that is mapped, but for those that the
   kernel makes itself and those that are excluded, and of a private page from the first
   fork that shared it to the first write to it (VMT_PTE_COW).

   The child of a vfork borrows its parent's memory: it looks, and changes nothing.

   An event takes the lock once, by begin and end around it; they nest.  */

#ifndef VMT_MMU_MACHINE_SHARING_H
#define VMT_MMU_MACHINE_SHARING_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/mmu/mechanisms/areas.h"
#include "vmtrace/mmu/mechanisms/common.h"
#include "vmtrace/mmu/mechanisms/pagetable.h"

/* Writes of charge that copied a frame which process `other` had, too.  */
struct vmt_copies {
   uint32_t charge;                     /* without a site */
   uint32_t other;                      /* its id; 0: not known */
   uint64_t n, reported;
};

struct vmt_sharing {
   struct vmt_common *common;           /* NULL: apart */
   uint32_t place;
   bool borrowed;
   bool no_memory;
   uint32_t depth;                      /* of begin and end */
   struct vmt_hashmap again;            /* frame -> entries that show it but for one */
   uint64_t n_again;                    /* such entries */
   struct vmt_hashmap inherited;        /* frame -> entries, while a child begins */
   struct vmt_vector copies;            /* struct vmt_copies */
   struct vmt_hashmap copies_of;        /* charge and other -> index + 1 */
};

/* Resident pages, as /proc/PID/smaps_rollup has them.  */
enum vmt_resident_kind {
   VMT_RESIDENT_ANON,
   VMT_RESIDENT_FILE,
   VMT_RESIDENT_SHMEM,
   VMT_RESIDENT_KINDS
};

struct vmt_resident {
   struct {
      uint64_t n_private, n_shared;     /* pages that no other process has, or has */
      uint64_t pss_bytes;               /* a page of n processes counts 4096 / n; one that
                                           this one shows twice is of one more */
   } of[VMT_RESIDENT_KINDS];
   uint64_t n_table_pages, n_swap_pages;
};

struct vmt_machine;
struct vmt_outcome;

/* The process takes part, at a place that it has entered: what it has mapped is known to
   the others from now on.  */
enum vmt_status vmt_machine_join(struct vmt_machine *machine, struct vmt_common *common,
                                 uint32_t place);

/* The address space is no more: frames and place are given up.  */
void vmt_machine_leave(struct vmt_machine *machine);

/* Which file an object is; 0, 0: it has no name.  Before it is mapped.  */
void vmt_machine_set_object_identity(struct vmt_machine *machine, uint32_t object,
                                     uint64_t device, uint64_t inode);

void vmt_machine_measure(struct vmt_machine *machine, struct vmt_resident *resident);

/* Which pages of an object are in memory.  */
bool vmt_machine_has_page(struct vmt_machine *machine, uint32_t object, uint64_t page);
void vmt_machine_add_pages(struct vmt_machine *machine, uint32_t object, uint64_t start,
                           uint64_t end);
void vmt_machine_drop_pages(struct vmt_machine *machine, uint32_t object,
                            uint64_t start, uint64_t end);

/* ---- inside the machine ---- */

void vmt_sharing_init(struct vmt_sharing *sharing);
void vmt_sharing_free(struct vmt_sharing *sharing);

void vmt_sharing_begin(struct vmt_machine *machine);
void vmt_sharing_end(struct vmt_machine *machine);

/* What all processes know an object by; 0: there is no room.  */
uint32_t vmt_sharing_object(struct vmt_machine *machine, uint32_t object);

/* The frame bits of an entry that shows the page of area's object.  */
uint64_t vmt_sharing_frame_bits(struct vmt_machine *machine, const struct vmt_area *area,
                                uint64_t page);

/* An entry changes: frames that it shows no more, or from now on.  */
void vmt_sharing_change_slow(struct vmt_machine *machine, uint64_t old_bits,
                             uint64_t new_bits);

static inline void
vmt_sharing_change(struct vmt_machine *machine, uint64_t old_bits, uint64_t new_bits)
{
   if (((old_bits ^ new_bits) & VMT_PTE_FRAME) != 0)
      vmt_sharing_change_slow(machine, old_bits, new_bits);
}

static inline void
vmt_sharing_set(struct vmt_machine *machine, struct vmt_pte *pte, uint64_t bits)
{
   vmt_sharing_change(machine, pte->bits, bits);
   pte->bits = bits;
}

/* Whether no other process has the private frame of the entry; who has it, if one is
   known, else 0.  */
bool vmt_sharing_is_alone(struct vmt_machine *machine, uint64_t bits, uint32_t *other);

/* A fork is about to share the private frame of the entry with the process at place, or to
   give it the page that the entry shows.  A private frame of a process that will be apart
   (0) is one whose owners are not known any more.  Returns the entry's new bits.  */
uint64_t vmt_sharing_share(struct vmt_machine *machine, uint64_t bits, uint32_t place);

/* Objects that have no common number yet get theirs: parent and child must agree on it.  */
void vmt_sharing_name_objects(struct vmt_machine *machine);

/* This is a fork's child, which has the place.  vmt_sharing_inherit() is told of each entry
   that it keeps, and returns what its bits are; then the child has settled.  */
void vmt_sharing_become_child(struct vmt_machine *machine, uint32_t place);
void vmt_sharing_settle(struct vmt_machine *machine);
uint64_t vmt_sharing_inherit(struct vmt_machine *machine, uint64_t bits);
void vmt_sharing_borrow(struct vmt_machine *machine);

enum vmt_status vmt_sharing_note_copies(struct vmt_machine *machine, uint32_t charge,
                                        uint32_t other, int64_t n);

#endif
