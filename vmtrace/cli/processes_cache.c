/* The page cache that the processes of a run have in common, by file.  */

#include "vmtrace/cli/processes_cache.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/memory_view.h"
#include "vmtrace/cli/processes.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define FILES_SHOWN 8
#define NAME_COLUMNS 70

static int64_t
larger(int64_t a, int64_t b)
{
   return a > b ? a : b;
}

static int
compare_files(const void *a, const void *b, void *context)
{
   const struct vmt_cache_file *x = a, *y = b;
   const struct vmt_profile *profile = context;

   if (x->cached_pages != y->cached_pages)
      return x->cached_pages > y->cached_pages ? -1 : 1;
   return strcmp(profile->areas[x->area].name, profile->areas[y->area].name);
}

/* Profiles tell of the cache as it was at another time each: the most that one saw.  */
static void
add_file(struct vmt_cache_file *to, const struct vmt_cached_file *file, uint32_t process)
{
   to->cached_pages = larger(to->cached_pages, file->cached_pages);
   to->mapped_pages = larger(to->mapped_pages, file->mapped_pages);
   to->shared_pages = larger(to->shared_pages, file->mapped_by_others_pages);
   if (to->n_processes == 0 || to->last_process != process)
      to->n_processes++;
   to->last_process = process;
}

struct vmt_cache_file *
vmt_cache_files_find(const struct vmt_profile *profile, size_t *n)
{
   const struct vmt_processes *processes = &profile->processes;
   struct vmt_cache_file *files = NULL;
   struct vmt_keymap map = { 0 };
   size_t capacity = 0;
   bool added;

   *n = 0;
   for (uint32_t i = 0; i < profile->n_runs; i++) {
      uint32_t process, image = processes->images[i];
      const struct vmt_family *family = &profile->runs[image].family;

      process = processes->of_image[image];
      for (size_t k = 0; k < family->n_cached; k++) {
         uint32_t tree = processes->list[process].tree;
         uint32_t at = vmt_keymap_intern(&map, tree, family->cached[k].area,
                                         (uint32_t) *n, &added);

         if (added) {
            files = vmt_grow(files, *n, &capacity, sizeof *files);
            files[(*n)++] = (struct vmt_cache_file){
               .tree = tree, .area = family->cached[k].area
            };
         }
         add_file(&files[at], &family->cached[k], process);
      }
   }
   if (*n)
      qsort_r(files, *n, sizeof *files, compare_files, (void *) profile);
   vmt_keymap_free(&map);
   return files;
}

static void
add_size(struct vmt_table *table, int64_t n_pages)
{
   char size[VMT_QUANTITY_BYTES];

   vmt_table_cell(table, "%s",
                  vmt_bytes_text(size, (double) n_pages * VMT_MEMORY_PAGE_BYTES));
}

void
vmt_processes_text_cache(const struct vmt_report *report, const struct vmt_output *out)
{
   static const struct vmt_table_column titles[] = {
      { "Cached", true }, { "Mapped", true }, { "By several", true },
      { "Processes", true }, { "File", false }
   };
   const struct vmt_profile *profile = &report->input.profile;
   size_t n, n_shown;
   struct vmt_cache_file *files = vmt_cache_files_find(profile, &n);
   struct vmt_table table;

   n_shown = n < FILES_SHOWN || (report->top_given && report->top == 0) ? n : FILES_SHOWN;
   if (n) {
      fputs("Page cache by file: what is in it, the most that one process has mapped, "
            "and of that several\n", out->file);
      vmt_table_init(&table, titles, sizeof titles / sizeof titles[0]);
      for (size_t i = 0; i < n_shown; i++) {
         char *name = vmt_escape_short(profile->areas[files[i].area].name, NAME_COLUMNS);

         add_size(&table, files[i].cached_pages);
         add_size(&table, files[i].mapped_pages);
         add_size(&table, files[i].shared_pages);
         vmt_table_cell(&table, "%" PRIu32, files[i].n_processes);
         vmt_table_cell(&table, "%s", name);
         free(name);
      }
      vmt_table_print(&table, out);
      vmt_table_free(&table);
      if (n_shown < n)
         fprintf(out->file, "... and %zu more (--top=0 shows all)\n", n - n_shown);
      putc('\n', out->file);
   }
   free(files);
}
