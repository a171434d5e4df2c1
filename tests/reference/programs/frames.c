/* Structures and stack frames that lie across the end of a page, used so often
   that it pays to translate their code again, at one place, then at others; with
   accesses off other bases in between, faults on the page beyond, and accesses
   to it that are refused.  */

#define _GNU_SOURCE
#include "guest.h"

#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

/* More often than a group that straddles is put up with.  */
#define N_ROUNDS 300

static uint8_t *pages;                  /* 4; structures lie about 1's end */
static uint64_t sum;
static sigjmp_buf out;

struct record {
   uint64_t words[12];
};

static __attribute__((noinline)) void
fill(struct record *r, const uint64_t *from)
{
   for (unsigned i = 0; i < 12; i++)
      ((volatile uint64_t *)r->words)[i] = i;
   r->words[3] += from[0];
}

/* Members in another order than they lie, others' accesses in between.  */
static __attribute__((noinline)) void
shuffle(volatile struct record *r, volatile uint64_t *near,
        volatile uint64_t *far)
{
   r->words[11] += near[1];
   far[0] = r->words[0];
   r->words[1] = far[8] + r->words[10];
   near[2]++;
   sum += r->words[5] + far[40];
   __asm__ volatile("pushq %0; popq %1" : : "m"(r->words[2]), "m"(r->words[9])
                    : "memory");
   r->words[6] = near[600];
   __asm__ volatile("movups %0, %%xmm0" :: "m"(r->words[7]) : "xmm0", "memory");
   r->words[4] = r->words[8]++;
}

static void
use_at(unsigned bytes_before_end, void (*between)(unsigned round))
{
   struct record *r = (struct record *)(pages + 2 * PAGE - bytes_before_end);
   uint64_t *far = (uint64_t *)(pages + 3 * PAGE);

   for (unsigned i = 0; i < N_ROUNDS; i++) {
      fill(r, far);
      shuffle(r, (uint64_t *)pages, far);
      between(i);
   }
}

/* System calls let the core do what it has put off.  */
static void
call_kernel(unsigned round)
{
   if (round % 16 == 0)
      getppid();
}

/* The pages' entries go from time to time.  */
static void
lose_pages(unsigned round)
{
   if (round % 16 == 0)
      madvise(pages + (round % 3 + 1) * PAGE, PAGE, MADV_DONTNEED);
}

/* ---- frames ---- */

static __attribute__((noinline)) uint64_t
leaf(uint64_t a, uint64_t b)
{
   volatile uint64_t frame[10];

   for (unsigned i = 0; i < 10; i++)
      frame[i] = a + i;
   __asm__ volatile("" ::: "rbx", "rbp", "r12", "r13", "r14", "r15");
   return frame[b % 10] + frame[3];
}

/* Calls leaf() from all depths, some of which lay its frame across pages.  */
static __attribute__((noinline)) uint64_t
descend(unsigned depth)
{
   uint64_t found = leaf(depth, depth);

   return depth == 0 ? found : found + descend(depth - 1) + leaf(found, depth);
}

/* From one depth many times: from 16 bytes further down each time it is done. */
static __attribute__((noinline)) void
stay(unsigned step)
{
   volatile uint8_t *room = __builtin_alloca(16 * step + 16);

   room[0] = 1;
   for (unsigned i = 0; i < N_ROUNDS; i++) {
      sum += leaf(i, step);
      call_kernel(i);
   }
}

/* ---- refused ---- */

static void
handle(int number)
{
   sum += (uint64_t)number;
   siglongjmp(out, 1);
}

static void
refuse(int rights)
{
   mprotect(pages + 2 * PAGE, PAGE, rights);
   if (sigsetjmp(out, 1) == 0)
      shuffle((struct record *)(pages + 2 * PAGE - 24), (uint64_t *)pages,
              (uint64_t *)(pages + 3 * PAGE));
   mprotect(pages + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE);
}

int
main(void)
{
   struct sigaction action = { .sa_handler = handle };

   pages = guest_map(4);
   sigaction(SIGSEGV, &action, NULL);
   for (unsigned bytes = 4; bytes <= 96; bytes += 12)
      use_at(bytes, bytes % 24 == 4 ? call_kernel : lose_pages);
   for (unsigned i = 0; i < 60; i++)
      sum += descend(99);
   for (unsigned step = 0; step < 256; step += 2)
      stay(step);
   for (unsigned i = 0; i < N_ROUNDS; i++)
      refuse(i % 8 == 0 ? PROT_READ | PROT_WRITE
                        : i % 8 < 4 ? PROT_READ : PROT_NONE);
   printf("%016lx\n", (unsigned long)sum);
   return 0;
}
