/* Programs that must not notice that they are watched.

   behave CASE...: each case prints what it found, line by line, always the same;
   what is no concern of a program (addresses, times, numbers of processes) is
   compared inside and printed as yes or no.  The test compares standard output and
   exit status with those of a run without the tool.  */

#ifndef VMT_GUESTS_BEHAVE_H
#define VMT_GUESTS_BEHAVE_H

void case_signals(void);
void case_faults(void);
void case_mend(void);
void case_memory(void);
void case_heap(void);
void case_image(void);
void case_saved_state(void);
void case_stack(void);
void case_overflow(void);
void case_jit(void);
void case_no_memory(void);
void case_limit(void);
void case_threads(void);
void case_workers(void);
void case_processes(void);
void case_arguments(void);
void case_renamed(void);
void case_own_name(void);

/* How the program was called.  */
extern char **behave_argv;
extern int behave_argc;

void say(const char *what, long value);
void check(const char *what, int holds);

#endif
