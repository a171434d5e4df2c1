/* Seeded random numbers: the same seed gives the same sequence on every host.
   splitmix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
   generators", OOPSLA 2014).  Not for secrets.  */

#ifndef VMT_MMU_BASE_RANDOM_H
#define VMT_MMU_BASE_RANDOM_H

#include "vmtrace/mmu/base/types.h"

struct vmt_random {
   uint64_t state;
};

static inline uint64_t
vmt_random_next(struct vmt_random *random)
{
   uint64_t z = (random->state += 0x9e3779b97f4a7c15u);

   z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
   z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
   return z ^ (z >> 31);
}

/* A number in [0, bound); bound must not be 0.  */
static inline uint64_t
vmt_random_below(struct vmt_random *random, uint64_t bound)
{
   return vmt_random_next(random) % bound;
}

#endif
