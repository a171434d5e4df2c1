/* The records about the other processes of a run.  */

#include "vmtrace/host/profile_reader.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

/* Of processes, which a run numbers from 1.  */
#define IDS_MAX ((int64_t) INT32_MAX)

/* ---- who is who ---- */

static int
take_run(struct profile_reader *reader, const json_t *value, char *run)
{
   const char *text = json_string_value(value);

   if (!text || strlen(text) != VMT_RUN_NAME_BYTES - 1
       || strspn(text, "0123456789abcdef") != VMT_RUN_NAME_BYTES - 1)
      return profile_complain(reader, "damaged: not the number of a run");
   strcpy(run, text);
   return 0;
}

int
profile_read_process(struct profile_reader *reader, json_t *record)
{
   const json_t *process = json_object_get(record, "process");
   struct vmt_family *family = &reader->run->family;

   return profile_member(reader, process, "id", IDS_MAX, &family->id)
          || profile_bounds(reader, "a process's id", 1, IDS_MAX, family->id)
          || profile_member(reader, process, "parent", IDS_MAX, &family->parent)
          || profile_member(reader, process, "instrs", INT64_MAX, &family->instrs)
          || take_run(reader, json_object_get(process, "run"), family->run) ? -1 : 0;
}

int
profile_read_fork(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "fork");
   struct vmt_family *family = &reader->run->family;
   struct vmt_fork fork = {
      .is_vfork = json_is_true(json_object_get(from, "vfork"))
   };
   int64_t thread;

   if (profile_member(reader, from, "child", IDS_MAX, &fork.child)
       || profile_member(reader, from, "pid", INT32_MAX, &fork.pid)
       || profile_member(reader, from, "instrs", INT64_MAX, &fork.instrs)
       || profile_member(reader, from, "thread", INT32_MAX, &thread)
       || profile_id(reader, &reader->stacks, json_object_get(from, "stack"), "stack",
                     true, &fork.stack))
      return -1;
   fork.thread = (uint32_t) thread;
   family->forks = vmt_grow(family->forks, family->n_forks, &family->fork_capacity,
                            sizeof fork);
   family->forks[family->n_forks++] = fork;
   return 0;
}

int
profile_read_gone(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "gone");
   struct vmt_family *family = &reader->run->family;
   struct vmt_gone gone;

   if (profile_member(reader, from, "child", IDS_MAX, &gone.child)
       || profile_member(reader, from, "instrs", INT64_MAX, &gone.instrs))
      return -1;
   family->gone = vmt_grow(family->gone, family->n_gone, &family->gone_capacity,
                           sizeof gone);
   family->gone[family->n_gone++] = gone;
   return 0;
}

/* ---- copies ---- */

static int
add_copies(struct profile_reader *reader, int64_t with, const int64_t of[4])
{
   struct vmt_profile *profile = reader->profile;
   uint32_t charge, position;
   bool added;

   if (profile_bounds(reader, "copies", 0, COUNT_MAX, of[3])
       || profile_charge_position(reader, of[0], of[1], of[2], &charge))
      return -1;
   if (reader->skips)
      return 0;
   position = vmt_keymap_intern(&profile->copies_map, charge, (uint64_t) with,
                                (uint32_t) profile->n_copies, &added);
   if (added) {
      profile->copies = vmt_grow(profile->copies, profile->n_copies,
                                 &profile->copies_capacity, sizeof *profile->copies);
      profile->copies[profile->n_copies++] = (struct vmt_profile_copies){
         charge, (uint32_t) with, 0
      };
   }
   return profile_add(reader, &profile->copies[position].n, of[3]);
}

int
profile_read_copies(struct profile_reader *reader, json_t *record)
{
   const json_t *copies = json_object_get(record, "copies");
   json_t *list = json_object_get(copies, "of"), *one;
   int64_t with, of[4];
   size_t i;

   if (profile_member(reader, copies, "with", IDS_MAX, &with))
      return -1;
   if (!json_is_array(list))
      return profile_complain(reader, "damaged: copies of no list");
   json_array_foreach(list, i, one)
      if (profile_numbers(reader, one, "copies", 4, INT64_MAX, of)
          || add_copies(reader, with, of))
         return -1;
   return 0;
}

/* ---- sizes ---- */

int
profile_take_resident(struct profile_reader *reader, const json_t *from,
                      struct vmt_resident *to)
{
   static const char *const kinds[VMT_N_RESIDENT_KINDS] = {
      [VMT_RESIDENT_ANON] = "anon", [VMT_RESIDENT_FILE] = "file",
      [VMT_RESIDENT_SHMEM] = "shmem"
   };
   struct vmt_resident resident = { .is_known = true };

   for (size_t i = 0; i < VMT_N_RESIDENT_KINDS; i++) {
      int64_t numbers[3];

      if (profile_numbers(reader, json_object_get(from, kinds[i]), kinds[i], 3,
                          COUNT_MAX, numbers))
         return -1;
      resident.parts[i] = (struct vmt_resident_part){
         numbers[0], numbers[1], numbers[2]
      };
   }
   if (profile_member(reader, from, "instrs", INT64_MAX, &resident.instrs)
       || profile_member(reader, from, "table_pages", PAGES_MAX, &resident.table_pages)
       || profile_member(reader, from, "swap_pages", PAGES_MAX, &resident.swap_pages))
      return -1;
   *to = resident;
   return 0;
}

int
profile_read_resident(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "resident");
   const char *why = json_string_value(json_object_get(from, "why"));
   struct vmt_family *family = &reader->run->family;
   struct vmt_resident *of_snapshot = profile_resident_of_snapshot(reader, from);
   struct vmt_resident other;

   return profile_take_resident(reader, from,
                                why && strcmp(why, "peak") == 0 ? &family->peak
                                : why && strcmp(why, "end") == 0 ? &family->end
                                : of_snapshot ? of_snapshot : &other);
}

int
profile_read_tree(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "tree");
   struct vmt_tree_sizes sizes = { .is_known = true };

   if (profile_member(reader, from, "processes", IDS_MAX, &sizes.n_processes)
       || profile_member(reader, from, "processes_peak", IDS_MAX,
                         &sizes.n_processes_peak)
       || profile_member(reader, from, "pages", PAGES_MAX, &sizes.pages)
       || profile_member(reader, from, "peak_pages", PAGES_MAX, &sizes.peak_pages)
       || profile_member(reader, from, "table_pages", PAGES_MAX, &sizes.table_pages)
       || profile_member(reader, from, "cache_pages", PAGES_MAX, &sizes.cache_pages))
      return -1;
   reader->run->family.tree = sizes;
   return 0;
}

static int
read_cached(struct profile_reader *reader, const json_t *array,
            struct vmt_cached_file *file)
{
   int64_t of[4];

   if (profile_numbers(reader, array, "a file of the cache", 4, INT64_MAX, of)
       || profile_position(reader, &reader->areas, of[0], "area", true, &file->area)
       || profile_bounds(reader, "pages", 0, PAGES_MAX, of[1])
       || profile_bounds(reader, "pages", 0, PAGES_MAX, of[2])
       || profile_bounds(reader, "pages", 0, PAGES_MAX, of[3]))
      return -1;
   file->cached_pages = of[1];
   file->mapped_pages = of[2];
   file->mapped_by_others_pages = of[3];
   return 0;
}

int
profile_read_cache_of(struct profile_reader *reader, json_t *record)
{
   const json_t *list = json_object_get(record, "cache_of");
   struct vmt_family *family = &reader->run->family;
   size_t n = json_array_size(list);
   struct vmt_cached_file *files;

   if (!json_is_array(list))
      return profile_complain(reader, "damaged: cache_of is not a list");
   files = vmt_calloc(n, sizeof *files);
   for (size_t i = 0; i < n; i++)
      if (read_cached(reader, json_array_get(list, i), &files[i])) {
         free(files);
         return -1;
      }
   free(family->cached);
   family->cached = files;
   family->n_cached = n;
   return 0;
}
