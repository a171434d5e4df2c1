/* Call stacks, interned: a stack is its innermost frame and the stack of its
   caller, so those that share callers share them here.

   Unwinding costs microseconds and TLB misses are many, so a capture is first
   looked up by program counter, stack pointer and frame pointer in a table that
   keeps, for stacks unwound before, where their return addresses lay.  If all
   of them are still there, it is the same stack.  A stack whose memory was
   unmapped since is forgotten first.

   How many frames: --num-callers.  Where the stacks grow beyond their budget,
   new ones are cut to fewer callers, and the profile says so.  Ids are indices
   from 1.  */

#ifndef VMT_TOOL_STACKS_H
#define VMT_TOOL_STACKS_H

#include "vmtrace/tool/valgrind.h"

#include "libvex_guest_amd64.h"
#include "vmtrace/mmu/containers/distances.h"
#include "vmtrace/mmu/machine/accounting.h"

#define STACK_NONE 0u           /* the kernel, at program start */
#define STACK_UNKNOWN (~0u)

struct stack_frame {
   Addr pc;                     /* as seen; of callers the return address less
                                   one */
   UInt object;                 /* objects.h; 0: none */
   UInt profile;                /* the last that has it */
   Addr offset;                 /* as linked */
};

struct stack_node {
   UInt frame, parent;
   UInt profile : 31;           /* the last that has it */
   UInt cut : 1;                /* callers are missing */
};

void stacks_init(void);

/* A power of 2: for distances of so many octaves that follow each other.  */
#define STACK_SHARES 8

struct stack_counters {
   uint32_t site, charge;       /* charge: whose they are */
   struct vmt_counter *misses[2];       /* DtlbM, ItlbM; NULL: not known */
};

/* What is remembered of a place in the program: its stack, and for charge.c the
   counters it added to last.  */
struct stack_place {
   UInt stack;
   UInt allocates;              /* the site of blocks that are allocated there; 0: not
                                   known */
   UInt label;                  /* the counters are of this area's label, */
   UInt thread;                 /* and this thread */
   struct vmt_distance_share *shares[STACK_SHARES];     /* of touches, of some; NULL:
                                           none */
   struct stack_counters last, other;   /* of misses, on memory of two sites */
};

/* The place of the running thread, whose registers are `guest`, for an access
   at pc that is looked at while head_pc is about to be executed, earlier in the
   same function or pc itself.  Good until the next call.  */
struct stack_place *stacks_place(VexGuestAMD64State *guest, Addr pc,
                                 Addr head_pc);

/* The same if it is remembered, else NULL.  */
struct stack_place *stacks_known_place(const VexGuestAMD64State *guest,
                                       Addr pc);

/* In a system call, the guest's program counter being past it by -delta.  */
UInt stacks_of_syscall(ThreadId tid, Word delta);

/* Memory of [start, end) is gone: no return address is to be read there.  */
void stacks_forget_memory(Addr start, Addr end);

/* Code was unmapped: program counters mean something new.  */
void stacks_forget_code(void);

UInt stacks_n_nodes(void);      /* ids 1 .. n */
UInt stacks_n_frames(void);
const struct stack_node *stacks_node(UInt id);
const struct stack_frame *stacks_frame(UInt id);

/* A new profile has none of them.  */
void stacks_are_news(void);
/* Whether the profile does not have it yet; from then on it has.  */
Bool stacks_node_is_news(UInt id);
Bool stacks_frame_is_news(UInt id);

/* The innermost program counter of a stack; 0 of STACK_NONE.  */
Addr stacks_pc(UInt stack);

/* How many frames new stacks have at most, and whether that was cut.  */
UInt stacks_depth(Bool *was_cut);

#endif
