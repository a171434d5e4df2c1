/* Made-up translated code: one straight run of instructions with its fetches
   and data accesses, and the groups of accesses that share one check of the
   filter.

   It follows the rules of the tool's planner: accesses off one base within 512
   bytes share a check, unless too many other groups lie in between for the page
   of the first to be still in its set (under LRU one less than ways; half of
   that where all pages are of one set; none under other policies).  A guarded
   access is alone.  Ticks: instruction << 6, fetches first, a tick for each page
   that an access may touch.  */

#ifndef TESTS_MACHINE_CODE_H
#define TESTS_MACHINE_CODE_H

#include "vmtrace/mmu/machine/machine.h"

#define CODE_MAX_ACCESSES 160
#define CODE_MAX_INSNS 64
#define CODE_N_BASES 5

struct code_access {
   uint32_t insn, tick, group, site;    /* site: whom to charge */
   uint32_t base, bytes;
   int32_t offset;
   enum vmt_access_kind kind;
   bool guarded;
};

struct code_insn {
   vmt_addr pc;
   uint32_t bytes, site;
   uint32_t tick;                       /* of its first fetch */
   bool starts_page, ends_on_next;      /* fetches that the planner checks */
};

struct code_group {
   uint32_t first, last, n_accesses;
   int32_t low, high;                   /* offsets from the base: [low, high) */
   uint32_t last_tick;
   bool any_write, interleaved;
   bool nested;                         /* begins before the last access of one
                                           that is interleaved, and ends first */
};

struct code {
   struct code_insn insns[CODE_MAX_INSNS];
   struct code_access accesses[CODE_MAX_ACCESSES];
   struct code_group groups[CODE_MAX_ACCESSES];
   uint32_t n_insns, n_accesses, n_groups;
};

/* The instructions and the accesses are filled in (insn, site, base, bytes,
   offset, kind, guarded; by rising insn); sets the rest.  */
void code_plan(struct code *code, const struct vmt_machine_config *config);

/* The same, but each access has a check of its own, and each instruction a fetch.
   */
void code_plan_singly(struct code *code,
                      const struct vmt_machine_config *config);

void code_print(const struct code *code);

#endif
