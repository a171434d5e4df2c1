#include "vmtrace/host/blame.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

#define INLINE_DEPTH_MAX 64

/* Places are compared by pointer.  */
static const char no_file[] = "", no_function[] = "??";

bool
vmt_blame_system_path(const char *path)
{
   static const char *const roots[] = {
      "/lib/", "/lib32/", "/lib64/", "/libx32/", "/usr/lib/", "/usr/lib32/",
      "/usr/lib64/", "/usr/libx32/", "/usr/libexec/"
   };

   for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++)
      if (strncmp(path, roots[i], strlen(roots[i])) == 0)
         return true;
   return false;
}

/* `..` is taken back first: compilers name their headers by such detours.  */
bool
vmt_blame_system_header(const char *path)
{
   char *plain = vmt_calloc(strlen(path) + 1, 1), *end = plain;
   bool is_header;

   for (const char *at = path; *at;) {
      size_t n = strcspn(at + 1, "/") + 1;

      if (n == 3 && memcmp(at, "/..", 3) == 0) {
         while (end > plain && *--end != '/')
            ;
      } else if (n > 2 || (n == 2 && at[1] != '.')) {
         memcpy(end, at, n);
         end += n;
      }
      at += n;
   }
   *end = '\0';
   is_header = strncmp(plain, "/usr/include/", 13) == 0
               || (strncmp(plain, "/usr/lib/", 9) == 0
                   && strstr(plain, "/include/"))
               || strstr(plain, "/include/c++/");
   free(plain);
   return is_header;
}

static bool
is_program(const struct vmt_profile *profile, const char *path)
{
   bool found = false;

   for (size_t i = 0; i < profile->n_runs && !found; i++) {
      char *exe = vmt_profile_header_text(&profile->runs[i], "exe");

      found = exe && strcmp(exe, path) == 0;
      free(exe);
   }
   return found;
}

static uint32_t
function_id_of(struct vmt_blame *blame, const struct vmt_place *place)
{
   bool added;
   uint32_t pair = vmt_keymap_intern(&blame->file_function_map,
                                     (uintptr_t) place->file,
                                     (uintptr_t) place->function,
                                     (uint32_t) blame->file_function_map.n_used,
                                     &added);
   uint32_t id = vmt_keymap_intern(&blame->function_map, pair, place->object,
                                   (uint32_t) blame->n_functions, &added);

   blame->n_functions += added;
   return id;
}

/* file and function are strings of which equal ones are the same pointer.  */
static uint32_t
intern_place(struct vmt_blame *blame, const char *file, const char *function,
             uint32_t line, uint32_t object)
{
   struct vmt_place place = { file, function, line, object, 0, false };
   uint32_t position;
   bool added;

   place.function_id = function_id_of(blame, &place);
   position = vmt_keymap_intern(&blame->place_map, place.function_id, line,
                                (uint32_t) blame->n_places, &added);
   if (added) {
      place.in_system_header = vmt_blame_system_header(file);
      blame->places = vmt_grow(blame->places, blame->n_places,
                               &blame->place_capacity, sizeof place);
      blame->places[blame->n_places++] = place;
   }
   return position;
}

/* The places of an address, innermost first, at least one; how many.  */
static size_t
resolve(struct vmt_blame *blame, uint32_t object, uint64_t offset,
        uint32_t places[INLINE_DEPTH_MAX])
{
   struct vmt_source_frame frames[INLINE_DEPTH_MAX];
   size_t n = blame->objects[object]
              ? vmt_symbols_resolve(blame->objects[object], offset, frames,
                                    INLINE_DEPTH_MAX) : 0;

   for (size_t i = 0; i < n; i++)
      places[i] = intern_place(blame, frames[i].file ? frames[i].file : no_file,
                               frames[i].function ? frames[i].function
                               : no_function, frames[i].line, object);
   if (n == 0)
      places[n++] = intern_place(blame, no_file, no_function, 0, object);
   return n;
}

static void
open_objects(struct vmt_blame *blame, const struct vmt_blame_options *options)
{
   const struct vmt_profile *profile = blame->profile;
   bool has_lines = false;

   blame->symbols = vmt_symbols_new();
   for (size_t i = 0; i < options->n_debug_dirs; i++)
      vmt_symbols_add_debug_dir(blame->symbols, options->debug_dirs[i]);
   blame->objects = vmt_calloc(profile->n_objects, sizeof *blame->objects);
   blame->is_system = vmt_calloc(profile->n_objects, sizeof *blame->is_system);
   for (size_t i = 1; i < profile->n_objects; i++) {
      const struct vmt_profile_object *object = &profile->objects[i];

      blame->objects[i] = vmt_symbols_open(blame->symbols, object->path,
                                           object->build_id);
      blame->is_system[i] = vmt_blame_system_path(object->path)
                            && !is_program(profile, object->path);
      if (!blame->is_system[i]
          && vmt_symbols_state(blame->objects[i]) == VMT_DEBUG_LINES)
         has_lines = true;
   }
   if (blame->mode == VMT_BLAME_AUTO)
      blame->mode = has_lines ? VMT_BLAME_CALLER : VMT_BLAME_LEAF;
}

struct wanted_frame {
   struct vmt_profile_frame at;
   uint32_t position;
};

static int
compare_wanted(const void *a, const void *b)
{
   const struct wanted_frame *x = a, *y = b;

   if (x->at.object != y->at.object)
      return x->at.object < y->at.object ? -1 : 1;
   return x->at.offset < y->at.offset ? -1 : x->at.offset > y->at.offset;
}

/* The wanted frames that were not looked up before, by rising address.  */
static struct wanted_frame *
sorted_frames(const struct vmt_blame *blame, const bool *is_wanted, size_t *n)
{
   const struct vmt_profile *profile = blame->profile;
   struct wanted_frame *wanted = vmt_calloc(profile->n_frames, sizeof *wanted);

   *n = 0;
   for (uint32_t i = 0; i < profile->n_frames; i++)
      if (is_wanted[i] && !blame->n_of_frame[i])
         wanted[(*n)++] = (struct wanted_frame){ profile->frames[i], i };
   qsort(wanted, *n, sizeof *wanted, compare_wanted);
   return wanted;
}

void
vmt_blame_resolve_frames(struct vmt_blame *blame, const bool *is_wanted)
{
   size_t n_wanted;
   struct wanted_frame *wanted = sorted_frames(blame, is_wanted, &n_wanted);

   for (size_t i = 0; i < n_wanted; i++) {
      uint32_t places[INLINE_DEPTH_MAX];
      size_t n = resolve(blame, wanted[i].at.object, wanted[i].at.offset, places);

      blame->first_of_frame[wanted[i].position] = (uint32_t) blame->n_chains;
      blame->n_of_frame[wanted[i].position] = (uint8_t) n;
      for (size_t k = 0; k < n; k++) {
         blame->chains = vmt_grow(blame->chains, blame->n_chains,
                                  &blame->chain_capacity, sizeof *blame->chains);
         blame->chains[blame->n_chains++] = places[k];
      }
   }
   free(wanted);
}

/* All frames, or the innermost of the stacks that are charged, and those that
   are blamed for them.  */
static void
resolve_stacks(struct vmt_blame *blame, bool all)
{
   const struct vmt_profile *profile = blame->profile;
   bool *is_charged = vmt_calloc(profile->n_stacks, sizeof *is_charged);
   bool *is_wanted = vmt_calloc(profile->n_frames, sizeof *is_wanted);

   blame->first_of_frame = vmt_calloc(profile->n_frames,
                                      sizeof *blame->first_of_frame);
   blame->n_of_frame = vmt_calloc(profile->n_frames, sizeof *blame->n_of_frame);
   blame->caller_frame = vmt_calloc(profile->n_stacks,
                                    sizeof *blame->caller_frame);
   for (size_t i = 0; i < profile->n_charges; i++) {
      uint32_t stack = profile->charges[i].stack;

      is_charged[stack] = true;
      is_wanted[profile->stacks[stack].frame] |= stack != 0;
   }
   for (size_t i = 1; i < profile->n_sites; i++) {
      uint32_t stack = profile->sites[i].stack;

      is_charged[stack] = true;
      is_wanted[profile->stacks[stack].frame] |= stack != 0;
   }
   for (size_t i = 0; all && i < profile->n_frames; i++)
      is_wanted[i] = true;
   vmt_blame_resolve_frames(blame, is_wanted);
   if (blame->mode == VMT_BLAME_CALLER)
      vmt_blame_find_callers(blame, is_charged);
   free(is_charged);
   free(is_wanted);
}

static void
resolve_instrs(struct vmt_blame *blame)
{
   const struct vmt_profile *profile = blame->profile;

   blame->instr_place = vmt_calloc(profile->n_instrs, sizeof *blame->instr_place);
   blame->instr_outer = vmt_calloc(profile->n_instrs, sizeof *blame->instr_outer);
   for (size_t i = 0; i < profile->n_instrs; i++) {
      uint32_t places[INLINE_DEPTH_MAX];
      size_t n = resolve(blame, profile->instrs[i].object,
                         profile->instrs[i].offset, places);

      blame->instr_place[i] = places[0];
      blame->instr_outer[i] = places[n - 1];
   }
}

void
vmt_blame_init(struct vmt_blame *blame, const struct vmt_profile *profile,
               const struct vmt_blame_options *options)
{
   *blame = (struct vmt_blame){ .profile = profile, .mode = options->mode };
   intern_place(blame, no_file, "[start-up]", 0, VMT_NO_OBJECT);
   open_objects(blame, options);
   resolve_stacks(blame, options->whole_stacks);
   resolve_instrs(blame);
   if (options->whole_stacks)
      vmt_blame_make_calls(blame);
}

void
vmt_blame_free(struct vmt_blame *blame)
{
   free(blame->places);
   free(blame->chains);
   free(blame->first_of_frame);
   free(blame->n_of_frame);
   free(blame->instr_place);
   free(blame->instr_outer);
   free(blame->caller_frame);
   free(blame->calls);
   free(blame->call_of_stack);
   free(blame->objects);
   free(blame->is_system);
   vmt_keymap_free(&blame->file_function_map);
   vmt_keymap_free(&blame->function_map);
   vmt_keymap_free(&blame->place_map);
   vmt_symbols_free(blame->symbols);
}

static uint32_t
innermost(const struct vmt_blame *blame, uint32_t frame)
{
   return blame->chains[blame->first_of_frame[frame]];
}

/* The innermost place of a frame that is in no system header, or its outermost.  */
static uint32_t
innermost_own(const struct vmt_blame *blame, uint32_t frame)
{
   const uint32_t *chain = &blame->chains[blame->first_of_frame[frame]];
   size_t i = 0;

   while (i + 1 < blame->n_of_frame[frame]
          && blame->places[chain[i]].in_system_header)
      i++;
   return chain[i];
}

uint32_t
vmt_blame_place(const struct vmt_blame *blame, uint32_t stack)
{
   if (stack == 0)
      return 0;
   if (blame->mode == VMT_BLAME_CALLER && blame->caller_frame[stack] != UINT32_MAX)
      return innermost_own(blame, blame->caller_frame[stack]);
   return vmt_blame_leaf(blame, stack);
}

uint32_t
vmt_blame_frame(const struct vmt_blame *blame, uint32_t stack)
{
   return blame->mode == VMT_BLAME_CALLER && blame->caller_frame[stack] != UINT32_MAX
          ? blame->caller_frame[stack] : blame->profile->stacks[stack].frame;
}

uint32_t
vmt_blame_leaf(const struct vmt_blame *blame, uint32_t stack)
{
   return stack ? innermost(blame, blame->profile->stacks[stack].frame) : 0;
}

const char *
vmt_blame_object_path(const struct vmt_blame *blame, uint32_t place)
{
   uint32_t object = blame->places[place].object;

   return object == VMT_NO_OBJECT ? "[kernel]"
          : blame->profile->objects[object].path;
}

const char *
vmt_blame_object_name(const struct vmt_blame *blame, uint32_t place)
{
   uint32_t object = blame->places[place].object;

   return object == VMT_NO_OBJECT ? "[kernel]"
          : vmt_profile_object_name(blame->profile, object);
}
