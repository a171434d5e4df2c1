/* What a run's profile says of the program's heap: the blocks of its allocator by
   the place that asked for them, and what became of the allocator's pages.

   A site is a place that memory was asked for at: a call of malloc or the like, of
   mmap or of brk; what the allocator has for itself is a site too.  Events of a
   charge that names one were on its memory.  docs/HEAP.md defines the numbers.

   Units: bytes, pages of 4 KiB, instructions.  The reader has checked that no number
   is negative and that the fullness adds up.  Of several runs, each has its own.  */

#ifndef VMT_HOST_HEAP_H
#define VMT_HOST_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vmt_site_kind {
   VMT_SITE_NONE,               /* memory that nobody asked for in one of these ways */
   VMT_SITE_MALLOC,
   VMT_SITE_MMAP,
   VMT_SITE_BRK,
   VMT_SITE_ALLOCATOR,
   VMT_N_SITE_KINDS
};

extern const char *const vmt_site_kinds[VMT_N_SITE_KINDS];

enum vmt_site_number {
   VMT_SITE_ALLOCS,
   VMT_SITE_FREES,
   VMT_SITE_BYTES,
   VMT_SITE_LIFETIME,           /* of blocks that are gone, a sum of instructions */
   VMT_SITE_LIVE_BLOCKS,
   VMT_SITE_LIVE_BYTES,
   VMT_SITE_PEAK_BYTES,
   VMT_SITE_BYTES_AT_PEAK,      /* live when the bytes of all sites were most */
   VMT_SITE_STRADDLES,
   VMT_SITE_KEPT_PAGES,
   VMT_SITE_KEPT_PAGES_AT_PEAK, /* of resident memory, as the next but one */
   VMT_SITE_PINNED_PAGES,
   VMT_SITE_PINNED_PAGES_AT_PEAK,
   VMT_SITE_CALL_FAULTS,        /* on the allocator's own memory, in calls from here */
   VMT_N_SITE_NUMBERS
};

struct vmt_site_number_about {
   const char *member;          /* of the profile's record; NULL: found by the reader */
   const char *event;           /* the column of a table that it is; NULL: of none */
};

extern const struct vmt_site_number_about vmt_site_numbers[VMT_N_SITE_NUMBERS];

#define VMT_HEAP_PAGE_BYTES 4096
#define VMT_FULLNESS_STEPS 11   /* no live byte; then each tenth of a page */

/* At one time.  */
struct vmt_heap_pages {
   int64_t instrs, live_blocks, live_bytes;
   int64_t n_resident;          /* pages of the heap */
   int64_t fullness[VMT_FULLNESS_STEPS];        /* how many of them are so full */
   int64_t n_pinned, n_straddling;
};

struct vmt_heap_count {
   char name[33];
   int64_t n;
};

struct vmt_heap_counts {
   struct vmt_heap_count *list;
   size_t n;
};

struct vmt_heap {
   bool has_totals;             /* there is a record of all blocks */
   int64_t totals[VMT_N_SITE_NUMBERS];  /* those of them that it has */
   int64_t peak_instrs;         /* when the bytes were most */
   int64_t n_unknown_frees, n_lost;

   bool has_pages;              /* there is a record of the pages */
   struct vmt_heap_pages peak;  /* when most of the heap was resident */
   struct vmt_heap_pages now;   /* at the end */
   struct vmt_heap_counts returned;     /* pages, by how they were given back */
   struct vmt_heap_counts calls;        /* system calls of the allocator */
   int64_t n_back, n_advised_free, n_straddles;
};

void vmt_heap_free(struct vmt_heap *heap);

int64_t vmt_heap_sum(const struct vmt_heap_counts *counts);

/* What resident pages have beyond what is live, in thousandths of that; below 0 where
   much of what is live was never touched.  False when nothing is live.  */
bool vmt_heap_overhead(const struct vmt_heap_pages *pages, int64_t *permille);

#endif
