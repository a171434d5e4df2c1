/* Processes that have frames in common: who copies, who reuses, and when frames are free
   again.  All wait for each other, so that the order is always the same.

   kin grandchild    a child forks another and ends: its own child lives on
   kin killed        a child is killed; its parent has not waited for it
   kin orphan        a child is killed, its own child lives on and has what it had
   kin exec          a child fails to execute what is not there, then becomes `kin wait`
   kin wait GO DONE  tells, waits to be told, ends
   kin shared        memory that both see: the child's pages are the parent's
   kin file PATH     PATH is made, 8 pages long, and removed: a page that one has read is
                     in memory for the other
   kin crowd N       N children at once
   kin poke          after a fork takes away what is mapped where the tool's memory is;
                     exit status 1 if it could
   kin limit         after a fork limits its addresses to 300 MiB, and maps some  */

#include "rt/rt.h"

/* Pipes: what the child waits for, and what the parent does.  */
struct kin {
   struct rt *rt;
   char *p;                             /* 6 pages */
   int go[2], done[2], never[2];
};

void make_all(char *p);
void write_low(char *p);
void write_high(char *p);
void write_all(char *p);
void shared_make(char *p);
void shared_see(char *p);
void shared_alone(char *p);
void file_read(char *p);

PART void
make_all(char *p)
{
   rt_write_pages(p, 6);
}

PART void
write_low(char *p)
{
   rt_write_pages(p, 3);
}

PART void
write_high(char *p)
{
   rt_write_pages(p + 3 * PAGE, 3);
}

PART void
write_all(char *p)
{
   rt_write_pages(p, 6);
}

PART void
shared_make(char *p)
{
   rt_write_pages(p, 4);
}

PART void
shared_see(char *p)
{
   rt_read_pages(p, 4);
}

/* Nobody has made these pages.  */
PART void
shared_alone(char *p)
{
   rt_read_pages(p + 4 * PAGE, 4);
}

PART void
file_read(char *p)
{
   rt_read_pages(p, 8);
}

static void
tell(const int *pipe)
{
   SYS3(write, pipe[1], "", 1);
}

/* Or all who could tell are gone.  */
static void
hear(const int *pipe)
{
   char c;

   SYS3(read, pipe[0], &c, 1);
}

static void
wait_for(long pid)
{
   int status;

   rt_must(SYS4(wait4, pid, &status, 0, NULL));
}

static long
fork_kin(struct kin *kin)
{
   long pid = rt_must(SYS0(fork));

   rt_touch_stack(kin->rt);
   return pid;
}

static int
grandchild(struct kin *kin)
{
   long pid = fork_kin(kin);

   if (pid == 0) {
      if (fork_kin(kin) != 0) {
         hear(kin->done);
         return 0;
      }
      tell(kin->done);
      hear(kin->go);
      RUN(kin->rt, write_low, kin->p);
      RUN(kin->rt, write_high, kin->p);
      return 0;
   }
   wait_for(pid);
   SYS1(close, kin->done[1]);
   RUN(kin->rt, write_low, kin->p);
   tell(kin->go);
   hear(kin->done);                     /* nobody is left to tell */
   RUN(kin->rt, write_all, kin->p);
   return 0;
}

/* waitid(WEXITED | WNOWAIT) leaves the dead child to be waited for.  */
static int
killed(struct kin *kin)
{
   long pid = fork_kin(kin);
   char info[128];

   if (pid == 0) {
      tell(kin->done);
      hear(kin->go);
      return 0;
   }
   hear(kin->done);
   RUN(kin->rt, write_low, kin->p);
   SYS2(kill, pid, 9);
   rt_must(SYS5(waitid, 1, pid, info, 4 | 0x01000000, NULL));
   RUN(kin->rt, write_high, kin->p);
   wait_for(pid);
   return 0;
}

/* The child has copied all six pages before it forks.  */
static int
orphan(struct kin *kin)
{
   long pid = fork_kin(kin);

   if (pid == 0) {
      RUN(kin->rt, write_all, kin->p);
      if (fork_kin(kin) != 0) {
         hear(kin->never);
         return 0;
      }
      tell(kin->done);
      hear(kin->go);
      RUN(kin->rt, write_low, kin->p);
      return 0;
   }
   hear(kin->done);
   SYS2(kill, pid, 9);
   wait_for(pid);
   SYS1(close, kin->done[1]);
   tell(kin->go);
   hear(kin->done);                     /* nobody is left to tell */
   return 0;
}

static const char *
word(char *text, int n)
{
   char *at = text + 3;

   *at = 0;
   do
      *--at = (char)('0' + n % 10);
   while ((n /= 10) != 0);
   return at;
}

static void
become_waiting(struct kin *kin)
{
   char go[4], done[4];
   const char *argv[] = {"kin", "wait", word(go, kin->go[0]), word(done, kin->done[1]), NULL};

   SYS3(execve, "/there/is/no/such/program", argv, kin->rt->envp);
   tell(kin->done);
   hear(kin->go);
   SYS3(execve, kin->rt->argv[0], argv, kin->rt->envp);
}

static int
exec(struct kin *kin)
{
   long pid = fork_kin(kin);

   if (pid == 0) {
      become_waiting(kin);
      return 98;
   }
   hear(kin->done);
   RUN(kin->rt, write_low, kin->p);
   tell(kin->go);
   hear(kin->done);
   RUN(kin->rt, write_high, kin->p);
   tell(kin->go);
   wait_for(pid);
   return 0;
}

static int
wait(struct rt *rt)
{
   const int go[2] = {(int)rt_number(rt->argv[2]), -1};
   const int done[2] = {-1, (int)rt_number(rt->argv[3])};

   tell(done);
   hear(go);
   return 0;
}

/* Pages 0-3 are there before the fork; the child makes 4-7; the parent 8-11.  */
static int
shared(struct kin *kin)
{
   char *a = rt_map(rt_reserve(), 12, PROT_RW, MAP_SHARED | MAP_ANON | MAP_FIXED, -1, 0);
   long pid;

   RUN(kin->rt, shared_make, a);
   pid = fork_kin(kin);
   if (pid == 0) {
      RUN(kin->rt, shared_alone, a);
      tell(kin->done);
      hear(kin->go);
      RUN(kin->rt, shared_see, a + 8 * PAGE);
      return 0;
   }
   hear(kin->done);
   RUN(kin->rt, shared_see, a + 4 * PAGE);
   RUN(kin->rt, shared_make, a + 8 * PAGE);
   tell(kin->go);
   wait_for(pid);
   return 0;
}

static int
file(struct kin *kin, const char *path)
{
   long fd = rt_file(path, 8), pid = fork_kin(kin);
   char *a = rt_map(NULL, 8, PROT_READ, MAP_SHARED, fd, 0);

   if (pid == 0) {
      hear(kin->go);
      RUN(kin->rt, file_read, a);
      return 0;
   }
   RUN(kin->rt, file_read, a);
   tell(kin->go);
   wait_for(pid);
   SYS1(unlink, path);
   return 0;
}

/* It forks as before.  */
static int
fork_again(struct kin *kin)
{
   long pid = fork_kin(kin);

   if (pid != 0)
      wait_for(pid);
   return 0;
}

static int
crowd(struct kin *kin, long n)
{
   long i;

   for (i = 0; i < n; i++)
      if (fork_kin(kin) == 0) {
         SYS1(close, kin->go[1]);
         hear(kin->go);
         return 0;
      }
   RUN(kin->rt, write_low, kin->p);
   SYS1(close, kin->go[1]);
   for (i = 0; i < n; i++)
      wait_for(-1);
   RUN(kin->rt, write_all, kin->p);
   return 0;
}

static int
poke(struct kin *kin)
{
   char *at = (char *)0x1100000000;
   long pid = fork_kin(kin);

   if (pid == 0)
      return 0;
   wait_for(pid);
   if (SYS2(munmap, at, PAGE) == 0 || SYS3(mprotect, at, PAGE, PROT_NONE) == 0 ||
       SYS5(mremap, at, PAGE, 2 * PAGE, MREMAP_MAYMOVE, 0) > 0 ||
       rt_sys(SYS_mmap, (long)at, PAGE, PROT_RW, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0) > 0)
      return 1;
   return fork_again(kin);
}

/* RLIMIT_AS */
static int
limit(struct kin *kin)
{
   const long limit[2] = {300 << 20, 300 << 20};
   long pid = fork_kin(kin);

   if (pid == 0)
      return 0;
   wait_for(pid);
   rt_must(SYS2(setrlimit, 9, limit));
   rt_fresh(1000);
   return fork_again(kin);
}

int
guest(struct rt *rt)
{
   const char *what = rt->argc > 1 ? rt->argv[1] : "grandchild";
   struct kin kin = {.rt = rt};

   if (rt_same(what, "wait"))
      return wait(rt);
   rt_must(SYS1(pipe, kin.go));
   rt_must(SYS1(pipe, kin.done));
   rt_must(SYS1(pipe, kin.never));
   if (rt_same(what, "shared"))
      return shared(&kin);
   if (rt_same(what, "file"))
      return file(&kin, rt->argv[2]);
   kin.p = rt_fresh(6);
   RUN(rt, make_all, kin.p);
   if (rt_same(what, "killed"))
      return killed(&kin);
   if (rt_same(what, "orphan"))
      return orphan(&kin);
   if (rt_same(what, "exec"))
      return exec(&kin);
   if (rt_same(what, "poke"))
      return poke(&kin);
   if (rt_same(what, "limit"))
      return limit(&kin);
   if (rt_same(what, "crowd"))
      return crowd(&kin, rt_number(rt->argv[2]));
   return grandchild(&kin);
}
