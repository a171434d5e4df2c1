/* Mappings of a file that the page cache keeps in large folios.

   folios PATH [truncated]: PATH is there, FILE_PAGES pages long, and its folios
   are those of the expectation file.  The mappings are placed by hand relative to
   an address A that is a multiple of 2 MiB, page n of A being A + 4096 n.  A page
   in the middle of each of the first three 2 MiB is touched first, so that there
   are page-table pages; pages 1536 to 2047 are left to the part that wants
   none.  */

#include "rt/rt.h"

#define FILE_PAGES 96
#define TABLE_PAGES 512

void read_whole(char *p);
void read_from_the_middle(char *p);
void read_single(char *p);
void read_end_of_file(char *p);
void read_end_of_file_first(char *p);
void read_area_ends_inside(char *p);
void read_area_starts_inside(char *p);
void read_across_tables(char *p);
void private_write(char *p);
void private_read_then_write(char *p);
void private_write_then_read(char *p);
void shared_write(char *p);
void shared_write_single(char *p);
void shared_write_end_of_file(char *p);
void shared_write_downwards(char *p);
void shared_read_then_write(char *p);
void shared_part_mapped(char *p);
void shared_area_ends_inside(char *p);
void shared_across_tables(char *p);
void shared_after_sync(char *p);
void shared_after_sync_of_one(char *p);
void shared_made_writable_again(char *p);
void truncated(char *p, long fd);

PART void
read_whole(char *p)
{
   rt_read_pages(p, 48);
}

PART void
read_from_the_middle(char *p)
{
   READ(p + 20 * PAGE);
   rt_read_pages(p, 32);
}

PART void
read_single(char *p)
{
   rt_read_pages(p, 16);
}

PART void
read_end_of_file(char *p)
{
   rt_read_pages(p, 32);
}

PART void
read_end_of_file_first(char *p)
{
   READ(p + 5 * PAGE);
   rt_read_pages(p, 32);
}

PART void
read_area_ends_inside(char *p)
{
   rt_read_pages(p, 20);
}

PART void
read_area_starts_inside(char *p)
{
   rt_read_pages(p, 40);
}

PART void
read_across_tables(char *p)
{
   rt_read_pages(p, 48);
}

PART void
private_write(char *p)
{
   rt_write_pages(p, 32);
}

PART void
private_read_then_write(char *p)
{
   rt_read_pages(p, 32);
   rt_write_pages(p, 32);
}

PART void
private_write_then_read(char *p)
{
   WRITE(p + 5 * PAGE);
   rt_read_pages(p, 32);
}

PART void
shared_write(char *p)
{
   rt_write_pages(p, 48);
   rt_read_pages(p, 48);
}

PART void
shared_write_single(char *p)
{
   rt_write_pages(p, 16);
}

PART void
shared_write_end_of_file(char *p)
{
   rt_write_pages(p, 32);
}

PART void
shared_write_downwards(char *p)
{
   for (int i = 31; i >= 0; i--)
      WRITE(p + i * PAGE);
}

PART void
shared_read_then_write(char *p)
{
   rt_read_pages(p, 32);
   rt_write_pages(p, 32);
}

/* All but the first page are unmapped again before the writes.  */
PART void
shared_part_mapped(char *p)
{
   READ(p);
   SYS3(madvise, p + PAGE, 31 * PAGE, MADV_DONTNEED);
   rt_write_pages(p + PAGE, 31);
}

PART void
shared_area_ends_inside(char *p)
{
   rt_write_pages(p, 20);
}

PART void
shared_across_tables(char *p)
{
   rt_write_pages(p, 48);
}

PART void
shared_after_sync(char *p)
{
   WRITE(p);
   SYS3(msync, p, 32 * PAGE, MS_SYNC);
   rt_write_pages(p, 32);
}

PART void
shared_after_sync_of_one(char *p)
{
   WRITE(p);
   SYS3(msync, p + 7 * PAGE, PAGE, MS_SYNC);
   rt_write_pages(p, 32);
}

/* Pages that were mapped together with one that was written are dirty too: the
   right to write comes back without a fault.  */
PART void
shared_made_writable_again(char *p)
{
   WRITE(p + 7 * PAGE);
   SYS3(mprotect, p, 32 * PAGE, PROT_READ);
   SYS3(mprotect, p, 32 * PAGE, PROT_RW);
   rt_write_pages(p, 32);
}

PART void
truncated(char *p, long fd)
{
   SYS2(ftruncate, fd, 20 * PAGE);
   rt_write_pages(p, 20);
}

static void
reads(struct rt *rt, char *a, long fd)
{
   long flags = MAP_PRIVATE | MAP_FIXED;

   RUN(rt, read_whole, rt_map(a, 96, PROT_READ, flags, fd, 0));
   RUN(rt, read_from_the_middle, rt_map(a, 96, PROT_READ, flags, fd, 0));
   RUN(rt, read_single, rt_map(a, 96, PROT_READ, flags, fd, 0) + 48 * PAGE);
   RUN(rt, read_end_of_file, rt_map(a, 96, PROT_READ, flags, fd, 0) + 64 * PAGE);
   RUN(rt, read_end_of_file_first,
       rt_map(a + 3 * TABLE_PAGES * PAGE, 96, PROT_READ, flags, fd, 0) + 64 * PAGE);
   SYS2(munmap, a, 96 * PAGE);          /* or the areas would merge */
   RUN(rt, read_area_ends_inside, rt_map(a, 20, PROT_READ, flags, fd, 0));
   SYS2(munmap, a, 96 * PAGE);
   RUN(rt, read_area_starts_inside,
       rt_map(a + 8 * PAGE, 40, PROT_READ, flags, fd, 8));
   RUN(rt, read_across_tables,
       rt_map(a + (TABLE_PAGES + 496) * PAGE, 48, PROT_READ, flags, fd, 0));
}

static void
writes(struct rt *rt, char *a, long fd)
{
   long flags = MAP_PRIVATE | MAP_FIXED;

   RUN(rt, private_write, rt_map(a, 96, PROT_RW, flags, fd, 0));
   RUN(rt, private_read_then_write, rt_map(a, 96, PROT_RW, flags, fd, 0));
   RUN(rt, private_write_then_read, rt_map(a, 96, PROT_RW, flags, fd, 0));
   flags = MAP_SHARED | MAP_FIXED;
   RUN(rt, shared_write, rt_map(a, 96, PROT_RW, flags, fd, 0));
   RUN(rt, shared_write_single, rt_map(a, 96, PROT_RW, flags, fd, 0) + 48 * PAGE);
   RUN(rt, shared_write_end_of_file,
       rt_map(a, 96, PROT_RW, flags, fd, 0) + 64 * PAGE);
   RUN(rt, shared_write_downwards, rt_map(a, 96, PROT_RW, flags, fd, 0));
   RUN(rt, shared_read_then_write, rt_map(a, 96, PROT_RW, flags, fd, 0));
   RUN(rt, shared_part_mapped, rt_map(a, 96, PROT_RW, flags, fd, 0));
   SYS2(munmap, a, 96 * PAGE);
   RUN(rt, shared_area_ends_inside, rt_map(a, 20, PROT_RW, flags, fd, 0));
   RUN(rt, shared_across_tables,
       rt_map(a + (TABLE_PAGES + 496) * PAGE, 48, PROT_RW, flags, fd, 0));
   RUN(rt, shared_after_sync, rt_map(a, 96, PROT_RW, flags, fd, 0));
   RUN(rt, shared_after_sync_of_one, rt_map(a, 96, PROT_RW, flags, fd, 0));
   RUN(rt, shared_made_writable_again, rt_map(a, 96, PROT_RW, flags, fd, 0));
}

int
guest(struct rt *rt)
{
   char *a = rt_reserve();
   long fd = rt_must(SYS3(open, rt->argv[1], O_RDWR, 0));

   for (int i = 0; i < 3; i++)
      WRITE(rt_map(a + (i * TABLE_PAGES + 256) * PAGE, 1, PROT_RW,
                   MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0));
   reads(rt, a, fd);
   writes(rt, a, fd);
   if (rt->argc > 2)
      RUN(rt, truncated, rt_map(a, 96, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0), fd);
   return 0;
}
