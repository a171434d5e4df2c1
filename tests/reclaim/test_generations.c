/* Generations: small cases, by hand from the kernel's rules.

   There are generations 0 to 3 at first; 3 is the newest.  A fault puts a page into the
   second youngest, 2, read() into the oldest, 0.  A round of reclaim looks at n >>
   priority of n pages, with priority from 12 down to 0, until 32 are freed.  Where two or
   three generations are left a new one is made instead, and all accessed bits are looked
   at.  */

#include "tests/mmu/check.h"
#include "tests/reclaim/hand.h"
#include "tests/reclaim/invariants.h"
#include "vmtrace/mmu/policies/linux_private.h"

#define F FIRST_FILE_PAGE
#define LONG_NS 1000000000

/* 64 pages, written once each:

      priority  64 >> p
          7..12    0
          6        1     0 and 1 are empty: 2 is the oldest, and not evicted from
          5              all are young: referenced.  4 is made, and at
          4              5
          3        8     0-7; files may not run ahead: their oldest is 5 - 2
          2       56 >> 2 = 14: 8-21
          1       42 >> 1 = 21: 22-42, 43 in all  */
static void
evict_first(struct vmt_reclaim *reclaim)
{
   hand_start_generations(reclaim, 64, 1000, VMT_SWAP_MEMORY);
   hand_fault_range(reclaim, 0, 64);
   hand_check_generation(reclaim, 63, 2);
   CHECK_EQ(hand_fault(reclaim, 64, true), VMT_RECLAIM_NEW);
   hand_check_events(reclaim, VMT_RECLAIM_AGED, 0, 64);
   hand_check_events(reclaim, VMT_RECLAIM_UNMAPPED, 0, 43);
   hand_check_events(reclaim, VMT_RECLAIM_SWAPPED_OUT, 0, 43);
   hand_check_events(reclaim, VMT_RECLAIM_EVICTED, 0, 43);
   CHECK_EQ(reclaim->counts.n_scanned[0], 43);
   CHECK_EQ(reclaim->counts.n_stolen[0], 43);
   CHECK_EQ(reclaim->counts.n_reclaims, 1);
   hand_check_sequences(reclaim, 5, 2, 3);
   hand_check_generation(reclaim, 64, 4);
}

/* Page 50 is touched a second time.

      priority  64 >> p
          6        1     43
          5       63 >> 5 = 1: 44
          4       62 >> 4 = 3: 45-47
          3       59 >> 3 = 7: 48-54, but 50 is of the newest now, 5.  32 pages below
                         it and 31 above are looked at, of which 64-81 are young
          2       53 >> 2 = 13: 55-63, and then 2 and 3 are empty
          1              82-106 are young: referenced.  6 is made, and at
          0              7  */
static void
test_second_touch(void)
{
   struct vmt_reclaim reclaim;
   uint32_t n_aged[108] = { 0 };

   evict_first(&reclaim);
   vmt_reclaim_touched(&reclaim, 50, true, false);
   hand_fault_range(&reclaim, 65, 107);
   CHECK_EQ(reclaim.counts.n_reclaims, 1);
   hand_fault(&reclaim, 107, true);
   CHECK_EQ(reclaim.counts.n_reclaims, 2);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_EVICTED), 20);
   hand_check_where(&reclaim, 43, 50, VMT_RECLAIM_IN_SWAP);
   hand_check_where(&reclaim, 50, 51, VMT_RECLAIM_IN_MEMORY);
   hand_check_where(&reclaim, 51, 64, VMT_RECLAIM_IN_SWAP);
   hand_check_where(&reclaim, 64, 108, VMT_RECLAIM_IN_MEMORY);
   for (uint32_t i = 0; i < reclaim.n_events; i++)
      if (reclaim.events[i].change == VMT_RECLAIM_AGED)
         n_aged[reclaim.events[i].page]++;
   for (uint32_t page = 0; page < 108; page++)
      CHECK_EQ(n_aged[page], page == 50 || (page >= 64 && page < 107));
   hand_check_sequences(&reclaim, 7, 4, 4);
   hand_check_generation(&reclaim, 50, 5);
   CHECK(hand_frame(&reclaim, 50)->workingset);
   hand_check_generation(&reclaim, 64, 4);
   hand_check_generation(&reclaim, 107, 6);
   hand_end(&reclaim);
}

/* The names around a page end with those of its page-table page: 490 is near 511 and far
   from 512.  460 is another kind of page.  */
static void
test_look_around(void)
{
   struct vmt_reclaim reclaim;
   struct vmt_reclaim_request file = { .page = 460, .kind = VMT_RECLAIM_FILE };
   struct vmt_reclaim_result result;
   uint64_t table = 512;
   uint32_t n_young = 0;

   hand_start_generations(&reclaim, 256, 1000, VMT_SWAP_MEMORY);
   hand_fault_range(&reclaim, 400, 460);
   CHECK_EQ(vmt_reclaim_fault(&reclaim, &file, &result), VMT_OK);
   hand_fault_range(&reclaim, 461, 528);
   vmt_linux_begin(&reclaim);
   CHECK(vmt_linux_reserve_shrink(&reclaim));
   vmt_linux_look_around(&reclaim, hand_frame(&reclaim, 490));
   for (uint64_t page = 400; page < 528; page++) {
      bool young = hand_frame(&reclaim, page)->n_young != 0;

      CHECK_EQ(young, page < table - 64 || page >= table || page == 490 || page == 460);
      CHECK_EQ(hand_frame(&reclaim, page)->referenced, !young);
      n_young += young;
   }
   CHECK_EQ(n_young, 128 - 62);

   /* 450 is found accessed again, and goes to the newest.  */
   vmt_reclaim_touched(&reclaim, 450, true, false);
   vmt_linux_look_around(&reclaim, hand_frame(&reclaim, 440));
   hand_check_generation(&reclaim, 450, 3);
   hand_check_generation(&reclaim, 451, 2);
   CHECK_EQ(reclaim.counts.n_activated, 1);
   hand_end(&reclaim);
}

/* With fewer than 64 free slots there is no swap: of 64 slots 8 are used, at priority 3
   of evict_first(), of 63 none.  */
static void
test_little_swap(void)
{
   struct vmt_reclaim reclaim;
   struct vmt_reclaim_request request = { .page = 64, .kind = VMT_RECLAIM_ANON,
                                          .write = true };
   struct vmt_reclaim_result result;

   hand_start_generations(&reclaim, 64, 64, VMT_SWAP_MEMORY);
   hand_fault_range(&reclaim, 0, 65);
   hand_check_where(&reclaim, 0, 8, VMT_RECLAIM_IN_SWAP);
   CHECK_EQ(reclaim.swap.n_used, 8);
   hand_end(&reclaim);

   hand_start_generations(&reclaim, 64, 63, VMT_SWAP_MEMORY);
   hand_fault_range(&reclaim, 0, 64);
   CHECK_EQ(vmt_reclaim_fault(&reclaim, &request, &result), VMT_OK);
   CHECK(result.out_of_memory);
   CHECK_EQ(reclaim.swap.n_used, 0);
   CHECK_EQ(reclaim.counts.n_reclaims, 1 + 1 + 16);
   hand_end(&reclaim);
}

/* As evict_first(), but a write takes its time: a page under write is of the second
   youngest generation, 4, and when it is over the first to go, whatever comes after.  */
static void
test_writes(void)
{
   struct vmt_reclaim reclaim;
   uint64_t n_written;

   hand_start_generations(&reclaim, 64, 1000, VMT_SWAP_SOLID);
   reclaim.settings.write_ns = LONG_NS;
   hand_fault_range(&reclaim, 0, 64);
   vmt_linux_begin(&reclaim);
   for (uint32_t i = 0; i < 3; i++) {
      CHECK(vmt_linux_reserve_shrink(&reclaim));
      vmt_linux_shrink_generations(&reclaim, &(struct vmt_linux_scan){ .priority = 3 });
   }
   CHECK_EQ(reclaim.generations.newest, 5);
   vmt_linux_shrink_generations(&reclaim, &(struct vmt_linux_scan){ .priority = 3 });
   hand_check_events(&reclaim, VMT_RECLAIM_SWAPPED_OUT, 0, 8);
   n_written = reclaim.counts.n_swapped_out;
   CHECK_EQ(n_written, 8);
   for (uint64_t page = 0; page < 8; page++) {
      CHECK(hand_frame(&reclaim, page)->written);
      hand_check_generation(&reclaim, page, reclaim.generations.newest - 1);
   }
   vmt_reclaim_run(&reclaim, 2 * (uint64_t)LONG_NS);
   CHECK_EQ(reclaim.counts.n_rotated, 8);
   for (uint64_t page = 0; page < 8; page++)
      hand_check_generation(&reclaim, page, reclaim.generations.oldest[0]);
   vmt_linux_begin(&reclaim);
   vmt_linux_shrink_generations(&reclaim, &(struct vmt_linux_scan){ .priority = 3 });
   /* Each was put behind the one before it.  */
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_EVICTED), 8);
   hand_check_where(&reclaim, 0, 8, VMT_RECLAIM_IN_SWAP);
   hand_end(&reclaim);
}

/* Dirty pages of files are not freed but written, in the order of the generations, when
   nothing else comes up; the 8 that were looked at, at priority 3, last, to be freed at
   once when that is over.  64 >> 2 go next, and 48 >> 1.  */
static void
test_dirty_file(void)
{
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 0, VMT_SWAP_SOLID);
   for (uint64_t page = F; page < F + 64; page++)
      hand_fault(&reclaim, page, true);
   hand_fault(&reclaim, F + 64, false);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_CLEANED), 64);
   CHECK_EQ(reclaim.counts.n_written_back, 64);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_EVICTED), 16 + 24);
   CHECK_EQ(reclaim.counts.n_rotated, 8);
   hand_end(&reclaim);
}

/* One dirty page among others is spared, and not written for that.  It is one of those
   that are looked at at priority 2.  */
static void
test_one_dirty(void)
{
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_read(&reclaim, F, 64);
   CHECK(vmt_reclaim_map(&reclaim, F + 15, false, false));
   vmt_reclaim_touched(&reclaim, F + 15, false, true);
   hand_read(&reclaim, F + 64, 1);
   hand_check_where(&reclaim, F, F + 15, VMT_RECLAIM_EVICTED_FILE);
   hand_check_where(&reclaim, F + 16, F + 25, VMT_RECLAIM_EVICTED_FILE);
   hand_check_generation(&reclaim, F + 15, 1);
   CHECK_EQ(reclaim.counts.n_written_back, 0);
   hand_end(&reclaim);
}

/* A page that is written to while it is written to swap is not to be freed when that is
   over.  That it is dirty is known since its entry was looked at.  */
static void
test_dirty_again(void)
{
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 1000, VMT_SWAP_SOLID);
   hand_fault_range(&reclaim, 0, 2);
   hand_page_out(&reclaim, 0, 2);
   for (uint64_t page = 0; page < 2; page++)
      CHECK_EQ(hand_fault(&reclaim, page, false), VMT_RECLAIM_SWAP_HIT);
   vmt_reclaim_touched(&reclaim, 0, false, true);
   vmt_linux_begin(&reclaim);
   vmt_linux_age(&reclaim, 60);
   CHECK(hand_frame(&reclaim, 0)->written);
   vmt_reclaim_run(&reclaim, LONG_NS);
   CHECK_EQ(reclaim.counts.n_rotated, 1);
   hand_check_generation(&reclaim, 0, 2);
   hand_check_generation(&reclaim, 1, 1);
   hand_end(&reclaim);
}

/* MADV_COLD: a file's page is of the oldest generation, an anonymous one of the second
   youngest, and so is one under write.  MADV_FREE: as a file's.  mlock: of none.  */
static void
test_advice(void)
{
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 1000, VMT_SWAP_SOLID);
   hand_fault(&reclaim, F, false);
   hand_fault_range(&reclaim, 0, 3);
   vmt_linux_age(&reclaim, 60);
   vmt_reclaim_cold(&reclaim, F);
   hand_check_generation(&reclaim, F, 1);
   CHECK_EQ(reclaim.counts.n_deactivated, 1);
   vmt_reclaim_cold(&reclaim, F);
   CHECK_EQ(reclaim.counts.n_deactivated, 1);
   vmt_reclaim_cold(&reclaim, 0);
   hand_check_generation(&reclaim, 0, 3);
   CHECK(vmt_reclaim_lazy(&reclaim, 1));
   hand_check_generation(&reclaim, 1, 1);
   CHECK_EQ(reclaim.generations.n_pages[1][1], 2);
   vmt_reclaim_lock(&reclaim, 2, true);
   CHECK_EQ(reclaim.lists[VMT_RECLAIM_UNEVICTABLE].n, 1);
   check_invariants(&reclaim);
   vmt_reclaim_lock(&reclaim, 2, false);
   hand_check_generation(&reclaim, 2, 3);
   hand_page_out(&reclaim, 0, 1);
   CHECK(hand_frame(&reclaim, 0)->written);
   hand_check_generation(&reclaim, 0, 3);
   hand_end(&reclaim);
}

/* The same, swapped in, written to and to be swapped out, each to a slot of its own.  The
   device gets 32 requests when there is one more, and has done them before the pages are
   back on a list: they are looked at again, and go.  */
static void
test_again(void)
{
   struct vmt_reclaim reclaim;
   struct vmt_linux_scan all = { .priority = 0 };

   hand_start_generations(&reclaim, 200, 1000, VMT_SWAP_SOLID);
   reclaim.settings.write_ns = reclaim.settings.page_ns = 0;
   reclaim.settings.page_cluster = 0;
   hand_fault_range(&reclaim, 0, 128);
   for (uint32_t i = 0; i < 2; i++) {
      hand_page_out(&reclaim, 0, 128);
      vmt_reclaim_run(&reclaim, LONG_NS);
   }
   hand_check_where(&reclaim, 0, 128, VMT_RECLAIM_IN_SWAP);
   for (uint64_t page = 0; page < 128; page += 2) {
      CHECK_EQ(hand_fault(&reclaim, page, false), VMT_RECLAIM_SWAP_IN);
      vmt_reclaim_touched(&reclaim, page, false, true);
   }
   vmt_linux_begin(&reclaim);
   for (uint32_t i = 0; i < 2; i++)
      vmt_linux_age(&reclaim, 60);
   vmt_linux_begin(&reclaim);
   vmt_linux_shrink_generations(&reclaim, &all);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_SWAPPED_OUT), 64);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_EVICTED), 32);
   CHECK_EQ(all.n_reclaimed, 32);
   vmt_reclaim_run(&reclaim, 1);
   hand_end(&reclaim);
}

/* A page that was read(), is mapped and found accessed once does not stay in the oldest
   generation.  */
static void
test_kept(void)
{
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_read(&reclaim, F, 64);
   CHECK(vmt_reclaim_map(&reclaim, F, false, false));
   hand_read(&reclaim, F + 64, 1);
   hand_check_where(&reclaim, F, F + 1, VMT_RECLAIM_IN_MEMORY);
   hand_check_where(&reclaim, F + 1, F + 2, VMT_RECLAIM_EVICTED_FILE);
   hand_check_generation(&reclaim, F, 2);
   CHECK(!hand_frame(&reclaim, F)->referenced);
   hand_end(&reclaim);
}

/* Two entries of a page that were accessed are two accesses.  */
static void
test_shared(void)
{
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 1000, VMT_SWAP_SOLID);
   hand_fault_range(&reclaim, 0, 2);
   vmt_reclaim_duplicate(&reclaim, 0, false);
   vmt_reclaim_touched(&reclaim, 0, true, false);
   vmt_linux_begin(&reclaim);
   vmt_linux_age(&reclaim, 60);
   hand_check_events(&reclaim, VMT_RECLAIM_AGED, 0, 2);
   hand_check_generation(&reclaim, 0, 3);
   hand_check_generation(&reclaim, 1, 2);
   hand_end(&reclaim);
}

/* Accesses to a mapping with advice MADV_RANDOM are not looked at.  */
static void
test_no_recency(void)
{
   struct vmt_reclaim reclaim;
   struct vmt_reclaim_request request = {
      .page = F + 1, .kind = VMT_RECLAIM_FILE, .no_recency = true
   };
   struct vmt_reclaim_result result;

   hand_start_generations(&reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_fault(&reclaim, F, false);
   CHECK_EQ(vmt_reclaim_fault(&reclaim, &request, &result), VMT_OK);
   hand_fault(&reclaim, F + 2, false);
   vmt_linux_begin(&reclaim);
   CHECK(vmt_linux_reserve_shrink(&reclaim));
   vmt_linux_look_around(&reclaim, hand_frame(&reclaim, F));
   hand_check_events(&reclaim, VMT_RECLAIM_AGED, F + 2, F + 3);
   vmt_linux_begin(&reclaim);
   vmt_linux_age(&reclaim, 60);
   hand_check_events(&reclaim, VMT_RECLAIM_AGED, F, F + 1);
   hand_end(&reclaim);
}

/* Where a new generation is due, the first look evicts all the same, 8192 >> 12, and the
   second makes one.  */
static void
test_first_look(void)
{
   struct vmt_reclaim reclaim;
   struct vmt_linux_scan first = { .priority = DEF_PRIORITY };
   struct vmt_linux_scan second = { .priority = DEF_PRIORITY - 1 };

   hand_start_generations(&reclaim, 8192, 0, VMT_SWAP_SOLID);
   hand_fault_range(&reclaim, F, F + 8192);
   vmt_linux_begin(&reclaim);
   vmt_linux_shrink_generations(&reclaim, &first);
   hand_check_sequences(&reclaim, 3, 0, 2);
   vmt_linux_age(&reclaim, 0);
   hand_check_sequences(&reclaim, 4, 1, 2);
   vmt_linux_shrink_generations(&reclaim, &first);
   hand_check_events(&reclaim, VMT_RECLAIM_EVICTED, F, F + 2);
   hand_check_sequences(&reclaim, 4, 1, 2);
   vmt_linux_shrink_generations(&reclaim, &second);
   CHECK_EQ(second.n_reclaimed, 0);
   hand_check_sequences(&reclaim, 5, 2, 2);
   hand_end(&reclaim);
}

/* swappiness 0: anonymous pages are not evicted, nor looked at by aging, and their
   generations go round: what was the oldest is the newest.  */
static void
test_no_swapping(void)
{
   struct vmt_reclaim reclaim;

   hand_start_generations(&reclaim, 64, 1000, VMT_SWAP_SOLID);
   reclaim.settings.swappiness = 0;
   hand_fault_range(&reclaim, 0, 10);
   hand_fault_range(&reclaim, F, F + 10);
   vmt_linux_begin(&reclaim);
   for (uint32_t i = 0; i < 3; i++)
      vmt_linux_age(&reclaim, 0);
   hand_check_events(&reclaim, VMT_RECLAIM_AGED, F, F + 10);
   hand_check_sequences(&reclaim, 6, 3, 3);
   hand_check_generation(&reclaim, 0, 6);
   hand_check_generation(&reclaim, F, 3);
   CHECK_EQ(reclaim.generations.n_pages[6 % 4][0], 10);
   CHECK_EQ(reclaim.generations.n_pages[3 % 4][1], 10);
   hand_end(&reclaim);
}

int
main(void)
{
   struct vmt_reclaim reclaim;

   test_begin("test_generations");
   evict_first(&reclaim);
   hand_end(&reclaim);
   test_second_touch();
   test_look_around();
   test_little_swap();
   test_writes();
   test_dirty_file();
   test_one_dirty();
   test_dirty_again();
   test_advice();
   test_again();
   test_kept();
   test_shared();
   test_no_recency();
   test_first_look();
   test_no_swapping();
   return test_end();
}
