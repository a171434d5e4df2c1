/* Two machines that the same happens to, one by way of its filter and one
   without: in the end they must be the same.  */

#ifndef TESTS_MACHINE_TWINS_H
#define TESTS_MACHINE_TWINS_H

#include "tests/machine/translated.h"

struct twins {
   struct vmt_machine filtered, direct;
};

void twins_init(struct twins *twins, const struct vmt_machine_config *config,
                const struct vmt_settings *settings);
void twins_free(struct twins *twins);

/* NULL, or the first thing that is not the same.  Deferred accesses are
   settled and recency goes from the filter to the TLBs first.  */
const char *twins_difference(struct twins *twins);

#endif
