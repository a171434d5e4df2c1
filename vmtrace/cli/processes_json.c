/* Processes as JSON; schemas/report.schema.json says the shape.  */

#include "vmtrace/cli/processes.h"

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/host/escape.h"

static void
print_events(const struct vmt_report *report, FILE *file,
             int64_t (*value)(const struct vmt_profile *profile, uint32_t at, int event),
             uint32_t at)
{
   const struct vmt_profile *profile = &report->input.profile;
   size_t n = report->events.n ? report->events.n : profile->events.n;
   const char *separator = "";

   fputs(",\"events\":{", file);
   for (size_t i = 0; i < n; i++) {
      int event = report->events.n ? report->events.events[i] : (int) i;
      int64_t number = value(profile, at, event);

      if (number == 0)
         continue;
      fprintf(file, "%s\"%s\":%" PRId64, separator, profile->events.names[event],
              number);
      separator = ",";
   }
   putc('}', file);
}

static int64_t
image_total(const struct vmt_profile *profile, uint32_t image, int event)
{
   return profile->runs[image].totals[event];
}

static void
print_part(FILE *file, const char *name, struct vmt_resident_part part)
{
   fprintf(file, "\"%s\":{\"private_pages\":%" PRId64 ",\"shared_pages\":%" PRId64
           ",\"pss_bytes\":%" PRId64 "}", name, part.private_pages, part.shared_pages,
           part.pss_bytes);
}

static void
print_resident(FILE *file, const char *name, const struct vmt_resident *resident)
{
   static const char *const kinds[VMT_N_RESIDENT_KINDS] = {
      [VMT_RESIDENT_ANON] = "anon", [VMT_RESIDENT_FILE] = "file",
      [VMT_RESIDENT_SHMEM] = "shmem"
   };

   fprintf(file, ",\"%s\":", name);
   if (!resident || !resident->is_known) {
      fputs("null", file);
      return;
   }
   fprintf(file, "{\"instrs\":%" PRId64 ",", resident->instrs);
   print_part(file, "all", vmt_resident_sum(resident));
   for (size_t i = 0; i < VMT_N_RESIDENT_KINDS; i++) {
      putc(',', file);
      print_part(file, kinds[i], resident->parts[i]);
   }
   fprintf(file, ",\"table_pages\":%" PRId64 ",\"swap_pages\":%" PRId64 "}",
           resident->table_pages, resident->swap_pages);
}

static void
print_images(const struct vmt_report *report, FILE *file, uint32_t process)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_process *of = &profile->processes.list[process];

   fputs(",\"images\":[", file);
   for (uint32_t i = 0; i < of->n_images; i++) {
      uint32_t image = profile->processes.images[of->first_image + i];

      fputs(i ? ",{" : "{", file);
      vmt_report_json_run(file, &profile->runs[image]);
      print_resident(file, "peak", &profile->runs[image].family.peak);
      print_resident(file, "end", &profile->runs[image].family.end);
      print_events(report, file, image_total, image);
      putc('}', file);
   }
   putc(']', file);
}

/* "id":N, or null.  */
static void
print_id(FILE *file, const char *name, int64_t id)
{
   if (id)
      fprintf(file, ",\"%s\":%" PRId64, name, id);
   else
      fprintf(file, ",\"%s\":null", name);
}

static void
print_process(const struct vmt_report *report, FILE *file,
              const struct vmt_process_facts *facts, uint32_t process)
{
   const struct vmt_profile *profile = facts->profile;
   const struct vmt_process *of = &profile->processes.list[process];

   putc('{', file);
   vmt_report_json_run(file, vmt_process_last(profile, process));
   fprintf(file, ",\"run\":%" PRIu32, of->tree);
   print_id(file, "id", of->id);
   print_id(file, "parent_id", of->parent_id);
   print_id(file, "parent_pid", of->parent == VMT_NO_PROCESS ? 0
            : vmt_process_pid(profile, of->parent));
   fprintf(file, ",\"parent_copied_pages\":%" PRId64,
           facts->numbers[process][VMT_PROCESS_PARENT_COW]);
   print_resident(file, "peak", vmt_process_peak(profile, process));
   print_resident(file, "end", vmt_process_end(profile, process));
   print_events(report, file, vmt_process_total, process);
   print_images(report, file, process);
   putc('}', file);
}

void
vmt_processes_json_table(const struct vmt_report *report, FILE *file)
{
   struct vmt_process_facts facts = vmt_process_facts_find(&report->input.profile);
   uint32_t *order = vmt_processes_order(report, &facts);
   size_t n = facts.profile->processes.n;

   if (report->top && report->top < n)
      n = report->top;
   fputs(",\n\"processes\":[", file);
   for (size_t i = 0; i < n; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_process(report, file, &facts, order[i]);
   }
   putc(']', file);
   free(order);
   vmt_process_facts_free(&facts);
}
