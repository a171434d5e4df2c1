/* What the program asks of vmtrace: phases, counting, reset, snapshots.

   phases MODE [N]: `a' is fresh memory, whose first pages each mode writes to, one
   access each; the requests themselves touch the stack, which is there.  */

#include "rt/rt.h"

#include "vmtrace/vmtrace.h"

static __attribute__((noinline)) void
spin(long n)
{
   for (long i = 0; i < n; i++)
      __asm__ volatile("nop");
}

/* Each time again, nested, overlapping, begun twice, open at the end.  */
static void
plain(char *a)
{
   VMTRACE_PHASE_BEGIN("one");
   rt_write_pages(a, 5);
   VMTRACE_PHASE_END("one");
   rt_write_pages(a + 5 * PAGE, 3);
   VMTRACE_PHASE_BEGIN("one");
   rt_write_pages(a + 8 * PAGE, 2);
   VMTRACE_PHASE_BEGIN("within");
   rt_read_pages(a + 10 * PAGE, 4);
   VMTRACE_PHASE_END("within");
   rt_write_pages(a + 14 * PAGE, 1);
   VMTRACE_PHASE_END("one");

   VMTRACE_PHASE_BEGIN("left");
   rt_write_pages(a + 15 * PAGE, 1);
   VMTRACE_PHASE_BEGIN("right");
   rt_write_pages(a + 16 * PAGE, 2);
   VMTRACE_PHASE_END("left");
   rt_write_pages(a + 18 * PAGE, 4);
   VMTRACE_PHASE_END("right");

   VMTRACE_PHASE_BEGIN("twice");
   VMTRACE_PHASE_BEGIN("twice");
   rt_write_pages(a + 22 * PAGE, 1);
   VMTRACE_PHASE_END("twice");
   rt_write_pages(a + 23 * PAGE, 2);
   VMTRACE_PHASE_END("twice");

   VMTRACE_PHASE_END("one");
   VMTRACE_PHASE_END("never");
   VMTRACE_PHASE_BEGIN("open");
   rt_write_pages(a + 25 * PAGE, 3);
}

static void
counting(char *a, long n)
{
   VMTRACE_PHASE_BEGIN("p");
   rt_write_pages(a, 3);
   VMTRACE_STOP_COUNTING;
   VMTRACE_STOP_COUNTING;
   rt_write_pages(a + 3 * PAGE, 5);
   spin(n);
   VMTRACE_START_COUNTING;
   VMTRACE_PHASE_BEGIN("again");
   rt_write_pages(a, 8);
   VMTRACE_PHASE_END("again");
   rt_write_pages(a + 8 * PAGE, 2);
   VMTRACE_PHASE_END("p");
}

static void
reset(char *a, long n)
{
   VMTRACE_PHASE_BEGIN("over");
   rt_write_pages(a, 6);
   VMTRACE_PHASE_END("over");
   VMTRACE_PHASE_BEGIN("q");
   rt_write_pages(a + 6 * PAGE, 2);
   spin(n);
   VMTRACE_RESET;
   rt_write_pages(a, 8);
   rt_write_pages(a + 8 * PAGE, 3);
   VMTRACE_PHASE_END("q");
   rt_write_pages(a + 11 * PAGE, 1);
}

static void
snapshots(char *a)
{
   rt_write_pages(a, 4);
   VMTRACE_SNAPSHOT("four");
   rt_write_pages(a + 4 * PAGE, 6);
   VMTRACE_SNAPSHOT("six \"more\"");
   rt_write_pages(a + 10 * PAGE, 1);
}

static int
forks(struct rt *rt, char *a, int off)
{
   long pid;
   int status = -1;

   rt_write_pages(a, 4);
   VMTRACE_PHASE_BEGIN("ended");
   VMTRACE_PHASE_END("ended");
   VMTRACE_PHASE_BEGIN("around");
   if (off)
      VMTRACE_STOP_COUNTING;
   pid = rt_must(SYS0(fork));
   rt_touch_stack(rt);
   if (pid == 0) {
      VMTRACE_PHASE_BEGIN("child");
      rt_write_pages(a, 2);
      VMTRACE_START_COUNTING;
      rt_write_pages(a + 2 * PAGE, 1);
      VMTRACE_PHASE_END("child");
      VMTRACE_PHASE_END("around");
      rt_write_pages(a + 4 * PAGE, 1);
      return 0;
   }
   rt_must(SYS4(wait4, pid, &status, 0, NULL));
   rt_write_pages(a + 5 * PAGE, 7);
   VMTRACE_PHASE_END("around");
   return status;
}

static void
many(char *a, long n)
{
   VMTRACE_PHASE_BEGIN("all");
   for (long i = 0; i < n; i++) {
      VMTRACE_PHASE_BEGIN("turn");
      rt_write_pages(a + i % 64 * PAGE, 1);
      VMTRACE_PHASE_END("turn");
   }
   VMTRACE_PHASE_BEGIN("last");
   rt_write_pages(a + 64 * PAGE, 2);
   VMTRACE_PHASE_END("last");
   VMTRACE_PHASE_END("all");
}

/* Each time under another name.  */
static void
names(char *a, long n)
{
   for (long i = 0; i < n; i++) {
      char name[] = "0000000";

      for (long rest = i, at = 6; rest != 0; rest /= 10, at--)
         name[at] = (char)('0' + rest % 10);
      VMTRACE_PHASE_BEGIN(name);
      rt_write_pages(a + i % 64 * PAGE, 1);
      VMTRACE_PHASE_END(name);
   }
}

/* Names that are too long, cut a character in two there, or are not in memory.  */
static void
bad_names(char *a)
{
   for (long i = 0; i < 300; i++)
      a[i] = 'x';
   VMTRACE_PHASE_BEGIN(a);
   VMTRACE_PHASE_END(a);
   a[199] = '\xc3';
   a[200] = '\xa4';
   VMTRACE_PHASE_BEGIN(a);
   VMTRACE_PHASE_END(a);
   VMTRACE_PHASE_BEGIN((char *)16);
   SYS2(munmap, a + PAGE, PAGE);
   for (long i = PAGE - 8; i < PAGE; i++)
      a[i] = 'y';
   VMTRACE_SNAPSHOT(a + PAGE - 8);
}

/* A phase is of the process: another thread's begin and end are those of the same. */
static void
in_thread(void *a)
{
   VMTRACE_PHASE_BEGIN("shared");
   rt_write_pages(a, 2);
   VMTRACE_PHASE_END("shared");
   rt_write_pages((char *)a + 2 * PAGE, 4);
   VMTRACE_PHASE_BEGIN("left open");
}

static void
threads(char *a)
{
   int tid, clear;

   rt_write_pages(a + 78 * PAGE, 1);
   VMTRACE_PHASE_BEGIN("shared");
   rt_thread(in_thread, a, a + 79 * PAGE, &tid, &clear);
   rt_join(&clear);
   rt_write_pages(a + 6 * PAGE, 1);
   VMTRACE_PHASE_END("shared");
   rt_write_pages(a + 7 * PAGE, 8);
   VMTRACE_PHASE_END("left open");
}

/* For each byte that it reads, a page is written, and the byte is given back.  */
static void
serve(char *a)
{
   char c;

   for (long i = 0; SYS3(read, 0, &c, 1) == 1; i++) {
      rt_write_pages(a + i * PAGE, 1);
      SYS3(write, 1, &c, 1);
   }
}

static void
executes(struct rt *rt)
{
   char *argv[] = {rt->argv[0], (char *)"after", NULL};

   VMTRACE_PHASE_BEGIN("before");
   SYS3(execve, rt->argv[0], argv, rt->envp);
}

int
guest(struct rt *rt)
{
   const char *mode = rt->argv[1];
   long n = rt->argc > 2 ? rt_number(rt->argv[2]) : 0;
   char *a = rt_fresh(80);

   if (rt_same(mode, "plain"))
      plain(a);
   else if (rt_same(mode, "counting"))
      counting(a, n);
   else if (rt_same(mode, "reset"))
      reset(a, n);
   else if (rt_same(mode, "snapshots"))
      snapshots(a);
   else if (rt_same(mode, "fork"))
      return forks(rt, a, 0);
   else if (rt_same(mode, "fork-off"))
      return forks(rt, a, 1);
   else if (rt_same(mode, "many"))
      many(a, n);
   else if (rt_same(mode, "names"))
      names(a, n);
   else if (rt_same(mode, "bad-names"))
      bad_names(a);
   else if (rt_same(mode, "threads"))
      threads(a);
   else if (rt_same(mode, "serve"))
      serve(a);
   else if (rt_same(mode, "exec"))
      executes(rt);
   else if (rt_same(mode, "after"))
      VMTRACE_PHASE_END("before");
   else if (rt_same(mode, "running"))
      return VMTRACE_RUNNING;
   else
      return 98;
   return 0;
}
