/* family RULE [PATH]: one rule about memory that processes share.

   The processes take turns, through pipes: who copies a page and who finds it its own is
   the same each time.  After each step the processes that are alive show what they
   have, one after the other (moment.h).  PATH is made, and removed at once.  */

#include "moment.h"
#include "pages.h"
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/wait.h>

enum { N_PAGES = 256 };

static char *own_name;

/* ---- taking turns ---- */

struct pipes {
   int down[2], up[2];
};

static void
open_pipes(struct pipes *pipes)
{
   if (pipe(pipes->down) != 0 || pipe(pipes->up) != 0)
      give_up("pipe");
}

static void
say(int fd)
{
   if (write(fd, "", 1) != 1)
      give_up("write");
}

/* Whether it was said; false: the other end is gone, with the memory of who had it.  */
static int
hear(int fd)
{
   char c;

   return read(fd, &c, 1) == 1;
}

/* A child's part: N is the step.  */
typedef void part(char *memory, int n);

static void
live(struct pipes *pipes, part *child, char *memory)
{
   for (int fd = 3; fd < 32; fd++) {            /* those of others, too: their ends are told */
      if (fd != pipes->down[0] && fd != pipes->up[1])
         close(fd);
   }
   say(pipes->up[1]);
   for (int n = 1; hear(pipes->down[0]); n++) {
      child(memory, n);
      moment(n);
      say(pipes->up[1]);
   }
   _exit(0);
}

/* flags: 0 for fork; else those of a raw clone.  */
static pid_t
bear(struct pipes *pipes, part *child, char *memory, long flags)
{
   pid_t pid;

   open_pipes(pipes);
   pid = flags != 0 ? (pid_t)syscall(SYS_clone, flags, 0, 0, 0, 0) : fork();
   if (pid < 0)
      give_up("fork");
   if (pid == 0)
      live(pipes, child, memory);
   close(pipes->down[0]);
   close(pipes->up[1]);
   if (!hear(pipes->up[0]))                     /* it waits for its first step */
      give_up("a child is gone");
   return pid;
}

static void
step(struct pipes *pipes)
{
   say(pipes->down[1]);
   if (!hear(pipes->up[0]))
      give_up("a child is gone");
}

/* pid: -1 for the only child.  The code that waits is there before the child ends.  */
static void
bury(struct pipes *pipes, pid_t pid)
{
   waitpid(pid, NULL, WNOHANG);
   close(pipes->up[0]);
   close(pipes->down[1]);
   if (waitpid(pid, NULL, 0) < 0)
      give_up("waitpid");
}

/* ---- private memory ---- */

static void
nothing(char *memory, int n)
{
   (void)memory, (void)n;
}

static void
writes(char *memory, int n)
{
   write_pages(memory + (n - 1) * 32 * PAGE, 64, 2);    /* 32 of them again */
}

static void
parent_writes(char *memory)
{
   struct pipes pipes;
   const pid_t pid = bear(&pipes, nothing, memory, 0);

   step(&pipes);
   write_pages(memory, 100, 3);                 /* both have them: copied */
   moment(1);
   step(&pipes);
   bury(&pipes, pid);
   write_pages(memory, 200, 4);                 /* 100 its own, 100 alone now: reused */
   moment(2);
}

static void
child_writes(char *memory)
{
   struct pipes pipes;
   const pid_t pid = bear(&pipes, writes, memory, 0);

   step(&pipes);                                /* 64 copied */
   write_pages(memory, 80, 3);                  /* 64 reused, 16 copied */
   moment(1);
   step(&pipes);                                /* 32 copied, of which 0 are the parent's copies */
   moment(2);
   bury(&pipes, pid);
   write_pages(memory, N_PAGES, 4);
   moment(3);
}

static void
by_clone(char *memory)
{
   struct pipes pipes;
   const pid_t pid = bear(&pipes, writes, memory, SIGCHLD);

   step(&pipes);
   write_pages(memory, 80, 3);
   moment(1);
   bury(&pipes, pid);
   write_pages(memory, N_PAGES, 4);
   moment(2);
}

/* Three that have the same pages: who writes last has the frame to itself.  */
static struct pipes grand;

static void
has_a_child(char *memory, int n)
{
   if (n == 1)
      bear(&grand, writes, memory, 0);
   else if (n == 2)
      step(&grand);
   else if (n == 3)
      write_pages(memory, 48, 5);
   else
      bury(&grand, -1);
}

static void
grandchild(char *memory)
{
   struct pipes pipes;
   const pid_t pid = bear(&pipes, has_a_child, memory, 0);

   step(&pipes);
   moment(1);
   step(&pipes);                                /* the grandchild has copied 64 */
   moment(2);
   step(&pipes);                                /* the child has copied 48 */
   write_pages(memory, 96, 6);                  /* 48 alone, 48 with one or two others */
   moment(3);
   step(&pipes);                                /* the grandchild is gone */
   moment(4);
   bury(&pipes, pid);
   write_pages(memory, N_PAGES, 7);
   moment(5);
}

/* The child of a child that has ended: nobody's who has memory of it waits for it.  */
static void
forks_twice(char *memory)
{
   struct pipes pipes;
   pid_t pid;

   open_pipes(&pipes);
   pid = fork();
   if (pid == 0) {
      if (fork() == 0)
         live(&pipes, writes, memory);
      close(pipes.up[1]);
      hear(pipes.up[0]);                        /* it waits for its first step */
      _exit(0);
   }
   close(pipes.down[0]);
   close(pipes.up[1]);
   if (waitpid(pid, NULL, 0) != pid)
      give_up("waitpid");
   step(&pipes);                                /* 64 copied */
   write_pages(memory, 100, 3);                 /* 64 reused, 36 copied */
   moment(1);
   close(pipes.down[1]);
   while (hear(pipes.up[0])) {                  /* until it is gone */
   }
   write_pages(memory, N_PAGES, 4);
   moment(2);
}

/* Two children at once, and one that is left when the parent has copied.  */
static void
two_children(char *memory)
{
   struct pipes one, two;
   const pid_t first = bear(&one, writes, memory, 0);
   const pid_t second = bear(&two, writes, memory, 0);

   step(&one);                                  /* three have them: 64 copied */
   step(&two);                                  /* two: 64 copied */
   write_pages(memory, 80, 3);                  /* 64 reused, 16 copied */
   moment(1);
   bury(&one, first);
   step(&two);                                  /* 32 of the parent's, 16 left by it */
   moment(2);
   bury(&two, second);
   write_pages(memory, N_PAGES, 4);
   moment(3);
}

static void
not_forked(char *memory)
{
   struct pipes pipes;
   pid_t pid;

   if (madvise(memory, 64 * PAGE, MADV_DONTFORK) != 0)
      give_up("madvise");
   pid = bear(&pipes, nothing, memory, 0);
   step(&pipes);
   write_pages(memory, 128, 3);                 /* 64 were its own all the time */
   moment(1);
   bury(&pipes, pid);
}

static void
reads_half(char *memory, int n)
{
   if (n == 1)
      read_pages(memory, N_PAGES / 2);
   else
      write_pages(memory, N_PAGES / 2, 2);
}

static void
wiped(char *memory)
{
   struct pipes pipes;
   pid_t pid;

   if (madvise(memory, N_PAGES * PAGE, MADV_WIPEONFORK) != 0)
      give_up("madvise");
   pid = bear(&pipes, reads_half, memory, 0);
   step(&pipes);
   write_pages(memory, 64, 3);
   moment(1);
   step(&pipes);
   bury(&pipes, pid);
}

static void
unmaps(char *memory, int n)
{
   if (n == 1)
      munmap(memory, 64 * PAGE);
   else
      madvise(memory + 64 * PAGE, 64 * PAGE, MADV_DONTNEED);
}

/* A child lets go of pages without writing.  */
static void
let_go(char *memory)
{
   struct pipes pipes;
   const pid_t pid = bear(&pipes, unmaps, memory, 0);

   step(&pipes);
   write_pages(memory, 128, 3);                 /* 64 reused, 64 copied */
   moment(1);
   step(&pipes);
   write_pages(memory, N_PAGES, 4);
   moment(2);
   bury(&pipes, pid);
}

/* ---- other programs ---- */

static void
by_vfork(char *memory)
{
   pid_t pid = vfork();

   if (pid == 0) {
      execl(own_name, own_name, "nothing", (char *)NULL);
      _exit(127);
   }
   waitpid(pid, NULL, 0);
   write_pages(memory, N_PAGES, 3);
   moment(1);
}

static void
by_spawn(char *memory)
{
   char *const words[] = { own_name, (char *)"nothing", NULL };
   pid_t pid;

   if (posix_spawn(&pid, own_name, NULL, NULL, words, environ) != 0)
      give_up("posix_spawn");
   waitpid(pid, NULL, 0);
   write_pages(memory, N_PAGES, 3);
   moment(1);
}

static void
executes(char *memory, int n)
{
   struct pipes *pipes = (struct pipes *)(void *)memory;
   char down[16], up[16];

   (void)n;
   snprintf(down, sizeof down, "%d", pipes->down[0]);
   snprintf(up, sizeof up, "%d", pipes->up[1]);
   close(pipes->down[1]);
   execl(own_name, own_name, "waits", down, up, (char *)NULL);
   _exit(127);
}

/* The frames of a child are the parent's alone once it has executed, though it lives.  */
static void
after_exec(char *memory)
{
   struct pipes pipes;
   pid_t pid;

   open_pipes(&pipes);
   pid = fork();
   if (pid == 0) {
      write_pages(memory, 16, 2);
      executes((char *)&pipes, 1);
   }
   close(pipes.down[0]);
   close(pipes.up[1]);
   hear(pipes.up[0]);                           /* the next program's main */
   write_pages(memory, N_PAGES, 3);             /* reused */
   moment(1);
   bury(&pipes, pid);
}

static int
waits(int down, int up)
{
   say(up);
   return hear(down);
}

/* ---- shared memory ---- */

static void
write_half(char *memory, int n)
{
   if (n == 1)
      write_pages(memory, N_PAGES / 2, 2);
   else
      read_pages(memory, N_PAGES);
}

static void
share(char *memory)
{
   struct pipes pipes;
   pid_t pid;

   write_pages(memory + 32 * PAGE, 64, 1);
   pid = bear(&pipes, write_half, memory, 0);
   step(&pipes);
   moment(1);
   write_pages(memory + N_PAGES / 4 * PAGE, N_PAGES / 2, 3);
   moment(2);
   step(&pipes);
   moment(3);
   bury(&pipes, pid);
   read_pages(memory, N_PAGES);
   moment(4);
}

static char *
map_fd(int fd, int flags)
{
   char *memory;

   if (fd < 0 || ftruncate(fd, N_PAGES * PAGE) != 0)
      give_up("a file to map");
   memory = mmap(NULL, N_PAGES * PAGE, PROT_READ | PROT_WRITE, flags, fd, 0);
   if (memory == MAP_FAILED)
      give_up("mmap");
   return memory;
}

static char *
attach(void)
{
   const int id = shmget(IPC_PRIVATE, N_PAGES * PAGE, IPC_CREAT | 0600);
   char *memory = id < 0 ? (char *)-1 : shmat(id, NULL, 0);

   if (memory == (char *)-1)
      give_up("shmat");
   shmctl(id, IPC_RMID, NULL);
   return memory;
}

static char *
map_new_file(const char *path, int flags)
{
   static const char page[PAGE];
   const int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

   unlink(path);
   for (int i = 0; i < N_PAGES; i++) {
      if (write(fd, page, PAGE) != (ssize_t)PAGE)
         give_up(path);
   }
   return map_fd(fd, flags);
}

/* Private pages of a file: shared until they are written.  */
static void
file_copied(char *memory)
{
   struct pipes pipes;
   pid_t pid;

   write_pages(memory, 32, 1);
   read_pages(memory, N_PAGES);
   pid = bear(&pipes, writes, memory, 0);
   step(&pipes);
   write_pages(memory, 48, 3);
   moment(1);
   bury(&pipes, pid);
   write_pages(memory, N_PAGES, 4);
   moment(2);
}

/* ---- all ---- */

static char *
written(void)
{
   char *memory = map_pages(N_PAGES, MAP_PRIVATE);

   write_pages(memory, N_PAGES, 1);
   return memory;
}

static const struct {
   const char *name;
   void (*run)(char *memory);
} PRIVATE_RULES[] = {
   { "parent-writes", parent_writes }, { "child-writes", child_writes },
   { "clone", by_clone }, { "grandchild", grandchild }, { "forks-twice", forks_twice },
   { "two-children", two_children }, { "dont-fork", not_forked }, { "wipe-on-fork", wiped },
   { "let-go", let_go }, { "vfork", by_vfork }, { "spawn", by_spawn }, { "exec", after_exec },
};

static char *
shared_memory(const char *rule, const char *path)
{
   if (strcmp(rule, "shared-anonymous") == 0)
      return map_pages(N_PAGES, MAP_SHARED);
   if (strcmp(rule, "memfd") == 0)
      return map_fd((int)syscall(SYS_memfd_create, "family", 0), MAP_SHARED);
   if (strcmp(rule, "shmat") == 0)
      return attach();
   if (strcmp(rule, "tmpfs") == 0) {
      const int fd = open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
      return map_fd(fd, MAP_SHARED);
   }
   if (strcmp(rule, "shared-file") == 0)
      return map_new_file(path, MAP_SHARED);
   return NULL;
}

int
main(int argc, char **argv)
{
   const char *rule = argc > 1 ? argv[1] : "", *path = argc > 2 ? argv[2] : "family.pages";
   char *memory;

   own_name = argv[0];
   if (strcmp(rule, "nothing") == 0)
      return 0;
   if (strcmp(rule, "waits") == 0 && argc == 4)
      return waits(atoi(argv[2]), atoi(argv[3]));
   for (size_t i = 0; i < sizeof PRIVATE_RULES / sizeof PRIVATE_RULES[0]; i++) {
      if (strcmp(rule, PRIVATE_RULES[i].name) == 0) {
         PRIVATE_RULES[i].run(written());
         return 0;
      }
   }
   memory = shared_memory(rule, path);
   if (memory != NULL) {
      share(memory);
      return 0;
   }
   if (strcmp(rule, "private-file") == 0) {
      file_copied(map_new_file(path, MAP_PRIVATE));
      return 0;
   }
   fprintf(stderr, "family: there is no rule '%s'\n", rule);
   return 2;
}
