/* Random steps of an embedder, against the naive model of contents, with the invariants
   checked; the same short of memory.  */

#include "tests/mmu/check.h"
#include "tests/reclaim/invariants.h"
#include "tests/reclaim/naive.h"

#include <string.h>

#define MAX_PAGES 400

struct world {
   struct vmt_reclaim reclaim;
   struct naive naive;
   uint64_t area_states[2];
   bool was_out_of_memory;
   uint32_t asker;                      /* charge of the call that is under way */
   uint32_t owners[MAX_PAGES];          /* ... that brought each page in */
};

static void
right(const char *complaint)
{
   if (complaint != NULL)
      test_fail(__FILE__, __LINE__, complaint, 0, 0);
}

static void
take_events(struct world *world)
{
   static const char *(*const hear[])(struct naive *, uint32_t) = {
      [VMT_RECLAIM_UNMAPPED] = naive_unmapped,
      [VMT_RECLAIM_AGED] = naive_aged,
      [VMT_RECLAIM_CLEANED] = naive_cleaned,
      [VMT_RECLAIM_EVICTED] = naive_evicted,
      [VMT_RECLAIM_SWAPPED_OUT] = naive_swapped_out,
      [VMT_RECLAIM_SWAPPED_IN] = naive_swapped_in,
      [VMT_RECLAIM_FILE_READ] = naive_file_read,
      [VMT_RECLAIM_REFAULTED] = naive_refaulted,
      [VMT_RECLAIM_RESTORED] = naive_restored,
   };

   for (uint32_t i = 0; i < world->reclaim.n_events; i++) {
      const struct vmt_reclaim_event *event = &world->reclaim.events[i];

      CHECK(event->page < world->naive.n_pages);
      if (event->change == VMT_RECLAIM_SWAPPED_IN ||
          event->change == VMT_RECLAIM_FILE_READ)
         world->owners[event->page] = world->asker;
      CHECK_EQ(event->charge, world->owners[event->page]);
      right(hear[event->change](&world->naive, (uint32_t)event->page));
   }
   world->reclaim.n_events = 0;
}

static uint32_t
any_page(const struct world *world)
{
   uint32_t n = world->naive.n_pages;

   /* Some more often than others.  */
   return (uint32_t)(test_random(3) == 0 ? test_random(n) : test_random(n / 4 + 1));
}

static enum vmt_reclaim_outcome
expected(const struct naive_page *page, enum vmt_reclaim_outcome said)
{
   if (page->resident && page->kind == NAIVE_ANON)
      return VMT_RECLAIM_SWAP_HIT;
   if (page->resident)
      return said == VMT_RECLAIM_SWAP_HIT && page->swapped && page->kind == NAIVE_SHMEM
                ? said : VMT_RECLAIM_CACHED;
   if (page->kind == NAIVE_FILE)
      return VMT_RECLAIM_READ;
   return page->swapped ? VMT_RECLAIM_SWAP_IN : VMT_RECLAIM_NEW;
}

static void
fault(struct world *world, uint32_t which, bool write)
{
   struct naive_page *page = &world->naive.pages[which], before = *page;
   bool had_entry = page->kind == NAIVE_ANON && page->n_swap_entries != 0;
   struct vmt_reclaim_area area = {
      .vpn = 1000 + which, .n_before = which < 20 ? which : 20,
      .n_after = (uint32_t)test_random(20), .state = &world->area_states[which % 2]
   };
   struct vmt_reclaim_request request = {
      .page = which, .kind = (enum vmt_reclaim_kind)page->kind, .write = write,
      .executable = which % 5 == 0, .no_recency = which % 11 == 0,
      .charge = world->asker, .area = test_random(4) != 0 ? &area : NULL
   };
   struct vmt_reclaim_result result;
   enum vmt_status status;

   status = vmt_reclaim_fault(&world->reclaim, &request, &result);
   take_events(world);
   world->was_out_of_memory |= result.out_of_memory;
   if (status != VMT_OK) {
      CHECK_EQ(status, VMT_NO_MEMORY);
      return;
   }
   CHECK_EQ(result.outcome, expected(&before, result.outcome));
   if (result.outcome == VMT_RECLAIM_NEW) {
      right(naive_make(&world->naive, which));
      world->owners[which] = world->asker;
   }
   right(naive_map(&world->naive, which, had_entry));
   if (write)
      right(naive_write(&world->naive, which));
}

static void
touch(struct world *world, uint32_t which, bool write)
{
   struct naive_page *page = &world->naive.pages[which];

   if (page->kind == NAIVE_ANON && page->n_mapped + page->n_swap_entries > 1)
      write = false;                    /* a copy would be made */
   if (page->n_mapped == 0) {
      fault(world, which, write);
      return;
   }
   if (!page->accessed || (write && !page->dirty))
      vmt_reclaim_touched(&world->reclaim, which, !page->accessed, write);
   page->accessed = true;
   if (write)
      right(naive_write(&world->naive, which));
}

static void
fork_page(struct world *world, uint32_t which)
{
   struct naive_page *page = &world->naive.pages[which];
   bool swap_entry = page->n_mapped == 0 ||
                     (page->n_swap_entries != 0 && test_random(2) == 0);

   if (page->kind != NAIVE_ANON || page->n_mapped + page->n_swap_entries == 0 ||
       page->lazy)
      return;
   vmt_reclaim_duplicate(&world->reclaim, which, swap_entry);
   if (swap_entry)
      page->n_swap_entries++;
   else
      page->n_mapped++;
}

static void
unmap(struct world *world, uint32_t which)
{
   struct naive_page *page = &world->naive.pages[which];
   bool swap_entry = page->n_mapped == 0 ||
                     (page->n_swap_entries != 0 && test_random(2) == 0);

   if (page->n_mapped + page->n_swap_entries == 0)
      return;
   vmt_reclaim_unmap(&world->reclaim, which, swap_entry, page->accessed);
   right(naive_unmap(&world->naive, which, swap_entry));
}

static void
advise(struct world *world, uint32_t which)
{
   struct naive_page *page = &world->naive.pages[which];

   switch (test_random(4)) {
   case 0:
      vmt_reclaim_cold(&world->reclaim, which);
      page->accessed = false;
      break;
   case 1:
      if (!page->resident || page->n_mapped != 1 || page->n_swap_entries != 0 ||
          !vmt_reclaim_lazy(&world->reclaim, which))
         break;
      page->lazy = true;
      page->swapped = page->accessed = page->dirty = false;
      break;
   case 2:
      page->locked = page->resident && test_random(3) == 0;
      vmt_reclaim_lock(&world->reclaim, which, page->locked);
      break;
   case 3:
      if (page->kind == NAIVE_ANON && page->n_mapped + page->n_swap_entries == 1 &&
          page->n_mapped == 1) {
         vmt_reclaim_reuse(&world->reclaim, which);
         touch(world, which, true);
      }
      break;
   }
}

static void
page_out(struct world *world)
{
   uint64_t pages[80];
   uint32_t n = (uint32_t)test_random(80);
   enum vmt_status status;

   for (uint32_t i = 0; i < n; i++)
      pages[i] = any_page(world);
   for (uint32_t i = 0; i < n; i++)
      if (!world->naive.pages[pages[i]].locked) {
         vmt_reclaim_cold(&world->reclaim, pages[i]);
         world->naive.pages[pages[i]].accessed = false;
      }
   status = vmt_reclaim_page_out(&world->reclaim, pages, n);
   CHECK(status == VMT_OK || status == VMT_NO_MEMORY);
   take_events(world);
}

/* Pages of the file: the last third.  */
static void
read_or_map(struct world *world, uint32_t which)
{
   struct naive_page *page = &world->naive.pages[which];

   if (page->kind == NAIVE_ANON)
      return;
   if (test_random(2) == 0) {
      if (vmt_reclaim_map(&world->reclaim, which, false, false))
         right(naive_map(&world->naive, which, false));
      else
         vmt_reclaim_accessed(&world->reclaim, which);
      return;
   }
   if (page->kind != NAIVE_FILE)
      return;
   if (test_random(2) == 0) {
      struct vmt_reclaim_request request = { .read_start = which, .n_read = 1,
                                             .read_mark = VMT_NO_PAGE,
                                             .charge = world->asker };

      CHECK(vmt_reclaim_fault_read(&world->reclaim, &request) != VMT_BAD_INPUT);
   } else {
      CHECK(vmt_reclaim_read(&world->reclaim, which, 1, which, world->asker) !=
            VMT_BAD_INPUT);
   }
   take_events(world);
}

static void
take_kernel(struct world *world)
{
   bool out_of_memory = false;

   if (test_random(2) == 0 && world->naive.n_kernel < 6) {
      if (vmt_reclaim_take_kernel(&world->reclaim, 2, &out_of_memory) == VMT_OK)
         world->naive.n_kernel += 2;
      world->was_out_of_memory |= out_of_memory;
      take_events(world);
   } else if (world->naive.n_kernel != 0) {
      vmt_reclaim_give_kernel(&world->reclaim, 1);
      world->naive.n_kernel--;
   }
}

static void
step(struct world *world)
{
   uint32_t which = any_page(world), what = (uint32_t)test_random(100);
   struct naive_page *page = &world->naive.pages[which];

   world->asker = (uint32_t)test_random(7);
   if (what < 70) {
      touch(world, which, test_random(2) == 0);
   } else if (what < 75) {
      fork_page(world, which);
   } else if (what < 82) {
      unmap(world, which);
   } else if (what < 88) {
      advise(world, which);
   } else if (what < 93) {
      read_or_map(world, which);
   } else if (what < 95) {
      take_kernel(world);
   } else if (what < 96) {
      page_out(world);
   } else if (what < 98) {
      if (page->kind != NAIVE_ANON && page->n_mapped == 0) {
         vmt_reclaim_forget(&world->reclaim, which);
         right(naive_forget(&world->naive, which));
      }
   } else {
      vmt_reclaim_run(&world->reclaim, test_random(200000));
   }
}

static void
check_world(const struct world *world)
{
   check_invariants(&world->reclaim);
   CHECK_EQ(world->reclaim.n_kernel_frames, world->naive.n_kernel);
   CHECK(world->reclaim.n_frames_used >=
         world->naive.n_resident + world->naive.n_kernel);
   for (uint32_t i = 0; i < world->naive.n_pages; i++)
      CHECK_EQ(vmt_reclaim_where(&world->reclaim, i) == VMT_RECLAIM_IN_MEMORY,
               world->naive.pages[i].resident);
   if (!world->was_out_of_memory)
      CHECK(world->reclaim.n_frames_used <= world->reclaim.settings.n_frames);
}

static enum vmt_status
start(struct world *world)
{
   struct vmt_reclaim_settings settings;
   uint32_t n_pages = 40 + (uint32_t)test_random(MAX_PAGES - 40);

   memset(world, 0, sizeof(*world));
   vmt_reclaim_defaults(&settings);
   settings.n_frames = 16 + test_random(n_pages);
   settings.n_slots = test_random(5) == 0 ? 0 : test_random(4 * n_pages);
   settings.device = (enum vmt_swap_device)test_random(3);
   settings.swappiness = (uint32_t)test_random(201);
   settings.page_cluster = (uint32_t)test_random(6);
   settings.waits_for_writes = test_random(2) == 0;
   settings.counts_ns = test_random(2) == 0 ? 0 : test_random(10000000);
   settings.write_ns = test_random(1000000);
   settings.generations = test_random(2) == 0;
   CHECK(naive_start(&world->naive, n_pages));
   /* Half of it is never used: no slot is given up because swap is full.  */
   world->naive.keeps_copies = settings.n_slots > 2 * n_pages &&
                               settings.device != VMT_SWAP_MEMORY;
   for (uint32_t i = 0; i < n_pages; i++)
      world->naive.pages[i].kind = i % 3 != 0 ? NAIVE_ANON
                                   : i % 2 != 0 ? NAIVE_SHMEM : NAIVE_FILE;
   return vmt_reclaim_init(&world->reclaim, &settings);
}

static void
end(struct world *world)
{
   vmt_reclaim_free(&world->reclaim);
   naive_end(&world->naive);
}

static void
test_steps(uint32_t n_rounds, uint32_t n_steps, uint32_t check_each)
{
   struct world world;

   for (uint32_t round = 0; round < n_rounds; round++) {
      test_reseed(round);
      CHECK_EQ(start(&world), VMT_OK);
      for (uint32_t i = 0; i < n_steps; i++) {
         step(&world);
         if (i % check_each == 0)
            check_world(&world);
      }
      check_world(&world);
      end(&world);
   }
}

/* Runs the same steps, and lets one allocation fail, then the next, ...  */
static void
test_no_memory(uint32_t round)
{
   struct world world;
   bool came = true;

   for (uint64_t nth = 1; came; nth++) {
      test_reseed(round);
      test_fail_nth(nth);
      if (start(&world) == VMT_OK) {
         for (uint32_t i = 0; i < 600; i++)
            step(&world);
         check_world(&world);
      }
      came = test_fail_came();
      end(&world);
   }
}

/* The same steps come to the same counts.  */
static void
test_repeats(void)
{
   struct vmt_reclaim_counts counts[2];

   for (uint32_t i = 0; i < 2; i++) {
      struct world world;

      test_reseed(1000);
      CHECK_EQ(start(&world), VMT_OK);
      for (uint32_t n = 0; n < 20000; n++)
         step(&world);
      counts[i] = world.reclaim.counts;
      end(&world);
   }
   CHECK(memcmp(&counts[0], &counts[1], sizeof(counts[0])) == 0);
}

int
main(void)
{
   test_begin("test_random");
   test_steps(300, 2000, 1 + 50);
   test_steps(40, 400, 1);
   for (uint32_t round = 2000; round < 2010; round++)
      test_no_memory(round);
   test_repeats();
   return test_end();
}
