/* jit: machine code that is made at run time.  Functions `return x + n' are written to pages
   that are writable, which are then made executable, and are run; a second lot is made in
   pages that are writable and executable at once, each run between two writes.  */

#include "pages.h"
#include <string.h>

enum { N_PAGES = 64, FUNCTION_BYTES = 32, PER_PAGE = 4096 / FUNCTION_BYTES };

typedef unsigned function(unsigned);

/* lea eax, [rdi + n]; ret  */
static void
make_function(char *code, unsigned n)
{
   static const unsigned char lea[] = { 0x8d, 0x87 };

   memcpy(code, lea, sizeof lea);
   memcpy(code + sizeof lea, &n, sizeof n);
   code[sizeof lea + sizeof n] = (char)0xc3;
}

static function *
at(char *code, unsigned n)
{
   return (function *)(code + n * FUNCTION_BYTES);
}

static unsigned
make_then_run(void)
{
   char *code = map_pages(N_PAGES, MAP_PRIVATE);
   unsigned sum = 0;

   for (unsigned i = 0; i < N_PAGES * PER_PAGE; i++)
      make_function(code + i * FUNCTION_BYTES, i);
   if (mprotect(code, N_PAGES * PAGE, PROT_READ | PROT_EXEC) != 0)
      give_up("mprotect");
   for (unsigned i = 0; i < N_PAGES * PER_PAGE; i += 7)
      sum = at(code, i)(sum);
   munmap(code, N_PAGES * PAGE);
   return sum;
}

static unsigned
make_and_run(void)
{
   char *code = mmap(NULL, N_PAGES * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   unsigned sum = 0;

   if (code == MAP_FAILED)
      give_up("mmap");
   for (unsigned i = 0; i < N_PAGES; i++) {
      make_function(code + i * PAGE, i);
      sum = at(code + i * PAGE, 0)(sum);
      make_function(code + i * PAGE, i + 1);    /* over what has just run */
      sum = at(code + i * PAGE, 0)(sum);
   }
   return sum;
}

int
main(void)
{
   printf("%u\n", make_then_run() + make_and_run());
   return 0;
}
