/* peak HOW PAGES: touches `pages` pages of one kind, on top of what the program
   is anyway.

   write    fresh memory, written
   read     fresh memory, read: the zero page is nobody's
   shared   shared anonymous memory, written
   gone     written, unmapped, then half as many written anew
   outgrown  the same, then twice as many
   dropped  as gone, with MADV_DONTNEED
   moved    written, moved elsewhere, then nothing
   file     PATH's pages, read  */

#include "rt/rt.h"

void touch_kept(char *p, long pages);
void touch_gone(char *p, long pages);
void read_pages(const char *p, long pages);

PART void
touch_kept(char *p, long pages)
{
   rt_write_pages(p, pages);
}

PART void
touch_gone(char *p, long pages)
{
   rt_write_pages(p, pages);
}

PART void
read_pages(const char *p, long pages)
{
   rt_read_pages(p, pages);
}

int
guest(struct rt *rt)
{
   const char *how = rt->argc > 2 ? rt->argv[1] : "";
   long pages = rt->argc > 2 ? rt_number(rt->argv[2]) : 0;
   char *a = rt_reserve(), *p = rt_fresh(pages);

   if (rt_same(how, "write"))
      RUN(rt, touch_kept, p, pages);
   else if (rt_same(how, "read"))
      RUN(rt, read_pages, p, pages);
   else if (rt_same(how, "shared"))
      RUN(rt, touch_kept, rt_map(NULL, pages, PROT_RW, MAP_SHARED | MAP_ANON, -1, 0), pages);
   else if (rt_same(how, "gone")) {
      RUN(rt, touch_gone, p, pages);
      SYS2(munmap, p, pages * PAGE);
      RUN(rt, touch_kept, rt_fresh(pages / 2), pages / 2);
   } else if (rt_same(how, "dropped")) {
      RUN(rt, touch_gone, p, pages);
      SYS3(madvise, p, pages * PAGE, MADV_DONTNEED);
      RUN(rt, touch_kept, rt_fresh(pages / 2), pages / 2);
   } else if (rt_same(how, "outgrown")) {
      RUN(rt, touch_gone, p, pages);
      SYS2(munmap, p, pages * PAGE);
      RUN(rt, touch_kept, rt_fresh(2 * pages), 2 * pages);
   } else if (rt_same(how, "moved")) {
      RUN(rt, touch_kept, p, pages);
      rt_must(SYS5(mremap, p, pages * PAGE, pages * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, a));
   } else if (rt_same(how, "file") && rt->argc == 4) {
      long fd = rt_file(rt->argv[3], pages);

      SYS1(unlink, rt->argv[3]);
      RUN(rt, read_pages, rt_map(a, pages, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0), pages);
   } else
      return 2;
   return 0;
}
