/* sieve: the primes below 20 million, by a sieve of one bit for each odd number in bss, and
   the gaps between them in an array on the heap that is filled from the end.  */

#include "pages.h"

enum { LIMIT = 20000000, N_GAPS = 2000000 };

static unsigned char composite[LIMIT / 16 + 1];

static int
is_composite(unsigned n)
{
   return composite[n / 16] >> (n / 2 % 8) & 1;
}

int
main(void)
{
   unsigned *gaps = malloc(N_GAPS * sizeof *gaps), n_primes = 1, last = 2, largest = 0;

   if (gaps == NULL)
      give_up("malloc");
   for (unsigned n = 3; n * n < LIMIT; n += 2)
      if (!is_composite(n))
         for (unsigned i = n * n; i < LIMIT; i += 2 * n)
            composite[i / 16] |= 1 << (i / 2 % 8);
   for (unsigned n = 3; n < LIMIT; n += 2)
      if (!is_composite(n)) {
         gaps[N_GAPS - n_primes++] = n - last;
         last = n;
      }
   for (unsigned i = 1; i < n_primes; i++)
      if (gaps[N_GAPS - i] > largest)
         largest = gaps[N_GAPS - i];
   printf("%u primes, largest gap %u\n", n_primes, largest);
   return 0;
}
