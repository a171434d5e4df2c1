/* The records about threads.  */

#include "vmtrace/host/profile_reader.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"

static struct vmt_thread *
thread_of(struct vmt_threads *threads, size_t number)
{
   while (threads->n <= number) {
      threads->list = vmt_grow(threads->list, threads->n, &threads->capacity,
                               sizeof *threads->list);
      memset(&threads->list[threads->n++], 0, sizeof *threads->list);
   }
   return &threads->list[number];
}

int
profile_read_thread(struct profile_reader *reader, json_t *record)
{
   struct vmt_thread thread = { 0 }, *known;
   int64_t number;

   if (profile_member(reader, record, "thread", VMT_THREADS_MAX, &number)
       || profile_member(reader, record, "core", INT32_MAX, &thread.core)
       || profile_member(reader, record, "threads", INT64_MAX, &thread.n_threads)
       || profile_member(reader, record, "instrs", COUNT_MAX, &thread.instrs)
       || profile_member(reader, record, "shot", COUNT_MAX, &thread.shot))
      return -1;
   thread.name = vmt_profile_text(json_object_get(record, "name"));
   known = thread_of(&reader->run->threads, (size_t) number);
   free(known->name);
   *known = thread;
   return 0;
}

/* [STACK, AREA, THREAD, BY, PAGES, OWN, BYS, ALL]  */
enum { MISPLACED_NUMBERS = 8 };

static int
read_misplaced(struct profile_reader *reader, const json_t *value,
               struct vmt_misplaced *misplaced)
{
   int64_t numbers[MISPLACED_NUMBERS];

   if (profile_numbers(reader, value, "an element of first_touch", MISPLACED_NUMBERS,
                       COUNT_MAX, numbers)
       || profile_charge_position(reader, numbers[0], numbers[1], numbers[2],
                                  &misplaced->charge)
       || profile_bounds(reader, "thread", 0, VMT_THREADS_MAX, numbers[3]))
      return -1;
   misplaced->by = (uint32_t) numbers[3];
   misplaced->pages = numbers[4];
   misplaced->own_uses = numbers[5];
   misplaced->by_uses = numbers[6];
   misplaced->uses = numbers[7];
   return 0;
}

int
profile_read_first_touch(struct profile_reader *reader, json_t *record)
{
   const json_t *from = json_object_get(record, "first_touch"), *value;
   const json_t *of = json_object_get(from, "of");
   struct vmt_first_touch first = { .is_known = true };
   size_t i;

   if (profile_member(reader, from, "instrs", INT64_MAX, &first.window_instrs)
       || profile_member(reader, from, "pages", COUNT_MAX, &first.pages))
      return -1;
   first.list = vmt_calloc(json_array_size(of) + 1, sizeof *first.list);
   json_array_foreach(of, i, value)
      if (read_misplaced(reader, value, &first.list[first.n++])) {
         vmt_first_touch_free(&first);
         return -1;
      }
   vmt_first_touch_free(&reader->run->first_touch);
   reader->run->first_touch = first;
   return 0;
}
