/* Allocators' libraries, where the dynamic loader finds them.

   The loader is asked to list what a program would have loaded with the library
   preloaded (as ldd does), so that its own rules hold: $LD_LIBRARY_PATH, its cache, its
   folders.  Neither program nor library is run: many allocators cannot be loaded into a
   program that runs already.

   "glibc" is what the program has by itself.  One that is linked with another allocator
   gets the C library preloaded: it is there anyhow, and what comes first serves.  */

#include "vmtrace/cli/compare.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmtrace/cli/run.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/memory.h"

/* Of the x86-64 ABI.  */
#define LOADER "/lib64/ld-linux-x86-64.so.2"
#define N_LIBRARIES 2

/* Both give memory back to the kernel some time after it was freed: jemalloc bit by bit
   over 10 s, mimalloc after 25 ms, since 2.1 after 10 ms.  Here a program takes some 40
   times as long, and without more time would give back, and fault in again, what natively
   it keeps (docs/VALIDATION.md, Allocators).  */
static const struct vmt_run_setting jemalloc_settings[] = {
   { "MALLOC_CONF", "dirty_decay_ms:400000" }, { NULL, NULL }
};
static const struct vmt_run_setting mimalloc_settings[] = {
   { "MIMALLOC_DECOMMIT_DELAY", "1000" },       /* 2.0 */
   { "MIMALLOC_PURGE_DELAY", "400" },           /* since 2.1 */
   { NULL, NULL }
};

static const struct known {
   const char *name;
   const char *libraries[N_LIBRARIES];  /* the first that is there */
   const char *package;                 /* of Debian */
   const struct vmt_run_setting *settings;
} known[] = {
   { "glibc", { "libc.so.6" }, "libc6", NULL },
   { "jemalloc", { "libjemalloc.so.2" }, "libjemalloc2", jemalloc_settings },
   { "tcmalloc", { "libtcmalloc_minimal.so.4", "libtcmalloc.so.4" },
     "libtcmalloc-minimal4", NULL },
   { "mimalloc", { "libmimalloc.so.2" }, "libmimalloc2.0", mimalloc_settings },
};

#define GLIBC (&known[0])

static const struct known *
find_known(const char *name)
{
   for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
      if (strcmp(known[i].name, name) == 0)
         return &known[i];
   return NULL;
}

/* ---- the loader ---- */

struct answer {
   char **lines;                /* "\tLIBRARY => PATH (0x...)", "\tPATH (0x...)" */
   size_t n, capacity;
};

static void
forget(struct answer *answer)
{
   for (size_t i = 0; i < answer->n; i++)
      free(answer->lines[i]);
   free(answer->lines);
}

/* program: NULL: this one.  preload: NULL: what is preloaded anyhow.  What the loader says
   of libraries that it cannot preload is in the list, too.  */
static void
list_libraries(const char *program, const char *preload, int output)
{
   dup2(output, STDOUT_FILENO);
   dup2(output, STDERR_FILENO);
   if (preload)
      setenv("LD_PRELOAD", preload, 1);
   if (program) {
      execl(LOADER, LOADER, "--list", program, (char *) NULL);
   } else {
      setenv("LD_TRACE_LOADED_OBJECTS", "1", 1);
      execl("/proc/self/exe", "vmtrace", (char *) NULL);
   }
   _exit(VMT_EXIT_NOT_FOUND);
}

static struct answer
ask_loader(const char *program, const char *preload)
{
   struct answer answer = { .n = 0 };
   char *line = NULL;
   size_t size = 0;
   int ends[2];
   FILE *list;
   pid_t pid;

   if (pipe2(ends, O_CLOEXEC) != 0)
      return answer;
   fflush(NULL);
   pid = fork();
   if (pid == 0)
      list_libraries(program, preload, ends[1]);
   close(ends[1]);
   list = fdopen(ends[0], "r");
   while (pid > 0 && list && getline(&line, &size, list) > 0) {
      answer.lines = vmt_grow(answer.lines, answer.n, &answer.capacity,
                              sizeof *answer.lines);
      answer.lines[answer.n++] = vmt_strdup(line);
   }
   if (list)
      fclose(list);
   else
      close(ends[0]);
   if (pid > 0)
      waitpid(pid, NULL, 0);
   free(line);
   return answer;
}

/* Where the loader has a library, to be freed; NULL: nowhere.  */
static char *
path_of(const struct answer *answer, const char *library)
{
   size_t n = strlen(library);

   for (size_t i = 0; i < answer->n; i++) {
      const char *line = answer->lines[i], *end = strstr(line, " (0x");

      if (line[0] != '\t' || !end || strncmp(line + 1, library, n) != 0)
         continue;
      if (end == line + 1 + n)
         return vmt_strdup(library);
      if (strncmp(line + 1 + n, " => /", 5) == 0)
         return vmt_format("%.*s", (int) (end - line) - (int) n - 5, line + n + 5);
   }
   return NULL;
}

/* Why the loader does not have a library that is there, to be freed; NULL: it has it, or
   there is none.  */
static char *
refusal_of(const struct answer *answer, const char *library)
{
   static const char start[] = "cannot be preloaded (", missing[] = "cannot open";

   for (size_t i = 0; i < answer->n; i++) {
      const char *reason = strstr(answer->lines[i], start), *end;

      if (!reason || !strstr(answer->lines[i], library))
         continue;
      reason += sizeof start - 1;
      end = strrchr(reason, ')');
      if (end && strncmp(reason, missing, sizeof missing - 1) != 0)
         return vmt_format("%.*s", (int) (end - reason), reason);
   }
   return NULL;
}

/* Where the loader finds a library, to be freed; else NULL, and perhaps *refusal, to be
   freed.  */
static char *
find_library(const char *library, char **refusal)
{
   struct answer answer = ask_loader(NULL, library);
   char *found = path_of(&answer, library);

   *refusal = found ? NULL : refusal_of(&answer, library);
   forget(&answer);
   return found;
}

/* Whether a program is linked with one of the libraries.  */
static bool
is_linked_with(const struct answer *answer, const struct known *one)
{
   bool is = false;

   for (size_t i = 0; i < N_LIBRARIES && !is && one->libraries[i]; i++) {
      char *path = path_of(answer, one->libraries[i]);

      is = path != NULL;
      free(path);
   }
   return is;
}

/* The C library's path where a program is linked with an allocator of its own, to be
   freed; else NULL.  */
static char *
find_glibc(const char *program)
{
   struct answer answer = ask_loader(program, NULL);
   bool has_other = false;
   char *library = NULL;

   for (size_t i = 0; i < sizeof known / sizeof known[0] && !has_other; i++)
      has_other = &known[i] != GLIBC && is_linked_with(&answer, &known[i]);
   if (has_other)
      library = path_of(&answer, GLIBC->libraries[0]);
   forget(&answer);
   return library;
}

/* ---- the list ---- */

/* Takes both strings.  0, or 2 when there is one of that name.  */
static int
add(struct vmt_compare_allocators *allocators, char *name, char *library,
    const struct vmt_run_setting *settings)
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
   allocators->list[allocators->n++] = (struct vmt_compare_allocator){ name, library,
                                                                          settings };
   return VMT_EXIT_OK;
}

/* A library of the user's own, named after its file up to ".so".  */
static int
add_path(struct vmt_compare_allocators *allocators, const char *path)
{
   char *library = realpath(path, NULL), *loaded, *refusal, *name, *end;

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
   loaded = find_library(library, &refusal);
   free(loaded);
   if (refusal) {
      vmt_complain("compare: --allocators: %s cannot be loaded: %s", path, refusal);
      free(refusal);
      free(library);
      return VMT_EXIT_TROUBLE;
   }
   name = vmt_strdup(strrchr(path, '/') + 1);
   end = strstr(name, ".so");
   if (end && end > name)
      *end = '\0';
   return add(allocators, name, library, NULL);
}

static int
add_known(struct vmt_compare_allocators *allocators, const struct known *one)
{
   char *library = NULL, *refusal = NULL;

   for (size_t i = 0; i < N_LIBRARIES && !library && one->libraries[i]; i++) {
      free(refusal);
      library = find_library(one->libraries[i], &refusal);
   }
   if (library)
      return add(allocators, vmt_strdup(one->name), library, one->settings);
   if (refusal)
      vmt_complain("compare: %s is left out: its library cannot be loaded: %s",
                   one->name, refusal);
   else
      vmt_complain("compare: %s is left out: there is no %s (Debian: apt install %s)",
                   one->name, one->libraries[0], one->package);
   free(refusal);
   return VMT_EXIT_OK;
}

static int
add_one(struct vmt_compare_allocators *allocators, const char *name, const char *program)
{
   const struct known *one = find_known(name);

   if (strchr(name, '/'))
      return add_path(allocators, name);
   if (one == GLIBC)
      return add(allocators, vmt_strdup(name), find_glibc(program), NULL);
   if (one)
      return add_known(allocators, one);
   vmt_complain("compare: --allocators: there is no '%s'; there are glibc, jemalloc, "
                "tcmalloc, mimalloc, and the path of a library", name);
   return VMT_EXIT_TROUBLE;
}

int
vmt_compare_find_allocators(struct vmt_compare_allocators *allocators,
                            const char *names, const char *program)
{
   char *list = vmt_strdup(names), *rest = list, *name;
   int status = VMT_EXIT_OK;

   while (status == VMT_EXIT_OK && (name = strsep(&rest, ",")) != NULL)
      status = add_one(allocators, name, program);
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
