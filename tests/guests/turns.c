/* Processes that take turns with memory of their own each: whose turn it is goes round by
   pipes, so that the order of touches is always the same.

   turns N PAGES ROUNDS        each of N processes writes its PAGES, ROUNDS times
   turns N PAGES ROUNDS kill   then all but the first are killed, and the first writes its
                               pages twice more  */

#include "rt/rt.h"

#define MOST 8

struct turns {
   struct rt *rt;
   long n, n_pages, n_rounds, me;
   int pipes[MOST][2];
   long pids[MOST];
};

void first(char *p, long n);
void again(char *p, long n);
void alone(char *p, long n);
void alone_again(char *p, long n);

PART void
first(char *p, long n)
{
   rt_write_pages(p, n);
}

PART void
again(char *p, long n)
{
   rt_write_pages(p, n);
}

PART void
alone(char *p, long n)
{
   rt_write_pages(p, n);
}

PART void
alone_again(char *p, long n)
{
   rt_write_pages(p, n);
}

static void
pass_on(struct turns *turns)
{
   SYS3(write, turns->pipes[(turns->me + 1) % turns->n][1], "", 1);
}

static void
wait_for_turn(struct turns *turns)
{
   char c;

   rt_must(SYS3(read, turns->pipes[turns->me][0], &c, 1));
}

static void
fork_all(struct turns *turns)
{
   long i;

   for (i = 1; i < turns->n && turns->me == 0; i++) {
      turns->pids[i] = rt_must(SYS0(fork));
      rt_touch_stack(turns->rt);
      if (turns->pids[i] == 0)
         turns->me = i;
   }
}

static void
take_turns(struct turns *turns, char *p)
{
   long round;

   for (round = 0; round < turns->n_rounds; round++) {
      wait_for_turn(turns);
      if (round == 0)
         RUN(turns->rt, first, p, turns->n_pages);
      else
         RUN(turns->rt, again, p, turns->n_pages);
      pass_on(turns);
   }
}

static void
end_all(struct turns *turns, long signal)
{
   int status;
   long i;

   for (i = 1; i < turns->n; i++) {
      if (signal != 0)
         SYS2(kill, turns->pids[i], signal);
      rt_must(SYS4(wait4, turns->pids[i], &status, 0, NULL));
   }
}

int
guest(struct rt *rt)
{
   struct turns turns = {.rt = rt,
                         .n = rt_number(rt->argv[1]),
                         .n_pages = rt_number(rt->argv[2]),
                         .n_rounds = rt_number(rt->argv[3])};
   int kills = rt->argc > 4;
   char *p;
   long i;

   for (i = 0; i < turns.n; i++)
      rt_must(SYS1(pipe, turns.pipes[i]));
   fork_all(&turns);
   p = rt_fresh(turns.n_pages);
   if (turns.me == 0)
      SYS3(write, turns.pipes[0][1], "", 1);
   take_turns(&turns, p);
   wait_for_turn(&turns);               /* nobody ends while another one writes */
   if (turns.me != 0 || !kills)
      pass_on(&turns);
   if (turns.me != 0)
      return 0;
   end_all(&turns, kills ? 9 : 0);
   if (kills) {
      RUN(rt, alone, p, turns.n_pages);
      RUN(rt, alone_again, p, turns.n_pages);
   }
   return 0;
}
