/* Mappings of a file that lies in the page cache.

   file PATH: PATH is made, 48 pages long, and removed.  The mappings are placed
   by hand relative to an address A that is a multiple of 2 MiB, page n of A
   being A + 4096 n, because what a read fault maps depends on the address.  */

#include "rt/rt.h"

#define FILE_PAGES 48

void window_upwards(char *p);
void window_downwards(char *p);
void window_of_sixteen_from_five(char *p);
void window_from_the_middle(char *p);
void window_across_tables(char *p);
void window_at_end_of_file(char *p);
void window_of_split_area(char *p);
void window_after_merge(char *p);
void window_in_part_there(char *p);
void beyond_end_of_file(char *p);
void private_write(char *p);
void private_read_then_write(char *p);
void private_increment(char *p);
void private_write_then_read(char *p);
void private_made_writable(char *p);
void shared_write(char *p);
void shared_read_then_write(char *p);
void shared_increment(char *p);
void shared_after_sync(char *p);
void shared_read_only(char *p);
void populate_private(char *p, long fd);
void populate_read_only(char *p, long fd);
void populate_shared(char *p, long fd);
void same_page_twice(char *p, char *q);

/* All 40 pages from the first to the last.  */
PART void
window_upwards(char *p)
{
   rt_read_pages(p, 40);
}

PART void
window_downwards(char *p)
{
   for (int i = 39; i >= 0; i--)
      READ(p + i * PAGE);
}

PART void
window_of_sixteen_from_five(char *p)
{
   rt_read_pages(p, 16);
}

PART void
window_from_the_middle(char *p)
{
   READ(p + 21 * PAGE);
   rt_read_pages(p, 40);
}

PART void
window_across_tables(char *p)
{
   rt_read_pages(p, 16);
}

PART void
window_at_end_of_file(char *p)
{
   READ(p + 47 * PAGE);
   rt_read_pages(p + 40 * PAGE, 8);
}

PART void
window_of_split_area(char *p)
{
   READ(p);
   READ(p + 16 * PAGE);
   rt_read_pages(p, 8);
   rt_read_pages(p + 16 * PAGE, 16);
}

PART void
window_after_merge(char *p)
{
   rt_read_pages(p, 32);
}

/* Writes first: their pages are private; the window fills in the others.  */
PART void
window_in_part_there(char *p)
{
   WRITE(p + 3 * PAGE);
   WRITE(p + 4 * PAGE);
   rt_read_pages(p, 16);
}

PART void
beyond_end_of_file(char *p)
{
   TRY_READ(p + FILE_PAGES * PAGE);
   TRY_WRITE(p + FILE_PAGES * PAGE);
}

PART void
private_write(char *p)
{
   rt_write_pages(p, 8);
}

PART void
private_read_then_write(char *p)
{
   rt_read_pages(p, 8);
   rt_write_pages(p, 8);
}

PART void
private_increment(char *p)
{
   for (int i = 0; i < 8; i++)
      INCREMENT(p + i * PAGE);
}

PART void
private_write_then_read(char *p)
{
   WRITE(p);
   rt_read_pages(p, 8);
   rt_write_pages(p, 1);
}

PART void
private_made_writable(char *p)
{
   rt_read_pages(p, 8);
   SYS3(mprotect, p, 8 * PAGE, PROT_RW);
   rt_write_pages(p, 3);
   rt_read_pages(p, 8);
}

PART void
shared_write(char *p)
{
   rt_write_pages(p, 8);
   rt_write_pages(p, 8);
}

PART void
shared_read_then_write(char *p)
{
   rt_read_pages(p, 8);
   rt_write_pages(p, 8);
}

PART void
shared_increment(char *p)
{
   for (int i = 0; i < 8; i++)
      INCREMENT(p + i * PAGE);
}

/* Writing a page back makes it clean, and the next write is told apart.  */
PART void
shared_after_sync(char *p)
{
   rt_write_pages(p, 8);
   SYS3(msync, p, 8 * PAGE, MS_SYNC);
   rt_read_pages(p, 8);
   rt_write_pages(p, 8);
}

PART void
shared_read_only(char *p)
{
   rt_read_pages(p, 8);
}

PART void
populate_private(char *p, long fd)
{
   rt_map(p, 8, PROT_RW, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0);
   rt_write_pages(p, 8);
}

PART void
populate_read_only(char *p, long fd)
{
   rt_map(p, 40, PROT_READ, MAP_PRIVATE | MAP_FIXED | MAP_POPULATE, fd, 0);
   rt_read_pages(p, 40);
}

PART void
populate_shared(char *p, long fd)
{
   rt_map(p, 8, PROT_RW, MAP_SHARED | MAP_FIXED | MAP_POPULATE, fd, 0);
   rt_read_pages(p, 8);
   rt_write_pages(p, 8);
}

/* Two mappings of one page: each has an entry, and a fault, of its own.  */
PART void
same_page_twice(char *p, char *q)
{
   WRITE(p);
   WRITE(q);
   READ(p);
}

static char *
at(char *a, long page, long pages, long prot, long flags, long fd)
{
   return rt_map(a + page * PAGE, pages, prot, flags | MAP_FIXED, fd, 0);
}

static void
windows(struct rt *rt, char *a, long fd)
{
   char *p = at(a, 0, 40, PROT_READ, MAP_PRIVATE, fd);

   RUN(rt, window_upwards, p);
   p = at(a, 0, 40, PROT_READ, MAP_PRIVATE, fd);
   RUN(rt, window_downwards, p);
   SYS2(munmap, a, 64 * PAGE);
   p = at(a, 5, 16, PROT_READ, MAP_PRIVATE, fd);
   RUN(rt, window_of_sixteen_from_five, p);
   p = at(a, 5, 40, PROT_READ, MAP_PRIVATE, fd);
   RUN(rt, window_from_the_middle, p);
   SYS2(munmap, a, 64 * PAGE);
   p = at(a, 508, 16, PROT_READ, MAP_PRIVATE, fd);
   RUN(rt, window_across_tables, p);
   p = at(a, 1032, 64, PROT_READ, MAP_PRIVATE, fd);
   RUN(rt, window_at_end_of_file, p);
   RUN(rt, beyond_end_of_file, p);
   p = at(a, 2048, 32, PROT_READ, MAP_PRIVATE, fd);
   SYS3(mprotect, p + 8 * PAGE, 8 * PAGE, PROT_NONE);
   RUN(rt, window_of_split_area, p);
   SYS3(mprotect, p + 8 * PAGE, 8 * PAGE, PROT_READ);
   RUN(rt, window_after_merge, p);
   p = at(a, 0, 16, PROT_RW, MAP_PRIVATE, fd);
   RUN(rt, window_in_part_there, p);
}

static void
writes(struct rt *rt, char *a, long fd)
{
   RUN(rt, private_write, at(a, 0, 8, PROT_RW, MAP_PRIVATE, fd));
   RUN(rt, private_read_then_write, at(a, 0, 8, PROT_RW, MAP_PRIVATE, fd));
   RUN(rt, private_increment, at(a, 0, 8, PROT_RW, MAP_PRIVATE, fd));
   RUN(rt, private_write_then_read, at(a, 0, 8, PROT_RW, MAP_PRIVATE, fd));
   RUN(rt, private_made_writable, at(a, 0, 8, PROT_READ, MAP_PRIVATE, fd));
   RUN(rt, shared_write, at(a, 0, 8, PROT_RW, MAP_SHARED, fd));
   RUN(rt, shared_read_then_write, at(a, 0, 8, PROT_RW, MAP_SHARED, fd));
   RUN(rt, shared_increment, at(a, 0, 8, PROT_RW, MAP_SHARED, fd));
   RUN(rt, shared_after_sync, at(a, 0, 8, PROT_RW, MAP_SHARED, fd));
   RUN(rt, shared_read_only, at(a, 0, 8, PROT_READ, MAP_SHARED, fd));
   RUN(rt, same_page_twice, at(a, 0, 8, PROT_RW, MAP_SHARED, fd),
       at(a, 64, 8, PROT_RW, MAP_SHARED, fd));
}

int
guest(struct rt *rt)
{
   char *a = rt_reserve();
   long fd = rt_file(rt->argv[1], FILE_PAGES);

   SYS1(unlink, rt->argv[1]);
   rt_catch(NULL, 0);
   windows(rt, a, fd);
   writes(rt, a, fd);
   RUN(rt, populate_private, a, fd);
   RUN(rt, populate_read_only, a, fd);
   RUN(rt, populate_shared, a, fd);
   return 0;
}
