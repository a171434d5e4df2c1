/* A run of bytes of a file in memory, and a bounded little-endian reader of
   it.  A read past the end gives 0 and sets bad; nothing is ever read outside. */

#ifndef VMT_HOST_BYTES_H
#define VMT_HOST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct vmt_bytes {
   const uint8_t *data;
   size_t size;
};

struct vmt_cursor {
   const uint8_t *at;
   const uint8_t *end;
   bool bad;
};

/* The part of bytes from offset on; empty if offset is outside.  */
static inline struct vmt_bytes
vmt_bytes_from(struct vmt_bytes bytes, uint64_t offset) {
   if (bytes.data == NULL || offset > bytes.size)
      return (struct vmt_bytes){ NULL, 0 };
   return (struct vmt_bytes){ bytes.data + offset,
                              bytes.size - (size_t)offset };
}

/* The same, at most size bytes of it.  */
static inline struct vmt_bytes
vmt_bytes_slice(struct vmt_bytes bytes, uint64_t offset, uint64_t size) {
   struct vmt_bytes part = vmt_bytes_from(bytes, offset);
   if (part.size > size)
      part.size = (size_t)size;
   return part;
}

/* The string at offset, or NULL if it does not end inside bytes.  */
static inline const char *
vmt_bytes_string(struct vmt_bytes bytes, uint64_t offset) {
   struct vmt_bytes part = vmt_bytes_from(bytes, offset);
   if (part.size == 0 || memchr(part.data, 0, part.size) == NULL)
      return NULL;
   return (const char *)part.data;
}

static inline struct vmt_cursor
vmt_cursor_at(struct vmt_bytes bytes, uint64_t offset) {
   struct vmt_bytes part = vmt_bytes_from(bytes, offset);
   return (struct vmt_cursor){ part.data, part.data + part.size,
                               part.data == NULL };
}

static inline size_t
vmt_cursor_left(const struct vmt_cursor *cursor) {
   return (size_t)(cursor->end - cursor->at);
}

static inline void
vmt_cursor_skip(struct vmt_cursor *cursor, uint64_t size) {
   if (cursor->bad || size > vmt_cursor_left(cursor)) {
      cursor->bad = true;
      cursor->at = cursor->end;
   } else {
      cursor->at += size;
   }
}

/* An unsigned number of 1 to 8 bytes.  */
static inline uint64_t
vmt_cursor_uint(struct vmt_cursor *cursor, size_t size) {
   const uint8_t *start = cursor->at;
   uint64_t value = 0;
   vmt_cursor_skip(cursor, size);
   if (cursor->bad)
      return 0;
   for (size_t i = 0; i < size; i++)
      value |= (uint64_t)start[i] << (8 * i);
   return value;
}

/* An unsigned LEB128 number; bits beyond 64 are dropped.  */
static inline uint64_t
vmt_cursor_uleb(struct vmt_cursor *cursor) {
   uint64_t value = 0;
   unsigned shift = 0;
   while (!cursor->bad && cursor->at < cursor->end) {
      uint8_t byte = *cursor->at++;
      if (shift < 64)
         value |= (uint64_t)(byte & 0x7f) << shift;
      shift += 7;
      if ((byte & 0x80) == 0)
         return value;
   }
   cursor->bad = true;
   return 0;
}

/* The length at the head of a DWARF unit; *offset_size becomes 4 or 8.  */
static inline uint64_t
vmt_cursor_dwarf_length(struct vmt_cursor *cursor, size_t *offset_size) {
   uint64_t length = vmt_cursor_uint(cursor, 4);
   *offset_size = 4;
   if (length == 0xffffffff) {
      *offset_size = 8;
      length = vmt_cursor_uint(cursor, 8);
   } else if (length >= 0xfffffff0) {
      cursor->bad = true;
   }
   return cursor->bad ? 0 : length;
}

#endif
