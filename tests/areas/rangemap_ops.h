/* vmt_rangemap beside an array with one cell a key, driven by bytes: for the
   random test and the fuzz target.  */

#ifndef VMT_TESTS_AREAS_RANGEMAP_OPS_H
#define VMT_TESTS_AREAS_RANGEMAP_OPS_H

#include <stddef.h>
#include <stdint.h>

/* Takes operations from the bytes, four each, until they end; stops the program
   when the two disagree or the tree is not what it should be.  */
void rangemap_run(const uint8_t *bytes, size_t n_bytes);

#endif
