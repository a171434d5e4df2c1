/* A parent and two children go on from the same TLBs.  */

#include "guest.h"

#include <sys/wait.h>
#include <unistd.h>

static uint64_t
use(uint8_t *pages, unsigned n_pages, unsigned n_steps)
{
   uint64_t sum = 0;

   for (unsigned i = 0; i < n_steps; i++) {
      uint64_t r = guest_random();
      uint8_t *byte = pages + r % (n_pages * PAGE);

      sum += *byte;
      if (r >> 62 == 0)
         *byte = (uint8_t)i;
   }
   return sum;
}

int
main(void)
{
   uint8_t *pages = guest_map(100);
   int status;

   use(pages, 100, 3000);
   for (unsigned child = 0; child < 2; child++) {
      pid_t pid = fork();

      if (pid == 0)
         _exit((int)(use(pages, 50 + 50 * child, 5000) & 1));
      /* Only then, so that the profiles come one after the other.  */
      if (pid < 0 || waitpid(pid, &status, 0) != pid)
         return 2;
      use(pages, 100, 3000);
   }
   return 0;
}
