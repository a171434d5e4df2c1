/* Pages that are touched by being run.

   fetch PATH: PATH is made, 20 pages long, and removed.  */

#include "rt/rt.h"

void call_file_pages(char *p);
void call_read_pages(char *p);
void write_code(char *p);
void call_written(char *p);
void patch_code(char *p);
void call_protected(char *p);
void slide_through(char *p, char *scratch);
void write_text(void);

#define RET 0xc3

static inline __attribute__((always_inline)) void
call(char *p)
{
   __asm__ volatile("call *%0" : : "r"(p) : "rax", "memory");
}

PART void
call_file_pages(char *p)
{
   for (int i = 0; i < 20; i++)
      call(p + i * PAGE);
}

/* What a load has mapped need not be mapped for a fetch.  */
PART void
call_read_pages(char *p)
{
   rt_read_pages(p, 20);
   for (int i = 0; i < 20; i++)
      call(p + i * PAGE);
}

/* mov $1, %eax; ret  */
PART void
write_code(char *p)
{
   p[0] = (char)0xb8;
   p[1] = 1;
   p[5] = (char)RET;
}

PART void
call_written(char *p)
{
   call(p);
}

/* Ten times: run it, add what it returns, and make it return one more.  */
PART void
patch_code(char *p)
{
   long sum = 0;

   for (int i = 0; i < 10; i++) {
      long n;

      __asm__ volatile("call *%1" : "=a"(n) : "r"(p) : "memory");
      sum += n;
      ((volatile char *)p)[1]++;
   }
   if (sum != 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 9 + 10)
      SYS1(exit_group, 98);
}

PART void
call_protected(char *p)
{
   SYS3(mprotect, p, PAGE, PROT_READ | PROT_EXEC);
   call(p);
}

/* A fresh page that can be run holds zeroes, and 00 00 is add %al, (%rax): 2048
   of them lead to the next page, which holds a return.  */
PART void
slide_through(char *p, char *scratch)
{
   p[PAGE] = (char)RET;
   __asm__ volatile("call *%1" : "+a"(scratch) : "r"(p) : "memory", "cc");
}

/* A byte of the program's own text that nothing runs.  */
__asm__(".text\n\t.p2align 12\nspare:\n\t.skip 4096, 0xcc\n");
extern char spare[] __attribute__((visibility("hidden")));

PART void
write_text(void)
{
   rt_must(SYS3(mprotect, spare, PAGE, PROT_RW | PROT_EXEC));
   WRITE(spare + 8);
}

int
guest(struct rt *rt)
{
   const long rwx = PROT_RW | PROT_EXEC, rx = PROT_READ | PROT_EXEC;
   long fd = rt_file(rt->argv[1], 20);
   char *a = rt_reserve(), ret = (char)RET, *jit;

   SYS1(unlink, rt->argv[1]);
   for (int i = 0; i < 20; i++)
      rt_must(SYS4(pwrite, fd, &ret, 1, i * PAGE));
   RUN(rt, call_file_pages, rt_map(a, 20, rx, MAP_PRIVATE | MAP_FIXED, fd, 0));
   RUN(rt, call_read_pages, rt_map(a + 64 * PAGE, 20, rx, MAP_PRIVATE | MAP_FIXED, fd, 0));
   jit = rt_map(NULL, 1, rwx, MAP_PRIVATE | MAP_ANON, -1, 0);
   RUN(rt, write_code, jit);
   RUN(rt, call_written, jit);
   RUN(rt, patch_code, jit);
   RUN(rt, call_protected, jit);
   WRITE(jit = rt_fresh(1));
   RUN(rt, slide_through, rt_map(NULL, 2, rwx, MAP_PRIVATE | MAP_ANON, -1, 0), jit);
   RUN(rt, write_text);
   return 0;
}
