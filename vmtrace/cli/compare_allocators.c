/* Allocators' libraries, where the dynamic loader finds them.

   The loader is asked to list what this very program would have loaded with the
   library preloaded (as ldd does), so that its own rules hold: $LD_LIBRARY_PATH, its
   cache, its folders.  The library is not run: many allocators cannot be loaded into a
   program that runs already.  */

#include "vmtrace/cli/compare.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/memory.h"

#define N_LIBRARIES 2

static const struct known {
   const char *name;
   const char *libraries[N_LIBRARIES];  /* the first that is there; none: our own */
   const char *package;                 /* of Debian */
} known[] = {
   { "glibc", { NULL }, NULL },
   { "jemalloc", { "libjemalloc.so.2" }, "libjemalloc2" },
   { "tcmalloc", { "libtcmalloc_minimal.so.4", "libtcmalloc.so.4" },
     "libtcmalloc-minimal4" },
   { "mimalloc", { "libmimalloc.so.2" }, "libmimalloc2.0" },
};

static const struct known *
find_known(const char *name)
{
   for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
      if (strcmp(known[i].name, name) == 0)
         return &known[i];
   return NULL;
}

/* ---- the loader ---- */

/* The path in a line "\tLIBRARY => PATH (0x...)", to be freed; NULL: another one.  */
static char *
path_in(const char *line, const char *library)
{
   size_t n = strlen(library);
   const char *end = strstr(line, " (0x");

   if (line[0] != '\t' || strncmp(line + 1, library, n) != 0
       || strncmp(line + 1 + n, " => /", 5) != 0 || !end)
      return NULL;
   line += 1 + n + 4;
   return vmt_format("%.*s", (int) (end - line), line);
}

static void
list_libraries(const char *library, int output)
{
   dup2(output, STDOUT_FILENO);
   /* It would say that there is no such library.  */
   close(STDERR_FILENO);
   setenv("LD_PRELOAD", library, 1);
   setenv("LD_TRACE_LOADED_OBJECTS", "1", 1);
   execl("/proc/self/exe", "vmtrace", (char *) NULL);
   _exit(VMT_EXIT_NOT_FOUND);
}

/* Where the loader finds a library, to be freed; NULL: nowhere.  */
static char *
find_library(const char *library)
{
   char *found = NULL, *line = NULL;
   size_t size = 0;
   int ends[2];
   FILE *list;
   pid_t pid;

   if (pipe2(ends, O_CLOEXEC) != 0)
      return NULL;
   fflush(NULL);
   pid = fork();
   if (pid == 0)
      list_libraries(library, ends[1]);
   close(ends[1]);
   list = fdopen(ends[0], "r");
   while (pid > 0 && list && getline(&line, &size, list) > 0)
      if (!found)
         found = path_in(line, library);
   if (list)
      fclose(list);
   else
      close(ends[0]);
   if (pid > 0)
      waitpid(pid, NULL, 0);
   free(line);
   return found;
}

/* ---- the list ---- */

/* Takes both strings.  0, or 2 when there is one of that name.  */
static int
add(struct vmt_compare_allocators *allocators, char *name, char *library)
{
   for (size_t i = 0; i < allocators->n; i++)
      if (strcmp(allocators->list[i].name, name) == 0) {
         vmt_complain("compare: --allocators has two of the name %s", name);
         free(name);
         free(library);
         return VMT_EXIT_TROUBLE;
      }
   allocators->list = vmt_grow(allocators->list, allocators->n, &allocators->capacity,
                               sizeof *allocators->list);
   allocators->list[allocators->n++] = (struct vmt_compare_allocator){ name, library };
   return VMT_EXIT_OK;
}

/* A library of the user's own, named after its file up to ".so".  */
static int
add_path(struct vmt_compare_allocators *allocators, const char *path)
{
   char *library = realpath(path, NULL), *name, *end;

   if (!library || access(library, R_OK) != 0) {
      vmt_complain("compare: --allocators: cannot read the library %s", path);
      free(library);
      return VMT_EXIT_TROUBLE;
   }
   if (strpbrk(library, " :")) {
      vmt_complain("compare: --allocators: %s has a blank or a colon in it, where the "
                   "loader splits the list of what it preloads", library);
      free(library);
      return VMT_EXIT_TROUBLE;
   }
   name = vmt_strdup(strrchr(path, '/') + 1);
   end = strstr(name, ".so");
   if (end && end > name)
      *end = '\0';
   return add(allocators, name, library);
}

static int
add_known(struct vmt_compare_allocators *allocators, const struct known *one)
{
   char *library = NULL;

   for (size_t i = 0; i < N_LIBRARIES && !library && one->libraries[i]; i++)
      library = find_library(one->libraries[i]);
   if (!library && one->libraries[0]) {
      vmt_complain("compare: %s is left out: there is no %s (Debian: apt install %s)",
                   one->name, one->libraries[0], one->package);
      return VMT_EXIT_OK;
   }
   return add(allocators, vmt_strdup(one->name), library);
}

static int
add_one(struct vmt_compare_allocators *allocators, const char *name)
{
   const struct known *one = find_known(name);

   if (strchr(name, '/'))
      return add_path(allocators, name);
   if (one)
      return add_known(allocators, one);
   vmt_complain("compare: --allocators: there is no '%s'; there are glibc, jemalloc, "
                "tcmalloc, mimalloc, and the path of a library", name);
   return VMT_EXIT_TROUBLE;
}

int
vmt_compare_find_allocators(struct vmt_compare_allocators *allocators,
                            const char *names)
{
   char *list = vmt_strdup(names), *rest = list, *name;
   int status = VMT_EXIT_OK;

   while (status == VMT_EXIT_OK && (name = strsep(&rest, ",")) != NULL)
      status = add_one(allocators, name);
   free(list);
   if (status == VMT_EXIT_OK && allocators->n == 0) {
      vmt_complain("compare: no allocator is left");
      status = VMT_EXIT_TROUBLE;
   }
   return status;
}

void
vmt_compare_free_allocators(struct vmt_compare_allocators *allocators)
{
   for (size_t i = 0; i < allocators->n; i++) {
      free(allocators->list[i].name);
      free(allocators->list[i].library);
   }
   free(allocators->list);
}
