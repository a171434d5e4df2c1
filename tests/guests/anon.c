/* First touches of private anonymous memory, by every sort of instruction.  */

#include "rt/rt.h"

void read_fresh(char *p);
void write_fresh(char *p);
void read_then_write(char *p);
void write_then_read(char *p);
void increment_fresh(char *p);
void increment_after_read(char *p);
void increment_words(char *p);
void load_add_store_words(char *p);
void locked_fresh(char *p);
void straddle_read(char *p);
void straddle_write(char *p);
void straddle_increment(char *p);
void vector_write(char *p);
void rep_stosb(char *p);
void rep_movsb(char *from, char *to);
void repne_scasb(char *p);
void rep_cmpsb(char *a, char *b);
void dead_loads(char *p);
void conditional_move(char *p);
void prefetch(char *p);
void push_fresh(char *top);
void save_state(char *p);
void back_to_front(char *p);
void split_middle(char *p);
void through_zero_device(char *p);

PART void
read_fresh(char *p)
{
   rt_read_pages(p, 8);
}

PART void
write_fresh(char *p)
{
   rt_write_pages(p, 8);
}

PART void
read_then_write(char *p)
{
   rt_read_pages(p, 8);
   rt_write_pages(p, 8);
}

PART void
write_then_read(char *p)
{
   rt_write_pages(p, 8);
   rt_read_pages(p, 8);
}

PART void
increment_fresh(char *p)
{
   for (int i = 0; i < 8; i++)
      INCREMENT(p + i * PAGE);
}

PART void
increment_after_read(char *p)
{
   rt_read_pages(p, 8);
   for (int i = 0; i < 8; i++)
      INCREMENT(p + i * PAGE);
}

/* p[i]++ over 4 pages of 64-bit words, as a compiler that may choose writes it:
   one instruction for each word.  */
PART void
increment_words(char *p)
{
   for (long *q = (long *)p; q < (long *)(p + 4 * PAGE); q++)
      __asm__ volatile("incq (%0)" : : "r"(q) : "memory", "cc");
}

/* The same as a load, an addition and a store.  */
PART void
load_add_store_words(char *p)
{
   for (long *q = (long *)p; q < (long *)(p + 4 * PAGE); q++)
      __asm__ volatile("movq (%0), %%rax\n\tincq %%rax\n\tmovq %%rax, (%0)"
                       : : "r"(q) : "rax", "memory", "cc");
}

PART void
locked_fresh(char *p)
{
   long one = 1, zero = 0;

   __asm__ volatile("lock xaddq %0, (%1)" : "+r"(one) : "r"(p) : "memory", "cc");
   __asm__ volatile("lock cmpxchgq %1, (%2)"
                    : "+a"(zero) : "r"(one), "r"(p + PAGE) : "memory", "cc");
   one = 7;             /* differs from what is there: the comparison fails */
   __asm__ volatile("lock cmpxchgq %1, (%2)"
                    : "+a"(one) : "r"(zero), "r"(p + 2 * PAGE) : "memory", "cc");
   __asm__ volatile("xchgq %0, (%1)" : "+r"(one) : "r"(p + 3 * PAGE) : "memory");
   __asm__ volatile("lock incl (%0)" : : "r"(p + 4 * PAGE) : "memory", "cc");
   __asm__ volatile("cmpxchgl %%ecx, (%0)" : : "r"(p + 5 * PAGE)
                    : "rax", "rcx", "memory", "cc");
}

PART void
straddle_read(char *p)
{
   __asm__ volatile("movq (%0), %%rax" : : "r"(p + PAGE - 4) : "rax", "memory");
}

PART void
straddle_write(char *p)
{
   __asm__ volatile("movq %%rax, (%0)" : : "r"(p + PAGE - 4) : "memory");
}

PART void
straddle_increment(char *p)
{
   __asm__ volatile("incq (%0)" : : "r"(p + PAGE - 4) : "memory", "cc");
}

PART void
vector_write(char *p)
{
   __asm__ volatile("movups %%xmm0, (%0)" : : "r"(p + PAGE - 8) : "memory");
   __asm__ volatile("movups (%0), %%xmm0" : : "r"(p + 3 * PAGE - 8) : "memory");
}

PART void
rep_stosb(char *p)
{
   long n = 3 * PAGE;
   char *to = p + 100;

   __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(1) : "memory");
}

PART void
rep_movsb(char *from, char *to)
{
   long n = 3 * PAGE;

   __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

/* Looks for a 1 where all is 0.  */
PART void
repne_scasb(char *p)
{
   long n = 3 * PAGE;

   __asm__ volatile("repne scasb" : "+D"(p), "+c"(n) : "a"(1) : "memory", "cc");
}

PART void
rep_cmpsb(char *a, char *b)
{
   long n = 3 * PAGE;

   __asm__ volatile("repe cmpsb" : "+D"(a), "+S"(b), "+c"(n) : : "memory", "cc");
}

/* What a program does to have its memory there: loads that nobody uses.  */
PART void
dead_loads(char *p)
{
   for (int i = 0; i < 16; i++)
      (void)*(volatile char *)(p + i * PAGE);
}

/* A load whose condition is false is made all the same.  */
PART void
conditional_move(char *p)
{
   __asm__ volatile("xorl %%eax, %%eax\n\tcmovnzl (%0), %%ecx"
                    : : "r"(p) : "rax", "rcx", "memory", "cc");
   __asm__ volatile("xorl %%eax, %%eax\n\tcmovzl (%0), %%ecx"
                    : : "r"(p + PAGE) : "rax", "rcx", "memory", "cc");
}

PART void
prefetch(char *p)
{
   __asm__ volatile("prefetcht0 (%0)" : : "r"(p) : "memory");
   __asm__ volatile("prefetchw (%0)" : : "r"(p + PAGE) : "memory");
}

/* A stack that starts on a page boundary: two pushes, one page; 600 are 4800
   bytes, two pages.  */
PART void
push_fresh(char *top)
{
   __asm__ volatile("movq %%rsp, %%rbx\n\t"
                    "movq %0, %%rsp\n\t"
                    "movl $600, %%ecx\n"
                    "1:\tpushq %%rax\n\t"
                    "decl %%ecx\n\t"
                    "jnz 1b\n\t"
                    "movq %%rbx, %%rsp"
                    : : "r"(top) : "rbx", "rcx", "memory", "cc");
}

/* FXSAVE's area may cross a page: 512 bytes, of which the first 464 are written
   (Intel SDM vol. 1, table 10-2).  */
PART void
save_state(char *p)
{
   __asm__ volatile("fxsave (%0)" : : "r"(p + PAGE - 256) : "memory");
}

PART void
back_to_front(char *p)
{
   for (int i = 7; i >= 0; i--)
      WRITE(p + i * PAGE);
}

/* The middle is taken out and put back: it is fresh again.  */
PART void
split_middle(char *p)
{
   rt_write_pages(p, 8);
   SYS2(munmap, p + 2 * PAGE, 4 * PAGE);
   rt_map(p + 2 * PAGE, 4, PROT_RW, MAP_PRIVATE | MAP_ANON | MAP_FIXED, -1, 0);
   rt_read_pages(p, 8);
}

/* A private mapping of /dev/zero is anonymous memory (drivers/char/mem.c,
   mmap_zero).  */
PART void
through_zero_device(char *p)
{
   rt_read_pages(p, 4);
   rt_write_pages(p + 2 * PAGE, 4);
}

static char *
zero_device(long pages)
{
   long fd = rt_must(SYS2(open, "/dev/zero", O_RDWR));

   return rt_map(NULL, pages, PROT_RW, MAP_PRIVATE, fd, 0);
}

int
guest(struct rt *rt)
{
   RUN(rt, read_fresh, rt_fresh(8));
   RUN(rt, write_fresh, rt_fresh(8));
   RUN(rt, read_then_write, rt_fresh(8));
   RUN(rt, write_then_read, rt_fresh(8));
   RUN(rt, increment_fresh, rt_fresh(8));
   RUN(rt, increment_after_read, rt_fresh(8));
   RUN(rt, increment_words, rt_fresh(4));
   RUN(rt, load_add_store_words, rt_fresh(4));
   RUN(rt, locked_fresh, rt_fresh(6));
   RUN(rt, straddle_read, rt_fresh(2));
   RUN(rt, straddle_write, rt_fresh(2));
   RUN(rt, straddle_increment, rt_fresh(2));
   RUN(rt, vector_write, rt_fresh(4));
   RUN(rt, rep_stosb, rt_fresh(4));
   RUN(rt, rep_movsb, rt_fresh(3), rt_fresh(3));
   RUN(rt, repne_scasb, rt_fresh(3));
   RUN(rt, rep_cmpsb, rt_fresh(3), rt_fresh(3));
   RUN(rt, dead_loads, rt_fresh(16));
   RUN(rt, conditional_move, rt_fresh(2));
   RUN(rt, prefetch, rt_fresh(2));
   RUN(rt, push_fresh, rt_fresh(4) + 4 * PAGE);
   RUN(rt, save_state, rt_fresh(2));
   RUN(rt, back_to_front, rt_fresh(8));
   RUN(rt, split_middle, rt_fresh(8));
   RUN(rt, through_zero_device, zero_device(6));
   return 0;
}
