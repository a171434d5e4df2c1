/* Which page goes, and what becomes of it: small cases, by hand from the kernel's rules.

   A round of reclaim looks at n >> priority pages of a list of n, with priority from 12
   down to 0, until 32 are freed.  */

#include "tests/mmu/check.h"
#include "tests/reclaim/hand.h"
#include "tests/reclaim/invariants.h"

#define F FIRST_FILE_PAGE

/* 64 pages, written once each, fill the memory: all are young, and are looked at once
   before any can go.  The share of the anonymous list is 60 / (60 + 140) at first; after
   c pages were looked at in vain it is a / (a + f) with
   a = 60 (3c + 1) / (2c + 1), f = 140 (3c + 1) / (c + 1), rounded down:

      priority  64 >> p  c   a   f   share  pages
          6..12   0, 1   0  60  140    0
          5         2    0  60  140    0
          4         4    0  60  140    1    0
          3         8    1  80  280    1    1
          2        16    2  84  326    3    2-4
          1        32    5  87  373    6    5-10
          0        64        equally  64    11-63, then 0-10, no longer young

   The 11 that were young no longer go.  A look in vain costs 1, a write 32; above a
   quarter of the pages on the lists the costs are halved: 11 + 32 > 64 / 4 leaves 21,
   21 + 11 * 32 + 21 > 53 / 4 leaves 197.  */
static void
test_all_young(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 1000, VMT_SWAP_MEMORY);
   hand_fault_range(&reclaim, 0, 64);
   CHECK_EQ(reclaim.counts.n_reclaims, 0);
   CHECK_EQ(hand_fault(&reclaim, 64, true), VMT_RECLAIM_NEW);
   hand_check_events(&reclaim, VMT_RECLAIM_AGED, 0, 64);
   hand_check_events(&reclaim, VMT_RECLAIM_UNMAPPED, 0, 11);
   hand_check_events(&reclaim, VMT_RECLAIM_SWAPPED_OUT, 0, 11);
   hand_check_events(&reclaim, VMT_RECLAIM_EVICTED, 0, 11);
   CHECK_EQ(reclaim.counts.n_scanned[0], 75);
   CHECK_EQ(reclaim.counts.n_stolen[0], 11);
   CHECK_EQ(reclaim.counts.n_reclaims, 1);
   CHECK_EQ(reclaim.costs[0], 197);
   CHECK_EQ(reclaim.costs[1], 0);
   hand_check_where(&reclaim, 0, 11, VMT_RECLAIM_IN_SWAP);
   hand_check_where(&reclaim, 11, 65, VMT_RECLAIM_IN_MEMORY);

   /* Page 20 is touched again: it was referenced once, and now is active.  The next
      round frees what is not young, 11 to 63, before it gets to 64.  */
   vmt_reclaim_touched(&reclaim, 20, true, false);
   hand_fault_range(&reclaim, 65, 75);
   CHECK_EQ(reclaim.counts.n_reclaims, 1);
   hand_fault(&reclaim, 75, true);
   CHECK_EQ(reclaim.counts.n_reclaims, 2);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_EVICTED), 52);
   hand_check_where(&reclaim, 11, 20, VMT_RECLAIM_IN_SWAP);
   hand_check_where(&reclaim, 20, 21, VMT_RECLAIM_IN_MEMORY);
   hand_check_where(&reclaim, 21, 64, VMT_RECLAIM_IN_SWAP);
   hand_check_where(&reclaim, 64, 76, VMT_RECLAIM_IN_MEMORY);
   CHECK_EQ(reclaim.lists[VMT_RECLAIM_ACTIVE_ANON].n, 1);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* No swap: files alone.  Executable pages are active after one touch, others not; the
   inactive list shrinks as they leave it:

      priority  inactive  looked at
         6         64      1: page 0
         5         63      1: 1
         4         62      3: 2-4
         3         59      7: 5-11
         2         52     13: 12-24
         1         39     19: 25-31, and 32-43 that stay
         0         32     32: 44-63 that stay, 32-43 that go  */
static void
test_executable(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 0, VMT_SWAP_SOLID);
   for (uint64_t page = F; page < F + 32; page++)
      CHECK_EQ(hand_fault_executable(&reclaim, page), VMT_RECLAIM_READ);
   hand_fault_range(&reclaim, F + 32, F + 64);
   hand_fault(&reclaim, F + 64, false);
   hand_check_events(&reclaim, VMT_RECLAIM_EVICTED, F + 32, F + 44);
   CHECK_EQ(reclaim.counts.n_scanned[1], 1 + 1 + 3 + 7 + 13 + 19 + 32);
   CHECK_EQ(reclaim.counts.n_activated, 32);
   hand_check_where(&reclaim, F, F + 32, VMT_RECLAIM_IN_MEMORY);
   hand_check_where(&reclaim, F + 32, F + 44, VMT_RECLAIM_EVICTED_FILE);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* The first look is at a 4096th of a list, 8192 pages of a file that nobody maps:

      priority  inactive  go
        12        8192     2
        11        8190     3
        10        8187     7
         9        8180    15
         8        8165    31: more than 32 in all  */
static void
test_priorities(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 8192, 0, VMT_SWAP_SOLID);
   hand_read(&reclaim, F, 8192);
   CHECK_EQ(reclaim.counts.n_reclaims, 0);
   hand_read(&reclaim, F + 8192, 1);
   hand_check_events(&reclaim, VMT_RECLAIM_EVICTED, F, F + 58);
   vmt_reclaim_free(&reclaim);
}

/* n active pages of a file's 64: read twice, not mapped.  */
static void
start_active(struct vmt_reclaim *reclaim, uint64_t first, uint64_t end)
{
   for (uint32_t i = 0; i < 2; i++)
      for (uint64_t page = first; page < end; page++)
         vmt_reclaim_accessed(reclaim, page);
   CHECK_EQ(reclaim->lists[VMT_RECLAIM_ACTIVE_FILE].n, end - first);
}

/* Active pages are left alone until there are fewer inactive ones.  20 are active:

      priority  inactive  go
         6         44      0
         5         44      1
         4         43      2
         3         41      5
         2         36      9
         1         27     13
         0         14     14, and as 14 < 20 the active ones become inactive  */
static void
test_inactive_is_low(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_read(&reclaim, F, 64);
   start_active(&reclaim, F + 44, F + 64);
   hand_read(&reclaim, F + 64, 1);
   hand_check_events(&reclaim, VMT_RECLAIM_EVICTED, F, F + 44);
   CHECK_EQ(reclaim.counts.n_deactivated, 20);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* All are active, mapped and young, the first half executable, which goes round once
   more; the rest becomes inactive though it is young:

      priority  active  looked at
         6        64     1: 0
         5        64     2: 1, 2
         4        64     4: 3-6
         3        64     8: 7-14
         2        64    16: 15-30
         1        64    32: 31; 32-62 become inactive
         0        33    31 inactive ones go; 63, and 0-31, that are no longer young  */
static void
test_active(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 0, VMT_SWAP_SOLID);
   for (uint64_t page = F; page < F + 32; page++)
      hand_fault_executable(&reclaim, page);
   hand_fault_range(&reclaim, F + 32, F + 64);
   start_active(&reclaim, F, F + 64);
   hand_fault(&reclaim, F + 64, false);
   hand_check_events(&reclaim, VMT_RECLAIM_EVICTED, F + 32, F + 63);
   CHECK_EQ(reclaim.counts.n_deactivated, 64);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* n_anon anonymous pages, and the rest of 64 of a file that is read, not mapped; with
   swappiness 0 the file's go, all of them: 33 or 32 at 1, 1 to 2, 3, 6, 10 and the rest.
   The k-th evicted has a refault distance of how many were evicted less k.  It is active
   at once if that is no more than the pages that compete: anonymous and active.  */
static void
test_refault(uint32_t n_anon, uint32_t first_active)
{
   struct vmt_reclaim reclaim;
   uint64_t n_file = 64 - n_anon;

   hand_start(&reclaim, 64, 1000, VMT_SWAP_SOLID);
   reclaim.settings.swappiness = 0;
   hand_fault_range(&reclaim, 0, n_anon);
   hand_read(&reclaim, F, n_file);
   hand_read(&reclaim, F + n_file, 1);
   hand_check_events(&reclaim, VMT_RECLAIM_EVICTED, F, F + n_file);
   CHECK_EQ(reclaim.counts.n_refaults[1], 0);
   for (uint32_t i = 0; i <= first_active; i++) {
      CHECK_EQ(reclaim.counts.n_refaults_activated[1], 0);
      hand_read(&reclaim, F + i, 1);
      CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_REFAULTED), 1);
      CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_RESTORED), i == first_active);
      CHECK_EQ(reclaim.counts.n_refaults[1], i + 1);
   }
   CHECK_EQ(reclaim.counts.n_refaults_activated[1], 1);
   CHECK_EQ(reclaim.counts.n_refaults_restored[1], 0);
   CHECK_EQ(reclaim.lists[VMT_RECLAIM_ACTIVE_FILE].n, 1);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* Dirty pages of a file are not freed but written, all at once, when nothing else comes
   up.  None is looked at again before they are written, so that none moves then.  */
static void
test_dirty_file(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 0, VMT_SWAP_SOLID);
   reclaim.settings.page_ns = 0;
   for (uint64_t page = F; page < F + 64; page++)
      hand_fault(&reclaim, page, true);
   hand_fault(&reclaim, F + 64, false);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_CLEANED), 64);
   CHECK_EQ(reclaim.counts.n_written_back, 64);
   CHECK_EQ(reclaim.counts.n_swapped_out, 0);
   CHECK_EQ(reclaim.counts.n_rotated, 0);
   CHECK(hand_n_events(&reclaim, VMT_RECLAIM_EVICTED) != 0);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

static void
test_out_of_memory(void)
{
   struct vmt_reclaim reclaim;
   const struct vmt_reclaim_frame *frame;
   struct vmt_reclaim_result result;
   uint32_t cursor = 0, n_of[3] = { 0, 0, 0 };

   hand_start(&reclaim, 64, 0, VMT_SWAP_SOLID);
   for (uint64_t page = 0; page < 65; page++) {
      struct vmt_reclaim_request request = {
         .page = page, .kind = VMT_RECLAIM_ANON, .write = true,
         .charge = page < 40 ? 1 : 2
      };

      CHECK_EQ(vmt_reclaim_fault(&reclaim, &request, &result), VMT_OK);
      CHECK_EQ(result.out_of_memory, page == 64);
   }
   hand_check_where(&reclaim, 0, 65, VMT_RECLAIM_IN_MEMORY);
   while ((frame = vmt_reclaim_next(&reclaim, &cursor)) != NULL)
      n_of[frame->charge]++;
   CHECK_EQ(n_of[1], 40);
   CHECK_EQ(n_of[2], 25);
   CHECK_EQ(reclaim.counts.n_out_of_memory, 1);
   /* Once, once with all stocks drained, and MAX_RECLAIM_RETRIES.  */
   CHECK_EQ(reclaim.counts.n_reclaims, 1 + 1 + 16);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* A full swap is as none: 64 frames and 20 slots hold 84 pages.  */
static void
test_swap_full(void)
{
   struct vmt_reclaim reclaim;
   struct vmt_reclaim_request request = { .kind = VMT_RECLAIM_ANON, .write = true };
   struct vmt_reclaim_result result;

   hand_start(&reclaim, 64, 20, VMT_SWAP_MEMORY);
   hand_fault_range(&reclaim, 0, 84);
   CHECK_EQ(reclaim.swap.n_used, 20);
   CHECK_EQ(reclaim.n_frames_used, 64);
   request.page = 84;
   CHECK_EQ(vmt_reclaim_fault(&reclaim, &request, &result), VMT_OK);
   CHECK(result.out_of_memory);
   vmt_reclaim_unmap(&reclaim, 84, false, true);
   CHECK_EQ(reclaim.n_frames_used, 64);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* Locked pages stay, and the others go round.  */
static void
test_locked(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_read(&reclaim, F, 64);
   for (uint64_t page = F; page < F + 60; page++)
      vmt_reclaim_lock(&reclaim, page, true);
   hand_read_singly(&reclaim, F + 64, 100);
   hand_check_where(&reclaim, F, F + 60, VMT_RECLAIM_IN_MEMORY);
   CHECK_EQ(reclaim.lists[VMT_RECLAIM_UNEVICTABLE].n, 60);
   for (uint64_t page = F; page < F + 60; page++)
      vmt_reclaim_lock(&reclaim, page, false);
   hand_read_singly(&reclaim, F + 200, 64);
   hand_check_where(&reclaim, F, F + 60, VMT_RECLAIM_EVICTED_FILE);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* MADV_FREE: pages go without a write, but not what was written again.  */
static void
test_lazy(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 1000, VMT_SWAP_MEMORY);
   hand_fault_range(&reclaim, 0, 64);
   for (uint64_t page = 0; page < 64; page++)
      CHECK(vmt_reclaim_lazy(&reclaim, page));
   vmt_reclaim_touched(&reclaim, 5, true, true);
   hand_fault_range(&reclaim, 64, 80);
   CHECK_EQ(reclaim.counts.n_swapped_out, 0);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 0), VMT_RECLAIM_NOWHERE);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 5), VMT_RECLAIM_IN_MEMORY);
   CHECK_EQ(hand_fault(&reclaim, 0, true), VMT_RECLAIM_NEW);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* A read ahead locks what it has brought in until it is done, and stops when frames run
   out; that is no want of memory.  */
static void
test_read_ahead_stops(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_fault_range(&reclaim, 0, 32);
   hand_read(&reclaim, F, 100);
   hand_check_where(&reclaim, 0, 32, VMT_RECLAIM_IN_MEMORY);
   hand_check_where(&reclaim, F, F + 32, VMT_RECLAIM_IN_MEMORY);
   hand_check_where(&reclaim, F + 32, F + 100, VMT_RECLAIM_NOWHERE);
   CHECK_EQ(reclaim.counts.n_out_of_memory, 0);
   CHECK_EQ(reclaim.counts.n_reclaims, 2);      /* __GFP_NORETRY */
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* MADV_COLD: an active page, that stayed while 64 others came, is inactive, and goes.  */
static void
test_cold(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 0, VMT_SWAP_SOLID);
   hand_read(&reclaim, F, 64);
   for (uint32_t i = 0; i < 2; i++)
      vmt_reclaim_accessed(&reclaim, F);
   CHECK_EQ(reclaim.lists[VMT_RECLAIM_ACTIVE_FILE].n, 1);
   hand_read_singly(&reclaim, F + 64, 64);
   hand_check_where(&reclaim, F, F + 1, VMT_RECLAIM_IN_MEMORY);
   vmt_reclaim_cold(&reclaim, F);
   CHECK_EQ(reclaim.lists[VMT_RECLAIM_ACTIVE_FILE].n, 0);
   hand_read_singly(&reclaim, F + 128, 128);
   hand_check_where(&reclaim, F, F + 1, VMT_RECLAIM_EVICTED_FILE);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* Page tables take frames: with 40 of them, 24 pages fit.  */
static void
test_kernel(void)
{
   struct vmt_reclaim reclaim;
   bool out_of_memory;

   hand_start(&reclaim, 64, 1000, VMT_SWAP_MEMORY);
   CHECK_EQ(vmt_reclaim_take_kernel(&reclaim, 40, &out_of_memory), VMT_OK);
   hand_fault_range(&reclaim, 0, 24);
   CHECK_EQ(reclaim.counts.n_reclaims, 0);
   hand_fault(&reclaim, 24, true);
   CHECK_EQ(reclaim.counts.n_reclaims, 1);
   CHECK(reclaim.n_frames_used <= 64);
   vmt_reclaim_give_kernel(&reclaim, 40);
   CHECK(reclaim.n_frames_used <= 24);
   CHECK_EQ(vmt_reclaim_take_kernel(&reclaim, 64, &out_of_memory), VMT_OK);
   CHECK(!out_of_memory);
   hand_check_where(&reclaim, 0, 25, VMT_RECLAIM_IN_SWAP);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

static void
test_bad_settings(void)
{
   struct vmt_reclaim_settings settings;
   struct vmt_reclaim reclaim;

   vmt_reclaim_defaults(&settings);
   CHECK_EQ(vmt_reclaim_init(&reclaim, &settings), VMT_BAD_INPUT);
   settings.n_frames = 10;
   settings.swappiness = 201;
   CHECK_EQ(vmt_reclaim_init(&reclaim, &settings), VMT_BAD_INPUT);
   settings.swappiness = 200;
   settings.page_cluster = 6;
   CHECK_EQ(vmt_reclaim_init(&reclaim, &settings), VMT_BAD_INPUT);
   settings.page_cluster = 5;
   settings.n_slots = UINT64_MAX;
   CHECK_EQ(vmt_reclaim_init(&reclaim, &settings), VMT_BAD_INPUT);
}

int
main(void)
{
   test_begin("test_reclaim");
   test_all_young();
   test_executable();
   test_priorities();
   test_inactive_is_low();
   test_active();
   test_refault(32, 0);
   test_refault(31, 2);
   test_dirty_file();
   test_out_of_memory();
   test_swap_full();
   test_locked();
   test_lazy();
   test_read_ahead_stops();
   test_cold();
   test_kernel();
   test_bad_settings();
   return test_end();
}
