/* The records about a limit on memory, and the settings that made it.  */

#include "vmtrace/host/profile_reader.h"

#include <string.h>

/* The tool's default of --swap-latency.  */
#define SWAP_LATENCY_US 50

/* Longer than any device takes; times a count, within a double's digits.  */
#define LATENCY_MAX_US 1000000000

static bool
take_size(const json_t *settings, const char *name, int64_t *bytes)
{
   const json_t *value = json_object_get(settings, name);

   *bytes = json_integer_value(value);
   return json_is_integer(value) && *bytes >= 0;
}

void
profile_take_limit(const json_t *settings, struct vmt_limit *limit)
{
   const char *reclaim = json_string_value(json_object_get(settings, "reclaim"));
   int64_t latency_us;

   limit->has_ram = take_size(settings, "ram", &limit->ram_bytes)
                    && limit->ram_bytes > 0;
   limit->has_swap = take_size(settings, "swap", &limit->swap_bytes);
   if (reclaim && profile_plain_name(reclaim))
      strcpy(limit->reclaim, reclaim);
   limit->swap_latency_us = take_size(settings, "swap-latency", &latency_us)
                            && latency_us <= LATENCY_MAX_US ? latency_us
                            : SWAP_LATENCY_US;
}

/* ---- out of memory ---- */

/* A member that older profiles do not have: -1.  */
static int
optional(struct profile_reader *reader, const json_t *oom, const char *name,
         int64_t *n_pages)
{
   *n_pages = -1;
   return json_object_get(oom, name)
          ? profile_member(reader, oom, name, PAGES_MAX, n_pages) : 0;
}

static int
read_asker(struct profile_reader *reader, const json_t *oom, struct vmt_oom *to)
{
   const json_t *thread = json_object_get(oom, "thread");
   int64_t stack, area, thread_id = 1;

   return profile_member(reader, oom, "instrs", COUNT_MAX, &to->instrs)
          || profile_member(reader, oom, "stack", INT64_MAX, &stack)
          || profile_member(reader, oom, "area", INT64_MAX, &area)
          || (thread && profile_integer(reader, thread, "thread", 0, INT32_MAX,
                                        &thread_id))
          || profile_charge_position(reader, stack, area, thread_id, &to->charge)
          ? -1 : 0;
}

int
profile_read_oom(struct profile_reader *reader, json_t *record)
{
   const json_t *oom = json_object_get(record, "oom");
   const json_t *owners = json_object_get(oom, "of");
   struct vmt_oom *to = &reader->run->pressure.oom;

   if (read_asker(reader, oom, to)
       || optional(reader, oom, "resident_pages", &to->resident_pages)
       || optional(reader, oom, "table_pages", &to->table_pages)
       || optional(reader, oom, "swap_used_pages", &to->swap_used_pages)
       || (owners && profile_read_owners(reader, owners, "of", &to->owners)))
      return -1;
   to->happened = true;
   return 0;
}

/* ---- whose pages were evicted ---- */

int
profile_read_evicted(struct profile_reader *reader, json_t *record)
{
   json_t *list = json_object_get(record, "evicted_of"), *one;
   int64_t of[4];
   uint32_t charge;
   size_t i;

   if (!json_is_array(list))
      return profile_complain(reader, "damaged: evicted_of is not a list");
   json_array_foreach(list, i, one)
      if (profile_numbers(reader, one, "evicted_of", 4, INT64_MAX, of)
          || profile_bounds(reader, "pages", 0, PAGES_MAX, of[3])
          || profile_charge_position(reader, of[0], of[1], of[2], &charge)
          || (reader->skips ? 0 : profile_add(reader, &reader->profile->charges[charge].evicted_pages,
                         of[3])))
         return -1;
   reader->run->pressure.has_evicted = true;
   return 0;
}
