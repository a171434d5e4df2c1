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

#define STACK_NONE 0u           /* the kernel, at program start */
#define STACK_UNKNOWN (~0u)

struct stack_frame {
   Addr pc;                     /* as seen; of callers the return address less
                                   one */
   UInt object;                 /* objects.h; 0: none */
   Addr offset;                 /* as linked */
};

struct stack_node {
   UInt frame, parent;
   Bool cut;                    /* callers are missing */
};

void stacks_init(void);

/* The stack of tid, which is about to execute pc.  Puts the guest's program
   counter right.  */
UInt stacks_capture(ThreadId tid, Addr pc);

/* The same for an access at pc that is looked at while head_pc, earlier in the
   same function, is about to be executed.  */
UInt stacks_capture_at(ThreadId tid, Addr pc, Addr head_pc);

/* In a system call, the guest's program counter being past it by -delta.  */
UInt stacks_capture_syscall(ThreadId tid, Word delta);

/* Memory of [start, end) is gone: no return address is to be read there.  */
void stacks_forget_memory(Addr start, Addr end);

/* Code was unmapped: program counters mean something new.  */
void stacks_forget_code(void);

UInt stacks_n_nodes(void);      /* ids 1 .. n */
UInt stacks_n_frames(void);
const struct stack_node *stacks_node(UInt id);
const struct stack_frame *stacks_frame(UInt id);

/* How many frames new stacks have at most, and whether that was cut.  */
UInt stacks_depth(Bool *was_cut);

#endif
