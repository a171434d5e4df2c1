/* Threads that take turns, so that every run is the same whatever the scheduler
   does: a byte goes round a ring of pipes, and who has it works.  Two system
   calls next to each other pass it on and wait for it; between them nothing is
   touched but the page of this code, which is why all of it lies in one page.

   The work is on shared pages: reads, first writes, rights and mappings that
   change under the others.  */

#define _GNU_SOURCE
#include "guest.h"

#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { N_THREADS = 6, N_ROUNDS = 40, N_PAGES = 96, STACK_PAGES = 4 };

#define ONE_PAGE __attribute__((section(".text.turns"), noinline))
#define INLINE __attribute__((always_inline)) static inline

static uint8_t *pages, *stacks;
static struct { int ends[2]; } pipes[N_THREADS] __attribute__((aligned(4096)));

INLINE long
call(long number, long a, long b, long c, long d)
{
   register long r10 __asm__("r10") = d;

   __asm__ volatile("syscall" : "+a"(number)
                    : "D"(a), "S"(b), "d"(c), "r"(r10)
                    : "rcx", "r11", "memory");
   return number;
}

/* Gives the turn to the next and waits until it comes back.  */
INLINE void
pass(long write_end, long read_end, uint8_t *byte)
{
   long number = SYS_write;

   __asm__ volatile("syscall\n\t"
                    "movl %k[from], %%edi\n\t"
                    "xorl %%eax, %%eax\n\t"
                    "syscall"
                    : "+a"(number), "+D"(write_end)
                    : "S"(byte), "d"(1l), [from] "r"(read_end)
                    : "rcx", "r11", "memory");
}

INLINE void
work(unsigned me, unsigned round)
{
   uint64_t state = me * 977 + round * 131 + 1;

   for (unsigned i = 0; i < 300; i++) {
      volatile uint8_t *byte;

      state = state * 6364136223846793005ull + 1442695040888963407ull;
      byte = pages + (state >> 33) % (N_PAGES * PAGE);
      if (state >> 62 == 0 || (round > 20 && state >> 62 == 1))
         (*byte)++;
      else
         (void)*byte;
   }
   switch ((round + me) % 9) {
   case 0: call(SYS_mprotect, (long)pages + 7 * 4096, 3 * 4096, 1, 0);
           call(SYS_mprotect, (long)pages + 7 * 4096, 3 * 4096, 3, 0);
           break;
   case 3: call(SYS_madvise, (long)pages + 20 * 4096, 9 * 4096, 4, 0); break;
   case 6: call(SYS_madvise, (long)pages + 40 * 4096, 9 * 4096, 8, 0); break;
   default: break;
   }
}

ONE_PAGE static void
take_turns(unsigned me)
{
   long to = pipes[(me + 1) % N_THREADS].ends[1], from = pipes[me].ends[0];
   struct timespec moment = { 0, 100000000 };
   uint8_t byte;

   if (me != 0)
      pass(pipes[0].ends[1], from, &byte);
   for (unsigned round = 0; round < N_ROUNDS; round++) {
      work(me, round);
      pass(to, from, &byte);
   }
   /* The thread that gave the turn last has to be waiting by then.  */
   if (me == 0) {
      call(SYS_nanosleep, (long)&moment, 0, 0, 0);
      call(SYS_exit_group, 0, 0, 0, 0);
   }
}

/* A thread without a C library: it needs none, and starts in this page.  The
   caller waits until the thread waits for its turn.  */
ONE_PAGE static void
start(unsigned me)
{
   register long number __asm__("rax") = SYS_clone;
   register unsigned child __asm__("r12") = me;
   register void *entry __asm__("r13") = (void *)take_turns;
   register uint8_t *byte __asm__("r14") = stacks;
   register long from __asm__("r15") = pipes[0].ends[0];
   long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD
                | CLONE_SYSVSEM, no_tid = 0;
   uint8_t *stack = stacks + (me + 1) * STACK_PAGES * PAGE - 64;

   __asm__ volatile("syscall\n\t"
                    "testq %%rax, %%rax\n\t"
                    "jnz 1f\n\t"
                    "movl %%r12d, %%edi\n\t"
                    "call *%%r13\n"
                    "1:\n\t"
                    "movq %%rax, %%r12\n\t"
                    "movl %%r15d, %%edi\n\t"
                    "movq %%r14, %%rsi\n\t"
                    "movl $1, %%edx\n\t"
                    "xorl %%eax, %%eax\n\t"
                    "syscall"
                    : "+r"(number), "+r"(child), "+D"(flags), "+S"(stack),
                      "+d"(no_tid)
                    : "r"(entry), "r"(byte), "r"(from)
                    : "rcx", "r11", "memory");
   if ((int)child < 0)
      call(SYS_exit_group, 3, 0, 0, 0);
}

int
main(void)
{
   pages = guest_map(N_PAGES);
   stacks = guest_map(N_THREADS * STACK_PAGES);
   for (unsigned i = 0; i < N_THREADS; i++)
      if (pipe(pipes[i].ends) != 0)
         return 2;
   for (unsigned i = 1; i < N_THREADS; i++)
      start(i);
   take_turns(0);
   return 0;
}
