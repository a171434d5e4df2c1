/* Listings as text: a column for each event, then the source line.  */

#include "vmtrace/cli/annotate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/report.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define SOURCE_COLUMNS 4096
#define TAB_COLUMNS 8

struct listing {
   const struct vmt_annotation *annotation;
   const struct vmt_output *out;
   int widths[VMT_EVENTS_MAX];  /* of the columns */
};

/* Widths that hold the totals, which are the largest numbers.  */
static void
set_widths(struct listing *listing)
{
   const struct vmt_annotation *annotation = listing->annotation;
   const struct vmt_profile *profile = &annotation->input.profile;
   char grouped[VMT_GROUPED_BYTES];

   for (size_t i = 0; i < annotation->events.n; i++) {
      int event = annotation->events.events[i];
      size_t title = strlen(profile->events.names[event]);
      size_t number =
         strlen(vmt_number_grouped(grouped, vmt_profile_total(profile, event)));

      listing->widths[i] = (int) (title > number ? title : number);
   }
}

static void
print_titles(const struct listing *listing)
{
   const struct vmt_annotation *annotation = listing->annotation;

   fputs(vmt_output_paint(listing->out, VMT_PAINT_BOLD), listing->out->file);
   for (size_t i = 0; i < annotation->events.n; i++)
      fprintf(listing->out->file, "%*s  ", listing->widths[i],
              annotation->input.profile.events.names[annotation->events.events[i]]);
   fprintf(listing->out->file, "Source%s\n",
           vmt_output_paint(listing->out, VMT_PAINT_PLAIN));
}

/* Numbers, each 0 as a dot, as cachegrind's annotator shows it.  */
static void
print_numbers(const struct listing *listing, const int64_t *numbers, bool hot)
{
   char grouped[VMT_GROUPED_BYTES];

   fputs(vmt_output_paint(listing->out, hot ? VMT_PAINT_HOT : VMT_PAINT_PLAIN),
         listing->out->file);
   for (size_t i = 0; i < listing->annotation->events.n; i++)
      fprintf(listing->out->file, "%*s  ", listing->widths[i],
              numbers[i] ? vmt_number_grouped(grouped, numbers[i]) : ".");
   fputs(vmt_output_paint(listing->out, VMT_PAINT_PLAIN), listing->out->file);
}

/* The sums of the rows of one line, from rows[*at] on, which is left behind
   them; whether one of them is hot.  */
static bool
sum_line(const struct listing *listing, const struct vmt_source_file *file,
         size_t *at, uint32_t line, int64_t *numbers)
{
   const struct vmt_annotation *annotation = listing->annotation;
   const struct vmt_ledger *ledger = &annotation->ledger;
   bool hot = false;

   memset(numbers, 0, annotation->events.n * sizeof *numbers);
   while (*at < file->n_rows
          && annotation->input.blame.places[
                ledger->rows[file->rows[*at]].subject].line == line) {
      uint32_t row = file->rows[(*at)++];

      for (size_t i = 0; i < annotation->events.n; i++)
         numbers[i] = vmt_wrapping_sum(numbers[i],
                                       vmt_ledger_value(ledger, row,
                                                        annotation->events.events[i]));
      hot |= vmt_annotation_is_hot(annotation, row);
   }
   return hot;
}

/* Tabs as spaces, so that columns before the line do not move them.  */
static void
print_source(FILE *file, const char *line)
{
   char *expanded = vmt_calloc(strlen(line) * TAB_COLUMNS + 1, 1), *out = expanded;
   char *text;

   for (; *line; line++)
      do
         *out++ = *line == '\t' ? ' ' : *line;
      while (*line == '\t' && (out - expanded) % TAB_COLUMNS);
   text = vmt_escape_short(expanded, SOURCE_COLUMNS);
   fprintf(file, "%s\n", text);
   free(text);
   free(expanded);
}

/* Marks in shown[] (by line, from 1) what is at most `context` lines from a hot
   line; with `whole`, everything.  */
static bool *
lines_to_show(const struct listing *listing, const struct vmt_source_file *file)
{
   const struct vmt_annotation *annotation = listing->annotation;
   bool *shown = vmt_calloc(file->n_lines + 2, sizeof *shown);
   size_t last = 0;             /* shown up to here */

   if (annotation->whole)
      memset(shown, true, file->n_lines + 2);
   for (size_t i = 0; i < file->n_rows; i++) {
      size_t line = annotation->input.blame.places[
                       annotation->ledger.rows[file->rows[i]].subject].line;
      size_t context = annotation->context;
      size_t first, end;

      if (line == 0 || line > file->n_lines
          || !vmt_annotation_is_hot(annotation, file->rows[i]))
         continue;
      first = line > context ? line - context : 1;
      end = context < file->n_lines - line ? line + context : file->n_lines;
      for (size_t k = first > last ? first : last + 1; k <= end; k++)
         shown[k] = true;
      last = end;
   }
   return shown;
}

static void
print_lines(const struct listing *listing, const struct vmt_source_file *file)
{
   int64_t numbers[VMT_EVENTS_MAX];
   bool *shown = lines_to_show(listing, file);
   size_t at = 0, last = 0;

   sum_line(listing, file, &at, 0, numbers);
   for (uint32_t line = 1; line <= file->n_lines; line++) {
      bool hot = sum_line(listing, file, &at, line, numbers);

      if (!shown[line])
         continue;
      if (line != last + 1)
         fprintf(listing->out->file, "%s-- line %" PRIu32 " --%s\n",
                 vmt_output_paint(listing->out, VMT_PAINT_DIM), line,
                 vmt_output_paint(listing->out, VMT_PAINT_PLAIN));
      last = line;
      print_numbers(listing, numbers, hot);
      print_source(listing->out->file, file->lines[line - 1]);
   }
   free(shown);
}

/* Lines that the text does not have: all of a missing source, those beyond the
   end of a changed one.  Their functions say where they are.  */
static void
print_lines_without_text(const struct listing *listing,
                         const struct vmt_source_file *file)
{
   const struct vmt_blame *blame = &listing->annotation->input.blame;
   int64_t numbers[VMT_EVENTS_MAX];

   for (size_t at = 0; at < file->n_rows;) {
      const struct vmt_place *place =
         &blame->places[listing->annotation->ledger.rows[file->rows[at]].subject];
      bool hot = sum_line(listing, file, &at, place->line, numbers);
      char *function;

      if ((place->line > 0 && place->line <= file->n_lines)
          || (!hot && !listing->annotation->whole))
         continue;
      function = vmt_escape_short(place->function, 72);
      print_numbers(listing, numbers, hot);
      if (place->line)
         fprintf(listing->out->file, "line %" PRIu32 ", %s\n", place->line,
                 function);
      else
         fprintf(listing->out->file, "(no line) %s\n", function);
      free(function);
   }
}

static void
print_state(const struct listing *listing, const struct vmt_source_file *file)
{
   FILE *out = listing->out->file;
   char *path;

   if (file->state == VMT_SOURCE_MISSING) {
      fputs("The source is not there; its folder can be named with "
            "--source-dir.\n", out);
      return;
   }
   if (strcmp(file->path, file->name) != 0) {
      path = vmt_escape_line(file->path);
      fprintf(out, "Read from %s\n", path);
      free(path);
   }
   if (file->state == VMT_SOURCE_NEWER)
      fputs("Warning: the source is newer than the binary: lines may have "
            "moved.\n", out);
}

static void
print_file(const struct listing *listing, const struct vmt_source_file *file)
{
   char *name = vmt_escape_line(file->name);
   int64_t numbers[VMT_EVENTS_MAX];
   const struct vmt_annotation *annotation = listing->annotation;

   fprintf(listing->out->file, "\n%s%s%s\n",
           vmt_output_paint(listing->out, VMT_PAINT_BOLD), name,
           vmt_output_paint(listing->out, VMT_PAINT_PLAIN));
   print_state(listing, file);
   print_titles(listing);
   for (size_t i = 0; i < annotation->events.n; i++)
      numbers[i] = file->totals[annotation->events.events[i]];
   print_numbers(listing, numbers, false);
   fputs("the whole file\n", listing->out->file);
   print_lines(listing, file);
   print_lines_without_text(listing, file);
   free(name);
}

static void
print_totals(const struct listing *listing)
{
   const struct vmt_annotation *annotation = listing->annotation;
   int64_t numbers[VMT_EVENTS_MAX], listed[VMT_EVENTS_MAX] = { 0 };

   print_titles(listing);
   for (size_t i = 0; i < annotation->events.n; i++) {
      int event = annotation->events.events[i];

      numbers[i] = vmt_profile_total(&annotation->input.profile, event);
      for (size_t k = 0; k < annotation->n_files; k++)
         listed[i] = vmt_wrapping_sum(listed[i], annotation->files[k].totals[event]);
   }
   print_numbers(listing, numbers, false);
   fputs("the whole run\n", listing->out->file);
   print_numbers(listing, listed, false);
   fprintf(listing->out->file, "in the %zu file%s below\n", annotation->n_files,
           annotation->n_files == 1 ? "" : "s");
}

void
vmt_annotate_text(const struct vmt_annotation *annotation,
                  const struct vmt_output *out)
{
   struct listing listing = { .annotation = annotation, .out = out };
   size_t at = 0;
   const char *label;
   char *text;

   if (!vmt_profile_complete(&annotation->input.profile))
      fputs("CUT SHORT: the profile ends before the program did\n\n", out->file);
   while ((text = vmt_report_remark(&annotation->input.profile,
                                    &annotation->input.blame, &at,
                                    &label)) != NULL) {
      fprintf(out->file, "%s: %s\n", label, text);
      free(text);
   }
   set_widths(&listing);
   print_totals(&listing);
   for (size_t i = 0; i < annotation->n_files; i++)
      print_file(&listing, &annotation->files[i]);
   if (annotation->n_files == 0)
      fputs("\nNo source line has events; 'vmtrace report' shows functions and "
            "what hides the lines.\n", out->file);
}
