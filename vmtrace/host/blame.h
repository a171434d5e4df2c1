/* From the addresses of a profile to places in the source, and which place of a
   call stack an event is charged to.

   A frame is a chain of places, innermost first: the inlined functions, then
   the one that holds the code.  `leaf` charges a stack's events to the innermost
   place of its innermost frame; `caller` to the first frame, from the innermost,
   whose object is not a system library, and to the leaf when all are.  System
   libraries are the objects below /lib, /usr/lib and the like, but never the
   program itself.  In that frame `caller` takes the innermost place that is in
   no system header: a memset that was inlined is nobody's own line.  A frame
   that is all of headers, a C++ template's function, is passed over too when
   there is one of the user's files above; else its outermost place counts.
   What an instruction executed is its own line's either way.

   Places are numbered from 0, which stands for the kernel starting the program;
   equal places have one number.  Strings are bytes, printed by escape.h.  */

#ifndef VMT_HOST_BLAME_H
#define VMT_HOST_BLAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/profile.h"
#include "vmtrace/host/symbols.h"

#define VMT_NO_OBJECT UINT32_MAX

enum vmt_blame_mode {
   VMT_BLAME_AUTO,              /* caller, if an object that is no system
                                   library has line information; else leaf */
   VMT_BLAME_LEAF,
   VMT_BLAME_CALLER
};

struct vmt_place {
   const char *file;            /* "": not known */
   const char *function;        /* "??": not known */
   uint32_t line;               /* 0: not known */
   uint32_t object;             /* position in the profile, or VMT_NO_OBJECT */
   uint32_t function_id;        /* same file, function and object */
   bool in_system_header;
};

/* Call stacks as places: stacks that differ in addresses only are one.  */
struct vmt_call {
   uint32_t place;
   uint32_t parent;             /* the caller; 0: none */
   bool cut;                    /* there were more callers */
};

struct vmt_blame {
   const struct vmt_profile *profile;
   enum vmt_blame_mode mode;    /* LEAF or CALLER */
   struct vmt_place *places;
   uint32_t *chains;            /* places of the frames, one after the other */
   uint32_t *first_of_frame;    /* where a frame's places begin in chains */
   uint8_t *n_of_frame;         /* 0: the frame was not looked up */
   uint32_t *instr_place;       /* of each instr */
   uint32_t *instr_outer;       /* the function its code belongs to */
   uint32_t *caller_frame;      /* of each stack: the frame that is blamed, or
                                   UINT32_MAX: the leaf; with CALLER alone */
   struct vmt_call *calls;      /* [0] is none; with whole_stacks alone */
   uint32_t *call_of_stack;
   size_t n_places, n_chains, n_calls, n_functions;

   /* Inside.  */
   struct vmt_symbols *symbols;
   struct vmt_symbols_object **objects;
   bool *is_system;
   size_t place_capacity, chain_capacity, call_capacity;
   struct vmt_keymap file_function_map, function_map, place_map;
};

struct vmt_blame_options {
   enum vmt_blame_mode mode;
   bool whole_stacks;           /* look up every frame, and make calls */
   char **debug_dirs;           /* not owned */
   size_t n_debug_dirs;
};

/* Looks up what the profile holds, which must outlive the blame.  */
void vmt_blame_init(struct vmt_blame *blame, const struct vmt_profile *profile,
                    const struct vmt_blame_options *options);
void vmt_blame_free(struct vmt_blame *blame);

/* The place a stack's events are charged to; the innermost place of it.  */
uint32_t vmt_blame_place(const struct vmt_blame *blame, uint32_t stack);
uint32_t vmt_blame_leaf(const struct vmt_blame *blame, uint32_t stack);

/* The frame whose place that is, of a stack that is not 0.  */
uint32_t vmt_blame_frame(const struct vmt_blame *blame, uint32_t stack);

/* "[kernel]" for a place in no object.  */
const char *vmt_blame_object_path(const struct vmt_blame *blame, uint32_t place);
const char *vmt_blame_object_name(const struct vmt_blame *blame, uint32_t place);

/* What hides source lines in an object, as one line with what to do, to be
   freed; NULL when nothing does.  */
char *vmt_blame_trouble(const struct vmt_blame *blame, uint32_t object);

/* Whether a path is that of a system library.  */
bool vmt_blame_system_path(const char *path);

/* Whether a source file is one of the system's or the compiler's headers.  */
bool vmt_blame_system_header(const char *path);

/* For blame*.c alone: makes calls; looks up frames that were not before; fills
   caller_frame of the stacks that are charged.  */
void vmt_blame_make_calls(struct vmt_blame *blame);
void vmt_blame_resolve_frames(struct vmt_blame *blame, const bool *is_wanted);
void vmt_blame_find_callers(struct vmt_blame *blame, const bool *is_charged);

#endif
