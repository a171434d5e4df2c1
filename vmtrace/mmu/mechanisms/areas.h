/* The memory areas of one address space, kept as the kernel keeps its VMAs:
   ordered, never overlapping, split where an operation cuts them and merged
   with their neighbours where the kernel would merge.

   Model: mm/vma.c of Linux 6.18 (mm/mmap.c before 6.10).  Two neighbours merge
   when they touch, have the same flags (all of enum vmt_area_flags, so the same
   protection too), the same backing, and, if they have one, a file offset or
   anonymous page offset that runs on from one to the other
   (can_vma_merge_before, can_vma_merge_after, is_mergeable_anon_vma).  An
   anonymous area's page offset is its start page at the time it was mapped and
   goes with it when mremap moves it (vma->vm_pgoff); a private area that has
   had a private frame (has_frames, the kernel's anon_vma) merges with one that
   has not, and with one that has when both come from one area (same
   frames_id).  Left out: userfaultfd, memory policies, NUMA, names given by
   prctl.

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
                                           area that is or was writable */
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
   VMT_AREA_EXCLUDED = 1 << 18          /* Valgrind's own: counted apart */
};

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
   uint64_t object;             /* file or shared object; 0 for anonymous */
   uint64_t page_offset;        /* of start, in pages of the object; anonymous:
                                   see above */
   uint64_t frames_id;          /* 0 until a private frame is made in it */
   uint32_t label;              /* what reports call it; not compared: of two
                                   areas that merge the lower one's stays */
};

struct vmt_areas {
   struct vmt_rangemap map;     /* of struct vmt_area */
   uint64_t next_frames_id;
   uint64_t n_mapped_pages;
};

enum vmt_status vmt_areas_init(struct vmt_areas *areas);
void vmt_areas_free(struct vmt_areas *areas);

/* The area that holds addr, or NULL.  */
struct vmt_area *vmt_areas_find(struct vmt_areas *areas, vmt_addr addr);

/* The first area that ends above addr, or NULL: the start of a walk upwards.  */
struct vmt_area *vmt_areas_from(struct vmt_areas *areas, vmt_addr addr);
struct vmt_area *vmt_areas_after(struct vmt_areas *areas,
                                 const struct vmt_area *area);

/* Maps *area, which replaces what lies in its range, and merges it with its
   neighbours.  For VMT_BACKING_ANON page_offset is set here.  */
enum vmt_status vmt_areas_map(struct vmt_areas *areas, const struct vmt_area *area);

enum vmt_status vmt_areas_unmap(struct vmt_areas *areas, vmt_addr start,
                                vmt_addr end);

/* Clears `clear` and sets `set` in the flags of all areas in [start, end),
   splitting at the ends and merging afterwards.  Holes are passed over.
   mprotect, mlock and the advice that stays with an area come here.  */
enum vmt_status vmt_areas_change(struct vmt_areas *areas, vmt_addr start,
                                 vmt_addr end, uint32_t clear, uint32_t set);

/* mremap: the area part [from, from + old_bytes) goes to
   [to, to + new_bytes), replacing what is there; to == from grows or shrinks in
   place.  The part must lie in one area.  With keep_old the old range stays
   mapped, empty (MREMAP_DONTUNMAP).  */
enum vmt_status vmt_areas_move(struct vmt_areas *areas, vmt_addr from,
                               uint64_t old_bytes, vmt_addr to,
                               uint64_t new_bytes, bool keep_old);

/* Notes that a private frame was made in area (the kernel's anon_vma_prepare):
   takes the frames_id of a neighbour it could merge with, as
   find_mergeable_anon_vma does, else a new one.  */
void vmt_areas_note_frame(struct vmt_areas *areas, struct vmt_area *area);

/* Moves the lower end of a GROWSDOWN area down to start; nothing may lie in
   between.  */
enum vmt_status vmt_areas_grow_down(struct vmt_areas *areas,
                                    struct vmt_area *area, vmt_addr start);

#endif
