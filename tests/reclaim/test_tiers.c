/* Generations: pages of files that are read() more than once, and what comes back, by
   hand.  As in test_generations.c the newest generation is 3 at first; a fault puts a
   page into 2, read() into 0.  */

#include "tests/mmu/check.h"
#include "tests/reclaim/hand.h"
#include "vmtrace/mmu/policies/linux_private.h"

#define F FIRST_FILE_PAGE

/* Pages that were read() and are not mapped are of the oldest generation, and go without
   a new one being made: 1 of 64, of 63, 3 of 62, 7 of 59, 13 of 52, 19 of 39.  */
static void
evict_read(struct vmt_reclaim *reclaim)
{
   hand_start_generations(reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_read(reclaim, F, 64);
   hand_read(reclaim, F + 64, 1);
   hand_check_events(reclaim, VMT_RECLAIM_EVICTED, F, F + 44);
   CHECK_EQ(hand_n_events(reclaim, VMT_RECLAIM_AGED), 0);
   hand_check_sequences(reclaim, 3, 0, 0);
   CHECK_EQ(reclaim->generations.tiers[1][0].n_evicted, 44);
}

/* All were evicted when 0 was the oldest.  While the newest is no more than 3 beyond it,
   that counts against their tier.  A page that a fault brings in is of 2, else of 0.  */
static void
test_refault(void)
{
   struct vmt_reclaim reclaim;

   evict_read(&reclaim);
   hand_read(&reclaim, F, 1);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_REFAULTED), 1);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_RESTORED), 1);
   CHECK_EQ(reclaim.counts.n_refaults[1], 1);
   CHECK_EQ(reclaim.counts.n_refaults_activated[1], 0);
   CHECK_EQ(reclaim.generations.tiers[1][0].n_refaulted, 1);
   hand_check_generation(&reclaim, F, 0);
   hand_fault(&reclaim, F + 1, false);
   CHECK_EQ(reclaim.counts.n_refaults_activated[1], 1);
   CHECK_EQ(reclaim.generations.tiers[1][0].n_refaulted, 2);
   hand_check_generation(&reclaim, F + 1, 2);

   /* There were 4 generations: 0 ends, and half of what it saw is remembered.  */
   vmt_linux_age(&reclaim, 0);
   hand_check_sequences(&reclaim, 4, 1, 1);
   CHECK_EQ(reclaim.generations.tiers[1][0].n_refaulted, 0);
   CHECK_EQ(reclaim.generations.tiers[1][0].average_refaulted, 2 / 2);
   CHECK_EQ(reclaim.generations.tiers[1][0].average_total, (44 + 22) / 2);
   hand_check_generation(&reclaim, F, 1);
   hand_fault(&reclaim, F + 2, false);
   CHECK_EQ(reclaim.counts.n_refaults[1], 3);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_RESTORED), 0);
   CHECK_EQ(reclaim.counts.n_refaults_activated[1], 1);
   CHECK_EQ(reclaim.generations.tiers[1][0].n_refaulted, 0);
   hand_end(&reclaim);
}

/* A page of the working set that comes back by a fault is of the newest generation, and
   with advice MADV_RANDOM of the second oldest.  */
static void
test_restore(void)
{
   struct vmt_reclaim reclaim;
   struct vmt_reclaim_request request = {
      .page = F + 1, .kind = VMT_RECLAIM_FILE, .no_recency = true
   };
   struct vmt_reclaim_result result;

   hand_start_generations(&reclaim, 64, 0, VMT_SWAP_SOLID);
   for (uint64_t page = F; page < F + 2; page++) {
      hand_fault(&reclaim, page, false);
      vmt_linux_begin(&reclaim);
      vmt_linux_age(&reclaim, 60);
      vmt_reclaim_touched(&reclaim, page, true, false);
      vmt_linux_age(&reclaim, 60);
      CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_AGED), 2);
      CHECK(hand_frame(&reclaim, page)->workingset);
      hand_check_generation(&reclaim, page, reclaim.generations.newest - 1);
   }
   hand_page_out(&reclaim, F, 2);
   hand_check_where(&reclaim, F, F + 2, VMT_RECLAIM_EVICTED_FILE);
   hand_fault(&reclaim, F, false);
   CHECK_EQ(reclaim.counts.n_refaults_restored[1], 1);
   hand_check_generation(&reclaim, F, reclaim.generations.newest);
   CHECK_EQ(vmt_reclaim_fault(&reclaim, &request, &result), VMT_OK);
   CHECK_EQ(reclaim.counts.n_refaults_restored[1], 2);
   CHECK_EQ(reclaim.counts.n_refaults_activated[1], 1);
   hand_check_generation(&reclaim, F + 1, reclaim.generations.newest - 2);
   hand_end(&reclaim);
}

/* folio_mark_accessed: tiers 0, 0, 1, 2, 2 for that many accesses, then workingset.  */
static void
test_accesses(void)
{
   static const uint32_t tiers[] = { 0, 0, 1, 2, 2, 3, 3 };
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_read(&reclaim, F, 1);
   for (uint32_t i = 0; i < 7; i++) {
      CHECK_EQ(vmt_linux_tier(hand_frame(&reclaim, F)), tiers[i]);
      CHECK_EQ(vmt_linux_is_saturated(hand_frame(&reclaim, F)), i >= 5);
      vmt_reclaim_accessed(&reclaim, F);
   }
   hand_end(&reclaim);
}

/* sp.refaulted / sp.total against pv's, each total with 64 more; with fewer than 64
   refaults a tier is never spared.  64 * (1000 + 64) * 2 > (r + 1) * 200 * 3 up to
   r = 225.  */
static void
test_controller(void)
{
   struct vmt_reclaim reclaim;
   struct vmt_reclaim_tier *tiers;

   hand_start_generations(&reclaim, 64, 0, VMT_SWAP_SOLID);
   tiers = reclaim.generations.tiers[1];
   CHECK_EQ(vmt_linux_last_tier(&reclaim, 1), 3);
   tiers[0] = (struct vmt_reclaim_tier){ .n_refaulted = 225, .n_evicted = 1000 };
   tiers[1] = (struct vmt_reclaim_tier){ .n_refaulted = 64, .n_evicted = 150,
                                         .n_protected = 50 };
   CHECK_EQ(vmt_linux_last_tier(&reclaim, 1), 0);
   tiers[0].n_refaulted++;
   CHECK_EQ(vmt_linux_last_tier(&reclaim, 1), 3);
   tiers[0].n_refaulted--;
   tiers[1].n_refaulted--;
   CHECK_EQ(vmt_linux_last_tier(&reclaim, 1), 3);
   tiers[1].average_refaulted++;
   CHECK_EQ(vmt_linux_last_tier(&reclaim, 1), 0);
   CHECK_EQ(vmt_linux_last_tier(&reclaim, 0), 3);

   /* All tiers of files, 289 of 1200, weighed by 140, against none of anonymous pages by
      60: file costs more.  With 200 refaults of 400 anonymous ones
      289 * (400 + 64) * 60 < (200 + 1) * 1200 * 140.  */
   CHECK(!vmt_linux_prefers_file(&reclaim, 60));
   CHECK(vmt_linux_prefers_file(&reclaim, 1));
   CHECK(!vmt_linux_prefers_file(&reclaim, 200));
   reclaim.generations.tiers[0][3] =
      (struct vmt_reclaim_tier){ .n_refaulted = 200, .n_evicted = 400 };
   CHECK(vmt_linux_prefers_file(&reclaim, 60));
   tiers[0] = tiers[1] = (struct vmt_reclaim_tier){ .n_refaulted = 0 };
   hand_end(&reclaim);
}

/* 40 pages of 64 are of tier 1, which is spared: they are of generation 1 when the others
   are gone, and so is a page with all accesses there are.

      priority  64 >> p  looked at
         6         1      1: goes
         5         1      1
         4         3      3
         3         7      7 (59 >> 3)
         2        13     11 go, two are spared: 23 in all
         1        20     41 >> 1, spared
         0        41     19 are left, spared: 0 is empty, and 4 is made  */
static void
test_spared(void)
{
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 0, VMT_SWAP_SOLID);
   reclaim.generations.tiers[1][1] =
      (struct vmt_reclaim_tier){ .n_refaulted = 64, .n_evicted = 64 };
   hand_read(&reclaim, F, 64);
   for (uint64_t page = F + 23; page < F + 63; page++)
      for (uint32_t i = 0; i < 2; i++)
         vmt_reclaim_accessed(&reclaim, page);
   for (uint32_t i = 0; i < 5; i++)
      vmt_reclaim_accessed(&reclaim, F + 63);
   hand_read(&reclaim, F + 64, 1);
   hand_check_events(&reclaim, VMT_RECLAIM_EVICTED, F, F + 23);
   for (uint64_t page = F + 23; page < F + 64; page++)
      hand_check_generation(&reclaim, page, 1);
   CHECK(hand_frame(&reclaim, F + 63)->workingset);
   CHECK_EQ(vmt_linux_tier(hand_frame(&reclaim, F + 62)), 0);
   hand_check_sequences(&reclaim, 4, 1, 1);
   hand_end(&reclaim);
}

/* A page with all accesses that can be counted is spared when no tier is.  */
static void
test_saturated(void)
{
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_read(&reclaim, F, 64);
   for (uint32_t i = 0; i < 5; i++)
      vmt_reclaim_accessed(&reclaim, F);
   for (uint32_t i = 0; i < 4; i++)
      vmt_reclaim_accessed(&reclaim, F + 1);
   hand_read(&reclaim, F + 64, 1);
   hand_check_generation(&reclaim, F, 1);
   CHECK_EQ(reclaim.generations.tiers[1][3].n_protected, 0);
   hand_check_where(&reclaim, F + 1, F + 2, VMT_RECLAIM_EVICTED_FILE);
   hand_end(&reclaim);
}

/* A set that is read twice each time round, and more than is left is read once: it
   comes back often enough to be spared, where a list in the order of reading would lose
   it every time.  */
static void
test_stream(void)
{
   struct vmt_reclaim reclaim;
   uint64_t n_misses = 0, stream = F + 1000;

   hand_start_generations(&reclaim, 512, 0, VMT_SWAP_SOLID);
   for (uint32_t round = 0; round < 40; round++) {
      if (round == 20)
         n_misses = 0;
      for (uint64_t page = F; page < F + 200; page++) {
         n_misses += vmt_reclaim_where(&reclaim, page) != VMT_RECLAIM_IN_MEMORY;
         hand_read(&reclaim, page, 1);
         vmt_reclaim_accessed(&reclaim, page);
         vmt_reclaim_accessed(&reclaim, page);
      }
      for (uint32_t i = 0; i < 512; i++) {
         hand_read(&reclaim, stream, 1);
         vmt_reclaim_accessed(&reclaim, stream++);
      }
   }
   CHECK(n_misses < 20 * 200 / 4);
   hand_end(&reclaim);
}

int
main(void)
{
   struct vmt_reclaim reclaim;

   test_begin("test_tiers");
   evict_read(&reclaim);
   hand_end(&reclaim);
   test_refault();
   test_restore();
   test_accesses();
   test_controller();
   test_spared();
   test_saturated();
   test_stream();
   return test_end();
}
