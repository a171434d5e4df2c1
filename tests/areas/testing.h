/* What the tests of this room share: memory that can run out, and checks that
   say where they failed.  */

#ifndef VMT_TESTS_AREAS_TESTING_H
#define VMT_TESTS_AREAS_TESTING_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Sets the port: malloc and free, until allocations_left is 0.  */
void testing_set_port(void);

extern int64_t allocations_left;         /* below 0: no end */
extern int64_t n_blocks_held;            /* allocated and not freed */

/* Called before a failed check or assert ends the program, to say what was
   being done; may be NULL.  */
extern void (*testing_explain)(void);

void check_failed(const char *file, int line, const char *what)
   __attribute__((noreturn));

#define check(condition)                                                       \
   ((condition) ? (void)0 : check_failed(__FILE__, __LINE__, #condition))

#endif
