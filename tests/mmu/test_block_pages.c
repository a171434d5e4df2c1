/* What blocks make of the pages of the heap, beside a naive model that counts all of it
   anew after each step.  And memory that runs out.  */

#include <string.h>

#include "tests/mmu/check.h"
#include "vmtrace/mmu/mechanisms/blocks.h"

#define N_STEPS 3000
#define PAGE 4096u
#define N_PAGES 150                     /* more than two regions */
#define FIRST_PAGE 0x5555555f0ull       /* not where a region begins */
#define BASE (FIRST_PAGE * PAGE)
#define N_SITES 4
#define MAX_BLOCKS 1000

struct model_block {
   uint64_t start, end, n_bytes;
   uint32_t site;
};

struct model_page {
   bool is_resident, was_returned;
   uint32_t mapping;                    /* its number; 0: none */
   uint32_t site;                       /* of a direct mapping, or VMT_OWN_SITE */
   bool by_brk;
};

struct model_counts {
   struct vmt_heap_state heap;
   uint64_t kept[N_SITES], pinned[N_SITES];
};

static struct vmt_blocks blocks;
static uint32_t sites[N_SITES], mapping_sites[N_SITES];
static struct model_block live[MAX_BLOCKS];
static struct model_page pages[N_PAGES];
static uint32_t n_live, n_mappings;
static uint64_t now, last_came;
static struct model_counts at_peak;
static struct vmt_returned returned;
static uint64_t n_straddles;

/* ---- the model ---- */

static bool
straddles(const struct model_block *block)
{
   return block->n_bytes <= PAGE && block->start / PAGE != (block->end - 1) / PAGE;
}

static uint64_t
overlap(uint64_t start, uint64_t end, uint64_t other_start, uint64_t other_end)
{
   uint64_t low = start > other_start ? start : other_start;
   uint64_t high = end < other_end ? end : other_end;

   return high > low ? high - low : 0;
}

static void
count_page(uint32_t page, struct model_counts *counts)
{
   uint64_t start = BASE + page * (uint64_t)PAGE, n_bytes = 0;
   uint32_t n = 0, n_of_site[N_SITES] = {0}, site = 0;
   uint64_t n_bytes_last = 0;

   for (uint32_t i = 0; i < n_live; i++) {
      const struct model_block *block = &live[i];

      if (overlap(block->start, block->end, start, start + PAGE) == 0)
         continue;
      n_bytes += overlap(block->start, block->start + block->n_bytes, start,
                         start + PAGE);
      site = block->site;
      n_bytes_last = block->n_bytes;
      n_of_site[site]++;
      n++;
   }
   counts->heap.n_pages++;
   counts->heap.fullness[(n_bytes * 10 + PAGE - 1) / PAGE]++;
   if (n == 0 || n_of_site[site] != n)
      return;
   counts->kept[site]++;
   if (n == 1 && n_bytes_last <= 512) {
      counts->heap.n_pinned++;
      counts->pinned[site]++;
   }
}

static void
count_all(struct model_counts *counts)
{
   memset(counts, 0, sizeof *counts);
   for (uint32_t i = 0; i < n_live; i++) {
      counts->heap.n_blocks++;
      counts->heap.n_bytes += live[i].n_bytes;
      counts->heap.n_straddling += straddles(&live[i]);
   }
   for (uint32_t page = 0; page < N_PAGES; page++)
      if (pages[page].is_resident && pages[page].site == VMT_OWN_SITE)
         count_page(page, counts);
}

static void
drop(uint64_t start, uint64_t end)
{
   uint32_t n = 0;

   for (uint32_t i = 0; i < n_live; i++)
      if (overlap(live[i].start, live[i].end, start, end) == 0)
         live[n++] = live[i];
   n_live = n;
}

/* The mapping that the page is of is the allocator's, as far as it is whole.  */
static void
take_over(uint32_t page)
{
   uint32_t mapping = pages[page].mapping, low = page, high = page;

   while (low > 0 && pages[low - 1].mapping == mapping)
      low--;
   while (high + 1 < N_PAGES && pages[high + 1].mapping == mapping)
      high++;
   for (; low <= high; low++)
      pages[low].site = VMT_OWN_SITE;
}

static void
claim(const struct model_block *block)
{
   uint32_t page = (uint32_t)(block->start / PAGE - FIRST_PAGE);
   uint32_t last = (uint32_t)((block->end - 1) / PAGE - FIRST_PAGE);

   for (; page <= last; page++) {
      if (pages[page].mapping == 0) {
         pages[page].mapping = ++n_mappings;
         pages[page].by_brk = false;
      }
      if (pages[page].site != VMT_OWN_SITE)
         take_over(page);
   }
}

/* ---- steps ---- */

static void
add(void)
{
   uint64_t limit = test_random(3) == 0 ? 20 * PAGE : test_random(2) == 0 ? PAGE : 300;
   uint64_t start = BASE + test_random(N_PAGES * PAGE), n_bytes = test_random(limit);
   struct model_block block = {start, start + (n_bytes == 0 ? 1 : n_bytes), n_bytes,
                               (uint32_t)test_random(N_SITES)};

   if (test_random(4) == 0)
      block.start = start - start % PAGE, block.end -= start % PAGE;
   if (block.end > BASE + N_PAGES * (uint64_t)PAGE || n_live == MAX_BLOCKS)
      return;
   drop(block.start, block.end);
   claim(&block);
   live[n_live++] = block;
   if (n_bytes != 0)
      last_came = now;
   n_straddles += straddles(&block);
   CHECK_EQ(vmt_blocks_add(&blocks, block.start, n_bytes, sites[block.site], now),
            VMT_OK);
}

static void
give_back(void)
{
   struct vmt_block gone;
   uint32_t i;

   if (n_live == 0)
      return;
   i = (uint32_t)test_random(n_live);
   CHECK(vmt_blocks_remove(&blocks, live[i].start, now, &gone));
   CHECK_EQ(gone.n_bytes, live[i].n_bytes);
   live[i] = live[--n_live];
}

static void
leave(uint32_t page, enum vmt_leave how)
{
   struct model_page *one = &pages[page];
   bool is_returned = how == VMT_LEAVE_UNMAPPED || how == VMT_LEAVE_ADVISED;

   if (!one->is_resident)
      return;
   one->is_resident = false;
   vmt_blocks_page_left(&blocks, FIRST_PAGE + page, how);
   if (one->site != VMT_OWN_SITE || !is_returned)
      return;
   one->was_returned = true;
   if (how == VMT_LEAVE_ADVISED)
      returned.n_by_advice++;
   else if (one->by_brk)
      returned.n_by_brk++;
   else
      returned.n_by_unmap++;
}

static void
come(uint32_t page)
{
   struct model_page *one = &pages[page];

   if (one->is_resident)
      return;
   one->is_resident = true;
   if (one->site == VMT_OWN_SITE)
      returned.n_back += one->was_returned;
   one->was_returned = false;
   vmt_blocks_page_came(&blocks, FIRST_PAGE + page, now);
   if (one->site == VMT_OWN_SITE)
      last_came = now;
}

/* Pages leave before their mapping goes, as in the machine.  */
static void
unmap(uint32_t first, uint32_t after)
{
   for (uint32_t page = first; page < after; page++)
      leave(page, VMT_LEAVE_UNMAPPED);
   drop(BASE + first * (uint64_t)PAGE, BASE + after * (uint64_t)PAGE);
   for (uint32_t page = first; page < after; page++) {
      pages[page].mapping = 0;
      pages[page].site = VMT_NO_SITE;
   }
}

static void
map(uint32_t first, uint32_t after)
{
   uint32_t site = test_random(2) == 0 ? VMT_OWN_SITE
                                       : mapping_sites[test_random(N_SITES)];
   bool by_brk = test_random(2) == 0;

   unmap(first, after);
   n_mappings++;
   for (uint32_t page = first; page < after; page++) {
      pages[page].mapping = n_mappings;
      pages[page].site = site;
      pages[page].by_brk = by_brk;
   }
   CHECK_EQ(vmt_blocks_map(&blocks, BASE + first * (uint64_t)PAGE,
                           BASE + after * (uint64_t)PAGE, site, by_brk, now),
            VMT_OK);
}

static void
map_or_unmap(void)
{
   uint32_t first = (uint32_t)test_random(N_PAGES);
   uint32_t after = first + 1 + (uint32_t)test_random(N_PAGES - first);

   if (after - first > 20 && test_random(4) != 0)
      after = first + 20;
   if (test_random(3) != 0) {
      map(first, after);
      return;
   }
   unmap(first, after);
   CHECK_EQ(vmt_blocks_unmap(&blocks, BASE + first * (uint64_t)PAGE,
                             BASE + after * (uint64_t)PAGE, now), VMT_OK);
}

/* ---- comparing ---- */

static void
check_heap(const struct vmt_heap_state *ours, const struct vmt_heap_state *expected)
{
   CHECK_EQ(ours->n_blocks, expected->n_blocks);
   CHECK_EQ(ours->n_bytes, expected->n_bytes);
   CHECK_EQ(ours->n_straddling, expected->n_straddling);
   CHECK_EQ(ours->n_pages, expected->n_pages);
   CHECK_EQ(ours->n_pinned, expected->n_pinned);
   for (uint32_t i = 0; i < VMT_N_FULLNESSES; i++)
      CHECK_EQ(ours->fullness[i], expected->fullness[i]);
}

static void
check_sites(const struct model_counts *counts)
{
   for (uint32_t i = 0; i < N_SITES; i++) {
      const struct vmt_site *site = vmt_blocks_get_site(&blocks, sites[i]);
      const struct vmt_site *mapping = vmt_blocks_get_site(&blocks, mapping_sites[i]);
      uint64_t n_pages = 0;

      CHECK_EQ(site->n_kept, counts->kept[i]);
      CHECK_EQ(site->n_pinned, counts->pinned[i]);
      CHECK_EQ(vmt_blocks_kept_at_peak(&blocks, sites[i]), at_peak.kept[i]);
      CHECK_EQ(vmt_blocks_pinned_at_peak(&blocks, sites[i]), at_peak.pinned[i]);
      for (uint32_t page = 0; page < N_PAGES; page++)
         n_pages += pages[page].site == mapping_sites[i];
      CHECK_EQ(mapping->live_bytes, n_pages * PAGE);
      CHECK_EQ(mapping->n_live, mapping->n_allocs - mapping->n_frees);
      CHECK(mapping->n_frees <= mapping->n_allocs);
   }
}

static void
check_site_at(uint64_t addr)
{
   const struct model_page *page = &pages[(addr - BASE) / PAGE];
   uint32_t site = page->site;

   for (uint32_t i = 0; i < n_live; i++)
      if (live[i].start <= addr && addr < live[i].end)
         site = sites[live[i].site];
   CHECK_EQ(vmt_blocks_site_at(&blocks, addr), site);
}

/* After each step; within one, all that goes goes before anything comes.  */
static void
look_for_peak(void)
{
   struct model_counts counts;

   count_all(&counts);
   counts.heap.time = last_came;
   if (counts.heap.n_pages > at_peak.heap.n_pages ||
       (counts.heap.n_pages == at_peak.heap.n_pages &&
        counts.heap.n_bytes > at_peak.heap.n_bytes))
      at_peak = counts;
}

static void
check_all(void)
{
   struct model_counts counts;

   count_all(&counts);
   vmt_blocks_note_peak(&blocks);
   vmt_blocks_settle(&blocks);
   check_heap(&blocks.now, &counts.heap);
   check_heap(&blocks.at_peak, &at_peak.heap);
   CHECK_EQ(blocks.at_peak.time, at_peak.heap.time);
   check_sites(&counts);
   CHECK_EQ(blocks.returned.n_by_brk, returned.n_by_brk);
   CHECK_EQ(blocks.returned.n_by_unmap, returned.n_by_unmap);
   CHECK_EQ(blocks.returned.n_by_advice, returned.n_by_advice);
   CHECK_EQ(blocks.returned.n_back, returned.n_back);
   CHECK_EQ(blocks.n_straddles, n_straddles);
   for (uint32_t i = 0; i < 20; i++)
      check_site_at(BASE + test_random(N_PAGES * PAGE));
   for (uint32_t i = 0; i < 20 && n_live != 0; i++)
      check_site_at(live[test_random(n_live)].end - 1);
}

static void
begin(uint64_t seed)
{
   test_reseed(seed);
   now = n_live = n_mappings = 0;
   last_came = n_straddles = 0;
   memset(pages, 0, sizeof pages);
   memset(&at_peak, 0, sizeof at_peak);
   memset(&returned, 0, sizeof returned);
   CHECK_EQ(vmt_blocks_init(&blocks), VMT_OK);
   for (uint32_t i = 0; i < N_SITES; i++) {
      sites[i] = vmt_blocks_site(&blocks, 100 + i, VMT_SITE_MALLOC);
      mapping_sites[i] = vmt_blocks_site(&blocks, 100 + i, VMT_SITE_MMAP);
   }
}

/* Residents are few, or most, by turns, so that peaks come again.  */
static void
run_random(uint64_t seed)
{
   begin(seed);
   for (uint32_t i = 0; i < N_STEPS; i++) {
      uint64_t what = test_random(100);
      uint32_t page = (uint32_t)test_random(N_PAGES);

      now += test_random(10);
      if (what < 30)
         add();
      else if (what < 55)
         give_back();
      else if (what < (i / 300 % 2 == 0 ? 85u : 65u))
         come(page);
      else if (what < 96)
         leave(page, (enum vmt_leave)test_random(4));
      else
         map_or_unmap();
      look_for_peak();
      if (test_random(8) == 0)          /* which brings peaks up to date */
         check_all();
   }
   vmt_blocks_free(&blocks);
}

/* A fork's child has the blocks and no page.  */
static void
run_fork(void)
{
   begin(77);
   for (uint32_t i = 0; i < 200; i++) {
      add();
      come((uint32_t)test_random(N_PAGES));
   }
   for (uint32_t page = 0; page < N_PAGES; page++)
      pages[page].is_resident = pages[page].was_returned = false;
   n_straddles = 0;
   memset(&returned, 0, sizeof returned);
   memset(&at_peak, 0, sizeof at_peak);
   vmt_blocks_start_anew(&blocks, now);
   last_came = 0;
   look_for_peak();
   check_all();
   for (uint32_t page = 0; page < N_PAGES; page++) {
      come(page);
      look_for_peak();
      check_all();
   }
   vmt_blocks_free(&blocks);
}

/* A mapping, one of the allocator's beside it, a block across the two, which takes the
   first over, a page, and a hole in the second.  How far it came.  */
static uint32_t
steps_done(uint32_t *site)
{
   uint32_t mapping;

   *site = vmt_blocks_site(&blocks, 5, VMT_SITE_MALLOC);
   mapping = vmt_blocks_site(&blocks, 6, VMT_SITE_MMAP);
   if (*site == VMT_NO_SITE || mapping == VMT_NO_SITE)
      return 0;
   if (vmt_blocks_map(&blocks, BASE, BASE + 2 * PAGE, mapping, false, 0) != VMT_OK)
      return 1;
   if (vmt_blocks_map(&blocks, BASE + 2 * PAGE, BASE + 9 * PAGE, VMT_OWN_SITE, false,
                      0) != VMT_OK)
      return 2;
   if (vmt_blocks_add(&blocks, BASE + PAGE + 64, 3 * PAGE, *site, 0) != VMT_OK)
      return 3;
   vmt_blocks_page_came(&blocks, FIRST_PAGE + 1000, 0);
   if (blocks.no_memory)
      return 4;
   return vmt_blocks_unmap(&blocks, BASE + 6 * PAGE, BASE + 7 * PAGE, 0) == VMT_OK ? 6
                                                                                 : 5;
}

/* Each allocation in turn fails: what did not come about left nothing behind.  */
static void
run_out_of_memory(void)
{
   uint32_t reached = 0;
   bool came = true;

   for (uint64_t nth = 1; came; nth++) {
      uint32_t n_done = 0, site;
      struct vmt_block found;

      test_fail_nth(nth);
      if (vmt_blocks_init(&blocks) == VMT_OK) {
         n_done = steps_done(&site);
         CHECK_EQ(vmt_blocks_find(&blocks, BASE + 3 * PAGE, &found), n_done > 3);
         CHECK_EQ(blocks.live_bytes, n_done > 3 ? 3 * PAGE : 0);
         if (n_done > 3)
            CHECK_EQ(vmt_blocks_site_at(&blocks, BASE), VMT_OWN_SITE);
         vmt_blocks_free(&blocks);
      }
      came = test_fail_came();
      CHECK_EQ(came, n_done != 6);
      CHECK_EQ(test_n_blocks(), 0);
      reached |= 1u << n_done;
   }
   CHECK(reached & 1u << 3 && reached & 1u << 4);
}

int
main(void)
{
   test_begin("block pages");
   for (uint64_t seed = 0; seed < 12; seed++)
      run_random(seed);
   run_fork();
   run_out_of_memory();
   return test_end();
}
