/* Fuzz target: a machine and its model.  An input is four bytes of
   configuration, then events of five bytes each, and any bytes are both
   (pair.h).  */

#include "tests/machine/pair.h"
#include "tests/mmu/check.h"
#include "tests/mmu/fuzz.h"

#define MAX_STEPS 400

const char fuzz_name[] = "fuzz_machine";

static struct pair pair;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
   (void)argc;
   (void)argv;
   test_begin(fuzz_name);
   return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
   const uint8_t *end = data + n_bytes;
   uint32_t n_steps = 0;

   if (n_bytes < 4)
      return 0;
   pair_init(&pair, &(struct pair_config){ data[0], data[1], data[2], data[3], 0, 0 });
   for (data += 4; end - data >= 5 && n_steps < MAX_STEPS; data += 5) {
      pair_do(&pair, &(struct pair_op){ data[0], data[1], data[2], data[3],
                                        data[4] });
      if (++n_steps % 32 == 0)
         pair_compare(&pair);
   }
   pair_compare(&pair);
   pair_free(&pair);
   CHECK_EQ(test_n_blocks(), 0);
   return 0;
}
