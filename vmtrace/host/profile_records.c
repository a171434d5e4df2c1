/* The records of a profile, but those of blocks and charges.  */

#include "vmtrace/host/profile_reader.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"
#include "vmtrace/host/strings.h"

int
profile_bounds(struct profile_reader *reader, const char *what, int64_t least,
               int64_t most, int64_t number)
{
   if (number < least || number > most)
      return profile_complain(reader, "damaged: %s cannot be %lld", what,
                              (long long) number);
   return 0;
}

int
profile_integer(struct profile_reader *reader, const json_t *value,
                const char *what, int64_t least, int64_t most, int64_t *number)
{
   if (!json_is_integer(value))
      return profile_complain(reader, "damaged: %s is not a number", what);
   *number = json_integer_value(value);
   return profile_bounds(reader, what, least, most, *number);
}

int
profile_position(struct profile_reader *reader, const struct profile_ids *ids,
                 int64_t id, const char *what, bool zero_is_none,
                 uint32_t *position)
{
   if (profile_bounds(reader, what, zero_is_none ? 0 : 1, INT64_MAX, id))
      return -1;
   *position = id ? profile_ids_find(ids, (uint64_t) id) : 0;
   if (*position == VMT_KEYMAP_NONE)
      return profile_complain(reader, "damaged: %s %lld was not defined before",
                              what, (long long) id);
   return 0;
}

int
profile_id(struct profile_reader *reader, const struct profile_ids *ids,
           const json_t *value, const char *what, bool zero_is_none,
           uint32_t *position)
{
   int64_t id = 0;

   return profile_integer(reader, value, what, INT64_MIN, INT64_MAX, &id)
          || profile_position(reader, ids, id, what, zero_is_none, position)
          ? -1 : 0;
}

int
profile_add(struct profile_reader *reader, int64_t *to, int64_t number)
{
   if (__builtin_add_overflow(*to, number, to))
      return profile_complain(reader, "damaged: a count is beyond 64 bits");
   return 0;
}

bool
profile_plain_name(const char *name)
{
   size_t n = strlen(name);

   for (size_t i = 0; i < n; i++)
      if (!isalnum((unsigned char) name[i]) && name[i] != '_')
         return false;
   return n > 0 && n <= 32 && isalpha((unsigned char) name[0]);
}

int
profile_event(struct profile_reader *reader, const char *name, int *event)
{
   *event = vmt_events_find(&reader->profile->events, name);
   if (*event >= 0)
      return 0;
   if (!profile_plain_name(name))
      return profile_complain(reader, "damaged: not a name of an event");
   *event = vmt_events_add(&reader->profile->events, name);
   if (*event < 0)
      return profile_complain(reader, "more than %d events", VMT_EVENTS_MAX);
   return 0;
}

/* Gives the id the position; complains when it has one.  */
static int
define_number(struct profile_reader *reader, struct profile_ids *ids, int64_t id,
              const char *what, size_t position)
{
   if (profile_bounds(reader, what, 1, INT64_MAX, id))
      return -1;
   if (position >= VMT_KEYMAP_NONE - 1)
      return profile_complain(reader, "too many of kind %s", what);
   if (!profile_ids_define(ids, (uint64_t) id, (uint32_t) position))
      return profile_complain(reader, "damaged: %s %lld is defined twice", what,
                              (long long) id);
   return 0;
}

int
profile_define(struct profile_reader *reader, struct profile_ids *ids,
               const json_t *value, const char *what, size_t position)
{
   int64_t id = 0;

   return profile_integer(reader, value, what, INT64_MIN, INT64_MAX, &id)
          || define_number(reader, ids, id, what, position) ? -1 : 0;
}

static int
any_integer(struct profile_reader *reader, json_t *record, const char *name,
            int64_t *number)
{
   return profile_integer(reader, json_object_get(record, name), name, INT64_MIN,
                          INT64_MAX, number);
}

int
profile_read_header(struct profile_reader *reader, json_t *record)
{
   json_t *events = json_object_get(record, "events"), *event;
   int64_t version;
   size_t i;
   int position;

   if (profile_integer(reader, json_object_get(record, "vmtrace"),
                       "the format's version", 1, INT64_MAX, &version))
      return -1;
   if (version != VMT_PROFILE_FORMAT)
      return profile_complain(reader, "format %lld is newer than this vmtrace; "
                              "use the vmtrace that made the profile",
                              (long long) version);
   json_array_foreach(events, i, event) {
      const char *name = json_string_value(event);

      if (!name || strlen(name) != json_string_length(event))
         return profile_complain(reader, "damaged: not a name of an event");
      if (profile_event(reader, name, &position))
         return -1;
   }
   profile_take_limit(json_object_get(record, "settings"),
                      &reader->run->pressure.limit);
   reader->run->header = json_incref(record);
   return 0;
}

/* A string member, kept with the profile; NULL when it is not a string.  */
static const char *
kept_text(struct profile_reader *reader, const json_t *value)
{
   char *text = vmt_profile_text(value);
   const char *kept = vmt_strings_keep(reader->profile->strings, text);

   free(text);
   return kept;
}

static int
read_object(struct profile_reader *reader, json_t *record)
{
   struct vmt_profile *profile = reader->profile;
   const char *path = kept_text(reader, json_object_get(record, "path"));
   const char *build_id = kept_text(reader, json_object_get(record, "build_id"));
   uint32_t position;
   bool added;

   if (!path)
      return profile_complain(reader, "damaged: an object without a path");
   position = vmt_keymap_intern(&profile->object_map, (uintptr_t) path,
                                (uintptr_t) build_id,
                                (uint32_t) profile->n_objects, &added);
   if (added) {
      profile->objects = vmt_grow(profile->objects, profile->n_objects,
                                  &profile->object_capacity,
                                  sizeof *profile->objects);
      profile->objects[profile->n_objects++] =
         (struct vmt_profile_object){ path, build_id };
   }
   return profile_define(reader, &reader->objects, json_object_get(record, "object"),
                         "object", position);
}

int
profile_add_frame(struct profile_reader *reader,
                  const struct profile_frame_record *frame)
{
   struct vmt_profile *profile = reader->profile;
   uint32_t object, position;
   bool added;

   if (profile_position(reader, &reader->objects, frame->object, "object", true,
                        &object))
      return -1;
   position = vmt_keymap_intern(&profile->frame_map, object,
                                (uint64_t) frame->offset,
                                (uint32_t) profile->n_frames, &added);
   if (added) {
      profile->frames = vmt_grow(profile->frames, profile->n_frames,
                                 &profile->frame_capacity,
                                 sizeof *profile->frames);
      profile->frames[profile->n_frames++] =
         (struct vmt_profile_frame){ object, (uint64_t) frame->offset };
   }
   return define_number(reader, &reader->frames, frame->id, "frame", position);
}

static int
read_frame(struct profile_reader *reader, json_t *record)
{
   struct profile_frame_record frame;

   return any_integer(reader, record, "frame", &frame.id)
          || any_integer(reader, record, "object", &frame.object)
          || any_integer(reader, record, "offset", &frame.offset)
          || profile_add_frame(reader, &frame) ? -1 : 0;
}

int
profile_add_stack(struct profile_reader *reader,
                  const struct profile_stack_record *stack)
{
   struct vmt_profile *profile = reader->profile;
   uint32_t frame, parent, position;
   bool added;

   if (profile_position(reader, &reader->frames, stack->frame, "frame", false,
                        &frame)
       || profile_position(reader, &reader->stacks, stack->parent, "stack", true,
                           &parent))
      return -1;
   if (profile->stacks[parent].depth >= VMT_STACK_DEPTH_MAX)
      return profile_complain(reader, "damaged: a stack of more than %d frames",
                              VMT_STACK_DEPTH_MAX);
   position = vmt_keymap_intern(&profile->stack_map,
                                (uint64_t) frame << 32 | parent, stack->cut,
                                (uint32_t) profile->n_stacks, &added);
   if (added) {
      uint16_t depth = profile->stacks[parent].depth + 1;

      profile->stacks = vmt_grow(profile->stacks, profile->n_stacks,
                                 &profile->stack_capacity,
                                 sizeof *profile->stacks);
      profile->stacks[profile->n_stacks++] =
         (struct vmt_profile_stack){ frame, parent, depth, stack->cut };
   }
   return define_number(reader, &reader->stacks, stack->id, "stack", position);
}

static int
read_stack(struct profile_reader *reader, json_t *record)
{
   struct profile_stack_record stack = {
      .cut = json_is_true(json_object_get(record, "cut"))
   };

   return any_integer(reader, record, "stack", &stack.id)
          || any_integer(reader, record, "frame", &stack.frame)
          || any_integer(reader, record, "parent", &stack.parent)
          || profile_add_stack(reader, &stack) ? -1 : 0;
}

static int
read_area(struct profile_reader *reader, json_t *record)
{
   struct vmt_profile *profile = reader->profile;
   const char *name = kept_text(reader, json_object_get(record, "name"));
   const char *kind = kept_text(reader, json_object_get(record, "kind"));
   uint32_t position;
   bool added;

   if (!name || !kind)
      return profile_complain(reader, "damaged: an area without name or kind");
   position = vmt_keymap_intern(&profile->area_map, (uintptr_t) name,
                                (uintptr_t) kind, (uint32_t) profile->n_areas,
                                &added);
   if (added) {
      profile->areas = vmt_grow(profile->areas, profile->n_areas,
                                &profile->area_capacity, sizeof *profile->areas);
      profile->areas[profile->n_areas++] = (struct vmt_profile_area){ name, kind };
   }
   return profile_define(reader, &reader->areas, json_object_get(record, "area"), "area",
                         position);
}

static int
read_checkpoint(struct profile_reader *reader, json_t *record)
{
   json_t *checkpoint = json_object_get(record, "checkpoint");
   json_t *pages = json_object_get(checkpoint, "RssPages");

   if (json_is_integer(pages)
       && json_integer_value(pages) > reader->run->rss_peak_pages)
      reader->run->rss_peak_pages = json_integer_value(pages);
   return 0;
}

static int
read_note(struct profile_reader *reader, json_t *record)
{
   struct vmt_profile *profile = reader->profile;
   char *note = vmt_profile_text(json_object_get(record, "note"));

   for (size_t i = 0; note && i < profile->n_notes; i++)
      if (strcmp(profile->notes[i], note) == 0) {
         free(note);
         note = NULL;
      }
   if (!note || profile->n_notes >= 1000) {
      free(note);
      return 0;
   }
   profile->notes = vmt_grow(profile->notes, profile->n_notes,
                             &profile->note_capacity, sizeof *profile->notes);
   profile->notes[profile->n_notes++] = note;
   return 0;
}

static int
read_end(struct profile_reader *reader, json_t *record)
{
   json_t *end = json_object_get(record, "end");
   json_t *totals = json_object_get(end, "totals"), *value;
   const char *name;
   int64_t number;

   if (!json_is_object(end))
      return profile_complain(reader, "damaged: not an end");
   json_object_foreach(totals, name, value)
      if (profile_integer(reader, value, "a total", INT64_MIN, INT64_MAX, &number))
         return -1;
   reader->run->end = json_incref(end);
   return 0;
}

void
profile_take_back_end(struct profile_reader *reader)
{
   json_decref(reader->run->end);
   reader->run->end = NULL;
}

int
profile_read_record(struct profile_reader *reader, const char *kind,
                    json_t *record)
{
   static const struct {
      const char *kind;
      int (*read)(struct profile_reader *reader, json_t *record);
   } kinds[] = {
      { "charge", profile_read_charge }, { "stack", read_stack }, { "frame", read_frame },
      { "block", profile_read_block }, { "exec", profile_read_exec },
      { "access", profile_read_access }, { "object", read_object },
      { "area", read_area }, { "checkpoint", read_checkpoint },
      { "note", read_note }, { "end", read_end },
      { "d", profile_read_distances }, { "curve", profile_read_curve },
      { "heap", profile_read_heap }, { "heap_totals", profile_read_heap_totals },
      { "site", profile_read_site }, { "heap_pages", profile_read_heap_pages },
      { "windows", profile_read_windows },
      { "peak_pages_of", profile_read_peak_owners }, { "idle", profile_read_idle },
      { "thread", profile_read_thread },
      { "first_touch", profile_read_first_touch }, { "timeline", profile_read_timeline }, { "oom", profile_read_oom },
      { "evicted_of", profile_read_evicted },
      { "process", profile_read_process }, { "fork", profile_read_fork },
      { "gone", profile_read_gone }, { "copies", profile_read_copies },
      { "resident", profile_read_resident }, { "tree", profile_read_tree },
      { "cache_of", profile_read_cache_of },
      { "phase", profile_read_phase },
      { "phases", profile_read_phases }, { "snapshot", profile_read_snapshot },
      { "counting", profile_read_counting }, { "reset", profile_read_reset }
   };

   profile_take_back_end(reader);
   if (reader->profile->phase && profile_is_timeless(kind))
      return 0;
   for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
      if (strcmp(kind, kinds[i].kind) == 0)
         return kinds[i].read(reader, record);
   if (strcmp(kind, "excluded") == 0)
      return profile_read_excluded(reader, record);
   return 0;
}
