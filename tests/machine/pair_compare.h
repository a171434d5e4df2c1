/* Comparing the machine with its model.  */

#ifndef TESTS_MACHINE_PAIR_COMPARE_H
#define TESTS_MACHINE_PAIR_COMPARE_H

#include "tests/machine/pair.h"

/* Under random replacement the model is told what the machine threw out, and
   sees to it that it was of the right set.  Before the model's access.  */
void pair_tell_victims(struct pair *pair);

/* ... and what its memory will.  Before the machine's access.  */
void pair_tell_next_victim(struct pair *pair);

/* has_label: the outcome has something to charge.  */
void pair_compare_outcome(const struct vmt_outcome *ours,
                          const struct model_outcome *theirs, bool has_label);

void pair_compare_memory(struct pair *pair);

#endif
