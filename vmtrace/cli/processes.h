/* What a report says of the processes of runs: a table, a tree, and what their sharing
   of memory cost.

   A number of a process has a name, by which a table by process can be ordered and
   JSON has it; sizes are in bytes.  At the peak: when most of the process was
   resident, of its images that which had most.  docs/PROCESSES.md defines them.  */

#ifndef VMT_CLI_PROCESSES_H
#define VMT_CLI_PROCESSES_H

#include "vmtrace/cli/report.h"
#include "vmtrace/host/copies.h"

enum vmt_process_number {
   VMT_PROCESS_PARENT_COW,      /* pages that its parent copied because of it */
   VMT_PROCESS_PRIVATE,
   VMT_PROCESS_SHARED,
   VMT_PROCESS_PSS,
   VMT_PROCESS_END_PRIVATE,
   VMT_PROCESS_END_SHARED,
   VMT_PROCESS_END_PSS,
   VMT_PROCESS_TABLES,
   VMT_N_PROCESS_NUMBERS
};

extern const char *const vmt_process_numbers[VMT_N_PROCESS_NUMBERS];

/* What is known of all processes.  */
struct vmt_process_facts {
   const struct vmt_profile *profile;
   struct vmt_copies copies;
   int64_t (*numbers)[VMT_N_PROCESS_NUMBERS];   /* of each process; -1: not known */
};

struct vmt_process_facts vmt_process_facts_find(const struct vmt_profile *profile);
void vmt_process_facts_free(struct vmt_process_facts *facts);

/* The numbers of resident memory; NULL: not known.  */
const struct vmt_resident *vmt_process_peak(const struct vmt_profile *profile,
                                            uint32_t process);
const struct vmt_resident *vmt_process_end(const struct vmt_profile *profile,
                                           uint32_t process);

/* The image that a process ended as.  */
const struct vmt_profile_run *vmt_process_last(const struct vmt_profile *profile,
                                               uint32_t process);

/* "cc1 -quiet a.c", the command of an image or the last one of a process, at most so
   wide; "exit 1", "SIGKILL", "cut short", or "" where it ended well.  To be freed.  */
char *vmt_run_command(const struct vmt_profile_run *run, size_t n_columns);
char *vmt_process_command(const struct vmt_profile *profile, uint32_t process,
                          size_t n_columns);
char *vmt_process_ending(const struct vmt_profile_run *run);

/* "1002 server --port 1", to be freed.  */
char *vmt_process_label(const struct vmt_profile *profile, uint32_t process);

/* The process id; 0: not known.  */
int64_t vmt_process_pid(const struct vmt_profile *profile, uint32_t process);

/* Whether there is more to tell than of one program's run.  */
bool vmt_processes_are_many(const struct vmt_profile *profile);

/* --sort of a table by process: an event, or a number of processes.  0, or 2 after
   complaining.  Then its name, and the processes in that order, to be freed.  */
int vmt_processes_sort(struct vmt_report *report);
const char *vmt_processes_sort_name(const struct vmt_report *report);
uint32_t *vmt_processes_order(const struct vmt_report *report,
                              const struct vmt_process_facts *facts);

/* The table by process.  */
void vmt_processes_text_table(const struct vmt_report *report,
                              const struct vmt_output *out);
void vmt_processes_json_table(const struct vmt_report *report, FILE *file);

/* The profiles of which a section says something (of value above 0), the most of it
   first, but no more than a reader wants; to be freed.  *n_more: how many there are
   beyond.  */
uint32_t *vmt_report_first_runs(const struct vmt_report *report,
                                int64_t (*value)(const struct vmt_report *report,
                                                 uint32_t run),
                                size_t *n, size_t *n_more);

/* The sections of a report of more than one process: the tree of them, what was copied
   because others had it, files in the page cache of the run.  */
struct vmt_process_kin;

void vmt_processes_text_tree(const struct vmt_report *report,
                             const struct vmt_output *out);
void vmt_processes_text_copies(const struct vmt_report *report,
                               const struct vmt_process_facts *facts,
                               const struct vmt_process_kin *kin,
                               const struct vmt_output *out);
void vmt_processes_text_cache(const struct vmt_report *report,
                              const struct vmt_output *out);

/* The same as members, a comma before each.  */
void vmt_processes_json(const struct vmt_report *report, FILE *file);

#endif
