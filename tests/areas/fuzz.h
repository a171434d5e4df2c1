/* What a fuzz target gives to the fuzzer, or to the plain driver.  */

#ifndef VMT_TESTS_AREAS_FUZZ_H
#define VMT_TESTS_AREAS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes);

#endif
