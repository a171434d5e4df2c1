#include "tests/mmu/check.h"
#include "vmtrace/mmu/mechanisms/shown.h"

#define N_PAGES 40
#define N_NAMES 9
#define NOTHING 0

static struct vmt_shown shown;

/* The model: what each page shows, and since when.  */
static uint64_t names[N_PAGES], since[N_PAGES], now;
static bool is_present[N_PAGES];

static vmt_vpn
vpn_of(uint32_t page)
{
   return 0x7f0000000 + page;
}

static void
check_page(uint32_t page)
{
   const uint64_t *name = vmt_shown_name(&shown, vpn_of(page));

   CHECK_EQ(name == NULL ? NOTHING : *name, names[page]);
   CHECK_EQ(vmt_shown_is_present(&shown, vpn_of(page)),
            names[page] != NOTHING && is_present[page]);
}

/* The pages of a name: all of them, the last one first.  */
static void
check_name(uint64_t name)
{
   uint32_t at = vmt_shown_first(&shown, name), n = 0;
   uint64_t last = now + 1;
   vmt_vpn vpn;

   while (at != VMT_SHOWN_NONE) {
      uint32_t page;

      at = vmt_shown_next(&shown, at, &vpn);
      page = (uint32_t)(vpn - vpn_of(0));
      CHECK_EQ(names[page], name);
      CHECK(since[page] < last);
      last = since[page];
      n++;
   }
   for (uint32_t page = 0; page < N_PAGES; page++)
      n -= names[page] == name;
   CHECK_EQ(n, 0);
}

static void
run_random(uint64_t seed)
{
   test_reseed(seed);
   CHECK_EQ(vmt_shown_init(&shown), VMT_OK);
   for (uint32_t i = 0; i < 2000; i++) {
      uint32_t page = (uint32_t)test_random(N_PAGES);
      uint64_t name = 1 + test_random(N_NAMES);

      if (test_random(3) == 0) {
         is_present[page] = test_random(2) == 0;
         vmt_shown_set_present(&shown, vpn_of(page), is_present[page]);
      } else if (names[page] != NOTHING) {
         CHECK(vmt_shown_drop(&shown, vpn_of(page)));
         names[page] = NOTHING;
      } else {
         CHECK(!vmt_shown_drop(&shown, vpn_of(page)));
         CHECK_EQ(vmt_shown_set(&shown, vpn_of(page), name), VMT_OK);
         names[page] = name;
         is_present[page] = true;
         since[page] = ++now;
      }
      check_page(page);
      check_name(name);
   }
   for (uint32_t page = 0; page < N_PAGES; page++)
      names[page] = NOTHING;
   vmt_shown_free(&shown);
   CHECK_EQ(test_n_blocks(), 0);
}

/* Whichever allocation fails, what was shown is shown still.  */
static void
test_memory(void)
{
   bool came = true;

   for (uint64_t nth = 1; came; nth++) {
      enum vmt_status status;
      uint32_t n = 0;

      CHECK_EQ(vmt_shown_init(&shown), VMT_OK);
      test_fail_nth(nth);
      while (n < 100 && (status = vmt_shown_set(&shown, n, 1 + n % 50)) == VMT_OK)
         n++;
      came = test_fail_came();
      CHECK_EQ(came, n < 100);
      for (uint32_t i = 0; i < 100; i++)
         CHECK_EQ(vmt_shown_name(&shown, i) != NULL, i < n);
      vmt_shown_free(&shown);
      CHECK_EQ(test_n_blocks(), 0);
   }
}

int
main(void)
{
   test_begin("test_shown");
   for (uint64_t seed = 0; seed < 20; seed++)
      run_random(seed);
   test_memory();
   return test_end();
}
