#include "vmtrace/host/symbols.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/debug_files.h"
#include "vmtrace/host/debug_info.h"
#include "vmtrace/host/elf_symbols.h"
#include "vmtrace/host/elf_unpack.h"
#include "vmtrace/host/memory.h"

#define SYSTEM_DEBUG_DIR "/usr/lib/debug"

struct vmt_symbols_object {
   struct vmt_symbols *symbols;
   struct vmt_symbols_object *next;
   char *path;
   char *debug_path;
   struct vmt_elf *elf;         /* NULL if missing or of another build */
   struct vmt_elf *debug_elf;   /* separate debug file, or NULL */
   struct vmt_elf *alt_elf;     /* dwz supplement, or NULL */
   struct vmt_elf *mini_elf;    /* from .gnu_debugdata, or NULL */
   struct vmt_debug_info *info; /* NULL: no lines */
   struct vmt_elf_symbols *table;
   enum vmt_debug_state state;
   char *trouble;
};

struct vmt_symbols {
   struct vmt_strings *strings;
   struct vmt_debug_dirs dirs;  /* the system's is the last */
   struct vmt_symbols_object *objects;
};

struct vmt_symbols *
vmt_symbols_new(void) {
   struct vmt_symbols *symbols = vmt_calloc(1, sizeof *symbols);
   symbols->strings = vmt_strings_new();
   vmt_debug_dirs_add(&symbols->dirs, SYSTEM_DEBUG_DIR);
   return symbols;
}

static void
object_free(struct vmt_symbols_object *object) {
   vmt_debug_info_free(object->info);
   vmt_elf_symbols_free(object->table);
   vmt_elf_close(object->mini_elf);
   vmt_elf_close(object->alt_elf);
   vmt_elf_close(object->debug_elf);
   vmt_elf_close(object->elf);
   free(object->debug_path);
   free(object->trouble);
   free(object->path);
   free(object);
}

void
vmt_symbols_free(struct vmt_symbols *symbols) {
   if (symbols == NULL)
      return;
   for (struct vmt_symbols_object *object = symbols->objects, *next; object;
        object = next) {
      next = object->next;
      object_free(object);
   }
   vmt_debug_dirs_free(&symbols->dirs);
   vmt_strings_free(symbols->strings);
   free(symbols);
}

void
vmt_symbols_add_debug_dir(struct vmt_symbols *symbols, const char *dir) {
   struct vmt_debug_dirs *dirs = &symbols->dirs;
   vmt_debug_dirs_add(dirs, dir);
   char *added = dirs->dirs[dirs->n - 1];
   dirs->dirs[dirs->n - 1] = dirs->dirs[dirs->n - 2];
   dirs->dirs[dirs->n - 2] = added;
}

/* Keeps the first trouble; takes why over.  */
static void
note_trouble(struct vmt_symbols_object *object, char *why) {
   if (object->trouble == NULL)
      object->trouble = vmt_format("%s: %s", object->path, why);
   free(why);
}

/* Opens the file itself.  Leaves elf NULL and the state set if there is none
   to be used.  */
static void
open_file(struct vmt_symbols_object *object,
          const struct vmt_build_id *wanted) {
   char *why = NULL;
   switch (vmt_elf_open(object->path, &object->elf, &why)) {
   case VMT_ELF_MISSING:
      object->state = VMT_DEBUG_MISSING;
      free(why);
      return;
   case VMT_ELF_DAMAGED:
      object->state = VMT_DEBUG_DAMAGED;
      note_trouble(object, why);
      return;
   case VMT_ELF_OK:
      break;
   }
   if (wanted->size > 0 &&
       !vmt_build_id_equal(wanted, vmt_elf_build_id(object->elf))) {
      object->state = VMT_DEBUG_MISMATCH;
      note_trouble(object, vmt_strdup("not the file that was run: its build "
                                      "id is another one"));
   } else if (vmt_elf_is_relocatable(object->elf)) {
      object->state = VMT_DEBUG_DAMAGED;
      note_trouble(object, vmt_strdup("an object file that is still to be "
                                      "linked"));
   } else {
      return;
   }
   vmt_elf_close(object->elf);
   object->elf = NULL;
}

static bool
has_dwarf(const struct vmt_elf *elf) {
   return elf != NULL && vmt_elf_has_section(elf, ".debug_info");
}

/* The separate debug file, unless the file has its own debug information.  */
static void
open_debug_file(struct vmt_symbols_object *object,
                const struct vmt_build_id *wanted) {
   const struct vmt_debug_dirs *dirs = &object->symbols->dirs;
   if (object->elf == NULL)
      object->debug_elf =
         vmt_debug_find_by_id(dirs, wanted, &object->debug_path);
   else if (!has_dwarf(object->elf))
      object->debug_elf = vmt_debug_find(dirs, object->elf, object->path,
                                         &object->debug_path);
}

static void
read_dwarf(struct vmt_symbols_object *object) {
   bool separate = has_dwarf(object->debug_elf);
   struct vmt_debug_info_files files = {
      .elf = separate ? object->debug_elf : object->elf,
      .code = object->elf != NULL ? object->elf : object->debug_elf,
      .path = object->path,
      .debug_path = object->debug_path,
   };
   if (!has_dwarf(files.elf))
      return;
   object->alt_elf = vmt_debug_find_alt(
      &object->symbols->dirs, files.elf,
      separate ? object->debug_path : object->path);
   files.alt = object->alt_elf;
   char *why = NULL;
   object->info = vmt_debug_info_new(object->symbols->strings, &files, &why);
   if (why != NULL) {
      object->state = VMT_DEBUG_DAMAGED;
      note_trouble(object, why);
   }
}

/* The symbols that a stripped file keeps in packed form.  */
static void
open_mini_elf(struct vmt_symbols_object *object) {
   char *trouble = NULL;
   struct vmt_bytes packed =
      vmt_elf_section(object->elf, ".gnu_debugdata", &trouble);
   if (packed.size > 0 && trouble == NULL) {
      struct vmt_bytes bytes = vmt_unpack_xz(packed, &trouble);
      free(trouble);
      trouble = NULL;
      if (bytes.data != NULL)
         vmt_elf_open_bytes(bytes, &object->mini_elf, &trouble);
      free((void *)bytes.data);
   }
   free(trouble);
}

static size_t
read_symbols(struct vmt_symbols_object *object) {
   size_t n = 0;
   object->table = vmt_elf_symbols_new();
   if (object->debug_elf != NULL)
      n = vmt_elf_symbols_add(object->table, object->debug_elf, SHT_SYMTAB);
   if (n == 0 && object->elf != NULL)
      n = vmt_elf_symbols_add(object->table, object->elf, SHT_SYMTAB);
   if (n == 0 && object->elf != NULL) {
      n = vmt_elf_symbols_add(object->table, object->elf, SHT_DYNSYM);
      open_mini_elf(object);
      if (object->mini_elf != NULL)
         n += vmt_elf_symbols_add(object->table, object->mini_elf, SHT_SYMTAB);
   }
   vmt_elf_symbols_finish(object->table);
   return n;
}

static void
open_object(struct vmt_symbols_object *object, const char *build_id) {
   struct vmt_build_id wanted = { .size = 0 };
   if (build_id != NULL)
      vmt_build_id_parse(build_id, &wanted);
   object->state = VMT_DEBUG_NONE;
   open_file(object, &wanted);
   open_debug_file(object, &wanted);
   if (object->elf == NULL && object->debug_elf == NULL)
      return;
   if (object->elf == NULL) {
      /* The debug file of the right build makes up for it.  */
      object->state = VMT_DEBUG_NONE;
      free(object->trouble);
      object->trouble = NULL;
   }
   read_dwarf(object);
   size_t n_symbols = read_symbols(object);
   if (object->info != NULL)
      object->state = VMT_DEBUG_LINES;
   else if (object->state == VMT_DEBUG_NONE && n_symbols > 0)
      object->state = VMT_DEBUG_SYMBOLS;
}

struct vmt_symbols_object *
vmt_symbols_open(struct vmt_symbols *symbols, const char *path,
                 const char *build_id) {
   struct vmt_symbols_object *object = vmt_calloc(1, sizeof *object);
   object->symbols = symbols;
   object->path = vmt_strdup(path);
   object->next = symbols->objects;
   symbols->objects = object;
   open_object(object, build_id);
   return object;
}

enum vmt_debug_state
vmt_symbols_state(const struct vmt_symbols_object *object) {
   return object->state;
}

const char *
vmt_symbols_trouble(const struct vmt_symbols_object *object) {
   return object->trouble;
}

static void
take_trouble(struct vmt_symbols_object *object) {
   const char *why = vmt_debug_info_trouble(object->info);
   if (why != NULL && object->trouble == NULL)
      object->trouble = vmt_format("%s: part of its debug information cannot "
                                   "be read: %s",
                                   object->path, why);
   if (vmt_debug_info_is_useless(object->info))
      object->state = VMT_DEBUG_DAMAGED;
   else if (why == NULL || object->state == VMT_DEBUG_DAMAGED)
      object->state = VMT_DEBUG_LINES;
}

/* Whether name, template arguments aside, is part of a demangled name.  */
static bool
is_named(const char *demangled, const char *name) {
   size_t size = strcspn(name, "<");
   return memmem(demangled, strlen(demangled), name, size) != NULL;
}

/* Names a function by the symbol at its address.  If its name is known, only a
   mangled symbol around that name tells more.  */
static void
complete_by_symbol(struct vmt_symbols_object *object, uint64_t offset,
                   struct vmt_source_frame *frame) {
   struct vmt_strings *strings = object->symbols->strings;
   const char *symbol =
      object->table == NULL ? NULL
                            : vmt_elf_symbols_find(object->table, offset);
   if (symbol == NULL)
      return;
   const char *kept = vmt_strings_keep(strings, symbol);
   const char *demangled = vmt_strings_demangle(strings, kept);
   frame->linkage_name = kept;
   if (frame->function == NULL ||
       (demangled != kept && is_named(demangled, frame->function)))
      frame->function = demangled;
}

size_t
vmt_symbols_resolve(struct vmt_symbols_object *object, uint64_t offset,
                    struct vmt_source_frame *frames, size_t max) {
   size_t n = 0;
   if (max == 0)
      return 0;
   if (object->info != NULL) {
      n = vmt_debug_info_find(object->info, offset, frames, max);
      take_trouble(object);
   }
   if (n == 0) {
      frames[0] = (struct vmt_source_frame){ .function = NULL };
      complete_by_symbol(object, offset, &frames[0]);
      return frames[0].function != NULL;
   }
   for (size_t i = 0; i < n; i++) {
      if (i + 1 == n && n < max && frames[i].linkage_name == NULL)
         complete_by_symbol(object, offset, &frames[i]);
      if (frames[i].linkage_name == NULL)
         frames[i].linkage_name = frames[i].function;
   }
   return n;
}
