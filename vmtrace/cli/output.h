/* Where a verb's output goes: a file, standard output, or a pager, in colour or
   not; and complaints, which go to standard error.

   A verb reads all its input before it opens its output, so that trouble with
   the input leaves no empty file behind.  Bytes that could not be written are
   noticed at vmt_output_close, once, however they were written to `file`.  An
   open output must stay where it is: its stream points at it.  */

#ifndef VMT_CLI_OUTPUT_H
#define VMT_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum vmt_color_mode {
   VMT_COLOR_AUTO,              /* on a terminal, unless $NO_COLOR or TERM=dumb */
   VMT_COLOR_ALWAYS,
   VMT_COLOR_NEVER
};

struct vmt_output {
   FILE *file;                  /* what to print to; owned by the output */
   bool color;                  /* whether vmt_output_paint gives colours */
   const char *path;            /* NULL: standard output; not owned */
   pid_t pager;                 /* 0: none */
   int fd;                      /* below file */
   int error;                   /* errno of the first write that failed, or 0 */
};

/* A style for a piece of text.  */
enum vmt_paint {
   VMT_PAINT_PLAIN,             /* back to normal */
   VMT_PAINT_BOLD,
   VMT_PAINT_DIM,
   VMT_PAINT_HOT,               /* what the reader should look at first */
   VMT_PAINT_WARM,
   VMT_PAINT_GOOD
};

/* Opens path, or standard output when it is NULL or "-".  With `page`, and when
   standard output is a terminal, starts $VMTRACE_PAGER, else $PAGER, else less;
   an empty value or `cat` means no pager.  0, or 2 after complaining.  */
int vmt_output_open(struct vmt_output *out, const char *path,
                    enum vmt_color_mode color, bool page);

/* How wide the terminal is that the output goes to, through a pager or not; 80
   when it goes elsewhere.  */
size_t vmt_output_columns(const struct vmt_output *out);

/* Flushes, waits for the pager.  0, or 2 when something was not written, after
   complaining; a reader that went away (EPIPE) is no reason to complain, and a
   pager that was left early is no failure.  */
int vmt_output_close(struct vmt_output *out);

/* The escape sequence of a style, or "" when there is no colour.  */
const char *vmt_output_paint(const struct vmt_output *out, enum vmt_paint paint);

/* Writes a text (a --help) to standard output.  0 or 2, as above.  */
int vmt_output_text(const char *text);

/* `auto`, `always` or `never`.  Whether it was one of them.  */
bool vmt_color_mode_parse(const char *text, enum vmt_color_mode *mode);

/* Prints "vmtrace: ...", always as one line: control characters in it (a hostile
   file name) become '?'.  */
void vmt_complain(const char *format, ...)
   __attribute__((format(printf, 1, 2)));

#endif
