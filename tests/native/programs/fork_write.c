/* fork-write: copy on write.  After a fork the child writes the first 300 of 500 pages that
   the parent has written, and copies each; then, with the child gone, the parent writes
   all 500: these are its own alone, and need no copy.  A second child lives while the
   parent writes, so that the parent copies.  */

#include "pages.h"
#include <sys/wait.h>
#include <unistd.h>

enum { N_PAGES = 500, N_WRITTEN_BY_CHILD = 300 };

static pid_t
start_child(void)
{
   pid_t child = fork();

   if (child < 0)
      give_up("fork");
   return child;
}

static void
child_writes(char *start)
{
   pid_t child = start_child();

   if (child == 0) {
      write_pages(start, N_WRITTEN_BY_CHILD, 2);
      _exit(read_pages(start, N_PAGES) == 2 * N_WRITTEN_BY_CHILD +
                                             N_PAGES - N_WRITTEN_BY_CHILD ? 0 : 1);
   }
   if (waitpid(child, NULL, 0) < 0)
      give_up("waitpid");
   write_pages(start, N_PAGES, 3);
}

static void
parent_writes(char *start)
{
   int ends[2];
   char byte;
   pid_t child;

   if (pipe(ends) != 0)
      give_up("pipe");
   child = start_child();
   if (child == 0) {
      close(ends[1]);
      if (read(ends[0], &byte, 1) != 0)         /* until the parent has written */
         _exit(1);
      _exit(read_pages(start, N_PAGES) == 3 * N_PAGES ? 0 : 1);
   }
   write_pages(start, N_PAGES, 4);
   close(ends[1]);
   if (waitpid(child, NULL, 0) < 0)
      give_up("waitpid");
}

int
main(void)
{
   char *start = map_pages(N_PAGES, MAP_PRIVATE);

   write_pages(start, N_PAGES, 1);
   child_writes(start);
   parent_writes(start);
   printf("%lu\n", read_pages(start, N_PAGES));
   return 0;
}
