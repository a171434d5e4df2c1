/* A comparison as JSON (schemas/compare.schema.json says its shape) and as
   comma-separated values.  */

#include "vmtrace/cli/compare.h"

#include <inttypes.h>

#include "vmtrace/host/escape.h"

static const char *const units[] = {
   [VMT_COMPARE_COUNT] = "count", [VMT_COMPARE_BYTES] = "bytes",
   [VMT_COMPARE_PERMILLE] = "permille"
};

static void
print_column(FILE *file, const struct vmt_compare_column *column)
{
   const struct vmt_profile *profile = &column->profile;

   fputs("{\"name\":", file);
   vmt_escape_json(file, column->name);
   fputs(",\"library\":", file);
   if (column->library)
      vmt_escape_json(file, column->library);
   else
      fputs("null", file);
   fprintf(file, ",\"complete\":%s,\n\"runs\":[",
           vmt_profile_complete(profile) ? "true" : "false");
   for (size_t i = 0; i < profile->n_runs; i++) {
      fputs(i ? ",\n{" : "{", file);
      vmt_report_json_run(file, &profile->runs[i]);
      putc('}', file);
   }
   putc(']', file);
   vmt_report_json_remarks(profile, NULL, file, "notes", "Note");
   vmt_report_json_remarks(profile, NULL, file, "warnings", "Warning");
   putc('}', file);
}

static void
print_row(const struct vmt_comparison *comparison, FILE *file,
          const struct vmt_compare_row *row)
{
   const char *separator = "";

   fprintf(file, "{\"section\":\"%s\",\"name\":", vmt_compare_sections[row->section]);
   vmt_escape_json(file, row->name);
   fprintf(file, ",\"unit\":\"%s\"", units[row->unit]);
   if (row->section == VMT_COMPARE_CURVE)
      fprintf(file, ",\"ram_bytes\":%" PRId64 ",\"percent\":%d", row->ram_bytes,
              row->percent);
   fputs(",\"values\":[", file);
   for (size_t i = 0; i < comparison->n_columns; i++) {
      fputs(i ? "," : "", file);
      if (row->cells[i].known)
         fprintf(file, "%" PRId64, row->cells[i].number);
      else
         fputs("null", file);
   }
   fputs("],\"least\":[", file);
   for (size_t i = 0; i < comparison->n_columns; i++)
      if (vmt_compare_is_least(comparison, row, i)) {
         fprintf(file, "%s%zu", separator, i);
         separator = ",";
      }
   fputs("]}", file);
}

void
vmt_compare_json(const struct vmt_comparison *comparison, FILE *file)
{
   fputs("{\"columns\":[", file);
   for (size_t i = 0; i < comparison->n_columns; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_column(file, &comparison->columns[i]);
   }
   fputs("],\n\"notes\":[", file);
   for (size_t i = 0; i < comparison->n_notes; i++) {
      fputs(i ? "," : "", file);
      vmt_escape_json(file, comparison->notes[i]);
   }
   fputs("],\n\"rows\":[", file);
   for (size_t i = 0; i < comparison->n_rows; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_row(comparison, file, &comparison->rows[i]);
   }
   fputs("]}\n", file);
}

void
vmt_compare_csv(const struct vmt_comparison *comparison, FILE *file)
{
   fputs("section,name,unit,ram_bytes", file);
   for (size_t i = 0; i < comparison->n_columns; i++) {
      putc(',', file);
      vmt_escape_csv(file, comparison->columns[i].name);
   }
   fputs("\r\n", file);
   for (size_t i = 0; i < comparison->n_rows; i++) {
      const struct vmt_compare_row *row = &comparison->rows[i];

      fprintf(file, "%s,", vmt_compare_sections[row->section]);
      vmt_escape_csv(file, row->name);
      fprintf(file, ",%s,", units[row->unit]);
      if (row->section == VMT_COMPARE_CURVE)
         fprintf(file, "%" PRId64, row->ram_bytes);
      for (size_t k = 0; k < comparison->n_columns; k++)
         if (row->cells[k].known)
            fprintf(file, ",%" PRId64, row->cells[k].number);
         else
            putc(',', file);
      fputs("\r\n", file);
   }
}
