/* Any bytes are operations, five each, on vmt_areas and its model.  */

#include "tests/areas/fuzz.h"
#include "tests/areas/pair.h"
#include "tests/areas/testing.h"

static struct pair pair;
static const uint8_t *input;
static size_t n_input_bytes, n_done_bytes;

static struct pair_op
op_at(size_t i)
{
   return (struct pair_op){input[i], input[i + 1], input[i + 2], input[i + 3],
                           input[i + 4]};
}

static void
explain(void)
{
   for (size_t i = 0; i <= n_done_bytes && i + 5 <= n_input_bytes; i += 5) {
      struct pair_op op = op_at(i);

      pair_print_op(&pair, &op);
   }
   pair_print(&pair);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
   testing_set_port();
   testing_explain = explain;
   input = bytes;
   n_input_bytes = n_bytes;
   pair_init(&pair, 16, 1);
   for (n_done_bytes = 0; n_done_bytes + 5 <= n_bytes; n_done_bytes += 5) {
      struct pair_op op = op_at(n_done_bytes);

      pair_do(&pair, &op);
   }
   pair_free(&pair);
   check(n_blocks_held == 0);
   return 0;
}
