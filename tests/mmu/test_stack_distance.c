/* The model is a shelf of LRU memories, one of each size, which load, evict
   and free: the distance of a touch is the size of the smallest that does not
   fault.  */

#include "tests/mmu/check.h"
#include "tests/mmu/model_memory.h"
#include "vmtrace/mmu/policies/replacement.h"
#include "vmtrace/mmu/policies/stack_distance.h"

#include <string.h>

#define MAX_SIZE 40
#define MAX_PAGES 30
#define MAX_TOUCHES 4000

struct shelf {
   uint32_t n_sizes;
   struct model_memory sizes[MAX_SIZE + 1];     /* from 1 */
   uint64_t n_faults[MAX_SIZE + 1];
   struct {
      uint32_t charge, distance;
   } touches[MAX_TOUCHES];
   uint32_t n_touches, n_present, n_peak;
   bool present[MAX_PAGES];
};

static struct shelf shelf;
static struct vmt_stack_distance stack;
static struct vmt_distances counts;
static uint64_t tick;

static void
shelf_begin(uint32_t n_sizes)
{
   memset(&shelf, 0, sizeof(shelf));
   shelf.n_sizes = n_sizes;
   for (uint32_t size = 1; size <= n_sizes; size++)
      model_memory_init(&shelf.sizes[size], MODEL_REPLACE_LRU, size, 0, NULL, 0);
}

/* The distance, 0 if every size faults.  Stack inclusion: who has a page at one
   size has it at all larger ones.  */
static uint32_t
shelf_touch(uint64_t page, uint32_t charge)
{
   uint32_t distance = 0;

   for (uint32_t size = 1; size <= shelf.n_sizes; size++) {
      bool hit = model_memory_touch(&shelf.sizes[size], page, false).hit;

      shelf.n_faults[size] += !hit;
      CHECK(hit || distance == 0);
      if (hit && distance == 0)
         distance = size;
   }
   CHECK(shelf.n_touches < MAX_TOUCHES);
   shelf.touches[shelf.n_touches].charge = charge;
   shelf.touches[shelf.n_touches++].distance = distance;
   CHECK_EQ(distance == 0, !shelf.present[page]);
   shelf.n_present += !shelf.present[page];
   shelf.present[page] = true;
   if (shelf.n_peak < shelf.n_present)
      shelf.n_peak = shelf.n_present;
   return distance;
}

static void
shelf_remove(uint64_t page)
{
   for (uint32_t size = 1; size <= shelf.n_sizes; size++)
      model_memory_remove(&shelf.sizes[size], page);
   shelf.n_present -= shelf.present[page];
   shelf.present[page] = false;
}

static void
start(void)
{
   vmt_stack_distance_init(&stack);
   CHECK_EQ(vmt_distances_init(&counts), VMT_OK);
}

/* Touches, counts and charges.  */
static enum vmt_status
touch_at(uint64_t page, uint64_t when, uint32_t charge, uint32_t *distance)
{
   CHECK_EQ(vmt_stack_distance_touch(&stack, page, when, distance), VMT_OK);
   CHECK_EQ(vmt_distances_count(&counts, *distance), VMT_OK);
   return vmt_distances_charge(&counts, charge, *distance);
}

static void
begin(uint32_t n_sizes)
{
   start();
   shelf_begin(n_sizes);
   tick = 0;
}

static void
touch(uint64_t page, uint32_t charge)
{
   uint32_t distance;

   tick += 1 + test_random(3);
   CHECK_EQ(touch_at(page, tick, charge, &distance),
            VMT_OK);
   CHECK_EQ(distance, shelf_touch(page, charge));
}

static void
drop(uint64_t page)
{
   CHECK_EQ(vmt_stack_distance_remove(&stack, page), VMT_OK);
   shelf_remove(page);
}

/* From size `from` on, at each size: the curve, its points, the sum of what the
   charges have; and each charge's touches in each bucket.  */
static void
check_curve(uint32_t from)
{
   struct vmt_curve_point point = { 0 };
   uint64_t last = UINT64_MAX, n_points = 0;

   for (uint32_t size = from; size <= shelf.n_sizes; size++) {
      uint64_t n_faults = vmt_distances_faults(&counts, size);

      CHECK_EQ(n_faults, shelf.n_faults[size]);
      CHECK(n_faults <= last);
      last = n_faults;
   }
   while (vmt_distances_next_point(&counts, stack.n_peak_pages, &point)) {
      CHECK_EQ(point.ram_pages, ++n_points);
      CHECK_EQ(point.n_faults,
               vmt_distances_faults(&counts, point.ram_pages));
   }
   CHECK_EQ(n_points, stack.n_peak_pages);
   CHECK_EQ(n_points, shelf.n_peak);
}

/* The touches of charge that a bucket is for: above low, up to high; bucket 0:
   first touches.  */
static uint64_t
n_in_bucket(uint32_t charge, uint32_t bucket)
{
   uint64_t low = bucket == 0 ? 0 : vmt_distance_bucket_start(bucket), n = 0;
   uint64_t high = bucket == 0 ? 0 : vmt_distance_bucket_start(bucket + 1);

   for (uint32_t k = 0; k < shelf.n_touches; k++) {
      uint32_t distance = shelf.touches[k].distance;

      if (shelf.touches[k].charge == charge)
         n += bucket == 0 ? distance == 0 : distance > low && distance <= high;
   }
   return n;
}

static void
check_shares(uint32_t n_charges)
{
   uint64_t n_counted = 0, n_faults[MAX_SIZE + 1] = { 0 };

   for (uint32_t charge = 0; charge < n_charges; charge++) {
      const struct vmt_distance_share *share =
         vmt_distances_share(&counts, charge);

      for (; share != NULL; share = vmt_distances_next_share(&counts, share))
         for (uint32_t i = 0; i < VMT_SHARE_BUCKETS; i++) {
            uint32_t bucket = share->first_bucket + i;
            uint64_t low = bucket == 0 ? UINT64_MAX
                                       : vmt_distance_bucket_start(bucket);

            CHECK_EQ(share->counts[i], n_in_bucket(charge, bucket));
            n_counted += share->counts[i];
            for (uint64_t size = 0; size <= shelf.n_sizes && size <= low; size++)
               n_faults[size] += share->counts[i];
         }
   }
   CHECK_EQ(n_counted, shelf.n_touches);
   for (uint32_t bucket = 2; vmt_distance_bucket_start(bucket) <= shelf.n_sizes;
        bucket++)
      CHECK_EQ(n_faults[vmt_distance_bucket_start(bucket)],
               shelf.n_faults[vmt_distance_bucket_start(bucket)]);
}

static void
end(void)
{
   vmt_stack_distance_free(&stack);
   vmt_distances_free(&counts);
   CHECK_EQ(test_n_blocks(), 0);
}

/* a b c c a b: c again at depth 1; a lies below c and b, b below a and c.  With
   one frame all but the second c fault, with two too, with three the first
   touches alone.  */
static void
test_by_hand(void)
{
   static const uint64_t pages[6] = { 0, 1, 2, 2, 0, 1 };
   static const uint32_t distances[6] = { 0, 0, 0, 1, 3, 3 };

   begin(5);
   CHECK_EQ(stack.n_peak_pages, 0);
   CHECK_EQ(vmt_distances_faults(&counts, 7), 0);
   for (uint32_t i = 0; i < 6; i++) {
      uint32_t distance;

      CHECK_EQ(touch_at(pages[i], i, 1, &distance),
               VMT_OK);
      CHECK_EQ(distance, distances[i]);
   }
   CHECK_EQ(vmt_distances_faults(&counts, 0), 6);
   CHECK_EQ(vmt_distances_faults(&counts, 1), 5);
   CHECK_EQ(vmt_distances_faults(&counts, 2), 5);
   CHECK_EQ(vmt_distances_faults(&counts, 3), 3);
   CHECK_EQ(vmt_distances_faults(&counts, 1000), 3);
   end();
}

/* a b c, then b goes: two frames held c and b, so a is still out and one is
   free.  A touch of a takes it: distance 3, and c stays in.  Had a moved up when
   b went, the distance would be 2.  */
static void
test_hole_by_hand(void)
{
   begin(5);
   touch(0, 1);
   touch(1, 1);
   touch(2, 1);
   drop(1);
   CHECK_EQ(stack.holes.n_entries, 1);
   touch(0, 1);
   CHECK_EQ(shelf.touches[3].distance, 3);
   touch(2, 1);
   CHECK_EQ(shelf.touches[4].distance, 2);
   touch(3, 1);                         /* takes the frame that is free */
   CHECK_EQ(stack.holes.n_entries, 0);
   CHECK_EQ(stack.n_peak_pages, 3);
   end();
}

/* Every string of n_steps touches and removals of n_pages pages.  The stack is
   emptied after each, and counts on.  */
static void
all_strings(uint32_t n_pages, uint32_t n_steps)
{
   uint32_t n_strings = 1;

   for (uint32_t i = 0; i < n_steps; i++)
      n_strings *= 2 * n_pages;
   begin(n_pages + 1);
   for (uint32_t string = 0; string < n_strings; string++) {
      uint32_t rest = string;

      shelf.n_touches = 0;
      for (uint32_t i = 0; i < n_steps; i++, rest /= 2 * n_pages) {
         if (rest / n_pages % 2 == 0)
            touch(rest % n_pages, 1);
         else
            drop(rest % n_pages);
      }
      for (uint32_t page = 0; page < n_pages; page++)
         drop(page);
      CHECK_EQ(stack.pages.n_entries, 0);
      CHECK_EQ(stack.holes.n_entries, 0);
      CHECK_EQ(stack.ticks.n_pages, 0);
   }
   check_curve(1);
   end();
}

static void
test_random_runs(void)
{
   for (uint64_t round = 0; round < 150; round++) {
      uint64_t n_pages, n_charges, removals;

      test_reseed(round);
      n_pages = 1 + test_random(MAX_PAGES);
      n_charges = 1 + test_random(5);
      removals = test_random(2) * test_random(40);
      begin(n_pages + 2);
      for (uint32_t step = 0; step < 1000; step++) {
         uint64_t page = test_random(1 + test_random(n_pages));

         if (test_random(100) < removals)
            drop(page);
         else
            touch(page, (uint32_t)test_random(n_charges));
         if (step % 250 == 0)
            check_curve(1);
      }
      check_curve(1);
      check_shares((uint32_t)n_charges);
      end();
   }
}

/* The embedder lets touches of the n_hidden uppermost pages pass, and tells when
   they were, in any order, before each other event.  */
static void
test_late_news(void)
{
   for (uint64_t round = 0; round < 150; round++) {
      uint64_t known[MAX_PAGES], last[MAX_PAGES];
      uint64_t n_pages, n_hidden, n_passed = 0;

      test_reseed(round);
      n_pages = 2 + test_random(MAX_PAGES - 1);
      n_hidden = 1 + test_random(n_pages);
      begin(n_pages + 2);
      memset(known, 0, sizeof(known));
      memset(last, 0, sizeof(last));
      for (uint32_t step = 0; step < 1500; step++) {
         uint64_t page = test_random(1 + test_random(n_pages));
         bool remove = test_random(30) == 0;

         if (!remove && model_memory_holds(&shelf.sizes[n_hidden], page)) {
            CHECK(shelf_touch(page, 9) <= n_hidden);
            shelf.n_touches--;
            last[page] = ++tick;
            n_passed++;
            continue;
         }
         for (uint64_t i = 0, first = test_random(n_pages); i < n_pages; i++) {
            uint64_t told = (first + i * 7) % n_pages;

            if (n_pages % 7 == 0)
               told = (first + i) % n_pages;
            if (last[told] > known[told])
               CHECK_EQ(vmt_stack_distance_refresh(&stack, told, last[told]),
                        VMT_OK);
            known[told] = last[told];
         }
         if (remove)
            drop(page);
         else
            touch(page, 1);
         known[page] = last[page] = tick;
      }
      for (uint32_t size = (uint32_t)n_hidden; size <= shelf.n_sizes; size++)
         CHECK_EQ(vmt_distances_faults(&counts, size), shelf.n_faults[size]);
      CHECK(n_passed > 0);
      end();
   }
}

/* The embedder lets touches pass of the pages that it calls live, and keeps
   those among the n_live uppermost by looking at the one page that has just
   sunk below them: then no touch passes that is deeper than that, and where
   the others are told late, a distance is too small by n_live at most.  */
static void
test_limit(void)
{
   for (uint64_t round = 0; round < 150; round++) {
      uint64_t known[MAX_PAGES] = { 0 }, last[MAX_PAGES] = { 0 };
      bool live[MAX_PAGES] = { false };
      uint64_t n_pages, n_live, n_passed = 0;

      test_reseed(round);
      n_pages = 2 + test_random(MAX_PAGES - 1);
      n_live = 1 + test_random(n_pages);
      begin(n_pages + 2);
      for (uint32_t step = 0; step < 1500; step++) {
         uint64_t page = test_random(1 + test_random(n_pages)), sunk, when;
         uint32_t distance, expected = shelf_touch(page, 1);

         last[page] = ++tick;
         if (live[page]) {
            CHECK(expected <= n_live);
            n_passed++;
            continue;
         }
         CHECK_EQ(touch_at(page, tick, 1, &distance),
                  VMT_OK);
         CHECK_EQ(distance == 0, expected == 0);
         CHECK(distance <= expected && expected <= distance + n_live);
         live[page] = true;
         known[page] = tick;
         while (vmt_stack_distance_at(&stack, n_live, &sunk, &when) &&
                live[sunk]) {
            CHECK_EQ(when, known[sunk]);
            live[sunk] = last[sunk] > known[sunk];
            known[sunk] = last[sunk];
            CHECK_EQ(vmt_stack_distance_refresh(&stack, sunk, last[sunk]),
                     VMT_OK);
         }
      }
      CHECK(n_passed > 0);
      end();
   }
}

/* Touches that come late, or all at one tick: the order is by (tick, page),
   whatever the order of the calls.  */
static void
test_order(void)
{
   static const struct {
      uint64_t page, tick;
      uint32_t distance;
   } steps[] = {
      { 5, 10, 0 }, { 3, 10, 0 }, { 4, 10, 0 },         /* 5 4 3 */
      { 3, 11, 3 },                                     /* 3 5 4 */
      { 6, 5, 0 },                                      /* 3 5 4 6 */
      { 6, 10, 3 },                     /* 3 6 5 4: 3 stays above it */
      { 6, 10, 1 }, { 3, 4, 1 },                        /* nothing new */
      { 4, 12, 4 },                                     /* 4 3 6 5 */
      { 5, 12, 4 },                                     /* 5 4 3 6 */
      { 4, 12, 1 },                                     /* 5 stays above it */
   };
   static const uint64_t order[4] = { 5, 4, 3, 6 };
   uint64_t page, when;

   begin(1);
   for (uint32_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
      uint32_t distance;

      CHECK_EQ(touch_at(steps[i].page, steps[i].tick, 1, &distance),
               VMT_OK);
      CHECK_EQ(distance, steps[i].distance);
   }
   for (uint32_t i = 0; i < 4; i++) {
      CHECK(vmt_stack_distance_at(&stack, i, &page, &when));
      CHECK_EQ(page, order[i]);
   }
   CHECK(!vmt_stack_distance_at(&stack, 4, &page, &when));
   CHECK_EQ(vmt_stack_distance_refresh(&stack, 77, 99), VMT_OK);
   CHECK_EQ(vmt_stack_distance_remove(&stack, 77), VMT_OK);
   CHECK_EQ(stack.pages.n_entries, 4);
   CHECK_EQ(stack.holes.n_entries, 0);
   end();
}

/* a b c, then a is called d: it lies where it lay, and an a is a new page.  */
static void
test_rename(void)
{
   uint32_t distance;

   begin(1);
   for (uint64_t page = 0; page < 3; page++)
      CHECK_EQ(touch_at(page, page, 1, &distance), VMT_OK);
   CHECK_EQ(vmt_stack_distance_rename(&stack, 0, 3), VMT_OK);
   CHECK_EQ(vmt_stack_distance_rename(&stack, 0, 7), VMT_OK);
   CHECK_EQ(stack.pages.n_entries, 3);
   CHECK_EQ(touch_at(3, 10, 1, &distance), VMT_OK);
   CHECK_EQ(distance, 3);
   CHECK_EQ(touch_at(0, 11, 1, &distance), VMT_OK);
   CHECK_EQ(distance, VMT_FIRST_TOUCH);
   CHECK_ASSERTS(vmt_stack_distance_rename(&stack, 0, 1));
   end();
}

/* Few ticks for many pages, in any order: no assert, and what is in the stack is
   what was touched and not removed.  */
static void
test_equal_ticks(void)
{
   for (uint64_t round = 0; round < 50; round++) {
      bool present[MAX_PAGES] = { false };
      uint64_t n_present = 0;

      test_reseed(round);
      begin(1);
      for (uint32_t step = 0; step < 3000; step++) {
         uint64_t page = test_random(MAX_PAGES);
         uint64_t when = step / 200 + test_random(5);
         uint32_t distance;

         if (test_random(4) == 0) {
            CHECK_EQ(vmt_stack_distance_remove(&stack, page), VMT_OK);
            n_present -= present[page];
            present[page] = false;
         } else if (test_random(3) == 0) {
            CHECK_EQ(vmt_stack_distance_refresh(&stack, page, when), VMT_OK);
         } else {
            CHECK_EQ(touch_at(page, when, 1, &distance),
                     VMT_OK);
            CHECK_EQ(distance == 0, !present[page]);
            n_present += !present[page];
            present[page] = true;
         }
         CHECK_EQ(stack.pages.n_entries, n_present);
         CHECK(n_present + stack.holes.n_entries <=
               stack.n_peak_pages);
      }
      end();
   }
}

/* lru of replacement.h, which is another piece of code, faults as the curve
   says: loads and replacements at S, and first touches.  */
static void
test_against_lru(void)
{
   for (uint32_t n_frames = 1; n_frames < 200; n_frames += 1 + n_frames / 4) {
      struct vmt_replacement memory;
      struct vmt_touch result;
      uint64_t n_faults = 0;
      uint32_t distance;

      test_reseed(7);
      start();
      CHECK_EQ(vmt_replacement_init(&memory, VMT_REPLACE_LRU, n_frames, 0),
               VMT_OK);
      for (uint64_t i = 0; i < 20000; i++) {
         uint64_t page = test_random(1 + test_random(250));

         if (test_random(20) == 0) {
            CHECK_EQ(vmt_stack_distance_remove(&stack, page), VMT_OK);
            vmt_replacement_remove(&memory, page);
            continue;
         }
         CHECK_EQ(touch_at(page, i, 1, &distance),
                  VMT_OK);
         CHECK_EQ(vmt_replacement_touch(&memory, page, i, false, &result),
                  VMT_OK);
         CHECK_EQ(result.kind == VMT_TOUCH_HIT,
                  distance != 0 && distance <= n_frames);
         n_faults += result.kind != VMT_TOUCH_HIT;
      }
      CHECK_EQ(vmt_distances_faults(&counts, n_frames), n_faults);
      vmt_replacement_free(&memory);
      end();
   }
}

static void
check_twins(const struct vmt_stack_distance *one,
            const struct vmt_stack_distance *other)
{
   uint64_t page, when, other_page, other_when;

   CHECK_EQ(one->ticks.n_pages, other->ticks.n_pages);
   CHECK_EQ(one->pages.n_entries, other->pages.n_entries);
   CHECK_EQ(one->n_peak_pages, other->n_peak_pages);
   for (uint64_t i = 0; vmt_stack_distance_at(one, i, &page, &when); i++) {
      CHECK(vmt_stack_distance_at(other, i, &other_page, &other_when));
      CHECK_EQ(page, other_page);
      CHECK_EQ(when, other_when);
   }
   CHECK_EQ(one->holes.n_entries, other->holes.n_entries);
   for (uint64_t i = 0; i < one->holes.n_entries; i++)
      CHECK_EQ(vmt_ranktree_at(&one->holes, i)->key,
               vmt_ranktree_at(&other->holes, i)->key);
}

/* A touch, a refresh, a removal, or a new name for a page.  */
static enum vmt_status
step(struct vmt_stack_distance *one, uint64_t kind, uint64_t page, uint64_t when,
     uint32_t *distance)
{
   *distance = 0;
   if (kind == 2)
      return vmt_stack_distance_refresh(one, page, when - 1);
   if (kind == 3)
      return vmt_stack_distance_remove(one, page);
   if (kind == 4)
      return vmt_stack_distance_rename(one, page, 100000 + when);
   return vmt_stack_distance_touch(one, page, when, distance);
}

/* Each allocation of each call fails once; a twin never fails.  */
static void
test_no_memory(void)
{
   static struct vmt_stack_distance twin;
   uint32_t n_failures = 0, distance, expected;

   start();
   vmt_stack_distance_init(&twin);
   for (uint64_t i = 0; i < 24000; i++) {
      uint64_t page = i < 9000 ? i : test_random(9000);
      uint64_t kind = i < 9000 ? 0 : i % 5;

      for (uint64_t n = 0;; n++) {
         test_fail_each(n);
         if (step(&stack, kind, page, i, &distance) == VMT_OK)
            break;
         CHECK(test_fail_came());
         n_failures++;
         check_twins(&stack, &twin);
      }
      CHECK(!test_fail_came());
      CHECK_EQ(step(&twin, kind, page, i, &expected), VMT_OK);
      CHECK_EQ(distance, expected);
   }
   check_twins(&stack, &twin);
   CHECK(n_failures > 10);
   CHECK(stack.holes.n_entries > 100);
   vmt_stack_distance_free(&twin);
   end();
}

int
main(void)
{
   test_begin("test_stack_distance");
   test_by_hand();
   test_hole_by_hand();
   all_strings(3, 7);
   all_strings(4, 5);
   test_random_runs();
   test_late_news();
   test_limit();
   test_order();
   test_rename();
   test_equal_ticks();
   test_against_lru();
   test_no_memory();
   return test_end();
}
