/* A page table as a sorted list of pages, and beside it the list of the groups
   of 16 pages that were asked for.

   It includes nothing of the code it checks.  */

#ifndef TESTS_MMU_MODEL_PAGES_H
#define TESTS_MMU_MODEL_PAGES_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_PAGES_MAX 8192

struct model_page {
   uint64_t page, bits;         /* bits are not 0 */
   uint32_t owner;
};

struct model_pages {
   uint32_t n_levels;
   uint32_t index_bits[6];      /* [1] is the leaf level's */
   uint32_t n_pages, n_groups;
   struct model_page pages[MODEL_PAGES_MAX];
   uint64_t groups[MODEL_PAGES_MAX];            /* page / 16, ascending */
};

void model_pages_init(struct model_pages *model, uint32_t n_levels,
                      const uint32_t *index_bits);

/* The record of page, or NULL when its bits are 0.  */
const struct model_page *model_pages_find(const struct model_pages *model,
                                          uint64_t page);

/* The first record of [start, end), or NULL.  */
const struct model_page *model_pages_next(const struct model_pages *model,
                                          uint64_t start, uint64_t end);

/* Asks for page's group.  */
void model_pages_ask(struct model_pages *model, uint64_t page);
bool model_pages_asked(const struct model_pages *model, uint64_t page);

/* Bits 0: nothing there any more.  */
void model_pages_set(struct model_pages *model, uint64_t page, uint64_t bits,
                     uint32_t owner);

/* Clears [start, end), and the groups that this leaves with nothing.  */
void model_pages_clear(struct model_pages *model, uint64_t start, uint64_t end);

/* How many tables the groups need on level; the root is always there.  */
uint64_t model_pages_tables(const struct model_pages *model, uint32_t level);

#endif
