/* A library with nothing in it, in the place of those that Valgrind preloads.  */

typedef int nothing;
