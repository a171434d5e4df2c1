/* Words of a thread that the kernel writes unasked, which the core does not tell
   of or tells of in the wrong process.

   clone: the number of the new thread, to where CLONE_PARENT_SETTID and
   CLONE_CHILD_SETTID say; after a fork the latter is written by the child
   (schedule_tail).

   rseq: Valgrind refuses it and programs go on without; natively it succeeds, and
   the kernel writes the area that it names when the thread returns to the
   program after it has waited, was pre-empted or was moved to another processor,
   and when it is to handle a signal (rseq_handle_notify_resume, kernel/rseq.c,
   Linux 6.18).  The page was written before, so that this shows after a fork
   alone: in the child at once, in each thread of the parent when it has next
   waited or handles a signal.  Being pre-empted or moved is left out: it depends
   on the scheduler.  --layout=native only, which stands for the native run.  */

#ifndef VMT_TOOL_KERNEL_WORDS_H
#define VMT_TOOL_KERNEL_WORDS_H

#include "vmtrace/tool/valgrind.h"

/* System calls as they are made, and those that succeeded as they return.  */
void kernel_words_before_call(ThreadId tid, UInt number, const UWord *args);
void kernel_words_after_call(ThreadId tid, UInt number, const UWord *args,
                             UWord result);

/* Whatever a call came to, thread tid returns from it.  */
void kernel_words_return(ThreadId tid, UInt number, const UWord *args);

/* A signal is about to be handled by tid.  */
void kernel_words_signal(ThreadId tid);

/* Thread tid has forked; it is alone in the child, which has no area for rseq if
   it shares its parent's memory (rseq_fork).  */
void kernel_words_fork_in_parent(void);
void kernel_words_fork_in_child(ThreadId tid, Bool is_vfork);

/* A thread begins.  */
void kernel_words_forget(ThreadId tid);

#endif
