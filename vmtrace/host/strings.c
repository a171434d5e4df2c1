/* One arena for the text and one open-addressing table of entries.  An entry is
   the header that lies before its text, so that a kept string leads to its
   demangled form without a look-up.  */

#include "vmtrace/host/strings.h"

#include <libiberty/demangle.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

enum {
   CHUNK_BYTES = 256 * 1024,
   /* A longer name is shown as it is: nobody reads it, and time and size of its
      demangled form can be far beyond its own.  */
   DEMANGLE_MAX_BYTES = 32 * 1024
};

struct chunk {
   struct chunk *next;
   size_t used;
   size_t size;
   char data[];
};

struct entry {
   const char *demangled;
   uint32_t hash;
   uint32_t size;
   char text[];
};

struct vmt_strings {
   struct chunk *chunks;
   struct entry **table;
   size_t n_entries;
   size_t table_mask;
   char *path;                  /* scratch of vmt_strings_path */
   size_t path_room;
};

struct vmt_strings *
vmt_strings_new(void) {
   struct vmt_strings *strings = vmt_calloc(1, sizeof *strings);
   strings->table_mask = 1023;
   strings->table = vmt_calloc(strings->table_mask + 1, sizeof(struct entry *));
   return strings;
}

void
vmt_strings_free(struct vmt_strings *strings) {
   if (strings == NULL)
      return;
   for (struct chunk *chunk = strings->chunks, *next; chunk; chunk = next) {
      next = chunk->next;
      free(chunk);
   }
   free(strings->table);
   free(strings->path);
   free(strings);
}

/* FNV-1a, folded.  */
static uint32_t
hash_of(const char *text, size_t size) {
   uint64_t hash = 0xcbf29ce484222325;
   for (size_t i = 0; i < size; i++)
      hash = (hash ^ (uint8_t)text[i]) * 0x100000001b3;
   return (uint32_t)(hash ^ (hash >> 32));
}

static struct entry *
entry_new(struct vmt_strings *strings, size_t text_size) {
   size_t size = (sizeof(struct entry) + text_size + 1 + 7) & ~(size_t)7;
   struct chunk *chunk = strings->chunks;
   if (chunk == NULL || chunk->size - chunk->used < size) {
      size_t room = size > CHUNK_BYTES ? size : CHUNK_BYTES;
      chunk = vmt_realloc(NULL, 1, sizeof *chunk + room);
      chunk->used = 0;
      chunk->size = room;
      chunk->next = strings->chunks;
      strings->chunks = chunk;
   }
   struct entry *entry = (struct entry *)(chunk->data + chunk->used);
   chunk->used += size;
   return entry;
}

static void
table_grow(struct vmt_strings *strings) {
   size_t mask = 2 * strings->table_mask + 1;
   struct entry **table = vmt_calloc(mask + 1, sizeof(struct entry *));
   for (size_t i = 0; i <= strings->table_mask; i++) {
      struct entry *entry = strings->table[i];
      if (entry == NULL)
         continue;
      size_t slot = entry->hash & mask;
      while (table[slot] != NULL)
         slot = (slot + 1) & mask;
      table[slot] = entry;
   }
   free(strings->table);
   strings->table = table;
   strings->table_mask = mask;
}

const char *
vmt_strings_keep_bytes(struct vmt_strings *strings, const char *text,
                       size_t size) {
   uint32_t hash = hash_of(text, size);
   size_t slot = hash & strings->table_mask;
   for (struct entry *entry; (entry = strings->table[slot]) != NULL;
        slot = (slot + 1) & strings->table_mask)
      if (entry->hash == hash && entry->size == (uint32_t)size &&
          memcmp(entry->text, text, size) == 0)
         return entry->text;
   struct entry *entry = entry_new(strings, size);
   entry->demangled = NULL;
   entry->hash = hash;
   entry->size = (uint32_t)size;
   memcpy(entry->text, text, size);
   entry->text[size] = '\0';
   strings->table[slot] = entry;
   if (++strings->n_entries > strings->table_mask / 2)
      table_grow(strings);
   return entry->text;
}

const char *
vmt_strings_keep(struct vmt_strings *strings, const char *text) {
   return text == NULL ? NULL
                       : vmt_strings_keep_bytes(strings, text, strlen(text));
}

/* Cuts off what the demangler says of each `.suffix' of a mangled name.  */
static void
drop_clones(char *demangled) {
   char *clone = demangled == NULL ? NULL : strstr(demangled, " [clone ");
   if (clone != NULL)
      *clone = '\0';
}

static char *
demangle(const char *name) {
   if (name[0] != '_' || strlen(name) > DEMANGLE_MAX_BYTES)
      return NULL;
   /* D's scheme is not among those that libiberty tries by itself.  */
   if (name[1] == 'D')
      return cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI | DMGL_DLANG);
   if (name[1] != 'Z' && name[1] != 'R' && name[1] != '_')
      return NULL;
   return cplus_demangle(name, DMGL_PARAMS | DMGL_ANSI);
}

const char *
vmt_strings_demangle(struct vmt_strings *strings, const char *name) {
   const char *kept = vmt_strings_keep(strings, name);
   if (kept == NULL)
      return NULL;
   struct entry *entry = (struct entry *)(kept - offsetof(struct entry, text));
   if (entry->demangled == NULL) {
      char *demangled = demangle(kept);
      drop_clones(demangled);
      entry->demangled = demangled == NULL ? kept
                                           : vmt_strings_keep(strings,
                                                              demangled);
      free(demangled);
   }
   return entry->demangled;
}

/* Appends part to the path being built, a component at a time.  */
static size_t
path_append(char *path, size_t length, const char *part) {
   bool absolute = length > 0 ? path[0] == '/' : part[0] == '/';
   if (length == 0 && absolute)
      path[length++] = '/';
   while (*part != '\0') {
      size_t size = strcspn(part, "/");
      bool up = size == 2 && part[0] == '.' && part[1] == '.';
      size_t last = length;      /* start of the last component */
      while (last > 0 && path[last - 1] != '/')
         last--;
      bool last_is_up = length - last == 2 && path[last] == '.' &&
                        path[last + 1] == '.';
      if (size == 0 || (size == 1 && part[0] == '.')) {
         /* nothing to add */
      } else if (up && absolute && length == 1) {
         /* the root is its own parent */
      } else if (up && length > 0 && !last_is_up) {
         length = last > 1 ? last - 1 : last;
      } else {
         if (length > 0 && path[length - 1] != '/')
            path[length++] = '/';
         memcpy(path + length, part, size);
         length += size;
      }
      part += size + (part[size] == '/');
   }
   return length;
}

/* Builds whose tree was renamed to `.' (-ffile-prefix-map) name both folders from
   there: ./malloc and ./malloc are one folder, not one in the other.  */
static bool
is_same_root(const char *comp_dir, const char *dir) {
   size_t n = comp_dir != NULL && dir != NULL ? strlen(comp_dir) : 0;
   return n > 2 && strncmp(comp_dir, "./", 2) == 0 &&
          strncmp(dir, comp_dir, n) == 0 && (dir[n] == '\0' || dir[n] == '/');
}

const char *
vmt_strings_path(struct vmt_strings *strings, const char *comp_dir,
                 const char *dir, const char *name) {
   if (name == NULL)
      return NULL;
   const char *parts[3] = { is_same_root(comp_dir, dir) ? NULL : comp_dir, dir,
                            name };
   size_t first = 2;
   while (first > 0 && parts[first][0] != '/' && parts[first - 1] != NULL)
      first--;
   size_t room = 4;
   for (size_t i = first; i < 3; i++)
      room += strlen(parts[i]) + 1;
   if (room > strings->path_room) {
      strings->path_room = 2 * room;
      strings->path = vmt_realloc(strings->path, strings->path_room, 1);
   }
   size_t length = 0;
   for (size_t i = first; i < 3; i++)
      length = path_append(strings->path, length, parts[i]);
   return vmt_strings_keep_bytes(strings, strings->path, length);
}
