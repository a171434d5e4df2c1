/* The program of the made-up profiles of make_profile.py: lines are found by the
   marks in their comments.  */

#include <stdlib.h>

static inline __attribute__((always_inline)) void
touch(char *page)
{
   *page = 1;                   /* TOUCH */
}

__attribute__((noinline)) void
fill(char *memory, size_t n_bytes)
{
   for (size_t i = 0; i < n_bytes; i++)
      memory[i] = 1;            /* FILL */
   touch(memory);               /* CALL_TOUCH */
}

__attribute__((noinline)) int
dive(char *memory, int n)
{
   if (n > 0)
      return dive(memory, n - 1) + 1;   /* DIVE */
   fill(memory, 4096);          /* BOTTOM */
   return 0;
}

int
main(void)
{
   char *memory = malloc(1 << 16);

   fill(memory, 1 << 16);       /* MAIN_FILL */
   return dive(memory, 3) - 3;  /* MAIN_DIVE */
}

/* Code that came by a system header: nothing may follow that is looked up by its
   mark, since the lines of this file end here.  */
#line 10 "/usr/lib/../include/sample/clear.h"
static inline __attribute__((always_inline)) void
clear_word(int *at)
{
   *at = 0;
}
#line 20 "/usr/lib/gcc/x/12/include/sample/set.h"
static inline __attribute__((always_inline)) void
set_word(int *at)
{
   *at = 1;
}
void
template_function(int *at)
{
   set_word(at);
}
#line 30 "/home/user/include/own.c"
void
own_function(int *at)
{
   clear_word(at);
}
