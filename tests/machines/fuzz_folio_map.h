/* Any bytes as a folio map.  */

#ifndef TESTS_MACHINES_FUZZ_FOLIO_MAP_H
#define TESTS_MACHINES_FUZZ_FOLIO_MAP_H

#include <stdbool.h>
#include <stddef.h>

/* Whether it was accepted; ends the test if what must hold does not.  */
bool fuzz_folio_map(const char *text, size_t bytes);

#endif
