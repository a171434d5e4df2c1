/* Users of pages and what is misplaced, against arrays; short of memory.  */

#include <string.h>

#include "tests/mmu/check.h"
#include "vmtrace/mmu/mechanisms/page_users.h"

#define N_PAGES 40
#define N_THREADS 4                     /* from 1 */
#define N_CHARGES 6                     /* from 1 */

/* The charges' threads: two each of the first three.  */
static uint32_t
thread_of(uint32_t charge)
{
   return 1 + (charge - 1) / 2;
}

static struct {
   uint32_t n_windows[N_PAGES][N_THREADS + 1], last[N_PAGES][N_THREADS + 1];
   uint32_t owner[N_PAGES];             /* 0: nobody */
   struct vmt_misplaced left[N_CHARGES + 1][N_THREADS + 1];
   uint64_t n_left;
} model;

static uint32_t
uses_of(uint32_t page)
{
   uint32_t n = 0;

   for (uint32_t thread = 1; thread <= N_THREADS; thread++)
      n += model.n_windows[page][thread];
   return n;
}

/* The owner's thread unless another has more; of others the first.  */
static uint32_t
most_of(uint32_t page)
{
   uint32_t most = thread_of(model.owner[page]);

   for (uint32_t thread = 1; thread <= N_THREADS; thread++)
      if (model.n_windows[page][thread] > model.n_windows[page][most])
         most = thread;
   return most;
}

static void
add_to(struct vmt_misplaced sums[N_CHARGES + 1][N_THREADS + 1], uint64_t *n_pages,
       uint32_t page)
{
   uint32_t charge = model.owner[page], by;
   struct vmt_misplaced *sum;

   if (charge == 0 || uses_of(page) == 0)
      return;
   ++*n_pages;
   by = most_of(page);
   if (by == thread_of(charge))
      return;
   sum = &sums[charge][by];
   sum->n_pages++;
   sum->n_own += model.n_windows[page][thread_of(charge)];
   sum->n_by += model.n_windows[page][by];
   sum->n_all += uses_of(page);
}

static void
forget(uint32_t page)
{
   memset(model.n_windows[page], 0, sizeof model.n_windows[page]);
   memset(model.last[page], 0, sizeof model.last[page]);
   model.owner[page] = 0;
}

static uint32_t
owners_thread(uint32_t page)
{
   return model.owner[page] == 0 ? 0 : thread_of(model.owner[page]);
}

static void
leave(struct vmt_page_users *users, uint32_t page)
{
   CHECK_EQ(vmt_page_users_leave(users, page, model.owner[page], owners_thread(page)),
            VMT_OK);
   add_to(model.left, &model.n_left, page);
   forget(page);
}

static void
note(struct vmt_page_users *users, uint32_t page, uint32_t window)
{
   uint32_t thread = 1 + (uint32_t)test_random(N_THREADS);

   CHECK_EQ(vmt_page_users_note(users, page, thread, window), VMT_OK);
   if (model.owner[page] == 0 && test_random(20) != 0)
      model.owner[page] = 1 + (uint32_t)test_random(N_CHARGES);
   model.n_windows[page][thread] +=
      model.last[page][thread] != window || model.n_windows[page][thread] == 0;
   model.last[page][thread] = window;
}

static void
move(struct vmt_page_users *users, uint32_t from, uint32_t to)
{
   if (uses_of(to) != 0 || from == to)
      return;
   CHECK_EQ(vmt_page_users_move(users, from, to), VMT_OK);
   memcpy(model.n_windows[to], model.n_windows[from], sizeof model.n_windows[to]);
   memcpy(model.last[to], model.last[from], sizeof model.last[to]);
   model.owner[to] = model.owner[from];
   forget(from);
}

static void
compare_sums(const struct vmt_misplaced_sums *sums,
             struct vmt_misplaced wanted[N_CHARGES + 1][N_THREADS + 1], uint64_t n_pages)
{
   uint32_t n = 0;

   CHECK_EQ(sums->n_pages, n_pages);
   for (uint32_t charge = 1; charge <= N_CHARGES; charge++)
      for (uint32_t by = 1; by <= N_THREADS; by++)
         n += wanted[charge][by].n_pages != 0;
   CHECK_EQ(sums->sums.n_records, n);
   for (uint32_t i = 0; i < n; i++) {
      const struct vmt_misplaced *ours = vmt_vector_at(&sums->sums, i);
      const struct vmt_misplaced *theirs = &wanted[ours->charge][ours->by];

      CHECK_EQ(ours->n_pages, theirs->n_pages);
      CHECK_EQ(ours->n_own, theirs->n_own);
      CHECK_EQ(ours->n_by, theirs->n_by);
      CHECK_EQ(ours->n_all, theirs->n_all);
   }
}

static void
compare(const struct vmt_page_users *users)
{
   struct vmt_misplaced there[N_CHARGES + 1][N_THREADS + 1];
   struct vmt_misplaced_sums sums;
   uint64_t cursor = 0, n_pages = 0;
   vmt_vpn page;

   memset(there, 0, sizeof there);
   vmt_misplaced_init(&sums);
   while (vmt_page_users_next(users, &cursor, &page))
      CHECK_EQ(vmt_page_users_add(users, page, model.owner[page],
                                  owners_thread((uint32_t)page), &sums),
               VMT_OK);
   for (uint32_t i = 0; i < N_PAGES; i++) {
      add_to(there, &n_pages, i);
      for (uint32_t thread = 1; thread <= N_THREADS; thread++)
         CHECK_EQ(vmt_page_users_count(users, i, thread), model.n_windows[i][thread]);
   }
   compare_sums(&sums, there, n_pages);
   compare_sums(&users->left, model.left, model.n_left);
   vmt_misplaced_free(&sums);
}

static void
random_round(uint64_t round)
{
   struct vmt_page_users users;
   uint32_t window = 0;

   test_reseed(round);
   memset(&model, 0, sizeof model);
   CHECK_EQ(vmt_page_users_init(&users), VMT_OK);
   for (uint32_t i = 0; i < 3000; i++) {
      uint32_t page = (uint32_t)test_random(N_PAGES);

      window += test_random(10) == 0;
      switch (test_random(20)) {
      case 0: leave(&users, page); break;
      case 1: move(&users, page, (uint32_t)test_random(N_PAGES)); break;
      default: note(&users, page, window); break;
      }
      if (test_random(100) == 0)
         compare(&users);
   }
   compare(&users);
   vmt_page_users_free(&users);
   CHECK_EQ(test_n_blocks(), 0);
}

/* One page by hand.  Thread 1 owns it and uses it in windows 3 and 4, thread 2 in 3, 5
   and 6: it is misplaced by 3 uses of 5.  With windows 7 and 8 thread 1 has it again.  */
static void
by_hand(void)
{
   struct vmt_misplaced_sums sums;
   struct vmt_page_users users;
   const struct vmt_misplaced *sum;

   CHECK_EQ(vmt_page_users_init(&users), VMT_OK);
   vmt_page_users_note(&users, 9, 1, 3);
   vmt_page_users_note(&users, 9, 2, 3);
   vmt_page_users_note(&users, 9, 1, 3);        /* the second time in a window */
   vmt_page_users_note(&users, 9, 1, 4);
   vmt_page_users_note(&users, 9, 2, 5);
   vmt_page_users_note(&users, 9, 2, 6);
   vmt_misplaced_init(&sums);
   CHECK_EQ(vmt_page_users_add(&users, 9, 77, 1, &sums), VMT_OK);
   CHECK_EQ(sums.sums.n_records, 1);
   sum = vmt_vector_at(&sums.sums, 0);
   CHECK(sum->charge == 77 && sum->by == 2 && sum->n_pages == 1);
   CHECK(sum->n_own == 2 && sum->n_by == 3 && sum->n_all == 5);
   vmt_misplaced_free(&sums);
   vmt_page_users_note(&users, 9, 1, 7);
   vmt_page_users_note(&users, 9, 1, 8);
   CHECK_EQ(vmt_page_users_leave(&users, 9, 77, 1), VMT_OK);
   CHECK_EQ(users.left.n_pages, 1);
   CHECK_EQ(users.left.sums.n_records, 0);
   vmt_page_users_free(&users);
}

/* Each of its allocations fails in turn.  */
static void
short_of_memory(void)
{
   struct vmt_page_users users;
   uint64_t n = 0, n_failed = 0;
   bool done = false;

   while (!done) {
      enum vmt_status status;

      test_fail_nth(++n);
      status = vmt_page_users_init(&users);
      for (uint32_t page = 0; page < 30 && status == VMT_OK; page++)
         for (uint32_t thread = 1; thread <= 2 && status == VMT_OK; thread++)
            status = vmt_page_users_note(&users, page, thread, page + thread);
      for (uint32_t page = 0; page < 30 && status == VMT_OK; page++)
         status = vmt_page_users_leave(&users, page, 1, 3);
      done = status == VMT_OK;
      n_failed += !done;
      vmt_page_users_free(&users);
      test_fail_nth(0);
      CHECK_EQ(test_n_blocks(), 0);
   }
   CHECK(n_failed >= 4);                        /* two tables, and two of the sums */
}

int
main(void)
{
   test_begin("test_page_users");
   by_hand();
   for (uint64_t round = 0; round < 40; round++)
      random_round(round);
   short_of_memory();
   return test_end();
}
