/* Shared anonymous memory, memfd and, as shm FILE, a file of a tmpfs: one page
   cache that no device stands behind.

   shm child, shm child-memfd: memory that a child makes half of.  */

#include "rt/rt.h"

void anon_read(char *p);
void anon_write(char *p);
void anon_read_then_write(char *p);
void anon_increment(char *p);
void anon_straddle(char *p);
void anon_dropped(char *p);
void anon_removed(char *p);
void system_v_dropped(char *p);
void memory_file_read(char *p);
void memory_file_write(char *p);
void memory_file_private(char *p);
void memory_file_grown(char *p, long fd);
void named_file_read(char *p);
void named_file_write(char *p);
void populate(void);
void memory_file_truncated(char *p, long fd);
void memory_file_punched(char *p, long fd);
void two_views(char *p, char *q);
void made_by_child(char *p);
void child_makes(char *p);
void shared_zero_device(char *p);

PART void
anon_read(char *p)
{
   rt_read_pages(p, 8);
}

PART void
anon_write(char *p)
{
   rt_write_pages(p, 8);
}

PART void
anon_read_then_write(char *p)
{
   rt_read_pages(p, 8);
   rt_write_pages(p, 8);
}

PART void
anon_increment(char *p)
{
   for (int i = 0; i < 8; i++)
      INCREMENT(p + i * PAGE);
}

PART void
anon_straddle(char *p)
{
   __asm__ volatile("movq %%rax, (%0)" : : "r"(p + PAGE - 4) : "memory");
}

/* MADV_DONTNEED takes the entries; the pages stay in the cache, and a write
   finds them there one by one.  */
PART void
anon_dropped(char *p)
{
   rt_write_pages(p, 8);
   SYS3(madvise, p, 8 * PAGE, MADV_DONTNEED);
   rt_write_pages(p, 8);
}

/* MADV_REMOVE takes the pages too.  */
PART void
system_v_dropped(char *p)
{
   rt_write_pages(p, 8);
   SYS3(madvise, p, 8 * PAGE, MADV_DONTNEED);
   rt_read_pages(p, 8);
}

PART void
anon_removed(char *p)
{
   rt_write_pages(p, 8);
   SYS3(madvise, p, 8 * PAGE, MADV_REMOVE);
   rt_read_pages(p, 8);
}

PART void
memory_file_read(char *p)
{
   rt_read_pages(p, 20);
}

PART void
memory_file_write(char *p)
{
   rt_write_pages(p, 20);
}

PART void
memory_file_private(char *p)
{
   rt_read_pages(p, 20);
   rt_write_pages(p, 5);
}

/* A file that ftruncate made longer has holes: each is filled when touched.  */
PART void
memory_file_grown(char *p, long fd)
{
   TRY_READ(p + 20 * PAGE);
   rt_must(SYS2(ftruncate, fd, 24 * PAGE));
   for (int i = 20; i < 24; i++)
      READ(p + i * PAGE);
}

PART void
named_file_read(char *p)
{
   rt_read_pages(p, 20);
   rt_write_pages(p, 20);
}

PART void
named_file_write(char *p)
{
   rt_write_pages(p, 20);
}

PART void
populate(void)
{
   char *p = rt_map(NULL, 8, PROT_RW, MAP_SHARED | MAP_ANON | MAP_POPULATE, -1, 0);

   rt_read_pages(p, 8);
   rt_write_pages(p, 8);
}

/* What one mapping made is there for the other, but has to be mapped.  */
PART void
two_views(char *p, char *q)
{
   rt_write_pages(p, 4);
   rt_write_pages(q, 4);
   rt_read_pages(p, 4);
}

PART void
child_makes(char *p)
{
   rt_write_pages(p, 20);
}

/* The child is gone.  */
PART void
made_by_child(char *p)
{
   rt_read_pages(p, 40);
}

/* Truncation takes pages out of the mapping, and what is there afterwards is new. */
PART void
memory_file_truncated(char *p, long fd)
{
   rt_write_pages(p, 4);
   rt_must(SYS2(ftruncate, fd, 2 * PAGE));
   TRY_READ(p + 3 * PAGE);
   rt_must(SYS2(ftruncate, fd, 4 * PAGE));
   rt_read_pages(p, 4);
}

/* FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE.  */
PART void
memory_file_punched(char *p, long fd)
{
   rt_write_pages(p, 4);
   rt_must(SYS4(fallocate, fd, 3, PAGE, 2 * PAGE));
   rt_read_pages(p, 4);
}

PART void
shared_zero_device(char *p)
{
   rt_write_pages(p, 4);
}

static char *
shared(long pages)
{
   return rt_map(NULL, pages, PROT_RW, MAP_SHARED | MAP_ANON, -1, 0);
}

/* System V shared memory, which goes with the guest.  */
static char *
attached(long pages)
{
   long id = rt_must(SYS3(shmget, 0, pages * PAGE, 01600));
   char *p = (char *)rt_must(SYS3(shmat, id, 0, 0));

   SYS3(shmctl, id, 0, 0);
   return p;
}

/* A child makes half of the memory at p.  */
static int
with_child(struct rt *rt, char *p)
{
   long pid = rt_must(SYS0(fork));

   rt_touch_stack(rt);
   if (pid == 0) {
      RUN(rt, child_makes, p);
      return 0;
   }
   rt_must(SYS4(wait4, pid, NULL, 0, NULL));
   RUN(rt, made_by_child, p);
   return 0;
}

int
guest(struct rt *rt)
{
   char *a = rt_reserve();
   long fd = rt_must(SYS2(memfd_create, "guest", 0));

   if (rt->argc > 1 && rt_same(rt->argv[1], "child"))
      return with_child(rt, rt_map(a, 40, PROT_RW, MAP_SHARED | MAP_ANON | MAP_FIXED, -1, 0));
   if (rt->argc > 1 && rt_same(rt->argv[1], "child-memfd")) {
      rt_must(SYS2(ftruncate, fd, 40 * PAGE));
      return with_child(rt, rt_map(a, 40, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0));
   }

   rt_catch(NULL, 0);
   RUN(rt, anon_read, shared(8));
   RUN(rt, anon_write, shared(8));
   RUN(rt, anon_read_then_write, shared(8));
   RUN(rt, anon_increment, shared(8));
   RUN(rt, anon_straddle, shared(2));
   RUN(rt, anon_dropped, shared(8));
   RUN(rt, anon_removed, shared(8));
   RUN(rt, system_v_dropped, attached(8));
   RUN(rt, populate);
   RUN(rt, shared_zero_device,
       rt_map(NULL, 4, PROT_RW, MAP_SHARED, rt_must(SYS2(open, "/dev/zero", O_RDWR)), 0));
   rt_fill(fd, 20);
   RUN(rt, memory_file_read, rt_map(a, 20, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0));
   RUN(rt, memory_file_write, rt_map(a, 20, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0));
   RUN(rt, memory_file_private, rt_map(a, 20, PROT_RW, MAP_PRIVATE | MAP_FIXED, fd, 0));
   RUN(rt, memory_file_grown, rt_map(a, 24, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0), fd);
   RUN(rt, two_views, rt_map(a, 4, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0),
       rt_map(a + 64 * PAGE, 4, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0));
   RUN(rt, memory_file_truncated, rt_map(a, 4, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0), fd);
   RUN(rt, memory_file_punched, rt_map(a, 4, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0), fd);
   if (rt->argc > 1) {
      fd = rt_file(rt->argv[1], 20);
      SYS1(unlink, rt->argv[1]);
      RUN(rt, named_file_read, rt_map(a, 20, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0));
      RUN(rt, named_file_write, rt_map(a, 20, PROT_RW, MAP_SHARED | MAP_FIXED, fd, 0));
   }
   return 0;
}
