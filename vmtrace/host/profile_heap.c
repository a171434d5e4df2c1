/* The records about the program's heap.  */

#include "vmtrace/host/profile_reader.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

/* ---- sites ---- */

static int
add_site(struct profile_reader *reader, uint32_t stack, enum vmt_site_kind kind)
{
   struct vmt_profile *profile = reader->profile;

   if (profile->n_sites >= INT32_MAX)
      return profile_complain(reader, "too many sites");
   profile->sites = vmt_grow(profile->sites, profile->n_sites,
                             &profile->site_capacity, sizeof *profile->sites);
   profile->sites[profile->n_sites++] = (struct vmt_profile_site){
      .stack = stack, .run = reader->run_position, .kind = kind
   };
   return 0;
}

static int
take_kind(struct profile_reader *reader, const json_t *value, enum vmt_site_kind *kind)
{
   const char *name = json_string_value(value);

   for (int i = VMT_SITE_NONE + 1; name && i < VMT_N_SITE_KINDS; i++)
      if (strcmp(name, vmt_site_kinds[i]) == 0) {
         *kind = (enum vmt_site_kind) i;
         return 0;
      }
   return profile_complain(reader, "damaged: not a kind of site");
}

int
profile_read_site(struct profile_reader *reader, json_t *record)
{
   const json_t *id = json_object_get(record, "site");
   enum vmt_site_kind kind = VMT_SITE_NONE;
   uint32_t stack;

   return profile_id(reader, &reader->stacks, json_object_get(record, "stack"), "stack",
                     true, &stack)
          || take_kind(reader, json_object_get(record, "kind"), &kind)
          || profile_define(reader, &reader->sites, id, "site",
                            reader->profile->n_sites)
          || add_site(reader, stack, kind) ? -1 : 0;
}

/* Those that the record has: sites of mmap have no pages, for one.  */
static int
read_numbers(struct profile_reader *reader, const json_t *from, int64_t *numbers)
{
   for (size_t i = 0; i < VMT_N_SITE_NUMBERS; i++) {
      const char *member = vmt_site_numbers[i].member;

      if (member && json_object_get(from, member)
          && profile_member(reader, from, member, COUNT_MAX, &numbers[i]))
         return -1;
   }
   return 0;
}

int
profile_read_heap(struct profile_reader *reader, json_t *record)
{
   int64_t numbers[VMT_N_SITE_NUMBERS] = { 0 };
   uint32_t position;

   if (profile_id(reader, &reader->sites, json_object_get(record, "heap"), "site", false,
                  &position)
       || read_numbers(reader, record, numbers))
      return -1;
   memcpy(reader->profile->sites[position].numbers, numbers, sizeof numbers);
   return 0;
}

/* ---- all blocks ---- */

int
profile_read_heap_totals(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "heap_totals");
   struct vmt_heap *heap = &reader->run->heap;

   heap->has_totals = true;
   return read_numbers(reader, from, heap->totals)
          || profile_member(reader, from, "peak_instrs", COUNT_MAX, &heap->peak_instrs)
          || profile_member(reader, from, "unknown_frees", COUNT_MAX,
                            &heap->n_unknown_frees)
          || profile_member(reader, from, "lost", COUNT_MAX, &heap->n_lost) ? -1 : 0;
}

/* The program's own blocks are events of the run: what their sites add up to, as
   do tables; the most that was live is of no site.  */
int
profile_take_heap(struct profile_reader *reader)
{
   const struct vmt_profile *profile = reader->profile;
   struct vmt_profile_run *run = reader->run;
   int event;

   if (!run->heap.has_totals && !run->heap.has_pages
       && profile->n_sites == reader->first_site)
      return 0;
   if (profile_find_calls(reader))
      return -1;
   for (size_t number = 0; number < VMT_N_SITE_NUMBERS; number++) {
      if (!vmt_site_numbers[number].event)
         continue;
      if (profile_event(reader, vmt_site_numbers[number].event, &event))
         return -1;
      if (number == VMT_SITE_PEAK_BYTES) {
         run->totals[event] = run->heap.totals[number];
         continue;
      }
      for (size_t i = reader->first_site; i < profile->n_sites; i++)
         if (profile->sites[i].kind == VMT_SITE_MALLOC
             && profile_add(reader, &run->totals[event],
                            profile->sites[i].numbers[number]))
            return -1;
   }
   return 0;
}

/* ---- pages ---- */

static int
read_fullness(struct profile_reader *reader, const json_t *from,
              struct vmt_heap_pages *pages)
{
   int64_t sum = 0;

   if (profile_numbers(reader, json_object_get(from, "fullness"), "fullness",
                       VMT_FULLNESS_STEPS, PAGES_MAX, pages->fullness))
      return -1;
   for (size_t i = 0; i < VMT_FULLNESS_STEPS; i++)
      sum += pages->fullness[i];
   return sum == pages->n_resident ? 0
          : profile_complain(reader, "damaged: the pages of the heap are %lld, and %lld "
                             "by how full they are", (long long) pages->n_resident,
                             (long long) sum);
}

static int
read_pages(struct profile_reader *reader, const json_t *from,
           struct vmt_heap_pages *pages)
{
   return profile_member(reader, from, "instrs", COUNT_MAX, &pages->instrs)
          || profile_member(reader, from, "live_blocks", COUNT_MAX, &pages->live_blocks)
          || profile_member(reader, from, "live_bytes", COUNT_MAX, &pages->live_bytes)
          || profile_member(reader, from, "resident", PAGES_MAX, &pages->n_resident)
          || profile_member(reader, from, "pinned", PAGES_MAX, &pages->n_pinned)
          || profile_member(reader, from, "straddling", COUNT_MAX, &pages->n_straddling)
          || read_fullness(reader, from, pages) ? -1 : 0;
}

static int
read_named(struct profile_reader *reader, json_t *from, const char *what,
           struct vmt_heap_counts *counts)
{
   const char *name;
   json_t *value;

   if (!json_is_object(from))
      return profile_complain(reader, "damaged: %s is not an object", what);
   free(counts->list);
   counts->list = vmt_calloc(json_object_size(from), sizeof *counts->list);
   counts->n = 0;
   json_object_foreach(from, name, value) {
      struct vmt_heap_count *count = &counts->list[counts->n];

      if (!profile_plain_name(name))
         return profile_complain(reader, "damaged: not a name");
      strcpy(count->name, name);
      if (profile_integer(reader, value, name, 0, COUNT_MAX, &count->n))
         return -1;
      counts->n++;
   }
   return 0;
}

int
profile_read_heap_pages(struct profile_reader *reader, json_t *record)
{
   json_t *from = json_object_get(record, "heap_pages");
   struct vmt_heap *heap = &reader->run->heap;

   heap->has_pages = true;
   return read_pages(reader, json_object_get(from, "peak"), &heap->peak)
          || read_pages(reader, json_object_get(from, "now"), &heap->now)
          || read_named(reader, json_object_get(from, "returned"), "returned",
                        &heap->returned)
          || read_named(reader, json_object_get(from, "calls"), "calls", &heap->calls)
          || profile_member(reader, from, "back", COUNT_MAX, &heap->n_back)
          || profile_member(reader, from, "advised_free", COUNT_MAX,
                            &heap->n_advised_free)
          || profile_member(reader, from, "straddles", COUNT_MAX, &heap->n_straddles)
          ? -1 : 0;
}
