/* calls: each function of the malloc family, once by the book, and where it has to refuse;
   then a child of fork, and one of a process whose other thread allocates.  Prints what is
   wrong, and whose malloc it was; exit status 1 if anything is wrong.  */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than any allocator has; not a constant, or the compiler warns.  */
static volatile size_t too_much = (size_t)PTRDIFF_MAX - 4096;
static volatile size_t half = (size_t)1 << 63;
/* The compiler takes the old block for freed, even where NULL came back.  */
static void *(*volatile resize_array)(void *, size_t, size_t) = reallocarray;
static int n_wrong;

static void
check(bool right, const char *what)
{
   if (!right) {
      printf("wrong: %s\n", what);
      n_wrong++;
   }
}

static bool
aligned(const void *block, size_t to)
{
   return block != NULL && (uintptr_t)block % to == 0;
}

static bool
all(const unsigned char *block, unsigned char byte, size_t bytes)
{
   while (bytes > 0)
      if (block[--bytes] != byte)
         return false;
   return true;
}

static void
check_sizes(void)
{
   size_t bytes;

   for (bytes = 0; bytes < 3000; bytes++) {
      unsigned char *block = malloc(bytes), *next = malloc(bytes);

      check(aligned(block, 16) && aligned(next, 16) && block != next, "malloc");
      check(malloc_usable_size(block) >= bytes, "malloc_usable_size");
      memset(block, 0xA5, malloc_usable_size(block));
      memset(next, 0x5A, malloc_usable_size(next));
      check(all(block, 0xA5, bytes), "a block's own contents");
      free(block);
      check(all(next, 0x5A, bytes), "a neighbour's contents after a free");
      free(next);
   }
   free(NULL);
   check(malloc_usable_size(NULL) == 0, "malloc_usable_size of NULL");
}

static void
check_calloc(void)
{
   unsigned char *block = malloc(5000);

   memset(block, 0xFF, 5000);
   free(block);
   block = calloc(50, 100);
   check(all(block, 0, 5000), "calloc after use");
   free(block);
   errno = 0;
   check(calloc(half, 2) == NULL && errno == ENOMEM, "calloc of a product too large");
}

static void
check_realloc(void)
{
   unsigned char *block = realloc(NULL, 10), *same;
   size_t bytes;

   check(aligned(block, 16), "realloc of NULL");
   memset(block, 7, 10);
   for (bytes = 11; bytes < 300000; bytes = bytes * 3 / 2) {
      block = realloc(block, bytes);
      check(aligned(block, 16) && all(block, 7, 10), "realloc to more");
   }
   block = realloc(block, 5);
   check(all(block, 7, 5), "realloc to less");
   errno = 0;
   same = realloc(block, too_much);
   check(same == NULL && errno == ENOMEM && all(block, 7, 5), "realloc to too much");
   errno = 0;
   same = resize_array(block, half, 2);
   check(same == NULL && errno == ENOMEM && all(block, 7, 5), "reallocarray to too much");
   block = resize_array(block, 100, 100);
   check(all(block, 7, 5), "reallocarray");
   free(block);
}

static void
check_alignment(void)
{
   size_t alignment;

   for (alignment = sizeof(void *); alignment <= 1 << 20; alignment *= 2) {
      unsigned char *blocks[3] = { NULL };
      void *block = NULL;
      int i;

      check(posix_memalign(&block, alignment, 100) == 0, "posix_memalign");
      blocks[0] = block;
      blocks[1] = aligned_alloc(alignment, 4 * alignment);
      blocks[2] = memalign(alignment, 32);
      for (i = 0; i < 3; i++) {
         check(aligned(blocks[i], alignment), "a block's alignment");
         memset(blocks[i], i, malloc_usable_size(blocks[i]));
      }
      check(malloc_usable_size(blocks[1]) >= 4 * alignment, "size of an aligned block");
      blocks[2] = realloc(blocks[2], 5000);
      check(all(blocks[2], 2, 32), "realloc of an aligned block");
      for (i = 0; i < 3; i++) {
         check(all(blocks[i], (unsigned char)i, 32), "contents of an aligned block");
         free(blocks[i]);
      }
   }
}

static void
check_pages(void)
{
   void *block = valloc(10), *pages = pvalloc(4097);

   check(aligned(block, 4096), "valloc");
   check(aligned(pages, 4096) && malloc_usable_size(pages) >= 8192, "pvalloc");
   free(block);
   free(pages);
}

static void
check_refusals(void)
{
   void *block = &block;

   errno = 0;
   check(malloc(too_much) == NULL && errno == ENOMEM, "malloc of too much");
   errno = 0;
   check(memalign(4096, too_much) == NULL && errno == ENOMEM, "memalign of too much");
   errno = 0;
   check(pvalloc(SIZE_MAX - half / 4096) == NULL && errno == ENOMEM, "pvalloc of too much");
   check(posix_memalign(&block, 24, 8) == EINVAL, "posix_memalign to 24");
   check(posix_memalign(&block, 4, 8) == EINVAL, "posix_memalign to 4");
   check(posix_memalign(&block, 64, too_much) == ENOMEM && block == &block,
         "posix_memalign of too much");
   errno = 1234;
   free(malloc(100));
   check(errno == 1234, "errno after free");
}

static atomic_bool stop;

static void *
allocate_always(void *unused)
{
   while (!atomic_load(&stop))
      free(malloc(1000));
   return unused;
}

/* The alarm ends a child that waits for a lock that nobody gives back.  */
static bool
child_can_allocate(void)
{
   int status;
   pid_t child = fork();

   if (child == 0) {
      void *block;

      alarm(30);
      block = malloc(100000);
      free(block);
      _exit(block == NULL);
   }
   return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static void
check_fork(void)
{
   pthread_t thread;
   bool all_can = true;
   int i;

   check(child_can_allocate(), "malloc in a child");
   if (pthread_create(&thread, NULL, allocate_always, NULL) != 0) {
      check(false, "a thread");
      return;
   }
   for (i = 0; i < 200 && all_can; i++)
      all_can = child_can_allocate();
   check(all_can, "malloc in a child of threads");
   atomic_store(&stop, true);
   pthread_join(thread, NULL);
}

int
main(void)
{
   Dl_info info = { 0 };

   check_sizes();
   check_calloc();
   check_realloc();
   check_alignment();
   check_pages();
   check_refusals();
   check_fork();
   dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info);
   printf("%d wrong, %s\n", n_wrong, strrchr(info.dli_fname, '/') + 1);
   return n_wrong != 0;
}
