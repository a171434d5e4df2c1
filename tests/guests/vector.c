/* AVX2: 32 bytes at once, lanes that are masked off, and gathers.  */

#include "rt/rt.h"

void store_across(char *p);
void load_across(char *p);
void masked_load(char *p);
void masked_store(char *p);
void gather(char *p);
void gather_masked(char *p);

PART void
store_across(char *p)
{
   __asm__ volatile("vpcmpeqd %%ymm0, %%ymm0, %%ymm0\n\tvmovdqu %%ymm0, (%0)"
                    : : "r"(p + PAGE - 16) : "memory");
}

PART void
load_across(char *p)
{
   __asm__ volatile("vmovdqu (%0), %%ymm0" : : "r"(p + PAGE - 16) : "memory");
}

/* The mask's first four lanes are all ones, the last four 0: the lanes on the
   second page are left out, and so is the page.  */
#define LOW_LANES                           \
   "vpxor %%xmm1, %%xmm1, %%xmm1\n\t"       \
   "vpcmpeqd %%xmm1, %%xmm1, %%xmm1\n\t"

PART void
masked_load(char *p)
{
   __asm__ volatile(LOW_LANES "vpmaskmovd (%0), %%ymm1, %%ymm0"
                    : : "r"(p + PAGE - 16) : "memory");
}

PART void
masked_store(char *p)
{
   __asm__ volatile(LOW_LANES "vpmaskmovd %%ymm0, %%ymm1, (%0)"
                    : : "r"(p + PAGE - 16) : "memory");
}

/* Lanes k = 0 to 3 at p + 8192 k.  */
#define INDICES                                 \
   "movl $0, -32(%%rsp)\n\t"                    \
   "movl $8192, -28(%%rsp)\n\t"                 \
   "movl $16384, -24(%%rsp)\n\t"                \
   "movl $24576, -20(%%rsp)\n\t"                \
   "vmovdqu -32(%%rsp), %%xmm2\n\t"

PART void
gather(char *p)
{
   __asm__ volatile(INDICES "vpcmpeqd %%xmm1, %%xmm1, %%xmm1\n\t"
                    "vpgatherdd %%xmm1, (%0, %%xmm2), %%xmm0"
                    : : "r"(p) : "memory");
}

/* Lanes 0 and 1 alone.  */
PART void
gather_masked(char *p)
{
   __asm__ volatile(INDICES "vpcmpeqd %%xmm1, %%xmm1, %%xmm1\n\t"
                    "vmovq %%xmm1, %%xmm1\n\t"
                    "vpgatherdd %%xmm1, (%0, %%xmm2), %%xmm0"
                    : : "r"(p) : "memory");
}

int
guest(struct rt *rt)
{
   RUN(rt, store_across, rt_fresh(2));
   RUN(rt, load_across, rt_fresh(2));
   RUN(rt, masked_load, rt_fresh(2));
   RUN(rt, masked_store, rt_fresh(2));
   RUN(rt, gather, rt_fresh(8));
   RUN(rt, gather_masked, rt_fresh(8));
   return 0;
}
