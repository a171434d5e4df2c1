/* What the parts of `vmtrace report` share.  */

#ifndef VMT_CLI_REPORT_H
#define VMT_CLI_REPORT_H

#include "vmtrace/cli/report_options.h"
#include "vmtrace/host/ledger.h"

struct vmt_report {
   struct vmt_report_options options;
   struct vmt_report_input input;
   enum vmt_by by;
   bool with_sites;             /* JSON: rows have parts by site */
   struct vmt_thread_starts starts;     /* by thread alone */
   uint32_t *line_twin;         /* by site: of each site another one of its line, or
                                   0; NULL: what tells them apart is not shown */
   bool split;                  /* each row once for each site's memory, too */
   bool split_by_process;       /* each row once for each process */
   int sort;                    /* the event that orders */
   int process_sort;            /* by process: an event, or VMT_EVENTS_MAX and a
                                   number of processes */
   struct vmt_event_list events;        /* none: the format's own choice */
   size_t top;                  /* 0: all */
   bool top_given;
   bool skips_none;             /* leave out rows without any of that event */
};

extern const char *const vmt_by_names[];        /* by enum vmt_by */

/* Both print the whole report.  */
void vmt_report_text(const struct vmt_report *report,
                     const struct vmt_output *out);
void vmt_report_json(const struct vmt_report *report, FILE *file);

/* --by, from optarg, which may end in ",site".  0, or 2 after complaining.  */
int vmt_report_take_by(struct vmt_report *report);

/* The part above the table; of it, what ran, and remarks (vmt_report_remark).  */
void vmt_report_text_head(const struct vmt_report *report,
                          const struct vmt_output *out);
void vmt_report_text_run(const struct vmt_report *report,
                         const struct vmt_output *out);
void vmt_report_text_remarks(const struct vmt_profile *profile,
                             const struct vmt_blame *blame,
                             const struct vmt_output *out);

/* The command of a run and how it ended, safe to print; to be freed.  */
char *vmt_report_run_line(const struct vmt_profile_run *run);

/* A label as those of the head, which what it says follows.  */
void vmt_report_text_label(const struct vmt_output *out, const char *label);

/* The table alone; of JSON also what is in it: a comma and the member, a run's
   members without braces, remarks with a label as a member; a run's curve and
   timeline, which are empty where the profile has none; members alone: a text, what
   an object has or null, a place.  */
void vmt_report_text_table(const struct vmt_report *report,
                           const struct vmt_output *out);
void vmt_report_json_table(const struct vmt_report *report, FILE *file,
                           enum vmt_by by);
/* Makes line_twin, which is to be freed.  */
void vmt_report_find_line_twins(struct vmt_report *report);

/* The event that says most of who touched memory: the one that orders, if memory
   has it, else Flt; -1: the profile has none.  */
int vmt_report_touch_event(const struct vmt_report *report);

/* Of a table by site, of whose rows the first n are shown: puts the allocator's own
   memory there as the last one, if anything happened on it and it would be left out.
   How many are shown.  */
size_t vmt_report_keep_allocator(const struct vmt_ledger *sites, uint32_t *order,
                                 size_t n);

/* Below a table by site: which lines touched the memory of its first sites, and what
   the allocator did on its own while it was called from there.  */
void vmt_report_text_touches(const struct vmt_report *report,
                             const struct vmt_ledger *sites, const uint32_t *order,
                             size_t n, const struct vmt_output *out);
void vmt_report_json_run(FILE *file, const struct vmt_profile_run *run);
void vmt_report_json_remarks(const struct vmt_profile *profile,
                             const struct vmt_blame *blame, FILE *file,
                             const char *name, const char *wanted_label);
void vmt_report_json_curve(FILE *file, const struct vmt_profile_run *run);
void vmt_report_json_timeline(FILE *file, const struct vmt_profile_run *run);
void vmt_report_json_text(FILE *file, const char *name, const char *text);
void vmt_report_json_member(FILE *file, const char *name, const json_t *from,
                            const char *key);
void vmt_report_json_place(const struct vmt_blame *blame, FILE *file,
                           uint32_t place, bool with_line);

/* Lines about what the reader should know: notes of the run, warnings, objects
   without lines (not with a blame that is NULL).  One call after the other gives the next, to be freed, or
   NULL; *at starts at 0; *label says which it is.  */
char *vmt_report_remark(const struct vmt_profile *profile,
                        const struct vmt_blame *blame, size_t *at,
                        const char **label);

#endif
