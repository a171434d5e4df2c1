#define _GNU_SOURCE
#include <alloca.h>
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "behave.h"

#define PAGE 4096ul
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static char *
anon(size_t bytes)
{
   return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static unsigned long
sum(const char *p, size_t bytes)
{
   unsigned long s = 0;

   for (size_t i = 0; i < bytes; i++)
      s = s * 31 + (unsigned char)p[i];
   return s;
}

static void
remaps(void)
{
   char *p = anon(8 * PAGE), *q, *blocker;
   unsigned long before;

   for (size_t i = 0; i < 8 * PAGE; i++)
      p[i] = (char)(i * 7);
   before = sum(p, 8 * PAGE);
   q = mremap(p, 8 * PAGE, 4096 * PAGE, MREMAP_MAYMOVE);
   check("grown", q != MAP_FAILED && sum(q, 8 * PAGE) == before);
   check("zero beyond", q[8 * PAGE] == 0 && q[4096 * PAGE - 1] == 0);
   q = mremap(q, 4096 * PAGE, 8 * PAGE, 0);
   check("shrunk", sum(q, 8 * PAGE) == before);
   blocker = anon(16 * PAGE);
   memset(blocker, 1, 16 * PAGE);
   p = mremap(q, 8 * PAGE, 8 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, blocker + 4 * PAGE);
   check("put over another", p == blocker + 4 * PAGE && sum(p, 8 * PAGE) == before);
   check("the rest of it", blocker[0] == 1 && blocker[15 * PAGE] == 1);
   check("in place is refused",
         mremap(blocker, PAGE, 20 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
}

static void
breaks(void)
{
   char *start = sbrk(0), *p = sbrk(40 * (long)PAGE);

   check("sbrk begins where it ended", p == start);
   memset(p, 3, 40 * PAGE);
   check("back", sbrk(-39 * (long)PAGE) == start + 40 * PAGE);
   check("still there", p[0] == 3 && p[PAGE - 1] == 3);
   check("again", sbrk(39 * (long)PAGE) == start + PAGE);
   check("fresh", p[2 * PAGE] == 0 && p[40 * PAGE - 1] == 0);
}

/* A heap as large as a program's may be: malloc takes it by brk.  */
void
case_heap(void)
{
   char *start = sbrk(0);
   unsigned long got = 0;

   for (int mib = 0; mib < 256; mib++) {
      char *piece = sbrk(1 << 20);

      if (piece == (char *)-1)
         break;
      got++;
      piece[12345] = (char)mib;
   }
   say("MiB of break", (long)got);
   check("in one piece", (unsigned long)((char *)sbrk(0) - start) == got << 20);
   check("what is in it", start[(100 << 20) + 12345] == 100);
   check("given back", brk(start) == 0 && sbrk(0) == start);
}

static void
fixed(void)
{
   char *p = anon(8 * PAGE), *q;

   memset(p, 5, 8 * PAGE);
   q = mmap(p + 2 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
   check("MAP_FIXED over a mapping", q == p + 2 * PAGE && q[0] == 0 && p[0] == 5 && p[4 * PAGE] == 5);
   munmap(p + 6 * PAGE, 2 * PAGE);
   q = mmap(p + 6 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
   check("MAP_FIXED_NOREPLACE into a hole", q == p + 6 * PAGE);
   q = mmap(p, 2 * PAGE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
   check("MAP_FIXED_NOREPLACE over a mapping leaves it", q != p && p[0] == 5);
   check("mprotect of a hole",
         munmap(p + PAGE, PAGE) == 0 && mprotect(p, 3 * PAGE, PROT_READ) == -1 && errno == ENOMEM);
}

static void
advice(void)
{
   char *p = anon(8 * PAGE);

   memset(p, 9, 8 * PAGE);
   check("MADV_DONTNEED", madvise(p + PAGE, PAGE, MADV_DONTNEED) == 0 && p[PAGE] == 0 && p[0] == 9);
   check("bad advice", madvise(p, PAGE, 9999) == -1 && errno == EINVAL);
   check("bad address", madvise(p + 1, PAGE, MADV_DONTNEED) == -1 && errno == EINVAL);
   check("mlock", mlock(p, PAGE) == 0 && munlock(p, PAGE) == 0);
   check("mincore", mincore(p, 8 * PAGE, (unsigned char *)alloca(8)) == 0);
}

void
case_memory(void)
{
   remaps();
   breaks();
   fixed();
   advice();
}

static __attribute__((noinline)) unsigned
deep(unsigned n)
{
   volatile char room[200];

   room[n % sizeof room] = (char)n;
   return n == 0 ? 0 : deep(n - 1) + (unsigned char)room[n % sizeof room] % 2;
}

static __attribute__((noinline)) unsigned
wide(size_t bytes)
{
   volatile char *p = alloca(bytes);

   p[0] = 1;                    /* the far end first */
   p[bytes / 2] = 2;
   p[bytes - 1] = 3;
   return (unsigned)(p[0] + p[bytes / 2] + p[bytes - 1]);
}

static void *
on_thread_stack(void *arg)
{
   (void)arg;
   return (void *)(uintptr_t)(deep(1000) + wide(200000));
}

void
case_stack(void)
{
   pthread_t thread;
   void *result = NULL;

   say("20000 calls deep", deep(20000));
   for (size_t mib = 1; mib <= 6; mib++)
      say("alloca of MiB", (long)(mib * 10 + wide(mib << 20)));
   say("20000 calls deep", deep(20000));
   pthread_create(&thread, NULL, on_thread_stack, NULL);
   pthread_join(thread, &result);
   say("on a thread's stack", (long)(uintptr_t)result);
}

static sigjmp_buf escape;
static volatile int right_stack;
static char *alternate;

static void
on_overflow(int signal)
{
   char here;

   (void)signal;
   right_stack = &here >= alternate && &here < alternate + 65536;
   siglongjmp(escape, 1);
}

static volatile unsigned bottom;

static __attribute__((noinline)) unsigned
endless(unsigned n)
{
   volatile char room[1000];

   room[n % 1000] = (char)n;
   bottom = n;
   if (n == ~0u)
      return 0;
   return endless(n + 1) + (unsigned char)room[n % 1000];
}

static void *
overflow_thread(void *arg)
{
   stack_t stack = {.ss_size = 65536};

   (void)arg;
   alternate = stack.ss_sp = malloc(65536);
   sigaltstack(&stack, NULL);
   if (sigsetjmp(escape, 1) == 0)
      endless(0);
   check("a thread's overflow is caught on the alternate stack", right_stack);
   return NULL;
}

void
case_overflow(void)
{
   struct sigaction action = {.sa_handler = on_overflow, .sa_flags = SA_ONSTACK};
   stack_t stack = {.ss_size = 65536};
   pthread_attr_t attributes;
   pthread_t thread;

   alternate = stack.ss_sp = malloc(65536);
   sigaltstack(&stack, NULL);
   sigaction(SIGSEGV, &action, NULL);
   if (sigsetjmp(escape, 1) == 0)
      endless(0);
   check("overflow is caught on the alternate stack", right_stack);
   check("after more than 900 calls", bottom > 900);
   say("and there is a stack again", deep(100));
   pthread_attr_init(&attributes);
   pthread_attr_setstacksize(&attributes, 128 << 10);
   pthread_create(&thread, &attributes, overflow_thread, NULL);
   pthread_join(thread, NULL);
   signal(SIGSEGV, SIG_DFL);
}

/* mov $n, %eax; ret  */
static void
write_code(char *p, int n)
{
   p[0] = (char)0xb8;
   memcpy(p + 1, &n, 4);
   p[5] = (char)0xc3;
}

static int
call(char *p)
{
   return ((int (*)(void))(uintptr_t)p)();
}

void
case_jit(void)
{
   char *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   long total = 0;

   for (int i = 0; i < 200; i++) {
      write_code(p, i);
      total += call(p);
   }
   say("code written over and over", total);
   total = 0;
   for (int i = 0; i < 20; i++) {
      mprotect(p, PAGE, PROT_READ | PROT_WRITE);
      write_code(p, i * 3);
      mprotect(p, PAGE, PROT_READ | PROT_EXEC);
      total += call(p);
   }
   say("writable or executable in turn", total);
   mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
   write_code(p + PAGE - 3, 77);
   say("across two pages", call(p + PAGE - 3));
   munmap(p, 2 * PAGE);
   p = mmap(p, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
   write_code(p + PAGE - 3, 78);
   say("unmapped, mapped, written anew", call(p + PAGE - 3));
}

void
case_no_memory(void)
{
   size_t enormous = (size_t)1 << 60;
   int n = 0;

   check("malloc of 2^60 bytes", malloc(enormous) == NULL && errno == ENOMEM);
   check("mmap of 2^60 bytes", anon(enormous) == MAP_FAILED && errno == ENOMEM);
   while (n < 100000 && mmap(NULL, (size_t)1 << 34, PROT_NONE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED)
      n++;
   check("address space runs out", n < 100000 && errno == ENOMEM);
   check("and life goes on", anon(PAGE) != MAP_FAILED && malloc(1000) != NULL);
}

/* RLIMIT_AS is the test's to set: pieces of 32 MiB until there are no more.  */
void
case_limit(void)
{
   enum { MOST = 4096 };
   static char *pieces[MOST];
   int n = 0;

   while (n < MOST && (pieces[n] = malloc(32 << 20)) != NULL)
      pieces[n++][5] = 1;
   check("malloc fails", n < MOST && errno == ENOMEM);
   while (n > 0)
      free(pieces[--n]);
   check("and life goes on", (pieces[0] = malloc(32 << 20)) != NULL);
}
