/* What the parts of `vmtrace annotate` share: the lines of a profile, gathered
   by source file.  */

#ifndef VMT_CLI_ANNOTATE_H
#define VMT_CLI_ANNOTATE_H

#include "vmtrace/cli/report_options.h"
#include "vmtrace/host/ledger.h"

enum vmt_source_state {
   VMT_SOURCE_READ,
   VMT_SOURCE_NEWER,            /* read, but changed after the binary was made */
   VMT_SOURCE_MISSING
};

/* A source file; its rows are those of the ledger by line.  */
struct vmt_source_file {
   const char *name;            /* as the debug information has it */
   char *path;                  /* where it was found, or NULL */
   enum vmt_source_state state;
   char *text;                  /* NULL when missing */
   char **lines;                /* [0] is line 1; in text, without line ends */
   size_t n_lines;
   uint32_t *rows;              /* by rising line */
   size_t n_rows;
   int64_t totals[VMT_EVENTS_MAX];
};

struct vmt_annotation {
   struct vmt_report_options options;
   struct vmt_report_input input;
   struct vmt_ledger ledger;
   struct vmt_event_list events;        /* the columns */
   int sort;
   double threshold_percent;
   size_t context;
   bool context_given, whole;   /* whole: all lines, hot or not */
   char **source_dirs;          /* not owned */
   size_t n_source_dirs;
   struct vmt_source_file *files;       /* most of `sort` first */
   size_t n_files;
};

/* Makes files from the ledger: those named in patterns, or, when there are none,
   all with a line that is hot.  0, or 2 after complaining of a pattern that is
   no file of the profile.  */
int vmt_annotation_gather(struct vmt_annotation *annotation, char **patterns,
                          int n_patterns);
void vmt_annotation_free_files(struct vmt_annotation *annotation);

/* Reads a file's text, from where the debug information says or below
   source_dirs, and sets its state.  */
void vmt_source_file_read(struct vmt_source_file *file,
                          const struct vmt_annotation *annotation);

/* Whether a row has at least the threshold's share of an event shown.  */
bool vmt_annotation_is_hot(const struct vmt_annotation *annotation, uint32_t row);

void vmt_annotate_text(const struct vmt_annotation *annotation,
                       const struct vmt_output *out);
void vmt_annotate_json(const struct vmt_annotation *annotation, FILE *file);

#endif
