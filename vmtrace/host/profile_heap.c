/* The records about the program's allocator.  */

#include "vmtrace/host/profile_reader.h"

#include "vmtrace/host/memory.h"

/* The site of a stack, made if it is new.  */
static int
site_position(struct profile_reader *reader, int64_t of_stack, uint32_t *position)
{
   struct vmt_profile *profile = reader->profile;
   uint32_t stack;
   bool added;

   if (profile_position(reader, &reader->stacks, of_stack, "stack", true, &stack))
      return -1;
   *position = vmt_keymap_intern(&profile->site_map, stack, reader->run_position,
                                 (uint32_t) profile->n_sites, &added);
   if (!added)
      return 0;
   profile->sites = vmt_grow(profile->sites, profile->n_sites,
                             &profile->site_capacity, sizeof *profile->sites);
   profile->sites[profile->n_sites++] = (struct vmt_profile_site){
      .stack = stack, .run = reader->run_position
   };
   return 0;
}

int
profile_read_heap(struct profile_reader *reader, json_t *record)
{
   struct vmt_profile_site *site;
   uint32_t position;
   int64_t stack;

   if (profile_member(reader, record, "heap", INT64_MAX, &stack)
       || site_position(reader, stack, &position))
      return -1;
   site = &reader->profile->sites[position];
   return profile_member(reader, record, "allocs", COUNT_MAX, &site->allocs)
          || profile_member(reader, record, "frees", COUNT_MAX, &site->frees)
          || profile_member(reader, record, "bytes", COUNT_MAX, &site->bytes)
          || profile_member(reader, record, "lifetime", COUNT_MAX, &site->lifetime)
          || profile_member(reader, record, "live_blocks", COUNT_MAX,
                            &site->live_blocks)
          || profile_member(reader, record, "live_bytes", COUNT_MAX, &site->live_bytes)
          || profile_member(reader, record, "peak_bytes", COUNT_MAX, &site->peak_bytes)
          || profile_member(reader, record, "bytes_at_peak", COUNT_MAX,
                            &site->bytes_at_peak) ? -1 : 0;
}

int
profile_read_heap_totals(struct profile_reader *reader, json_t *record)
{
   static const struct { const char *member, *event; } totals[] = {
      { "allocs", "Allocs" }, { "frees", "Frees" }, { "bytes", "AllocBytes" },
      { "peak_bytes", "LivePeak" }
   };
   const json_t *from = json_object_get(record, "heap_totals");
   int event;

   for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
      if (profile_event(reader, totals[i].event, &event)
          || profile_member(reader, from, totals[i].member, COUNT_MAX,
                            &reader->run->totals[event]))
         return -1;
   return 0;
}

/* Position 0 ends chains.  */
static void
push_count(struct vmt_profile *profile, struct vmt_profile_count count)
{
   profile->site_counts = vmt_grow(profile->site_counts, profile->n_site_counts,
                                   &profile->site_count_capacity,
                                   sizeof *profile->site_counts);
   profile->site_counts[profile->n_site_counts++] = count;
}

static int
add_to_site(struct profile_reader *reader, uint32_t position, int event,
            int64_t number)
{
   struct vmt_profile *profile = reader->profile;
   struct vmt_profile_site *site = &profile->sites[position];
   uint32_t at = site->first_count;

   while (at && profile->site_counts[at].event != (uint32_t) event)
      at = profile->site_counts[at].next;
   if (at)
      return profile_add(reader, &profile->site_counts[at].value, number);
   if (profile->n_site_counts >= UINT32_MAX)
      return profile_complain(reader, "too many counters");
   if (profile->n_site_counts == 0)
      push_count(profile, (struct vmt_profile_count){ 0, 0, 0 });
   push_count(profile, (struct vmt_profile_count){
      site->first_count, (uint32_t) event, number
   });
   site->first_count = (uint32_t) profile->n_site_counts - 1;
   return 0;
}

int
profile_read_site(struct profile_reader *reader, json_t *record)
{
   json_t *to = json_object_get(record, "site"), *value;
   const char *name;
   uint32_t charge, position;
   int64_t of[4], number;
   int event;

   if (profile_numbers(reader, to, "a site", 4, INT64_MAX, of)
       || profile_charge_position(reader, of[0], of[1], of[2], &charge)
       || site_position(reader, of[3], &position))
      return -1;
   json_object_foreach(json_object_get(record, "events"), name, value)
      if (profile_event(reader, name, &event)
          || profile_integer(reader, value, name, 0, COUNT_MAX, &number)
          || add_to_site(reader, position, event, number))
         return -1;
   return 0;
}
