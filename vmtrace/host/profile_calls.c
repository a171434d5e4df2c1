/* From which sites the allocator was called when it was on memory of its own.

   An event on the allocator's own memory happened within the call from a site when the
   site's stack, which ends at the calling instruction, is among the callers of the
   event's.  The innermost one counts: the allocator may have called the program.

   Of stacks that are cut less is kept of the event's callers than of the site's, as it
   is deeper by the allocator's own frames.  Then as many frames are compared as there
   are; of sites that agree in them it is the one with the most blocks.  */

#include "vmtrace/host/profile_reader.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"

/* More are never compared.  */
#define FRAMES_MAX 32

struct calls {
   const struct profile_reader *reader;
   const struct vmt_profile *profile;
   struct vmt_keymap site_of_stack;
   struct vmt_keymap paths;     /* of a path, and the frame of its next caller */
   uint32_t *site_of_path;      /* path 0 has no frame yet */
   size_t n_paths, path_capacity;
};

/* ---- paths ---- */

static void
add_path(struct calls *calls, uint32_t path, uint32_t site)
{
   const struct vmt_profile_site *sites = calls->profile->sites;

   if (path < calls->n_paths) {
      uint32_t *most = &calls->site_of_path[path];

      if (sites[site].numbers[VMT_SITE_ALLOCS] > sites[*most].numbers[VMT_SITE_ALLOCS])
         *most = site;
      return;
   }
   calls->site_of_path = vmt_grow(calls->site_of_path, calls->n_paths,
                                  &calls->path_capacity, sizeof *calls->site_of_path);
   calls->site_of_path[calls->n_paths++] = site;
}

static void
add_paths_of(struct calls *calls, uint32_t site)
{
   const struct vmt_profile_stack *stacks = calls->profile->stacks;
   uint32_t stack = calls->profile->sites[site].stack, path = 0;
   bool added;

   for (size_t i = 0; i < FRAMES_MAX && stack; i++, stack = stacks[stack].parent) {
      path = vmt_keymap_intern(&calls->paths, path, stacks[stack].frame,
                               (uint32_t) calls->n_paths, &added);
      add_path(calls, path, site);
   }
}

static void
add_sites(struct calls *calls)
{
   const struct vmt_profile *profile = calls->profile;
   bool added;

   add_path(calls, 0, 0);
   for (uint32_t i = (uint32_t) calls->reader->first_site; i < profile->n_sites; i++) {
      if (profile->sites[i].kind != VMT_SITE_MALLOC || profile->sites[i].stack == 0)
         continue;
      vmt_keymap_intern(&calls->site_of_stack, profile->sites[i].stack, 0, i, &added);
      if (added)
         add_paths_of(calls, i);
   }
}

/* The site whose innermost frames are those of a stack that is cut; 0: none.  */
static uint32_t
site_of_frames(const struct calls *calls, uint32_t stack)
{
   const struct vmt_profile_stack *stacks = calls->profile->stacks;
   uint32_t path = 0;

   for (size_t i = 0; i < FRAMES_MAX && stack; i++, stack = stacks[stack].parent) {
      path = vmt_keymap_find(&calls->paths, path, stacks[stack].frame);
      if (path == VMT_KEYMAP_NONE)
         return 0;
   }
   return calls->site_of_path[path];
}

/* ---- charges ---- */

static bool
is_cut(const struct vmt_profile_stack *stacks, uint32_t stack)
{
   while (stacks[stack].parent)
      stack = stacks[stack].parent;
   return stacks[stack].cut;
}

static uint32_t
site_of_call(const struct calls *calls, uint32_t stack)
{
   const struct vmt_profile_stack *stacks = calls->profile->stacks;
   bool cut = is_cut(stacks, stack);

   for (uint32_t at = stacks[stack].parent; at; at = stacks[at].parent) {
      uint32_t site = vmt_keymap_find(&calls->site_of_stack, at, 0);

      if (site == VMT_KEYMAP_NONE)
         site = cut ? site_of_frames(calls, at) : 0;
      if (site)
         return site;
   }
   return 0;
}

static int
add_faults(struct profile_reader *reader, const struct vmt_profile_charge *charge,
           int event)
{
   struct vmt_profile *profile = reader->profile;
   int64_t *faults = &profile->sites[charge->call_site].numbers[VMT_SITE_CALL_FAULTS];

   for (uint32_t at = charge->first_count; at; at = profile->counts[at].next)
      if (profile->counts[at].event == (uint32_t) event
          && profile_add(reader, faults, profile->counts[at].value))
         return -1;
   return 0;
}

int
profile_find_calls(struct profile_reader *reader)
{
   struct vmt_profile *profile = reader->profile;
   struct calls calls = { .reader = reader, .profile = profile };
   int event = vmt_events_find(&profile->events, "Flt"), status = 0;

   add_sites(&calls);
   for (size_t i = reader->first_charge; i < profile->n_charges && status == 0; i++) {
      struct vmt_profile_charge *charge = &profile->charges[i];

      if (profile->sites[charge->site].kind != VMT_SITE_ALLOCATOR)
         continue;
      charge->call_site = site_of_call(&calls, charge->stack);
      if (charge->call_site)
         status = add_faults(reader, charge, event);
   }
   free(calls.site_of_path);
   vmt_keymap_free(&calls.site_of_stack);
   vmt_keymap_free(&calls.paths);
   return status;
}
