#include "vmtrace/cli/export_costs.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"
#include "vmtrace_config.h"

/* Names are written once, and then by number: files, objects and functions each
   have their own.  */
struct writer {
   const struct vmt_costs *costs;
   FILE *file;
   struct vmt_keymap files, objects;    /* by pointer, and by position */
   bool *function_written;
};

static void
write_name(const struct writer *writer, const char *key, uint32_t id, bool is_new,
           const char *name)
{
   char *line;

   if (!is_new) {
      fprintf(writer->file, "%s=(%" PRIu32 ")\n", key, id + 1);
      return;
   }
   line = vmt_escape_line(name);
   fprintf(writer->file, "%s=(%" PRIu32 ") %s\n", key, id + 1, line);
   free(line);
}

static void
write_file_name(struct writer *writer, const char *key, const char *name)
{
   bool added;
   uint32_t id = vmt_keymap_intern(&writer->files, (uintptr_t) name, 0,
                                   (uint32_t) writer->files.n_used, &added);

   write_name(writer, key, id, added, *name ? name : "???");
}

static void
write_object_name(struct writer *writer, const char *key, uint32_t place)
{
   const struct vmt_blame *blame = &writer->costs->export->input.blame;
   bool added;
   uint32_t object = place == UINT32_MAX ? VMT_NO_OBJECT
                     : blame->places[place].object;
   uint32_t id = vmt_keymap_intern(&writer->objects, object, 0,
                                   (uint32_t) writer->objects.n_used, &added);

   write_name(writer, key, id, added, place == UINT32_MAX ? "[kernel]"
              : vmt_blame_object_path(blame, place));
}

static void
write_function_name(struct writer *writer, const char *key, uint32_t function)
{
   const struct vmt_blame *blame = &writer->costs->export->input.blame;
   uint32_t place = writer->costs->function_place[function];
   bool is_new = !writer->function_written[function];
   char *name;

   writer->function_written[function] = true;
   if (place == UINT32_MAX)
      name = vmt_strdup("[callers not kept]");
   else if (strcmp(blame->places[place].function, "??") == 0)
      name = vmt_format("?? (%s)", vmt_blame_object_name(blame, place));
   else
      name = vmt_strdup(blame->places[place].function);
   write_name(writer, key, function, is_new, name);
   free(name);
}

static const char *
file_of(const struct writer *writer, uint32_t function)
{
   uint32_t place = writer->costs->function_place[function];

   return place == UINT32_MAX ? ""
          : writer->costs->export->input.blame.places[place].file;
}

static void
write_values(const struct writer *writer, const int64_t *values, size_t n)
{
   for (size_t i = 0; i < n; i++)
      fprintf(writer->file, " %" PRId64, values[i]);
   putc('\n', writer->file);
}

/* The sums of the functions' own costs, each of which is in one line.  */
static void
write_totals(const struct writer *writer, const char *key)
{
   const struct vmt_costs *costs = writer->costs;
   size_t n = costs->export->events.n;
   int64_t sums[VMT_EVENTS_MAX] = { 0 };

   for (size_t i = 0; i < costs->n_costs; i++)
      for (size_t k = 0; k < n && costs->costs[i].callee == VMT_NO_CALLEE; k++)
         sums[k] = vmt_wrapping_sum(sums[k], costs->values[i * n + k]);
   fprintf(writer->file, "%s:", key);
   write_values(writer, sums, n);
}

static void
write_command(FILE *file, const struct vmt_profile_run *run)
{
   json_t *command = json_object_get(run->header, "command"), *word;
   json_t *pid = json_object_get(run->header, "pid");
   size_t i;

   fprintf(file, "pid: %lld\ncmd: ", (long long) json_integer_value(pid));
   json_array_foreach(command, i, word) {
      char *bytes = vmt_profile_text(word);
      char *line = vmt_escape_line(bytes ? bytes : "?");

      fprintf(file, "%s%s", i ? " " : "", line);
      free(line);
      free(bytes);
   }
   fputs("\npart: 1\n\n", file);
}

static void
write_head(const struct writer *writer)
{
   const struct vmt_export *export = writer->costs->export;
   const struct vmt_events *events = &export->input.profile.events;

   fputs("# callgrind format\nversion: 1\ncreator: vmtrace " PACKAGE_VERSION "\n",
         writer->file);
   write_command(writer->file, &export->input.profile.runs[0]);
   fputs("desc: Calls: from the call stacks of events, each counted as one\n"
         "positions: line\n", writer->file);
   for (size_t i = 0; i < export->events.n; i++) {
      const char *name = events->names[export->events.events[i]];
      const struct vmt_event_about *about = vmt_event_about(name);

      fprintf(writer->file, "event: %s : %s\n", name, about ? about->text : name);
   }
   fputs("events:", writer->file);
   for (size_t i = 0; i < export->events.n; i++)
      fprintf(writer->file, " %s", events->names[export->events.events[i]]);
   putc('\n', writer->file);
   write_totals(writer, "summary");
}

static void
write_function(struct writer *writer, uint32_t function)
{
   putc('\n', writer->file);
   write_object_name(writer, "ob", writer->costs->function_place[function]);
   write_file_name(writer, "fl", file_of(writer, function));
   write_function_name(writer, "fn", function);
}

static void
write_call(struct writer *writer, uint32_t callee)
{
   write_object_name(writer, "cob", writer->costs->function_place[callee]);
   write_file_name(writer, "cfi", file_of(writer, callee));
   write_function_name(writer, "cfn", callee);
   fputs("calls=1 0\n", writer->file);
}

/* How many values there are up to the last that is not 0; the format lets the
   rest be left out.  */
static size_t
n_values(const int64_t *values, size_t n)
{
   while (n > 0 && values[n - 1] == 0)
      n--;
   return n;
}

static void
write_costs(struct writer *writer, const uint32_t *order)
{
   const struct vmt_costs *costs = writer->costs;
   size_t n_events = costs->export->events.n;
   uint32_t function = UINT32_MAX;
   const char *file = NULL;

   for (size_t i = 0; i < costs->n_costs; i++) {
      const struct vmt_cost *cost = &costs->costs[order[i]];
      const int64_t *values = costs->values + order[i] * n_events;
      const struct vmt_place *place =
         &costs->export->input.blame.places[cost->place];

      size_t n = n_values(values, n_events);

      if (n == 0)
         continue;
      if (cost->function != function) {
         function = cost->function;
         file = file_of(writer, function);
         write_function(writer, function);
      }
      if (place->file != file && cost->function != costs->cut_function) {
         file = place->file;
         write_file_name(writer, file == file_of(writer, function) ? "fe" : "fi",
                         file);
      }
      if (cost->callee != VMT_NO_CALLEE)
         write_call(writer, cost->callee);
      fprintf(writer->file, "%" PRIu32, place->line);
      write_values(writer, values, n);
   }
}

void
vmt_export_callgrind(const struct vmt_export *export, FILE *file)
{
   struct vmt_costs costs;
   struct writer writer = { .costs = &costs, .file = file };
   uint32_t *order;

   vmt_costs_init(&costs, export);
   order = vmt_costs_order(&costs);
   writer.function_written = vmt_calloc(costs.n_functions,
                                        sizeof *writer.function_written);
   write_head(&writer);
   write_costs(&writer, order);
   putc('\n', file);
   write_totals(&writer, "totals");
   free(writer.function_written);
   vmt_keymap_free(&writer.files);
   vmt_keymap_free(&writer.objects);
   free(order);
   vmt_costs_free(&costs);
}
