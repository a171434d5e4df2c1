#include "vmtrace/host/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
checked(void *memory) {
   if (memory == NULL) {
      fputs("vmtrace: out of memory\n", stderr);
      exit(2);
   }
   return memory;
}

void *
vmt_calloc(size_t count, size_t size) {
   return checked(calloc(count > 0 ? count : 1, size > 0 ? size : 1));
}

void *
vmt_realloc(void *old, size_t count, size_t size) {
   return checked(reallocarray(old, count > 0 ? count : 1, size));
}

char *
vmt_strdup(const char *text) {
   return checked(strdup(text));
}

char *
vmt_format(const char *format, ...) {
   va_list arguments;
   char *text = NULL;
   va_start(arguments, format);
   int length = vasprintf(&text, format, arguments);
   va_end(arguments);
   return checked(length < 0 ? NULL : text);
}

void *
vmt_grow(void *array, size_t n, size_t *room, size_t size) {
   if (n < *room)
      return array;
   *room = n < 8 ? 16 : 2 * n;
   return vmt_realloc(array, *room, size);
}
