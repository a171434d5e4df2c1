/* What the unit tests of mmu/ share: checks that stop at the first failure, a
   port whose n-th allocation fails, random numbers from a printed seed.

   A test is a main() that calls test_begin(), its cases, and returns
   test_end(), which fails when a block was not freed.  The seed is 1 unless
   VMT_TEST_SEED says otherwise.  */

#ifndef TESTS_MMU_CHECK_H
#define TESTS_MMU_CHECK_H

#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void test_begin(const char *name);
int test_end(void);

/* Says where and what, then ends the test.  */
void test_fail(const char *file, int line, const char *what, uint64_t left,
               uint64_t right) __attribute__((noreturn));

#define CHECK(condition)                                                       \
   ((condition) ? (void)0 : test_fail(__FILE__, __LINE__, #condition, 0, 0))

#define CHECK_EQ(left, right)                                                  \
   test_check_eq(__FILE__, __LINE__, #left " == " #right, (uint64_t)(left),    \
                 (uint64_t)(right))

static inline void
test_check_eq(const char *file, int line, const char *what, uint64_t left,
              uint64_t right)
{
   if (left != right)
      test_fail(file, line, what, left, right);
}

/* That statement runs into an assert of the code under test.  */
#define CHECK_ASSERTS(statement)                                               \
   do {                                                                        \
      test_expects_assert = true;                                              \
      if (setjmp(test_assert_jump) == 0) {                                     \
         statement;                                                            \
         test_fail(__FILE__, __LINE__, "no assert in: " #statement, 0, 0);     \
      }                                                                        \
      test_expects_assert = false;                                             \
   } while (0)

extern jmp_buf test_assert_jump;
extern volatile bool test_expects_assert;

/* From now on the nth allocation fails (from 1; 0: none does).
   test_fail_came() says whether it came to that, and lets all succeed.  */
void test_fail_nth(uint64_t nth);
bool test_fail_came(void);

/* What the port's look answers; NULL: that it cannot tell.  */
extern bool (*test_look)(uint64_t addr, uint32_t n_pages, uint8_t *there);

/* What its is_alive answers; NULL: yes.  Called where it pauses; NULL: nothing.  */
extern bool (*test_is_alive)(uint32_t place);
extern void (*test_pause)(void);

/* Before a call, and again each time that it failed: each of its allocations
   fails once, if what succeeded is not asked for again.  At first the first
   fails, then always the second, for the first is what failed before.  */
static inline void
test_fail_each(uint64_t n_failures)
{
   test_fail_nth(n_failures == 0 ? 1 : 2);
}

/* Blocks and bytes that are taken and not given back.  */
uint64_t test_n_blocks(void);
uint64_t test_n_bytes(void);

/* A number in [0, bound), from this test's own generator.  */
uint64_t test_random(uint64_t bound);

/* Starts the generator anew, from the run's seed and which.  Prints both only
   when a check fails.  */
void test_reseed(uint64_t which);

#endif
