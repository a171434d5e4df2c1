/* Accesses that are refused, some of them put right by a handler, and changes of
   rights that cost nothing.

   protect PATH: PATH is made, 4 pages long, and removed.  */

#include "rt/rt.h"

void read_none(char *p);
void write_read_only(char *p);
void write_file_read_only(char *p);
void read_unmapped(char *p);
void read_null(void);
void guard_page(char *p);
void straddle_into_guard(char *p);
void repair_fresh(char *p);
void repair_zero(char *p);
void repair_owned(char *p);
void map_in_handler(char *p);
void add_write_to_zeroes(char *p);
void add_write_to_owned(char *p);
void none_and_back(char *p);
void refused_by_kernel(char *p, long fd);
void call_without_right(char *p);
void call_unmapped(char *p);

PART void
read_none(char *p)
{
   TRY_READ(p);
   TRY_WRITE(p);
}

PART void
write_read_only(char *p)
{
   TRY_WRITE(p);
   READ(p);
   TRY_WRITE(p);
}

PART void
write_file_read_only(char *p)
{
   TRY_WRITE(p);
   READ(p);
   TRY_WRITE(p);
}

PART void
read_unmapped(char *p)
{
   TRY_READ(p);
   TRY_WRITE(p);
   TRY("incb (%0)", p);
}

PART void
read_null(void)
{
   TRY_READ(8L);
}

/* Down through four pages into the one that guards them.  */
PART void
guard_page(char *p)
{
   for (int i = 4; i >= 0; i--)
      TRY_WRITE(p + i * PAGE);
}

PART void
straddle_into_guard(char *p)
{
   TRY("movq %%rax, (%0)", p + PAGE - 4);
}

/* The handler gives the page the right to be written, and the store is made
   again.  */
PART void
repair_fresh(char *p)
{
   WRITE(p);
}

PART void
repair_zero(char *p)
{
   READ(p);
   WRITE(p);
}

PART void
repair_owned(char *p)
{
   WRITE(p);
   SYS3(mprotect, p, PAGE, PROT_READ);
   WRITE(p);
}

PART void
map_in_handler(char *p)
{
   WRITE(p);
}

PART void
add_write_to_zeroes(char *p)
{
   rt_read_pages(p, 8);
   SYS3(mprotect, p, 8 * PAGE, PROT_RW);
   rt_write_pages(p, 8);
}

PART void
add_write_to_owned(char *p)
{
   rt_write_pages(p, 8);
   SYS3(mprotect, p, 8 * PAGE, PROT_READ);
   rt_read_pages(p, 8);
   SYS3(mprotect, p, 8 * PAGE, PROT_RW);
   rt_write_pages(p, 8);
}

PART void
none_and_back(char *p)
{
   rt_write_pages(p, 8);
   SYS3(mprotect, p + 2 * PAGE, 3 * PAGE, PROT_NONE);
   SYS3(mprotect, p + 2 * PAGE, 3 * PAGE, PROT_RW);
   rt_write_pages(p, 8);
}

/* EFAULT: no signal, and no page.  */
PART void
refused_by_kernel(char *p, long fd)
{
   SYS4(pwrite, fd, p, 16, 0);
   SYS3(read, fd, p, 16);
}

PART void
call_without_right(char *p)
{
   WRITE(p);
   __asm__ volatile("call *%0" : : "r"(p) : "memory");
}

PART void
call_unmapped(char *p)
{
   __asm__ volatile("call *%0" : : "r"(p) : "memory");
}

static long
fault_page(void *info)
{
   return ((long *)info)[2] & -PAGE;    /* si_addr */
}

static void
on_fault_repair(int signal, void *info, void *context)
{
   (void)signal, (void)context;
   rt_must(SYS3(mprotect, fault_page(info), PAGE, PROT_RW));
}

static void
on_fault_map(int signal, void *info, void *context)
{
   (void)signal, (void)context;
   rt_map((void *)fault_page(info), 1, PROT_RW, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
}

/* Returns from a call that led to where nothing can run.  */
static void
on_fault_return(int signal, void *info, void *context)
{
   long *uc = context;
   long *rsp = (long *)uc[5 + 15];

   (void)signal, (void)info;
   uc[5 + 16] = *rsp;
   uc[5 + 15] = (long)(rsp + 1);
}

/* Pages 0 to 63 of the reservation: mapped without any right.  */
static char *
anon(char *a, long page, long pages, long prot)
{
   return rt_map(a + page * PAGE, pages, prot, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
}

int
guest(struct rt *rt)
{
   char *a = rt_reserve();
   long fd = rt_file(rt->argv[1], 4);
   char *gone = rt_fresh(4);

   SYS1(unlink, rt->argv[1]);
   SYS2(munmap, gone, 4 * PAGE);
   rt_catch(NULL, 0);
   RUN(rt, read_none, a);
   RUN(rt, write_read_only, anon(a, 8, 1, PROT_READ));
   RUN(rt, write_file_read_only, rt_map(a + 16 * PAGE, 1, PROT_READ, MAP_PRIVATE | MAP_FIXED, fd, 0));
   RUN(rt, read_unmapped, gone);
   RUN(rt, read_null);
   anon(a, 25, 4, PROT_RW);
   RUN(rt, guard_page, a + 24 * PAGE);
   anon(a, 32, 1, PROT_RW);
   RUN(rt, straddle_into_guard, a + 32 * PAGE);
   RUN(rt, add_write_to_zeroes, anon(a, 64, 8, PROT_READ));
   RUN(rt, add_write_to_owned, anon(a, 80, 8, PROT_RW));
   RUN(rt, none_and_back, anon(a, 96, 8, PROT_RW));
   RUN(rt, refused_by_kernel, a, fd);
   rt_action(SIGSEGV, on_fault_repair, 0);
   RUN(rt, repair_fresh, anon(a, 112, 1, PROT_READ));
   RUN(rt, repair_zero, anon(a, 128, 1, PROT_READ));
   RUN(rt, repair_owned, anon(a, 144, 1, PROT_RW));
   rt_action(SIGSEGV, on_fault_map, 0);
   RUN(rt, map_in_handler, gone);
   rt_action(SIGSEGV, on_fault_return, 0);
   RUN(rt, call_without_right, anon(a, 160, 1, PROT_RW));
   RUN(rt, call_unmapped, gone + 2 * PAGE);
   return 0;
}
