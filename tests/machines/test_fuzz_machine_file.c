/* Drives the fuzz target without a fuzzer: the machines that ship, the inputs
   kept in tests/machines/fuzz, and seeded changes to all of them.  */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/machines/fuzz_machine_file.h"
#include "tests/mmu/check.h"

#define MAX_INPUTS 100
#define INPUT_ROOM 8192
#define N_ROUNDS 10000

static char inputs[MAX_INPUTS][INPUT_ROOM];
static size_t input_bytes[MAX_INPUTS], n_inputs;

static void
read_inputs(const char *folder_name)
{
   const char *srcdir = getenv("srcdir");
   char folder_path[4096], path[5000];
   DIR *folder;
   struct dirent *entry;

   snprintf(folder_path, sizeof folder_path, "%s/%s",
            srcdir != NULL ? srcdir : ".", folder_name);
   folder = opendir(folder_path);
   if (folder == NULL)
      perror(folder_path);
   CHECK(folder != NULL);
   while ((entry = readdir(folder)) != NULL) {
      FILE *file;

      if (strstr(entry->d_name, ".machine") == NULL)
         continue;
      CHECK(n_inputs < MAX_INPUTS);
      snprintf(path, sizeof path, "%s/%s", folder_path, entry->d_name);
      file = fopen(path, "rb");
      CHECK(file != NULL);
      input_bytes[n_inputs] = fread(inputs[n_inputs], 1, INPUT_ROOM, file);
      fclose(file);
      CHECK(input_bytes[n_inputs] < INPUT_ROOM);
      n_inputs++;
   }
   closedir(folder);
}

/* The order of a folder is the file system's; that of the test is not.  */
static int
compare_inputs(const void *a, const void *b)
{
   return memcmp(a, b, INPUT_ROOM);
}

static void
sort_inputs(void)
{
   qsort(inputs, n_inputs, sizeof inputs[0], compare_inputs);
   for (size_t i = 0; i < n_inputs; i++)
      input_bytes[i] = strnlen(inputs[i], INPUT_ROOM);
}

static size_t
change(char *text, size_t bytes)
{
   static const char letters[] = "0123456789,=#.\n\r\t nkmsKMG\x80\xff\0";
   size_t at = (size_t)test_random(bytes + 1);
   size_t n = 1 + (size_t)test_random(8);

   switch (test_random(4)) {
   case 0:                              /* another character */
      if (at < bytes)
         text[at] = letters[test_random(sizeof letters)];
      return bytes;
   case 1:                              /* one more */
      memmove(text + at + 1, text + at, bytes - at);
      text[at] = letters[test_random(sizeof letters)];
      return bytes + 1;
   case 2:                              /* some less */
      n = n < bytes - at ? n : bytes - at;
      memmove(text + at, text + at + n, bytes - at - n);
      return bytes - n;
   default:                             /* the end is lost */
      return at < bytes / 2 ? bytes : at;
   }
}

/* Text without its comments and sources, where most changes change nothing.  */
static size_t
strip(char *text, size_t bytes)
{
   size_t to = 0;

   for (size_t at = 0; at < bytes;) {
      char *end = memchr(text + at, '\n', bytes - at);
      size_t next = end != NULL ? (size_t)(end - text) + 1 : bytes;

      if (text[at] != '#' && strncmp(text + at, "source", 6) != 0) {
         memmove(text + to, text + at, next - at);
         to += next - at;
      }
      at = next;
   }
   return to;
}

int
main(void)
{
   uint64_t n_accepted = 0;

   test_begin("fuzz_machine_file");
   read_inputs("vmtrace/machines");
   for (size_t i = 0; i < n_inputs; i++)
      CHECK(fuzz_machine_file(inputs[i], input_bytes[i]));
   read_inputs("tests/machines/fuzz");
   sort_inputs();
   for (size_t i = 0; i < n_inputs; i++)
      fuzz_machine_file(inputs[i], input_bytes[i]);
   for (uint64_t round = 0; round < N_ROUNDS; round++) {
      char text[INPUT_ROOM + 64];
      size_t which, bytes;

      test_reseed(round);
      which = (size_t)test_random(n_inputs);
      memcpy(text, inputs[which], INPUT_ROOM);
      bytes = strip(text, input_bytes[which]);
      for (uint64_t n = 1 + test_random(3); n > 0; n--)
         bytes = change(text, bytes);
      n_accepted += fuzz_machine_file(text, bytes);
   }
   printf("%llu of %d changed inputs accepted\n",
          (unsigned long long)n_accepted, N_ROUNDS);
   CHECK(n_accepted > 0 && n_accepted < N_ROUNDS);
   return test_end();
}
