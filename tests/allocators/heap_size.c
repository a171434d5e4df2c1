#include "tests/allocators/heap_size.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <valgrind.h>

#define PAGE_BYTES 4096u

/* The mapping that holds the address, as /proc/self/maps has it.  */
static size_t
mapping_bytes(const void *address)
{
   static char buffer[8192], line[512];
   FILE *maps = fopen("/proc/self/maps", "r");
   size_t bytes = 0;

   if (maps == NULL)
      return 0;
   setvbuf(maps, buffer, _IOFBF, sizeof buffer);
   while (bytes == 0 && fgets(line, sizeof line, maps) != NULL) {
      unsigned long start, end;

      if (sscanf(line, "%lx-%lx", &start, &end) == 2 && (uintptr_t)address >= start &&
          (uintptr_t)address < end)
         bytes = end - start;
   }
   fclose(maps);
   return bytes;
}

/* The sixth number is that of pages of private memory that can be written.  */
static size_t
data_bytes(int statm)
{
   unsigned long pages = 0;
   char text[256];
   ssize_t n = pread(statm, text, sizeof text - 1, 0);

   if (n <= 0)
      return 0;
   text[n] = '\0';
   if (sscanf(text, "%*u %*u %*u %*u %*u %lu", &pages) != 1)
      return 0;
   return pages * PAGE_BYTES;
}

void
heap_size_start(struct heap_size *heap, const void *probe)
{
   memset(heap, 0, sizeof *heap);
   heap->statm = RUNNING_ON_VALGRIND ? -1 : open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
   if (heap->statm < 0)
      return;
   heap->at_first_bytes = probe == NULL ? 0 : mapping_bytes(probe);
   heap->before_bytes = data_bytes(heap->statm);
   heap_size_sample(heap);
}

void
heap_size_sample(struct heap_size *heap)
{
   size_t bytes;

   if (heap->statm < 0)
      return;
   bytes = data_bytes(heap->statm) + heap->at_first_bytes - heap->before_bytes;
   if (bytes > heap->peak_bytes)
      heap->peak_bytes = bytes;
}

bool
heap_size_known(const struct heap_size *heap)
{
   return heap->statm >= 0 && heap->peak_bytes != 0;
}
