/* Functions of the allocator that all others know of (heaptrack has no memalign, memcheck
   counts a realloc that fails), at sites that have different numbers of live bytes at the
   peak.  Sizes are multiples of 16: where others round them, they see the same peak.  */

#include <stdlib.h>
#include <string.h>

#define N 64

static void *(*volatile do_malloc)(size_t) = malloc;
static void *(*volatile do_realloc)(void *, size_t) = realloc;

static void *lists[5][N];

static __attribute__((noinline)) void *
deeper(int depth, size_t n_bytes)
{
   void *block = depth == 0 ? do_malloc(n_bytes) : deeper(depth - 1, n_bytes);

   memset(block, 1, n_bytes);
   return block;
}

static void
allocate(int i)
{
   size_t n_bytes = 16 * (size_t)(i + 1);

   lists[0][i] = deeper(i % 3, n_bytes);
   lists[1][i] = calloc(3, n_bytes);
   lists[2][i] = aligned_alloc(64, 64 * (size_t)(i + 1));
   if (posix_memalign(&lists[3][i], 4096, 16) != 0)
      abort();
   lists[4][i] = do_malloc(16);
}

/* In place most often, when it is the last block, and moved.  */
static void
grow(int i)
{
   lists[4][i] = do_realloc(lists[4][i], 16 * (size_t)(i + 2));
   lists[0][i] = do_realloc(lists[0][i], 16 * (size_t)(i % 5 + 1));
}

static void
release(int i)
{
   for (int list = 0; list < 5; list++)
      free(lists[list][i]);
}

/* With an argument it is another program where a library of that name is preloaded.  */
static void
allocate_more(const char *library)
{
   const char *preloaded = getenv("LD_PRELOAD");

   if (library != NULL && preloaded != NULL && strstr(preloaded, library) != NULL)
      lists[0][0] = do_malloc(4000);
}

int
main(int argc, char **argv)
{
   allocate_more(argc > 1 ? argv[1] : NULL);
   for (int i = 0; i < N; i++)
      allocate(i);
   for (int i = 0; i < N; i++)
      grow(i);
   for (int i = 0; i < N; i += 2)
      release(i);
   for (int i = 0; i < N; i += 4)
      allocate(i);
   for (int i = 1; i < N; i += 2)
      release(i);
   free(do_malloc(0));
   return reallocarray(NULL, 4, 12) == NULL;
}
