/* Live blocks and their sites, naively: a list without order that is searched from
   end to end.  Sites are numbered from 0.  Times and counters as in
   vmtrace/mmu/mechanisms/blocks.h.  */

#ifndef TESTS_MMU_MODEL_BLOCKS_H
#define TESTS_MMU_MODEL_BLOCKS_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_MAX_BLOCKS 8192
#define MODEL_N_SITES 7

struct model_block {
   uint64_t start, end, n_bytes, born;
   uint32_t site;
};

struct model_site {
   uint64_t n_allocs, n_frees, n_bytes, lifetime, n_live, live_bytes, peak, at_peak;
};

struct model_blocks {
   struct model_block live[MODEL_MAX_BLOCKS];
   uint32_t n_live;
   struct model_site sites[MODEL_N_SITES];
   uint64_t live_bytes, peak, peak_time, n_lost, n_unknown, counted_since;
};

void model_blocks_init(struct model_blocks *model);

/* The block that addr lies in, the one that starts there, or NULL.  */
struct model_block *model_blocks_find(struct model_blocks *model, uint64_t addr);
struct model_block *model_blocks_start(struct model_blocks *model, uint64_t addr);

/* What the block lies over is lost; it has its place even if it is not added.  */
void model_blocks_clear(struct model_blocks *model, const struct model_block *block,
                        uint64_t now);
void model_blocks_add(struct model_blocks *model, const struct model_block *block);
bool model_blocks_remove(struct model_blocks *model, uint64_t start, uint64_t now);
void model_blocks_put_back(struct model_blocks *model, const struct model_block *gone,
                           uint64_t now);
void model_blocks_start_anew(struct model_blocks *model, uint64_t now);

#endif
