/* ring ring PAGES ROUNDS STRIDE
   ring recency | kinds | chain ROUNDS
   ring drop WHAT         eight pages in the TLB, then one way of losing them
   ring one_table | five_tables

   The loops themselves are in ring.S.  */

#include "rt/rt.h"

void ring(char *first, long pages, long rounds, long stride);
void recency(char *p);
void kinds(char *p);
void chain(long rounds);
void one_table(char *p);
void five_tables(char *p);
void before(char *p);

PART void
before(char *p)
{
   rt_write_pages(p, 8);
   rt_write_pages(p, 8);
}

/* Between `before` and the last ring; where the pages are then.  */
static char *
lose(const char *what, char *a, char *p)
{
   const long anon = MAP_PRIVATE | MAP_ANON | MAP_FIXED;

   if (rt_same(what, "nothing"))
      return p;
   if (rt_same(what, "munmap")) {
      SYS2(munmap, p, 8 * PAGE);
      return rt_map(p, 8, PROT_RW, anon, -1, 0);
   }
   if (rt_same(what, "map_over"))
      return rt_map(p, 8, PROT_RW, anon, -1, 0);
   if (rt_same(what, "mprotect"))
      rt_must(SYS3(mprotect, p, 8 * PAGE, PROT_READ));
   else if (rt_same(what, "mprotect_three"))
      rt_must(SYS3(mprotect, p + 2 * PAGE, 3 * PAGE, PROT_READ));
   else if (rt_same(what, "dontneed"))
      rt_must(SYS3(madvise, p, 8 * PAGE, MADV_DONTNEED));
   else if (rt_same(what, "free"))
      rt_must(SYS3(madvise, p, 8 * PAGE, MADV_FREE));
   else if (rt_same(what, "cold"))
      rt_must(SYS3(madvise, p, 8 * PAGE, MADV_COLD));
   else if (rt_same(what, "mremap"))
      return (char *)rt_must(SYS5(mremap, p, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED,
                                  a + 64 * PAGE));
   else if (rt_same(what, "break")) {
      rt_must(SYS1(brk, p + 2 * PAGE));
      rt_must(SYS1(brk, p + 8 * PAGE));
   } else if (rt_same(what, "kernel")) {
      long fd = rt_must(SYS2(memfd_create, "guest", 0));

      SYS4(pwrite, fd, p, 8 * PAGE, 0);
   } else
      return NULL;
   return p;
}

static char *
anon(char *at, long pages)
{
   return rt_map(at, pages, PROT_RW, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
}

static int
drop(struct rt *rt, const char *what, char *a)
{
   char *p = a;

   if (rt_same(what, "break")) {
      p = (char *)((SYS1(brk, 0) + PAGE - 1) & -PAGE);
      rt_must(SYS1(brk, p + 8 * PAGE));
   } else
      anon(p, 8);
   RUN(rt, before, p);
   p = lose(what, a, p);
   if (p == NULL)
      return 2;
   RUN(rt, ring, p, 8, 1, PAGE);
   return 0;
}

int
guest(struct rt *rt)
{
   const char *what = rt->argc > 1 ? rt->argv[1] : "";
   char *a = rt_reserve();

   if (rt_same(what, "ring") && rt->argc == 5) {
      long pages = rt_number(rt->argv[2]), stride = rt_number(rt->argv[4]);

      RUN(rt, ring, anon(a, pages * stride / PAGE + 1), pages, rt_number(rt->argv[3]), stride);
   } else if (rt_same(what, "recency"))
      RUN(rt, recency, anon(a, 8));
   else if (rt_same(what, "kinds"))
      RUN(rt, kinds, anon(a, 8));
   else if (rt_same(what, "chain") && rt->argc == 3)
      RUN(rt, chain, rt_number(rt->argv[2]));
   else if (rt_same(what, "drop") && rt->argc == 3)
      return drop(rt, rt->argv[2], a);
   else if (rt_same(what, "one_table"))
      RUN(rt, one_table, anon(a, 4096));
   else if (rt_same(what, "five_tables"))
      RUN(rt, five_tables, anon(a, 4096));
   else
      return 2;
   return 0;
}
