/* tribe WHAT ...: processes that fork, write, execute, and are killed at any moment.

     survive ROUNDS SEED LOG   beside a crowd whose processes are killed
     many N                    N children, one after the other; stops when a line comes in
     plain                     a child, a grandchild, and a program
     close|close-range|dup     the same, with all descriptors of its own closed before
     user                      the same, as nobody
     list                      what is in /proc/self/fd
     brief                     nothing

   What one process counts for its own memory must not depend on what became of others:
   phases (vmtrace.h) around writes to memory that named processes alone have say how many
   pages these are.  */

#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vmtrace/vmtrace.h>

#define PAGE 4096ul

enum { CROWD = 4, MOST_DEPTH = 2, MOST_CHILDREN = 2, N_PAGES = 64, PAUSE_US = 3000 };

extern char **environ;

static char *own_name;
static int log_fd = -1;                 /* who has ended, and who was killed */
static int n_children;                  /* of this process */
static unsigned long seed;

/* ---- small things ---- */

static void
give_up(const char *what)
{
   perror(what);
   _exit(99);
}

static unsigned
chance(unsigned below)
{
   seed = seed * 6364136223846793005ul + 1442695040888963407ul;
   return (unsigned)(seed >> 33) % below;
}

static void
rest(unsigned most_us)
{
   const struct timespec time = { 0, (long)chance(most_us) * 1000 };

   nanosleep(&time, NULL);
}

static char *
map(unsigned long n_pages, int flags)
{
   char *start = mmap(NULL, n_pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS,
                      -1, 0);

   if (start == MAP_FAILED)
      give_up("mmap");
   return start;
}

/* Touches nothing but that, not even the stack.  */
static inline __attribute__((always_inline)) void
write_pages(char *start, unsigned long n_pages)
{
   for (char *at = start; at < start + n_pages * PAGE; at += PAGE)
      *(volatile char *)at = 1;
}

static void
note(const char *what, pid_t pid)
{
   char line[40];
   const int n = snprintf(line, sizeof line, "%s %d\n", what, pid);

   if (log_fd >= 0 && write(log_fd, line, (size_t)n) != n)
      give_up("the log");
}

/* ---- a crowd that is killed ---- */

static void
run_brief(int by_vfork)
{
   char *const words[] = { own_name, (char *)"brief", NULL };
   const pid_t pid = by_vfork ? vfork() : fork();

   if (pid == 0) {
      execve(own_name, words, environ);
      _exit(98);
   }
   n_children++;
}

/* Those who have gone; the profiles of those who ended by themselves are complete now.  */
static void
look_after_children(int options)
{
   int status;
   pid_t pid;

   while ((pid = waitpid(-1, &status, options)) > 0) {
      n_children--;
      if (WIFEXITED(status))
         note("ended", pid);
      options = WNOHANG;
   }
}

static void live(char *memory, char *shared, int depth);

static pid_t
have_child(char *memory, char *shared, int depth)
{
   const pid_t pid = fork();

   if (pid == 0) {
      seed ^= (unsigned long)getpid() * 2654435761ul;
      n_children = 0;
      live(memory, shared, depth + 1);
   }
   n_children++;
   return pid;
}

/* Its process group is the crowd's: a number that is another process's by now is not.  */
static void
kill_somebody(pid_t pid)
{
   if (pid > 1 && getpgid(pid) == getpgrp()) {
      note("killed", pid);
      kill(pid, SIGKILL);
   }
}

static void
do_something(char *memory, char *shared, int depth, pid_t *last)
{
   switch (chance(8)) {
   case 0:
      if (depth < MOST_DEPTH && n_children < MOST_CHILDREN)
         *last = have_child(memory, shared, depth);
      break;
   case 1:
      madvise(memory + chance(N_PAGES - 8) * PAGE, 8 * PAGE, MADV_DONTNEED);
      break;
   case 2:
      write_pages(shared + chance(N_PAGES - 8) * PAGE, 8);
      break;
   case 3:
      if (n_children < MOST_CHILDREN)
         run_brief(chance(2) != 0);
      break;
   case 4:
      if (chance(2) != 0)
         kill_somebody(*last);
      break;
   case 5:
      munmap(map(8, MAP_PRIVATE | MAP_POPULATE), 8 * PAGE);
      break;
   default:
      write_pages(memory + chance(N_PAGES - 16) * PAGE, 16);
      break;
   }
}

static void
live(char *memory, char *shared, int depth)
{
   pid_t last = 0;

   for (unsigned left = 10 + chance(40); left > 0; left--) {
      do_something(memory, shared, depth, &last);
      look_after_children(WNOHANG);
      rest(PAUSE_US / 4);
   }
   _exit(0);
}

/* A process group of its own, until it is killed.  */
static void
gather(int ready)
{
   char *memory = map(N_PAGES, MAP_PRIVATE), *shared = map(N_PAGES, MAP_SHARED);

   setpgid(0, 0);
   write_pages(memory, N_PAGES);
   if (write(ready, "", 1) != 1)
      give_up("write");
   for (;;) {
      while (n_children < CROWD)
         have_child(memory, shared, 1);
      look_after_children(0);
   }
}

static pid_t
start_crowd(void)
{
   int ready[2];
   char c;
   pid_t pid;

   if (pipe(ready) != 0)
      give_up("pipe");
   pid = fork();
   if (pid == 0)
      gather(ready[1]);
   if (pid < 0 || read(ready[0], &c, 1) != 1)
      give_up("the crowd");
   close(ready[0]);
   close(ready[1]);
   printf("crowd %d\n", pid);
   fflush(stdout);
   return pid;
}

/* ---- one that survives ---- */

/* Writes the first half of its memory until it is killed, at the latest with its parent.  */
static void
scribble(char *memory, int ready)
{
   prctl(PR_SET_PDEATHSIG, SIGKILL);
   if (write(ready, "", 1) != 1)
      give_up("write");
   for (;;)
      write_pages(memory + chance(N_PAGES / 2) * PAGE, 1);
}

/* Of 64 pages the child has all, and may copy the first 32.  The parent writes the last
   16 while it lives: 16 ForkCow.  When it has been killed the parent has all alone,
   and these 16 as its own: 48 Reuse.  */
static void
survive_one(void)
{
   char *memory = map(N_PAGES, MAP_PRIVATE), c;
   int ready[2];
   pid_t pid;

   write_pages(memory, N_PAGES);
   if (pipe(ready) != 0)
      give_up("pipe");
   pid = fork();
   if (pid == 0)
      scribble(memory, ready[1]);
   if (pid < 0 || read(ready[0], &c, 1) != 1)
      give_up("a child");
   VMTRACE_PHASE_BEGIN("copied");
   write_pages(memory + 48 * PAGE, 16);
   VMTRACE_PHASE_END("copied");
   rest(PAUSE_US);
   note("killed", pid);
   kill(pid, SIGKILL);
   if (waitpid(pid, NULL, 0) != pid)
      give_up("waitpid");
   VMTRACE_PHASE_BEGIN("reused");
   write_pages(memory, N_PAGES);
   VMTRACE_PHASE_END("reused");
   munmap(memory, N_PAGES * PAGE);
   close(ready[0]);
   close(ready[1]);
}

static int
survive(int rounds, const char *path)
{
   pid_t crowd;

   log_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
   crowd = start_crowd();
   for (int i = 0; i < rounds; i++)
      survive_one();
   note("killed", crowd);
   kill(-crowd, SIGKILL);
   if (waitpid(crowd, NULL, 0) != crowd)
      give_up("waitpid");
   printf("survived %d rounds\n", rounds);
   return 0;
}

/* ---- many children ---- */

/* Waits for a line, so that somebody can look.  */
static void
show(const char *what)
{
   char line[16];

   printf("%s\n", what);
   fflush(stdout);
   if (fgets(line, sizeof line, stdin) == NULL)
      give_up("stdin");
}

/* Each child writes 3 of 32 pages, which all later ones share again with their parent.  */
static int
have_many(int n)
{
   char *memory = map(32, MAP_PRIVATE);

   write_pages(memory, 32);
   for (int i = 0; i < n; i++) {
      const pid_t pid = fork();

      if (pid == 0) {
         VMTRACE_PHASE_BEGIN("copied");
         write_pages(memory, 3);
         VMTRACE_PHASE_END("copied");
         _exit(i % 7);
      }
      if (pid < 0 || waitpid(pid, NULL, 0) != pid)
         give_up("a child");
      if (i == n / 10)
         show("some");
   }
   show("all");
   VMTRACE_PHASE_BEGIN("reused");
   write_pages(memory, 32);
   VMTRACE_PHASE_END("reused");
   return 0;
}

/* ---- descriptors ---- */

static int
list_descriptors(void)
{
   DIR *folder = opendir("/proc/self/fd");
   char target[256];
   ssize_t n_bytes;

   if (folder == NULL)
      give_up("/proc/self/fd");
   for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
      n_bytes = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
      if (n_bytes > 0)
         printf("%s %.*s\n", entry->d_name, (int)n_bytes, target);
   }
   closedir(folder);
   return 0;
}

static void
change(const char *how)
{
   if (strcmp(how, "user") == 0) {
      if (setgid(65534) != 0 || setuid(65534) != 0)
         give_up("setuid");
   } else if (strcmp(how, "close") == 0) {
      for (int fd = 3; fd < 2048; fd++)
         close(fd);
   } else if (strcmp(how, "close-range") == 0) {
      syscall(SYS_close_range, 3u, ~0u, 0);
   } else if (strcmp(how, "dup") == 0) {
      for (int fd = 3; fd < 2048; fd++)
         dup2(1, fd);
   }
}

static int
wait_for(pid_t pid)
{
   int status = -1;

   if (pid < 0 || waitpid(pid, &status, 0) != pid)
      give_up("waitpid");
   return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
have_grandchild(char *memory)
{
   pid_t pid;

   VMTRACE_PHASE_BEGIN("copied");
   write_pages(memory, 16);
   VMTRACE_PHASE_END("copied");
   pid = fork();
   if (pid == 0) {
      VMTRACE_PHASE_BEGIN("copied");
      write_pages(memory, 8);
      VMTRACE_PHASE_END("copied");
      _exit(5);
   }
   _exit(wait_for(pid) + 1);
}

/* The child copies 16 of 32 pages, its own child 8 of these; when they are gone the parent
   has 32 to reuse.  Descriptors and user change when there has been a process, and before
   there are more.  Then it executes.  */
static int
be_plain(const char *how)
{
   char *const words[] = { own_name, (char *)"brief", NULL };
   char *memory = map(32, MAP_PRIVATE);
   pid_t pid = fork();

   if (pid == 0)
      _exit(0);
   wait_for(pid);
   change(how);
   write_pages(memory, 32);
   pid = fork();
   if (pid == 0)
      have_grandchild(memory);
   printf("child %d\n", wait_for(pid));
   fflush(stdout);
   VMTRACE_PHASE_BEGIN("reused");
   write_pages(memory, 32);
   VMTRACE_PHASE_END("reused");
   execve(own_name, words, environ);
   return 98;
}

int
main(int argc, char **argv)
{
   const char *what = argc > 1 ? argv[1] : "";

   own_name = argv[0];
   if (strcmp(what, "survive") == 0 && argc == 5) {
      seed = strtoul(argv[3], NULL, 10);
      return survive(atoi(argv[2]), argv[4]);
   }
   if (strcmp(what, "many") == 0 && argc == 3)
      return have_many(atoi(argv[2]));
   if (strcmp(what, "list") == 0) {
      const pid_t pid = fork();

      if (pid == 0)
         _exit(0);
      wait_for(pid);
      return list_descriptors();
   }
   if (strcmp(what, "brief") == 0)
      return 0;
   return be_plain(what);
}
