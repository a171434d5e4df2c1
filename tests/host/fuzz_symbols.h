#ifndef TESTS_HOST_FUZZ_SYMBOLS_H
#define TESTS_HOST_FUZZ_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
