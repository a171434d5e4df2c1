/* What an allocator is asked for, counted by hand in check-heap.

   usage: heap MODE.  The C++ operators are called by their names in the library, so that
   no compiler leaves pairs of them out.  */

#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void *_Znwm(size_t bytes);
void *_Znam(size_t bytes);
void *_ZnwmRKSt9nothrow_t(size_t bytes, const void *nothrow);
void *_ZnamRKSt9nothrow_t(size_t bytes, const void *nothrow);
void *_ZnwmSt11align_val_t(size_t bytes, size_t alignment);
void *_ZnamSt11align_val_t(size_t bytes, size_t alignment);
void _ZdlPv(void *block);
void _ZdaPv(void *block);
void _ZdlPvm(void *block, size_t bytes);
void _ZdaPvm(void *block, size_t bytes);
void _ZdlPvSt11align_val_t(void *block, size_t alignment);
void _ZdaPvmSt11align_val_t(void *block, size_t bytes, size_t alignment);
extern const char _ZSt7nothrow;

/* Through pointers that the compiler knows nothing of.  */
static void *(*volatile do_malloc)(size_t) = malloc;
static void *(*volatile do_calloc)(size_t, size_t) = calloc;
static void *(*volatile do_realloc)(void *, size_t) = realloc;
static void (*volatile do_free)(void *) = free;

static void
plain(void)
{
   void *a = do_malloc(100), *b = do_calloc(3, 50), *c;

   a = do_realloc(a, 300);
   if (do_realloc(a, SIZE_MAX / 4) != NULL)
      abort();
   do_free(b);
   do_free(a);
   a = reallocarray(NULL, 4, 26);
   do_free(a);
   a = aligned_alloc(64, 128);
   b = memalign(32, 8);
   if (posix_memalign(&c, 4096, 40) != 0)
      abort();
   do_free(a);
   do_free(b);
   do_free(c);
   a = valloc(11);
   do_free(a);
   a = do_malloc(0);
   do_free(a);
   do_free(NULL);
   do_malloc(17);
}

static void
operators(void)
{
   _ZdlPv(_Znwm(1));
   _ZdaPv(_Znam(2));
   _ZdlPvm(_ZnwmRKSt9nothrow_t(3, &_ZSt7nothrow), 3);
   _ZdaPvm(_ZnamRKSt9nothrow_t(4, &_ZSt7nothrow), 4);
   _ZdlPvSt11align_val_t(_ZnwmSt11align_val_t(64, 64), 64);
   _ZdaPvmSt11align_val_t(_ZnamSt11align_val_t(128, 64), 128, 64);
}

static sigjmp_buf out;

static void
handler(int number)
{
   (void)number;
   do_free(do_malloc(5));
   siglongjmp(out, 1);
}

/* The allocator stores its result where nothing may be written, and is left.  */
static void
leave_by_signal(void)
{
   void **volatile nowhere = (void **)(uintptr_t)leave_by_signal;

   signal(SIGSEGV, handler);
   if (sigsetjmp(out, 1) == 0 && posix_memalign(nowhere, 64, 1000) == 0)
      abort();
   do_free(do_malloc(6));
}

static void *
thread(void *blocks)
{
   for (int i = 0; i < 10; i++)
      ((void **)blocks)[i] = do_malloc(50);
   return NULL;
}

static void
threads(void)
{
   void *blocks[4][10];
   pthread_t ids[4];

   for (int i = 0; i < 4; i++)
      pthread_create(&ids[i], NULL, thread, blocks[i]);
   for (int i = 0; i < 4; i++)
      pthread_join(ids[i], NULL);
   for (int i = 0; i < 4; i++)
      for (int j = 0; j < 10; j++)
         do_free(blocks[i][j]);
}

static void
forks(void)
{
   void *block = do_malloc(1000);

   if (fork() == 0) {
      do_free(block);
      do_malloc(10);
      _exit(0);
   }
   wait(NULL);
}

/* A block by a mapping of its own, and one that is moved.  */
static void
faults(void)
{
   char text[40], *block = do_malloc(1 << 20);
   void *behind;

   for (size_t i = 0; i < 1 << 20; i += 4096)
      ((volatile char *)block)[i] = 1;
   block = do_malloc(60000);
   memset(block, 1, 60000);
   behind = do_malloc(10);
   block = do_realloc(block, 120000);
   write(1, text, (size_t)snprintf(text, sizeof text, "%lu\n", (unsigned long)block));
   do_free(behind);
}

int
main(int argc, char **argv)
{
   static const struct {
      const char *name;
      void (*run)(void);
   } modes[] = {{"plain", plain}, {"operators", operators}, {"signal", leave_by_signal},
                {"threads", threads}, {"forks", forks}, {"faults", faults}};

   for (size_t i = 0; argc == 2 && i < sizeof modes / sizeof modes[0]; i++)
      if (strcmp(argv[1], modes[i].name) == 0)
         modes[i].run();
   return 0;
}
