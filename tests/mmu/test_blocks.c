/* Live blocks and their sites, beside a naive model: an array of all blocks that
   there ever were, searched from end to end.  And memory that runs out.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/mechanisms/blocks.h"

#define N_STEPS 3000
#define N_STACKS 7
#define N_CHARGES 5
#define N_EVENTS 4
#define SPAN 4096                       /* small, so that blocks meet */

struct model_block {
   uint64_t start, end, n_bytes, born, died;
   uint32_t stack, thread;
   bool is_live, counts_as_freed, is_inherited;
};

static struct vmt_blocks blocks;
static struct model_block all[N_STEPS];
static uint32_t n_all;
static uint64_t now, n_lost, n_unknown, peak, peak_time;
static uint64_t peaks[N_STACKS], at_peak[N_STACKS];
static uint64_t notes[N_CHARGES][N_STACKS][N_EVENTS];

static uint64_t
live_bytes(uint32_t stack)              /* N_STACKS: of all */
{
   uint64_t sum = 0;

   for (uint32_t i = 0; i < n_all; i++)
      if (all[i].is_live && (stack == N_STACKS || all[i].stack == stack))
         sum += all[i].n_bytes;
   return sum;
}

static struct model_block *
model_at(uint64_t addr)
{
   for (uint32_t i = 0; i < n_all; i++)
      if (all[i].is_live && all[i].start <= addr && addr < all[i].end)
         return &all[i];
   return NULL;
}

static void
model_die(struct model_block *block)
{
   block->is_live = false;
   block->counts_as_freed = true;
   block->died = now;
}

static void
model_peaks(void)
{
   for (uint32_t stack = 0; stack < N_STACKS; stack++)
      if (live_bytes(stack) > peaks[stack])
         peaks[stack] = live_bytes(stack);
   if (live_bytes(N_STACKS) <= peak)
      return;
   peak = live_bytes(N_STACKS);
   peak_time = now;
   for (uint32_t stack = 0; stack < N_STACKS; stack++)
      at_peak[stack] = live_bytes(stack);
}

static void
add(uint64_t start, uint64_t n_bytes)
{
   uint32_t stack = (uint32_t)test_random(N_STACKS);
   uint32_t thread = (uint32_t)test_random(3);
   uint64_t end = start + (n_bytes == 0 ? 1 : n_bytes);
   uint32_t site = vmt_blocks_site(&blocks, 100 + stack);

   for (uint32_t i = 0; i < n_all; i++)
      if (all[i].is_live && all[i].start < end && start < all[i].end) {
         model_die(&all[i]);
         n_lost++;
      }
   all[n_all++] = (struct model_block){start, end, n_bytes, now, 0, stack, thread,
                                       true, false, false};
   model_peaks();
   CHECK(site != VMT_NO_SITE);
   CHECK_EQ(vmt_blocks_add(&blocks, start, n_bytes, site, thread, now), VMT_OK);
}

/* A pointer that is a block's start most of the time, and sometimes one that is not
   any more.  */
static uint64_t
some_start(void)
{
   return n_all != 0 && test_random(8) != 0 ? all[test_random(n_all)].start
                                            : test_random(SPAN);
}

static bool
give_back(uint64_t start, struct vmt_block *gone)
{
   struct model_block *block = model_at(start);
   bool is_known = block != NULL && block->start == start;

   CHECK_EQ(vmt_blocks_remove(&blocks, start, now, gone), is_known);
   if (!is_known) {
      n_unknown++;
      return false;
   }
   CHECK_EQ(gone->end, block->end);
   CHECK_EQ(gone->n_bytes, block->n_bytes);
   CHECK_EQ(gone->born, block->born);
   CHECK_EQ(gone->thread, block->thread);
   model_die(block);
   return true;
}

/* In place, moved, or refused.  */
static void
reallocate(void)
{
   uint64_t start = some_start(), n_bytes = test_random(200);
   struct model_block *block = model_at(start);
   struct vmt_block gone;
   bool is_known = give_back(start, &gone);

   switch (test_random(3)) {
   case 0:
      add(start, n_bytes);
      break;
   case 1:
      add(test_random(SPAN), n_bytes);
      break;
   default:
      if (!is_known)
         return;
      CHECK_EQ(vmt_blocks_put_back(&blocks, &gone, now), VMT_OK);
      block->is_live = true;
      block->counts_as_freed = false;
   }
}

static void
note(void)
{
   uint64_t addr = test_random(SPAN);
   const struct vmt_block *found = vmt_blocks_find(&blocks, addr);
   const struct model_block *block = model_at(addr);
   uint32_t charge = (uint32_t)test_random(N_CHARGES);
   uint32_t event = (uint32_t)test_random(N_EVENTS);

   CHECK_EQ(found != NULL, block != NULL);
   if (found == NULL)
      return;
   CHECK_EQ(found->start, block->start);
   notes[charge][block->stack][event]++;
   CHECK_EQ(vmt_blocks_note(&blocks, charge, found->site, event), VMT_OK);
}

static void
fork_child(void)
{
   uint32_t n = 0;

   for (uint32_t i = 0; i < n_all; i++)
      if (all[i].is_live) {
         all[n] = all[i];
         all[n++].is_inherited = true;
      }
   n_all = n;
   n_lost = n_unknown = 0;
   peak = live_bytes(N_STACKS);
   peak_time = now;
   for (uint32_t stack = 0; stack < N_STACKS; stack++)
      peaks[stack] = at_peak[stack] = live_bytes(stack);
   for (uint32_t i = 0; i < N_CHARGES * N_STACKS * N_EVENTS; i++)
      (&notes[0][0][0])[i] = 0;
   vmt_blocks_start_anew(&blocks, now);
}

/* ---- comparing ---- */

static void
check_site(uint32_t stack, uint64_t sums[3])
{
   const struct vmt_site *site =
      vmt_blocks_get_site(&blocks, vmt_blocks_site(&blocks, 100 + stack));
   uint64_t n_allocs = 0, n_frees = 0, n_bytes = 0, n_live = 0, lifetime = 0;

   for (uint32_t i = 0; i < n_all; i++) {
      const struct model_block *block = &all[i];

      if (block->stack != stack)
         continue;
      n_allocs += !block->is_inherited;
      n_bytes += block->is_inherited ? 0 : block->n_bytes;
      n_live += block->is_live;
      n_frees += block->counts_as_freed;
      lifetime += block->counts_as_freed ? block->died - block->born : 0;
   }
   CHECK_EQ(site->n_allocs, n_allocs);
   CHECK_EQ(site->n_frees, n_frees);
   CHECK_EQ(site->n_bytes, n_bytes);
   CHECK_EQ(site->n_live, n_live);
   CHECK_EQ(site->lifetime, lifetime);
   CHECK_EQ(site->live_bytes, live_bytes(stack));
   CHECK_EQ(site->peak_bytes, peaks[stack]);
   CHECK_EQ(vmt_blocks_at_peak(&blocks, vmt_blocks_site(&blocks, 100 + stack)),
            at_peak[stack]);
   sums[0] += n_allocs;
   sums[1] += n_frees;
   sums[2] += n_bytes;
}

static void
check_notes(void)
{
   uint64_t sum = 0;

   for (uint32_t i = 1; i < blocks.notes.n_records; i++) {
      const struct vmt_site_note *one = vmt_vector_at(&blocks.notes, i);
      uint32_t stack = vmt_blocks_get_site(&blocks, one->site)->stack - 100;

      CHECK_EQ(one->count, notes[one->charge][stack][one->event]);
      sum += one->count;
   }
   for (uint32_t i = 0; i < N_CHARGES * N_STACKS * N_EVENTS; i++)
      sum -= (&notes[0][0][0])[i];
   CHECK_EQ(sum, 0);
}

static void
check_all(void)
{
   uint64_t sums[3] = {0, 0, 0};

   for (uint32_t stack = 0; stack < N_STACKS; stack++)
      check_site(stack, sums);
   check_notes();
   CHECK_EQ(blocks.n_allocs, sums[0]);
   CHECK_EQ(blocks.n_frees, sums[1]);
   CHECK_EQ(blocks.n_bytes, sums[2]);
   CHECK_EQ(blocks.live_bytes, live_bytes(N_STACKS));
   CHECK_EQ(blocks.peak_bytes, peak);
   CHECK_EQ(blocks.peak_time, peak_time);
   CHECK_EQ(blocks.n_lost, n_lost);
   CHECK_EQ(blocks.n_unknown, n_unknown);
}

static void
run_random(uint64_t seed)
{
   test_reseed(seed);
   CHECK_EQ(vmt_blocks_init(&blocks), VMT_OK);
   now = n_all = 0;
   fork_child();
   for (uint32_t i = 0; i < N_STEPS; i++) {
      struct vmt_block gone;
      uint64_t what = test_random(100);

      now += test_random(10);
      if (what < 40)
         add(test_random(SPAN), test_random(8) == 0 ? 0 : test_random(200));
      else if (what < 65)
         give_back(some_start(), &gone);
      else if (what < 80)
         reallocate();
      else if (what < 99 || test_random(10) != 0)
         note();
      else
         fork_child();
      if (i % 16 == 0)
         check_all();
   }
   vmt_blocks_free(&blocks);
}

/* Each allocation in turn fails: what did not come about left nothing behind.  */
static void
run_out_of_memory(void)
{
   bool came = true;

   for (uint64_t nth = 1; came; nth++) {
      uint32_t site = VMT_NO_SITE;
      bool is_added = false, is_noted = false;

      test_fail_nth(nth);
      if (vmt_blocks_init(&blocks) == VMT_OK) {
         site = vmt_blocks_site(&blocks, 5);
         is_added = site != VMT_NO_SITE &&
                    vmt_blocks_add(&blocks, 64, 32, site, 1, 0) == VMT_OK;
         is_noted = is_added && vmt_blocks_note(&blocks, 1, site, 2) == VMT_OK;
         CHECK_EQ(vmt_blocks_find(&blocks, 95) != NULL, is_added);
         CHECK_EQ(blocks.live_bytes, is_added ? 32 : 0);
         CHECK_EQ(blocks.notes.n_records, is_noted ? 2 : 1);
         vmt_blocks_free(&blocks);
      }
      came = test_fail_came();
      CHECK_EQ(came, !is_noted);
      CHECK_EQ(test_n_blocks(), 0);
   }
}

int
main(void)
{
   test_begin("blocks");
   for (uint64_t seed = 0; seed < 20; seed++)
      run_random(seed);
   run_out_of_memory();
   return test_end();
}
