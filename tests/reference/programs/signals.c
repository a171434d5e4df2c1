/* Accesses that are refused, each in the middle of a straight run of others,
   and a handler that repairs, or jumps out.  */

#define _GNU_SOURCE
#include "guest.h"

#include <setjmp.h>
#include <signal.h>
#include <unistd.h>

static uint8_t *pages;                  /* 8, of which the handler repairs one */
static uint64_t sum;
static sigjmp_buf out;
static volatile int repair;

static void
handle(int number, siginfo_t *info, void *context)
{
   uint8_t *page = (uint8_t *)((uintptr_t)info->si_addr & ~(PAGE - 1));

   (void)context;
   sum += (uint64_t)number + (uint64_t)info->si_code;
   if (!repair)
      siglongjmp(out, 1);
   mprotect(page, PAGE, PROT_READ | PROT_WRITE);
}

/* Reads, updates and writes around one access that may be refused.  */
static __attribute__((noinline)) void
use(uint8_t *good, uint8_t *bad, int how)
{
   uint64_t *g = (uint64_t *)good, *b = (uint64_t *)bad;

   g[0]++, g[600] = g[1];
   switch (how) {
   case 0: sum += *b; break;
   case 1: *b = 5; break;
   case 2: *b += 5; break;
   case 3: __asm__ volatile("lock incq %0" : "+m"(*b)); break;
   case 4: __asm__ volatile("movups %0, %%xmm0" :: "m"(*b) : "xmm0", "memory");
           __asm__ volatile("movups %%xmm0, %0" : "=m"(*g) :: "memory");
           break;
   default: {
      unsigned long n = 9;

      __asm__ volatile("rep movsb" : "+D"(good), "+S"(bad), "+c"(n) :: "memory");
   }
   }
   g[2]++, g[800] = g[3];
}

static void
refuse(uint8_t *bad, int how, int rights)
{
   if (rights >= 0)
      mprotect((uint8_t *)((uintptr_t)bad & ~(PAGE - 1)), PAGE, rights);
   if (sigsetjmp(out, 1) == 0)
      use(pages, bad, how);
   mprotect(pages + 2 * PAGE, 5 * PAGE, PROT_READ | PROT_WRITE);
}

int
main(void)
{
   struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO };
   FILE *file = tmpfile();
   uint8_t *short_file;

   pages = guest_map(8);
   sigaction(SIGSEGV, &action, NULL);
   sigaction(SIGBUS, &action, NULL);
   for (int round = 0; round < 6; round++)
      for (repair = 0; repair < 2; repair++) {
         refuse(pages + 3 * PAGE + 64, round, PROT_NONE);
         refuse(pages + 4 * PAGE + 64, round, PROT_READ);
      }
   repair = 0;
   munmap(pages + 5 * PAGE, PAGE);
   for (int round = 0; round < 6; round++) {
      refuse(pages + 5 * PAGE + 8, round, -1);
      refuse(pages + 5 * PAGE - 4, round, -1);      /* straddles into it */
      refuse((uint8_t *)64, round, -1);
   }
   for (int round = 0; round < 6; round++)          /* neither page allows it */
      refuse(pages + 5 * PAGE - 4, round, round % 2 ? PROT_READ : PROT_NONE);
   if (file == NULL || ftruncate(fileno(file), 100) != 0)
      return 2;
   short_file = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
                     fileno(file), 0);
   for (int round = 0; round < 6; round++)
      refuse(short_file + PAGE + 8, round, -1);
   printf("%016lx\n", (unsigned long)sum);
   return 0;
}
