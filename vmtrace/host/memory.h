/* Allocation for the host command, which has nothing better to do without
   memory than to say so and stop.  */

#ifndef VMT_HOST_MEMORY_H
#define VMT_HOST_MEMORY_H

#include <stddef.h>

/* Zeroed; NULL never.  */
void *vmt_calloc(size_t count, size_t size);
void *vmt_realloc(void *old, size_t count, size_t size);
char *vmt_strdup(const char *text);

/* Formatted as printf, to be freed.  */
char *vmt_format(const char *format, ...)
   __attribute__((format(printf, 1, 2)));

/* Room for one more element in an array of n elements, *room of which are
   allocated: the array, perhaps moved.  */
void *vmt_grow(void *array, size_t n, size_t *room, size_t size);

#endif
