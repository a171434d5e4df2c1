/* What the files of linux_reclaim share; nobody else includes it.

   linux_reclaim.c    a page is needed
   linux_entries.c    entries of page tables come and go
   linux_advice.c     madvise, mlock, page tables
   linux_frames.c     frames, lists, events
   linux_charge.c     a frame is needed: try_charge_memcg, do_try_to_free_pages
   linux_balance.c    which list gives how much: get_scan_count, shrink_lruvec
   linux_shrink.c     pages off the ends of lists: shrink_inactive_list and others
   linux_workingset.c refault distance, cost of each kind
   linux_generations.c  CONFIG_LRU_GEN: which generation a page is of, shadow entries
   linux_tiers.c      ... which kind, and how many tiers of it, are evicted
   linux_aging.c      ... the accessed bits, and new generations
   linux_evict.c      ... pages of the oldest generation: evict_folios
   linux_swap.c       slots of swap, and who may give one up
   linux_readahead.c  pages in from swap
   linux_device.c     the clock, and writes under way  */

#ifndef VMT_MMU_POLICIES_LINUX_PRIVATE_H
#define VMT_MMU_POLICIES_LINUX_PRIVATE_H

#include "vmtrace/mmu/policies/linux_reclaim.h"

/* include/linux/swap.h: how many pages are looked at, and freed, at a time.  */
#define SWAP_CLUSTER_MAX 32u

/* include/linux/mmzone.h, with generations: so many are isolated at a time.  */
#define MIN_LRU_BATCH 64u

/* The first look is at 1 / 2^DEF_PRIORITY of a list.  */
#define DEF_PRIORITY 12u

/* ---- where a page is: values of `pages` ---- */

enum vmt_linux_where { VMT_LINUX_FRAME = 1, VMT_LINUX_SLOT, VMT_LINUX_SHADOW };

static inline uint64_t
vmt_linux_place(enum vmt_linux_where where, uint64_t number)
{
   return number << 2 | where;
}

static inline enum vmt_linux_where
vmt_linux_where(uint64_t place)
{
   return place & 3;
}

static inline uint64_t
vmt_linux_number(uint64_t place)
{
   return place >> 2;
}

/* ---- linux_entries.c ---- */

/* Starts a call that has events.  */
static inline void
vmt_linux_begin(struct vmt_reclaim *reclaim)
{
   reclaim->n_events = 0;
   reclaim->status = VMT_OK;
   reclaim->in_fault = false;
}

/* One more entry names the frame, young, and dirty if it is for a write.  */
void vmt_linux_map(struct vmt_reclaim *reclaim, uint32_t at,
                   const struct vmt_reclaim_request *request);

/* ---- linux_frames.c ---- */

static inline struct vmt_reclaim_frame *
vmt_linux_frame(const struct vmt_reclaim *reclaim, uint32_t frame)
{
   return vmt_vector_at(&reclaim->frames, frame);
}

/* Of the file lists.  */
static inline bool
vmt_linux_is_file(const struct vmt_reclaim_frame *frame)
{
   return frame->kind == VMT_RECLAIM_FILE || frame->lazy;
}

/* Room for so many events: those can then not fail.  */
bool vmt_linux_reserve_events(struct vmt_reclaim *reclaim, uint32_t n);
void vmt_linux_note(struct vmt_reclaim *reclaim,
                    const struct vmt_reclaim_frame *frame,
                    enum vmt_reclaim_change change);

/* A frame, off the lists, for a page that is known; charged for already.
   VMT_NO_INDEX: no memory.  */
uint32_t vmt_linux_take_frame(struct vmt_reclaim *reclaim, uint64_t page,
                              enum vmt_reclaim_kind kind, uint32_t charge);

/* Off the lists, and free.  What is known of its page is not changed.  */
void vmt_linux_give_frame(struct vmt_reclaim *reclaim, uint32_t frame);

/* The frame of a page in memory, or VMT_NO_INDEX.  */
uint32_t vmt_linux_find(const struct vmt_reclaim *reclaim, uint64_t page);
void vmt_linux_set_place(struct vmt_reclaim *reclaim, uint64_t page, uint64_t place);

/* To the head, or the tail, of the list that the frame's bits name.  */
void vmt_linux_add(struct vmt_reclaim *reclaim, uint32_t frame);
void vmt_linux_add_tail(struct vmt_reclaim *reclaim, uint32_t frame);

/* ... of a page that has just come in.  */
void vmt_linux_add_new(struct vmt_reclaim *reclaim, uint32_t frame);

/* From the list it is on to that of its generation.  */
void vmt_linux_relist(struct vmt_reclaim *reclaim, uint32_t frame, bool to_tail);
void vmt_linux_isolate(struct vmt_reclaim *reclaim, uint32_t frame);
void vmt_linux_activate(struct vmt_reclaim *reclaim, uint32_t frame);

/* ---- linux_charge.c ---- */

/* Takes a frame, after reclaim if need be, beyond the limit if nothing can be reclaimed.
   False: no memory (reclaim->status).  */
bool vmt_linux_charge(struct vmt_reclaim *reclaim, bool *out_of_memory);

/* ... for a page that is not yet needed: false if there is none.  */
bool vmt_linux_charge_read_ahead(struct vmt_reclaim *reclaim);

/* ---- linux_balance.c ---- */

struct vmt_linux_scan {                 /* struct scan_control */
   uint64_t n_reclaimed, n_to_reclaim;
   uint64_t costs[2];
   uint32_t priority;
   bool may_deactivate[2];              /* anonymous, file */
   bool force_deactivate, skipped_deactivate;
   bool trims_cache;
};

void vmt_linux_shrink_node(struct vmt_reclaim *reclaim, struct vmt_linux_scan *scan);

/* ---- linux_shrink.c ---- */

struct vmt_linux_batch {                /* of frames that are off the lists */
   uint32_t frames[MIN_LRU_BATCH], n;
   uint32_t n_written;                  /* nr_pageout */
   uint32_t n_dirty;                    /* nr_unqueued_dirty */
   bool ignores_references;
};

/* Room for what a batch may need.  False: no memory (reclaim->status).  */
bool vmt_linux_reserve_shrink(struct vmt_reclaim *reclaim);

/* shrink_folio_list.  How many were freed; what is kept stays in the batch.  */
uint32_t vmt_linux_shrink_batch(struct vmt_reclaim *reclaim,
                                struct vmt_linux_batch *batch);

/* move_folios_to_lru.  */
void vmt_linux_put_back(struct vmt_reclaim *reclaim,
                        const struct vmt_linux_batch *batch);

/* wakeup_flusher_threads: dirty pages of files are written, and reclaim sleeps until
   some are.  */
void vmt_linux_write_back(struct vmt_reclaim *reclaim);

uint64_t vmt_linux_shrink_inactive(struct vmt_reclaim *reclaim, uint64_t n, bool file);
void vmt_linux_shrink_active(struct vmt_reclaim *reclaim, uint64_t n, bool file);

/* ---- linux_workingset.c ---- */

/* The counts that decisions are taken on are as new as they have to be.  */
void vmt_linux_gather_counts(struct vmt_reclaim *reclaim);

void vmt_linux_note_cost(struct vmt_reclaim *reclaim, bool file, uint64_t n_io,
                         uint64_t n_rotated);

/* The shadow entry of a page that is evicted.  */
uint64_t vmt_linux_eviction(struct vmt_reclaim *reclaim,
                            const struct vmt_reclaim_frame *frame);

/* The frame, off the lists, is of a page that was evicted and left a shadow.  */
void vmt_linux_refault(struct vmt_reclaim *reclaim, uint32_t frame, uint64_t shadow);

/* ---- linux_generations.c ---- */

/* include/linux/mmzone.h, MIN_NR_GENS: the youngest, which are not evicted from.  */
#define VMT_LINUX_MIN_GENERATIONS 2u

static inline uint32_t
vmt_linux_generation(uint64_t sequence)         /* lru_gen_from_seq */
{
   return sequence % VMT_RECLAIM_N_GENERATIONS;
}

static inline bool
vmt_linux_is_oldest(const struct vmt_reclaim *reclaim,
                    const struct vmt_reclaim_frame *frame)
{
   uint64_t oldest = reclaim->generations.oldest[vmt_linux_is_file(frame)];

   return frame->generation == vmt_linux_generation(oldest);
}

void vmt_linux_generations_init(struct vmt_reclaim *reclaim);

/* The generation that a frame off the lists is to be of.  To be reclaimed at once: the
   oldest.  */
uint64_t vmt_linux_sequence_for(const struct vmt_reclaim *reclaim,
                                const struct vmt_reclaim_frame *frame,
                                bool at_once);

/* The frame is of that generation, and is about to be on its list; it leaves it.  */
void vmt_linux_enter_generation(struct vmt_reclaim *reclaim,
                                struct vmt_reclaim_frame *frame, bool at_once);
void vmt_linux_leave_generation(struct vmt_reclaim *reclaim,
                                const struct vmt_reclaim_frame *frame);

/* Where pages go that are on a list: to the newest generation once they were found
   accessed twice, or from the oldest to the next.  The list stays the same.  */
void vmt_linux_promote(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame);
void vmt_linux_spare(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame,
                     bool to_be_freed);

/* Found accessed: the second time?  */
bool vmt_linux_set_refs(struct vmt_reclaim_frame *frame);

void vmt_linux_generation_accessed(struct vmt_reclaim_frame *frame);
void vmt_linux_generation_cold(struct vmt_reclaim *reclaim, uint32_t frame);

/* As those of linux_workingset.c.  */
uint64_t vmt_linux_generation_eviction(struct vmt_reclaim *reclaim,
                                       const struct vmt_reclaim_frame *frame);
void vmt_linux_generation_refault(struct vmt_reclaim *reclaim, uint32_t frame,
                                  uint64_t shadow);

/* ---- linux_tiers.c ---- */

/* Of n accesses, or of a page.  */
uint32_t vmt_linux_tier_of(uint32_t n, bool workingset);
uint32_t vmt_linux_tier(const struct vmt_reclaim_frame *frame);

/* All accesses that can be counted: it is spared, of whatever tier it is.  */
bool vmt_linux_is_saturated(const struct vmt_reclaim_frame *frame);

void vmt_linux_count_protected(struct vmt_reclaim *reclaim,
                               const struct vmt_reclaim_frame *frame);

/* Tiers above it are spared.  */
uint32_t vmt_linux_last_tier(const struct vmt_reclaim *reclaim, uint32_t type);

/* Whether files are the first choice.  */
bool vmt_linux_prefers_file(const struct vmt_reclaim *reclaim, uint32_t swappiness);

/* The oldest generation is done with: it goes into the averages.  */
void vmt_linux_end_tiers(struct vmt_reclaim *reclaim, uint32_t type);

/* ---- linux_aging.c ---- */

/* for_each_evictable_type: from this to 1.  */
static inline uint32_t
vmt_linux_first_type(uint32_t swappiness)
{
   return swappiness == 0;
}

/* Makes a new generation, for what the page tables say was accessed.  */
void vmt_linux_age(struct vmt_reclaim *reclaim, uint32_t swappiness);

/* Passes over generations that are empty.  Whether there were any.  */
bool vmt_linux_pass_empty(struct vmt_reclaim *reclaim, uint32_t swappiness);

/* The page was found accessed: were those around it?  */
void vmt_linux_look_around(struct vmt_reclaim *reclaim,
                           const struct vmt_reclaim_frame *frame);

/* ---- linux_evict.c ---- */

/* As vmt_linux_shrink_node(), from generations.  */
void vmt_linux_shrink_generations(struct vmt_reclaim *reclaim,
                                  struct vmt_linux_scan *scan);

/* ---- linux_swap.c ---- */

struct vmt_swap_slot {
   uint64_t page;                       /* VMT_NO_PAGE: gone, its frame is not yet */
   uint64_t shadow;
   uint32_t frame;                      /* in the swap cache, or VMT_NO_INDEX */
   uint32_t n_entries;                  /* that name it */
   unsigned used : 1, has_shadow : 1, kind : 2;
};

enum vmt_status vmt_linux_swap_init(struct vmt_reclaim *reclaim);
void vmt_linux_swap_free(struct vmt_reclaim *reclaim);

/* Memory for MIN_LRU_BATCH slots.  */
bool vmt_linux_swap_reserve(struct vmt_reclaim *reclaim);

struct vmt_swap_slot *vmt_linux_slot(const struct vmt_reclaim *reclaim, uint32_t slot);

/* vm_swap_full: more than half of it is used.  */
static inline bool
vmt_linux_swap_is_full(const struct vmt_reclaim *reclaim)
{
   const struct vmt_swap *swap = &reclaim->swap;

   return (swap->n_slots - swap->n_used) * 2 < swap->n_slots;
}

/* The frame comes into the swap cache, dirty; false: swap is full.  */
bool vmt_linux_alloc_slot(struct vmt_reclaim *reclaim, uint32_t frame);

/* The frame leaves the swap cache, and is dirty; its slot is free unless entries
   name it.  */
void vmt_linux_leave_cache(struct vmt_reclaim *reclaim, uint32_t frame);

/* ... if it may: no entry names the slot, and no write is under way.  A frame whose
   page is gone is then free, unless it is off the lists.  */
bool vmt_linux_free_swap(struct vmt_reclaim *reclaim, uint32_t frame);

void vmt_linux_free_slot(struct vmt_reclaim *reclaim, uint32_t slot);

/* ---- linux_readahead.c ---- */

/* Reads a page that is in swap and not in memory, and others ahead.  Its frame, on its
   list; VMT_NO_INDEX: no memory.  */
uint32_t vmt_linux_swap_in(struct vmt_reclaim *reclaim,
                           const struct vmt_reclaim_request *request, uint32_t slot,
                           bool *out_of_memory);

/* A page was found in the swap cache.  */
void vmt_linux_read_ahead_hit(struct vmt_reclaim *reclaim,
                              struct vmt_reclaim_frame *frame,
                              const struct vmt_reclaim_area *area);

/* ---- linux_device.c ---- */

/* What the kernel's own work takes, in ns, on a virtual x86-64 of 2023 under 6.18: rounded
   from the time stamps of trace points (vmscan, block) and the system time of runs.  */
#define VMT_LINUX_FAULT_NS 1500u
#define VMT_LINUX_SCAN_NS 400u          /* to look at a page */
#define VMT_LINUX_UNMAP_NS 1500u        /* ... and unmap it */
#define VMT_LINUX_WRITE_NS 3500u        /* ... and hand it to the block layer */
#define VMT_LINUX_FREE_NS 1000u         /* ... and free it */
#define VMT_LINUX_READ_NS 2000u         /* to ask for a page */
#define VMT_LINUX_WALK_NS 40u           /* an accessed entry of a page table (guessed) */
#define VMT_LINUX_SORT_NS 100u          /* to sort a page out (guessed) */

/* Time passes, and writes come to their end.  */
void vmt_linux_spend(struct vmt_reclaim *reclaim, uint64_t ns);
void vmt_linux_wait_until(struct vmt_reclaim *reclaim, uint64_t ns);
void vmt_linux_wait_for_read(struct vmt_reclaim *reclaim, uint64_t n);

/* The frame's write is queued behind a plug; vmt_linux_unplug() hands all to the
   device.  */
void vmt_linux_write(struct vmt_reclaim *reclaim, uint32_t frame);
void vmt_linux_unplug(struct vmt_reclaim *reclaim);

/* Sleeps until the frame's write is over.  */
void vmt_linux_wait_for_write(struct vmt_reclaim *reclaim, uint32_t frame);

#endif
