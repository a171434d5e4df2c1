#include "tests/mmu/check.h"
#include "tests/mmu/model_memory.h"
#include "vmtrace/mmu/policies/replacement.h"

#include <string.h>

#define N_KINDS 5
#define MAX_EVENTS 3000
#define MAX_PAGES 100

static const enum model_replacement models[N_KINDS] = {
   [VMT_REPLACE_LRU] = MODEL_REPLACE_LRU,
   [VMT_REPLACE_CLOCK] = MODEL_REPLACE_CLOCK,
   [VMT_REPLACE_FIFO] = MODEL_REPLACE_FIFO,
   [VMT_REPLACE_RANDOM] = MODEL_REPLACE_RANDOM,
   [VMT_REPLACE_OPT] = MODEL_REPLACE_OPT
};

static struct vmt_replacement memory;
static struct model_memory model;
static struct model_event events[MAX_EVENTS];
static uint64_t future[MAX_EVENTS];

static enum vmt_status
init(enum vmt_replacement_kind kind, uint32_t n_frames, uint64_t seed,
     uint64_t n)
{
   for (uint64_t i = 0; i < n; i++)
      future[i] = events[i].page | (events[i].remove ? VMT_FUTURE_REMOVAL : 0);
   return kind == VMT_REPLACE_OPT
             ? vmt_replacement_init_opt(&memory, n_frames, future, n)
             : vmt_replacement_init(&memory, kind, n_frames, seed);
}

static void
begin(enum vmt_replacement_kind kind, uint32_t n_frames, uint64_t seed,
      uint64_t n)
{
   CHECK_EQ(init(kind, n_frames, seed, n), VMT_OK);
   model_memory_init(&model, models[kind], n_frames, seed, events, n);
}

static void
end(void)
{
   vmt_replacement_free(&memory);
   CHECK_EQ(test_n_blocks(), 0);
}

static void
check_touch(const struct vmt_touch *touch, const struct model_touch *expected)
{
   CHECK_EQ(touch->kind, expected->hit      ? VMT_TOUCH_HIT
                         : expected->evicts ? VMT_TOUCH_REPLACE
                                            : VMT_TOUCH_LOAD);
   CHECK_EQ(touch->frame, expected->frame);
   CHECK_EQ(touch->victim, expected->victim);
   CHECK_EQ(touch->victim_dirty, expected->victim_dirty);
}

static void
check_resident(uint64_t n_pages)
{
   uint64_t n = 0;

   for (uint64_t page = 0; page < n_pages; page++) {
      bool holds = model_memory_holds(&model, page);

      CHECK_EQ(vmt_replacement_holds(&memory, page), holds);
      n += holds;
   }
   CHECK_EQ(vmt_replacement_n_resident(&memory), n);
}

/* Runs events [0, n); how many faults.  */
static uint64_t
run(enum vmt_replacement_kind kind, uint32_t n_frames, uint64_t seed, uint64_t n)
{
   uint64_t n_faults = 0;

   begin(kind, n_frames, seed, n);
   for (uint64_t i = 0; i < n; i++) {
      struct model_touch expected;
      struct vmt_touch touch;

      if (events[i].remove) {
         vmt_replacement_remove(&memory, events[i].page);
         model_memory_remove(&model, events[i].page);
         continue;
      }
      CHECK_EQ(vmt_replacement_touch(&memory, events[i].page, i, events[i].write,
                                     &touch),
               VMT_OK);
      expected = model_memory_touch(&model, events[i].page, events[i].write);
      check_touch(&touch, &expected);
      n_faults += !expected.hit;
   }
   check_resident(MAX_PAGES);
   end();
   return n_faults;
}

static uint64_t
set_events(const char *digits)
{
   uint64_t n = strlen(digits);

   for (uint64_t i = 0; i < n; i++)
      events[i] = (struct model_event){ .page = (uint64_t)(digits[i] - '0') };
   return n;
}

/* Silberschatz, Galvin, Gagne, 10.4: their reference string with three frames
   gives 15 faults with FIFO, 9 with OPT, 12 with LRU; Belady's own string
   123412512345 gives FIFO 9 faults with three frames and 10 with four.  */
static void
test_by_the_book(void)
{
   uint64_t n = set_events("70120304230321201701");

   CHECK_EQ(run(VMT_REPLACE_FIFO, 3, 0, n), 15);
   CHECK_EQ(run(VMT_REPLACE_OPT, 3, 0, n), 9);
   CHECK_EQ(run(VMT_REPLACE_LRU, 3, 0, n), 12);
   n = set_events("123412512345");
   CHECK_EQ(run(VMT_REPLACE_FIFO, 3, 0, n), 9);
   CHECK_EQ(run(VMT_REPLACE_FIFO, 4, 0, n), 10);
}

/* Three frames. 123 fill them, all bits set. 4: the hand clears all three and
   comes back to frame 0: 1 goes, and the hand is on frame 1. 2 is touched:
   its bit is set. 5: frame 1 is cleared and passed, 3 in frame 2 goes, the
   hand is on frame 0. 1: 4 in frame 0 has its bit from its own load: cleared;
   2 in frame 1 was cleared: it goes.  With the hand left on the new page, 4
   would have been cleared by 5's search and gone here.  */
static void
test_clock_by_hand(void)
{
   static const struct {
      uint64_t page;
      enum vmt_touch_kind kind;
      uint32_t frame;
      uint64_t victim;
   } steps[] = {
      { 1, VMT_TOUCH_LOAD, 0, VMT_NO_VPN },
      { 2, VMT_TOUCH_LOAD, 1, VMT_NO_VPN },
      { 3, VMT_TOUCH_LOAD, 2, VMT_NO_VPN },
      { 4, VMT_TOUCH_REPLACE, 0, 1 },
      { 2, VMT_TOUCH_HIT, 1, VMT_NO_VPN },
      { 5, VMT_TOUCH_REPLACE, 2, 3 },
      { 1, VMT_TOUCH_REPLACE, 1, 2 },
   };

   begin(VMT_REPLACE_CLOCK, 3, 0, 0);
   for (uint32_t i = 0; i < sizeof(steps) / sizeof(*steps); i++) {
      struct vmt_touch touch;

      CHECK_EQ(vmt_replacement_touch(&memory, steps[i].page, i, false, &touch),
               VMT_OK);
      CHECK_EQ(touch.kind, steps[i].kind);
      CHECK_EQ(touch.frame, steps[i].frame);
      CHECK_EQ(touch.victim, steps[i].victim);
   }
   end();
}

/* The fewest faults any choice of victims can come to, by trying them all: from
   event `at` on with these pages resident (a bit for each).  */
static uint64_t
fewest_faults(uint64_t at, uint64_t n, uint32_t n_frames, uint32_t resident)
{
   uint64_t best = UINT64_MAX, n_faults;

   while (at < n &&
          (events[at].remove || (resident & 1u << events[at].page) != 0)) {
      if (events[at].remove)
         resident &= ~(1u << events[at].page);
      at++;
   }
   if (at == n)
      return 0;
   if ((uint32_t)__builtin_popcount(resident) < n_frames)
      return 1 + fewest_faults(at + 1, n, n_frames,
                               resident | 1u << events[at].page);
   for (uint32_t page = 0; page < 32; page++)
      if ((resident & 1u << page) != 0) {
         n_faults = 1 + fewest_faults(at + 1, n, n_frames,
                                      (resident & ~(1u << page)) |
                                         1u << events[at].page);
         if (n_faults < best)
            best = n_faults;
      }
   return best;
}

/* Every string of n events of n_pages pages, under every policy; OPT has the
   fewest faults there can be.  */
static void
all_strings(uint32_t n_pages, uint32_t n, uint32_t n_frames, bool removals)
{
   uint32_t n_kinds = removals ? 2 * n_pages : n_pages, n_strings = 1;

   for (uint32_t i = 0; i < n; i++)
      n_strings *= n_kinds;
   for (uint32_t string = 0; string < n_strings; string++) {
      uint32_t rest = string;

      for (uint32_t i = 0; i < n; i++, rest /= n_kinds)
         events[i] = (struct model_event){ rest % n_pages,
                                           rest % n_kinds >= n_pages,
                                           (string >> i) % 2 != 0 };
      for (uint32_t kind = 0; kind < VMT_REPLACE_OPT; kind++)
         run(kind, n_frames, string, n);
      CHECK_EQ(run(VMT_REPLACE_OPT, n_frames, 0, n),
               fewest_faults(0, n, n_frames, 0));
   }
}

static void
random_events(uint64_t n)
{
   uint64_t n_pages = 2 + test_random(MAX_PAGES - 2);
   uint64_t removals = test_random(2) * test_random(30);

   for (uint64_t i = 0; i < n; i++)
      events[i] = (struct model_event){ test_random(1 + test_random(n_pages)),
                                        test_random(100) < removals,
                                        test_random(3) == 0 };
}

static void
test_random_runs(void)
{
   for (uint64_t round = 0; round < 60; round++) {
      uint32_t n_frames;
      uint64_t n_faults[N_KINDS];

      test_reseed(round);
      n_frames = 1 + (uint32_t)test_random(MODEL_MEMORY_FRAMES);
      random_events(1500);
      for (uint32_t kind = 0; kind < N_KINDS; kind++)
         n_faults[kind] = run(kind, n_frames, round, 1500);
      for (uint32_t kind = 0; kind < N_KINDS; kind++)
         CHECK(n_faults[VMT_REPLACE_OPT] <= n_faults[kind]);
   }
}

/* Every frame is drawn about as often: 40000 draws of 8 frames, 5000 each,
   with a standard deviation of 66; 330 is five of them.  */
static void
test_random_is_even(void)
{
   uint32_t n_victims[8] = { 0 };

   begin(VMT_REPLACE_RANDOM, 8, 42, 0);
   for (uint64_t page = 0; page < 40008; page++) {
      struct vmt_touch touch;

      CHECK_EQ(vmt_replacement_touch(&memory, page, page, false, &touch),
               VMT_OK);
      n_victims[touch.frame] += touch.kind == VMT_TOUCH_REPLACE;
   }
   for (uint32_t i = 0; i < 8; i++)
      CHECK(n_victims[i] > 4670 && n_victims[i] < 5330);
   end();
}

/* Tells of a page's last touch if that was let pass.  */
static bool
tell(uint64_t page, uint64_t *passed)
{
   bool newer;

   if (passed[page] == 0)
      return false;
   CHECK_EQ(vmt_replacement_refresh(&memory, page, passed[page], &newer),
            VMT_OK);
   passed[page] = 0;
   return newer;
}

/* Some hits are let pass; of those of a page the last is told when the page is
   about to go, or at any other time.  The model sees every touch.  */
static void
late_news(enum vmt_replacement_kind kind, uint32_t n_frames, uint64_t n)
{
   uint64_t passed[MAX_PAGES] = { 0 }, n_passed = 0;

   begin(kind, n_frames, 5, n);
   for (uint64_t i = 0; i < n; i++) {
      uint64_t page = events[i].page, candidate = VMT_NO_VPN, tick = i + 1;
      struct model_touch expected;
      struct vmt_touch touch;

      if (events[i].remove) {
         vmt_replacement_remove(&memory, page);
         model_memory_remove(&model, page);
         passed[page] = 0;
         continue;
      }
      if (test_random(20) == 0)
         tell(test_random(MAX_PAGES), passed);
      expected = model_memory_touch(&model, page, false);
      if (expected.hit && test_random(3) != 0) {
         passed[page] = tick;
         n_passed++;
         continue;
      }
      if (expected.hit)
         passed[page] = 0;
      else
         while ((candidate = vmt_replacement_candidate(&memory, tick)) !=
                VMT_NO_VPN)
            if (!tell(candidate, passed))
               break;
      CHECK_EQ(vmt_replacement_touch(&memory, page, tick, false, &touch),
               VMT_OK);
      check_touch(&touch, &expected);
      if (touch.kind == VMT_TOUCH_REPLACE)
         CHECK_EQ(candidate, touch.victim);
   }
   check_resident(MAX_PAGES);
   CHECK(n_passed > 0);
   end();
}

static void
test_late_news(void)
{
   for (uint64_t round = 0; round < 100; round++) {
      test_reseed(round);
      random_events(1500);
      for (uint32_t kind = 0; kind < VMT_REPLACE_OPT; kind++)
         late_news(kind, 1 + (uint32_t)test_random(40), 1500);
   }
}

static enum vmt_touch_kind
touch_at(uint64_t page, uint64_t tick, uint64_t *victim)
{
   struct vmt_touch touch;

   CHECK_EQ(vmt_replacement_touch(&memory, page, tick, false, &touch), VMT_OK);
   *victim = touch.victim;
   return touch.kind;
}

/* Two frames.  Under lru, page 1 is known to be touched at 30, so a touch at
   15 moves nothing and 2 goes.  What is touched at one tick goes by its
   number.  Under clock, the hand clears both bits at 30 and comes back to
   page 1: news of 30 or before is news of what was cleared, news of 31 saves
   the page.  */
static void
test_late_news_by_hand(void)
{
   uint64_t victim;
   bool newer;

   begin(VMT_REPLACE_LRU, 2, 0, 0);
   CHECK_EQ(touch_at(1, 10, &victim), VMT_TOUCH_LOAD);
   CHECK_EQ(touch_at(2, 20, &victim), VMT_TOUCH_LOAD);
   CHECK_EQ(vmt_replacement_candidate(&memory, 40), 1);
   CHECK_EQ(vmt_replacement_refresh(&memory, 1, 30, &newer), VMT_OK);
   CHECK(newer);
   CHECK_EQ(vmt_replacement_refresh(&memory, 1, 30, &newer), VMT_OK);
   CHECK(!newer);
   CHECK_EQ(touch_at(1, 15, &victim), VMT_TOUCH_HIT);
   CHECK_EQ(vmt_replacement_candidate(&memory, 40), 2);
   CHECK_EQ(touch_at(3, 40, &victim), VMT_TOUCH_REPLACE);
   CHECK_EQ(victim, 2);
   CHECK_EQ(vmt_replacement_refresh(&memory, 2, 50, &newer), VMT_OK);
   CHECK(!newer);
   CHECK_EQ(vmt_replacement_refresh(&memory, 1, 40, &newer), VMT_OK);
   CHECK(newer);
   CHECK_EQ(vmt_replacement_candidate(&memory, 50), 1);
   end();

   begin(VMT_REPLACE_CLOCK, 2, 0, 0);
   CHECK_EQ(touch_at(1, 10, &victim), VMT_TOUCH_LOAD);
   CHECK_EQ(touch_at(2, 20, &victim), VMT_TOUCH_LOAD);
   CHECK_EQ(vmt_replacement_candidate(&memory, 30), 1);
   CHECK_EQ(vmt_replacement_refresh(&memory, 1, 30, &newer), VMT_OK);
   CHECK(!newer);
   CHECK_EQ(vmt_replacement_candidate(&memory, 30), 1);
   CHECK_EQ(vmt_replacement_refresh(&memory, 1, 31, &newer), VMT_OK);
   CHECK(newer);
   CHECK_EQ(touch_at(3, 32, &victim), VMT_TOUCH_REPLACE);
   CHECK_EQ(victim, 2);
   end();
}

/* Three frames, loaded with pages 1, 2, 3 at their own ticks.  */
static void
begin_full(enum vmt_replacement_kind kind)
{
   uint64_t victim;

   begin(kind, 3, 0, 0);
   for (uint64_t page = 1; page <= 3; page++)
      CHECK_EQ(touch_at(page, page, &victim), VMT_TOUCH_LOAD);
}

/* Page 1 may not go: the next in line is page 2, and then page 1's turn has come again,
   but under clock, where the hand is past it and comes to 3.  */
static void
test_passing_over(void)
{
   static const struct {
      enum vmt_replacement_kind kind;
      uint64_t then;
   } cases[] = { { VMT_REPLACE_LRU, 1 }, { VMT_REPLACE_FIFO, 1 },
                 { VMT_REPLACE_CLOCK, 3 } };
   uint64_t victim;

   for (uint32_t i = 0; i < 3; i++) {
      begin_full(cases[i].kind);
      CHECK_EQ(vmt_replacement_candidate(&memory, 4), 1);
      vmt_replacement_pass_over(&memory, 4);
      CHECK_EQ(vmt_replacement_candidate(&memory, 4), 2);
      CHECK_EQ(touch_at(4, 4, &victim), VMT_TOUCH_REPLACE);
      CHECK_EQ(victim, 2);
      CHECK_EQ(vmt_replacement_candidate(&memory, 5), cases[i].then);

      /* All pass, and there are frames for all.  */
      vmt_replacement_lift_limit(&memory);
      for (uint64_t page = 5; page < 100; page++) {
         CHECK_EQ(vmt_replacement_candidate(&memory, page), VMT_NO_VPN);
         CHECK_EQ(touch_at(page, page, &victim), VMT_TOUCH_LOAD);
      }
      end();
   }
}

/* Random draws until the page that is left to go comes up.  */
static void
test_passing_over_by_random(void)
{
   uint32_t n = 0;

   begin_full(VMT_REPLACE_RANDOM);
   while (vmt_replacement_candidate(&memory, 4) != 3) {
      vmt_replacement_pass_over(&memory, 4);
      CHECK(++n < 100);
   }
   CHECK_EQ(vmt_replacement_candidate(&memory, 4), 3);
   end();
}

/* Page 1 is page 9 now, and goes first all the same.  */
static void
test_renaming(void)
{
   uint64_t victim;

   for (uint32_t kind = 0; kind < VMT_REPLACE_RANDOM; kind++) {
      begin_full(kind);
      CHECK_EQ(vmt_replacement_rename(&memory, 1, 9), VMT_OK);
      CHECK_EQ(vmt_replacement_rename(&memory, 7, 8), VMT_OK);
      CHECK(!vmt_replacement_holds(&memory, 1));
      CHECK(!vmt_replacement_holds(&memory, 8));
      CHECK_EQ(touch_at(4, 4, &victim), VMT_TOUCH_REPLACE);
      CHECK_EQ(victim, 9);
      end();
   }
}

/* Few frames are in use: the others cost nothing.  And the largest memory.  */
static void
test_sizes(void)
{
   struct vmt_touch touch;

   CHECK_EQ(vmt_replacement_init(&memory, VMT_REPLACE_LRU, 0, 0), VMT_BAD_INPUT);
   CHECK_EQ(vmt_replacement_init(&memory, N_KINDS, 5, 0), VMT_BAD_INPUT);
   CHECK_EQ(vmt_replacement_init_opt(&memory, 0, future, 0), VMT_BAD_INPUT);
   CHECK_EQ(vmt_replacement_init_opt(&memory, 1, future, UINT32_MAX),
            VMT_BAD_INPUT);
   for (uint32_t kind = 0; kind < VMT_REPLACE_OPT; kind++) {
      begin(kind, 1, 0, 0);
      model_memory_init(&model, models[kind], 1, 0, NULL, 0);
      vmt_replacement_free(&memory);
      CHECK_EQ(vmt_replacement_init(&memory, kind, UINT32_MAX, 0), VMT_OK);
      for (uint64_t page = 0; page < 100; page++) {
         CHECK_EQ(vmt_replacement_candidate(&memory, page), VMT_NO_VPN);
         CHECK_EQ(vmt_replacement_touch(&memory, page, page, false, &touch),
                  VMT_OK);
         CHECK_EQ(touch.kind, VMT_TOUCH_LOAD);
         CHECK_EQ(touch.frame, page);
      }
      CHECK(test_n_bytes() < 600000);   /* slabs and chunks of 64 to 160 KiB */
      end();
   }
}

static void
test_unexpected(void)
{
   struct vmt_touch touch;
   uint64_t n = set_events("12");

   events[1].remove = true;
   begin(VMT_REPLACE_OPT, 2, 0, n);
   CHECK_ASSERTS(vmt_replacement_touch(&memory, 2, 0, false, &touch));
   CHECK_EQ(vmt_replacement_touch(&memory, 1, 0, false, &touch), VMT_OK);
   CHECK_ASSERTS(vmt_replacement_touch(&memory, 2, 0, false, &touch));
   CHECK_ASSERTS(vmt_replacement_remove(&memory, 1));
   vmt_replacement_remove(&memory, 2);
   CHECK_ASSERTS(vmt_replacement_touch(&memory, 1, 0, false, &touch));
   end();
}

/* Each allocation of each touch and refresh fails once; the model sees each
   touch once.  */
static void
no_memory(enum vmt_replacement_kind kind, uint32_t n_frames, uint64_t n)
{
   uint32_t n_failures = 0;
   uint64_t nth;

   for (nth = 1;; nth++) {
      test_fail_nth(nth);
      if (init(kind, n_frames, 3, n) == VMT_OK)
         break;
      CHECK(test_fail_came());
      CHECK_EQ(test_n_blocks(), 0);
   }
   CHECK(!test_fail_came());
   CHECK_EQ(nth > 1, kind == VMT_REPLACE_OPT);
   vmt_replacement_free(&memory);
   begin(kind, n_frames, 3, n);
   for (uint64_t i = 0; i < n; i++) {
      struct model_touch expected;
      struct vmt_touch touch;
      bool newer;

      if (events[i].remove) {
         vmt_replacement_remove(&memory, events[i].page);
         model_memory_remove(&model, events[i].page);
         continue;
      }
      for (uint64_t n = 0;; n++) {
         test_fail_each(n);
         if (vmt_replacement_touch(&memory, events[i].page, 2 * i, false,
                                   &touch) == VMT_OK)
            break;
         CHECK(test_fail_came());
         n_failures++;
         check_resident(MAX_PAGES);
      }
      CHECK(!test_fail_came());
      expected = model_memory_touch(&model, events[i].page, false);
      check_touch(&touch, &expected);

      /* What was touched last, once more, a little later.  */
      for (uint64_t n = 0;; n++) {
         test_fail_each(n);
         if (vmt_replacement_refresh(&memory, events[i].page, 2 * i + 1,
                                     &newer) == VMT_OK)
            break;
         CHECK(test_fail_came());
         CHECK(!newer);
         n_failures++;
      }
      CHECK(!test_fail_came());
      CHECK_EQ(newer, kind == VMT_REPLACE_LRU);
   }
   check_resident(MAX_PAGES);
   CHECK(n_failures >= 4);
   end();
}

static void
test_no_memory(void)
{
   for (uint64_t round = 0; round < 20; round++)
      for (uint32_t kind = 0; kind < N_KINDS; kind++) {
         test_reseed(round);
         random_events(600);
         no_memory(kind, 1 + (uint32_t)test_random(20), 600);
      }
}

int
main(void)
{
   test_begin("test_replacement");
   test_by_the_book();
   test_clock_by_hand();
   all_strings(4, 7, 2, false);
   all_strings(4, 7, 3, false);
   all_strings(3, 5, 2, true);
   all_strings(4, 4, 3, true);
   test_random_runs();
   test_random_is_even();
   test_late_news();
   test_late_news_by_hand();
   test_passing_over();
   test_passing_over_by_random();
   test_renaming();
   test_sizes();
   test_unexpected();
   test_no_memory();
   return test_end();
}
