/* Pages that travel, heaps that shrink, mappings over mappings, and the stack; `move
   placed': where mappings are put.  */

#include "rt/rt.h"

void remap_moved(char *from, char *to);
void remap_shrunk(char *p);
void remap_grown(char *p);
void remap_grown_beside(char *from, char *to);
void remap_over(char *from, char *to);
void break_grows(char *start);
void break_shrinks(char *start);
void map_over(char *p);
void placed(void);
void unmap_and_map(char *p);
void stack_downwards(void);
void stack_read_downwards(void);
void stack_far_down(void);
void stack_pushes(void);

/* Four pages go with their frames, four more are new; the old place is empty.  */
PART void
remap_moved(char *from, char *to)
{
   rt_write_pages(from, 4);
   rt_must(SYS5(mremap, from, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to));
   rt_write_pages(to, 4);
   rt_write_pages(to + 4 * PAGE, 4);
   TRY_READ(from);
}

PART void
remap_shrunk(char *p)
{
   rt_write_pages(p, 8);
   rt_must(SYS4(mremap, p, 8 * PAGE, 3 * PAGE, 0));
   rt_write_pages(p, 3);
   TRY_READ(p + 3 * PAGE);
}

PART void
remap_grown(char *p)
{
   rt_write_pages(p, 2);
   rt_must(SYS4(mremap, p, 2 * PAGE, 5 * PAGE, 0));
   rt_write_pages(p, 2);
   rt_read_pages(p + 2 * PAGE, 3);
}

/* What grows has a neighbour below that came from elsewhere, which the kernel does not
   merge it with; there is room above, so it stays where it is.  */
PART void
remap_grown_beside(char *from, char *to)
{
   char *p = to + 4 * PAGE;

   rt_write_pages(from, 4);
   rt_write_pages(p, 4);
   rt_must(SYS5(mremap, from, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to));
   if (SYS4(mremap, p, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE) == (long)p)
      rt_write_pages(p, 8);
}

/* What was there before at the new place goes.  */
PART void
remap_over(char *from, char *to)
{
   rt_write_pages(to, 4);
   rt_read_pages(from, 2);
   rt_must(SYS5(mremap, from, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to));
   rt_read_pages(to, 4);
   rt_write_pages(to, 1);
}

PART void
break_grows(char *start)
{
   rt_must(SYS1(brk, start + 4 * PAGE));
   rt_write_pages(start, 4);
}

PART void
break_shrinks(char *start)
{
   rt_must(SYS1(brk, start + 2 * PAGE));
   rt_must(SYS1(brk, start + 6 * PAGE));
   rt_write_pages(start, 6);
}

PART void
map_over(char *p)
{
   rt_write_pages(p, 8);
   rt_map(p + 3 * PAGE, 2, PROT_RW, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
   rt_write_pages(p, 8);
}

PART void
unmap_and_map(char *p)
{
   rt_write_pages(p, 4);
   SYS2(munmap, p, 4 * PAGE);
   rt_map(p, 4, PROT_RW, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
   rt_read_pages(p, 4);
}

/* The runtime has touched 16 pages; everything here is below page 20.  */
#define STACK(pages, step)                                             \
   __asm__ volatile("movq %%rsp, %%rbx\n\t"                            \
                    "andq $-4096, %%rsp\n\t"                           \
                    "subq $" #pages " * 4096, %%rsp\n\t"               \
                    "movl $32, %%ecx\n"                                \
                    "1:\t" step "\n\t"                                 \
                    "decl %%ecx\n\t"                                   \
                    "jnz 1b\n\t"                                       \
                    "movq %%rbx, %%rsp"                                \
                    : : : "rax", "rbx", "rcx", "memory", "cc")

PART void
stack_downwards(void)
{
   STACK(20, "subq $4096, %%rsp\n\tmovb $1, (%%rsp)");
}

PART void
stack_read_downwards(void)
{
   STACK(60, "subq $4096, %%rsp\n\tmovb (%%rsp), %%al");
}

/* A big array on the stack, used from its far end up.  */
PART void
stack_far_down(void)
{
   STACK(200, "movb $1, (%%rsp)\n\taddq $4096, %%rsp");
}

/* 32 pushes of 8 bytes, from a page's start down: one page.  */
PART void
stack_pushes(void)
{
   STACK(300, "pushq %%rax");
}

/* A mapping goes right below the last one that took as much; what is in memory is not
   aligned for huge pages unless the administrator asks for these
   (shmem_get_unmapped_area).  */
PART void
placed(void)
{
   const long pages = 600;
   long fd = rt_must(SYS2(memfd_create, "guest", 0));
   char *above = rt_map(NULL, pages, PROT_RW, MAP_PRIVATE | MAP_ANON, -1, 0), *p;

   rt_must(SYS2(ftruncate, fd, pages * PAGE));
   p = rt_map(NULL, pages, PROT_RW, MAP_SHARED, fd, 0);
   if (p + pages * PAGE != above)
      SYS1(exit_group, 98);
   rt_write_pages(p, 3);
}

int
guest(struct rt *rt)
{
   char *a = rt_reserve();
   const long flags = MAP_PRIVATE | MAP_ANON | MAP_FIXED;
   char *start = (char *)((SYS1(brk, 0) + PAGE - 1) & -PAGE);

   if (rt->argc > 1) {
      RUN(rt, placed);
      return 0;
   }
   rt_catch(NULL, 0);
   RUN(rt, remap_moved, rt_map(a, 4, PROT_RW, flags, -1, 0), a + 64 * PAGE);
   RUN(rt, remap_shrunk, rt_map(a + 128 * PAGE, 8, PROT_RW, flags, -1, 0));
   SYS2(munmap, a + 160 * PAGE, 16 * PAGE);
   RUN(rt, remap_grown, rt_map(a + 160 * PAGE, 2, PROT_RW, flags, -1, 0));
   SYS2(munmap, a + 448 * PAGE, 32 * PAGE);
   rt_map(a + 452 * PAGE, 4, PROT_RW, flags, -1, 0);
   RUN(rt, remap_grown_beside, rt_map(a + 512 * PAGE, 4, PROT_RW, flags, -1, 0),
       a + 448 * PAGE);
   RUN(rt, remap_over, rt_map(a + 192 * PAGE, 4, PROT_RW, flags, -1, 0),
       rt_map(a + 256 * PAGE, 4, PROT_RW, flags, -1, 0));
   RUN(rt, break_grows, start);
   RUN(rt, break_shrinks, start);
   RUN(rt, map_over, rt_map(a + 320 * PAGE, 8, PROT_RW, flags, -1, 0));
   RUN(rt, unmap_and_map, rt_map(a + 384 * PAGE, 4, PROT_RW, flags, -1, 0));
   RUN(rt, stack_downwards);
   RUN(rt, stack_read_downwards);
   RUN(rt, stack_far_down);
   RUN(rt, stack_pushes);
   return 0;
}
