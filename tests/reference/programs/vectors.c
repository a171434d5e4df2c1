/* Instructions with unusual accesses: strings, vectors that are not aligned,
   gathers, saved register state, compare and swap, loads that the optimiser
   knows it can do without.  Everything is done at each offset around a page
   boundary, so that all of it straddles sometimes.  */

#include "guest.h"

#include <immintrin.h>

static uint8_t *area;                   /* 8 pages */
static uint64_t sum;

static void
strings(uint8_t *from, uint8_t *to, unsigned long n)
{
   uint8_t *d = to;
   const uint8_t *s = from;
   unsigned long c = n;

   __asm__ volatile("rep movsb" : "+D"(d), "+S"(s), "+c"(c) :: "memory");
   d = to, s = from, c = n / 8;
   __asm__ volatile("rep movsq" : "+D"(d), "+S"(s), "+c"(c) :: "memory");
   d = to, c = n / 4;
   __asm__ volatile("rep stosl" : "+D"(d), "+c"(c) : "a"(n) : "memory");
   d = to, s = from, c = n;
   __asm__ volatile("repe cmpsb" : "+D"(d), "+S"(s), "+c"(c) :: "memory", "cc");
   sum += c;
   d = to, c = n;
   __asm__ volatile("repne scasb" : "+D"(d), "+c"(c) : "a"(7) : "memory", "cc");
   sum += c;
   s = from + 24, c = 3;
   __asm__ volatile("std; rep lodsq; cld" : "+S"(s), "+c"(c) :: "rax", "memory");
}

static void
updates(uint8_t *at)
{
   uint64_t *word = (uint64_t *)at;
   uint64_t old = 5;

   __asm__ volatile("lock xaddq %1, %0\n\t"
                    "lock incl %0\n\t"
                    "xchgq %1, %0\n\t"
                    "lock btsq $3, %0\n\t"
                    "notq %0\n\t"
                    "rcll $1, %0\n\t"
                    "shldq $5, %1, %0\n\t"
                    "pushq %0\n\t"
                    "popq %0\n\t"
                    "lock cmpxchgq %1, %0\n\t"
                    "cmpxchgl %k1, %0"
                    : "+m"(*word), "+r"(old) :: "rax", "cc", "memory");
   /* The value is not wanted, but each instruction reads.  */
   __asm__ volatile("andq $0, %0\n\t"
                    "orq $-1, %0\n\t"
                    "testb $0, %0\n\t"
                    "xorl %%eax, %%eax\n\t"
                    "andl %%eax, %0\n\t"
                    "testl %%eax, %0\n\t"
                    "cmovzq %0, %%rax\n\t"
                    "cmovnzq %0, %%rax\n\t"
                    "movl %0, %%eax\n\t"
                    "movl $1, %%eax"
                    : "+m"(*word) :: "rax", "cc", "memory");
   sum += *word;
}

static void
swap_double(uint8_t *at)
{
   uint64_t *pair = (uint64_t *)((uintptr_t)at & ~15ul);
   uint64_t low = 1, high = 2;

   __asm__ volatile("lock cmpxchg16b %0\n\t"
                    "lock cmpxchg8b %0"
                    : "+m"(*(__int128 *)pair), "+a"(low), "+d"(high)
                    : "b"(3ul), "c"(4ul) : "cc", "memory");
}

static void
floats(uint8_t *at)
{
   uint8_t *state = (uint8_t *)((uintptr_t)at & ~63ul);

   __asm__ volatile("fildq %0; fstpt %0; fldt %0; fistpq %0; flds %0; fstpl %0"
                    : "+m"(*(long double *)at) :: "memory");
   __asm__ volatile("fnstenv %0; fldenv %0; fnsave %0; frstor %0; fnstcw %0;"
                    "fldcw %0" : "+m"(*(uint8_t (*)[128])at) :: "memory");
   __asm__ volatile("fninit; fxsave %0; fxrstor %0; stmxcsr %0; ldmxcsr %0"
                    : "+m"(*(uint8_t (*)[512])state) :: "memory");
}

__attribute__((target("xsave"))) static void
saves(uint8_t *at)
{
   void *state = (void *)((uintptr_t)at & ~63ul);

   memset(state, 0, 1024);
   _xsave64(state, 7);
   _xrstor64(state, 7);
   _xsave64(state, 1);
}

__attribute__((target("sse4.2"))) static void
vectors_128(uint8_t *at)
{
   __m128i x = _mm_loadu_si128((__m128i *)at);

   x = _mm_add_epi32(x, _mm_loadu_si128((__m128i *)(at + 3)));
   _mm_storeu_si128((__m128i *)(at + 5), x);
   _mm_maskmoveu_si128(x, _mm_set1_epi8(-128), (char *)at + 1);
   sum += (uint64_t)_mm_cmpistri(x, _mm_loadu_si128((__m128i *)at), 8);
   x = _mm_blend_epi16(x, _mm_loadu_si128((__m128i *)at), 0x0f);
   _mm_storel_epi64((__m128i *)(at + 7), x);
   _mm_storeh_pd((double *)(at + 2), _mm_castsi128_pd(x));
}

__attribute__((target("avx2"))) static void
vectors_256(uint8_t *at)
{
   __m256i x = _mm256_loadu_si256((__m256i *)at), zero = _mm256_setzero_si256();
   __m256i index = _mm256_setr_epi32(0, 1, 1000, 1024, 7, 3000, 2, 1500);
   __m256i mask = _mm256_setr_epi32(-1, 0, -1, -1, 0, -1, 0, -1);

   _mm256_storeu_si256((__m256i *)(at + 9), _mm256_xor_si256(x, index));
   x = _mm256_mask_i32gather_epi32(zero, (int *)at, index, mask, 4);
   _mm256_maskstore_epi32((int *)(at + 11), mask, x);
   x = _mm256_maskload_epi32((int *)(at + 13), mask);
   x = _mm256_permute2x128_si256(x, *(__m256i *)(area + 64), 0x20);
   x = _mm256_blend_epi32(x, _mm256_loadu_si256((__m256i *)at), 0);
   _mm256_storeu_si256((__m256i *)at, x);
}

int
main(void)
{
   area = guest_map(8);
   for (size_t i = 0; i < 8 * PAGE; i++)
      area[i] = (uint8_t)guest_random();
   for (unsigned i = 0; i < 120; i++) {
      uint8_t *at = area + 2 * PAGE - 60 + i;

      strings(at, at + 2 * PAGE - 30, 20 + i);
      updates(at);
      swap_double(at);
      floats(at);
      if (__builtin_cpu_supports("sse4.2"))
         vectors_128(at);
      if (__builtin_cpu_supports("avx2")) {
         vectors_256(at);
         saves(at);
      }
   }
   printf("%016lx\n", (unsigned long)sum);
   return 0;
}
