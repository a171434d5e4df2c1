#include "vmtrace/host/dwarf_functions.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/number_map.h"

enum {
   MAX_HOPS = 16,               /* origin of an origin; compilers need 3 */
   N_OPEN_UNITS = 16
};

struct function {
   const char *name;            /* as in the file until named */
   const char *linkage_name;
   bool named;                  /* the names are kept, and demangled */
};

/* Units that references lead into from others stay open for a while, as the
   next reference is likely to lead to the same.  */
struct open_unit {
   const struct vmt_dwarf_file *file;
   const struct vmt_unit_header *header;
   struct vmt_dwarf_unit *unit;
};

struct vmt_functions {
   struct vmt_strings *strings;
   struct function *all;
   size_t n;
   size_t room;
   size_t n_settled;            /* the first ones no longer need their file */
   struct vmt_number_map by_die;
   struct open_unit open[N_OPEN_UNITS];
};

/* Where a reference is followed from.  */
struct place {
   const struct vmt_dwarf_file *file;
   const struct vmt_unit_header *header;
   struct vmt_dwarf_unit *unit;
};

const struct vmt_unit_header *
vmt_dwarf_file_unit_at(const struct vmt_dwarf_file *file, uint64_t offset) {
   size_t low = 0, high = file->n_headers;
   while (low < high) {
      size_t middle = low + (high - low) / 2;
      const struct vmt_unit_header *header = &file->headers[middle];
      if (offset < header->offset)
         high = middle;
      else if (offset - header->offset >= header->size)
         low = middle + 1;
      else
         return header;
   }
   return NULL;
}

struct vmt_functions *
vmt_functions_new(struct vmt_strings *strings) {
   struct vmt_functions *functions = vmt_calloc(1, sizeof *functions);
   functions->strings = strings;
   return functions;
}

void
vmt_functions_free(struct vmt_functions *functions) {
   if (functions == NULL)
      return;
   for (int i = 0; i < N_OPEN_UNITS; i++)
      vmt_dwarf_unit_close(functions->open[i].unit);
   vmt_number_map_free(&functions->by_die);
   free(functions->all);
   free(functions);
}

static struct vmt_dwarf_unit *
open_unit(struct vmt_functions *functions, const struct vmt_dwarf_file *file,
          const struct vmt_unit_header *header) {
   size_t index = (size_t)(header - file->headers) + file->id;
   struct open_unit *open = &functions->open[index % N_OPEN_UNITS];
   if (open->file == file && open->header == header)
      return open->unit;
   char *trouble = NULL;
   vmt_dwarf_unit_close(open->unit);
   *open = (struct open_unit){
      file, header, vmt_dwarf_unit_open(&file->sections, header, &trouble)
   };
   free(trouble);
   return open->unit;
}

/* Moves place to the unit that ref leads into; ref becomes an offset in it.  */
static bool
follow(struct vmt_functions *functions, struct place *place,
       struct vmt_die_ref *ref) {
   if (ref->kind == VMT_REF_UNIT)
      return true;
   const struct vmt_dwarf_file *file = ref->kind == VMT_REF_ALT
                                          ? place->file->alt
                                          : place->file;
   const struct vmt_unit_header *header =
      ref->kind == VMT_REF_NONE || file == NULL
         ? NULL
         : vmt_dwarf_file_unit_at(file, ref->offset);
   if (header == NULL)
      return false;
   if (header != place->header)
      *place = (struct place){ file, header,
                               open_unit(functions, file, header) };
   ref->kind = VMT_REF_UNIT;
   ref->offset -= header->offset;
   return place->unit != NULL;
}

static struct function
look_up(struct vmt_functions *functions, struct place place,
        struct vmt_die_ref ref) {
   struct function function = { .name = NULL };
   for (int hop = 0; hop < MAX_HOPS; hop++) {
      struct vmt_die_names names;
      if (!vmt_dwarf_unit_names(place.unit, ref.offset, &names))
         break;
      if (function.name == NULL)
         function.name = names.name;
      if (function.linkage_name == NULL)
         function.linkage_name = names.linkage_name;
      ref = names.next;
      if ((function.name != NULL && function.linkage_name != NULL) ||
          !follow(functions, &place, &ref))
         break;
   }
   return function;
}

static uint32_t
add(struct vmt_functions *functions, uint64_t key, struct function function) {
   functions->all = vmt_grow(functions->all, functions->n, &functions->room,
                             sizeof *functions->all);
   functions->all[functions->n] = function;
   vmt_number_map_put(&functions->by_die, key, (uint32_t)functions->n);
   return (uint32_t)functions->n++;
}

uint32_t
vmt_functions_add(struct vmt_functions *functions,
                  const struct vmt_dwarf_file *file,
                  const struct vmt_unit_header *header,
                  struct vmt_dwarf_unit *unit, struct vmt_die_ref ref) {
   struct place place = { file, header, unit };
   uint64_t offset = ref.offset;
   uint32_t id = ref.kind == VMT_REF_ALT && file->alt ? file->alt->id
                                                      : file->id;
   if (ref.kind == VMT_REF_UNIT)
      offset += header->offset;
   uint64_t key = (uint64_t)id << 44 ^ offset;
   uint32_t known = vmt_number_map_get(&functions->by_die, key);
   if (known != VMT_NUMBER_NONE)
      return known;
   struct function function = { .name = NULL };
   if (follow(functions, &place, &ref))
      function = look_up(functions, place, ref);
   return add(functions, key, function);
}

/* A name of the symbol table that is not mangled (an assembler name, Fortran)
   tells less than the name in the source.  */
static void
name_function(struct vmt_strings *strings, struct function *function) {
   const char *linkage = vmt_strings_keep(strings, function->linkage_name);
   const char *name = vmt_strings_keep(strings, function->name);
   const char *demangled = vmt_strings_demangle(strings, linkage);
   if (demangled != NULL && (demangled != linkage || name == NULL))
      name = demangled;
   function->name = name;
   function->linkage_name = linkage;
   function->named = true;
}

void
vmt_functions_name(struct vmt_functions *functions, uint32_t function,
                   const char **name, const char **linkage_name) {
   struct function *at = &functions->all[function];
   if (!at->named)
      name_function(functions->strings, at);
   *name = at->name;
   *linkage_name = at->linkage_name;
}

void
vmt_functions_leave_file(struct vmt_functions *functions,
                         const struct vmt_dwarf_file *file) {
   for (size_t i = functions->n_settled; i < functions->n; i++)
      if (!functions->all[i].named)
         name_function(functions->strings, &functions->all[i]);
   functions->n_settled = functions->n;
   for (int i = 0; i < N_OPEN_UNITS; i++)
      if (functions->open[i].file == file) {
         vmt_dwarf_unit_close(functions->open[i].unit);
         functions->open[i] = (struct open_unit){ .file = NULL };
      }
}
