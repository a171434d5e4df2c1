/* Swap: which slots are taken, when a page is written, and what is read ahead.  */

#include "tests/mmu/check.h"
#include "tests/reclaim/hand.h"
#include "tests/reclaim/invariants.h"
#include "vmtrace/mmu/policies/linux_private.h"

#define LONG_NS 1000000000

/* To swap and out of memory: written, and freed when that is over.  */
static void
move_to_swap(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n)
{
   hand_page_out(reclaim, start, n);
   vmt_reclaim_run(reclaim, LONG_NS);
   hand_page_out(reclaim, start, n);
   hand_check_where(reclaim, start, start + n, VMT_RECLAIM_IN_SWAP);
}

static uint64_t
slot_of(const struct vmt_reclaim *reclaim, uint64_t page)
{
   return vmt_linux_number(*vmt_hashmap_find(&reclaim->pages, page));
}

/* A page is written once.  It is in the swap cache while the write is under way; a copy
   in swap is good until the page is written again.  */
static void
test_writes(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 100, VMT_SWAP_SOLID);
   hand_fault(&reclaim, 0, true);
   hand_page_out(&reclaim, 0, 1);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_UNMAPPED), 1);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_SWAPPED_OUT), 1);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_EVICTED), 0);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 0), VMT_RECLAIM_IN_MEMORY);
   /* Not yet written: it is there.  A write cannot take its slot away meanwhile.  */
   CHECK_EQ(hand_fault(&reclaim, 0, true), VMT_RECLAIM_SWAP_HIT);
   CHECK_EQ(reclaim.swap.n_used, 1);
   vmt_reclaim_run(&reclaim, LONG_NS);
   /* Dirty by now: a second write, to the same slot.  */
   hand_page_out(&reclaim, 0, 1);
   CHECK_EQ(reclaim.counts.n_swapped_out, 2);
   vmt_reclaim_run(&reclaim, LONG_NS);
   hand_page_out(&reclaim, 0, 1);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 0), VMT_RECLAIM_IN_SWAP);
   CHECK_EQ(slot_of(&reclaim, 0), 1);
   /* Read back: clean, and goes without a write.  */
   CHECK_EQ(hand_fault(&reclaim, 0, false), VMT_RECLAIM_SWAP_IN);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_REFAULTED), 1);
   CHECK_EQ(reclaim.swap.n_used, 1);
   hand_page_out(&reclaim, 0, 1);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_EVICTED), 1);
   CHECK_EQ(reclaim.counts.n_swapped_out, 2);
   /* A write fault gives the slot up.  */
   CHECK_EQ(hand_fault(&reclaim, 0, true), VMT_RECLAIM_SWAP_IN);
   CHECK_EQ(reclaim.swap.n_used, 0);
   hand_page_out(&reclaim, 0, 1);
   CHECK_EQ(reclaim.counts.n_swapped_out, 3);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* A page read and then written through an entry that was writable: the slot stays, its
   copy is old.  */
static void
test_dirtied_later(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 100, VMT_SWAP_SOLID);
   hand_fault(&reclaim, 0, true);
   move_to_swap(&reclaim, 0, 1);
   hand_fault(&reclaim, 0, false);
   vmt_reclaim_touched(&reclaim, 0, false, true);
   hand_page_out(&reclaim, 0, 1);
   CHECK_EQ(hand_n_events(&reclaim, VMT_RECLAIM_SWAPPED_OUT), 1);
   CHECK_EQ(reclaim.counts.n_swapped_out, 2);
   vmt_reclaim_free(&reclaim);
}

/* After a fork two entries name the page; its slot is free when both are gone, and is
   not given up for a write while one is left.  */
static void
test_shared(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 100, VMT_SWAP_SOLID);
   hand_fault(&reclaim, 0, true);
   vmt_reclaim_duplicate(&reclaim, 0, false);
   move_to_swap(&reclaim, 0, 1);
   vmt_reclaim_duplicate(&reclaim, 0, true);
   CHECK_EQ(hand_fault(&reclaim, 0, true), VMT_RECLAIM_SWAP_IN);
   CHECK_EQ(reclaim.swap.n_used, 1);
   vmt_reclaim_unmap(&reclaim, 0, false, true);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 0), VMT_RECLAIM_IN_MEMORY);
   vmt_reclaim_unmap(&reclaim, 0, true, false);
   vmt_reclaim_unmap(&reclaim, 0, true, false);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 0), VMT_RECLAIM_NOWHERE);
   CHECK_EQ(reclaim.swap.n_used, 0);
   CHECK_EQ(reclaim.n_frames_used, 0);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* A page that is unmapped under write: its frame stays until reclaim finds it.  */
static void
test_unmapped_under_write(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 100, VMT_SWAP_SOLID);
   hand_fault(&reclaim, 0, true);
   hand_page_out(&reclaim, 0, 1);
   vmt_reclaim_unmap(&reclaim, 0, true, false);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 0), VMT_RECLAIM_NOWHERE);
   CHECK_EQ(reclaim.n_frames_used, 1);
   CHECK_EQ(reclaim.swap.n_used, 1);
   check_invariants(&reclaim);
   vmt_reclaim_run(&reclaim, LONG_NS);
   /* 63 more fit; the frame goes before any of them.  */
   hand_fault_range(&reclaim, 1, 64);
   CHECK_EQ(reclaim.counts.n_reclaims, 0);
   hand_fault(&reclaim, 64, true);
   CHECK_EQ(reclaim.counts.n_reclaims, 1);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* In control groups v1 reclaim waits for a page under write that it meets again.  */
static void
test_waits(void)
{
   struct vmt_reclaim reclaim;
   uint64_t start_ns;

   hand_start(&reclaim, 64, 100, VMT_SWAP_SOLID);
   reclaim.settings.waits_for_writes = true;
   reclaim.settings.write_ns = LONG_NS;
   hand_fault(&reclaim, 0, true);
   hand_page_out(&reclaim, 0, 1);
   start_ns = reclaim.now_ns;
   hand_page_out(&reclaim, 0, 1);
   CHECK(reclaim.now_ns >= start_ns + LONG_NS - 10000);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 0), VMT_RECLAIM_IN_SWAP);
   vmt_reclaim_free(&reclaim);
}

/* A cluster has 512 slots, the first of all is the header's.  600 pages take 1 to 600.
   Slots that become free in the first cluster wait until the second is used up.  */
static void
test_slots(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 5000, 4 * 512 - 1, VMT_SWAP_SOLID);
   hand_fault_range(&reclaim, 0, 1500);
   move_to_swap(&reclaim, 0, 600);
   for (uint64_t page = 0; page < 600; page++)
      CHECK_EQ(slot_of(&reclaim, page), page + 1);
   vmt_reclaim_unmap(&reclaim, 6, true, false);
   vmt_reclaim_unmap(&reclaim, 4, true, false);
   move_to_swap(&reclaim, 600, 423);
   for (uint64_t page = 600; page < 1023; page++)
      CHECK_EQ(slot_of(&reclaim, page), page + 1);
   move_to_swap(&reclaim, 1023, 3);
   CHECK_EQ(slot_of(&reclaim, 1023), 5);
   CHECK_EQ(slot_of(&reclaim, 1024), 7);
   CHECK_EQ(slot_of(&reclaim, 1025), 1024);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* A cluster that was given back whole comes after those that were never used.  */
static void
test_free_clusters(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 5000, 4 * 512 - 1, VMT_SWAP_SOLID);
   hand_fault_range(&reclaim, 0, 2100);
   for (uint64_t page = 0; page < 1023; page += 341)
      move_to_swap(&reclaim, page, 341);        /* two clusters, full */
   for (uint64_t page = 511; page < 1023; page++)
      vmt_reclaim_unmap(&reclaim, page, true, false);
   move_to_swap(&reclaim, 1023, 512);
   move_to_swap(&reclaim, 1535, 512);
   CHECK_EQ(slot_of(&reclaim, 1023), 2 * 512);
   CHECK_EQ(slot_of(&reclaim, 1535), 3 * 512);
   move_to_swap(&reclaim, 2047, 1);
   CHECK_EQ(slot_of(&reclaim, 2047), 512);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* Two clusters, of 511 and 189 slots, are full.  10 and 400 become free; 10 is taken, and
   5 becomes free behind it.  400 is next, then the cluster is at its end, and has 5 left
   all the same.  */
static void
test_last_slots(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 5000, 700, VMT_SWAP_SOLID);
   hand_fault_range(&reclaim, 0, 710);
   move_to_swap(&reclaim, 0, 350);
   move_to_swap(&reclaim, 350, 350);
   CHECK_EQ(reclaim.swap.n_used, 700);
   vmt_reclaim_unmap(&reclaim, 9, true, false);
   vmt_reclaim_unmap(&reclaim, 399, true, false);
   move_to_swap(&reclaim, 700, 1);
   CHECK_EQ(slot_of(&reclaim, 700), 10);
   vmt_reclaim_unmap(&reclaim, 4, true, false);
   move_to_swap(&reclaim, 701, 1);
   CHECK_EQ(slot_of(&reclaim, 701), 400);
   move_to_swap(&reclaim, 702, 1);
   CHECK_EQ(slot_of(&reclaim, 702), 5);
   CHECK_EQ(reclaim.swap.n_used, 700);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

struct look {
   uint64_t state;
   struct vmt_reclaim reclaim;
};

static void
look_at(struct look *look, uint64_t page, enum vmt_reclaim_outcome outcome,
        uint64_t first, uint64_t end)
{
   struct vmt_reclaim_area area = { .vpn = 5000 + page, .n_before = (uint32_t)page,
                                    .n_after = 511, .state = &look->state };
   struct vmt_reclaim_request request = { .page = page, .kind = VMT_RECLAIM_ANON,
                                          .area = &area };
   struct vmt_reclaim_result result;

   CHECK_EQ(vmt_reclaim_fault(&look->reclaim, &request, &result), VMT_OK);
   CHECK_EQ(result.outcome, outcome);
   hand_check_events(&look->reclaim, VMT_RECLAIM_SWAPPED_IN, first, end);
}

/* By addresses.  The window is of hits + 2 pages, rounded up from 4 on, 8 at most, no
   less than half of the last one; a new area starts with 4 hits.  */
static void
test_read_ahead_by_addresses(void)
{
   struct look look = { .state = 0 };

   hand_start(&look.reclaim, 5000, 5000, VMT_SWAP_SOLID);
   hand_fault_range(&look.reclaim, 0, 600);
   move_to_swap(&look.reclaim, 0, 600);
   /* 4 hits: 8 pages, 3 before and 4 after.  */
   look_at(&look, 100, VMT_RECLAIM_SWAP_IN, 97, 105);
   for (uint64_t page = 101; page < 105; page++)
      look_at(&look, page, VMT_RECLAIM_SWAP_HIT, 0, 0);
   CHECK_EQ(look.reclaim.counts.n_read_ahead_hits, 4);
   /* 4 hits, and the next page: 8 from there on.  */
   look_at(&look, 105, VMT_RECLAIM_SWAP_IN, 105, 113);
   /* Elsewhere, no hits: 1, but no less than 4; then 2; then 1.  */
   look_at(&look, 300, VMT_RECLAIM_SWAP_IN, 299, 303);
   look_at(&look, 400, VMT_RECLAIM_SWAP_IN, 400, 402);
   look_at(&look, 500, VMT_RECLAIM_SWAP_IN, 500, 501);
   /* The page before the last one, no hits: 2, back from there.  */
   look_at(&look, 499, VMT_RECLAIM_SWAP_IN, 498, 500);
   /* At the start of the area, and of what was moved there.  */
   look_at(&look, 0, VMT_RECLAIM_SWAP_IN, 0, 1);
   CHECK_EQ(look.reclaim.counts.n_swapped_in, 8 + 8 + 4 + 2 + 1 + 2 + 1);
   CHECK_EQ(look.reclaim.counts.n_read_ahead, 7 + 7 + 3 + 1 + 0 + 1 + 0);
   check_invariants(&look.reclaim);
   vmt_reclaim_free(&look.reclaim);
}

/* By slots: the aligned block that the slot is in.  Page p is in slot p + 1.  */
static void
test_read_ahead_by_slots(void)
{
   struct look look = { .state = 0 };

   hand_start(&look.reclaim, 5000, 5000, VMT_SWAP_ROTATING);
   hand_fault_range(&look.reclaim, 0, 600);
   move_to_swap(&look.reclaim, 0, 600);
   /* 4 hits at boot: slots 96 to 103 for slot 101.  */
   look_at(&look, 100, VMT_RECLAIM_SWAP_IN, 95, 103);
   /* None: half of 8, slots 200 to 203 for 201.  */
   look_at(&look, 200, VMT_RECLAIM_SWAP_IN, 199, 203);
   /* One hit: 3, so 4: slots 304 to 307 for 306.  */
   look_at(&look, 199, VMT_RECLAIM_SWAP_HIT, 0, 0);
   look_at(&look, 305, VMT_RECLAIM_SWAP_IN, 303, 307);
   /* None: 2, then 1: slots 400 and 401 for 401; 501.  */
   look_at(&look, 400, VMT_RECLAIM_SWAP_IN, 399, 401);
   look_at(&look, 500, VMT_RECLAIM_SWAP_IN, 500, 501);
   /* The slot after it: 2.  502 and 503 for 502.  */
   look_at(&look, 501, VMT_RECLAIM_SWAP_IN, 501, 503);
   check_invariants(&look.reclaim);
   vmt_reclaim_free(&look.reclaim);
}

/* A slot that is used for nothing but a clean page in memory is given up when more than
   half of swap is used.  */
static void
test_full_swap_gives_up_slots(void)
{
   struct vmt_reclaim reclaim;

   hand_start(&reclaim, 64, 10, VMT_SWAP_ROTATING);
   hand_fault_range(&reclaim, 0, 30);
   move_to_swap(&reclaim, 0, 4);
   hand_fault(&reclaim, 0, false);
   CHECK_EQ(reclaim.swap.n_used, 4);
   move_to_swap(&reclaim, 10, 2);
   CHECK_EQ(reclaim.swap.n_used, 6);
   hand_fault(&reclaim, 1, false);
   CHECK_EQ(reclaim.swap.n_used, 5);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

/* tmpfs: a page of zeroes is dropped, a written one is written out; its slot is free as
   soon as it is back.  */
static void
test_shmem(void)
{
   struct vmt_reclaim reclaim;
   struct vmt_reclaim_request request = { .page = 1, .kind = VMT_RECLAIM_SHMEM };
   struct vmt_reclaim_result result;

   hand_start(&reclaim, 64, 100, VMT_SWAP_SOLID);
   CHECK_EQ(vmt_reclaim_fault(&reclaim, &request, &result), VMT_OK);
   CHECK_EQ(result.outcome, VMT_RECLAIM_NEW);
   hand_page_out(&reclaim, 1, 1);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 1), VMT_RECLAIM_NOWHERE);
   request.write = true;
   CHECK_EQ(vmt_reclaim_fault(&reclaim, &request, &result), VMT_OK);
   CHECK_EQ(result.outcome, VMT_RECLAIM_NEW);
   move_to_swap(&reclaim, 1, 1);
   request.write = false;
   CHECK_EQ(vmt_reclaim_fault(&reclaim, &request, &result), VMT_OK);
   CHECK_EQ(result.outcome, VMT_RECLAIM_SWAP_IN);
   CHECK_EQ(reclaim.swap.n_used, 0);
   vmt_reclaim_unmap(&reclaim, 1, false, true);
   CHECK_EQ(vmt_reclaim_where(&reclaim, 1), VMT_RECLAIM_IN_MEMORY);
   CHECK_EQ(vmt_reclaim_fault(&reclaim, &request, &result), VMT_OK);
   CHECK_EQ(result.outcome, VMT_RECLAIM_CACHED);
   move_to_swap(&reclaim, 1, 1);
   vmt_reclaim_forget(&reclaim, 1);
   CHECK_EQ(reclaim.swap.n_used, 0);
   check_invariants(&reclaim);
   vmt_reclaim_free(&reclaim);
}

int
main(void)
{
   test_begin("test_swap");
   test_writes();
   test_dirtied_later();
   test_shared();
   test_unmapped_under_write();
   test_waits();
   test_slots();
   test_free_clusters();
   test_last_slots();
   test_read_ahead_by_addresses();
   test_read_ahead_by_slots();
   test_full_swap_gives_up_slots();
   test_shmem();
   return test_end();
}
