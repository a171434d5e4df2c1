/* Runs a fuzz target without a fuzzer: on every file in the folder of kept
   inputs, then on random bytes and on kept inputs with a few bytes changed.

   The folder is $srcdir/tests/areas/kept/NAME, NAME being this program's without
   "_kept".  usage: fuzz_NAME_kept [first-seed [n-inputs]] | FILE...  */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/areas/fuzz.h"
#include "vmtrace/mmu/base/random.h"

enum { MAX_BYTES = 4096, MAX_KEPT = 64, N_RANDOM = 2000 };

static struct {
   uint8_t bytes[MAX_BYTES];
   size_t n_bytes;
} kept[MAX_KEPT];
static size_t n_kept;

static void
keep(const char *path)
{
   FILE *file = fopen(path, "rb");

   if (file == NULL || n_kept == MAX_KEPT) {
      perror(path);
      exit(99);
   }
   kept[n_kept].n_bytes = fread(kept[n_kept].bytes, 1, MAX_BYTES, file);
   n_kept++;
   fclose(file);
}

static void
keep_folder(const char *program)
{
   const char *srcdir = getenv("srcdir"), *name = strrchr(program, '/');
   char folder[512], path[1024];
   struct dirent **entries;
   int n_entries;

   name = name != NULL ? name + 1 : program;
   snprintf(folder, sizeof(folder), "%s/tests/areas/kept/%.*s",
            srcdir != NULL ? srcdir : ".",
            (int)(strlen(name) - strlen("_kept")), name);
   n_entries = scandir(folder, &entries, NULL, alphasort);
   if (n_entries < 0) {
      perror(folder);
      exit(99);
   }
   for (int i = 0; i < n_entries; i++) {
      if (entries[i]->d_name[0] != '.') {
         snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
         keep(path);
      }
      free(entries[i]);
   }
   free(entries);
   if (n_kept == 0) {
      fprintf(stderr, "%s: no kept inputs\n", folder);
      exit(99);
   }
}

static void
run_random(uint64_t seed)
{
   static uint8_t bytes[MAX_BYTES];
   struct vmt_random rng = {seed};
   size_t n_bytes = vmt_random_below(&rng, 600), n_changes = n_bytes;

   if (seed % 2 == 0) {
      size_t i = vmt_random_below(&rng, n_kept);

      n_bytes = kept[i].n_bytes;
      memcpy(bytes, kept[i].bytes, n_bytes);
      n_changes = n_bytes == 0 ? 0 : 1 + vmt_random_below(&rng, 8);
   }
   for (size_t i = 0; i < n_changes; i++)
      bytes[n_changes == n_bytes ? i : vmt_random_below(&rng, n_bytes)]
         = (uint8_t)vmt_random_next(&rng);
   LLVMFuzzerTestOneInput(bytes, n_bytes);
}

int
main(int argc, char **argv)
{
   uint64_t first = 1, n_random = N_RANDOM;

   if (argc > 1 && strspn(argv[1], "0123456789") != strlen(argv[1])) {
      for (int i = 1; i < argc; i++)
         keep(argv[i]);
      n_random = 0;
   } else {
      keep_folder(argv[0]);
      first = argc > 1 ? strtoull(argv[1], NULL, 0) : first;
      n_random = argc > 2 ? strtoull(argv[2], NULL, 0) : n_random;
   }
   for (size_t i = 0; i < n_kept; i++)
      LLVMFuzzerTestOneInput(kept[i].bytes, kept[i].n_bytes);
   printf("%zu kept inputs; %lu random ones from seed %lu\n", n_kept,
          (unsigned long)n_random, (unsigned long)first);
   fflush(stdout);
   for (uint64_t i = 0; i < n_random; i++)
      run_random(first + i);
   return 0;
}
