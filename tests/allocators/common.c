/* malloc and its family, from an allocator's three functions: see allocator.h.  */

#define _GNU_SOURCE
#include "tests/allocators/allocator.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PUBLIC __attribute__((visibility("default")))
#define PAGE_BYTES ((size_t)4096)
#define SHIFTED ((size_t)2)

/* Initialised without code, as the loader allocates before it runs any of ours.  */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static struct {
   char *start, *top, *accessible, *end;
} heap;

/* ---- memory ---- */

/* Half as much where less is allowed (RLIMIT_AS).  */
static bool
heap_reserve(void)
{
   size_t bytes;

   for (bytes = HEAP_MOST_BYTES; bytes >= HEAP_STEP_BYTES; bytes /= 2) {
      void *start = mmap(NULL, bytes, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

      if (start != MAP_FAILED) {
         heap.start = heap.top = heap.accessible = start;
         heap.end = heap.start + bytes;
         return true;
      }
   }
   return false;
}

void *
heap_grow(size_t bytes)
{
   char *grown = heap.top;

   if (heap.start == NULL) {
      if (!heap_reserve())
         return NULL;
      grown = heap.top;
   }
   if (bytes > (size_t)(heap.end - heap.top))
      return NULL;
   if (bytes > (size_t)(heap.accessible - heap.top)) {
      size_t more = round_up(heap.top + bytes - heap.accessible, HEAP_STEP_BYTES);

      if (mprotect(heap.accessible, more, PROT_READ | PROT_WRITE) != 0)
         return NULL;
      heap.accessible += more;
   }
   heap.top += bytes;
   return grown;
}

/* ---- threads, and children of threads ---- */

static void
lock_heap(void)
{
   pthread_mutex_lock(&lock);
}

static void
unlock_heap(void)
{
   pthread_mutex_unlock(&lock);
}

/* A child has the thread that called fork alone: if another had the lock, nobody would
   give it back.  The library is linked with -z initfirst: others' handlers may allocate,
   and run while ours do not hold the lock if ours are the first.  */
__attribute__((constructor)) static void
survive_fork(void)
{
   pthread_atfork(lock_heap, unlock_heap, unlock_heap);
}

/* ---- one block ---- */

static size_t *
word_before(void *payload)
{
   return (size_t *)payload - 1;
}

/* The allocator's payload, in which this one lies.  */
static void *
unshifted(void *payload)
{
   size_t word = *word_before(payload);

   return word & SHIFTED ? (char *)payload - (word & ~SHIFTED) : payload;
}

static void *
allocate(size_t alignment, size_t bytes)
{
   size_t spare = alignment > ALIGNMENT ? alignment : 0;
   char *payload = NULL;

   if (bytes == 0)
      bytes = 1;
   if (spare <= HEAP_MOST_BYTES && bytes <= HEAP_MOST_BYTES - spare) {
      lock_heap();
      payload = heap_allocate(bytes + spare);
      unlock_heap();
   }
   if (payload == NULL)
      errno = ENOMEM;
   else if (spare != 0 && ((uintptr_t)payload & (alignment - 1)) != 0) {
      char *aligned = (char *)round_up((uintptr_t)payload, alignment);

      *word_before(aligned) = (size_t)(aligned - payload) | SHIFTED;
      payload = aligned;
   }
   return payload;
}

static size_t
usable(void *payload)
{
   char *whole = unshifted(payload);

   return heap_usable(whole) - (size_t)((char *)payload - whole);
}

static void
release(void *payload)
{
   lock_heap();
   heap_release(unshifted(payload));
   unlock_heap();
}

static bool
is_power_of_two(size_t number)
{
   return number != 0 && (number & (number - 1)) == 0;
}

/* ---- what programs call ---- */

PUBLIC void *
malloc(size_t bytes)
{
   return allocate(ALIGNMENT, bytes);
}

PUBLIC void
free(void *payload)
{
   if (payload != NULL)
      release(payload);
}

/* The block may have been used before, so all of it is written, fresh or not.  */
PUBLIC void *
calloc(size_t n, size_t each)
{
   size_t bytes;
   void *payload;

   if (__builtin_mul_overflow(n, each, &bytes)) {
      errno = ENOMEM;
      return NULL;
   }
   payload = allocate(ALIGNMENT, bytes);
   return payload == NULL ? NULL : memset(payload, 0, bytes);
}

/* In place where there is room and not twice as much as is needed; else by a copy.  */
PUBLIC void *
realloc(void *old, size_t bytes)
{
   size_t room;
   void *payload;

   if (old == NULL)
      return allocate(ALIGNMENT, bytes);
   if (bytes == 0) {
      release(old);
      return NULL;
   }
   room = usable(old);
   if (bytes <= room && bytes >= room / 2)
      return old;
   payload = allocate(ALIGNMENT, bytes);
   if (payload == NULL)
      return NULL;
   memcpy(payload, old, bytes < room ? bytes : room);
   release(old);
   return payload;
}

PUBLIC void *
reallocarray(void *old, size_t n, size_t each)
{
   size_t bytes;

   if (__builtin_mul_overflow(n, each, &bytes)) {
      errno = ENOMEM;
      return NULL;
   }
   return realloc(old, bytes);
}

PUBLIC int
posix_memalign(void **payload, size_t alignment, size_t bytes)
{
   int errno_before = errno;
   void *got;

   if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0)
      return EINVAL;
   got = allocate(alignment, bytes);
   errno = errno_before;
   if (got == NULL)
      return ENOMEM;
   *payload = got;
   return 0;
}

PUBLIC void *
aligned_alloc(size_t alignment, size_t bytes)
{
   if (!is_power_of_two(alignment)) {
      errno = EINVAL;
      return NULL;
   }
   return allocate(alignment, bytes);
}

PUBLIC void *
memalign(size_t alignment, size_t bytes)
{
   return aligned_alloc(alignment, bytes);
}

PUBLIC void *
valloc(size_t bytes)
{
   return allocate(PAGE_BYTES, bytes);
}

PUBLIC void *
pvalloc(size_t bytes)
{
   if (bytes > HEAP_MOST_BYTES) {
      errno = ENOMEM;
      return NULL;
   }
   return allocate(PAGE_BYTES, round_up(bytes == 0 ? 1 : bytes, PAGE_BYTES));
}

PUBLIC size_t
malloc_usable_size(void *payload)
{
   return payload == NULL ? 0 : usable(payload);
}
