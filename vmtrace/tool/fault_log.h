/* The fault log (--fault-log=<file>): every page fault in the order in which they
   happen, a record each, to be compared page by page with what the kernel counts
   and perf sees of a program that runs natively.  docs/FAULT-LOG.md has the
   records.

   Addresses are written as they are natively (layout.h).  Nothing is kept but a
   buffer, which goes to the file when it is full and at each fork, execve and
   exit.  A file that cannot be had ends the log, not the run (out_file.h).

   Without the option fault_log_is_open is false, and nothing here is called but
   at start, fork, execve and exit.  */

#ifndef VMT_TOOL_FAULT_LOG_H
#define VMT_TOOL_FAULT_LOG_H

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/valgrind.h"

extern Bool fault_log_is_open;

void fault_log_open(void);

/* An access at addr, an instance of `kind` made at pc (0: at no instruction) for
   `cause`, had this outcome.  `syscall` is the one it was made for, if any.  */
void fault_log_write(const struct vmt_outcome *outcome, Addr addr,
                     enum vmt_access_kind kind, enum charge_cause cause,
                     Addr pc, UInt syscall);

void fault_log_before_fork(void);

/* The child writes a log of its own.  */
void fault_log_reopen_in_child(void);

/* As profile_before_exec() and profile_after_failed_exec().  */
void fault_log_before_exec(void);
void fault_log_after_failed_exec(void);

void fault_log_close(void);

#endif
