/* Which profiles a run left, and the command that shows them together.

   They are the files whose names the pattern gives to the processes that they say they
   are of: the one that was started, and those whose parents are among them.  What is
   older than the run is another's.  */

#include "vmtrace/cli/run.h"

#include <dirent.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmtrace/cli/output.h"
#include "vmtrace/host/memory.h"

/* Of a file's begin and end: the tool writes who it is into the first 512 bytes.  */
#define HEAD_BYTES 512
#define TAIL_BYTES 16384

/* Names that can be typed as they are.  */
#define PLAIN_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
                         "0123456789_-+=:,.%@/"

#define NAMES_MAX 24

struct left {
   char *path;
   int64_t pid, ppid;
   bool is_ours, is_cut;
};

struct leaving {
   const char *pattern;
   char *first;                 /* the path of the process that was started */
   struct timespec start;
   struct left *list;
   size_t n, capacity, n_ours, n_cut, n_processes;
};

static int64_t
member(const char *head, const char *name)
{
   const char *at = strstr(head, name);

   return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

/* Whether its last record is that of the end.  */
static bool
is_cut(FILE *file)
{
   static char tail[TAIL_BYTES + 1];
   char *at;
   size_t n;

   if (fseek(file, -TAIL_BYTES, SEEK_END) != 0)
      rewind(file);
   n = fread(tail, 1, TAIL_BYTES, file);
   tail[n] = '\0';
   if (n == 0 || tail[n - 1] != '\n')
      return true;
   tail[n - 1] = '\0';
   at = strrchr(tail, '\n');
   return strncmp(at ? at + 1 : tail, "{\"end\":", 7) != 0;
}

/* What a file says of itself; false when it is no profile of this run's time.  */
static bool
look(const struct leaving *leaving, const char *path, struct left *left)
{
   char head[HEAD_BYTES + 1];
   struct stat st;
   FILE *file;

   if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)
       || st.st_mtim.tv_sec < leaving->start.tv_sec
       || (st.st_mtim.tv_sec == leaving->start.tv_sec
           && st.st_mtim.tv_nsec < leaving->start.tv_nsec))
      return false;
   file = fopen(path, "re");
   if (file == NULL)
      return false;
   head[fread(head, 1, HEAD_BYTES, file)] = '\0';
   *left = (struct left){
      .pid = member(head, "\"pid\":"), .ppid = member(head, "\"ppid\":")
   };
   left->is_cut = is_cut(file);
   fclose(file);
   return strncmp(head, "{\"vmtrace\":", 11) == 0;
}

/* Whether path is name, or an image's: a number after it.  */
static bool
is_name(const char *path, const char *name)
{
   size_t n = strlen(name);

   return strncmp(path, name, n) == 0
          && (path[n] == '\0'
              || (path[n] == '.' && path[n + 1]
                  && path[n + 1 + strspn(path + n + 1, "0123456789")] == '\0'));
}

/* Whether the tool would call a profile of the process so: where the pattern has no
   %p, that of another process than the first has its number after the name.  */
static bool
is_named_so(const struct leaving *leaving, const char *path, int64_t pid)
{
   char *name = vmt_run_profile_path(leaving->pattern, (pid_t) pid);
   char *numbered = name ? vmt_format("%s.%" PRId64, name, pid) : NULL;
   bool is = name && (is_name(path, name) || is_name(path, numbered));

   free(name);
   free(numbered);
   return is;
}

static void
add_file(struct leaving *leaving, const char *path)
{
   struct left left;

   if (!look(leaving, path, &left)
       || (strcmp(path, leaving->first) != 0 && !is_named_so(leaving, path, left.pid)))
      return;
   left.path = vmt_strdup(path);
   leaving->list = vmt_grow(leaving->list, leaving->n, &leaving->capacity,
                            sizeof *leaving->list);
   leaving->list[leaving->n++] = left;
}

static void
find_files(struct leaving *leaving)
{
   const char *slash = strrchr(leaving->first, '/');
   char *folder = slash ? strndup(leaving->first, (size_t) (slash - leaving->first) + 1)
                  : vmt_strdup("./");
   DIR *entries = folder ? opendir(folder) : NULL;
   struct dirent *entry;

   while (entries != NULL && (entry = readdir(entries)) != NULL) {
      char *path = vmt_format("%s%s", slash ? folder : "", entry->d_name);

      if (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN)
         add_file(leaving, path);
      free(path);
   }
   if (entries != NULL)
      closedir(entries);
   free(folder);
}

static bool
is_known(const struct leaving *leaving, int64_t pid)
{
   for (size_t i = 0; pid && i < leaving->n; i++)
      if (leaving->list[i].is_ours && leaving->list[i].pid == pid)
         return true;
   return false;
}

/* Until no more parents are found.  */
static void
find_ours(struct leaving *leaving, pid_t pid)
{
   size_t n_before;

   do {
      n_before = leaving->n_ours;
      for (size_t i = 0; i < leaving->n; i++) {
         struct left *left = &leaving->list[i];
         bool is_new = !is_known(leaving, left->pid);

         if (left->is_ours
             || (left->pid != pid && strcmp(left->path, leaving->first) != 0 && is_new
                 && !is_known(leaving, left->ppid)))
            continue;
         left->is_ours = true;
         leaving->n_ours++;
         leaving->n_cut += left->is_cut;
         leaving->n_processes += is_new;
      }
   } while (leaving->n_ours > n_before);
}

/* ---- what to type ---- */

/* The pattern as a pattern of the shell's, if it gives just these files; to be freed,
   or NULL.  */
static char *
glob_of(const struct leaving *leaving)
{
   /* As a process that no system has, which %p then is.  */
   char *name = vmt_run_profile_path(leaving->pattern, (pid_t) -1), *text;
   const char *at;
   glob_t found;

   if (name == NULL || strspn(name, PLAIN_CHARACTERS) != strlen(name)) {
      free(name);
      return NULL;
   }
   at = strstr(leaving->pattern, "%p") ? strstr(name, "-1") : NULL;
   if (at == NULL)
      text = vmt_format("%s*", name);
   else
      text = vmt_format("%.*s*%s%s", (int) (at - name), name, at + 2, at[2] ? "*" : "");
   free(name);
   if (glob(text, 0, NULL, &found) == 0) {
      size_t n = found.gl_pathc;

      globfree(&found);
      if (n == leaving->n_ours)
         return text;
   }
   free(text);
   return NULL;
}

static int
compare_left(const void *a, const void *b)
{
   const struct left *x = a, *y = b;

   return x->pid != y->pid ? (x->pid < y->pid ? -1 : 1) : strcmp(x->path, y->path);
}

/* Their names, or the first of them and how many more; to be freed.  */
static char *
names_of(struct leaving *leaving)
{
   char *text = vmt_strdup(""), *longer;
   size_t n = 0;

   qsort(leaving->list, leaving->n, sizeof *leaving->list, compare_left);
   for (size_t i = 0; i < leaving->n && n < NAMES_MAX; i++)
      if (leaving->list[i].is_ours) {
         longer = vmt_format("%s%s%s", text, n++ ? " " : "", leaving->list[i].path);
         free(text);
         text = longer;
      }
   if (leaving->n_ours > n) {
      longer = vmt_format("%s ... (%zu more)", text, leaving->n_ours - n);
      free(text);
      text = longer;
   }
   return text;
}

static void
tell_many(struct leaving *leaving)
{
   char *files = glob_of(leaving), *cut = vmt_strdup("");

   if (files == NULL)
      files = names_of(leaving);
   if (leaving->n_cut) {
      free(cut);
      cut = vmt_format(", %zu of them cut short", leaving->n_cut);
   }
   vmt_complain("%zu profiles of %zu process%s%s; 'vmtrace report %s' shows them together",
                leaving->n_ours, leaving->n_processes,
                leaving->n_processes == 1 ? "" : "es", cut, files);
   free(files);
   free(cut);
}

void
vmt_run_closing(const char *pattern, pid_t pid, const struct timespec *start,
                bool only_many)
{
   struct leaving leaving = {
      .pattern = pattern, .first = vmt_run_profile_path(pattern, pid), .start = *start
   };

   if (leaving.first == NULL)
      return;
   find_files(&leaving);
   find_ours(&leaving, pid);
   if (leaving.n_ours > 1)
      tell_many(&leaving);
   else
      for (size_t i = 0; !only_many && i < leaving.n; i++)
         if (leaving.list[i].is_ours)
            vmt_complain("the profile is %s%s; 'vmtrace report %s' shows it",
                         leaving.list[i].path, leaving.list[i].is_cut ? ", cut short" : "",
                         leaving.list[i].path);
   for (size_t i = 0; i < leaving.n; i++)
      free(leaving.list[i].path);
   free(leaving.list);
   free(leaving.first);
}
