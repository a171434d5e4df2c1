/* What the processes of a run have in common: who there is, which frames each has, and
   the page cache.

   It lies in memory that all of them see, at any address: there are no pointers in it.
   Each process has a place there, from 1, for as long as it has an address space, and an
   id, which no later one gets.  Frames have numbers, from 64; 0 is none.  A private frame
   is known here once a fork has shared it, a page of an object (a file, shared memory) as
   long as some process of the run knows the object.

   What a place has is one bit a frame.  How many have a frame is the sum of the bits, and
   is kept beside it; so are all other sums.  A process may die at any instruction: the
   port tells which places are alive, and whoever finds a dead one takes away what it had.
   If it held the lock, all sums are made again from the bits, which are right at every
   instant: a bit is set in one store.

   The memory must be zero before vmt_common_init(), which says how much is needed; what
   is not used is not touched.  Functions below the line need the lock, which nobody has for longer than a system call takes.  Those that
   return 0 for a frame do so when there is no room.

   Cost: O(1) a frame, O(blocks) for a place that is left, O(places) to ask who else has
   a frame.  */

#ifndef VMT_MMU_MECHANISMS_COMMON_H
#define VMT_MMU_MECHANISMS_COMMON_H

#include "vmtrace/mmu/base/types.h"

#define VMT_FRAME_BLOCK 64              /* frames of a block */
#define VMT_COMMON_BUCKETS 65536

struct vmt_common_limits {
   uint32_t n_places;                   /* 65535 at most */
   uint32_t n_blocks;                   /* of 64 frames */
   uint32_t n_objects;
};

enum vmt_place_state {
   VMT_PLACE_FREE,
   VMT_PLACE_USED
};

struct vmt_process {
   uint32_t state;
   uint32_t id, parent;                 /* parent: an id; 0: none of the run */
   int32_t pid;                         /* 0: not yet known */
   uint64_t n_resident_pages, n_table_pages;
   uint64_t instrs;                     /* its clock, when it last said */
};

struct vmt_frame_block {
   uint32_t object;                     /* 0: private frames */
   uint32_t next;                       /* of its bucket; private: with a free frame */
   uint64_t number;                     /* of the object's 64 pages */
   uint64_t present;                    /* in the page cache; private: in use */
   uint16_t n_owners[VMT_FRAME_BLOCK];
};

struct vmt_common_object {
   uint64_t device, inode;              /* 0, 0: without a name */
   uint32_t next;                       /* of its bucket */
};

struct vmt_common {
   uint64_t run;                        /* the embedder's id of it */
   struct vmt_common_limits limits;
   uint64_t processes_at, objects_at, blocks_at, bits_at, bits_bytes;   /* the layout */
   uint64_t lock;                       /* the holder's place and ticket; 0: free */
   uint64_t next_ticket;
   uint32_t n_recoveries;               /* times that a holder had died */
   uint32_t next_id;
   uint32_t n_alive, n_most_alive;
   uint32_t n_left;                     /* places that were given up */
   uint32_t after_places;               /* above the highest ever used */
   uint32_t n_blocks, n_objects;        /* in use, from 1 */
   uint32_t with_room;                  /* first private block with a free frame */
   uint64_t n_resident_pages;           /* of all processes, added up */
   uint64_t n_again;                    /* of these, those that others have too */
   uint64_t n_peak_pages;               /* most that differ */
   bool is_limited;
   uint64_t n_frames;                   /* limited memory: frames that hold pages */
   uint64_t n_table_pages;              /* of all processes, now and at that peak */
   uint64_t n_table_pages_at_peak;
   uint32_t block_buckets[VMT_COMMON_BUCKETS];
   uint32_t object_buckets[VMT_COMMON_BUCKETS];
};

uint64_t vmt_common_bytes(const struct vmt_common_limits *limits);
void vmt_common_init(struct vmt_common *common, const struct vmt_common_limits *limits,
                     uint64_t run);

struct vmt_process *vmt_common_process(const struct vmt_common *common, uint32_t place);

/* place, which is 1 or more, is the caller's: the port's is_alive says so to all.  Who
   died with the lock is seen to.  */
void vmt_common_lock(struct vmt_common *common, uint32_t place);
void vmt_common_unlock(struct vmt_common *common);

/* Who has the lock, 0: nobody.  One that is dead may be named there still, so who looks for a
   place without the lock does not take that one.  */
uint32_t vmt_common_holder(const struct vmt_common *common);

/* ---- with the lock ---- */

/* The id of a process that has no place yet: a vfork's child.  */
uint32_t vmt_common_new_id(struct vmt_common *common);

/* A process takes the place, which is free.  id 0: it is new, and gets one.  */
uint32_t vmt_common_enter(struct vmt_common *common, uint32_t place, uint32_t id,
                          uint32_t parent, int32_t pid);

/* What the place had is given up, and the place free.  */
void vmt_common_leave(struct vmt_common *common, uint32_t place);

/* Does so for the dead.  How many there were.  */
uint32_t vmt_common_bury(struct vmt_common *common);

/* The id of a file, made if new, or of something without a name; 0: no room.  */
uint32_t vmt_common_object(struct vmt_common *common, uint64_t device, uint64_t inode);
uint32_t vmt_common_new_object(struct vmt_common *common);

/* A private frame, which place has.  */
uint64_t vmt_common_new_frame(struct vmt_common *common, uint32_t place);

/* The frame of a page of an object: a number alone, it need not be in the cache.  */
uint64_t vmt_common_frame_of(struct vmt_common *common, uint32_t object, uint64_t page);

/* place has the frame, too; has it no more.  A private frame that nobody has is free.
   Nothing, if it is so already.  */
void vmt_common_take(struct vmt_common *common, uint32_t place, uint64_t frame);
void vmt_common_drop(struct vmt_common *common, uint32_t place, uint64_t frame);

static inline bool
vmt_common_is_private(const struct vmt_frame_block *block)
{
   return block->object == 0;
}

bool vmt_common_has(const struct vmt_common *common, uint32_t place, uint64_t frame);
uint32_t vmt_common_n_owners(const struct vmt_common *common, uint64_t frame);

/* Who else has the frame, of those alive: the id of the newest of place's own children;
   if none has it, of its parent; else the lowest.  0: nobody.  */
uint32_t vmt_common_other_owner(struct vmt_common *common, uint32_t place,
                                uint64_t frame);

/* The page cache.  */
bool vmt_common_has_page(const struct vmt_common *common, uint32_t object, uint64_t page);
void vmt_common_add_page(struct vmt_common *common, uint32_t object, uint64_t page);
void vmt_common_drop_pages(struct vmt_common *common, uint32_t object, uint64_t start,
                           uint64_t end);

/* What there is of an object, 64 pages at a time: for (cursor = 0;
   vmt_common_next_pages(common, object, &cursor, &first_page, &bits);)  */
bool vmt_common_next_pages(const struct vmt_common *common, uint32_t object,
                           uint32_t *cursor, uint64_t *first_page, uint64_t *bits);

struct vmt_cache_count {
   uint64_t n_cached, n_mapped, n_shared;       /* pages; mapped: by place */
};
/* object 0: of all.  */
void vmt_common_count_cache(const struct vmt_common *common, uint32_t object,
                            uint32_t place, struct vmt_cache_count *count);

/* Memory is limited, and so many frames hold pages: what processes say of their resident
   pages is as old as their last look at what others took from them.  */
void vmt_common_set_frames(struct vmt_common *common, uint64_t n_frames);

/* So many pages of the place's process are resident now, and so many are its tables.  */
void vmt_common_resident(struct vmt_common *common, uint32_t place, uint64_t n_pages,
                         uint64_t n_table_pages);

/* Resident pages of all processes, a frame that several have once.  With limited memory
   the frames, whether their pages are mapped or not.  */
uint64_t vmt_common_n_pages(const struct vmt_common *common);

#endif
