/* The model keeps who touched what in every window, and works everything out
   from that.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/policies/working_set.h"

#include <string.h>

#define MAX_WINDOWS 400
#define MAX_PAGES 40
#define MAX_OWNERS 8
#define MAX_SAMPLES 64

struct model {
   uint64_t window_instrs;
   uint32_t window;                             /* the open one */
   bool over;
   bool touched[MAX_WINDOWS + 1][MAX_PAGES];
   uint32_t counted_for[MAX_WINDOWS + 1][MAX_PAGES];
   struct {
      bool mapped;
      uint32_t owner, last_window;
   } pages[MAX_PAGES];
};

static struct model model;
static struct vmt_working_set set;

static void
model_begin(uint64_t window_instrs)
{
   memset(&model, 0, sizeof(model));
   model.window_instrs = window_instrs;
   model.window = 1;
}

static void
model_advance(uint64_t now)
{
   if (!model.over && now / model.window_instrs + 1 > model.window)
      model.window = (uint32_t)(now / model.window_instrs + 1);
   CHECK(model.window <= MAX_WINDOWS);
}

static void
model_touch(uint32_t page, uint64_t when, uint32_t owner)
{
   model_advance(when);
   if (model.over || when / model.window_instrs + 1 < model.window)
      return;
   if (owner != 0 || !model.pages[page].mapped)
      model.pages[page].owner = owner;
   if (!model.touched[model.window][page])
      model.counted_for[model.window][page] = model.pages[page].owner;
   model.touched[model.window][page] = true;
   model.pages[page].mapped = true;
   model.pages[page].last_window = model.window;
}

static void
model_map(uint32_t page, uint32_t owner)
{
   if (model.pages[page].mapped)
      return;
   model.pages[page].mapped = true;
   model.pages[page].owner = owner;
   model.pages[page].last_window =
      model.touched[model.window][page] ? model.window : model.window - 1;
}

static uint32_t
model_count(uint32_t window)
{
   uint32_t n = 0;

   for (uint32_t page = 0; page < MAX_PAGES; page++)
      n += model.touched[window][page];
   return n;
}

/* ---- comparing ---- */

static uint32_t
width_of_samples(uint32_t n_windows)
{
   uint32_t width = 1;

   while ((n_windows + width - 1) / width > set.max_samples)
      width *= 2;
   return width;
}

static void
check_samples(uint32_t n_windows, uint32_t width)
{
   uint32_t window = 1;

   CHECK_EQ(set.n_samples, (n_windows + width - 1) / width);
   for (uint32_t i = 0; i < set.n_samples; i++) {
      const struct vmt_working_set_sample *sample = &set.samples[i];
      uint32_t end = window + width;
      uint32_t min = UINT32_MAX, max = 0, max_window = window;
      uint64_t sum = 0;

      if (end > n_windows + 1)
         end = n_windows + 1;
      CHECK_EQ(sample->first_window, window);
      CHECK_EQ(sample->n_windows, end - window);
      for (; window < end; window++) {
         uint32_t n = model_count(window);

         min = n < min ? n : min;
         max_window = n > max ? window : max_window;
         max = n > max ? n : max;
         sum += n;
      }
      CHECK_EQ(sample->min_pages, min);
      CHECK_EQ(sample->max_pages, max);
      CHECK_EQ(sample->max_window, max_window);
      CHECK_EQ(sample->sum_pages, sum);
   }
   CHECK_EQ(window, n_windows + 1);
}

/* The first of the largest among n_windows windows, and whose its pages are.  */
static void
check_peak(uint32_t n_windows)
{
   const struct vmt_working_set_owner *owner;
   uint32_t peak = n_windows != 0, cursor = 0, n_pages, n_all = 0;

   for (uint32_t window = 2; window <= n_windows; window++)
      if (model_count(window) > model_count(peak))
         peak = window;
   CHECK_EQ(set.peak_window, peak);
   CHECK_EQ(set.n_peak_pages, model_count(peak));
   while ((owner = vmt_working_set_next_owner(&set, &cursor, &n_pages)) !=
          NULL) {
      uint32_t n = 0;

      for (uint32_t page = 0; page < MAX_PAGES; page++)
         n += model.touched[peak][page] &&
              model.counted_for[peak][page] == owner->owner;
      CHECK_EQ(n_pages, n);
      n_all += n;
   }
   CHECK_EQ(n_all, set.n_peak_pages);
}

static void
check_idle(uint32_t n_windows)
{
   struct vmt_hashmap counts;
   uint64_t n_all = 0, n_expected[MAX_OWNERS] = { 0 };
   struct vmt_hashmap_slot *slot;
   uint64_t cursor = 0, n_owners = 0;

   vmt_hashmap_init(&counts, "test");
   CHECK_EQ(vmt_working_set_idle(&set, n_windows, &counts), VMT_OK);
   for (uint32_t page = 0; page < MAX_PAGES; page++)
      if (model.pages[page].mapped &&
          model.window - model.pages[page].last_window >= n_windows) {
         n_expected[model.pages[page].owner]++;
         n_all++;
         CHECK(vmt_working_set_is_idle(&set, page, n_windows));
      } else {
         CHECK_EQ(vmt_working_set_is_idle(&set, page, n_windows),
                  !model.pages[page].mapped);
      }
   while ((slot = vmt_hashmap_next(&counts, &cursor)) != NULL) {
      CHECK(slot->key < MAX_OWNERS);
      CHECK_EQ(slot->value, n_expected[slot->key]);
      n_all -= slot->value;
   }
   CHECK_EQ(n_all, 0);
   for (uint32_t owner = 0; owner < MAX_OWNERS; owner++)
      n_owners += n_expected[owner] != 0;
   CHECK_EQ(counts.n_used, n_owners);
   vmt_hashmap_free(&counts);
}

/* With the open window, but the set stays as it is.  */
static void
check_view(uint32_t width)
{
   struct vmt_working_set saved = set;
   struct vmt_working_set_sample samples[MAX_SAMPLES + 1];

   CHECK(set.max_samples <= MAX_SAMPLES);
   vmt_working_set_view(&saved, set.start_instrs, samples, &set);
   if (saved.n_pages == 0)
      CHECK_EQ(set.n_samples, saved.n_samples);
   vmt_working_set_view(&saved, set.start_instrs + 1, samples, &set);
   check_samples(model.window, width);
   check_peak(model.window);
   set = saved;
}

static void
check_all(void)
{
   uint32_t width = width_of_samples(model.window - 1);

   CHECK_EQ(set.window, model.window);
   CHECK_EQ(set.n_pages, model_count(model.window));
   check_samples(model.window - 1, width);
   check_peak(model.window - 1);
   if (set.start_instrs != UINT64_MAX)
      check_view(width);
   for (uint32_t n_windows = 0; n_windows < 4; n_windows++)
      check_idle(n_windows);
}

/* ---- driving both ---- */

static void
begin(uint64_t window_instrs, uint32_t max_samples)
{
   CHECK_EQ(vmt_working_set_init(&set, window_instrs, max_samples), VMT_OK);
   model_begin(window_instrs);
}

static void
finish(void)
{
   vmt_working_set_free(&set);
   CHECK_EQ(test_n_blocks(), 0);
}

static void
touch(uint32_t page, uint64_t when, uint32_t owner)
{
   CHECK_EQ(vmt_working_set_touch(&set, page, when, owner), VMT_OK);
   model_touch(page, when, owner);
}

static void
drop(uint32_t page)
{
   CHECK_EQ(vmt_working_set_remove(&set, page), VMT_OK);
   model.pages[page].mapped = false;
}

static void
map(uint32_t page, uint32_t owner)
{
   CHECK_EQ(vmt_working_set_map(&set, page, owner), VMT_OK);
   model_map(page, owner);
}

static void
advance(uint64_t now)
{
   vmt_working_set_advance(&set, now);
   model_advance(now);
}

/* The run is over at `now`, in the open window.  */
static void
end_run(uint64_t now)
{
   vmt_working_set_end(&set, now);
   model_advance(now);
   if (model.over)
      return;
   if (now % model.window_instrs != 0 || model_count(model.window) != 0)
      model.window++;
   model.over = true;
}

/* ---- cases ---- */

/* Windows of ten, the last half as long: 1 2 1 | 3 | none | 1 4 3.  */
static void
test_by_hand(void)
{
   static const uint32_t sizes[4] = { 2, 1, 0, 3 };

   begin(10, 8);
   touch(1, 0, 5);
   touch(2, 3, 0);
   touch(1, 9, 0);
   touch(3, 10, 6);
   touch(1, 9, 0);                      /* too late: its window is closed */
   CHECK_EQ(set.n_pages, 1);
   touch(1, 30, 0);
   touch(4, 33, 6);
   touch(3, 31, 0);
   CHECK_EQ(set.end_instrs, 40);
   CHECK_EQ(set.peak_window, 1);
   end_run(35);
   CHECK_EQ(set.n_samples, 4);
   for (uint32_t i = 0; i < 4; i++)
      CHECK_EQ(set.samples[i].max_pages, sizes[i]);
   CHECK_EQ(set.peak_window, 4);
   check_all();
   end_run(99);                         /* it is over already */
   touch(9, 99, 1);
   CHECK_EQ(set.n_samples, 4);
   check_all();
   finish();
}

/* A page that goes and comes back in a window is one page of it, whoever's it is
   then.  At 20 the third window has not begun.  */
static void
test_coming_back(void)
{
   begin(10, 8);
   touch(1, 0, 5);
   drop(1);
   check_all();
   touch(1, 1, 6);
   drop(1);
   map(1, 7);
   CHECK_EQ(set.n_pages, 1);
   CHECK_EQ(set.gone.n_records, 1);
   touch(2, 1, 6);
   drop(2);
   check_all();
   advance(10);
   CHECK_EQ(set.pages.n_pages, 1);
   check_all();
   drop(1);
   CHECK_EQ(set.pages.n_pages, 0);
   end_run(20);
   touch(3, 20, 1);
   CHECK_EQ(set.n_samples, 2);
   check_all();
   finish();
}

/* Every string of six of seven events.  */
static void
test_all_strings(void)
{
   for (uint32_t string = 0; string < 7 * 7 * 7 * 7 * 7 * 7; string++) {
      uint32_t rest = string;
      uint64_t now = 0;

      begin(10, 2);
      for (uint32_t i = 0; i < 6; i++, rest /= 7)
         switch (rest % 7) {
         case 0:
            touch(0, now, 1);
            break;
         case 1:
            touch(0, now, 0);
            break;
         case 2:
            touch(1, now, 2);
            break;
         case 3:
            drop(0);
            break;
         case 4:
            drop(1);
            break;
         case 5:
            map(0, 3);
            break;
         case 6:
            advance(now += 10);
            break;
         }
      check_all();
      finish();
   }
}

static void
test_random_runs(void)
{
   for (uint64_t round = 0; round < 400; round++) {
      uint64_t window_instrs, now = 0, n_pages, n_owners, pace;

      test_reseed(round);
      window_instrs = 1 + test_random(1000);
      n_pages = 1 + test_random(MAX_PAGES);
      n_owners = 1 + test_random(MAX_OWNERS);
      pace = 1 + test_random(window_instrs / (1 + test_random(30)) + 1);
      begin(window_instrs, 2 + 2 * (uint32_t)test_random(20));
      for (uint32_t step = 0; step < 400; step++) {
         uint32_t page = (uint32_t)test_random(n_pages);
         uint32_t owner = (uint32_t)test_random(n_owners);

         now += test_random(pace);
         if (test_random(100) == 0)
            now += test_random(20 * window_instrs);
         if (now / window_instrs + 1 >= MAX_WINDOWS)
            break;
         switch (test_random(12)) {
         case 0:
            drop(page);
            break;
         case 1:
            map(page, owner);
            break;
         case 2:
            advance(now);
            break;
         default:
            touch(page, test_random(8) == 0 ? now - test_random(now / 2 + 1) : now,
                  owner);
         }
         if (step % 50 == 0)
            check_all();
      }
      check_all();
      if (now / window_instrs + 1 < MAX_WINDOWS)
         end_run(now);
      check_all();
      finish();
   }
}

/* The peak's owners stay exact however the windows after it go.  */
static void
test_peaks(void)
{
   for (uint64_t round = 0; round < 100; round++) {
      test_reseed(round);
      begin(100, 64);
      for (uint64_t window = 0; window < 60; window++) {
         uint64_t n = test_random(1 + test_random(MAX_PAGES));

         advance(window * 100);
         for (uint64_t i = 0; i < n; i++)
            touch((uint32_t)test_random(MAX_PAGES), window * 100 + i,
                  (uint32_t)test_random(MAX_OWNERS));
         check_peak((uint32_t)window);
      }
      finish();
   }
}

/* A clock that jumps: 2^30 - 1 windows, and no more.  */
static void
test_far_ahead(void)
{
   uint64_t n_windows = 0;

   CHECK_EQ(vmt_working_set_init(&set, 1, 10), VMT_OK);
   CHECK_EQ(vmt_working_set_touch(&set, 5, 0, 1), VMT_OK);
   vmt_working_set_advance(&set, UINT64_MAX);
   CHECK_EQ(set.window, (1u << 30) - 1);
   CHECK_EQ(vmt_working_set_touch(&set, 5, UINT64_MAX, 1), VMT_OK);
   CHECK_EQ(vmt_working_set_touch(&set, 6, UINT64_MAX - 1, 1), VMT_OK);
   CHECK_EQ(set.n_pages, 2);
   vmt_working_set_end(&set, UINT64_MAX);
   CHECK_EQ(set.n_peak_pages, 2);
   for (uint32_t i = 0; i < set.n_samples; i++)
      n_windows += set.samples[i].n_windows;
   CHECK_EQ(n_windows, (1u << 30) - 1);
   CHECK_EQ(set.samples[0].sum_pages, 1);
   finish();

   CHECK_EQ(vmt_working_set_init(&set, UINT64_MAX - 5, 10), VMT_OK);
   CHECK_EQ(vmt_working_set_touch(&set, 5, UINT64_MAX - 2, 1), VMT_OK);
   CHECK_EQ(set.window, 2);
   CHECK_EQ(set.end_instrs, UINT64_MAX);
   finish();
}

static void
test_bad_settings(void)
{
   CHECK_EQ(vmt_working_set_init(&set, 0, 10), VMT_BAD_INPUT);
   CHECK_EQ(vmt_working_set_init(&set, 1, 0), VMT_BAD_INPUT);
   CHECK_EQ(vmt_working_set_init(&set, 1, 7), VMT_BAD_INPUT);
}

/* Each allocation of each call fails once, and the call then goes well.  Many
   pages and owners, so that each table grows.  */
static void
test_no_memory(void)
{
   uint32_t n_failures = 0;
   struct vmt_hashmap counts;
   enum vmt_status status;

   for (uint64_t nth = 1;; nth++) {
      test_fail_nth(nth);
      if (vmt_working_set_init(&set, 1000, 4) == VMT_OK)
         break;
      CHECK(test_fail_came());
      CHECK_EQ(test_n_blocks(), 0);
   }
   CHECK(!test_fail_came());
   for (uint64_t i = 0; i < 30000; i++)
      for (uint64_t n = 0;; n++) {
         uint64_t n_pages = set.pages.n_pages;
         uint32_t n_gone = set.gone.n_records, n_owners = set.owners.n_records;
         uint32_t n_counted = set.n_pages, owner = 1 + (uint32_t)i % 9000;

         test_fail_each(n);
         if (i < 10000)
            status = vmt_working_set_touch(&set, i, 5, owner);
         else if (i < 20000)
            status = vmt_working_set_remove(&set, i - 10000);
         else
            status = vmt_working_set_map(&set, i, owner);
         if (status == VMT_OK) {
            CHECK_EQ(set.n_pages, i < 10000 ? i + 1 : 10000);
            break;
         }
         CHECK(test_fail_came());
         n_failures++;
         CHECK_EQ(set.pages.n_pages, n_pages);
         CHECK_EQ(set.gone.n_records, n_gone);
         CHECK_EQ(set.owners.n_records, n_owners);
         CHECK_EQ(set.n_pages, n_counted);
      }
   CHECK(!test_fail_came());
   CHECK(n_failures > 15);
   CHECK_EQ(set.gone.n_records, 10000);
   vmt_working_set_advance(&set, 1000);
   CHECK_EQ(set.pages.n_pages, 10000);
   CHECK_EQ(set.n_peak_pages, 10000);

   vmt_hashmap_init(&counts, "test");
   test_fail_nth(1);
   CHECK_EQ(vmt_working_set_idle(&set, 1, &counts), VMT_NO_MEMORY);
   CHECK(test_fail_came());
   vmt_hashmap_free(&counts);
   finish();
}

int
main(void)
{
   test_begin("test_working_set");
   test_by_hand();
   test_coming_back();
   test_all_strings();
   test_random_runs();
   test_peaks();
   test_far_ahead();
   test_bad_settings();
   test_no_memory();
   return test_end();
}
