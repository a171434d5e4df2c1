#include "vmtrace/cli/run.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Appends what %q{VARIABLE} stands for; *at is left behind the brace.  */
static bool
put_variable(FILE *name, const char **at)
{
   const char *end = (*at)[1] == '{' ? strchr(*at, '}') : NULL;
   char *variable;
   const char *value;

   if (end == NULL)
      return false;
   variable = strndup(*at + 2, (size_t)(end - *at - 2));
   value = variable == NULL ? NULL : getenv(variable);
   free(variable);
   if (value == NULL)
      return false;
   fputs(value, name);
   *at = end + 1;
   return true;
}

char *
vmt_run_profile_path(const char *pattern, pid_t pid)
{
   char *path = NULL;
   size_t size = 0;
   FILE *name = open_memstream(&path, &size);
   bool good = name != NULL;

   while (good && *pattern != '\0') {
      if (*pattern != '%') {
         fputc(*pattern++, name);
         continue;
      }
      pattern++;
      if (*pattern == 'p')
         fprintf(name, "%ld", (long)pid);
      else if (*pattern == '%')
         fputc('%', name);
      else {
         good = *pattern == 'q' && put_variable(name, &pattern);
         continue;
      }
      pattern++;
   }
   if (name != NULL && fclose(name) != 0)
      good = false;
   if (!good) {
      free(path);
      return NULL;
   }
   return path;
}

/* The end of the file is enough: checkpoints are short and come in one write
   with what they close.  */
#define TAIL_BYTES 8192

void
vmt_run_profile_state(const char *path, struct vmt_run_state *state)
{
   static const char mark[] = "{\"checkpoint\":{";
   int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
   char tail[TAIL_BYTES + 1];
   struct stat st;
   ssize_t n;

   *state = (struct vmt_run_state){ -1, -1, -1 };
   if (fd < 0)
      return;
   if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
      close(fd);
      return;
   }
   state->profile_bytes = st.st_size;
   n = pread(fd, tail, TAIL_BYTES,
             st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0);
   close(fd);
   if (n <= 0)
      return;
   tail[n] = '\0';
   for (char *at = tail; (at = strstr(at, mark)) != NULL; at++) {
      int64_t instrs, pages;

      if (sscanf(at + sizeof mark - 1, "\"Ir\":%" SCNd64 ",\"RssPages\":%" SCNd64,
                 &instrs, &pages) == 2) {
         state->instrs = instrs;
         state->rss_pages = pages;
      }
   }
}
