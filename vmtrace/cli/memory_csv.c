/* Tables of one number as comma-separated values.  */

#include "vmtrace/cli/memory_view.h"

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/host/escape.h"

static const char *
columns_of(enum vmt_by by)
{
   switch (by) {
   case VMT_BY_FUNCTION:
      return "file,function,object";
   case VMT_BY_OBJECT:
      return "object";
   case VMT_BY_STACK:
      return "stack";
   case VMT_BY_AREA:
      return "area,kind";
   case VMT_BY_THREAD:
      return "thread";
   default:
      return "file,line,function,object";
   }
}

static void
write_place(const struct vmt_blame *blame, FILE *file, uint32_t place, enum vmt_by by)
{
   const struct vmt_place *at = &blame->places[place];

   vmt_escape_csv(file, at->file);
   if (by == VMT_BY_LINE)
      fprintf(file, ",%" PRIu32, at->line);
   putc(',', file);
   vmt_escape_csv(file, at->function);
   putc(',', file);
   vmt_escape_csv(file, vmt_blame_object_path(blame, place));
}

/* Functions, innermost first, with a semicolon between.  */
static void
write_stack(const struct vmt_blame *blame, FILE *file, uint32_t call)
{
   char *text = NULL;
   size_t n;
   FILE *line = open_memstream(&text, &n);

   for (; call; call = blame->calls[call].parent)
      fprintf(line, "%s%s", blame->places[blame->calls[call].place].function,
              blame->calls[call].parent ? ";" : blame->calls[call].cut ? ";..." : "");
   fclose(line);
   vmt_escape_csv(file, *text ? text : "[start-up]");
   free(text);
}

static void
write_subject(const struct vmt_report *report, FILE *file, uint32_t subject)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_blame *blame = &report->input.blame;

   switch (report->by) {
   case VMT_BY_OBJECT:
      vmt_escape_csv(file, vmt_blame_object_path(blame, subject));
      break;
   case VMT_BY_STACK:
      write_stack(blame, file, subject);
      break;
   case VMT_BY_AREA:
      vmt_escape_csv(file, profile->areas[subject].name);
      putc(',', file);
      vmt_escape_csv(file, profile->areas[subject].kind);
      break;
   case VMT_BY_THREAD:
      fprintf(file, "%" PRIu32, subject);
      break;
   default:
      write_place(blame, file, subject, report->by);
      break;
   }
}

void
vmt_memory_csv(const struct vmt_memory_view *view, FILE *file)
{
   const struct vmt_report *report = &view->report;
   struct vmt_ledger ledger;
   uint32_t *order;

   vmt_ledger_init(&ledger, report->by, &report->input.profile,
                   &report->input.blame);
   order = vmt_ledger_order(&ledger, report->sort);
   fprintf(file, "%s,%s\r\n", columns_of(report->by),
           report->input.profile.events.names[report->sort]);
   for (size_t i = 0; i < ledger.n_rows; i++) {
      int64_t number = vmt_ledger_value(&ledger, order[i], report->sort);

      if (number == 0 || (report->top && i >= report->top))
         break;
      write_subject(report, file, ledger.rows[order[i]].subject);
      fprintf(file, ",%" PRId64 "\r\n", number);
   }
   free(order);
   vmt_ledger_free(&ledger);
}
