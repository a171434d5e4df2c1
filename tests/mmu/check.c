#include "tests/mmu/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/mmu/base/port.h"

/* In front of every block, so that sizes add up and a stray free shows.  */
struct block_head {
   uint64_t bytes, mark;
};

#define LIVE_MARK 0x6c6976656c697665u
#define DEAD_MARK 0x6465616464656164u

jmp_buf test_assert_jump;
volatile bool test_expects_assert;

static const char *test_name;
static uint64_t seed, round, random_state;
static uint64_t n_until_failure, n_blocks, n_bytes;
static bool failure_came;

void
test_fail(const char *file, int line, const char *what, uint64_t left,
          uint64_t right)
{
   fprintf(stderr,
           "%s:%d: failed: %s\n  left %llu (0x%llx), right %llu (0x%llx)\n"
           "  %s, seed %llu, round %llu\n",
           file, line, what, (unsigned long long)left, (unsigned long long)left,
           (unsigned long long)right, (unsigned long long)right, test_name,
           (unsigned long long)seed, (unsigned long long)round);
   abort();
}

static void *
port_alloc(const char *what, size_t bytes)
{
   struct block_head *head;

   if (n_until_failure != 0 && --n_until_failure == 0) {
      failure_came = true;
      return NULL;
   }
   CHECK(what != NULL);
   head = malloc(sizeof(*head) + bytes);
   CHECK(head != NULL);
   memset(head + 1, 0x5a, bytes);
   *head = (struct block_head){ bytes, LIVE_MARK };
   n_blocks++;
   n_bytes += bytes;
   return head + 1;
}

static void
port_free(void *block)
{
   struct block_head *head = (struct block_head *)block - 1;

   CHECK_EQ(head->mark, LIVE_MARK);
   head->mark = DEAD_MARK;
   n_blocks--;
   n_bytes -= head->bytes;
   memset(block, 0xd5, head->bytes);
   free(head);
}

bool (*test_look)(uint64_t addr, uint32_t n_pages, uint8_t *there);

static bool
port_look(uint64_t addr, uint32_t n_pages, uint8_t *there)
{
   return test_look != NULL && test_look(addr, n_pages, there);
}

bool (*test_is_alive)(uint32_t place);

static bool
port_is_alive(uint32_t place)
{
   return test_is_alive == NULL || test_is_alive(place);
}

void (*test_pause)(void);

static void
port_pause(void)
{
   if (test_pause != NULL)
      test_pause();
}

static void __attribute__((noreturn))
port_fatal(const char *file, int line, const char *condition, uint64_t left,
           uint64_t right)
{
   if (test_expects_assert)
      longjmp(test_assert_jump, 1);
   test_fail(file, line, condition, left, right);
}

void
test_begin(const char *name)
{
   static const struct vmt_port port = {
      .alloc = port_alloc, .free = port_free, .look = port_look,
      .is_alive = port_is_alive, .pause = port_pause, .fatal = port_fatal };
   const char *text = getenv("VMT_TEST_SEED");

   test_name = name;
   seed = text != NULL ? strtoull(text, NULL, 0) : 1;
   printf("%s: seed %llu\n", name, (unsigned long long)seed);
   fflush(stdout);
   vmt_port_set(&port);
   test_reseed(0);
}

int
test_end(void)
{
   CHECK_EQ(n_blocks, 0);
   CHECK_EQ(n_bytes, 0);
   printf("%s: ok\n", test_name);
   return 0;
}

void
test_fail_nth(uint64_t nth)
{
   n_until_failure = nth;
   failure_came = false;
}

bool
test_fail_came(void)
{
   bool came = failure_came;

   test_fail_nth(0);
   return came;
}

uint64_t
test_n_blocks(void)
{
   return n_blocks;
}

uint64_t
test_n_bytes(void)
{
   return n_bytes;
}

/* xorshift64* (Vigna 2016), on purpose not the generator of mmu/base.  */
uint64_t
test_random(uint64_t bound)
{
   random_state ^= random_state >> 12;
   random_state ^= random_state << 25;
   random_state ^= random_state >> 27;
   return (random_state * 0x2545f4914f6cdd1du >> 11) % bound;
}

void
test_reseed(uint64_t which)
{
   round = which;
   random_state = (seed * 1000003 + which) * 0x9e3779b97f4a7c15u | 1;
   for (int i = 0; i < 8; i++)
      test_random(1);
}
