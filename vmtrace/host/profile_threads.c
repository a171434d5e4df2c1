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
