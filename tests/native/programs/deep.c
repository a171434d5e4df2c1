/* deep: the stack grows by 7 MB, twice: the second time its pages are there.  Then a
   thread touches an array of 6 MB on its own stack, every second page, from below.  */

#include "pages.h"
#include <pthread.h>

enum { DEPTH = 7000, FRAME_BYTES = 1000, ARRAY_BYTES = 6000000 };

static unsigned long __attribute__((noinline))
descend(unsigned depth, unsigned long sum)
{
   volatile char frame[FRAME_BYTES];

   frame[0] = (char)depth;
   frame[FRAME_BYTES - 1] = (char)sum;
   if (depth > 0)
      sum = descend(depth - 1, sum + 1);
   return sum + (unsigned char)frame[0] + (unsigned char)frame[FRAME_BYTES - 1];
}

static void *
fill_array(void *sum)
{
   volatile char array[ARRAY_BYTES];

   for (size_t i = 0; i < ARRAY_BYTES; i += 2 * PAGE)
      array[i] = 1;
   *(unsigned long *)sum += (unsigned char)array[0];
   return NULL;
}

int
main(void)
{
   unsigned long sum = descend(DEPTH, 0);
   pthread_attr_t attributes;
   pthread_t thread;

   sum += descend(DEPTH, 0);
   pthread_attr_init(&attributes);
   pthread_attr_setstacksize(&attributes, 8 << 20);
   if (pthread_create(&thread, &attributes, fill_array, &sum) != 0 ||
       pthread_join(thread, NULL) != 0)
      give_up("pthread");
   printf("%lu\n", sum);
   return 0;
}
