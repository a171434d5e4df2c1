/* What one superblock will do to memory, found out before any of it is
   instrumented: its segments, fetches and data accesses, and which accesses
   share a check.

   The counting rules: one access for each load, each store, each conditional
   one that is taken; a dirty helper that touches memory is one read and/or one
   write of its range; a compare-and-swap is a read and a write; a load-linked
   is a read, a store-conditional a write.  A load that the same instruction
   follows with a store to the same place is looked up as VMT_MODIFY.

   Ticks: instruction j of a segment, counted from zero, has the ticks from
   j << VMT_TICK_SHIFT; its fetches come first, then its data accesses in the
   order of the statements.  What is left of an instruction after an exit has
   j = -1 and goes on counting: it is the last one of the segment before.

   The plan lives until the next plan_block().  */

#ifndef VMT_TOOL_PLAN_H
#define VMT_TOOL_PLAN_H

#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/valgrind.h"

#define PLAN_NONE (~0u)

struct plan_access {
   UInt stmt;                   /* it goes before this statement */
   IRExpr *addr;                /* an atom */
   IRExpr *guard;               /* NULL: always */
   IRTemp base;                 /* addr = base + offset; IRTemp_INVALID: addr is
                                   a constant, its own base */
   Long offset;
   UInt bytes, segment, group;
   Int tick;
   Addr pc;
   enum vmt_access_kind kind;
   UChar n_reads, n_writes;
};

/* The check at the place of the group's first access.  */
struct plan_group {
   UInt first, last, n;         /* accesses; n: how many */
   UInt segment;
   const struct segment_group *kept;    /* in segments.h, after entering */
   IRTemp base;
   Long low, high;              /* offsets from the base: [low, high) */
   Bool any_write, interleaved;
   Bool nested;                 /* begins before another's last access */
   Int last_tick;
};

struct plan_fetch {
   UInt stmt;                   /* after this IMark */
   Addr pc, addr;               /* the instruction, an address in the page */
   UInt segment;
   Int tick;
};

struct plan_segment {
   UInt first_insn, n_insns, n_counted;
   UInt id;                     /* of segments.h; PLAN_NONE: nothing in it */
   UInt end_stmt;               /* the segment ends before this statement */
};

struct plan {
   struct plan_access *accesses;
   struct plan_group *groups;
   struct plan_fetch *fetches;
   struct plan_segment *segments;
   struct segment_insn *insns;
   UInt n_accesses, n_groups, n_fetches, n_segments, n_insns;
};

/* The plan for sb, whose statements from first_stmt on are the program's own.
   Its segments are entered into segments.h.  */
const struct plan *plan_block(const IRSB *sb, UInt first_stmt);

#endif
