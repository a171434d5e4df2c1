/* What an allocator does to pages, for check-heap-pages, which works out what there is to
   be found from the addresses that this prints.

   usage: heap_pages MODE.  Nothing but the mode allocates: lines are written at once.  */

#define _GNU_SOURCE
#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define MIB (1 << 20)
#define N_SMALL 1000
#define N_LARGE 100

/* Through pointers that the compiler knows nothing of.  */
static void *(*volatile do_malloc)(size_t) = malloc;
static void *(*volatile do_realloc)(void *, size_t) = realloc;
static void (*volatile do_free)(void *) = free;

static void
say(const char *format, ...)
{
   char line[200];
   va_list arguments;
   int n;

   va_start(arguments, format);
   n = vsnprintf(line, sizeof line, format, arguments);
   va_end(arguments);
   if (write(1, line, (size_t)n) != n)
      abort();
}

static void
touch(volatile char *start, unsigned n_pages)
{
   while (n_pages-- != 0)
      start[n_pages * PAGE] = 1;
}

/* Ten pages are touched, and three of them and as many more are unmapped; then brk.  */
static void
direct(void)
{
   char *area = mmap(NULL, 100 * PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   char *heap;

   touch(area, 10);
   munmap(area, 6 * PAGE);
   heap = sbrk(0);
   if (sbrk(8 * PAGE) != heap)
      abort();
   touch((char *)(((uintptr_t)heap + PAGE - 1) & ~(uintptr_t)(PAGE - 1)), 3);
}

/* A mapping goes to a place of its own, and grows with that, is cut, and grows there.  */
static void
moves(void)
{
   char *room = mmap(NULL, 300 * PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   char *area = mmap(NULL, 30 * PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

   touch(area, 5);
   area = mremap(area, 30 * PAGE, 50 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, room);
   touch(area, 50);
   if (mremap(area, 50 * PAGE, 20 * PAGE, 0) != area ||
       mremap(area, 20 * PAGE, 27 * PAGE, 0) != area)
      abort();
   touch(area, 27);
}

/* Ten pages of a block that realloc copies are read there for the first time.  */
static void
copies(void)
{
   char *block = do_malloc(60000);

   memset(block, 1, 60000);
   do_malloc(10);
   madvise(block - (uintptr_t)block % PAGE + PAGE, 10 * PAGE, MADV_DONTNEED);
   do_realloc(block, 120000);
}

static __attribute__((noinline)) void
touch_byte(volatile char *byte)
{
   *byte = 1;
}

static void
take_turns(char *one, char *other)
{
   char *const both[] = {one, other};
   int i;

   for (i = 0; i < 3 * 2 * MIB / PAGE; i++)
      touch_byte(both[i % 2] + (size_t)(i / 2) % (MIB / PAGE) * PAGE);
}

/* One instruction misses the TLB in memory of nobody, of a block and of a mapping.  */
static void
turns(void)
{
   static char nobodys[MIB] __attribute__((aligned(PAGE)));
   char *block = do_malloc(2 * MIB);
   char *area = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0);

   block += PAGE - (uintptr_t)block % PAGE;
   take_turns(nobodys, block);
   take_turns(block, area);
}

/* Has an allocator's name, so it is one: the profile is written while it spins.  */
__attribute__((noinline)) void *
mallocx(size_t bytes, int flags)
{
   char *block = do_malloc(bytes), *inner = block - (uintptr_t)block % PAGE + PAGE;
   volatile unsigned n = 5 * 1000 * 1000;
   struct timespec time;

   (void)flags;
   clock_gettime(CLOCK_MONOTONIC, &time);
   syscall(SYS_getppid);
   touch(inner, 7);
   while (n != 0)
      n--;
   touch(inner + 7 * PAGE, 10);
   return block;
}

static void *(*volatile do_mallocx)(size_t, int) = mallocx;

static void
slow(void)
{
   do_mallocx(MIB, 0);
}

/* A block that glibc maps, three times over; in the last pages go and come.  */
static void
churn(void)
{
   char *block, *inner;
   int round;

   mallopt(M_MMAP_THRESHOLD, 128 * 1024);
   for (round = 0; round < 3; round++) {
      block = do_malloc(MIB);
      memset(block, 1, MIB);
      say("%p\n", (void *)block);
      if (round < 2)
         do_free(block);
   }
   inner = block - (uintptr_t)block % PAGE + PAGE;
   madvise(inner, 100 * PAGE, MADV_DONTNEED);
   touch(inner, 40);
   madvise(inner + 100 * PAGE, 10 * PAGE, MADV_FREE);
   if (fork() == 0) {
      do_malloc(100);
      _exit(0);
   }
   wait(NULL);
}

/* Of blocks of 100 bytes every hundredth stays.  */
static void
pins(void)
{
   static char *blocks[N_SMALL];
   int i;

   for (i = 0; i < N_SMALL; i++) {
      blocks[i] = do_malloc(100);
      memset(blocks[i], 1, 100);
   }
   for (i = 0; i < N_SMALL; i++)
      say("%p\n", (void *)blocks[i]);
   for (i = 0; i < N_SMALL; i++)
      if (i % 100 != 0)
         do_free(blocks[i]);
}

/* What is free at the heap's end goes back by brk.  Prints the last byte that malloc
   wrote, which is in the size of the free rest, and where the heap ends.  */
static void
trim(void)
{
   static char *blocks[N_LARGE];
   int i;

   mallopt(M_TRIM_THRESHOLD, 128 * 1024);
   for (i = 0; i < N_LARGE; i++) {
      blocks[i] = do_malloc(64 * 1024);
      memset(blocks[i], 1, 64 * 1024);
   }
   say("%p\n", (void *)(blocks[N_LARGE - 1] +
                        malloc_usable_size(blocks[N_LARGE - 1]) + 7));
   while (i-- > 0)
      do_free(blocks[i]);
   say("%p\n", sbrk(0));
}

int
main(int argc, char **argv)
{
   static const struct {
      const char *name;
      void (*run)(void);
   } modes[] = {{"direct", direct}, {"moves", moves}, {"copies", copies}, {"turns", turns}, {"slow", slow},
                {"churn", churn}, {"pins", pins}, {"trim", trim}};
   size_t i;

   for (i = 0; argc == 2 && i < sizeof modes / sizeof modes[0]; i++)
      if (strcmp(argv[1], modes[i].name) == 0) {
         modes[i].run();
         return 0;
      }
   return 2;
}
