/* What is known of translated code: segments, the groups of accesses that share
   a check, and how often each segment was executed.

   A segment is a run of instructions of one superblock with no exit within, so
   one counter serves all of them; translated code adds to it, and advances the
   clock, where the segment ends.  An instruction that an exit cuts in two
   (`rep movs`) goes on in the next segment, as an instruction that is not
   counted again.  Code that is translated again to the same segment gets the
   same one, so that counters are not lost or doubled when Valgrind throws
   translations away.

   A group is one or more accesses of a segment off the same base address, close
   enough that one check of the filter serves all.

   Ids are indices and are stable; groups never move, and lie at addresses that
   fit the short forms of the host's instructions as long as they can.  Nothing
   is ever given back: 60 bytes a segment, 16 a group, 8 an access, 4 an
   instruction.  */

#ifndef VMT_TOOL_SEGMENTS_H
#define VMT_TOOL_SEGMENTS_H

#include "vmtrace/tool/valgrind.h"

#include "vmtrace/mmu/machine/machine.h"

/* One instruction of a segment, as the planner hands it in.  */
struct segment_insn {
   Addr pc;
   UChar len, n_reads, n_writes;
   Bool counted;                /* False: the rest of one that was counted */
};

/* One access of a group.  */
struct segment_member {
   Short offset;                /* from the base */
   UShort bytes_and_kind;       /* bytes << 2 | enum vmt_access_kind */
   Short tick;                  /* from the start of the segment; negative in
                                   the rest of an instruction */
   UShort pc_delta;             /* from the segment's first instruction;
                                   SEGMENT_FAR: see segments_pc() */
};

#define SEGMENT_FAR 0xffff

struct segment_group {
   Addr pc;                     /* the segment's first instruction */
   UInt segment;
   UShort n_members;
   UChar interleaved;           /* others' accesses lie between its own */
   UChar strongest;             /* enum vmt_access_kind: READ or WRITE */
   Short low, high;             /* [low, high): from the base, of all members */
   UInt padding;
   struct segment_member members[];
};

/* A page that translated code fetches from.  */
struct segment_fetch {
   Addr addr;
   UInt distance;               /* from the instruction's first byte */
   Int tick;
};

static inline UInt
segment_member_bytes(const struct segment_member *member)
{
   return member->bytes_and_kind >> 2;
}

static inline enum vmt_access_kind
segment_member_kind(const struct segment_member *member)
{
   return member->bytes_and_kind & 3;
}

/* What the planner found out; the arrays are its own.  */
struct segment_draft_group {
   UInt first_member, n_members;
   Bool interleaved;
};

struct segment_draft {
   const struct segment_insn *insns;
   const struct segment_draft_group *groups;
   const struct segment_member *members;        /* pc_delta is set here */
   UInt n_insns, n_groups, n_members;
};

void segments_init(void);

/* The segment's id; *first_group is its first group, segments_next_group() gives
   the others.  */
UInt segments_enter(const struct segment_draft *draft,
                    const struct segment_group **first_group);

static inline const struct segment_group *
segments_next_group(const struct segment_group *group)
{
   return (const struct segment_group *)&group->members[group->n_members];
}

/* A fetch that is there for good.  */
const struct segment_fetch *segments_enter_fetch(
   const struct segment_fetch *fetch);

/* The instruction that an access at `tick` of the segment belongs to.  */
Addr segments_pc(UInt segment, Int tick);

static inline Addr
segments_member_pc(const struct segment_group *group,
                   const struct segment_member *member)
{
   return member->pc_delta != SEGMENT_FAR
             ? group->pc + member->pc_delta
             : segments_pc(group->segment, member->tick);
}

/* Where translated code counts executions of the segment.  */
ULong *segments_counter(UInt segment);

/* Counts, once, what was done of a segment that a signal cuts short: all
   instructions before the one of `refused`, and of that one the accesses up to
   and including it.  */
void segments_count_part(UInt segment, const struct segment_member *refused);

/* A conditional access at pc: where translated code counts those taken.  */
ULong *segments_conditional(Addr pc, Bool is_write);

/* Ir, Dr, Dw of all that was executed so far.  */
struct segment_totals {
   ULong n_instrs, n_reads, n_writes;
};
void segments_totals(struct segment_totals *totals);

/* Code was unmapped: what is translated from now on is other code, even at the
   same addresses.  */
void segments_forget_code(void);

/* What was executed since it was last reported, or at all, is not counted.  */
void segments_forget_news(void);
void segments_restart(void);

/* In a forked child: what the parent executed is not its own.  */
void segments_forget_counts(void);

/* ---- for the profile ---- */

UInt segments_n(void);

/* The instructions of a segment, in order; returns how many, at most max.  */
UInt segments_insns(UInt segment, struct segment_insn *insns, UInt max);

/* How many more executions than were reported before; marks them reported.  */
ULong segments_report(UInt segment);

Bool segments_has_news(UInt segment);

/* The number under which the profile knows the segment's first straight run; 0:
   not yet.  */
UInt segments_block(UInt segment);
void segments_set_block(UInt segment, UInt block);

/* The i-th record of odd accesses: conditional ones and cut-short parts.
   Returns False past the last.  Additions since last reported; marks them.  */
struct segment_odd {
   Addr pc;
   Long n_instrs, n_reads, n_writes;
};
Bool segments_report_odd(UInt i, struct segment_odd *odd);

#endif
