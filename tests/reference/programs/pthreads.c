/* POSIX threads that work at the same time, each on memory of its own, so that
   with a core for each it does not matter who goes first.  The main thread waits
   for each in one system call, however long it takes.  */

#include "guest.h"

#include <pthread.h>
#include <unistd.h>

enum { N_THREADS = 5, N_PAGES = 60 };

static struct slot {
   int ends[2];
   uint8_t *pages;
   uint64_t sum;
   uint8_t rest[PAGE - 24];             /* a page for each */
} slots[N_THREADS] __attribute__((aligned(4096)));

static void *
work(void *argument)
{
   struct slot *slot = argument;
   uint64_t state = (uint64_t)(slot - slots) + 1;
   char byte = 1;

   for (unsigned i = 0; i < 20000; i++) {
      uint8_t *at;

      state = state * 6364136223846793005ull + 1442695040888963407ull;
      at = slot->pages + (state >> 33) % (N_PAGES * PAGE);
      slot->sum += *at;
      if (state >> 63)
         *at = (uint8_t)i;
   }
   if (write(slot->ends[1], &byte, 1) != 1)
      _exit(2);
   for (;;)
      pause();
}

int
main(void)
{
   pthread_t thread;
   char byte;

   for (unsigned i = 0; i < N_THREADS; i++) {
      slots[i].pages = guest_map(N_PAGES);
      if (pipe(slots[i].ends) != 0)
         return 2;
   }
   for (unsigned i = 0; i < N_THREADS; i++)
      if (pthread_create(&thread, NULL, work, &slots[i]) != 0)
         return 2;
   for (unsigned i = 0; i < N_THREADS; i++)
      if (read(slots[i].ends[0], &byte, 1) != 1)
         return 2;
   usleep(100000);                      /* until all of them are at rest */
   _exit(0);
}
