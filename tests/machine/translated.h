/* What translated code and its helper do, in C: an access first tests the
   filter as the inline code would, and asks the machine only when that fails.
   And the same code with every access taken to the machine.

   Both charge what comes of an access to its site.  */

#ifndef TESTS_MACHINE_TRANSLATED_H
#define TESTS_MACHINE_TRANSLATED_H

#include "tests/machine/code.h"

/* One execution of code: what its bases are, which guarded accesses are taken. */
struct run {
   const struct code *code;
   vmt_addr bases[CODE_N_BASES];
   bool is_taken[CODE_MAX_ACCESSES];
};

/* Which access ended in a signal, and the run with it; RUN_ENDED: none did.  An
   access that may end so must not be part of an interleaved group.  */
#define RUN_ENDED CODE_MAX_ACCESSES

uint32_t translated_run(struct vmt_machine *machine, const struct run *run);

/* Accesses that were put off.  To be called before anything but an access.  */
void translated_settle(struct vmt_machine *machine);

/* Every instruction fetched, every access looked up, in order.  */
uint32_t direct_run(struct vmt_machine *machine, const struct run *run);

/* Charges outcome to site, on behalf of thread 1.  */
void charge_site(struct vmt_machine *machine, const struct vmt_outcome *outcome,
                 uint32_t site);

#endif
