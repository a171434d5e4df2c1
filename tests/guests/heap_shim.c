/* A library to be preloaded, between the program and the next malloc: each block has a
   header of its own there, as with one that counts.  The next functions are looked for
   when the first block is wanted; what that takes itself comes from an array.  */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HEADER_BYTES 16

void *malloc(size_t bytes);
void *calloc(size_t n, size_t bytes);
void *realloc(void *block, size_t bytes);
void free(void *block);

static char early[4096] __attribute__((aligned(16)));
static size_t n_early;
static void *(*next_malloc)(size_t);
static void (*next_free)(void *);

static void *
take_early(size_t bytes)
{
   void *taken = early + n_early;

   n_early += (bytes + 15) & ~(size_t)15;
   return n_early <= sizeof early ? taken : NULL;
}

static void
find_next(void)
{
   next_malloc = take_early;
   next_free = (void (*)(void *))dlsym(RTLD_NEXT, "free");
   next_malloc = (void *(*)(size_t))dlsym(RTLD_NEXT, "malloc");
}

void *
malloc(size_t bytes)
{
   size_t *header;

   if (next_malloc == NULL)
      find_next();
   header = next_malloc(bytes + HEADER_BYTES);
   if (header == NULL)
      return NULL;
   *header = bytes;
   return (char *)header + HEADER_BYTES;
}

void
free(void *block)
{
   uintptr_t place = (uintptr_t)block;

   if (block != NULL && place - (uintptr_t)early >= sizeof early)
      next_free((char *)block - HEADER_BYTES);
}

void *
calloc(size_t n, size_t bytes)
{
   void *block = bytes != 0 && n > SIZE_MAX / bytes ? NULL : malloc(n * bytes);

   return block == NULL ? NULL : memset(block, 0, n * bytes);
}

void *
realloc(void *block, size_t bytes)
{
   void *moved = malloc(bytes);
   size_t old;

   if (block != NULL && moved != NULL) {
      memcpy(&old, (char *)block - HEADER_BYTES, sizeof old);
      memcpy(moved, block, old < bytes ? old : bytes);
      free(block);
   }
   return moved;
}

/* Before the program starts.  */
static void __attribute__((constructor))
take_one(void)
{
   static void *volatile own;

   own = malloc(71);
   (void)own;
}
