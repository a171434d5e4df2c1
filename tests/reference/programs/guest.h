/* What the guests share: numbers that are the same in every run.  */

#ifndef VMTRACE_TESTS_REFERENCE_PROGRAMS_GUEST_H
#define VMTRACE_TESTS_REFERENCE_PROGRAMS_GUEST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096ul

static uint64_t guest_state = 88172645463325252ull;

/* Marsaglia's xorshift64.  */
static inline uint64_t
guest_random(void)
{
   guest_state ^= guest_state << 13;
   guest_state ^= guest_state >> 7;
   guest_state ^= guest_state << 17;
   return guest_state;
}

static inline uint8_t *
guest_map(size_t n_pages)
{
   void *start = mmap(NULL, n_pages * PAGE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

   if (start == MAP_FAILED) {
      perror("mmap");
      exit(2);
   }
   return start;
}

#endif
