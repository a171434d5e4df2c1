/* Listings as one JSON object; schemas/annotate.schema.json says its shape.  */

#include "vmtrace/cli/annotate.h"

#include <inttypes.h>

#include "vmtrace/host/escape.h"

static void
print_totals(const struct vmt_annotation *annotation, FILE *file,
             const int64_t *totals)
{
   const struct vmt_events *events = &annotation->input.profile.events;

   putc('{', file);
   for (size_t i = 0; i < annotation->events.n; i++) {
      int event = annotation->events.events[i];

      fprintf(file, "%s\"%s\":%" PRId64, i ? "," : "", events->names[event],
              totals ? totals[event]
              : vmt_profile_total(&annotation->input.profile, event));
   }
   putc('}', file);
}

static void
print_row(const struct vmt_annotation *annotation, FILE *file,
          const struct vmt_source_file *source, uint32_t row)
{
   const struct vmt_blame *blame = &annotation->input.blame;
   const struct vmt_events *events = &annotation->input.profile.events;
   uint32_t subject = annotation->ledger.rows[row].subject;
   const struct vmt_place *place = &blame->places[subject];
   const char *separator = "";

   fprintf(file, "{\"line\":%" PRIu32 ",\"function\":", place->line);
   vmt_escape_json(file, place->function);
   fputs(",\"object\":", file);
   vmt_escape_json(file, vmt_blame_object_path(blame, subject));
   fputs(",\"text\":", file);
   if (place->line > 0 && place->line <= source->n_lines)
      vmt_escape_json(file, source->lines[place->line - 1]);
   else
      fputs("null", file);
   fputs(",\"events\":{", file);
   for (size_t i = 0; i < annotation->events.n; i++) {
      int event = annotation->events.events[i];
      int64_t number = vmt_ledger_value(&annotation->ledger, row, event);

      if (number == 0)
         continue;
      fprintf(file, "%s\"%s\":%" PRId64, separator, events->names[event], number);
      separator = ",";
   }
   fputs("}}", file);
}

static void
print_file(const struct vmt_annotation *annotation, FILE *file,
           const struct vmt_source_file *source)
{
   static const char *const states[] = {
      [VMT_SOURCE_READ] = "read", [VMT_SOURCE_NEWER] = "newer",
      [VMT_SOURCE_MISSING] = "missing"
   };

   fputs("{\"file\":", file);
   vmt_escape_json(file, source->name);
   fprintf(file, ",\"source\":\"%s\",\"path\":", states[source->state]);
   if (source->path)
      vmt_escape_json(file, source->path);
   else
      fputs("null", file);
   fputs(",\"totals\":", file);
   print_totals(annotation, file, source->totals);
   fputs(",\"lines\":[", file);
   for (size_t i = 0; i < source->n_rows; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_row(annotation, file, source, source->rows[i]);
   }
   fputs("]}", file);
}

void
vmt_annotate_json(const struct vmt_annotation *annotation, FILE *file)
{
   fprintf(file, "{\"complete\":%s,\"blame\":\"%s\",\n\"totals\":",
           vmt_profile_complete(&annotation->input.profile) ? "true" : "false",
           annotation->input.blame.mode == VMT_BLAME_CALLER ? "caller" : "leaf");
   print_totals(annotation, file, NULL);
   fputs(",\n\"files\":[", file);
   for (size_t i = 0; i < annotation->n_files; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_file(annotation, file, &annotation->files[i]);
   }
   fputs("]}\n", file);
}
