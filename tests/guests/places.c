/* Where things are, modulo 1 GiB: the tool promises no more than that.  Linked in
   four ways by check-places.  */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

static int data = 1, zero;

static void
place(const char *what, const void *where)
{
   printf("%s: %#lx\n", what, (unsigned long)where & ((1ul << 30) - 1));
}

static void *
map(size_t bytes)
{
   return mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

int
main(void)
{
   void *big;

   place("code", (const void *)(uintptr_t)main);
   place("data", &data);
   place("zeroed data", &zero);
   place("loader", (const void *)getauxval(AT_BASE));
   place("vdso", (const void *)getauxval(AT_SYSINFO_EHDR));
   place("end of the heap", sbrk(0));
   place("small block", malloc(1000));
   place("large block", malloc(300000));
   place("page", map(4096));
   place("three megabytes", map(3 << 20));
   big = map(4 << 20);
   place("huge page's worth", big);
   munmap(big, 4 << 20);
   place("in its gap", map(4096));
   return 0;
}
