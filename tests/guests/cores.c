/* Threads on cores: what each core's TLBs hold, and who makes others forget.

   cores team [hold]: main and three workers, which do one thing at a time when they
   are told to.  hold: a worker's system call sleeps while others run.
   cores place: main writes pages before there are others, who read them.
   cores after: five workers one after another, each ended before the next begins.  */

#include "rt/rt.h"

#define WORKERS 3
#define STACK_PAGES 16

void main_write(char *p);
void look(char *p);
void look_again(char *p);
void look_after_protect(char *p);
void look_at_zero(char *p);
void first_write(char *p);
void second_write(char *p);
void look_after_write(char *p);
void unmap_one(char *p);
void unmap_three(char *p);
void protect(char *p);
void unprotect(char *p);
void zap(char *p);
void move(char *p);
void read_pipe(char *p);
void look_after_pipe(char *p);
void nap(char *unused);
void main_look(char *p);
void main_look_after_pipe(char *p);
void one_of_many(char *p);
void place(char *p);
void take_three(char *p);
void take_four(char *p);
void take_one(char *p);

/* Who is to do what; worker 0 is main.  */
struct team {
   struct rt rt;
   char *page;
   long pipe;                   /* to read from */
   void (*what)(char *p);
   const char *name;                    /* of it */
   int turn, tid, clear[WORKERS + 1];
};

enum { NOBODYS_TURN = WORKERS + 1, ABOUT_TO_SLEEP };

PART void
main_write(char *p)
{
   rt_write_pages(p, 10);
}

PART void
look(char *p)
{
   rt_read_pages(p, 10);
}

PART void
look_again(char *p)
{
   rt_read_pages(p, 10);
}

PART void
look_after_protect(char *p)
{
   READ(p);
}

PART void
look_at_zero(char *p)
{
   READ(p);
}

PART void
first_write(char *p)
{
   WRITE(p);
}

PART void
second_write(char *p)
{
   WRITE(p);
}

PART void
look_after_write(char *p)
{
   READ(p);
}

PART void
unmap_one(char *p)
{
   SYS2(munmap, p, PAGE);
}

PART void
unmap_three(char *p)
{
   SYS2(munmap, p, 3 * PAGE);
}

PART void
protect(char *p)
{
   SYS3(mprotect, p, PAGE, PROT_READ);
}

PART void
unprotect(char *p)
{
   SYS3(mprotect, p, PAGE, PROT_RW);
}

PART void
zap(char *p)
{
   SYS3(madvise, p, PAGE, MADV_DONTNEED);
}

PART void
move(char *p)
{
   char *to = rt_fresh(2);

   SYS5(mremap, p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
}

static long pipe_of_worker;

PART void
read_pipe(char *p)
{
   SYS3(read, pipe_of_worker, p, 1);
}

/* Long enough for another thread to fall asleep, on any machine.  */
PART void
nap(char *unused)
{
   long time[2] = {0, 200000000};

   (void)unused;
   SYS2(nanosleep, time, NULL);
}

PART void
look_after_pipe(char *p)
{
   READ(p);
}

PART void
main_look(char *p)
{
   READ(p);
}

PART void
main_look_after_pipe(char *p)
{
   READ(p);
}

PART void
one_of_many(char *p)
{
   WRITE(p);
   READ(p + PAGE);
}

PART void
place(char *p)
{
   for (int i = 0; i < 10; i++)
      WRITE(p + i * PAGE);
}

PART void
take_three(char *p)
{
   for (int i = 0; i < 3; i++)
      READ(p + i * PAGE);
}

PART void
take_four(char *p)
{
   for (int i = 0; i < 4; i++)
      READ(p + i * PAGE);
}

PART void
take_one(char *p)
{
   READ(p);
}

static void
wait_turn(struct team *team, int turn)
{
   volatile int *now = &team->turn;
   int seen;

   while ((seen = *now) != turn)
      SYS4(futex, now, 0, seen, 0);
}

static void
give_turn(struct team *team, int turn)
{
   *(volatile int *)&team->turn = turn;
   SYS3(futex, &team->turn, 1, WORKERS + 1);
}

static void
work(struct team *team, int me)
{
   for (;;) {
      void (*what)(char *p);
      char *page;

      wait_turn(team, me);
      what = team->what;
      page = team->page;
      if (what == NULL)
         break;
      if (what == read_pipe)
         give_turn(team, ABOUT_TO_SLEEP);
      rt_part_begin(&team->rt);
      what(page);
      rt_part_end(&team->rt, team->name);
      give_turn(team, 0);
   }
   give_turn(team, 0);
}

static void
worker_1(void *arg)
{
   work(arg, 1);
}

static void
worker_2(void *arg)
{
   work(arg, 2);
}

static void
worker_3(void *arg)
{
   work(arg, 3);
}

static void
start(struct team *team, int number, void (*fn)(void *))
{
   char *stack = rt_fresh(STACK_PAGES);

   rt_write_pages(stack, STACK_PAGES);
   rt_thread(fn, team, stack + STACK_PAGES * PAGE, &team->tid, &team->clear[number]);
}

static void
start_all(struct team *team)
{
   start(team, 1, worker_1);
   start(team, 2, worker_2);
   start(team, 3, worker_3);
}

static void
tell_name(struct team *team, int who, void (*what)(char *p), const char *name, char *page)
{
   team->what = what;
   team->name = name;
   team->page = page;
   give_turn(team, who);
   wait_turn(team, 0);
}

#define tell(team, who, part, page) tell_name(team, who, part, #part, page)

static void
tell_all_name(struct team *team, void (*what)(char *p), const char *name, char *page)
{
   for (int who = 1; who <= WORKERS; who++)
      tell_name(team, who, what, name, page);
}

#define tell_all(team, part, page) tell_all_name(team, part, #part, page)

static void
end_all(struct team *team)
{
   tell_all(team, NULL, NULL);
   for (int who = 1; who <= WORKERS; who++)
      rt_join(&team->clear[who]);
}

static void
team_of_four(struct team *team)
{
   char *p = rt_fresh(10);

   start_all(team);
   RUN(&team->rt, main_write, p);
   tell_all(team, look, p);
   tell_all(team, look_again, p);
   RUN(&team->rt, unmap_one, p);
   RUN(&team->rt, protect, p + PAGE);
   tell_all(team, look_after_protect, p + PAGE);
   RUN(&team->rt, unprotect, p + PAGE);
   RUN(&team->rt, zap, p + 2 * PAGE);
   tell(team, 1, look_at_zero, p + 2 * PAGE);
   tell(team, 2, look_at_zero, p + 2 * PAGE);
   tell(team, 3, first_write, p + 2 * PAGE);
   tell(team, 3, second_write, p + 2 * PAGE);
   tell_all(team, look_after_write, p + 2 * PAGE);
   RUN(&team->rt, move, p + 3 * PAGE);
   tell(team, 2, unmap_three, p + 5 * PAGE);
   end_all(team);
}

/* The worker sleeps in its system call, and others run.  */
static void
system_call_that_sleeps(struct team *team)
{
   char *p = rt_fresh(1);
   int ends[2];

   rt_must(SYS1(pipe, ends));
   pipe_of_worker = ends[0];
   start_all(team);
   tell(team, 1, look_at_zero, p);
   RUN(&team->rt, main_look, p);
   team->what = read_pipe;
   team->page = p;
   give_turn(team, 1);
   wait_turn(team, ABOUT_TO_SLEEP);
   tell(team, 2, nap, NULL);
   give_turn(team, NOBODYS_TURN);
   SYS3(write, ends[1], &team->turn, 1);
   wait_turn(team, 0);
   tell(team, 1, look_after_pipe, p);
   RUN(&team->rt, main_look_after_pipe, p);
   end_all(team);
}

/* The last two: one that main uses as much as the worker, one that nobody does.  */
static void
misplaced(struct team *team)
{
   char *p = rt_fresh(10);

   RUN(&team->rt, place, p);
   start_all(team);
   tell(team, 1, take_three, p);
   tell(team, 2, take_four, p + 3 * PAGE);
   tell(team, 1, take_one, p + 7 * PAGE);
   RUN(&team->rt, main_look, p + 7 * PAGE);
   RUN(&team->rt, main_look, p + 8 * PAGE);
   end_all(team);
}

static void
alone(void *arg)
{
   struct team *team = arg;

   RUN(&team->rt, one_of_many, team->page);
}

static void
one_after_another(struct team *team)
{
   char *p = rt_fresh(5 * 2), *stack = rt_fresh(STACK_PAGES);

   rt_write_pages(stack, STACK_PAGES);
   for (int i = 0; i < 5; i++) {
      team->page = p + i * PAGE;
      rt_thread(alone, team, stack + STACK_PAGES * PAGE, &team->tid, &team->clear[1]);
      rt_join(&team->clear[1]);
   }
}

int
guest(struct rt *rt)
{
   struct team team = {.rt = *rt};

   WRITE((char *)&pipe_of_worker);
   if (rt->argc < 2)
      return 2;
   if (rt_same(rt->argv[1], "after"))
      one_after_another(&team);
   else if (rt_same(rt->argv[1], "place"))
      misplaced(&team);
   else if (rt_same(rt->argv[1], "hold"))
      system_call_that_sleeps(&team);
   else
      team_of_four(&team);
   return 0;
}
