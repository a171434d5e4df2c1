/* The records of phases, snapshots, counting and resets.  */

#include "vmtrace/host/profile_reader.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"
#include "vmtrace/host/strings.h"

#define PHASES_MAX 100000       /* of one run: no tool writes so many */

/* A name, kept with the profile; NULL after complaining.  */
static const char *
take_name(struct profile_reader *reader, const json_t *object)
{
   char *text = vmt_profile_text(json_object_get(object, "name"));
   const char *kept = vmt_strings_keep(reader->profile->strings, text);

   free(text);
   if (!kept)
      profile_complain(reader, "damaged: a mark without a name");
   return kept;
}

/* The position of a phase, which is made if it is new; -1 after complaining.  */
static int
take_phase(struct profile_reader *reader, const json_t *object)
{
   struct vmt_marks *marks = &reader->run->marks;
   const char *name = take_name(reader, object);
   uint32_t position;
   bool added;

   if (!name)
      return -1;
   if (marks->n_phases == PHASES_MAX)
      return profile_complain(reader, "damaged: more than %d phases", PHASES_MAX);
   position = vmt_keymap_intern(&reader->phases, (uintptr_t) name, 0,
                                (uint32_t) marks->n_phases, &added);
   if (added) {
      marks->phases = vmt_grow(marks->phases, marks->n_phases, &marks->phase_capacity,
                               sizeof *marks->phases);
      marks->phases[marks->n_phases++] = (struct vmt_phase){ .name = name };
   }
   return (int) position;
}

bool
profile_is_timeless(const char *kind)
{
   static const char *const kinds[] = {
      "curve", "windows", "peak_pages_of", "idle", "timeline", "oom", "vmstat", "heap",
      "heap_totals", "heap_pages", "checkpoint", "excluded", "resident", "tree", "cache_of",
      "first_touch",
      "thread", "first_touch"
   };

   for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
      if (strcmp(kind, kinds[i]) == 0)
         return true;
   return false;
}

/* ---- where they begin and end ---- */

/* Additions are those of the phase that is asked for, or of none that is.  */
static void
note_wanted(struct profile_reader *reader, const char *name, bool is_begin)
{
   const char *wanted = reader->profile->phase;

   if (wanted && strcmp(name, wanted) == 0)
      reader->skips = !is_begin;
}

int
profile_read_phase(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "phase");
   const char *what = json_string_value(json_object_get(from, "what"));
   struct vmt_marks *marks = &reader->run->marks;
   struct vmt_phase_mark mark = {
      .inherited = json_is_true(json_object_get(from, "inherited"))
   };
   int phase;

   if (!what || (strcmp(what, "begin") != 0 && strcmp(what, "end") != 0))
      return profile_complain(reader, "damaged: a phase neither begins nor ends");
   if (profile_member(reader, from, "instrs", COUNT_MAX, &mark.instrs))
      return -1;
   phase = take_phase(reader, from);
   if (phase < 0)
      return -1;
   mark.is_begin = what[0] == 'b';
   mark.phase = (uint32_t) phase;
   if (mark.is_begin == marks->phases[phase].has_begun)
      return profile_complain(reader, "damaged: a phase %ss twice", what);
   marks->phases[phase].has_begun = marks->phases[phase].is_open = mark.is_begin;
   marks->phase_marks = vmt_grow(marks->phase_marks, marks->n_phase_marks,
                                 &marks->phase_mark_capacity,
                                 sizeof *marks->phase_marks);
   marks->phase_marks[marks->n_phase_marks++] = mark;
   note_wanted(reader, marks->phases[phase].name, mark.is_begin);
   return 0;
}

/* ---- sums ---- */

/* Counts by name into the vector, with the sums of kinds.  */
static int
take_totals(struct profile_reader *reader, json_t *events, int64_t *totals)
{
   struct profile_counts counts;

   memset(totals, 0, VMT_EVENTS_MAX * sizeof *totals);
   return profile_read_counts(reader, events, &counts)
          || profile_sum_counts(reader, &counts, totals) ? -1 : 0;
}

static int
read_sums(struct profile_reader *reader, const json_t *one)
{
   struct vmt_marks *marks = &reader->run->marks;
   int64_t ir, open;
   int event, phase = take_phase(reader, one);
   struct vmt_phase *to;

   if (phase < 0)
      return -1;
   to = &marks->phases[phase];
   if (profile_member(reader, one, "entered", COUNT_MAX, &to->n_entered)
       || profile_member(reader, one, "marked", COUNT_MAX, &to->n_marked)
       || profile_member(reader, one, "open", COUNT_MAX, &open)
       || profile_member(reader, one, "Ir", COUNT_MAX, &ir)
       || take_totals(reader, json_object_get(one, "events"), to->totals)
       || profile_event(reader, "Ir", &event))
      return -1;
   to->totals[event] = ir;
   to->is_open = open != 0;
   to->known = true;
   return 0;
}

int
profile_read_phases(struct profile_reader *reader, json_t *record)
{
   json_t *list = json_object_get(record, "phases"), *one;
   size_t i;

   if (!json_is_array(list))
      return profile_complain(reader, "damaged: phases is not a list");
   json_array_foreach(list, i, one)
      if (read_sums(reader, one))
         return -1;
   return 0;
}

/* ---- snapshots ---- */

int
profile_read_snapshot(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "snapshot");
   struct vmt_marks *marks = &reader->run->marks;
   struct vmt_snapshot snapshot = { .name = take_name(reader, from) };

   if (!snapshot.name
       || profile_member(reader, from, "instrs", COUNT_MAX, &snapshot.instrs)
       || profile_member(reader, from, "RssPages", PAGES_MAX, &snapshot.resident_pages)
       || take_totals(reader, json_object_get(from, "totals"), snapshot.totals))
      return -1;
   marks->snapshots = vmt_grow(marks->snapshots, marks->n_snapshots,
                               &marks->snapshot_capacity, sizeof *marks->snapshots);
   marks->snapshots[marks->n_snapshots++] = snapshot;
   return 0;
}

struct vmt_resident *
profile_resident_of_snapshot(struct profile_reader *reader, const json_t *resident)
{
   const struct vmt_marks *marks = &reader->run->marks;
   struct vmt_snapshot *last =
      marks->n_snapshots ? &marks->snapshots[marks->n_snapshots - 1] : NULL;
   const char *why = json_string_value(json_object_get(resident, "why"));
   char *name = vmt_profile_text(json_object_get(resident, "name"));
   bool is_its = last && why && name && strcmp(why, "snapshot") == 0
                 && strcmp(name, last->name) == 0;

   free(name);
   return is_its ? &last->resident : NULL;
}

/* ---- what is not counted ---- */

int
profile_read_counting(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "counting");
   const json_t *on = json_object_get(from, "on");
   struct vmt_marks *marks = &reader->run->marks;
   bool is_off = marks->n_pauses > 0
                 && marks->pauses[marks->n_pauses - 1].to_instr == INT64_MAX;
   int64_t instrs;

   if (profile_member(reader, from, "instrs", COUNT_MAX, &instrs))
      return -1;
   if (!json_is_boolean(on) || json_is_true(on) != is_off)
      return profile_complain(reader, "damaged: counting goes neither on nor off");
   if (is_off) {
      marks->pauses[marks->n_pauses - 1].to_instr = instrs;
      return 0;
   }
   marks->pauses = vmt_grow(marks->pauses, marks->n_pauses, &marks->pause_capacity,
                            sizeof *marks->pauses);
   marks->pauses[marks->n_pauses++] = (struct vmt_span){ instrs, INT64_MAX };
   return 0;
}

static void
forget_vector(const struct vmt_events *events, int64_t *vector)
{
   int resident = vmt_events_find(events, "RssPages");

   for (int event = 0; event < (int) events->n; event++)
      if (event != resident)
         vector[event] = 0;
}

static void
forget_charge(struct vmt_profile *profile, struct vmt_profile_charge *charge)
{
   int resident = vmt_events_find(&profile->events, "RssPages");

   for (uint32_t at = charge->first_count; at; at = profile->counts[at].next)
      if ((int) profile->counts[at].event != resident)
         profile->counts[at].value = 0;
   for (uint32_t at = charge->first_distance; at; at = profile->distances[at].next)
      profile->distances[at].value = 0;
   charge->evicted_pages = 0;
}

/* All that the file has said of counts so far.  */
int
profile_read_reset(struct profile_reader *reader, json_t *record)
{
   struct vmt_profile *profile = reader->profile;
   struct vmt_profile_run *run = reader->run;

   if (profile_member(reader, json_object_get(record, "reset"), "instrs", COUNT_MAX,
                      &run->marks.reset_instrs))
      return -1;
   run->marks.was_reset = true;
   for (size_t i = reader->first_charge; i < profile->n_charges; i++)
      forget_charge(profile, &profile->charges[i]);
   forget_vector(&profile->events, run->totals);
   forget_vector(&profile->events, run->excluded);
   for (size_t i = 0; i < profile->n_copies; i++)
      if (profile->copies[i].charge >= reader->first_charge)
         profile->copies[i].n = 0;
   for (size_t i = 0; i < reader->n_blocks; i++)
      reader->block_array[i].n_executed = 0;
   profile->n_instrs = reader->first_instr;
   return 0;
}
