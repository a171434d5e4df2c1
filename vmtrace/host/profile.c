#include "vmtrace/host/profile_reader.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"
#include "vmtrace/host/strings.h"

void
vmt_profile_init(struct vmt_profile *profile)
{
   *profile = (struct vmt_profile){ 0 };
   profile->strings = vmt_strings_new();
   profile->objects = vmt_grow(NULL, 0, &profile->object_capacity,
                               sizeof *profile->objects);
   profile->objects[0] = (struct vmt_profile_object){ "[jit]", NULL };
   profile->stacks = vmt_grow(NULL, 0,
                              &profile->stack_capacity,
                              sizeof *profile->stacks);
   profile->stacks[0] = (struct vmt_profile_stack){ 0 };
   profile->areas = vmt_grow(NULL, 0,
                             &profile->area_capacity, sizeof *profile->areas);
   profile->areas[0] = (struct vmt_profile_area){ "[none]", "none" };
   profile->counts = vmt_grow(NULL, 0,
                              &profile->count_capacity,
                              sizeof *profile->counts);
   profile->counts[0] = (struct vmt_profile_count){ 0 };
   profile->n_objects = profile->n_stacks = profile->n_areas = 1;
   profile->distances = vmt_grow(NULL, 0, &profile->distance_capacity,
                                 sizeof *profile->distances);
   profile->distances[0] = (struct vmt_profile_count){ 0 };
   profile->n_counts = profile->n_distances = 1;
   profile->sites = vmt_grow(NULL, 0, &profile->site_capacity, sizeof *profile->sites);
   profile->sites[profile->n_sites++] = (struct vmt_profile_site){ 0 };
}

static void
free_strings(char **strings, size_t n)
{
   for (size_t i = 0; i < n; i++)
      free(strings[i]);
   free(strings);
}

void
vmt_profile_free(struct vmt_profile *profile)
{
   for (size_t i = 0; i < profile->n_runs; i++) {
      free(profile->runs[i].file);
      json_decref(profile->runs[i].header);
      json_decref(profile->runs[i].end);
      vmt_pressure_free(&profile->runs[i].pressure);
      vmt_heap_free(&profile->runs[i].heap);
      vmt_family_free(&profile->runs[i].family);
      vmt_marks_free(&profile->runs[i].marks);
      vmt_threads_free(&profile->runs[i].threads);
      vmt_first_touch_free(&profile->runs[i].first_touch);
   }
   free_strings(profile->notes, profile->n_notes);
   free_strings(profile->warnings, profile->n_warnings);
   free(profile->objects);
   free(profile->frames);
   free(profile->stacks);
   free(profile->areas);
   free(profile->counts);
   free(profile->distances);
   free(profile->charges);
   free(profile->instrs);
   free(profile->sites);
   free(profile->runs);
   free(profile->copies);
   vmt_processes_free(&profile->processes);
   vmt_keymap_free(&profile->object_map);
   vmt_keymap_free(&profile->area_map);
   vmt_keymap_free(&profile->frame_map);
   vmt_keymap_free(&profile->stack_map);
   vmt_keymap_free(&profile->charge_map);
   vmt_keymap_free(&profile->copies_map);
   vmt_events_free(&profile->events);
   vmt_strings_free(profile->strings);
}

static int
compare_instrs(const void *a, const void *b)
{
   const struct vmt_profile_instr *x = a, *y = b;

   if (x->object != y->object)
      return x->object < y->object ? -1 : 1;
   return x->offset < y->offset ? -1 : x->offset > y->offset;
}

void
profile_merge_instrs(struct vmt_profile *profile)
{
   size_t n = 0;
   struct vmt_profile_instr *all = profile->instrs;

   if (profile->n_instrs == 0)
      return;
   qsort(all, profile->n_instrs, sizeof *all, compare_instrs);
   for (size_t i = 1; i < profile->n_instrs; i++)
      if (compare_instrs(&all[n], &all[i]) == 0) {
         all[n].ir = vmt_wrapping_sum(all[n].ir, all[i].ir);
         all[n].dr = vmt_wrapping_sum(all[n].dr, all[i].dr);
         all[n].dw = vmt_wrapping_sum(all[n].dw, all[i].dw);
      } else
         all[++n] = all[i];
   profile->n_instrs = profile->n_merged_instrs = n + 1;
}

static void
warn(struct vmt_profile *profile, char *text)
{
   profile->warnings = vmt_grow(profile->warnings, profile->n_warnings,
                                &profile->warning_capacity,
                                sizeof *profile->warnings);
   profile->warnings[profile->n_warnings++] = text;
}

/* Warns when the totals of the end record are not what was added up.  */
static void
check_totals(struct vmt_profile *profile, const struct vmt_profile_run *run)
{
   json_t *said = json_object_get(run->end, "totals"), *value;
   const char *name;

   json_object_foreach(said, name, value) {
      int event = vmt_events_find(&profile->events, name);
      int64_t number = json_integer_value(value);
      char text[512];

      if (event >= 0 && profile->events.roles[event] == VMT_EVENT_SIZE)
         continue;
      if (number == (event >= 0 ? run->totals[event] : 0))
         continue;
      snprintf(text, sizeof text,
               "%.200s is damaged: its records add up to %lld %.32s, its end "
               "says %lld", run->file,
               event >= 0 ? (long long) run->totals[event] : 0, name,
               (long long) number);
      warn(profile, vmt_strdup(text));
      return;
   }
}

/* The same for a phase, all of whose times are marked.  */
static void
check_phase(struct vmt_profile *profile, const struct vmt_profile_run *run)
{
   int at = vmt_marks_find(&run->marks, profile->phase);
   const struct vmt_phase *phase = at < 0 ? NULL : &run->marks.phases[at];

   if (!phase || !phase->known || phase->n_entered != phase->n_marked)
      return;
   for (int event = 0; event < (int) profile->events.n; event++) {
      if (strcmp(profile->events.names[event], "Dr") == 0
          || strcmp(profile->events.names[event], "Dw") == 0
          || profile->events.roles[event] == VMT_EVENT_SITE
          || profile->events.roles[event] == VMT_EVENT_SIZE
          || run->totals[event] == phase->totals[event])
         continue;
      warn(profile, vmt_format("%.200s is damaged: what was counted in the phase adds up "
                               "to %lld %s, its sums say %lld", run->file,
                               (long long) run->totals[event],
                               profile->events.names[event],
                               (long long) phase->totals[event]));
      return;
   }
}

/* Warns when blocks are said to be more or fewer than those of all sites.  */
static void
check_blocks(struct vmt_profile *profile, const struct vmt_profile_run *run)
{
   static const enum vmt_site_number checked[] = {
      VMT_SITE_ALLOCS, VMT_SITE_FREES, VMT_SITE_BYTES, VMT_SITE_LIVE_BYTES
   };

   for (size_t i = 0; run->heap.has_totals && i < sizeof checked / sizeof checked[0];
        i++) {
      const struct vmt_site_number_about *about = &vmt_site_numbers[checked[i]];
      int event = vmt_events_find(&profile->events, about->event);
      int64_t sum = event < 0 ? 0 : run->totals[event];

      if (sum == run->heap.totals[checked[i]])
         continue;
      warn(profile, vmt_format("%.200s is damaged: its sites add up to %lld %s, its "
                               "heap_totals say %lld", run->file, (long long) sum,
                               about->member, (long long) run->heap.totals[checked[i]]));
      return;
   }
}

void
vmt_profile_finish(struct vmt_profile *profile)
{
   profile_merge_instrs(profile);
   vmt_processes_find(profile);
   for (size_t i = 0; i < profile->n_runs; i++) {
      if (profile->phase) {
         check_phase(profile, &profile->runs[i]);
         continue;
      }
      check_totals(profile, &profile->runs[i]);
      check_blocks(profile, &profile->runs[i]);
   }
}

size_t
vmt_profile_n_cut(const struct vmt_profile *profile)
{
   size_t n = 0;

   for (size_t i = 0; i < profile->n_runs; i++)
      n += !profile->runs[i].end;
   return n;
}

bool
vmt_profile_complete(const struct vmt_profile *profile)
{
   return vmt_profile_n_cut(profile) == 0;
}

int64_t
vmt_profile_total(const struct vmt_profile *profile, int event)
{
   int64_t total = 0;
   bool is_sum;

   if (event < 0)
      return 0;
   if (profile->processes.n && strcmp(profile->events.names[event], "RssPeak") == 0)
      return vmt_processes_rss_peak(&profile->processes, &is_sum);
   for (size_t i = 0; i < profile->n_runs; i++) {
      int64_t number = profile->runs[i].totals[event];

      if (profile->events.roles[event] != VMT_EVENT_SIZE)
         total = vmt_wrapping_sum(total, number);
      else if (number > total)
         total = number;
   }
   return total;
}

int64_t
vmt_profile_excluded(const struct vmt_profile *profile, int event)
{
   int64_t total = 0;

   for (size_t i = 0; event >= 0 && i < profile->n_runs; i++)
      total = vmt_wrapping_sum(total, profile->runs[i].excluded[event]);
   return total;
}

int
vmt_profile_new_event(struct vmt_profile *profile, const char *name)
{
   int event = vmt_events_add(&profile->events, name);

   if (event < 0)
      return -1;
   profile->events.roles[event] = VMT_EVENT_OTHER;
   for (size_t i = 0; i < profile->n_counts; i++)
      if (profile->counts[i].event == (uint32_t) event)
         profile->counts[i].value = 0;
   for (size_t i = 0; i < profile->n_runs; i++)
      profile->runs[i].totals[event] = 0;
   return event;
}

void
vmt_profile_charge_event(struct vmt_profile *profile, uint32_t charge, int event,
                         int64_t number)
{
   struct vmt_profile_charge *to = &profile->charges[charge];
   int64_t *total = &profile->runs[to->run].totals[event];
   uint32_t at = to->first_count;

   while (at && profile->counts[at].event != (uint32_t) event)
      at = profile->counts[at].next;
   if (!at) {
      profile->counts = vmt_grow(profile->counts, profile->n_counts,
                                 &profile->count_capacity,
                                 sizeof *profile->counts);
      at = (uint32_t) profile->n_counts++;
      profile->counts[at] = (struct vmt_profile_count){
         to->first_count, (uint32_t) event, 0
      };
      to->first_count = at;
   }
   profile->counts[at].value = vmt_wrapping_sum(profile->counts[at].value, number);
   *total = vmt_wrapping_sum(*total, number);
}

char *
vmt_profile_header_text(const struct vmt_profile_run *run, const char *name)
{
   return vmt_profile_text(json_object_get(run->header, name));
}

const char *
vmt_profile_object_name(const struct vmt_profile *profile, uint32_t object)
{
   const char *path = profile->objects[object].path;
   const char *slash = strrchr(path, '/');

   return slash && slash[1] ? slash + 1 : path;
}
