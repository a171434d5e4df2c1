/* A library that has two functions and never more than one block; malloc and free, or
   whatever else they are called.  */

#include <stddef.h>

#ifndef TAKE
#define TAKE malloc
#define GIVE free
#endif

void *TAKE(size_t bytes);
void GIVE(void *block);

static char place[1 << 20];
static size_t taken;

void *
TAKE(size_t bytes)
{
   taken += bytes;
   return taken == bytes && bytes <= sizeof place ? place : NULL;
}

void
GIVE(void *block)
{
   if (block == place)
      taken = 0;
}
