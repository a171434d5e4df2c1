/* The memory areas of one address space, kept as the kernel keeps its VMAs:
   ordered, never overlapping, split where an operation cuts them and merged
   with their neighbours where the kernel would merge.

   Model: mm/vma.c of Linux 6.18.  Two neighbours merge when they touch, have
   the same flags (all of enum vmt_area_flags, so the same protection too), the
   same backing and object, and an offset that runs on from one to the other
   (can_vma_merge_before, can_vma_merge_after).  The page offset of an anonymous
   area is its start page at the time it was mapped; mremap gives an area
   without private frames that of its new place and leaves that of others as it
   is (copy_vma).  An area that has had a private frame (frames_id is not 0; the
   kernel's anon_vma) merges with one that has not, and with one whose frames_id
   is the same (is_mergeable_anon_vma; before 6.16 only when the one that grows
   is the one that has them).  Merging is tried only for what an operation makes
   or changes, one area after the other, lowest first: areas that became alike
   by other means stay apart.

   Left out: userfaultfd, memory policies, names given by prctl; files whose
   areas count their users and therefore do not merge (vm_ops->close: SysV
   shared memory, FUSE); that brk grows only upwards into its own area
   (just_expand); an anon_vma that a child takes over because its parent's areas
   are gone (anon_vma_clone).

   All addresses are multiples of 4 KiB.  Owns its areas.  A pointer to an area
   is good until the next call that maps, unmaps, protects, moves or advises.
   Cost: O(log n) to find, with the last hit remembered; changes are O(log n)
   plus the areas they touch.  */

#ifndef VMT_MMU_MECHANISMS_AREAS_H
#define VMT_MMU_MECHANISMS_AREAS_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/rangemap.h"

enum vmt_area_flags {
   VMT_AREA_READ = 1 << 0,              /* PROT_READ, PROT_WRITE, PROT_EXEC: */
   VMT_AREA_WRITE = 1 << 1,             /* the same bits */
   VMT_AREA_EXEC = 1 << 2,
   VMT_AREA_SHARED = 1 << 3,
   VMT_AREA_GROWSDOWN = 1 << 4,
   VMT_AREA_NORESERVE = 1 << 5,
   VMT_AREA_LOCKED = 1 << 6,
   VMT_AREA_ACCOUNT = 1 << 7,           /* counts against overcommit: a private
                                           area that is or was writable; kept
                                           right here, callers leave it alone */
   VMT_AREA_HUGEPAGE = 1 << 8,          /* MADV_HUGEPAGE */
   VMT_AREA_NOHUGEPAGE = 1 << 9,
   VMT_AREA_SEQ_READ = 1 << 10,         /* MADV_SEQUENTIAL */
   VMT_AREA_RAND_READ = 1 << 11,        /* MADV_RANDOM */
   VMT_AREA_DONTFORK = 1 << 12,
   VMT_AREA_WIPEONFORK = 1 << 13,
   VMT_AREA_DONTDUMP = 1 << 14,
   VMT_AREA_MERGEABLE = 1 << 15,        /* MADV_MERGEABLE */
   VMT_AREA_SPECIAL = 1 << 16,          /* vdso, vvar: never merges */
   VMT_AREA_STACK = 1 << 17,            /* the main stack */
   VMT_AREA_EXCLUDED = 1 << 18,         /* Valgrind's own: counted apart */
   VMT_AREA_PFNMAP = 1 << 19,           /* raw frame numbers (vvar): its pages
                                           are not resident */
   VMT_AREA_HEAP = 1 << 20,             /* brk's: not merged with the bss below
                                           it (vma_prev_limit in sys_brk) */
   VMT_AREA_SYSV = 1 << 21              /* shmat's: without fault-around
                                           (shm_vm_ops has no map_pages) */
};

#define VMT_AREA_PROTECTION (VMT_AREA_READ | VMT_AREA_WRITE | VMT_AREA_EXEC)

/* Set in a frames_id that came from the parent of a fork: such an area merges
   only with its own like (vma_is_fork_child).  */
#define VMT_FRAMES_INHERITED ((uint64_t)1 << 63)

enum vmt_backing {
   VMT_BACKING_ANON,            /* private anonymous */
   VMT_BACKING_FILE,            /* a file with a page cache on a device */
   VMT_BACKING_SHMEM            /* tmpfs, memfd, shm, shared anonymous: object
                                   says which one */
};

struct vmt_area {
   vmt_addr start, end;
   uint32_t flags;              /* enum vmt_area_flags */
   enum vmt_backing backing;
   uint64_t object;             /* file or shared object; 0 for anonymous.  The
                                   kernel's is the open file: two opens of one
                                   inode do not merge */
   uint64_t page_offset;        /* of start, in pages of the object; anonymous:
                                   see above */
   uint64_t frames_id;          /* 0 until a private frame is made in it */
   uint32_t label;              /* what reports call it; not compared: of two
                                   areas that merge the lower one's stays */
   uint64_t swap_ahead;         /* what swap's read-ahead keeps (the kernel's
                                   swap_readahead_info); as label */
};

struct vmt_areas {
   struct vmt_rangemap map;     /* of struct vmt_area */
   uint64_t next_frames_id;
   uint64_t n_mapped_pages;     /* of areas that are not EXCLUDED */
   uint64_t n_excluded_pages;
};

enum vmt_status vmt_areas_init(struct vmt_areas *areas);
void vmt_areas_free(struct vmt_areas *areas);

/* The area that holds addr, or NULL.  */
struct vmt_area *vmt_areas_find(struct vmt_areas *areas, vmt_addr addr);

/* The first area that ends above addr, or NULL: the start of a walk upwards.  */
struct vmt_area *vmt_areas_from(struct vmt_areas *areas, vmt_addr addr);
struct vmt_area *vmt_areas_after(struct vmt_areas *areas,
                                 const struct vmt_area *area);

/* VMT_NO_MEMORY from any of these leaves the areas as they were, and so does
   VMT_BAD_INPUT: an address that is no multiple of 4 KiB, an empty range, or
   what the kernel would refuse for the reason given with the function.  */

/* Maps *area, which replaces what lies in its range, and merges it with its
   neighbours.  Set here: frames_id to 0, VMT_AREA_ACCOUNT, and for
   VMT_BACKING_ANON, which must be private, page_offset and object.  */
enum vmt_status vmt_areas_map(struct vmt_areas *areas, const struct vmt_area *area);

enum vmt_status vmt_areas_unmap(struct vmt_areas *areas, vmt_addr start,
                                vmt_addr end);

/* Clears `clear` and sets `set` in the flags of all areas in [start, end),
   splitting at the ends and merging afterwards.  Holes are passed over.
   mprotect, mlock and the advice that stays with an area come here; a change of
   protection also changes VMT_AREA_ACCOUNT where mprotect_fixup does.  */
enum vmt_status vmt_areas_change(struct vmt_areas *areas, vmt_addr start,
                                 vmt_addr end, uint32_t clear, uint32_t set);

/* mremap: the area part [from, from + old_bytes) goes to
   [to, to + new_bytes), replacing what is there; to == from grows or shrinks in
   place.  With keep_old the old range stays mapped (MREMAP_DONTUNMAP), and loses
   its frames_id if it is a whole area.  old_bytes of 0 makes a second mapping of
   a shared area.
   VMT_BAD_INPUT: the part does not lie in one area, the ranges overlap, keep_old
   with another size or place, growing in place what does not end its area or has
   no room behind it, growing a SPECIAL area.  */
enum vmt_status vmt_areas_move(struct vmt_areas *areas, vmt_addr from,
                               uint64_t old_bytes, vmt_addr to,
                               uint64_t new_bytes, bool keep_old);

/* Notes that a private frame was made in area, which is not SHARED (the
   kernel's anon_vma_prepare).  An area without frames_id takes that of the area
   above or, failing that, below it, if the two touch and differ in nothing but
   protection, and their offsets run on (find_mergeable_anon_vma), so that they
   can merge when a later mprotect makes them alike; else it gets a new one.
   Nothing merges here.  */
void vmt_areas_note_frame(struct vmt_areas *areas, struct vmt_area *area);

/* Moves the lower end of a GROWSDOWN area down to start, and notes a frame in it
   as expand_downwards does; merges nothing.  VMT_BAD_INPUT: something lies in
   between, or the offset would fall below 0.  */
enum vmt_status vmt_areas_grow_down(struct vmt_areas *areas,
                                    struct vmt_area *area, vmt_addr start);

/* Makes these the areas of the child of a fork (dup_mmap): DONTFORK areas go,
   WIPEONFORK ones lose their frames, LOCKED is cleared, and each area that has
   frames gets a frames_id of its own, marked VMT_FRAMES_INHERITED.  */
void vmt_areas_become_child(struct vmt_areas *areas);

#endif
