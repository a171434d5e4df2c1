/* libmoment.so: moment.h for programs that are not in C.  */

#include "moment.h"

void show_moment(int number);

void
show_moment(int number)
{
   moment(number);
}
