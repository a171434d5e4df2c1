/* Which block an address lies in, and what is counted of sites, beside a naive model:
   random operations in address spaces of different shapes.  */

#include "tests/mmu/check.h"
#include "tests/mmu/model_blocks.h"
#include "vmtrace/mmu/mechanisms/blocks.h"

#define PAGE 4096u
#define N_THREADS 3
#define N_ROUNDS 6                      /* of each shape */

/* Where blocks start, and how large they are at most.  */
struct shape {
   uint64_t base, span, max_bytes;
   uint32_t n_steps;
};

static const struct shape shapes[] = {
   {0x7f0000000000, PAGE, 200, 2000},           /* they meet, in one page */
   {0x1000, 2 * PAGE, 3, 4000},                 /* thousands in a page */
   {1, 3 * PAGE, PAGE + 1, 2000},               /* from the lowest address */
   {(1ull << 47) - 3 * PAGE, 3 * PAGE, 2 * PAGE, 2000}, /* up to the highest */
   {0x200000 - 4 * PAGE, 8 * PAGE, 3 * PAGE, 2000},     /* page tables' ends */
   {0x40000000 - 4 * PAGE, 8 * PAGE, 3 * PAGE, 2000},
   {0x8000000000 - 4 * PAGE, 8 * PAGE, 3 * PAGE, 2000},
   {0x555555554000, 600 * PAGE, 100 * PAGE, 2000},      /* of many pages */
   {0x10000, (1ull << 47) - 0x10000, 1ull << 40, 1000}, /* of terabytes */
   {0x10000, 1ull << 40, 40, 3000},             /* each far from the others */
};
#define N_SHAPES (sizeof(shapes) / sizeof(*shapes))

/* A realloc that a thread is in.  */
struct open_call {
   bool is_open, has_gone;
   struct vmt_block gone;
   struct model_block model_gone;
   uint64_t gone_at;
};

static struct vmt_blocks blocks;
static struct model_blocks model;
static struct open_call open_calls[N_THREADS];
static const struct shape *shape;
static uint32_t site_ids[MODEL_N_SITES];
static uint64_t now;

static uint64_t
some_bytes(void)
{
   switch (test_random(4)) {
   case 0: return test_random(4) == 0 ? 0 : test_random(17);
   case 1: return test_random(8) != 0 ? test_random(shape->max_bytes) : shape->max_bytes;
   default: return test_random(shape->max_bytes < 300 ? shape->max_bytes : 300);
   }
}

/* Anywhere, from a page's start on, right behind a block or where one was.  */
static uint64_t
some_place(void)
{
   uint64_t addr = shape->base + test_random(shape->span);
   const struct model_block *block;

   if (model.n_live == 0 || test_random(3) == 0)
      return addr;
   block = &model.live[test_random(model.n_live)];
   switch (test_random(6)) {
   case 0: return addr & ~(uint64_t)(PAGE - 1);
   case 1: return block->end;
   case 2: return block->start;
   case 3: return block->start + test_random(block->end - block->start);
   default: return addr;
   }
}

/* Sometimes up to the start of another block, or the first bytes of it.  */
static uint64_t
bytes_from(uint64_t start)
{
   const struct model_block *other =
      model.n_live == 0 ? NULL : &model.live[test_random(model.n_live)];

   if (other == NULL || other->start < start || test_random(4) != 0 ||
       other->start - start > shape->max_bytes)
      return some_bytes();
   return other->start - start + test_random(3);
}

static struct model_block
some_block(void)
{
   struct model_block block = {some_place(), 0, 0, now,
                               (uint32_t)test_random(MODEL_N_SITES)};
   uint64_t end = shape->base + shape->span;

   if (block.start < shape->base || block.start >= end)
      block.start = shape->base;
   block.n_bytes = bytes_from(block.start);
   if (test_random(16) == 0 || block.n_bytes > end - block.start)
      block.n_bytes = test_random(end - block.start < shape->max_bytes
                                     ? end - block.start + 1
                                     : shape->max_bytes);
   block.end = block.start + (block.n_bytes == 0 ? 1 : block.n_bytes);
   return block;
}

static void
check_found(const struct vmt_block *found, const struct model_block *block)
{
   CHECK_EQ(found != NULL, block != NULL);
   if (block == NULL)
      return;
   CHECK_EQ(found->start, block->start);
   CHECK_EQ(found->end, block->end);
   CHECK_EQ(found->n_bytes, block->n_bytes);
   CHECK_EQ(found->born, block->born);
   CHECK_EQ(found->site, site_ids[block->site]);
}

static void
look(uint64_t addr)
{
   const struct model_block *block = model_blocks_find(&model, addr);
   uint32_t site = vmt_blocks_site_at(&blocks, addr);
   struct vmt_block found;

   check_found(vmt_blocks_find(&blocks, addr, &found) ? &found : NULL, block);
   if (block != NULL)
      CHECK_EQ(site, site_ids[block->site]);
   else
      CHECK(site == VMT_OWN_SITE || site == VMT_NO_SITE);
}

/* ---- operations ---- */

static void
add(void)
{
   struct model_block block = some_block();

   if (model.n_live == MODEL_MAX_BLOCKS)
      return;
   test_fail_nth(test_random(10) == 0);
   if (vmt_blocks_add(&blocks, block.start, block.n_bytes, site_ids[block.site], now) == VMT_OK) {
      model_blocks_add(&model, &block);
   } else {
      CHECK(test_fail_came());
      model_blocks_clear(&model, &block, now);
   }
   test_fail_nth(0);
}

/* Most often of a block; of none too, or of the middle of one.  */
static bool
give_back(struct open_call *call)
{
   uint64_t addr = some_place();
   const struct model_block *block;

   if (model.n_live != 0 && test_random(4) != 0)
      addr = model.live[test_random(model.n_live)].start;
   block = model_blocks_start(&model, addr);
   call->has_gone = block != NULL;
   call->gone_at = now;
   if (block != NULL)
      call->model_gone = *block;
   CHECK_EQ(vmt_blocks_remove(&blocks, addr, now, &call->gone), block != NULL);
   CHECK_EQ(model_blocks_remove(&model, addr, now), block != NULL);
   check_found(call->has_gone ? &call->gone : NULL,
               call->has_gone ? &call->model_gone : NULL);
   look(addr);
   return call->has_gone;
}

static void
give_back_twice(void)
{
   struct open_call call;
   struct vmt_block gone;

   if (!give_back(&call))
      return;
   CHECK(!vmt_blocks_remove(&blocks, call.gone.start, now, &gone));
   model.n_unknown++;
}

static void
put_back(const struct open_call *call)
{
   test_fail_nth(test_random(10) == 0);
   if (vmt_blocks_put_back(&blocks, &call->gone, call->gone_at) == VMT_OK) {
      model_blocks_put_back(&model, &call->model_gone, call->gone_at);
   } else {
      CHECK(test_fail_came());
      model_blocks_clear(&model, &call->model_gone, call->gone_at);
   }
   test_fail_nth(0);
}

/* What comes out of a realloc that may have begun long ago: it was refused, or there
   is a block at the same place or another.  */
static void
end_call(struct open_call *call)
{
   struct model_block block = call->model_gone;

   call->is_open = false;
   if (!call->has_gone || test_random(3) == 0) {
      add();
   } else if (model.n_live == MODEL_MAX_BLOCKS) {
      return;
   } else if (test_random(2) == 0) {
      put_back(call);
   } else {
      block.born = now;
      block.n_bytes = test_random(block.end - block.start + 1);
      block.end = block.start + (block.n_bytes == 0 ? 1 : block.n_bytes);
      CHECK_EQ(vmt_blocks_add(&blocks, block.start, block.n_bytes,
                              site_ids[block.site], now), VMT_OK);
      model_blocks_add(&model, &block);
   }
}

static void
reallocate(void)
{
   uint32_t thread = (uint32_t)test_random(N_THREADS);
   struct open_call *call = &open_calls[thread];

   if (call->is_open) {
      end_call(call);
   } else {
      call->is_open = true;
      give_back(call);
   }
}

/* The other threads are gone, and so are their calls; the one that forks may be in a
   handler, and go on with its call.  */
static void
fork_child(void)
{
   for (uint32_t i = 1; i < N_THREADS; i++)
      open_calls[i].is_open = false;
   now++;
   vmt_blocks_start_anew(&blocks, now);
   model_blocks_start_anew(&model, now);
}

/* ---- comparing ---- */

static void
check_counters(void)
{
   uint64_t n_allocs = 0, n_frees = 0, n_bytes = 0;

   for (uint32_t i = 0; i < MODEL_N_SITES; i++) {
      const struct vmt_site *site = vmt_blocks_get_site(&blocks, site_ids[i]);
      const struct model_site *expected = &model.sites[i];

      CHECK_EQ(site->n_allocs, expected->n_allocs);
      CHECK_EQ(site->n_frees, expected->n_frees);
      CHECK_EQ(site->n_bytes, expected->n_bytes);
      CHECK_EQ(site->lifetime, expected->lifetime);
      CHECK_EQ(site->n_live, expected->n_live);
      CHECK_EQ(site->live_bytes, expected->live_bytes);
      CHECK_EQ(site->peak_bytes, expected->peak);
      CHECK_EQ(vmt_blocks_at_peak(&blocks, site_ids[i]), expected->at_peak);
      n_allocs += site->n_allocs;
      n_frees += site->n_frees;
      n_bytes += site->n_bytes;
   }
   CHECK_EQ(blocks.n_allocs, n_allocs);
   CHECK_EQ(blocks.n_frees, n_frees);
   CHECK_EQ(blocks.n_bytes, n_bytes);
   CHECK_EQ(blocks.live_bytes, model.live_bytes);
   CHECK_EQ(blocks.peak_bytes, model.peak);
   CHECK_EQ(blocks.peak_time, model.peak_time);
   CHECK_EQ(blocks.n_lost, model.n_lost);
   CHECK_EQ(blocks.n_unknown, model.n_unknown);
}

/* Its ends, what is beside them, and the ends of a page of it.  */
static void
look_at(const struct model_block *block)
{
   uint64_t inside = block->start + test_random(block->end - block->start);

   look(block->start - 1);
   look(block->start);
   look(inside);
   look(inside & ~(uint64_t)(PAGE - 1));
   look(inside | (PAGE - 1));
   look(block->end - 1);
   look(block->end);
}

/* Addresses that a program may pass, though no block can be there.  */
static void
look_outside(void)
{
   static const uint64_t outside[] = {0, 1ull << 47, 1ull << 48, 1ull << 57,
                                      1ull << 63, UINT64_MAX - PAGE, UINT64_MAX};
   struct vmt_block gone;

   for (uint32_t i = 0; i < sizeof(outside) / sizeof(*outside); i++) {
      look(outside[i]);
      CHECK(!vmt_blocks_remove(&blocks, outside[i], now, &gone));
      model.n_unknown++;
   }
   for (uint32_t bit = 48; bit < 64; bit++)
      look((shape->base + test_random(shape->span)) | 1ull << bit);
}

static void
check_all(void)
{
   for (uint32_t i = 0; i < model.n_live; i++)
      look_at(&model.live[i]);
   for (uint32_t i = 0; i < 100; i++)
      look(shape->base + test_random(shape->span));
   look_outside();
   check_counters();
}

static void
begin(uint64_t round)
{
   test_reseed(round);
   CHECK_EQ(vmt_blocks_init(&blocks), VMT_OK);
   model_blocks_init(&model);
   for (uint32_t i = 0; i < MODEL_N_SITES; i++) {
      site_ids[i] = vmt_blocks_site(&blocks, 100 + i, VMT_SITE_MALLOC);
      CHECK(site_ids[i] != VMT_NO_SITE);
   }
   now = 0;
   open_calls[0].is_open = false;
   fork_child();
}

/* More come than go, so that the address space fills up.  */
static void
run_random(uint64_t round)
{
   struct open_call call;

   begin(round);
   for (uint32_t i = 0; i < shape->n_steps; i++) {
      uint64_t what = test_random(1000);

      now += test_random(10);
      if (what < 600)
         add();
      else if (what < 750)
         give_back(&call);
      else if (what < 780)
         give_back_twice();
      else if (what < 998)
         reallocate();
      else
         fork_child();
      look(some_place());
      check_counters();
      if (i % 256 == 255)
         check_all();
   }
   vmt_blocks_free(&blocks);
   CHECK_EQ(test_n_blocks(), 0);
}

/* All of a page's bytes are blocks, then none is, in another order.  */
static void
run_full_page(uint64_t round)
{
   struct vmt_block gone;

   shape = &shapes[0];
   begin(round);
   for (uint64_t i = 0; i < PAGE; i++) {
      uint64_t start = shape->base + i * 1663 % PAGE;      /* each once */
      struct model_block block = {start, start + 1, i % 2, now, i % MODEL_N_SITES};

      CHECK_EQ(vmt_blocks_add(&blocks, start, i % 2, site_ids[block.site], now),
               VMT_OK);
      model_blocks_add(&model, &block);
   }
   check_all();
   for (uint64_t i = 0; i < PAGE; i++) {
      uint64_t start = shape->base + i * 2011 % PAGE;

      CHECK(vmt_blocks_remove(&blocks, start, now, &gone));
      CHECK(model_blocks_remove(&model, start, now));
      look(start);
      look(start + 1);
   }
   check_all();
   CHECK_EQ(blocks.live_bytes, 0);
   vmt_blocks_free(&blocks);
}

int
main(void)
{
   test_begin("block lookup");
   for (uint64_t i = 0; i < N_SHAPES; i++) {
      shape = &shapes[i];
      for (uint64_t round = 0; round < N_ROUNDS; round++)
         run_random(i * N_ROUNDS + round);
   }
   run_full_page(N_SHAPES * N_ROUNDS);
   return test_end();
}
