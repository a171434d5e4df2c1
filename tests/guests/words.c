/* Words that the kernel writes unasked: the number of a forked child, the area that
   rseq named, the word that is cleared when a thread ends.  Each lies on a page of
   its own, which is written before, so that it shows after a fork alone.

   words         forks before and after rseq is registered
   words thread  a thread ends after its address space was forked  */

#include "rt/rt.h"

enum { CHILD_CLEARTID = 0x00200000, CHILD_SETTID = 0x01000000, SIGCHLD = 17 };

void fork_plain(char *p);
void fork_and_wait(char *p);
void fork_and_go_on(char *p);
void fork_and_handle(char *p);

/* The kernel takes any signature.  */
static void
register_rseq(char *area)
{
   rt_sys(334, (long)area, 32, 0, 0x53053053, 0, 0);
}

/* On the third page at p, which is shared: what has been done.  Who waits for it looks all
   the time, and leaves its processor to nobody.  */
enum { CHILD_RUNS, PARENT_HAS_WRITTEN };

static inline __attribute__((always_inline)) void
say(char *p, int what)
{
   WRITE(p + 2 * PAGE + what);
}

static inline __attribute__((always_inline)) void
await(char *p, int what)
{
   while (((volatile char *)p)[2 * PAGE + what] == 0)
      ;
}

/* The child's number goes to the second page at p.  The child has written what it writes
   when the parent goes on, and lives until the parent has.  */
static inline __attribute__((always_inline)) long
fork_with_number(char *p)
{
   long pid;

   p[2 * PAGE + CHILD_RUNS] = p[2 * PAGE + PARENT_HAS_WRITTEN] = 0;
   pid = rt_must(SYS5(clone, CHILD_SETTID | CHILD_CLEARTID | SIGCHLD, 0, 0, p + PAGE, 0));
   if (pid == 0) {
      say(p, CHILD_RUNS);
      await(p, PARENT_HAS_WRITTEN);
      SYS1(exit_group, 0);
   }
   await(p, CHILD_RUNS);
   return pid;
}

/* The page of the stack that the end of the part writes to is written here.  */
static inline __attribute__((always_inline)) void
write_stack(void)
{
   char here;

   WRITE(&here);
}

PART void
fork_plain(char *p)
{
   long pid = fork_with_number(p);

   write_stack();
   say(p, PARENT_HAS_WRITTEN);
   SYS4(wait4, pid, NULL, 0, NULL);
}

PART void
fork_and_wait(char *p)
{
   long pid = fork_with_number(p);

   write_stack();
   say(p, PARENT_HAS_WRITTEN);
   SYS4(wait4, pid, NULL, 0, NULL);
}

PART void
fork_and_go_on(char *p)
{
   fork_with_number(p);
   write_stack();
   say(p, PARENT_HAS_WRITTEN);
}

/* The frame goes to pages that it shares with nobody: the other stack is mapped
   shared.  */
PART void
fork_and_handle(char *p)
{
   long pid = SYS0(getpid);

   fork_with_number(p);
   write_stack();
   SYS2(kill, pid, SIGUSR1);
   say(p, PARENT_HAS_WRITTEN);
}

static void
on_signal(int signal, void *info, void *context)
{
   (void)signal, (void)info, (void)context;
}

struct work {
   int turn, tid;
};

static void
wait_turn(struct work *work, int turn)
{
   volatile int *now = &work->turn;

   while (*now != turn)
      SYS4(futex, now, 0, *now, 0);
}

static void
give_turn(struct work *work, int turn)
{
   *(volatile int *)&work->turn = turn;
   SYS3(futex, &work->turn, 1, 1);
}

static void
worker(void *arg)
{
   give_turn(arg, 1);
   wait_turn(arg, 2);
}

static int
thread(struct rt *rt)
{
   char *stack = rt_fresh(16);
   struct work *work = (struct work *)rt_fresh(1);
   int *clear = (int *)rt_fresh(1);
   long pid;

   rt_write_pages(stack, 16);
   rt_thread(worker, work, stack + 16 * PAGE, &work->tid, clear);
   wait_turn(work, 1);
   pid = rt_must(SYS0(fork));
   if (pid == 0)
      SYS1(exit_group, 0);
   rt_touch_stack(rt);
   SYS4(wait4, pid, NULL, 0, NULL);
   give_turn(work, 2);
   rt_join(clear);
   return 0;
}

int
guest(struct rt *rt)
{
   long stack[3] = {0, 0, 16 * PAGE};
   char *p = rt_fresh(3);

   if (rt->argc > 1)
      return thread(rt);
   rt_map(p + 2 * PAGE, 1, PROT_RW, MAP_SHARED | MAP_ANON | MAP_FIXED, -1, 0);
   rt_write_pages(p, 3);
   RUN(rt, fork_plain, p);
   register_rseq(p);
   RUN(rt, fork_and_wait, p);
   RUN(rt, fork_and_go_on, p);
   SYS4(wait4, -1, NULL, 0, NULL);
   stack[0] = (long)rt_map(NULL, 16, PROT_RW, MAP_SHARED | MAP_ANON | MAP_POPULATE, -1, 0);
   rt_must(SYS2(sigaltstack, stack, NULL));
   rt_action(SIGUSR1, on_signal, 0x08000000L);  /* SA_ONSTACK */
   RUN(rt, fork_and_handle, p);
   SYS4(wait4, -1, NULL, 0, NULL);
   return 0;
}
