/* Events charged to stacks, areas and threads.  */

#include "vmtrace/host/profile_reader.h"

#include "vmtrace/host/memory.h"

static int
add_to_charge(struct profile_reader *reader, struct vmt_profile_charge *charge,
              int event, int64_t number)
{
   struct vmt_profile *profile = reader->profile;
   uint32_t at = charge->first_count;

   while (at && profile->counts[at].event != (uint32_t) event)
      at = profile->counts[at].next;
   if (at)
      return profile_add(reader, &profile->counts[at].value, number);
   if (profile->n_counts >= UINT32_MAX)
      return profile_complain(reader, "too many counters");
   profile->counts = vmt_grow(profile->counts, profile->n_counts,
                              &profile->count_capacity,
                              sizeof *profile->counts);
   profile->counts[profile->n_counts] = (struct vmt_profile_count){
      charge->first_count, (uint32_t) event, number
   };
   charge->first_count = (uint32_t) profile->n_counts++;
   return 0;
}

/* One number: to the charge if there is one, and to the vector.  */
static int
add_event(struct profile_reader *reader, struct vmt_profile_charge *charge,
          int64_t *vector, int event, int64_t number)
{
   if (charge && add_to_charge(reader, charge, event, number))
      return -1;
   return profile_add(reader, &vector[event], number);
}

/* The sums that a record without `Flt` leaves to the reader.  */
static int
add_sums(struct profile_reader *reader, struct vmt_profile_charge *charge,
         int64_t *vector, int64_t n_minor, int64_t n_major)
{
   const struct { const char *name; int64_t number; } sums[] = {
      { "Flt", n_minor + n_major }, { "MinFlt", n_minor }, { "MajFlt", n_major }
   };
   int event;

   for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
      if (sums[i].number
          && (profile_event(reader, sums[i].name, &event)
              || add_event(reader, charge, vector, event, sums[i].number)))
         return -1;
   return 0;
}

static int
add_events(struct profile_reader *reader, struct vmt_profile_charge *charge,
           int64_t *vector, json_t *events)
{
   int64_t n_minor = 0, n_major = 0, number;
   bool has_sum = json_object_get(events, "Flt") != NULL;
   const char *name;
   json_t *value;
   int event;

   if (!json_is_object(events))
      return profile_complain(reader, "damaged: a charge without events");
   json_object_foreach(events, name, value) {
      if (profile_event(reader, name, &event)
          || profile_integer(reader, value, name, -(INT64_MAX >> 8),
                             INT64_MAX >> 8, &number)
          || add_event(reader, charge, vector, event, number))
         return -1;
      if (reader->profile->events.roles[event] == VMT_EVENT_MINOR)
         n_minor += number;
      else if (reader->profile->events.roles[event] == VMT_EVENT_MAJOR)
         n_major += number;
   }
   return has_sum ? 0 : add_sums(reader, charge, vector, n_minor, n_major);
}

int
profile_read_charge(struct profile_reader *reader, json_t *record)
{
   struct vmt_profile *profile = reader->profile;
   json_t *to = json_object_get(record, "charge");
   uint32_t stack, area, position;
   int64_t thread;
   bool added;

   if (profile_id(reader, &reader->stacks, json_array_get(to, 0), "stack", true,
                  &stack)
       || profile_id(reader, &reader->areas, json_array_get(to, 1), "area", true,
                     &area)
       || profile_integer(reader, json_array_get(to, 2), "thread", 0, INT32_MAX,
                          &thread))
      return -1;
   position = vmt_keymap_intern(&profile->charge_map, (uint64_t) stack << 32 | area,
                                (uint64_t) thread << 32 | reader->run_position,
                                (uint32_t) profile->n_charges, &added);
   if (added) {
      profile->charges = vmt_grow(profile->charges, profile->n_charges,
                                  &profile->charge_capacity,
                                  sizeof *profile->charges);
      profile->charges[profile->n_charges++] = (struct vmt_profile_charge){
         stack, area, (uint32_t) thread, reader->run_position, 0
      };
   }
   return add_events(reader, &profile->charges[position], reader->run->totals,
                     json_object_get(record, "events"));
}

int
profile_read_excluded(struct profile_reader *reader, json_t *record)
{
   return add_events(reader, NULL, reader->run->excluded,
                     json_object_get(record, "excluded"));
}
