/* shared-memory FORMS...: memory that a parent and its child share: `anon' is a shared
   anonymous mapping, `memfd' a file in memory, `sysv' a System V segment.  The parent writes
   a quarter of the pages before the fork, the child half of them, and the parent then
   looks at all.  */

#include "pages.h"
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_PAGES = 800 };

static char *
map_memfd(void)
{
   int fd = memfd_create("shared", 0);
   char *start;

   if (fd < 0 || ftruncate(fd, N_PAGES * PAGE) != 0)
      give_up("memfd_create");
   start = mmap(NULL, N_PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
   if (start == MAP_FAILED)
      give_up("mmap");
   close(fd);
   return start;
}

static char *
attach_sysv(void)
{
   int id = shmget(IPC_PRIVATE, N_PAGES * PAGE, IPC_CREAT | 0600);
   char *start = id < 0 ? NULL : shmat(id, NULL, 0);

   if (id < 0 || start == (void *)-1)
      give_up("shmget, shmat");
   shmctl(id, IPC_RMID, NULL);                  /* goes with the last who has it */
   return start;
}

static char *
make(const char *form)
{
   if (strcmp(form, "anon") == 0)
      return map_pages(N_PAGES, MAP_SHARED);
   if (strcmp(form, "memfd") == 0)
      return map_memfd();
   return attach_sysv();
}

static unsigned long
share(char *start)
{
   pid_t child;

   write_pages(start, N_PAGES / 4, 1);
   child = fork();
   if (child < 0)
      give_up("fork");
   if (child == 0) {
      write_pages(start + N_PAGES / 8 * PAGE, N_PAGES / 2, 2);
      _exit(0);
   }
   if (waitpid(child, NULL, 0) < 0)
      give_up("waitpid");
   return read_pages(start, N_PAGES);
}

int
main(int argc, char **argv)
{
   for (int i = 1; i < argc; i++)
      printf("%s %lu\n", argv[i], share(make(argv[i])));
   return 0;
}
