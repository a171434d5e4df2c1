/* Page replacement as Linux does it when a group of processes is at its limit of
   memory: two lists each of anonymous and of file pages, second chances by the
   accessed bit, refault distances, swap with its cache and read-ahead.  Or, if so set,
   generations instead of the two lists.

   Model: mm/vmscan.c, workingset.c, swap.c, swap_state.c, swapfile.c, memcontrol.c
   and memory.c of Linux 6.12 to 6.18; what comes from which function is said where it
   is done.  The lists of active and inactive pages are what a kernel has without
   CONFIG_LRU_GEN; the generations are those of 6.14 to 6.18 (before, pages were promoted
   after one look).
   One group, one node, one processor, pages of 4 KiB.  There are n_frames frames.
   They hold pages (anonymous, shmem, file), and what the kernel takes for the
   group: page tables.  When none is free, whoever needs one reclaims first.

   What is left out: batches of 31 pages on their way to a list (they are there at
   once: reclaim empties the batches before it looks) and of 64 charges; large
   folios; kswapd and other groups; zswap, and that pages of zeroes are not written;
   the writing of dirty file pages before there is pressure; the shrinking of slabs,
   of shadow entries among them; the order of the very first swap clusters.  What
   the program does with read() and write() is the embedder's to tell.

   Of generations also: min_ttl_ms is 0; aging looks at all page tables, where the kernel
   leaves out those whose upper entry was not accessed, or that had few accessed entries
   before (a Bloom filter); pages are neighbours if their names are, for the look around
   a page that is found accessed, and a page-table page has 512 names from a multiple of
   512 on; with nothing but dirty pages of files, reclaim waits until some are written,
   where the kernel's goes on; a page that MADV_FREE was for and that is written again is
   found dirty when it is unmapped only.

   Pages.  A page is named by a number, below 2^61, of the embedder's: of what is in
   it, not where it is mapped, so that a frame that is shared after a fork is one
   page.  The embedder has the page tables.  It asks when an entry is not present
   (vmt_reclaim_fault), and tells when entries come and go.  It tells of a touch of
   a page that is mapped when the accessed or the dirty bit of the entry was not set
   (vmt_reclaim_touched).  What reclaim does to the embedder's page tables is in
   `events`, good until the next call: UNMAPPED (all entries of the page are now
   swap entries, of a file page none), AGED (the accessed bit is cleared: the next
   touch must be told), CLEANED (the dirty bit is, and the entry is
   write-protected).

   Time is a clock of nanoseconds.  The embedder says how long the program ran, reclaim
   adds what it costs itself and the wait for devices; a write to swap is over when
   its time has come.  How many pages the kernel writes before the first of them is
   free depends on it.

   Units: pages; ns.  Owns its tables.  VMT_NO_MEMORY: the page is not mapped; what was
   evicted to make room is, and the events say so.

   Cost: O(1) a page looked at; 48 bytes a frame in use, 16 to 32 a page that is known
   (in memory, in swap, or a file's that was evicted), 32 a slot of the clusters of swap
   that were ever used.  */

#ifndef VMT_MMU_POLICIES_LINUX_RECLAIM_H
#define VMT_MMU_POLICIES_LINUX_RECLAIM_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/arena.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"

enum vmt_reclaim_kind {
   VMT_RECLAIM_ANON,                    /* private: zero-filled, or a copy */
   VMT_RECLAIM_SHMEM,                   /* tmpfs, shared anonymous */
   VMT_RECLAIM_FILE                     /* of a file on a device */
};

enum vmt_swap_device {
   VMT_SWAP_ROTATING,                   /* read-ahead by slots */
   VMT_SWAP_SOLID,                      /* ... by addresses */
   VMT_SWAP_MEMORY                      /* zram: no read-ahead, writes at once */
};

struct vmt_reclaim_settings {
   uint64_t n_frames;
   uint64_t n_slots;                    /* of swap; 0: none */
   enum vmt_swap_device device;
   uint32_t swappiness;                 /* vm.swappiness, 0 to 200 */
   uint32_t page_cluster;               /* vm.page-cluster, 0 to 5 */
   bool waits_for_writes;               /* a page under write is waited for, as in
                                           control groups v1; else passed over */
   uint64_t counts_ns;                  /* how old the counts of pages may be that
                                           some decisions are taken on: the kernel
                                           gathers them every 2 s; 0: never old */
   uint64_t read_ns, write_ns;          /* latency of the devices: 50 and 65 us, what
                                           a fast disk has that is busy */
   uint64_t page_ns;                    /* ... and what each further page takes */
   bool generations;                    /* CONFIG_LRU_GEN */
   struct vmt_arena *arena;             /* where its tables are; NULL: the port */
};

/* What Linux takes if nobody says otherwise; no swap, no frames.  */
void vmt_reclaim_defaults(struct vmt_reclaim_settings *settings);

enum vmt_reclaim_change {
   VMT_RECLAIM_UNMAPPED,
   VMT_RECLAIM_AGED,
   VMT_RECLAIM_CLEANED,
   VMT_RECLAIM_EVICTED,                 /* its frame is free */
   VMT_RECLAIM_SWAPPED_OUT,             /* written to swap */
   VMT_RECLAIM_SWAPPED_IN,              /* read from swap, perhaps ahead of need */
   VMT_RECLAIM_FILE_READ,               /* read from a file, perhaps ahead */
   VMT_RECLAIM_REFAULTED,               /* had been evicted, and is read back */
   VMT_RECLAIM_RESTORED                 /* ... so soon that it goes to the active list:
                                           workingset_activate */
};

struct vmt_reclaim_event {
   uint64_t page;
   uint32_t charge;                     /* of who brought the page in */
   enum vmt_reclaim_change change;
};

struct vmt_reclaim_counts {
   uint64_t n_swapped_in, n_swapped_out;        /* pages: pswpin, pswpout */
   uint64_t n_read_ahead, n_read_ahead_hits;    /* swap_ra, swap_ra_hit */
   uint64_t n_file_read, n_written_back;
   uint64_t n_refaults[2];              /* [0] anonymous and shmem, [1] file:
                                           workingset_refault */
   uint64_t n_refaults_activated[2];    /* workingset_activate */
   uint64_t n_refaults_restored[2];     /* workingset_restore */
   uint64_t n_scanned[2], n_stolen[2];  /* pgscan, pgsteal */
   uint64_t n_activated, n_deactivated, n_rotated;
   uint64_t n_reclaims;                 /* times that no frame was free */
   uint64_t n_out_of_memory;
};

#define VMT_NO_PAGE (~(uint64_t)0)
#define VMT_NO_INDEX UINT32_MAX
#define VMT_SWAP_CLUSTER_SLOTS 512

/* A frame with a page in it.  */
struct vmt_reclaim_frame {
   uint64_t page;                       /* VMT_NO_PAGE: free, or its page is gone and
                                           the frame is not yet */
   uint64_t written_ns;                 /* when its write is over */
   uint32_t next, previous;             /* in its list; next: free frames */
   uint32_t next_write;                 /* order of writing */
   uint32_t slot;                       /* VMT_NO_INDEX: not in the swap cache */
   uint32_t charge;
   uint32_t n_mapped;                   /* entries of page tables */
   unsigned kind : 2, in_use : 1;
   unsigned n_young : 2;                /* entries with the accessed bit; 3: or more */
   unsigned dirty : 1;                  /* to be written before it is freed */
   unsigned entry_dirty : 1;            /* an entry's dirty bit says so, so far */
   unsigned written : 1;                /* under write */
   unsigned active : 1, referenced : 1, workingset : 1;
   unsigned reclaim : 1;                /* to be freed when written */
   unsigned read_ahead : 1;
   unsigned executable : 1, no_recency : 1;
   unsigned lazy : 1;                   /* MADV_FREE */
   unsigned locked : 1;                 /* mlock */
   unsigned isolated : 1;               /* off the lists */
   unsigned generation : 2;             /* its sequence number modulo 4 */
   unsigned listed : 2;                 /* the generation whose list it is on still */
   unsigned n_refs : 2;                 /* accesses beyond `referenced` by read() ... */
   unsigned pinned : 1;                 /* being read */
};

_Static_assert(sizeof(struct vmt_reclaim_frame) <= 48, "frames are small");

struct vmt_reclaim_list {
   uint32_t head, tail;
   uint64_t n;
};

enum vmt_reclaim_list_id {
   VMT_RECLAIM_INACTIVE_ANON,
   VMT_RECLAIM_ACTIVE_ANON,
   VMT_RECLAIM_INACTIVE_FILE,
   VMT_RECLAIM_ACTIVE_FILE,
   VMT_RECLAIM_N_EVICTABLE,
   VMT_RECLAIM_UNEVICTABLE = VMT_RECLAIM_N_EVICTABLE,
   VMT_RECLAIM_N_LISTS
};

#define VMT_RECLAIM_N_GENERATIONS 4
#define VMT_RECLAIM_N_TIERS 4

/* Pages of one kind with about as many accesses by read() and write().  */
struct vmt_reclaim_tier {
   uint64_t n_refaulted, n_evicted, n_protected;        /* of the oldest generation */
   uint64_t average_refaulted, average_total;           /* of those before it */
};

/* struct lru_gen_folio.  [0] anonymous and shmem, [1] file.  */
struct vmt_reclaim_generations {
   uint64_t newest, oldest[2];          /* sequence numbers */
   struct vmt_reclaim_list lists[VMT_RECLAIM_N_GENERATIONS][2];
   uint64_t n_pages[VMT_RECLAIM_N_GENERATIONS][2];
   struct vmt_reclaim_tier tiers[2][VMT_RECLAIM_N_TIERS];
};

struct vmt_swap_cluster;

struct vmt_swap {
   struct vmt_swap_cluster **clusters;  /* NULL: never used */
   struct vmt_swap_cluster *spare;
   uint32_t n_clusters;
   uint32_t n_touched;                  /* clusters that were ever used */
   struct vmt_reclaim_list lists[4];    /* of clusters */
   uint32_t next;                       /* where the next slot is looked for */
   uint64_t n_slots, n_used;
   uint32_t n_hits, last_slot, last_window;     /* of read-ahead by slots */
};

struct vmt_reclaim {
   struct vmt_reclaim_settings settings;
   struct vmt_reclaim_counts counts;
   uint64_t now_ns;

   struct vmt_reclaim_event *events;
   uint32_t n_events, events_capacity;

   struct vmt_hashmap pages;            /* page -> frame, slot or shadow entry */
   struct vmt_vector frames;
   uint32_t first_free;
   uint64_t n_frames_used, n_kernel_frames;
   struct vmt_reclaim_list lists[VMT_RECLAIM_N_LISTS];  /* with generations: the
                                                           unevictable one alone */
   struct vmt_reclaim_generations generations;
   struct vmt_swap swap;

   uint64_t age;                        /* nonresident_age */
   uint64_t costs[2];                   /* anon_cost, file_cost */
   uint64_t refaults_seen[2];           /* lruvec->refaults */
   struct {                             /* counts, as old as they may be */
      uint64_t at_ns;
      uint64_t n[VMT_RECLAIM_N_EVICTABLE];
      uint64_t n_refaults_activated[2];
   } known;

   struct {                             /* writes, in order */
      uint32_t first, last;             /* of those that the device has */
      uint32_t plugged_first, plugged_last;     /* ... that it has not yet */
      uint32_t n_plugged, n_requests, last_slot, last_request_pages;
      uint64_t busy_ns;
   } device;
   enum vmt_status status;              /* of the reclaim that is under way */
   bool in_fault;                       /* ... of a mapping with recency */
};

enum vmt_status vmt_reclaim_init(struct vmt_reclaim *reclaim,
                                 const struct vmt_reclaim_settings *settings);
void vmt_reclaim_free(struct vmt_reclaim *reclaim);

/* The program has run for so long.  */
void vmt_reclaim_run(struct vmt_reclaim *reclaim, uint64_t ns);

/* The pages around the one that is needed, for read-ahead by addresses: those of the
   same area, in the same page-table page.  */
struct vmt_reclaim_area {
   vmt_vpn vpn;                         /* where the page is needed */
   uint32_t n_before, n_after;
   const uint64_t *pages;               /* n_before + 1 + n_after names, VMT_NO_PAGE
                                           where no entry is a swap entry; NULL: they
                                           count up by one with the address */
   uint64_t *state;                     /* the area's own, 0 at first */
};

struct vmt_reclaim_request {
   uint64_t page;
   enum vmt_reclaim_kind kind;
   bool write;
   bool executable;                     /* the mapping may be executed */
   bool no_recency;                     /* ... has advice MADV_RANDOM, _SEQUENTIAL */
   uint32_t charge;
   const struct vmt_reclaim_area *area; /* anonymous pages; NULL: none around */
   uint64_t read_start, n_read;         /* file: what is read when it is not in
                                           memory; n_read 0: the page alone */
   uint64_t read_mark;                  /* ... page that says when it is needed */
};

enum vmt_reclaim_outcome {
   VMT_RECLAIM_NEW,                     /* a fresh frame */
   VMT_RECLAIM_READ,                    /* read from the file: major */
   VMT_RECLAIM_CACHED,                  /* file or shmem page, in memory */
   VMT_RECLAIM_SWAP_IN,                 /* read from swap: major */
   VMT_RECLAIM_SWAP_HIT                 /* still, or already, in the swap cache */
};

struct vmt_reclaim_result {
   enum vmt_reclaim_outcome outcome;
   bool out_of_memory;                  /* nothing could be reclaimed: the kernel would
                                           have killed a process; over the limit now */
   bool marked;                         /* CACHED: the mark of a read-ahead: time for
                                           the next one */
};

/* There are so many frames from now on, VMT_NO_INDEX - 1 at most.  If more are in use,
   pages go when the next one is needed.  */
void vmt_reclaim_set_frames(struct vmt_reclaim *reclaim, uint64_t n_frames);

/* The page is needed, and mapped once more.  Not for an anonymous page that is mapped
   already: use vmt_reclaim_duplicate() for a fork.  */
enum vmt_status vmt_reclaim_fault(struct vmt_reclaim *reclaim,
                                  const struct vmt_reclaim_request *request,
                                  struct vmt_reclaim_result *result);

/* Reads those of n pages of a file from `start` that are not in memory, until frames run
   out, and marks one (VMT_NO_PAGE: none), which says so when it is needed.  */
enum vmt_status vmt_reclaim_read(struct vmt_reclaim *reclaim, uint64_t start,
                                 uint64_t n, uint64_t mark, uint32_t charge);

/* The same within a fault, which has found the mark: request's read_start, n_read and
   read_mark.  With generations pages that a fault brings in are younger.  */
enum vmt_status vmt_reclaim_fault_read(struct vmt_reclaim *reclaim,
                                       const struct vmt_reclaim_request *request);

/* Maps a file or shmem page that is in memory, as fault-around does; else false.  */
bool vmt_reclaim_map(struct vmt_reclaim *reclaim, uint64_t page, bool executable,
                     bool no_recency);

/* A touch of a mapped page whose entry's accessed bit, or dirty bit, was clear.  */
void vmt_reclaim_touched(struct vmt_reclaim *reclaim, uint64_t page, bool young,
                         bool write);

/* folio_mark_accessed: read() or write() of the page.  */
void vmt_reclaim_accessed(struct vmt_reclaim *reclaim, uint64_t page);

/* fork: the page is mapped once more, or one more swap entry names it.  */
void vmt_reclaim_duplicate(struct vmt_reclaim *reclaim, uint64_t page,
                           bool swap_entry);

/* An entry is gone.  An anonymous page without any is gone.  young: the entry's
   accessed bit.  */
void vmt_reclaim_unmap(struct vmt_reclaim *reclaim, uint64_t page, bool swap_entry,
                       bool young);

/* An anonymous page that is not known is in swap, and one entry names it.  False: there is no
   room there, or no memory.  */
bool vmt_reclaim_adopt(struct vmt_reclaim *reclaim, uint64_t page);

/* A file or shmem page without an entry is gone: truncated, a hole.  */
void vmt_reclaim_forget(struct vmt_reclaim *reclaim, uint64_t page);

/* A write to a page that is mapped read-only and is its own: gives up its slot.  */
void vmt_reclaim_reuse(struct vmt_reclaim *reclaim, uint64_t page);

/* MADV_COLD: the entries' accessed bits are cleared by the embedder.  mlock, munlock.
   Nothing for a page that is not in memory.  */
void vmt_reclaim_cold(struct vmt_reclaim *reclaim, uint64_t page);
void vmt_reclaim_lock(struct vmt_reclaim *reclaim, uint64_t page, bool locked);

/* MADV_FREE of an anonymous page that is mapped once.  True: the embedder clears the
   entry's accessed and dirty bits, and the page may go, UNMAPPED and without a swap
   entry, until it is written.  False: the kernel leaves it as it is.  */
bool vmt_reclaim_lazy(struct vmt_reclaim *reclaim, uint64_t page);

/* MADV_PAGEOUT: looks at n pages, in order, that have their accessed bits cleared.  */
enum vmt_status vmt_reclaim_page_out(struct vmt_reclaim *reclaim,
                                     const uint64_t *pages, uint32_t n);

/* Frames for page tables.  */
enum vmt_status vmt_reclaim_take_kernel(struct vmt_reclaim *reclaim, uint64_t n,
                                        bool *out_of_memory);
void vmt_reclaim_give_kernel(struct vmt_reclaim *reclaim, uint64_t n);

enum vmt_reclaim_place {
   VMT_RECLAIM_NOWHERE,                 /* not known, or dropped */
   VMT_RECLAIM_IN_MEMORY,
   VMT_RECLAIM_IN_SWAP,
   VMT_RECLAIM_EVICTED_FILE
};
enum vmt_reclaim_place vmt_reclaim_where(const struct vmt_reclaim *reclaim,
                                         uint64_t page);

/* Entries that map the page: 0 if it is not in memory.  */
uint32_t vmt_reclaim_n_mapped(const struct vmt_reclaim *reclaim, uint64_t page);

/* The frames in use: for (i = 0; (frame = vmt_reclaim_next(reclaim, &i)) != NULL;)  */
const struct vmt_reclaim_frame *
vmt_reclaim_next(const struct vmt_reclaim *reclaim, uint32_t *cursor);

#endif
