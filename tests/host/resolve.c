/* vmtrace-resolve [-d DIR]... OBJECT [BUILD-ID]: reads addresses in hexadecimal,
   one a line, and prints for each the address, then a line for each frame,
   innermost first: function, tab, linkage name, tab, file:line.  The state of
   the object comes first, and its trouble, if any, last, both on stderr.  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmtrace/host/symbols.h"

enum { MAX_FRAMES = 128 };

static const char *
or_unknown(const char *text) {
   return text == NULL ? "??" : text;
}

static void
print_frames(struct vmt_symbols_object *object, uint64_t address) {
   struct vmt_source_frame frames[MAX_FRAMES];
   size_t n = vmt_symbols_resolve(object, address, frames, MAX_FRAMES);
   printf("0x%llx\n", (unsigned long long)address);
   for (size_t i = 0; i < n; i++)
      printf("%s\t%s\t%s:%u\n", or_unknown(frames[i].function),
             or_unknown(frames[i].linkage_name), or_unknown(frames[i].file),
             frames[i].line);
}

int
main(int argc, char **argv) {
   static const char *const states[] = {
      [VMT_DEBUG_LINES] = "lines",       [VMT_DEBUG_SYMBOLS] = "symbols",
      [VMT_DEBUG_NONE] = "none",         [VMT_DEBUG_MISMATCH] = "mismatch",
      [VMT_DEBUG_MISSING] = "missing",   [VMT_DEBUG_DAMAGED] = "damaged",
   };
   struct vmt_symbols *symbols = vmt_symbols_new();
   int option;
   while ((option = getopt(argc, argv, "d:")) != -1)
      if (option == 'd')
         vmt_symbols_add_debug_dir(symbols, optarg);
   if (optind >= argc) {
      fputs("usage: vmtrace-resolve [-d DIR]... OBJECT [BUILD-ID]\n", stderr);
      return 2;
   }
   struct vmt_symbols_object *object =
      vmt_symbols_open(symbols, argv[optind],
                       optind + 1 < argc ? argv[optind + 1] : NULL);
   char line[64];
   while (fgets(line, sizeof line, stdin) != NULL)
      print_frames(object, strtoull(line, NULL, 16));
   fprintf(stderr, "%s\n", states[vmt_symbols_state(object)]);
   if (vmt_symbols_trouble(object) != NULL)
      fprintf(stderr, "%s\n", vmt_symbols_trouble(object));
   vmt_symbols_free(symbols);
   return 0;
}
