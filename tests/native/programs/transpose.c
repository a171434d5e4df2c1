/* transpose: a matrix of 2000 by 1000 doubles is transposed, column by column, so that each
   write goes to another page than the one before it; then multiplied in part.  */

#include "pages.h"

enum { N_ROWS = 2000, N_COLUMNS = 1000 };

int
main(void)
{
   double *from = malloc(N_ROWS * N_COLUMNS * sizeof *from);
   double *to = malloc(N_ROWS * N_COLUMNS * sizeof *to), sum = 0;

   if (from == NULL || to == NULL)
      give_up("malloc");
   for (size_t i = 0; i < N_ROWS * N_COLUMNS; i++)
      from[i] = (double)(i % 97);
   for (size_t row = 0; row < N_ROWS; row++)
      for (size_t column = 0; column < N_COLUMNS; column++)
         to[column * N_ROWS + row] = from[row * N_COLUMNS + column];
   for (size_t row = 0; row < N_COLUMNS; row++)
      sum += to[row * N_ROWS + row] * from[row];
   printf("%.0f\n", sum);
   return 0;
}
