/* stress THREADS STEPS SEED: threads allocate, reallocate and free at random, and look at
   what is in the blocks.  The blocks are in slots that all threads share: whoever takes
   one out of its slot owns it, so a block is mostly freed by another thread than the one
   that allocated it.  Prints what is wrong; exit status 1 if anything is.  */

#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_SLOTS 256u
#define MOST_THREADS 64u

/* A block says itself how large it is and what is in it.  */
struct block {
   uint32_t bytes, key;
   unsigned char rest[];
};

struct worker {
   pthread_t thread;
   uint64_t random;
   unsigned n_steps;
};

static _Atomic(struct block *) slots[N_SLOTS];
static atomic_uint n_wrong;

/* xorshift64: any seed but 0.  */
static uint32_t
random_below(struct worker *worker, uint32_t limit)
{
   worker->random ^= worker->random << 13;
   worker->random ^= worker->random >> 7;
   worker->random ^= worker->random << 17;
   return (uint32_t)(worker->random >> 32) % limit;
}

static void
wrong(const char *what)
{
   if (atomic_fetch_add(&n_wrong, 1) < 10)
      printf("wrong: %s\n", what);
}

static unsigned char
content(uint32_t key, uint32_t i)
{
   return (unsigned char)(key + i * 13 + (i >> 7));
}

static void
fill(struct block *block, uint32_t bytes, uint32_t key)
{
   uint32_t i;

   block->bytes = bytes;
   block->key = key;
   for (i = 0; i < bytes - sizeof *block; i++)
      block->rest[i] = content(key, i);
}

static void
check(const struct block *block, uint32_t bytes)
{
   uint32_t i;

   for (i = 0; i < bytes - sizeof *block; i++)
      if (block->rest[i] != content(block->key, i)) {
         wrong("the contents have changed");
         return;
      }
}

static uint32_t
random_bytes(struct worker *worker)
{
   uint32_t most = random_below(worker, 16) == 0 ? 65536 : 1024;

   return (uint32_t)sizeof(struct block) + random_below(worker, most);
}

static struct block *
new_block(struct worker *worker)
{
   static const size_t alignments[] = { 16, 64, 4096 };
   uint32_t bytes = random_bytes(worker), i;
   size_t alignment = 16;
   struct block *block;

   switch (random_below(worker, 4)) {
   case 0:
      block = calloc(1, bytes);
      for (i = 0; block != NULL && i < bytes; i++)
         if (((unsigned char *)block)[i] != 0) {
            wrong("calloc is not zeroes");
            break;
         }
      break;
   case 1:
      alignment = alignments[random_below(worker, 3)];
      block = memalign(alignment, bytes);
      break;
   default:
      block = malloc(bytes);
   }
   if (block == NULL || (uintptr_t)block % alignment != 0) {
      wrong(block == NULL ? "out of memory" : "alignment");
      return NULL;
   }
   fill(block, bytes, random_below(worker, UINT32_MAX));
   return block;
}

static struct block *
changed_block(struct worker *worker, struct block *block)
{
   uint32_t before = block->bytes, bytes = random_bytes(worker);
   struct block *moved;

   check(block, before);
   moved = realloc(block, bytes);
   if (moved == NULL) {
      wrong("out of memory");
      return block;
   }
   check(moved, before < bytes ? before : bytes);
   fill(moved, bytes, random_below(worker, UINT32_MAX));
   return moved;
}

static void *
work(void *argument)
{
   struct worker *worker = argument;
   unsigned i;

   for (i = 0; i < worker->n_steps; i++) {
      _Atomic(struct block *) *slot = &slots[random_below(worker, N_SLOTS)];
      struct block *block = atomic_exchange(slot, NULL);

      if (block == NULL)
         block = new_block(worker);
      else if (random_below(worker, 3) == 0)
         block = changed_block(worker, block);
      else {
         check(block, block->bytes);
         free(block);
         block = NULL;
      }
      block = atomic_exchange(slot, block);
      if (block != NULL) {
         check(block, block->bytes);
         free(block);
      }
   }
   return NULL;
}

int
main(int argc, char **argv)
{
   static struct worker workers[MOST_THREADS];
   unsigned n = argc == 4 ? (unsigned)atoi(argv[1]) : 0, i;

   if (n == 0 || n > MOST_THREADS) {
      fputs("usage: stress THREADS STEPS SEED\n", stderr);
      return 2;
   }
   for (i = 0; i < n; i++) {
      workers[i].random = (strtoull(argv[3], NULL, 10) * MOST_THREADS + i + 1) *
                          0x9E3779B97F4A7C15u;
      workers[i].n_steps = (unsigned)atoi(argv[2]);
      if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0) {
         fputs("stress: no thread\n", stderr);
         return 2;
      }
   }
   for (i = 0; i < n; i++)
      pthread_join(workers[i].thread, NULL);
   for (i = 0; i < N_SLOTS; i++)
      if (slots[i] != NULL) {
         check(slots[i], slots[i]->bytes);
         free(slots[i]);
      }
   printf("%u wrong\n", atomic_load(&n_wrong));
   return atomic_load(&n_wrong) != 0;
}
