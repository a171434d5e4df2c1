/* Page replacement by the textbook: a memory of n frames, and the five policies
   that a course has.  Each is in a file of its own, replacement_NAME.c.

   Model.  Every page that is touched takes one frame and keeps it until it is
   evicted or removed; nothing is read ahead, pages of files and anonymous ones
   are alike, page tables take no frames.  A page whose frame is needed goes at
   once.  Frames are taken in rising order at first; one that became free by a
   removal is taken before one that was never used, the last freed first.

   lru      evicts the page whose last touch is earliest; pages touched at one
            tick count as touched in the order of page numbers.
   clock    second chance: one reference bit a frame, set by each touch, also by
            the one that loads the page.  When a frame is needed the hand looks
            at its frame: a set bit is cleared and the hand moves on, a clear one
            makes the page there the victim; the new page takes its place in the
            ring and the hand moves on one frame, past it.  The ring is the
            frames in order of their numbers.  So Tanenbaum, Bos, "Modern
            Operating Systems", 4th ed., 3.4.5.  Silberschatz, Galvin, Gagne,
            "Operating System Concepts", 10th ed., 10.4.5.2, has the same search
            and the same place for the new page, and leaves open where the hand
            then is; who lets it stay on the new page clears that page's bit at
            the next replacement, and gets other victims.  Some lecture notes
            load pages with a clear bit: then it says "touched again".
   fifo     evicts the page that was loaded first.
   random   evicts the page in a frame that the seeded generator names.
   opt      evicts the page whose next touch is farthest (Belady, "A study of
            replacement algorithms for a virtual-storage computer", IBM Systems
            Journal 1966; Mattson et al. 1970); of those never touched again, or
            removed before, the one in the lowest frame.  It must be told the
            future.

   Late news.  An embedder may let hits pass untold while it knows which were the
   last.  lru and clock want to hear of a page's before they evict it:

      while ((page = vmt_replacement_candidate(memory, tick)) != VMT_NO_VPN)
         if page was touched at some tick since it was last told of:
            vmt_replacement_refresh(memory, page, that tick, &newer)
            if (newer)
               continue
         break

   before the touch of a page that is not resident gives victim for victim what
   telling of every hit gives.

   Units: pages (below 2^63), ticks of any clock.  Owns its tables, but not the
   future.  VMT_NO_MEMORY leaves it as it was.

   Cost: O(1) expected (clock: amortised), lru and opt O(log n).  Memory: 32
   bytes a frame in use and 12 to 15 for its page in a map (pagemap.h); lru and
   opt about 25 more, opt 4 for each event of the future.  */

#ifndef VMT_MMU_POLICIES_REPLACEMENT_H
#define VMT_MMU_POLICIES_REPLACEMENT_H

#include "vmtrace/mmu/base/random.h"
#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/pagemap.h"
#include "vmtrace/mmu/containers/ranktree.h"
#include "vmtrace/mmu/containers/vector.h"

enum vmt_replacement_kind {
   VMT_REPLACE_LRU,
   VMT_REPLACE_CLOCK,
   VMT_REPLACE_FIFO,
   VMT_REPLACE_RANDOM,
   VMT_REPLACE_OPT
};

#define VMT_NO_FRAME UINT32_MAX

struct vmt_frame {
   vmt_vpn page;                        /* VMT_NO_VPN: free */
   uint64_t stamp;                      /* lru: tick of the last touch; clock: of
                                           the last clearing of the bit; opt:
                                           number of the event that touches it
                                           next */
   uint32_t next, previous;             /* fifo: in order of loading; the list of
                                           free frames */
   bool dirty;                          /* written since it was loaded */
   bool referenced;                     /* clock */
   uint8_t note;                        /* the embedder's; 0 when a page comes */
};

struct vmt_replacement_policy;

struct vmt_replacement {
   const struct vmt_replacement_policy *policy;
   uint32_t n_frames;                   /* VMT_NO_FRAME: without limit */
   uint32_t first_free;                 /* of the list of free frames */
   struct vmt_vector frames;            /* those that were ever in use */
   struct vmt_pagemap pages;            /* resident page -> frame */
   struct vmt_ranktree order;           /* lru, opt */
   uint32_t hand;                       /* clock */
   uint32_t oldest, newest;             /* fifo */
   struct vmt_random random;            /* random */
   uint32_t drawn;                      /* random: the next victim's frame */
   uint32_t n_passed;                   /* lru: candidates passed over */
   uint32_t passing;                    /* fifo: the first that was not */
   const uint64_t *future;              /* opt */
   uint32_t *next_touches;              /* opt: of each event's page */
   uint64_t n_future, n_events;         /* n_events: touches and removals */
};

/* n_frames must not be 0.  seed is for random.  Not for opt.  */
enum vmt_status vmt_replacement_init(struct vmt_replacement *memory,
                                     enum vmt_replacement_kind kind,
                                     uint32_t n_frames, uint64_t seed);

/* The same with its tables in the arena.  */
enum vmt_status vmt_replacement_init_in(struct vmt_replacement *memory,
                                        struct vmt_arena *arena,
                                        enum vmt_replacement_kind kind,
                                        uint32_t n_frames, uint64_t seed);

/* An event of the future: the page's number for a touch, with this added for a
   removal.  */
#define VMT_FUTURE_REMOVAL ((uint64_t)1 << 63)

/* opt.  Exactly these events must follow, removals of pages that are not
   resident too; the array must stay.  Fewer than 2^32 - 1 of them.  */
enum vmt_status vmt_replacement_init_opt(struct vmt_replacement *memory,
                                         uint32_t n_frames,
                                         const uint64_t *future,
                                         uint64_t n_future);
void vmt_replacement_free(struct vmt_replacement *memory);

/* What a touch came to.  */
enum vmt_touch_kind {
   VMT_TOUCH_HIT,
   VMT_TOUCH_LOAD,                      /* a fault, into a free frame */
   VMT_TOUCH_REPLACE                    /* a fault that evicted victim */
};

struct vmt_touch {
   enum vmt_touch_kind kind;
   uint32_t frame;                      /* that the page is in */
   vmt_vpn victim;                      /* or VMT_NO_VPN */
   bool victim_dirty;
};

/* A touch of page at tick.  Ticks rise, but under lru, where a touch before the
   last one that is known of its page moves nothing.  */
enum vmt_status vmt_replacement_touch(struct vmt_replacement *memory,
                                      vmt_vpn page, uint64_t tick, bool write,
                                      struct vmt_touch *touch);

/* Page is unmapped; its frame is free.  Nothing if it is not resident.  */
void vmt_replacement_remove(struct vmt_replacement *memory, vmt_vpn page);

/* The page that would be evicted by a fault at tick; VMT_NO_VPN if a frame is
   free.  To be asked only when that fault is to follow: clock moves its
   hand.  */
vmt_vpn vmt_replacement_candidate(struct vmt_replacement *memory, uint64_t tick);

/* The candidate for the fault at tick may not go: the next one is another, in the
   policy's order; under random one drawn anew, maybe the same.  Lasts until the next
   touch that faults, or a page leaves.  Whoever passes over all of the pages goes round
   again, but under lru, where one must not be passed over.  Not for opt.  */
void vmt_replacement_pass_over(struct vmt_replacement *memory, uint64_t tick);

/* There are frames for all from now on.  */
void vmt_replacement_lift_limit(struct vmt_replacement *memory);

/* The page, resident or not, is page `to` from now on, which is not resident: the same
   frame, and nothing forgotten.  Not for opt.  */
enum vmt_status vmt_replacement_rename(struct vmt_replacement *memory, vmt_vpn from,
                                       vmt_vpn to);

/* Page was last touched at tick.  *newer: whether lru or clock did not know, so
   that the candidate may be another one now.  */
enum vmt_status vmt_replacement_refresh(struct vmt_replacement *memory,
                                        vmt_vpn page, uint64_t tick,
                                        bool *newer);

static inline bool
vmt_replacement_holds(struct vmt_replacement *memory, vmt_vpn page)
{
   return vmt_pagemap_find(&memory->pages, page) != NULL;
}

/* What the embedder has noted of a resident page, by the frame that a touch told of; 0 when
   the page came.  */
static inline void
vmt_replacement_set_note(struct vmt_replacement *memory, uint32_t frame, uint8_t note)
{
   struct vmt_frame *record = vmt_vector_at(&memory->frames, frame);

   record->note = note;
}

static inline uint8_t
vmt_replacement_note(struct vmt_replacement *memory, vmt_vpn page)
{
   const uint64_t *frame = vmt_pagemap_find(&memory->pages, page);
   const struct vmt_frame *record = vmt_vector_at(&memory->frames, (uint32_t)*frame);

   return record->note;
}

static inline uint64_t
vmt_replacement_n_resident(const struct vmt_replacement *memory)
{
   return memory->pages.n_pages;
}

#endif
