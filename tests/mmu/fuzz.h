/* A fuzz target is one file with these three; it is linked with libFuzzer's main
   or with fuzz_driver.c's.  */

#ifndef TESTS_MMU_FUZZ_H
#define TESTS_MMU_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Inputs that are kept lie in tests/mmu/kept/<fuzz_name>/.  */
extern const char fuzz_name[];

/* Called once, before the first input.  Returns 0.  */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* Stops the process when a property does not hold.  Returns 0.  */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes);

#endif
