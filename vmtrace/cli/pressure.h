/* What the verbs say of a run with a limit on memory: whether it thrashed, when,
   where and what would end it, and what was there when memory ran out.

   Sums by line are of one run, and in the order of a report's table.  The sizes
   that would have been enough are the curve's, which is that of LRU, whatever the
   run's own policy was.  */

#ifndef VMT_CLI_PRESSURE_H
#define VMT_CLI_PRESSURE_H

#include "vmtrace/cli/report.h"
#include "vmtrace/host/thrash.h"

/* So much of the refaults that it thrashes with may be left for a size to be said to be enough; in any
   case what is too few to thrash.  */
#define VMT_PRESSURE_LEFT_PERCENT 1

/* A line, and an area where the sum is by area too, else UINT32_MAX.  */
struct vmt_line_sum {
   uint32_t place, area;
   int64_t number;
};

struct vmt_line_sums {
   struct vmt_line_sum *sums;   /* the most first */
   size_t n;
   int64_t total;
};

/* An event of a run by line; pages by line and area.  */
struct vmt_line_sums vmt_sum_event(const struct vmt_report_input *input,
                                   const struct vmt_profile_run *run,
                                   const char *event);
struct vmt_line_sums vmt_sum_owners(const struct vmt_report_input *input,
                                    const struct vmt_page_owners *owners);

/* Pages by line alone.  */
struct vmt_line_sums vmt_sum_charges(const struct vmt_report_input *input,
                                     const struct vmt_page_owners *owners);

/* A number of a run's sites by the line that asked; lines of none are left out.  */
struct vmt_line_sums vmt_sum_sites(const struct vmt_report_input *input,
                                   const struct vmt_profile_run *run,
                                   enum vmt_site_number number);

/* At most so many of them, below one another.  */
void vmt_line_sums_print(const struct vmt_report_input *input,
                         const struct vmt_line_sums *sums, size_t most,
                         const struct vmt_output *out);
void vmt_line_sums_free(struct vmt_line_sums *sums);

/* Whether a report has something to say of it.  */
bool vmt_pressure_is_of(const struct vmt_profile_run *run);

/* A total of one run.  */
int64_t vmt_pressure_total(const struct vmt_report_input *input,
                           const struct vmt_profile_run *run, const char *event);

/* The smallest size of RAM with which the run would not have thrashed, by the
   curve; NULL: there is no curve, or memory ran out, which that size does not say.  */
const struct vmt_curve_size *
vmt_pressure_enough(const struct vmt_profile_run *run,
                    const struct vmt_thrashing *thrashing);

/* The section of a report, of each run with a limit or that ran out of memory; its
   parts, which other verbs show too.  */
void vmt_pressure_text(const struct vmt_report *report, const struct vmt_output *out);
void vmt_pressure_json(const struct vmt_report *report, FILE *file);
char *vmt_pressure_limit_text(const struct vmt_limit *limit);
char *vmt_pressure_thrashed_text(const struct vmt_thrashing *thrashing);
void vmt_pressure_json_spans(FILE *file, const struct vmt_thrashing *thrashing);

/* Who asked for memory that was not there, in a line; and all about it, which needs
   a blame with whole_stacks.  */
void vmt_pressure_text_oom(const struct vmt_report_input *input,
                           const struct vmt_profile_run *run,
                           const struct vmt_output *out);
void vmt_pressure_json_oom(const struct vmt_report_input *input,
                           const struct vmt_profile_run *run, FILE *file);

#endif
