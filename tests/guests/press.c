/* press HOW PAGES ROUNDS: goes through `pages` pages, one after the other, `rounds` times.

   write    fresh memory, written in every round
   once     written in the first round, read in the others
   read     fresh memory, read: the zero page
   shared   shared anonymous memory, written
   anew     shared anonymous memory, written, unmapped and mapped anew in every round
   file     PATH's pages, read
   hot      written, and after each page the same 10 others are  */

#include "rt/rt.h"

void sweep(char *p, long pages, long rounds);
void sweep_once(char *p, long pages, long rounds);
void sweep_reading(const char *p, long pages, long rounds);
void sweep_anew(long pages, long rounds);
void go_hot(char *hot, char *p, long pages, long rounds);
void touch_hot(char *hot);

PART void
sweep(char *p, long pages, long rounds)
{
   for (long round = 0; round < rounds; round++)
      rt_write_pages(p, pages);
}

PART void
sweep_reading(const char *p, long pages, long rounds)
{
   for (long round = 0; round < rounds; round++)
      rt_read_pages(p, pages);
}

PART void
sweep_once(char *p, long pages, long rounds)
{
   rt_write_pages(p, pages);
   for (long round = 1; round < rounds; round++)
      rt_read_pages(p, pages);
}

PART void
sweep_anew(long pages, long rounds)
{
   for (long round = 0; round < rounds; round++) {
      char *p = rt_map(NULL, pages, PROT_RW, MAP_SHARED | MAP_ANON, -1, 0);

      rt_write_pages(p, pages);
      SYS2(munmap, p, pages * PAGE);
   }
}

PART void
touch_hot(char *hot)
{
   rt_write_pages(hot, 10);
}

PART void
go_hot(char *hot, char *p, long pages, long rounds)
{
   for (long round = 0; round < rounds; round++)
      for (long page = 0; page < pages; page++) {
         touch_hot(hot);
         rt_write_pages(p + page * PAGE, 1);
      }
}

int
guest(struct rt *rt)
{
   const char *how = rt->argc > 3 ? rt->argv[1] : "";
   long pages = rt->argc > 3 ? rt_number(rt->argv[2]) : 0;
   long rounds = rt->argc > 3 ? rt_number(rt->argv[3]) : 0;
   char *p = rt_fresh(pages);

   if (rt_same(how, "write"))
      RUN(rt, sweep, p, pages, rounds);
   else if (rt_same(how, "once"))
      RUN(rt, sweep_once, p, pages, rounds);
   else if (rt_same(how, "read"))
      RUN(rt, sweep_reading, p, pages, rounds);
   else if (rt_same(how, "shared"))
      RUN(rt, sweep, rt_map(NULL, pages, PROT_RW, MAP_SHARED | MAP_ANON, -1, 0), pages, rounds);
   else if (rt_same(how, "anew"))
      RUN(rt, sweep_anew, pages, rounds);
   else if (rt_same(how, "hot"))
      RUN(rt, go_hot, rt_fresh(10), p, pages, rounds);
   else if (rt_same(how, "file") && rt->argc == 5) {
      long fd = rt_file(rt->argv[4], pages);

      SYS1(unlink, rt->argv[4]);
      RUN(rt, sweep_reading, rt_map(NULL, pages, PROT_READ, MAP_PRIVATE, fd, 0), pages, rounds);
   } else
      return 2;
   return 0;
}
