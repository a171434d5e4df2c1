/* The profiles that are compared, and in what they cannot be.  */

#include "vmtrace/cli/compare.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

int
vmt_compare_add_column(struct vmt_comparison *comparison, char *name, char *library,
                       char **files, int n_files)
{
   static const struct vmt_report_options options = { .verb = "compare" };
   struct vmt_compare_column *column;

   comparison->columns = vmt_grow(comparison->columns, comparison->n_columns,
                                  &comparison->column_capacity,
                                  sizeof *comparison->columns);
   column = &comparison->columns[comparison->n_columns];
   *column = (struct vmt_compare_column){ .name = name, .library = library };
   if (vmt_report_profile_load(&column->profile, files, n_files, &options)) {
      free(name);
      free(library);
      return 2;
   }
   comparison->n_columns++;
   return 0;
}

void
vmt_compare_note(struct vmt_comparison *comparison, char *text)
{
   comparison->notes = vmt_grow(comparison->notes, comparison->n_notes,
                                &comparison->note_capacity, sizeof *comparison->notes);
   comparison->notes[comparison->n_notes++] = text;
}

static const json_t *
header_member(const struct vmt_comparison *comparison, size_t column, const char *name)
{
   return json_object_get(comparison->columns[column].profile.runs[0].header, name);
}

static const json_t *
setting(const struct vmt_comparison *comparison, size_t column, const char *name)
{
   return json_object_get(header_member(comparison, column, "settings"), name);
}

static bool
same(const json_t *a, const json_t *b)
{
   return a && b ? json_equal(a, b) : a == b;
}

/* A setting's value as it is written after an equals sign; to be freed.  */
static char *
value_text(const json_t *value)
{
   char *dump, *text;

   if (!value)
      return vmt_strdup("?");
   if (json_is_null(value))
      return vmt_strdup("unlimited");
   if (json_is_string(value))
      return vmt_strdup(json_string_value(value));
   dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
   text = vmt_strdup(dump ? dump : "?");
   free(dump);
   return text;
}

/* "--ram is unlimited, 16777216, unlimited" unless all columns have the same.  */
static void
note_setting(struct vmt_comparison *comparison, const char *name)
{
   char *text = vmt_format("not all runs had the same --%s:", name);
   bool differs = false;

   for (size_t i = 0; i < comparison->n_columns; i++) {
      char *value = value_text(setting(comparison, i, name));
      char *longer = vmt_format("%s%s %s", text, i ? "," : "", value);

      differs |= !same(setting(comparison, i, name), setting(comparison, 0, name));
      free(value);
      free(text);
      text = longer;
   }
   if (differs)
      vmt_compare_note(comparison, text);
   else
      free(text);
}

/* What the machine file or an option of a TLB changed, under the same name.  */
static void
note_machine(struct vmt_comparison *comparison)
{
   for (size_t i = 1; i < comparison->n_columns; i++)
      if (same(setting(comparison, i, "machine"), setting(comparison, 0, "machine"))
          && !same(header_member(comparison, i, "machine"),
                   header_member(comparison, 0, "machine"))) {
         vmt_compare_note(comparison, vmt_strdup(
                             "not all runs had the same machine (its TLBs or settings; "
                             "--format=json has them)"));
         return;
      }
}

static void
note_layout(struct vmt_comparison *comparison)
{
   for (size_t i = 1; i < comparison->n_columns; i++)
      if (!same(header_member(comparison, i, "layout"),
                header_member(comparison, 0, "layout"))) {
         vmt_compare_note(comparison,
                          vmt_strdup("not all runs had the same --layout"));
         return;
      }
}

/* What wrappers do: what is compared is then the wrapper.  Told of the first.  */
static void
note_replaced(struct vmt_comparison *comparison)
{
   for (size_t i = 0; i < comparison->n_columns; i++) {
      const struct vmt_profile *profile = &comparison->columns[i].profile;

      if (profile->n_runs > 1 || !json_object_get(profile->runs[0].end, "exec"))
         continue;
      vmt_compare_note(comparison, vmt_format(
                          "%s ends where another program took over (execve), which is "
                          "not in it; the tool's --trace-children=yes follows it",
                          comparison->columns[i].name));
      return;
   }
}

void
vmt_compare_note_all(struct vmt_comparison *comparison)
{
   for (size_t i = 0; i < comparison->n_columns; i++) {
      json_t *settings = (json_t *) header_member(comparison, i, "settings"), *value;
      const char *name;

      json_object_foreach(settings, name, value) {
         bool told = false;

         for (size_t k = 0; k < i; k++)
            told |= setting(comparison, k, name) != NULL;
         if (!told)
            note_setting(comparison, name);
      }
   }
   note_machine(comparison);
   note_layout(comparison);
   note_replaced(comparison);
}

void
vmt_compare_free(struct vmt_comparison *comparison)
{
   for (size_t i = 0; i < comparison->n_columns; i++) {
      free(comparison->columns[i].name);
      free(comparison->columns[i].library);
      vmt_profile_free(&comparison->columns[i].profile);
   }
   for (size_t i = 0; i < comparison->n_rows; i++) {
      free(comparison->rows[i].name);
      free(comparison->rows[i].cells);
   }
   for (size_t i = 0; i < comparison->n_notes; i++)
      free(comparison->notes[i]);
   free(comparison->columns);
   free(comparison->rows);
   free(comparison->notes);
}
