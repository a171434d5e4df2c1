/* mapped-copy FILE: maps a file and copies it to standard output.  The first byte of each
   line is looked at on the way, so that it is the program that has the pages mapped, and
   not write(2) alone.  */

#include "map_file.h"
#include <string.h>

static size_t
count_lines(const char *text, size_t n_bytes, unsigned long *initials)
{
   const char *end = text + n_bytes;
   size_t n_lines = 0;

   while (text < end) {
      const char *newline = memchr(text, '\n', end - text);

      *initials += (unsigned char)*text;
      text = newline != NULL ? newline + 1 : end;
      n_lines++;
   }
   return n_lines;
}

int
main(int argc, char **argv)
{
   unsigned long initials = 0;
   size_t n_lines, done = 0;
   struct mapped_file file;

   if (argc != 2) {
      fprintf(stderr, "usage: mapped-copy FILE\n");
      return 2;
   }
   file = map_file(argv[1], PROT_READ, MAP_PRIVATE);
   n_lines = count_lines(file.start, file.n_bytes, &initials);
   while (done < file.n_bytes) {
      ssize_t n = write(STDOUT_FILENO, file.start + done, file.n_bytes - done);

      if (n < 0)
         give_up("write");
      done += n;
   }
   fprintf(stderr, "%zu lines, %lu\n", n_lines, initials);
   return 0;
}
