/* Which source files to list, and their text.  */

#include "vmtrace/cli/annotate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/keymap.h"
#include "vmtrace/host/memory.h"

/* Longer than any source that people read.  */
#define SOURCE_BYTES_MAX ((off_t) 64 << 20)

static const struct vmt_place *
place_of(const struct vmt_annotation *annotation, uint32_t row)
{
   return &annotation->input.blame.places[annotation->ledger.rows[row].subject];
}

bool
vmt_annotation_is_hot(const struct vmt_annotation *annotation, uint32_t row)
{
   for (size_t i = 0; i < annotation->events.n; i++) {
      int event = annotation->events.events[i];
      int64_t number = vmt_ledger_value(&annotation->ledger, row, event);
      int64_t total = vmt_profile_total(&annotation->input.profile, event);

      if (number > 0 && (double) number * 100.0
                        >= (double) total * annotation->threshold_percent)
         return true;
   }
   return false;
}

/* Whether name is `pattern`, or ends in it after a slash.  */
static bool
names_file(const char *name, const char *pattern)
{
   size_t n = strlen(name), m = strlen(pattern);

   if (strncmp(pattern, "./", 2) == 0)
      return names_file(name, pattern + 2);
   return n >= m && strcmp(name + n - m, pattern) == 0
          && (n == m || m == 0 || name[n - m - 1] == '/');
}

static bool
is_named(const char *name, char **patterns, int n_patterns)
{
   for (int i = 0; i < n_patterns; i++)
      if (names_file(name, patterns[i]))
         return true;
   return false;
}

static void
add_row(struct vmt_annotation *annotation, struct vmt_source_file *file,
        size_t *capacity, uint32_t row)
{
   file->rows = vmt_grow(file->rows, file->n_rows, capacity, sizeof *file->rows);
   file->rows[file->n_rows++] = row;
   for (size_t event = 0; event < annotation->input.profile.events.n; event++)
      file->totals[event] =
         vmt_wrapping_sum(file->totals[event],
                          vmt_ledger_value(&annotation->ledger, row, (int) event));
}

static int
compare_row_lines(const void *a, const void *b, void *context)
{
   uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
   uint32_t p = place_of(context, x)->line, q = place_of(context, y)->line;

   return p < q ? -1 : p > q ? 1 : x < y ? -1 : x > y;
}

static int
compare_files(const void *a, const void *b, void *context)
{
   const struct vmt_source_file *x = a, *y = b;
   const struct vmt_annotation *annotation = context;
   int64_t p = x->totals[annotation->sort], q = y->totals[annotation->sort];

   return p > q ? -1 : p < q ? 1 : strcmp(x->name, y->name);
}

/* All files with data, whatever is hot.  */
static void
add_files(struct vmt_annotation *annotation)
{
   struct vmt_keymap map = { 0 };
   size_t capacity = 0, *row_capacities = NULL, capacities_capacity = 0;

   for (uint32_t row = 0; row < annotation->ledger.n_rows; row++) {
      const char *name = place_of(annotation, row)->file;
      bool added;
      uint32_t at;

      if (!*name)
         continue;
      at = vmt_keymap_intern(&map, (uintptr_t) name, 0,
                             (uint32_t) annotation->n_files, &added);
      if (added) {
         annotation->files = vmt_grow(annotation->files, annotation->n_files,
                                      &capacity, sizeof *annotation->files);
         row_capacities = vmt_grow(row_capacities, annotation->n_files,
                                   &capacities_capacity, sizeof *row_capacities);
         row_capacities[at] = 0;
         annotation->files[annotation->n_files++] =
            (struct vmt_source_file){ .name = name };
      }
      add_row(annotation, &annotation->files[at], &row_capacities[at], row);
   }
   free(row_capacities);
   vmt_keymap_free(&map);
}

static bool
has_hot_row(const struct vmt_annotation *annotation,
            const struct vmt_source_file *file)
{
   for (size_t i = 0; i < file->n_rows; i++)
      if (vmt_annotation_is_hot(annotation, file->rows[i]))
         return true;
   return false;
}

static void
free_file(struct vmt_source_file *file)
{
   free(file->path);
   free(file->text);
   free(file->lines);
   free(file->rows);
}

int
vmt_annotation_gather(struct vmt_annotation *annotation, char **patterns,
                      int n_patterns)
{
   size_t n = 0;

   add_files(annotation);
   for (int i = 0; i < n_patterns; i++) {
      bool found = false;

      for (size_t k = 0; k < annotation->n_files && !found; k++)
         found = names_file(annotation->files[k].name, patterns[i]);
      if (!found) {
         vmt_complain("annotate: no line of the profile is in %s", patterns[i]);
         return VMT_EXIT_TROUBLE;
      }
   }
   for (size_t i = 0; i < annotation->n_files; i++) {
      struct vmt_source_file *file = &annotation->files[i];

      if (n_patterns ? is_named(file->name, patterns, n_patterns)
                     : has_hot_row(annotation, file)) {
         qsort_r(file->rows, file->n_rows, sizeof *file->rows, compare_row_lines,
                 annotation);
         vmt_source_file_read(file, annotation);
         annotation->files[n++] = *file;
      } else
         free_file(file);
   }
   annotation->n_files = n;
   if (n)
      qsort_r(annotation->files, n, sizeof *annotation->files, compare_files,
              annotation);
   return VMT_EXIT_OK;
}

void
vmt_annotation_free_files(struct vmt_annotation *annotation)
{
   for (size_t i = 0; i < annotation->n_files; i++)
      free_file(&annotation->files[i]);
   free(annotation->files);
}

static bool
is_source(const char *path, struct stat *status)
{
   return stat(path, status) == 0 && S_ISREG(status->st_mode)
          && status->st_size <= SOURCE_BYTES_MAX;
}

/* The path of a source: as it is named, or the longest end of its name that is a
   file below one of the folders.  To be freed; NULL: nowhere.  */
static char *
find_source(const char *name, const struct vmt_annotation *annotation,
            struct stat *status)
{
   if (is_source(name, status))
      return vmt_strdup(name);
   for (const char *end = name; end; end = strchr(end, '/')) {
      end += strspn(end, "/");
      for (size_t i = 0; i < annotation->n_source_dirs; i++) {
         char *path = vmt_format("%s/%s", annotation->source_dirs[i], end);

         if (is_source(path, status))
            return path;
         free(path);
      }
   }
   return NULL;
}

static void
split_lines(struct vmt_source_file *file, size_t n_bytes)
{
   char *at = file->text, *end = file->text + n_bytes;
   size_t capacity = 0;

   while (at < end) {
      char *line_end = memchr(at, '\n', (size_t) (end - at));

      if (!line_end)
         line_end = end;
      *line_end = '\0';
      if (line_end > at && line_end[-1] == '\r')
         line_end[-1] = '\0';
      file->lines = vmt_grow(file->lines, file->n_lines, &capacity,
                             sizeof *file->lines);
      file->lines[file->n_lines++] = at;
      at = line_end + 1;
   }
}

/* Whether a source changed after an object its rows are of.  */
static bool
is_newer(const struct vmt_source_file *file,
         const struct vmt_annotation *annotation, const struct stat *source)
{
   const struct vmt_profile *profile = &annotation->input.profile;
   uint32_t last = VMT_NO_OBJECT;

   for (size_t i = 0; i < file->n_rows; i++) {
      uint32_t object = place_of(annotation, file->rows[i])->object;
      struct stat binary;

      if (object == last || object == VMT_NO_OBJECT)
         continue;
      last = object;
      if (stat(profile->objects[object].path, &binary) == 0
          && (source->st_mtim.tv_sec > binary.st_mtim.tv_sec
              || (source->st_mtim.tv_sec == binary.st_mtim.tv_sec
                  && source->st_mtim.tv_nsec > binary.st_mtim.tv_nsec)))
         return true;
   }
   return false;
}

void
vmt_source_file_read(struct vmt_source_file *file,
                     const struct vmt_annotation *annotation)
{
   struct stat status;
   FILE *source;
   size_t n;

   file->state = VMT_SOURCE_MISSING;
   file->path = find_source(file->name, annotation, &status);
   source = file->path ? fopen(file->path, "r") : NULL;
   if (!source)
      return;
   file->text = vmt_calloc((size_t) status.st_size + 1, 1);
   n = fread(file->text, 1, (size_t) status.st_size, source);
   if (!ferror(source)) {
      split_lines(file, n);
      file->state = is_newer(file, annotation, &status) ? VMT_SOURCE_NEWER
                    : VMT_SOURCE_READ;
   }
   fclose(source);
}
