/* What a program and its devices know of its pages, without any rule of which page goes
   when: versions of contents.  A write makes a new one; what is evicted must be found
   again.  It hears what reclaim says it did, and complains of what cannot be.

   No header of the code under test is included here.  */

#ifndef TESTS_RECLAIM_NAIVE_H
#define TESTS_RECLAIM_NAIVE_H

#include <stdbool.h>
#include <stdint.h>

enum naive_kind { NAIVE_ANON, NAIVE_SHMEM, NAIVE_FILE };

struct naive_page {
   enum naive_kind kind;
   uint32_t n_mapped, n_swap_entries;   /* of page tables */
   uint32_t in_memory, in_swap, on_disk;        /* versions; 0: zeroes */
   bool resident, swapped, lazy, locked;
   bool accessed, dirty;                /* an entry's bits: of the last one mapped */
   bool evicted;                        /* since it was last brought in */
};

struct naive {
   struct naive_page *pages;
   uint32_t n_pages;
   uint64_t n_resident, n_kernel;
   uint32_t last_refaulted;
   bool keeps_copies;                   /* nothing but a write outdates a copy in swap */
};

bool naive_start(struct naive *naive, uint32_t n_pages);
void naive_end(struct naive *naive);

/* Each returns what is wrong, or NULL.  */

/* The embedder's side: the program wrote; a page is mapped once more; an entry goes.  */
const char *naive_write(struct naive *naive, uint32_t page);
const char *naive_map(struct naive *naive, uint32_t page, bool was_swap_entry);
const char *naive_unmap(struct naive *naive, uint32_t page, bool swap_entry);
const char *naive_forget(struct naive *naive, uint32_t page);

/* A page of zeroes, or the copy of another, comes into being.  */
const char *naive_make(struct naive *naive, uint32_t page);

/* What reclaim says.  */
const char *naive_unmapped(struct naive *naive, uint32_t page);
const char *naive_aged(struct naive *naive, uint32_t page);
const char *naive_cleaned(struct naive *naive, uint32_t page);
const char *naive_evicted(struct naive *naive, uint32_t page);
const char *naive_swapped_out(struct naive *naive, uint32_t page);
const char *naive_swapped_in(struct naive *naive, uint32_t page);
const char *naive_file_read(struct naive *naive, uint32_t page);
const char *naive_refaulted(struct naive *naive, uint32_t page);
const char *naive_restored(struct naive *naive, uint32_t page);

#endif
