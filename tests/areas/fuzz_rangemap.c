/* Any bytes are operations, four each, on vmt_rangemap and an array.  */

#include "tests/areas/fuzz.h"
#include "tests/areas/rangemap_ops.h"
#include "tests/areas/testing.h"

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
   testing_set_port();
   rangemap_run(bytes, n_bytes);
   check(n_blocks_held == 0);
   return 0;
}
