#include "tests/mmu/check.h"
#include "vmtrace/mmu/containers/pool.h"

#include <string.h>

#define MAX_BLOCKS 20000

static unsigned char *blocks[MAX_BLOCKS];

static void
check_filled(const unsigned char *block, uint32_t from, uint32_t to,
             unsigned char with)
{
   for (uint32_t i = from; i < to; i++)
      CHECK_EQ(block[i], with);
}

static unsigned char *
take(struct vmt_pool *pool, uint32_t bytes)
{
   unsigned char *block = vmt_pool_take(pool);

   CHECK(block != NULL);
   CHECK_EQ((uintptr_t)block % 8, 0);
   check_filled(block, 0, bytes, 0);
   return block;
}

/* Every block full of its own number: an overlap would show.  */
static void
test_blocks(uint32_t bytes, uint32_t n)
{
   struct vmt_pool pool;

   vmt_pool_init(&pool, "test", bytes);
   CHECK_EQ(pool.block_bytes % 8, 0);
   CHECK(pool.block_bytes >= bytes && pool.block_bytes < bytes + 8);
   for (uint32_t i = 0; i < n; i++) {
      blocks[i] = take(&pool, pool.block_bytes);
      memset(blocks[i], (int)(i % 251), pool.block_bytes);
   }
   CHECK_EQ(pool.n_used_blocks, n);
   for (uint32_t i = 0; i < n; i++)
      check_filled(blocks[i], 0, pool.block_bytes, (unsigned char)(i % 251));
   CHECK_EQ(test_n_blocks(), pool.n_slabs);
   /* A slab holds what fits into 64 KiB, a large block has one alone.  */
   if (bytes <= 32768)
      CHECK(test_n_bytes() <= pool.n_slabs * 65536);
   else
      CHECK_EQ(pool.n_slabs, n);
   CHECK(test_n_bytes() <= (uint64_t)n * pool.block_bytes + 65536 +
                              pool.n_slabs * (pool.block_bytes + 64));
   vmt_pool_free(&pool);
   CHECK_EQ(test_n_blocks(), 0);
   CHECK_EQ(pool.n_used_blocks, 0);
   CHECK_EQ(pool.n_slabs, 0);
}

static void
test_last_in_first_out(void)
{
   struct vmt_pool pool;
   uint64_t n_slabs;

   vmt_pool_init(&pool, "test", 24);
   for (uint32_t i = 0; i < 5000; i++)
      blocks[i] = take(&pool, 24);
   n_slabs = pool.n_slabs;
   for (uint32_t i = 0; i < 5000; i++) {
      memset(blocks[i], 7, 24);
      vmt_pool_give(&pool, blocks[i]);
      check_filled(blocks[i], 8, 24, 0xa5);     /* the list's link is in 0-7 */
   }
   CHECK_EQ(pool.n_used_blocks, 0);
   for (uint32_t i = 5000; i-- > 0;)
      CHECK(take(&pool, 24) == blocks[i]);
   CHECK_EQ(pool.n_slabs, n_slabs);
   vmt_pool_free(&pool);
}

static void
test_random_runs(void)
{
   struct vmt_pool pool;
   uint32_t n = 0;

   vmt_pool_init(&pool, "test", 100);
   for (uint32_t step = 0; step < 200000; step++) {
      if (n < 3000 && test_random(100) < 52) {
         blocks[n] = take(&pool, 100);
         memset(blocks[n], (int)(n % 251), 100);
         n++;
      } else if (n > 0) {
         n--;
         check_filled(blocks[n], 0, 100, (unsigned char)(n % 251));
         vmt_pool_give(&pool, blocks[n]);
      }
      CHECK_EQ(pool.n_used_blocks, n);
   }
   vmt_pool_free(&pool);
}

static void
test_no_memory(void)
{
   struct vmt_pool pool;
   uint32_t n_failures = 0;

   vmt_pool_init(&pool, "test", 4096);
   for (uint32_t i = 0; i < 100; i++) {
      test_fail_nth(1);
      blocks[i] = vmt_pool_take(&pool);
      CHECK_EQ(test_fail_came(), blocks[i] == NULL);
      if (blocks[i] != NULL)
         continue;
      n_failures++;
      CHECK_EQ(pool.n_used_blocks, i);
      CHECK_EQ(pool.n_slabs, n_failures - 1);
      blocks[i] = take(&pool, 4096);
   }
   CHECK_EQ(n_failures, 7);             /* 15 blocks of 4096 and a head fit */
   vmt_pool_free(&pool);
}

static void
test_misuse(void)
{
   struct vmt_pool pool;
   uint64_t block;

   CHECK_ASSERTS(vmt_pool_init(&pool, "test", 7));
   vmt_pool_init(&pool, "test", 8);
   CHECK_ASSERTS(vmt_pool_give(&pool, &block));
}

int
main(void)
{
   static const uint32_t sizes[] = { 8, 9, 15, 16, 192, 264, 4104, 32768, 65519,
                                     65520, 65521, 70000 };

   test_begin("test_pool");
   for (uint32_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
      test_blocks(sizes[i], sizes[i] < 300 ? MAX_BLOCKS : 40);
   test_last_in_first_out();
   test_random_runs();
   test_no_memory();
   test_misuse();
   return test_end();
}
