#include "vmtrace/cli/run.h"

#include "vmtrace_config.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmtrace/cli/output.h"
#include "vmtrace/cli/verbs.h"

/* 0 when path can be executed, else an errno.  */
static int
execute_fault(const char *path)
{
   struct stat st;

   if (stat(path, &st) != 0)
      return errno;
   if (S_ISDIR(st.st_mode))
      return EISDIR;
   return access(path, X_OK) == 0 ? 0 : errno;
}

/* The first file of that name in $PATH that can be executed.  0 and *found
   (the caller frees it), or an errno: that of a file that is there but cannot be
   executed, if any.  */
static int
search_path(const char *name, char **found)
{
   const char *path = getenv("PATH");
   int fault = ENOENT;

   if (path == NULL)
      path = "/bin:/usr/bin";
   for (;;) {
      size_t dir = strcspn(path, ":");
      int this_fault;

      if (asprintf(found, "%.*s%s%s", (int)dir, path, dir > 0 ? "/" : "", name) < 0) {
         *found = NULL;
         return ENOMEM;
      }
      this_fault = execute_fault(*found);
      if (this_fault == 0)
         return 0;
      free(*found);
      *found = NULL;
      if (this_fault == EACCES)
         fault = EACCES;
      if (path[dir] == '\0')
         return fault;
      path += dir + 1;
   }
}

/* Valgrind would only say that it has no tool for another platform.  */
static bool
is_32_bit(const char *path)
{
   unsigned char ident[EI_NIDENT];
   int fd = open(path, O_RDONLY | O_CLOEXEC);
   ssize_t n = fd < 0 ? -1 : read(fd, ident, sizeof ident);

   if (fd >= 0)
      close(fd);
   return n == (ssize_t)sizeof ident && memcmp(ident, ELFMAG, SELFMAG) == 0 &&
          ident[EI_CLASS] == ELFCLASS32;
}

int
vmt_run_program_find(const char *verb, const char *program, char **found)
{
   char *path = NULL;
   int fault, status = VMT_EXIT_OK;

   if (strchr(program, '/') != NULL) {
      path = strdup(program);
      fault = path == NULL ? ENOMEM : execute_fault(path);
   } else
      fault = search_path(program, &path);

   if (fault == ENOENT && strchr(program, '/') == NULL) {
      vmt_complain("%s: there is no command '%s'", verb, program);
      return VMT_EXIT_NOT_FOUND;
   }
   if (fault != 0) {
      vmt_complain("%s: cannot execute %s: %s", verb, program, strerror(fault));
      status = fault == ENOENT || fault == ENOTDIR ? VMT_EXIT_NOT_FOUND
                                                   : VMT_EXIT_CANNOT_EXECUTE;
   } else if (is_32_bit(path)) {
      vmt_complain("%s: %s is a 32-bit program; this vmtrace measures 64-bit ones",
                   verb, path);
      status = VMT_EXIT_CANNOT_EXECUTE;
   }
   if (status != VMT_EXIT_OK || found == NULL)
      free(path);
   else
      *found = path;
   return status;
}

/* Debian's `valgrind` is a script that adds variables to the program's
   environment, and with them stack pages; the launcher proper is beside it.  */
static char *
launcher_at(const char *path)
{
   char *beside;

   if (asprintf(&beside, "%s.bin", path) < 0)
      return NULL;
   if (execute_fault(beside) == 0)
      return beside;
   free(beside);
   return strdup(path);
}

/* Valgrind's own tool folder is compiled into it; ours may be another one.
   Whether the tool is where Valgrind will look.  */
static bool
tool_is_there(void)
{
   const char *lib = getenv("VALGRIND_LIB");
   char *tool;
   bool there;

   if (lib == NULL && strcmp(VALGRIND_TOOLDIR, VMT_VALGRIND_COREDIR) != 0)
      setenv("VALGRIND_LIB", VALGRIND_TOOLDIR, 1);
   if (lib == NULL)
      lib = VALGRIND_TOOLDIR;
   if (asprintf(&tool, "%s/vmtrace-%s", lib, VMT_VALGRIND_TARGET) < 0)
      return false;
   there = execute_fault(tool) == 0;
   if (!there)
      vmt_complain("run: the tool %s is missing; 'make install' puts it there, and "
                   "scripts/in-place runs vmtrace from its build tree", tool);
   free(tool);
   return there;
}

char *
vmt_run_valgrind_find(void)
{
   const char *chosen = getenv("VMTRACE_VALGRIND");
   bool ours = chosen == NULL || chosen[0] == '\0';
   const char *path = ours ? VMT_VALGRIND : chosen;
   char *launcher = launcher_at(path);

   if (launcher == NULL) {
      vmt_complain("out of memory");
      return NULL;
   }
   if (execute_fault(launcher) != 0) {
      vmt_complain(ours ? "run: Valgrind is missing: %s (Debian: apt install valgrind)"
                        : "run: $VMTRACE_VALGRIND names no Valgrind: %s", path);
      free(launcher);
      return NULL;
   }
   /* Where another Valgrind looks is its own business.  */
   if (ours && !tool_is_there()) {
      free(launcher);
      return NULL;
   }
   return launcher;
}
