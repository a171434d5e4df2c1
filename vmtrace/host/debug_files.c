#include "vmtrace/host/debug_files.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "vmtrace/host/memory.h"

void
vmt_debug_dirs_add(struct vmt_debug_dirs *dirs, const char *dir) {
   dirs->dirs = vmt_realloc(dirs->dirs, dirs->n + 1, sizeof *dirs->dirs);
   dirs->dirs[dirs->n++] = vmt_strdup(dir);
}

void
vmt_debug_dirs_free(struct vmt_debug_dirs *dirs) {
   for (size_t i = 0; i < dirs->n; i++)
      free(dirs->dirs[i]);
   free(dirs->dirs);
   *dirs = (struct vmt_debug_dirs){ .dirs = NULL };
}

static struct vmt_elf *
open_quietly(const char *path) {
   struct vmt_elf *elf;
   char *trouble;
   vmt_elf_open(path, &elf, &trouble);
   free(trouble);
   return elf;
}

static struct vmt_elf *
open_with_id(const char *path, const struct vmt_build_id *id) {
   struct vmt_elf *elf = open_quietly(path);
   if (elf != NULL && !vmt_build_id_equal(vmt_elf_build_id(elf), id)) {
      vmt_elf_close(elf);
      elf = NULL;
   }
   return elf;
}

static struct vmt_elf *
open_with_crc(const char *path, uint32_t crc) {
   struct vmt_elf *elf = open_quietly(path);
   if (elf == NULL)
      return NULL;
   struct vmt_bytes bytes = vmt_elf_bytes(elf);
   if ((uint32_t)crc32_z(0, bytes.data, bytes.size) != crc) {
      vmt_elf_close(elf);
      elf = NULL;
   }
   return elf;
}

/* dir/.build-id/xx/yyyy.debug, to be freed.  */
static char *
build_id_path(const char *dir, const struct vmt_build_id *id) {
   char hex[2 * VMT_BUILD_ID_MAX_BYTES + 1];
   for (size_t i = 0; i < id->size; i++) {
      hex[2 * i] = "0123456789abcdef"[id->bytes[i] >> 4];
      hex[2 * i + 1] = "0123456789abcdef"[id->bytes[i] & 15];
   }
   hex[2 * id->size] = '\0';
   return vmt_format("%s/.build-id/%.2s/%s.debug", dir, hex, hex + 2);
}

struct vmt_elf *
vmt_debug_find_by_id(const struct vmt_debug_dirs *dirs,
                     const struct vmt_build_id *id, char **path) {
   *path = NULL;
   for (size_t i = 0; i < dirs->n && id->size > 1; i++) {
      char *candidate = build_id_path(dirs->dirs[i], id);
      struct vmt_elf *elf = open_with_id(candidate, id);
      if (elf != NULL) {
         *path = candidate;
         return elf;
      }
      free(candidate);
   }
   return NULL;
}

/* The folder of path without symbolic links, to be freed; NULL if path is not
   there.  */
static char *
real_folder(const char *path) {
   char *real = realpath(path, NULL);
   char *slash = real == NULL ? NULL : strrchr(real, '/');
   if (slash != NULL)
      slash[slash == real] = '\0';
   return real;
}

/* Takes candidate over: it becomes *debug_path, or is freed.  */
static struct vmt_elf *
try_link(char *candidate, const struct vmt_debug_link *link,
         char **debug_path) {
   struct vmt_elf *elf = open_with_crc(candidate, link->crc);
   if (elf != NULL)
      *debug_path = candidate;
   else
      free(candidate);
   return elf;
}

static struct vmt_elf *
find_by_link(const struct vmt_debug_dirs *dirs, struct vmt_elf *elf,
             const char *path, char **debug_path) {
   struct vmt_debug_link link = vmt_elf_debug_link(elf);
   if (link.name == NULL || strchr(link.name, '/') != NULL)
      return NULL;
   char *folder = real_folder(path);
   if (folder == NULL)
      return NULL;
   struct vmt_elf *found =
      try_link(vmt_format("%s/%s", folder, link.name), &link, debug_path);
   if (found == NULL)
      found = try_link(vmt_format("%s/.debug/%s", folder, link.name), &link,
                       debug_path);
   for (size_t i = 0; i < dirs->n && found == NULL; i++) {
      found = try_link(vmt_format("%s%s/%s", dirs->dirs[i], folder, link.name),
                       &link, debug_path);
      /* Debug packages from before /lib became a link to /usr/lib.  */
      if (found == NULL && strncmp(folder, "/usr/", 5) == 0)
         found = try_link(vmt_format("%s%s/%s", dirs->dirs[i], folder + 4,
                                     link.name),
                          &link, debug_path);
   }
   free(folder);
   return found;
}

struct vmt_elf *
vmt_debug_find(const struct vmt_debug_dirs *dirs, struct vmt_elf *elf,
               const char *path, char **debug_path) {
   struct vmt_elf *found =
      vmt_debug_find_by_id(dirs, vmt_elf_build_id(elf), debug_path);
   if (found == NULL)
      found = find_by_link(dirs, elf, path, debug_path);
   return found;
}

/* The supplement at the place that the link names, or under .dwz of a root: a
   folder of debug files may have been copied from elsewhere.  */
static char *
alt_candidate(const struct vmt_debug_dirs *dirs, const char *folder,
              const struct vmt_debug_link *link, size_t i) {
   if (i == 0)
      return link->name[0] == '/' ? vmt_strdup(link->name)
                                  : vmt_format("%s/%s", folder, link->name);
   const char *below = strstr(link->name, "/.dwz/");
   const char *slash = strrchr(link->name, '/');
   return vmt_format("%s/.dwz/%s", dirs->dirs[i - 1],
                     below != NULL   ? below + strlen("/.dwz/")
                     : slash != NULL ? slash + 1
                                     : link->name);
}

struct vmt_elf *
vmt_debug_find_alt(const struct vmt_debug_dirs *dirs, struct vmt_elf *elf,
                   const char *path) {
   struct vmt_debug_link link = vmt_elf_alt_link(elf);
   if (link.name == NULL)
      return NULL;
   char *folder = real_folder(path);
   struct vmt_elf *found = NULL;
   for (size_t i = 0; i <= dirs->n && found == NULL; i++) {
      char *candidate = alt_candidate(dirs, folder ? folder : ".", &link, i);
      found = open_with_id(candidate, &link.id);
      free(candidate);
   }
   free(folder);
   char *by_id = NULL;
   if (found == NULL)
      found = vmt_debug_find_by_id(dirs, &link.id, &by_id);
   free(by_id);
   return found;
}

struct vmt_elf *
vmt_debug_find_dwo(const char *path, const char *comp_dir, const char *name) {
   char *candidate = name[0] == '/' || comp_dir == NULL
                        ? vmt_strdup(name)
                        : vmt_format("%s/%s", comp_dir, name);
   struct vmt_elf *elf = open_quietly(candidate);
   free(candidate);
   char *folder = elf == NULL ? real_folder(path) : NULL;
   if (folder != NULL) {
      const char *slash = strrchr(name, '/');
      candidate = vmt_format("%s/%s", folder, slash == NULL ? name : slash + 1);
      elf = open_quietly(candidate);
      free(candidate);
      free(folder);
   }
   return elf;
}

struct vmt_elf *
vmt_debug_find_dwp(const char *path) {
   char *candidate = vmt_format("%s.dwp", path);
   struct vmt_elf *elf = open_quietly(candidate);
   free(candidate);
   return elf;
}
