/* Writes N_BLOCKS small blocks, which have room in one or two pages, and reads a
   line of its input if there is one.  */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define N_BLOCKS 100

int
main(int argc, char **argv)
{
   char *volatile blocks[N_BLOCKS];
   char line[64];
   ssize_t n;

   for (int i = 0; i < N_BLOCKS; i++) {
      blocks[i] = malloc(24);
      if (!blocks[i])
         return 99;
      blocks[i][0] = 1;
   }
   n = read(STDIN_FILENO, line, sizeof line);
   if (n > 0 && write(STDOUT_FILENO, line, (size_t) n) != n)
      return 98;
   return argc > 1 ? atoi(argv[1]) : 0;
}
