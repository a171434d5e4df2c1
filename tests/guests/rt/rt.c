#include "rt.h"

#define RUSAGE_THREAD 1
#define RU_MINFLT 8             /* as words of struct rusage */
#define RU_MAJFLT 9

#define PR_SET_THP_DISABLE 41

#define SA_SIGINFO 4L
#define SA_RESTORER 0x04000000L
#define SA_ONSTACK 0x08000000L

#define UC_RIP (5 + 16)         /* as words of struct ucontext */

/* CLONE_ VM FS FILES SIGHAND THREAD SYSVSEM PARENT_SETTID CHILD_CLEARTID  */
#define THREAD_FLAGS 0x00350f00L

void rt_main(long *block);
void rt_restorer(void);
long rt_clone(long flags, char *stack_top, int *parent_word, int *child_word,
              void (*fn)(void *), void *arg);

int
rt_same(const char *a, const char *b)
{
   while (*a != '\0' && *a == *b)
      a++, b++;
   return *a == *b;
}

long
rt_number(const char *text)
{
   long n = 0;

   for (; *text >= '0' && *text <= '9'; text++)
      n = n * 10 + (*text - '0');
   return n;
}

void
rt_main(long *block)
{
   struct rt rt;

   rt.argc = block[0];
   rt.argv = (char **)(block + 1);
   rt.envp = rt.argv + rt.argc + 1;
   rt.parts = 0;
   for (char **e = rt.envp; *e != NULL; e++)
      if (rt_same(*e, "VMT_PARTS=1"))
         rt.parts = 1;
   if (rt.parts)
      SYS5(prctl, PR_SET_THP_DISABLE, 1, 0, 0, 0);
   SYS1(exit_group, guest(&rt));
}

static char *
append_number(char *to, long n)
{
   char digits[20];
   int k = 0;

   do
      digits[k++] = (char)('0' + n % 10);
   while ((n /= 10) > 0);
   *to++ = ' ';
   while (k > 0)
      *to++ = digits[--k];
   return to;
}

void
rt_part_begin(struct rt *rt)
{
   if (rt->parts)
      SYS2(getrusage, RUSAGE_THREAD, rt->before);
}

void
rt_part_end(struct rt *rt, const char *name)
{
   long after[18];
   char line[100], *p = line;

   if (!rt->parts)
      return;
   SYS2(getrusage, RUSAGE_THREAD, after);
   for (const char *s = "part "; *s != '\0'; s++)
      *p++ = *s;
   for (; *name != '\0'; name++)
      *p++ = *name;
   p = append_number(p, after[RU_MINFLT] - rt->before[RU_MINFLT]);
   p = append_number(p, after[RU_MAJFLT] - rt->before[RU_MAJFLT]);
   *p++ = '\n';
   SYS3(write, 1, line, p - line);
}

char *
rt_reserve(void)
{
   const long bytes = 16L << 20;
   char *p = rt_map(NULL, 2 * bytes / PAGE, PROT_NONE,
                    MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);

   return (char *)(((long)p + bytes - 1) & -bytes);
}

void
rt_fill(long fd, long pages)
{
   char page[PAGE];

   for (long i = 0; i < PAGE; i++)
      page[i] = (char)('a' + i % 26);
   for (long i = 0; i < pages; i++)
      rt_must(SYS4(pwrite, fd, page, PAGE, i * PAGE));
}

long
rt_file(const char *path, long pages)
{
   long fd = rt_must(SYS3(open, path, O_RDWR | O_CREAT | O_TRUNC, 0600));

   rt_fill(fd, pages);
   return fd;
}

/* The table that TRY writes; one empty entry, so that it is always there.  */
extern const int __start_fixups[] __attribute__((visibility("hidden")));
extern const int __stop_fixups[] __attribute__((visibility("hidden")));
__asm__(".pushsection fixups, \"a\"\n\t.long 0, 0\n\t.popsection");

/* Jumps over the instruction that faulted, if it was written with TRY.  */
static void
on_fault(int signal, void *info, void *context)
{
   long *uc = context;
   long rip = uc[UC_RIP];

   (void)info;
   for (const int *f = __start_fixups; f < __stop_fixups; f += 2)
      if ((long)f + f[0] == rip) {
         uc[UC_RIP] = (long)(f + 1) + f[1];
         return;
      }
   SYS1(exit_group, 100 + signal);
}

void
rt_action(long signal, void (*handler)(int, void *, void *), long flags)
{
   long action[4] = {(long)handler, SA_SIGINFO | SA_RESTORER | flags,
                     (long)rt_restorer, 0};

   rt_must(SYS4(sigaction, signal, action, NULL, 8));
}

void
rt_catch(void *stack, long bytes)
{
   long flags = 0;

   if (stack != NULL) {
      long alternate[3] = {(long)stack, 0, bytes};

      rt_must(SYS2(sigaltstack, alternate, NULL));
      flags = SA_ONSTACK;
   }
   for (const int *f = __start_fixups; f < __stop_fixups; f++)
      READ((const char *)f);
   rt_action(SIGSEGV, on_fault, flags);
   rt_action(SIGBUS, on_fault, flags);
}

void
rt_touch_stack(struct rt *rt)
{
   char room[15 * PAGE];
   char *top = (char *)(rt + 1);

   for (char *p = room; p < top; p += PAGE)
      __asm__ volatile("orb $0, (%0)" : : "r"(p) : "memory", "cc");
   __asm__ volatile("orb $0, (%0)" : : "r"(top) : "memory", "cc");
}

long
rt_thread(void (*fn)(void *), void *arg, char *stack_top, int *tid_word,
          int *clear_word)
{
   *clear_word = 1;
   return rt_must(rt_clone(THREAD_FLAGS, stack_top, tid_word, clear_word, fn, arg));
}

void
rt_join(int *clear_word)
{
   const long wait = 0;         /* FUTEX_WAIT */

   while (*(volatile int *)clear_word != 0)
      SYS4(futex, clear_word, wait, 1, 0);
}
