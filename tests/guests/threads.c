/* Threads made by clone alone: one address space, faults where they happen.

   threads [tlb]: with tlb, what one thread's munmap does to the TLB of the other
   thread's core (run with --cores=2 the two are on different ones).  */

#include "rt/rt.h"

void worker_touch(char *p);
void worker_find(char *p);
void main_find(char *p);
void worker_take(char *p);
void unmap_alone(char *p);
void unmap_shared(char *p);
void protect_shared(char *p);

struct work {
   struct rt rt;
   char *fresh, *found;
   int tid, clear;              /* written by the kernel */
   int turn;                    /* whose: 0 main, 1 worker */
};

PART void
worker_touch(char *p)
{
   rt_write_pages(p, 8);
}

PART void
worker_find(char *p)
{
   rt_read_pages(p, 4);
}

PART void
main_find(char *p)
{
   rt_write_pages(p, 8);
}

PART void
worker_take(char *p)
{
   rt_read_pages(p, 4);
}

PART void
unmap_alone(char *p)
{
   rt_write_pages(p, 4);
   SYS2(munmap, p, 4 * PAGE);
}

PART void
unmap_shared(char *p)
{
   SYS2(munmap, p, PAGE);
   SYS2(munmap, p + PAGE, PAGE);
}

PART void
protect_shared(char *p)
{
   SYS3(mprotect, p, PAGE, PROT_READ);
}

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
   struct work *work = arg;

   RUN(&work->rt, worker_touch, work->fresh);
   RUN(&work->rt, worker_find, work->found);
}

static void
worker_tlb(void *arg)
{
   struct work *work = arg;

   wait_turn(work, 1);
   RUN(&work->rt, worker_take, work->found);
   give_turn(work, 0);
}

static void
start(struct work *work, void (*fn)(void *))
{
   char *stack = rt_fresh(16);

   for (int i = 0; i < 16; i++)
      WRITE(stack + i * PAGE);
   rt_thread(fn, work, stack + 16 * PAGE, &work->tid, &work->clear);
}

int
guest(struct rt *rt)
{
   struct work work = {.rt = *rt, .fresh = rt_fresh(8), .found = rt_fresh(4)};
   char *alone = rt_fresh(4);

   if (rt->argc > 1) {
      rt_write_pages(work.found, 4);
      start(&work, worker_tlb);
      RUN(rt, unmap_alone, alone);
      give_turn(&work, 1);
      wait_turn(&work, 0);
      RUN(rt, unmap_shared, work.found);
      RUN(rt, protect_shared, work.found + 2 * PAGE);
      rt_join(&work.clear);
      return 0;
   }
   rt_write_pages(work.found, 4);
   start(&work, worker);
   rt_join(&work.clear);
   RUN(rt, main_find, work.fresh);
   return 0;
}
