/* madvise, mlock and the like, and what they leave of the pages.  */

#include "rt/rt.h"

void dont_need(char *p);
void dont_need_file(char *p);
void free_then_touch(char *p);
void cold(char *p);
void populate_read(char *p);
void populate_write(char *p);
void populate_write_after_read(char *p);
void populate_twice(char *p);
void map_populate(void);
void map_populate_read_only(void);
void lock(char *p);
void lock_read_only(char *p);

PART void
dont_need(char *p)
{
   rt_write_pages(p, 8);
   SYS3(madvise, p, 8 * PAGE, MADV_DONTNEED);
   rt_read_pages(p, 4);
   rt_write_pages(p + 4 * PAGE, 4);
}

/* The private copies go; the file's own pages show again.  */
PART void
dont_need_file(char *p)
{
   rt_write_pages(p, 8);
   SYS3(madvise, p, 8 * PAGE, MADV_DONTNEED);
   rt_read_pages(p, 8);
   rt_write_pages(p, 3);
}

/* Nobody is short of memory, so the frames are still there.  */
PART void
free_then_touch(char *p)
{
   rt_write_pages(p, 8);
   SYS3(madvise, p, 8 * PAGE, MADV_FREE);
   rt_read_pages(p, 4);
   rt_write_pages(p, 8);
}

PART void
cold(char *p)
{
   rt_write_pages(p, 8);
   SYS3(madvise, p, 8 * PAGE, MADV_COLD);
   rt_write_pages(p, 8);
}

PART void
populate_read(char *p)
{
   rt_must(SYS3(madvise, p, 8 * PAGE, MADV_POPULATE_READ));
   rt_read_pages(p, 8);
   rt_write_pages(p, 3);
}

PART void
populate_write(char *p)
{
   rt_must(SYS3(madvise, p, 8 * PAGE, MADV_POPULATE_WRITE));
   rt_write_pages(p, 8);
}

PART void
populate_write_after_read(char *p)
{
   rt_read_pages(p, 5);
   rt_must(SYS3(madvise, p, 8 * PAGE, MADV_POPULATE_WRITE));
   rt_write_pages(p, 8);
}

PART void
populate_twice(char *p)
{
   rt_must(SYS3(madvise, p, 8 * PAGE, MADV_POPULATE_WRITE));
   rt_must(SYS3(madvise, p, 8 * PAGE, MADV_POPULATE_WRITE));
   rt_must(SYS3(madvise, p, 8 * PAGE, MADV_POPULATE_READ));
}

PART void
map_populate(void)
{
   char *p = rt_map(NULL, 8, PROT_RW, MAP_PRIVATE | MAP_ANON | MAP_POPULATE, -1, 0);

   rt_write_pages(p, 8);
}

PART void
map_populate_read_only(void)
{
   char *p = rt_map(NULL, 8, PROT_READ, MAP_PRIVATE | MAP_ANON | MAP_POPULATE, -1, 0);

   rt_read_pages(p, 8);
}

PART void
lock(char *p)
{
   rt_write_pages(p, 2);
   rt_must(SYS2(mlock, p, 8 * PAGE));
   rt_write_pages(p, 8);
}

PART void
lock_read_only(char *p)
{
   rt_must(SYS2(mlock, p, 8 * PAGE));
   rt_read_pages(p, 8);
}

int
guest(struct rt *rt)
{
   char *a = rt_reserve();
   long fd = rt_file(rt->argv[1], 8);

   SYS1(unlink, rt->argv[1]);
   RUN(rt, dont_need, rt_fresh(8));
   RUN(rt, dont_need_file, rt_map(a, 8, PROT_RW, MAP_PRIVATE | MAP_FIXED, fd, 0));
   RUN(rt, free_then_touch, rt_fresh(8));
   RUN(rt, cold, rt_fresh(8));
   RUN(rt, populate_read, rt_fresh(8));
   RUN(rt, populate_write, rt_fresh(8));
   RUN(rt, populate_write_after_read, rt_fresh(8));
   RUN(rt, populate_twice, rt_fresh(8));
   RUN(rt, map_populate);
   RUN(rt, map_populate_read_only);
   RUN(rt, lock, rt_fresh(8));
   RUN(rt, lock_read_only, rt_map(NULL, 8, PROT_READ, MAP_PRIVATE | MAP_ANON, -1, 0));
   return 0;
}
