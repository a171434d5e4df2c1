/* fork: which entries the child gets, and who copies what.

   forks PATH: PATH is made, 8 pages long, and removed.  The parent and the child
   take turns through two pipes, so that the order is always the same.  The areas
   lie 16 pages apart or more, so that none merges with another; their places are
   in pages from an address that is a multiple of 2 MiB.  */

#include "rt/rt.h"

enum {
   WRITTEN = 0,                 /* 6 pages, written */
   ZEROES = 16,                 /* 3 pages, read: no frame in the area */
   MIXED = 32,                  /* 3 pages written, 3 read */
   FILE_READ = 64,              /* private, 8 pages read */
   FILE_COPIED = 80,            /* private, 2 pages written, then 8 read */
   SHARED_MEMORY = 96,          /* 4 pages written */
   SHARED_FILE = 112,           /* 8 pages read */
   WIPED = 128                  /* 4 pages written, MADV_WIPEONFORK */
};

void parent_prepare(char *a);
void parent_write_first(char *a);
void parent_read(char *a);
void parent_write_last(char *a);
void child_read(char *a);
void child_write_shared(char *a);
void child_write_left(char *a);
void child_zeroes(char *a);
void child_mixed(char *a);
void child_file(char *a);
void child_file_copied(char *a);
void child_shared_memory(char *a);
void child_shared_file(char *a);
void child_wiped(char *a);
void child_own(void);

PART void
parent_prepare(char *a)
{
   rt_write_pages(a + WRITTEN * PAGE, 6);
   rt_read_pages(a + ZEROES * PAGE, 3);
   rt_write_pages(a + MIXED * PAGE, 3);
   rt_read_pages(a + (MIXED + 3) * PAGE, 3);
   rt_read_pages(a + FILE_READ * PAGE, 8);
   rt_write_pages(a + FILE_COPIED * PAGE, 2);
   rt_read_pages(a + FILE_COPIED * PAGE, 8);
   rt_write_pages(a + SHARED_MEMORY * PAGE, 4);
   rt_read_pages(a + SHARED_FILE * PAGE, 8);
   rt_write_pages(a + WIPED * PAGE, 4);
}

/* The child waits: both own all six frames.  */
PART void
parent_write_first(char *a)
{
   rt_write_pages(a + WRITTEN * PAGE, 3);
   rt_write_pages(a + WRITTEN * PAGE, 3);
}

PART void
parent_read(char *a)
{
   rt_read_pages(a + WRITTEN * PAGE, 6);
   rt_read_pages(a + ZEROES * PAGE, 3);
   rt_read_pages(a + MIXED * PAGE, 6);
   rt_read_pages(a + FILE_COPIED * PAGE, 8);
   rt_write_pages(a + SHARED_MEMORY * PAGE, 4);
}

/* The child is gone.  */
PART void
parent_write_last(char *a)
{
   rt_write_pages(a + WRITTEN * PAGE, 6);
   rt_write_pages(a + MIXED * PAGE, 6);
}

PART void
child_read(char *a)
{
   rt_read_pages(a + WRITTEN * PAGE, 6);
}

PART void
child_write_shared(char *a)
{
   rt_write_pages(a + (WRITTEN + 3) * PAGE, 3);
}

/* The parent has copied these and let go of them.  */
PART void
child_write_left(char *a)
{
   rt_write_pages(a + WRITTEN * PAGE, 3);
}

PART void
child_zeroes(char *a)
{
   rt_read_pages(a + ZEROES * PAGE, 3);
   rt_write_pages(a + ZEROES * PAGE, 3);
}

PART void
child_mixed(char *a)
{
   rt_read_pages(a + MIXED * PAGE, 6);
   rt_write_pages(a + MIXED * PAGE, 6);
}

PART void
child_file(char *a)
{
   rt_read_pages(a + FILE_READ * PAGE, 8);
}

PART void
child_file_copied(char *a)
{
   rt_read_pages(a + FILE_COPIED * PAGE, 8);
   rt_write_pages(a + FILE_COPIED * PAGE, 3);
}

PART void
child_shared_memory(char *a)
{
   rt_read_pages(a + SHARED_MEMORY * PAGE, 4);
   rt_write_pages(a + SHARED_MEMORY * PAGE, 4);
}

PART void
child_shared_file(char *a)
{
   rt_read_pages(a + SHARED_FILE * PAGE, 8);
   rt_write_pages(a + SHARED_FILE * PAGE, 4);
}

PART void
child_wiped(char *a)
{
   rt_read_pages(a + WIPED * PAGE, 2);
   rt_write_pages(a + (WIPED + 2) * PAGE, 2);
}

PART void
child_own(void)
{
   rt_write_pages(rt_fresh(4), 4);
}

static void
areas(char *a, long fd)
{
   const long anon = MAP_PRIVATE | MAP_ANON | MAP_FIXED;

   rt_map(a + WRITTEN * PAGE, 6, PROT_RW, anon, -1, 0);
   rt_map(a + ZEROES * PAGE, 3, PROT_RW, anon, -1, 0);
   rt_map(a + MIXED * PAGE, 6, PROT_RW, anon, -1, 0);
   rt_map(a + FILE_READ * PAGE, 8, PROT_RW, MAP_PRIVATE | MAP_FIXED, fd, 0);
   rt_map(a + FILE_COPIED * PAGE, 8, PROT_RW, MAP_PRIVATE | MAP_FIXED, fd, 0);
   rt_map(a + SHARED_MEMORY * PAGE, 4, PROT_RW, MAP_SHARED | MAP_ANON | MAP_FIXED, -1, 0);
   rt_map(a + SHARED_FILE * PAGE, 8, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0);
   rt_map(a + WIPED * PAGE, 4, PROT_RW, anon, -1, 0);
   rt_must(SYS3(madvise, a + WIPED * PAGE, 4 * PAGE, MADV_WIPEONFORK));
}

static int
child(struct rt *rt, char *a, int *wait)
{
   char c;

   rt_touch_stack(rt);
   SYS3(read, wait[0], &c, 1);
   RUN(rt, child_read, a);
   RUN(rt, child_write_shared, a);
   RUN(rt, child_write_left, a);
   RUN(rt, child_zeroes, a);
   RUN(rt, child_mixed, a);
   RUN(rt, child_file, a);
   RUN(rt, child_file_copied, a);
   RUN(rt, child_shared_memory, a);
   RUN(rt, child_shared_file, a);
   RUN(rt, child_wiped, a);
   RUN(rt, child_own);
   return 3;
}

int
guest(struct rt *rt)
{
   char *a = rt_reserve();
   long fd = rt_file(rt->argv[1], 8), pid;
   int go[2], status = -1;

   SYS1(unlink, rt->argv[1]);
   areas(a, fd);
   rt_must(SYS1(pipe, go));
   RUN(rt, parent_prepare, a);
   pid = rt_must(SYS0(fork));
   if (pid == 0)
      return child(rt, a, go);
   rt_touch_stack(rt);
   RUN(rt, parent_write_first, a);
   RUN(rt, parent_read, a);
   SYS3(write, go[1], "", 1);
   rt_must(SYS4(wait4, pid, &status, 0, NULL));
   RUN(rt, parent_write_last, a);
   return status == 3 << 8 ? 0 : 1;
}
