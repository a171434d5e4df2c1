/* Runs a fuzz target without a fuzzer: the files named as arguments, or else the
   inputs that are kept and then N_INPUTS random ones.  */

#include "tests/mmu/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/mmu/check.h"

#define N_INPUTS 4000
#define MAX_BYTES 65536

static uint8_t input[MAX_BYTES];

static void
run_file(const char *path)
{
   FILE *file = fopen(path, "rb");
   size_t n_bytes;

   if (file == NULL) {
      perror(path);
      exit(1);
   }
   n_bytes = fread(input, 1, sizeof(input), file);
   fclose(file);
   fprintf(stderr, "%s: %zu bytes\n", path, n_bytes);
   LLVMFuzzerTestOneInput(input, n_bytes);
}

static unsigned
run_kept(void)
{
   const char *srcdir = getenv("srcdir");
   char folder[4096], path[8192];
   unsigned n_files = 0;
   struct dirent *item;
   DIR *items;

   snprintf(folder, sizeof(folder), "%s/tests/mmu/kept/%s",
            srcdir != NULL ? srcdir : ".", fuzz_name);
   items = opendir(folder);
   if (items == NULL) {
      perror(folder);
      exit(1);
   }
   while ((item = readdir(items)) != NULL) {
      if (item->d_name[0] == '.')
         continue;
      snprintf(path, sizeof(path), "%s/%s", folder, item->d_name);
      run_file(path);
      n_files++;
   }
   closedir(items);
   return n_files;
}

static void
run_random(void)
{
   for (uint64_t number = 0; number < N_INPUTS; number++) {
      size_t n_bytes;

      test_reseed(number);
      n_bytes = test_random(number % 4 == 0 ? 1600 : 400);
      for (size_t i = 0; i < n_bytes; i++)
         input[i] = (uint8_t)test_random(256);
      LLVMFuzzerTestOneInput(input, n_bytes);
   }
}

int
main(int argc, char **argv)
{
   unsigned n_files = 0;

   LLVMFuzzerInitialize(&argc, &argv);
   for (int i = 1; i < argc; i++)
      run_file(argv[i]);
   if (argc == 1) {
      n_files = run_kept();
      run_random();
      printf("%s: %u kept inputs, %u random ones\n", fuzz_name, n_files, N_INPUTS);
   }
   return test_end();
}
