/* The curve as JSON (schemas/curve.schema.json) and as comma-separated values.  */

#include "vmtrace/cli/curve.h"

#include <inttypes.h>

#include "vmtrace/cli/report.h"

static void
print_size(FILE *file, const struct vmt_curve_size *size)
{
   if (size)
      fprintf(file, "{\"ram_pages\":%" PRId64 ",\"faults\":%" PRId64 "}",
              size->ram_pages, size->n_faults);
   else
      fputs("null", file);
}

static void
print_asked(FILE *file, const struct vmt_curve_asked *asked)
{
   fprintf(file, "{\"asked_bytes\":%" PRId64, asked->bytes);
   if (asked->size)
      fprintf(file, ",\"ram_pages\":%" PRId64 ",\"faults\":%" PRId64 "}",
              asked->size->ram_pages, asked->size->n_faults);
   else
      fputs(",\"ram_pages\":null,\"faults\":null}", file);
}

static void
print_span(const struct vmt_curve_view *view, FILE *file)
{
   const struct vmt_curve_span *span = &view->span;

   fputs(",\n\"span\":{\"from\":", file);
   print_asked(file, &span->from);
   fputs(",\"to\":", file);
   print_asked(file, &span->to);
   fprintf(file, ",\"charged_from_pages\":%" PRId64 ",\"charged_to_pages\":%" PRId64
           ",\"charged\":%" PRId64 ",\"uncharged\":", span->high_pages,
           span->low_pages, span->n_charged);
   if (span->n_uncharged < 0)
      fputs("null}", file);
   else
      fprintf(file, "%" PRId64 "}", span->n_uncharged);
   fprintf(file, ",\n\"by\":\"%s\",\"blame\":\"%s\"",
           vmt_by_names[view->memory.report.by],
           view->memory.report.input.blame.mode == VMT_BLAME_CALLER ? "caller"
           : "leaf");
   vmt_report_json_table(&view->memory.report, file, view->memory.report.by);
}

void
vmt_report_json_curve(FILE *file, const struct vmt_profile_run *run)
{
   const struct vmt_curve *curve = &run->pressure.curve;

   fputs(",\n\"curve\":[", file);
   for (size_t i = 0; i < curve->n_sizes; i++) {
      fputs(i ? "," : "", file);
      print_size(file, &curve->sizes[i]);
   }
   putc(']', file);
}

void
vmt_curve_json(const struct vmt_curve_view *view, FILE *file)
{
   const struct vmt_curve *curve = view->curve;

   vmt_memory_json_head(&view->memory, file);
   fprintf(file, ",\n\"mode\":\"%s\",\"error_pages\":%" PRId64 ",\"first_pages\":%"
           PRId64 ",\"peak_pages\":%" PRId64 ",\"first_touches\":%" PRId64,
           curve->mode, curve->error_pages, vmt_curve_first_pages(curve),
           curve->peak_pages, curve->first_touches);
   fprintf(file, ",\n\"need\":{\"percent\":%d,\"ram_pages\":%" PRId64
           ",\"faults\":%" PRId64 "}", VMT_CURVE_NEED_PERCENT,
           view->need->ram_pages, view->need->n_faults);
   fputs(",\n\"knee\":", file);
   print_size(file, view->knee);
   fputs(",\n\"had\":", file);
   print_size(file, view->had);
   fputs(",\n\"at\":[", file);
   for (size_t i = 0; i < view->n_asked; i++) {
      fputs(i ? "," : "", file);
      print_asked(file, &view->asked[i]);
   }
   putc(']', file);
   vmt_report_json_curve(file, view->memory.run);
   if (view->has_span)
      print_span(view, file);
   fputs("}\n", file);
}

static void
write_row(const struct vmt_curve_view *view, FILE *file,
          const struct vmt_curve_size *size)
{
   fprintf(file, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 "\r\n",
           size->ram_pages, size->ram_pages * VMT_MEMORY_PAGE_BYTES, size->n_faults,
           size->n_faults - view->last->n_faults);
}

void
vmt_curve_csv(const struct vmt_curve_view *view, FILE *file)
{
   if (view->has_span) {
      vmt_memory_csv(&view->memory, file);
      return;
   }
   fputs("ram_pages,ram_bytes,faults,refaults\r\n", file);
   for (size_t i = 0; i < view->n_asked; i++)
      if (view->asked[i].size)
         write_row(view, file, view->asked[i].size);
   for (size_t i = 0; view->n_asked == 0 && i < view->curve->n_sizes; i++)
      write_row(view, file, &view->curve->sizes[i]);
}
