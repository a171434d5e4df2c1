/* An allocator that does wrong, so that replay can be seen to find it out: what is said by
   WRONG in the environment, and to blocks of LARGE_BYTES and more alone, as the loader and
   the C library have to live with it.  It never uses memory again.  */

#include "tests/allocators/allocator.h"

#include <stdlib.h>
#include <string.h>

#define LARGE_BYTES 5000u
#define HEADER_BYTES ALIGNMENT

static char *last;

static size_t *
bytes_of(const void *payload)
{
   return (size_t *)payload - 2;
}

static bool
does_wrong(const char *what, size_t bytes)
{
   const char *wrong = getenv("WRONG");

   return bytes >= LARGE_BYTES && wrong != NULL && strcmp(wrong, what) == 0;
}

void *
heap_allocate(size_t bytes)
{
   size_t shift = does_wrong("alignment", bytes) ? 8 : 0;
   char *block;

   if (does_wrong("memory", bytes))
      return NULL;
   if (last != NULL && does_wrong("overlap", bytes))
      return last + ALIGNMENT;
   block = heap_grow(HEADER_BYTES + round_up(bytes + shift, ALIGNMENT));
   if (block == NULL)
      return NULL;
   block += HEADER_BYTES + shift;
   *bytes_of(block) = bytes;
   if (bytes >= LARGE_BYTES)
      last = block;
   return block;
}

void
heap_release(void *payload)
{
   if (last != NULL && does_wrong("release", *bytes_of(payload)))
      last[LARGE_BYTES / 2] ^= 1;
}

/* So realloc copies less than there is.  */
size_t
heap_usable(const void *payload)
{
   return does_wrong("copy", *bytes_of(payload)) ? 100 : *bytes_of(payload);
}
