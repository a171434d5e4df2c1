/* Any bytes at all as an ELF file with debug information: opening it and
   resolving addresses ends, in a state that is among the known ones, with
   frames that can be read, the same ones when asked again.

   Compiled with libFuzzer this is a fuzz target; with test_fuzz_symbols.c it
   runs over mutations of a file.  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/host/fuzz_symbols.h"
#include "vmtrace/host/symbols.h"

enum { MAX_FRAMES = 64, N_ADDRESSES = 512 };

static void
require(bool condition, const char *what) {
   if (condition)
      return;
   fprintf(stderr, "fuzz_symbols: not so: %s\n", what);
   abort();
}

static size_t
read_frames(const struct vmt_source_frame *frames, size_t n) {
   size_t total = 0;
   for (size_t i = 0; i < n; i++) {
      total += frames[i].function == NULL ? 0 : strlen(frames[i].function);
      total += frames[i].linkage_name == NULL ? 0
                                              : strlen(frames[i].linkage_name);
      total += frames[i].file == NULL ? 0 : strlen(frames[i].file);
   }
   return total;
}

static void
resolve_some(struct vmt_symbols_object *object) {
   struct vmt_source_frame frames[MAX_FRAMES], again[MAX_FRAMES];
   /* Small programs have their code from 0x1000 or 0x401000 on.  */
   static const uint64_t starts[] = { 0x1000, 0x401000, 0xfffffffffffff000 };
   for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
      for (uint64_t i = 0; i < N_ADDRESSES; i++) {
         uint64_t address = starts[s] + 5 * i;
         size_t n = vmt_symbols_resolve(object, address, frames, MAX_FRAMES);
         require(n <= MAX_FRAMES, "frames fit");
         read_frames(frames, n);
         size_t n_again = vmt_symbols_resolve(object, address, again,
                                              MAX_FRAMES);
         require(n == n_again && memcmp(frames, again, n * sizeof *frames) == 0,
                 "the same answer twice");
      }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
   int fd = memfd_create("fuzz_symbols", MFD_CLOEXEC);
   require(fd >= 0 && write(fd, data, size) == (ssize_t)size, "a memory file");
   char path[64];
   snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
   struct vmt_symbols *symbols = vmt_symbols_new();
   struct vmt_symbols_object *object = vmt_symbols_open(symbols, path, NULL);
   resolve_some(object);
   enum vmt_debug_state state = vmt_symbols_state(object);
   require(state <= VMT_DEBUG_DAMAGED, "a known state");
   require(state != VMT_DEBUG_DAMAGED || vmt_symbols_trouble(object) != NULL,
           "damage is told");
   vmt_symbols_free(symbols);
   close(fd);
   return 0;
}
