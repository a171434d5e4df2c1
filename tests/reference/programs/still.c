/* A program that changes no mapping, for tools that cannot see one change: no C
   library, all its memory in the image.  */

#include <stdint.h>

enum { N_PAGES = 150, PAGE = 4096 };

static uint8_t pages[N_PAGES * PAGE + 64] __attribute__((aligned(4096)));
static uint64_t state = 88172645463325252ull, sum;

static uint64_t
random_number(void)
{
   state ^= state << 13;
   state ^= state >> 7;
   state ^= state << 17;
   return state;
}

static void
step(unsigned n_pages)
{
   uint64_t r = random_number();
   uint64_t *word = (uint64_t *)(pages + r % (n_pages * PAGE));

   switch (r >> 61) {
   case 0: sum += *word; break;
   case 1: *word = r; break;
   case 2: *word += r; break;
   case 3: (void)*(volatile uint8_t *)word; break;
   case 4: __asm__ volatile("lock xaddq %1, %0" : "+m"(*word), "+r"(r)); break;
   case 5: __asm__ volatile("fxsave %0" : "=m"(*(uint8_t (*)[512])
                              (pages + (r >> 6) % n_pages * PAGE + 3840)));
           break;
   case 6: {
      uint8_t *to = pages + r % PAGE;
      uint64_t n = r >> 58 & 15;

      __asm__ volatile("rep movsb" : "+D"(to), "+S"(word), "+c"(n) :: "memory");
      break;
   }
   default: __asm__ volatile("movups %0, %%xmm1; movups %%xmm1, %0"
                             : "+m"(*word) :: "xmm1");
   }
}

void _start(void) __attribute__((noreturn));

void
_start(void)
{
   __asm__ volatile("andq $-16, %rsp");
   for (unsigned i = 0; i < 2500; i++)
      step(N_PAGES);
   for (unsigned i = 0; i < 2500; i++)
      step(2 + i / 100);
   __asm__ volatile("syscall" :: "a"(60), "D"(0));
   __builtin_unreachable();
}
