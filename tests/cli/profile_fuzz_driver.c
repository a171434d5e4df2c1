/* Runs the fuzz target without a fuzzer: on the files named as arguments; or else
   on the kept ones, each whole, cut off at every so many bytes, and with pieces
   of it changed at random (fixed seeds, which are printed on trouble).  */

#include "tests/cli/profile_fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 65536
#define N_CHANGED 400

static uint64_t state;

static uint32_t
next_random(uint32_t below)
{
   state = state * 6364136223846793005u + 1442695040888963407u;
   return (uint32_t) (state >> 33) % below;
}

static size_t
read_file(const char *path, uint8_t *bytes)
{
   FILE *file = fopen(path, "rb");
   size_t n;

   if (!file) {
      perror(path);
      exit(1);
   }
   n = fread(bytes, 1, BYTES_MAX, file);
   fclose(file);
   return n;
}

/* Changes a few bytes, repeats a line or drops one; the new length.  */
static size_t
change(uint8_t *bytes, size_t n)
{
   static const char pieces[][12] = {
      "-1", "0", "4294967296", "[", "]", "{}", "\"", "null", ",", "\\udc80", "\n", "1e9"
   };

   for (uint32_t k = 0; k <= next_random(3); k++) {
      size_t at = next_random((uint32_t) n);
      const char *piece = pieces[next_random(sizeof pieces / sizeof pieces[0])];
      size_t m = strlen(piece);

      switch (next_random(3)) {
      case 0:
         bytes[at] = (uint8_t) next_random(256);
         break;
      case 1:
         if (n + m < BYTES_MAX) {
            memmove(bytes + at + m, bytes + at, n - at);
            n += m;
         }
         memcpy(bytes + at, piece, at + m <= n ? m : n - at);
         break;
      default: {
         uint8_t *end = memchr(bytes + at, '\n', n - at);
         size_t line = end ? (size_t) (end + 1 - (bytes + at)) : n - at;

         memmove(bytes + at, bytes + at + line, n - at - line);
         n = n - line ? n - line : 1;
      }
      }
   }
   return n;
}

static unsigned
run_kept(const char *path)
{
   static uint8_t kept[BYTES_MAX], bytes[BYTES_MAX];
   size_t n = read_file(path, kept);
   unsigned n_inputs = 1;

   LLVMFuzzerTestOneInput(kept, n);
   for (size_t cut = 0; cut < n; cut += n / 100 + 1, n_inputs++)
      LLVMFuzzerTestOneInput(kept, cut);
   for (unsigned seed = 1; n > 0 && seed <= N_CHANGED; seed++, n_inputs++) {
      fprintf(stderr, "%s, seed %u\n", path, seed);
      state = seed;
      memcpy(bytes, kept, n);
      LLVMFuzzerTestOneInput(bytes, change(bytes, n));
   }
   return n_inputs;
}

int
main(int argc, char **argv)
{
   const char *source = getenv("srcdir");
   char folder[4096], path[8192];
   unsigned n_inputs = 0;
   struct dirent *item;
   DIR *items;

   for (int i = 1; i < argc; i++)
      n_inputs += run_kept(argv[i]);
   if (argc > 1)
      return 0;
   snprintf(folder, sizeof folder, "%s/tests/cli/profile_kept", source ? source : ".");
   items = opendir(folder);
   if (!items) {
      perror(folder);
      return 1;
   }
   while ((item = readdir(items)) != NULL)
      if (item->d_name[0] != '.') {
         snprintf(path, sizeof path, "%s/%s", folder, item->d_name);
         n_inputs += run_kept(path);
      }
   closedir(items);
   printf("%u inputs\n", n_inputs);
   return n_inputs == 0;
}
