/* The property that the fuzz target and its driver check.  */

#ifndef TESTS_MACHINES_FUZZ_MACHINE_FILE_H
#define TESTS_MACHINES_FUZZ_MACHINE_FILE_H

#include <stdbool.h>
#include <stddef.h>

/* Aborts when the property does not hold.  Whether text is a machine.  */
bool fuzz_machine_file(const char *text, size_t bytes);

#endif
