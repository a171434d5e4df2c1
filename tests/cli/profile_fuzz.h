/* The fuzz target of the profile reader, and what its driver needs of it.  */

#ifndef TESTS_CLI_PROFILE_FUZZ_H
#define TESTS_CLI_PROFILE_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Reads the bytes as a profile; stops the process when a property does not hold.
   Returns 0.  */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

#endif
