#include "vmtrace/host/threads.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/blame.h"
#include "vmtrace/host/memory.h"

void
vmt_threads_free(struct vmt_threads *threads)
{
   for (size_t i = 0; i < threads->n; i++)
      free(threads->list[i].name);
   free(threads->list);
}

const struct vmt_thread *
vmt_thread_find(const struct vmt_threads *threads, uint32_t number)
{
   return number < threads->n && threads->list[number].n_threads
          ? &threads->list[number] : NULL;
}

/* ---- where they start ---- */

/* The C library's start-up code is linked to the program.  */
static bool
is_own(const struct vmt_blame *blame, uint32_t at)
{
   const struct vmt_place *place = &blame->places[at];

   return place->object != VMT_NO_OBJECT && !blame->is_system[place->object]
          && !place->in_system_header && strcmp(place->function, "_start") != 0;
}

/* For each call the place of the outermost one that is the program's own; 0: none, or
   there were more callers.  Callers come first.  */
static uint32_t *
find_outermost(const struct vmt_blame *blame)
{
   uint32_t *outermost = vmt_calloc(blame->n_calls, sizeof *outermost);
   bool *is_cut = vmt_calloc(blame->n_calls, sizeof *is_cut);

   for (size_t i = 1; i < blame->n_calls; i++) {
      const struct vmt_call *call = &blame->calls[i];

      is_cut[i] = call->cut || is_cut[call->parent];
      if (is_cut[i])
         continue;
      outermost[i] = outermost[call->parent];
      if (outermost[i] == 0 && is_own(blame, call->place))
         outermost[i] = call->place;
   }
   free(is_cut);
   return outermost;
}

static bool
is_same_function(const struct vmt_blame *blame, uint32_t a, uint32_t b)
{
   return blame->places[a].function_id == blame->places[b].function_id;
}

/* Each run's numbers from 0, one run after the other.  */
static size_t *
lay_out(const struct vmt_profile *profile)
{
   size_t *first = vmt_calloc(profile->n_runs + 1, sizeof *first);

   for (size_t i = 0; i < profile->n_runs; i++)
      first[i + 1] = profile->runs[i].threads.n;
   for (size_t i = 0; i < profile->n_charges; i++) {
      const struct vmt_profile_charge *charge = &profile->charges[i];

      if (charge->thread <= VMT_THREADS_MAX && charge->thread >= first[charge->run + 1])
         first[charge->run + 1] = charge->thread + 1;
   }
   for (size_t i = 0; i < profile->n_runs; i++)
      first[i + 1] += first[i];
   return first;
}

/* A stack that could not be followed to its end starts elsewhere: the function that
   most of a thread's charges start in, if that is more than half, is what is left when
   each takes another one away.  */
static void
vote(const struct vmt_blame *blame, uint32_t place, uint32_t *elected, size_t *n_ahead)
{
   if (*n_ahead == 0)
      *elected = place;
   if (is_same_function(blame, *elected, place))
      ++*n_ahead;
   else
      --*n_ahead;
}

void
vmt_thread_starts_init(struct vmt_thread_starts *starts,
                       const struct vmt_profile *profile,
                       const struct vmt_blame *blame)
{
   uint32_t *outermost = find_outermost(blame);
   size_t *n_ahead;

   starts->first = lay_out(profile);
   starts->places = vmt_calloc(starts->first[profile->n_runs] + 1,
                               sizeof *starts->places);
   n_ahead = vmt_calloc(starts->first[profile->n_runs] + 1, sizeof *n_ahead);
   for (size_t i = 0; i < profile->n_charges; i++) {
      const struct vmt_profile_charge *charge = &profile->charges[i];
      uint32_t place = outermost[blame->call_of_stack[charge->stack]];
      size_t at = starts->first[charge->run] + charge->thread;

      if (place && strcmp(blame->places[place].function, "??") != 0
          && at < starts->first[charge->run + 1])
         vote(blame, place, &starts->places[at], &n_ahead[at]);
   }
   free(n_ahead);
   free(outermost);
}

void
vmt_thread_starts_free(struct vmt_thread_starts *starts)
{
   free(starts->places);
   free(starts->first);
}

uint32_t
vmt_thread_start(const struct vmt_thread_starts *starts, uint32_t run, uint32_t number)
{
   size_t at;

   if (!starts->places)
      return 0;
   at = starts->first[run] + number;
   return at < starts->first[run + 1] ? starts->places[at] : 0;
}
