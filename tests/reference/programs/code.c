/* Instruction pages: functions written over several megabytes and called in
   random order, instructions that straddle pages, code that changes itself,
   conditions that Valgrind joins, loops that it unrolls.  */

#include "guest.h"

#define N_CODE_PAGES 1200ul

typedef uint64_t function(uint64_t);

static uint8_t *code;
static uint64_t sum;

/* lea n(%rdi,%rdi), %rax ; ret */
static function *
emit(size_t at, uint32_t n)
{
   static const uint8_t lea[] = { 0x48, 0x8d, 0x84, 0x3f };

   memcpy(code + at, lea, 4);
   memcpy(code + at + 4, &n, 4);
   code[at + 8] = 0xc3;
   return (function *)(code + at);
}

static void
call_far(void)
{
   size_t at[512];

   for (unsigned i = 0; i < 512; i++) {
      at[i] = 2 * i * PAGE + guest_random() % PAGE;
      if (i % 3 == 0)                   /* the lea, or its ret, straddles */
         at[i] = (at[i] | (PAGE - 1)) - i % 9;
      emit(at[i], i);
   }
   for (unsigned i = 0; i < 20000; i++)
      sum += ((function *)(code + at[guest_random() % 512]))(i);
}

static void
change_code(void)
{
   for (unsigned i = 0; i < 300; i++) {
      function *f = emit((i % 3) * PAGE + 4090, i);

      sum += f(i);
      emit((i % 3) * PAGE + 4090, i + 1);
      sum += f(i);
   }
}

/* A run of no-operations of 1 to 9 bytes across many pages, then back.  */
static void
run_straight(void)
{
   static const uint8_t nop[9] = { 0x66, 0x0f, 0x1f, 0x84, 0, 0, 0, 0, 0 };
   size_t at = 0;

   while (at < 30 * PAGE) {
      memcpy(code + at, nop, 9);
      at += 9;
      code[at++] = 0x90;
   }
   emit(at, 3);
   for (unsigned i = 0; i < 5; i++)
      sum += ((function *)code)(i);
}

static __attribute__((noinline)) unsigned
conditions(const uint8_t *a, const uint8_t *b, unsigned n)
{
   unsigned found = 0;

   for (unsigned i = 0; i < n; i++) {
      if (a[i] > 100 && b[i] < 100)
         found++;
      if (n > 3 && i < 77 && a != b)
         found += 2;
      if (a[i] == 7 || (b[i] & 1 && a[i] & 2))
         found ^= i;
   }
   return found;
}

static __attribute__((noinline)) uint64_t
short_loops(const uint64_t *words, uint64_t n)
{
   uint64_t total = 0;

   for (uint64_t i = 0; i < n; i++)
      total += words[i];
   __asm__ volatile("1: decq %0; jnz 1b" : "+r"(n) :: "cc");
   return total + n;
}

int
main(void)
{
   static uint8_t a[3 * PAGE], b[3 * PAGE];

   code = mmap(NULL, N_CODE_PAGES * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   if (code == MAP_FAILED)
      return 2;
   for (size_t i = 0; i < sizeof a; i++) {
      a[i] = (uint8_t)guest_random();
      b[i] = (uint8_t)guest_random();
   }
   call_far();
   change_code();
   run_straight();
   for (unsigned i = 1; i < 40; i++) {
      sum += conditions(a, b, i * 100);
      sum += conditions(a, a, i);
      sum += short_loops((uint64_t *)a, i * 30);
   }
   printf("%016lx\n", (unsigned long)sum);
   return 0;
}
