/* Which frame of a call stack is the program's own.

   The first frame that is in no system library decides, if one of its places is
   in no system header.  When none is, the frame is a function that came whole
   from a header, as those of C++ templates do, and says as little as a library's:
   then it is the next frame above that is known to be of a file of the user's.
   When there is none, it is the first one after all.  */

#include "vmtrace/host/blame.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"

/* For each stack the nearest one, itself or a caller, whose innermost frame is in
   no system library; 0: none.  Parents come before children.  */
static uint32_t *
find_nearest(const struct vmt_blame *blame)
{
   const struct vmt_profile *profile = blame->profile;
   uint32_t *nearest = vmt_calloc(profile->n_stacks, sizeof *nearest);

   for (uint32_t i = 1; i < profile->n_stacks; i++) {
      const struct vmt_profile_stack *stack = &profile->stacks[i];

      nearest[i] = blame->is_system[profile->frames[stack->frame].object]
                   ? nearest[stack->parent] : i;
   }
   return nearest;
}

static bool
is_own(const struct vmt_blame *blame, uint32_t frame, bool must_have_file)
{
   const uint32_t *chain = &blame->chains[blame->first_of_frame[frame]];

   for (size_t i = 0; i < blame->n_of_frame[frame]; i++) {
      const struct vmt_place *place = &blame->places[chain[i]];

      if (!place->in_system_header && (*place->file || !must_have_file))
         return true;
   }
   return false;
}

struct search {
   uint32_t stack;              /* whose caller is looked for */
   uint32_t at;                 /* the stack whose frame is the next to look at */
};

/* Those searches that have to go on, each one frame further up; how many.  */
static size_t
take_a_step(struct vmt_blame *blame, const uint32_t *nearest,
            struct search *searches, size_t n)
{
   const struct vmt_profile *profile = blame->profile;
   size_t n_left = 0;

   for (size_t i = 0; i < n; i++) {
      struct search search = searches[i];
      uint32_t frame = profile->stacks[search.at].frame;

      if (is_own(blame, frame, search.at != nearest[search.stack])) {
         blame->caller_frame[search.stack] = frame;
         continue;
      }
      search.at = nearest[profile->stacks[search.at].parent];
      if (search.at)
         searches[n_left++] = search;
   }
   return n_left;
}

void
vmt_blame_find_callers(struct vmt_blame *blame, const bool *is_charged)
{
   const struct vmt_profile *profile = blame->profile;
   uint32_t *nearest = find_nearest(blame);
   struct search *searches = vmt_calloc(profile->n_stacks, sizeof *searches);
   bool *is_wanted = vmt_calloc(profile->n_frames, sizeof *is_wanted);
   size_t n = 0;

   blame->caller_frame[0] = UINT32_MAX;
   for (uint32_t i = 1; i < profile->n_stacks; i++) {
      blame->caller_frame[i] = nearest[i] ? profile->stacks[nearest[i]].frame
                               : UINT32_MAX;
      if (is_charged[i] && nearest[i])
         searches[n++] = (struct search){ i, nearest[i] };
   }
   while (n) {
      for (size_t i = 0; i < n; i++)
         is_wanted[profile->stacks[searches[i].at].frame] = true;
      vmt_blame_resolve_frames(blame, is_wanted);
      n = take_a_step(blame, nearest, searches, n);
   }
   free(is_wanted);
   free(searches);
   free(nearest);
}
