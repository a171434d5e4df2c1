#include "tests/mmu/check.h"
#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/base/random.h"

static void
test_memory(void)
{
   unsigned char *block = vmt_alloc_zeroed("test", 100);

   CHECK(block != NULL);
   CHECK_EQ(test_n_bytes(), 100);
   for (uint32_t i = 0; i < 100; i++)
      CHECK_EQ(block[i], 0);
   vmt_free(block);
   vmt_free(NULL);
   CHECK_EQ(test_n_blocks(), 0);
   test_fail_nth(1);
   CHECK(vmt_alloc("test", 1) == NULL);
   CHECK(test_fail_came());
   test_fail_nth(1);
   CHECK(vmt_alloc_zeroed("test", 1) == NULL);
   CHECK(test_fail_came());
}

static void
test_asserts(void)
{
   uint32_t n = 0;

   vmt_assert(++n == 1);
   vmt_assert_cmp(++n, ==, 2);
   CHECK_EQ(n, 2);
   CHECK_ASSERTS(vmt_assert(n == 3));
   CHECK_ASSERTS(vmt_assert_cmp(n, >, 2));
}

/* The first numbers of splitmix64 from state 1234567, as Rosetta Code's task
   "Pseudo-random numbers/Splitmix64" has them.  */
static void
test_random_numbers(void)
{
   static const uint64_t expected[5] = {
      6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
      4593380528125082431u, 16408922859458223821u
   };
   struct vmt_random random = { 1234567 };

   for (uint32_t i = 0; i < 5; i++)
      CHECK_EQ(vmt_random_next(&random), expected[i]);
   for (uint64_t bound = 1; bound < 1000; bound++)
      CHECK(vmt_random_below(&random, bound) < bound);
}

static void
test_pages(void)
{
   CHECK_EQ(vmt_page_floor(0), 0);
   CHECK_EQ(vmt_page_floor(4095), 0);
   CHECK_EQ(vmt_page_floor(0x7fffffffffff), 0x7ffffffff000);
   CHECK_EQ(vmt_page_ceil(0), 0);
   CHECK_EQ(vmt_page_ceil(1), 4096);
   CHECK_EQ(vmt_page_ceil(4096), 4096);
   CHECK_EQ(vmt_page_ceil(0x7fffffffefff), 0x7ffffffff000);
}

int
main(void)
{
   test_begin("test_base");
   test_memory();
   test_asserts();
   test_random_numbers();
   test_pages();
   return test_end();
}
