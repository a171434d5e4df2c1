/* What a program that another one executes finds as its own name, argv[0].

   The core starts it under a Valgrind of its own, gives it the path of its file for a
   name, and adds VALGRIND_LIB to its environment; programs that do one thing or the
   other by their name, and those that print it, see the difference.  What they were
   given goes along in a variable, which the program does not get to see
   (initial_stack.c).  With --layout=native only.  */

#ifndef VMT_TOOL_OWN_NAME_H
#define VMT_TOOL_OWN_NAME_H

#include "vmtrace/tool/valgrind.h"

#define OWN_NAME_VARIABLE "VMTRACE_OWN_NAME"

/* An execve with these arguments begins; one has failed.  */
void own_name_before_exec(const HChar *const *argv);
void own_name_after_failed_exec(void);

/* If an entry of the environment is that variable, the name; else NULL.
   *added_variable: VALGRIND_LIB is not the program's.  */
HChar *own_name_in(HChar *variable, Bool *added_variable);

#endif
