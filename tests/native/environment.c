#define _GNU_SOURCE
#include "tests/native/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

char **
read_environment(const char *path)
{
   char *text = NULL, **strings;
   size_t n_allocated = 0, n = 0;
   ssize_t n_bytes;
   FILE *file = fopen(path, "re");

   if (file == NULL)
      return NULL;
   n_bytes = getdelim(&text, &n_allocated, EOF, file);
   fclose(file);
   if (n_bytes < 0)
      n_bytes = 0;
   strings = calloc((size_t)n_bytes + 1, sizeof *strings);
   for (ssize_t at = 0; strings != NULL && at < n_bytes; at += (ssize_t)strlen(text + at) + 1)
      strings[n++] = text + at;
   return strings;
}
