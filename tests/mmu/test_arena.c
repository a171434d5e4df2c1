/* Blocks of an arena against what was written to them, and what it takes of its range.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/containers/arena.h"
#include "vmtrace/mmu/containers/hashmap.h"

#include <stdlib.h>
#include <string.h>

#define RANGE_BYTES ((size_t)8 << 20)
#define N_BLOCKS 400

static struct vmt_arena *arena;
static char *range;

static struct {
   unsigned char *start;                /* NULL: not taken */
   size_t bytes;
   unsigned char with;
} blocks[N_BLOCKS];

static void
check_block(size_t i)
{
   CHECK((char *)blocks[i].start >= range);
   CHECK((char *)blocks[i].start + blocks[i].bytes <= range + RANGE_BYTES);
   for (size_t at = 0; at < blocks[i].bytes; at++)
      CHECK_EQ(blocks[i].start[at], blocks[i].with);
}

static void
take(size_t i)
{
   blocks[i].bytes = test_random(8) == 0 ? test_random(60000) : test_random(300);
   blocks[i].with = (unsigned char)test_random(256);
   blocks[i].start = vmt_arena_alloc(arena, "test", blocks[i].bytes);
   if (blocks[i].start == NULL)
      return;
   CHECK_EQ((uintptr_t)blocks[i].start % 16, 0);
   memset(blocks[i].start, blocks[i].with, blocks[i].bytes);
}

static void
give(size_t i)
{
   check_block(i);
   vmt_arena_free(arena, blocks[i].start);
   blocks[i].start = NULL;
}

/* No block overlaps another, also when there is no room for more.  */
static uint64_t
run_random(uint64_t round)
{
   uint64_t n_full = 0;

   test_reseed(round);
   memset(blocks, 0, sizeof blocks);
   arena = vmt_arena_init(range, RANGE_BYTES >> test_random(5));
   for (uint32_t step = 0; step < 20000; step++) {
      size_t i = test_random(N_BLOCKS);

      if (blocks[i].start != NULL) {
         give(i);
      } else {
         take(i);
         n_full += blocks[i].start == NULL;
      }
   }
   for (size_t i = 0; i < N_BLOCKS; i++)
      if (blocks[i].start != NULL)
         give(i);
   return n_full;
}

/* What was freed is taken again, and a block costs what the header says.  */
static void
test_cost(void)
{
   static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 4096, 5000, 65536, 196608};

   for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
      size_t before, cost;
      void *block;

      arena = vmt_arena_init(range, RANGE_BYTES);
      before = vmt_arena_used_bytes(arena);
      block = vmt_arena_alloc(arena, "test", sizes[i]);
      cost = vmt_arena_used_bytes(arena) - before;
      CHECK(cost >= sizes[i] + 16);
      CHECK(cost <= sizes[i] + sizes[i] / 4 + 48);
      vmt_arena_free(arena, block);
      CHECK(vmt_arena_alloc(arena, "test", sizes[i]) == block);
      CHECK_EQ(vmt_arena_used_bytes(arena) - before, cost);
   }
}

static void
test_ends(void)
{
   unsigned char *block;

   arena = vmt_arena_init(range, RANGE_BYTES);
   CHECK(vmt_arena_alloc(arena, "test", RANGE_BYTES) == NULL);
   CHECK(vmt_arena_alloc(arena, "test", SIZE_MAX) == NULL);
   CHECK(vmt_arena_alloc(arena, "test", SIZE_MAX - 16) == NULL);
   vmt_arena_free(arena, NULL);
   block = vmt_arena_alloc(arena, "test", 100);
   memset(block, 1, 100);
   vmt_arena_free(arena, block);
   block = vmt_arena_alloc_zeroed(arena, "test", 100);
   for (size_t i = 0; i < 100; i++)
      CHECK_EQ(block[i], 0);
   vmt_arena_free(arena, block);
   CHECK_ASSERTS(vmt_arena_free(arena, block));
}

/* NULL is the port; containers keep to the arena that they were made in.  */
static void
test_owners(void)
{
   struct vmt_hashmap map;
   uint64_t *value;
   void *block = vmt_arena_alloc(NULL, "test", 10);

   CHECK_EQ(test_n_blocks(), 1);
   vmt_arena_free(NULL, block);
   CHECK_EQ(test_n_blocks(), 0);
   arena = vmt_arena_init(range, RANGE_BYTES);
   vmt_hashmap_init_in(&map, arena, "test");
   for (uint64_t key = 0; key < 1000; key++)
      CHECK_EQ(vmt_hashmap_put(&map, key, &value), VMT_OK);
   CHECK((char *)value > range && (char *)value < range + RANGE_BYTES);
   CHECK_EQ(test_n_blocks(), 0);
   vmt_hashmap_free(&map);
   CHECK(map.arena == arena);
}

int
main(void)
{
   uint64_t n_full = 0;

   test_begin("test_arena");
   range = aligned_alloc(4096, RANGE_BYTES);
   CHECK(range != NULL);
   for (uint64_t round = 0; round < 20; round++)
      n_full += run_random(round);
   CHECK(n_full != 0);
   test_cost();
   test_ends();
   test_owners();
   free(range);
   return test_end();
}
