/* Events charged to stacks, areas and threads.  */

#include "vmtrace/host/profile_reader.h"

#include <string.h>

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

/* Whose resident pages are is known of the run, not of a part of it.  */
static bool
is_left_out(const struct profile_reader *reader, int event)
{
   return reader->profile->phase
          && strcmp(reader->profile->events.names[event], "RssPages") == 0;
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
add_counts(struct profile_reader *reader, struct vmt_profile_charge *charge,
           int64_t *vector, const struct profile_counts *counts)
{
   const struct vmt_events *events = &reader->profile->events;
   int64_t n_minor = 0, n_major = 0;
   bool has_sum = false;

   for (size_t i = 0; i < counts->n; i++) {
      int event = counts->list[i].event;
      int64_t number = counts->list[i].number;

      if (is_left_out(reader, event))
         continue;
      if (profile_bounds(reader, events->names[event], -(INT64_MAX >> 8),
                         INT64_MAX >> 8, number)
          || add_event(reader, charge, vector, event, number))
         return -1;
      if (events->roles[event] == VMT_EVENT_MINOR)
         n_minor += number;
      else if (events->roles[event] == VMT_EVENT_MAJOR)
         n_major += number;
      has_sum |= events->roles[event] == VMT_EVENT_SUM
                 && strcmp(events->names[event], "Flt") == 0;
   }
   return has_sum ? 0 : add_sums(reader, charge, vector, n_minor, n_major);
}

int
profile_sum_counts(struct profile_reader *reader, const struct profile_counts *counts,
                   int64_t *vector)
{
   return add_counts(reader, NULL, vector, counts);
}

int
profile_read_counts(struct profile_reader *reader, json_t *events,
                    struct profile_counts *counts)
{
   const char *name;
   json_t *value;

   if (!json_is_object(events))
      return profile_complain(reader, "damaged: a charge without events");
   counts->n = 0;
   json_object_foreach(events, name, value) {
      struct profile_count count;

      if (profile_event(reader, name, &count.event)
          || profile_integer(reader, value, name, INT64_MIN, INT64_MAX,
                             &count.number))
         return -1;
      counts->list[counts->n++] = count;
   }
   return 0;
}

/* The position of a charge whose memory is a site's, which says its run too.  */
static int
charge_position(struct profile_reader *reader, int64_t of_stack, int64_t of_area,
                int64_t thread, uint32_t site, uint32_t *position)
{
   struct vmt_profile *profile = reader->profile;
   uint32_t stack, area, run = reader->run_position;
   uint32_t owner = site ? site : UINT32_MAX - run;
   bool added;

   if (profile_position(reader, &reader->stacks, of_stack, "stack", true, &stack)
       || profile_position(reader, &reader->areas, of_area, "area", true, &area)
       || profile_bounds(reader, "thread", 0, INT32_MAX, thread))
      return -1;
   *position = vmt_keymap_intern(&profile->charge_map, (uint64_t) stack << 32 | area,
                                 (uint64_t) thread << 32 | owner,
                                 (uint32_t) profile->n_charges, &added);
   if (!added)
      return 0;
   profile->charges = vmt_grow(profile->charges, profile->n_charges,
                               &profile->charge_capacity,
                               sizeof *profile->charges);
   profile->charges[profile->n_charges++] = (struct vmt_profile_charge){
      stack, area, (uint32_t) thread, run, site, 0, 0, 0, 0
   };
   return 0;
}

int
profile_charge_position(struct profile_reader *reader, int64_t of_stack,
                        int64_t of_area, int64_t thread, uint32_t *position)
{
   return charge_position(reader, of_stack, of_area, thread, 0, position);
}

int
profile_add_charge(struct profile_reader *reader,
                   const struct profile_charge_record *charge)
{
   uint32_t position;

   return charge_position(reader, charge->stack, charge->area, charge->thread,
                          charge->site, &position) ? -1
          : reader->skips ? 0
          : add_counts(reader, &reader->profile->charges[position],
                        reader->run->totals, &charge->counts) ? -1 : 0;
}

int
profile_read_charge(struct profile_reader *reader, json_t *record)
{
   json_t *to = json_object_get(record, "charge");
   const json_t *site = json_object_get(record, "site");
   struct profile_charge_record charge = { .site = 0 };

   return profile_integer(reader, json_array_get(to, 0), "stack", INT64_MIN,
                          INT64_MAX, &charge.stack)
          || profile_integer(reader, json_array_get(to, 1), "area", INT64_MIN,
                             INT64_MAX, &charge.area)
          || profile_integer(reader, json_array_get(to, 2), "thread", INT64_MIN,
                             INT64_MAX, &charge.thread)
          || (site && profile_id(reader, &reader->sites, site, "site", false,
                                 &charge.site))
          || profile_read_counts(reader, json_object_get(record, "events"),
                                 &charge.counts)
          || profile_add_charge(reader, &charge) ? -1 : 0;
}

int
profile_read_excluded(struct profile_reader *reader, json_t *record)
{
   struct profile_counts counts;

   return profile_read_counts(reader, json_object_get(record, "excluded"), &counts)
          || add_counts(reader, NULL, reader->run->excluded, &counts) ? -1 : 0;
}
