/* What the parts of `vmtrace compare` share: columns, each a profile or those of
   one run's processes, and rows of a number that each column has or has not.

   compare.c reads the options; compare_allocators.c finds allocators' libraries,
   compare_run.c runs the program with each; compare_columns.c reads the profiles
   and says in what they cannot be compared; compare_rows.c and compare_heap.c make
   the rows; compare_text.c and compare_json.c print.

   Sizes are bytes.  A comparison owns all that it points at; names are bytes as the
   system has them (print them by escape.h).  */

#ifndef VMT_CLI_COMPARE_H
#define VMT_CLI_COMPARE_H

#include "vmtrace/cli/report.h"

struct vmt_compare_column {
   char *name;
   char *library;               /* that was preloaded; NULL: none that we know of */
   struct vmt_profile profile;
};

enum vmt_compare_section {
   VMT_COMPARE_EXECUTED,
   VMT_COMPARE_FAULTS,
   VMT_COMPARE_EVENTS,          /* all others that are counted */
   VMT_COMPARE_MEMORY,
   VMT_COMPARE_HEAP,
   VMT_COMPARE_CURVE,           /* faults with so much RAM */
   VMT_COMPARE_N_SECTIONS
};

struct vmt_compare_cell {
   bool known;                  /* false: not in that profile */
   int64_t number;
};

enum vmt_compare_unit {
   VMT_COMPARE_COUNT,
   VMT_COMPARE_BYTES,
   VMT_COMPARE_PERMILLE         /* of another number: not of the first column */
};

struct vmt_compare_row {
   enum vmt_compare_section section;
   char *name;                  /* of an event, or of what section it is */
   enum vmt_compare_unit unit;
   int64_t ram_bytes;           /* of the curve; else 0 */
   int percent;                 /* ... and of the smallest peak */
   struct vmt_compare_cell *cells;      /* one a column */
};

struct vmt_comparison {
   struct vmt_compare_column *columns;
   struct vmt_compare_row *rows;
   char **notes;                /* what the reader should know of the whole */
   size_t n_columns, n_rows, n_notes;
   size_t column_capacity, row_capacity, note_capacity;
};

/* ---- columns ---- */

/* Reads profiles as one more column; takes name and library, which are freed with
   it (or at once, after trouble).  0, or 2 after complaining.  */
int vmt_compare_add_column(struct vmt_comparison *comparison, char *name,
                           char *library, char **files, int n_files);

/* Adds notes: of settings that are not the same in all columns, of a program that is
   not all there.  */
void vmt_compare_note_all(struct vmt_comparison *comparison);

/* Takes text.  */
void vmt_compare_note(struct vmt_comparison *comparison, char *text);
void vmt_compare_free(struct vmt_comparison *comparison);

/* ---- rows ---- */

extern const char *const vmt_compare_sections[VMT_COMPARE_N_SECTIONS];

/* Every event that occurred in a column, in the order in which profiles have them,
   whatever it is; memory; the heap; the curves at shares of the smallest peak.  */
void vmt_compare_make_rows(struct vmt_comparison *comparison);

/* For compare_rows.c alone: a row without numbers; to be kept, or dropped; what it is
   kept for; the rows of the heap that are no events.  */
struct vmt_compare_row vmt_compare_row_new(const struct vmt_comparison *comparison,
                                           enum vmt_compare_section section,
                                           const char *name);
void vmt_compare_keep_row(struct vmt_comparison *comparison, struct vmt_compare_row row,
                          bool wanted);
bool vmt_compare_any_known(const struct vmt_comparison *comparison,
                           const struct vmt_compare_row *row);
void vmt_compare_add_heap(struct vmt_comparison *comparison);

/* Whether a column has the least of a row, of numbers that are not all the same.  */
bool vmt_compare_is_least(const struct vmt_comparison *comparison,
                          const struct vmt_compare_row *row, size_t column);

/* ---- what is printed ---- */

void vmt_compare_text(const struct vmt_comparison *comparison,
                      const struct vmt_output *out);
void vmt_compare_markdown(const struct vmt_comparison *comparison, FILE *file);
void vmt_compare_json(const struct vmt_comparison *comparison, FILE *file);
void vmt_compare_csv(const struct vmt_comparison *comparison, FILE *file);

/* ---- allocators ---- */

struct vmt_run_setting;

struct vmt_compare_allocator {
   char *name;
   char *library;               /* NULL: the program's own */
   const struct vmt_run_setting *settings;      /* that keep the clock out of it; NULL */
};

struct vmt_compare_allocators {
   struct vmt_compare_allocator *list;
   size_t n, capacity;
};

/* Finds those of a list with commas, for the program at a path; complains of each that is
   missing and leaves it out.  0, or 2 after complaining: one cannot be, or none is left.  */
int vmt_compare_find_allocators(struct vmt_compare_allocators *allocators,
                                const char *names, const char *program);
void vmt_compare_free_allocators(struct vmt_compare_allocators *allocators);

struct vmt_compare_runs {
   const char *names;           /* --allocators */
   const char *keep;            /* folder of the profiles; NULL: a temporary one */
   bool quiet;
   char **passed;               /* options for Valgrind, n_passed of them */
   int n_passed;
   char **program;              /* NULL-terminated */
};

/* Runs the program with each allocator and adds a column of each.  0, or an exit
   status after complaining.  Does not return when the program was ended from
   outside (Ctrl-C): this process then ends in the same way.  */
int vmt_compare_run_all(struct vmt_comparison *comparison,
                        const struct vmt_compare_runs *runs);

#endif
