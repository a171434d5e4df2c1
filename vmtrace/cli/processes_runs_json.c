/* Runs, copies and the page cache as JSON; schemas/report.schema.json says the shape.  */

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/cli/pressure.h"
#include "vmtrace/cli/processes.h"
#include "vmtrace/cli/processes_cache.h"
#include "vmtrace/host/escape.h"

static void
print_number(FILE *file, const char *name, bool is_known, int64_t number)
{
   if (is_known)
      fprintf(file, ",\"%s\":%" PRId64, name, number);
   else
      fprintf(file, ",\"%s\":null", name);
}

/* ---- runs ---- */

static void
print_run(const struct vmt_profile *profile, FILE *file, size_t run)
{
   static const struct vmt_tree_sizes none;
   const struct vmt_processes *processes = &profile->processes;
   const struct vmt_process_tree *tree = &processes->trees[run];
   const struct vmt_tree_sizes *sizes = tree->image == UINT32_MAX ? &none
                                        : &profile->runs[tree->image].family.tree;
   const char *name = "";
   uint32_t n_profiles = 0;

   for (uint32_t i = tree->first; i < tree->first + tree->n; i++) {
      const struct vmt_process *process = &processes->list[i];

      n_profiles += process->n_images;
      for (uint32_t k = 0; k < process->n_images; k++) {
         const struct vmt_family *family =
            &profile->runs[processes->images[process->first_image + k]].family;

         if (family->run[0])
            name = family->run;
      }
   }
   fputs("{\"run\":", file);
   if (*name)
      vmt_escape_json(file, name);
   else
      fputs("null", file);
   fprintf(file, ",\"pid\":%" PRId64 ",\"processes\":%" PRIu32 ",\"profiles\":%" PRIu32
           ",\"RssPeak\":%" PRId64 ",\"sum_of_peaks\":%s",
           vmt_process_pid(profile, tree->first), tree->n, n_profiles,
           tree->rss_peak_bytes, tree->is_sum ? "true" : "false");
   print_number(file, "processes_peak", sizes->is_known, sizes->n_processes_peak);
   print_number(file, "table_pages", sizes->is_known, sizes->table_pages);
   print_number(file, "cache_pages", sizes->is_known, sizes->cache_pages);
   putc('}', file);
}

/* ---- copies ---- */

static void
print_lines(const struct vmt_report_input *input, FILE *file,
            const struct vmt_copies_pair *pair)
{
   const struct vmt_page_owners of = { pair->of, pair->n_of };
   struct vmt_line_sums lines = vmt_sum_charges(input, &of);

   fputs(",\"lines\":[", file);
   for (size_t i = 0; i < lines.n; i++) {
      fputs(i ? ",{" : "{", file);
      vmt_report_json_place(&input->blame, file, lines.sums[i].place, true);
      fprintf(file, ",\"pages\":%" PRId64 "}", lines.sums[i].number);
   }
   putc(']', file);
   vmt_line_sums_free(&lines);
}

static void
print_copies(const struct vmt_report *report, FILE *file,
             const struct vmt_copies_pair *pair)
{
   static const char *const with[] = {
      [VMT_COPIES_WITH_CHILD] = "child", [VMT_COPIES_WITH_PARENT] = "parent",
      [VMT_COPIES_WITH_OTHER] = "other", [VMT_COPIES_WITH_UNKNOWN] = "unknown"
   };
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_process *process = &profile->processes.list[pair->process];

   fprintf(file, "{\"run\":%" PRIu32 ",\"pid\":%" PRId64, process->tree,
           vmt_process_pid(profile, pair->process));
   print_number(file, "id", process->id != 0, process->id);
   fprintf(file, ",\"with\":\"%s\"", with[pair->with]);
   print_number(file, "with_pid", pair->other != VMT_NO_PROCESS,
                pair->other == VMT_NO_PROCESS ? 0
                : vmt_process_pid(profile, pair->other));
   print_number(file, "with_id", pair->other_id != 0, pair->other_id);
   fprintf(file, ",\"pages\":%" PRId64, pair->n_pages);
   print_lines(&report->input, file, pair);
   putc('}', file);
}

/* ---- the page cache ---- */

static void
print_cache(const struct vmt_profile *profile, FILE *file)
{
   size_t n;
   struct vmt_cache_file *files = vmt_cache_files_find(profile, &n);

   fputs(",\n\"page_cache\":[", file);
   for (size_t i = 0; i < n; i++) {
      fprintf(file, "%s{\"run\":%" PRIu32 ",", i ? ",\n" : "\n", files[i].tree);
      vmt_report_json_text(file, "file", profile->areas[files[i].area].name);
      fprintf(file, ",\"cached_pages\":%" PRId64 ",\"mapped_pages\":%" PRId64
              ",\"mapped_by_several_pages\":%" PRId64 ",\"processes\":%" PRIu32 "}",
              files[i].cached_pages, files[i].mapped_pages, files[i].shared_pages,
              files[i].n_processes);
   }
   putc(']', file);
   free(files);
}

void
vmt_processes_json(const struct vmt_report *report, FILE *file)
{
   const struct vmt_profile *profile = &report->input.profile;
   struct vmt_copies copies = vmt_copies_find(profile);

   fputs(",\n\"runs\":[", file);
   for (size_t i = 0; i < profile->processes.n_trees; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_run(profile, file, i);
   }
   fputs("],\n\"copies\":[", file);
   for (size_t i = 0; i < copies.n; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_copies(report, file, &copies.pairs[i]);
   }
   putc(']', file);
   print_cache(profile, file);
   vmt_copies_free(&copies);
}
