/* A TLB as one would write it down: a list of places, each a set, a way, a page
   and the times of its insertion and last use, searched from one end to the
   other for everything.

   It includes nothing of the code it checks.  Pseudo-LRU is stated without
   bits: from the whole set down, go to the half whose latest use is earlier
   (the left one while neither was ever used); a way's latest use outlives what
   it held.  */

#ifndef TESTS_MMU_MODEL_TLB_H
#define TESTS_MMU_MODEL_TLB_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_TLB_PLACES 2048
#define MODEL_NONE (~(uint64_t)0)

enum model_policy { MODEL_LRU, MODEL_PLRU, MODEL_FIFO, MODEL_RANDOM };

struct model_place {
   uint32_t set, way;
   uint64_t page;               /* MODEL_NONE: empty */
   uint64_t inserted, used;
};

struct model_tlb {
   enum model_policy policy;
   uint32_t n_sets, n_ways, n_places;
   struct model_place places[MODEL_TLB_PLACES];
};

void model_tlb_init(struct model_tlb *tlb, uint32_t n_entries, uint32_t n_ways,
                    enum model_policy policy);

bool model_tlb_holds(const struct model_tlb *tlb, uint64_t page);
uint32_t model_tlb_count(const struct model_tlb *tlb);

/* A hit; page must be there.  */
void model_tlb_use(struct model_tlb *tlb, uint64_t page, uint64_t time);

/* Fills page in and returns the page that went, or MODEL_NONE.  Under
   MODEL_RANDOM random_victim is what went; *legal says whether it may.  */
uint64_t model_tlb_fill(struct model_tlb *tlb, uint64_t page, uint64_t time,
                        uint64_t random_victim, bool *legal);

/* Drops the pages of [start, end); how many there were.  */
uint32_t model_tlb_drop(struct model_tlb *tlb, uint64_t start, uint64_t end);

#endif
