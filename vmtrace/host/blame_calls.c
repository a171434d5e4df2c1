/* Call stacks as places.  */

#include "vmtrace/host/blame.h"

#include "vmtrace/host/memory.h"

static uint32_t
intern_call(struct vmt_blame *blame, struct vmt_keymap *map, struct vmt_call call)
{
   bool added;
   uint32_t position = vmt_keymap_intern(map, (uint64_t) call.place << 32
                                         | call.parent, call.cut,
                                         (uint32_t) blame->n_calls, &added);

   if (added) {
      blame->calls = vmt_grow(blame->calls, blame->n_calls,
                              &blame->call_capacity, sizeof *blame->calls);
      blame->calls[blame->n_calls++] = call;
   }
   return position;
}

void
vmt_blame_make_calls(struct vmt_blame *blame)
{
   const struct vmt_profile *profile = blame->profile;
   struct vmt_keymap map = { 0 };

   blame->call_of_stack = vmt_calloc(profile->n_stacks,
                                     sizeof *blame->call_of_stack);
   intern_call(blame, &map, (struct vmt_call){ 0 });
   for (size_t i = 1; i < profile->n_stacks; i++) {
      const struct vmt_profile_stack *stack = &profile->stacks[i];
      uint32_t first = blame->first_of_frame[stack->frame];
      uint32_t call = blame->call_of_stack[stack->parent];
      bool cut = stack->cut;

      for (size_t k = blame->n_of_frame[stack->frame]; k-- > 0; cut = false)
         call = intern_call(blame, &map, (struct vmt_call){
            blame->chains[first + k], call, cut
         });
      blame->call_of_stack[i] = call;
   }
   vmt_keymap_free(&map);
}
