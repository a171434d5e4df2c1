#include "vmtrace/host/elf_unpack.h"

#include "vmtrace_config.h"

#include <stdlib.h>
#include <zlib.h>
#ifdef HAVE_ZSTD
#include <zstd.h>
#endif
#ifdef HAVE_LZMA
#include <lzma.h>
#endif

#include "vmtrace/host/memory.h"

enum {
   /* Zeros behind the unpacked bytes, for readers that trust a string to end. */
   PADDING_BYTES = 64,
   /* What deflate and zstd can make of one byte at most, roughly; a header that
      promises more than this is not to be believed.  */
   ZLIB_MAX_RATIO = 1040,
   ZSTD_MAX_RATIO = 40000
};

static const uint64_t max_unpacked_bytes = (uint64_t)8 << 30;

static bool
unpack_zlib(struct vmt_bytes packed, uint8_t *data, size_t size) {
   z_stream stream = { .next_in = (Bytef *)packed.data, .next_out = data };
   size_t in_left = packed.size, out_left = size;
   if (inflateInit(&stream) != Z_OK)
      return false;
   int status = Z_OK;
   while (status == Z_OK) {
      /* zlib's counts are 32 bits wide.  */
      uInt in = in_left > (1u << 30) ? 1u << 30 : (uInt)in_left;
      uInt out = out_left > (1u << 30) ? 1u << 30 : (uInt)out_left;
      stream.avail_in = in;
      stream.avail_out = out;
      status = inflate(&stream, Z_NO_FLUSH);
      in_left -= in - stream.avail_in;
      out_left -= out - stream.avail_out;
      if (stream.avail_in == in && stream.avail_out == out)
         break;
   }
   inflateEnd(&stream);
   return status == Z_STREAM_END && out_left == 0;
}

#ifdef HAVE_ZSTD
static bool
unpack_zstd(struct vmt_bytes packed, uint8_t *data, size_t size) {
   return ZSTD_decompress(data, size, packed.data, packed.size) == size;
}
#endif

static bool
unpack_into(enum vmt_packing packing, struct vmt_bytes packed, uint8_t *data,
            size_t size) {
#ifdef HAVE_ZSTD
   if (packing == VMT_PACKED_ZSTD)
      return unpack_zstd(packed, data, size);
#endif
   return packing == VMT_PACKED_ZLIB && unpack_zlib(packed, data, size);
}

struct vmt_bytes
vmt_unpack(enum vmt_packing packing, struct vmt_bytes packed, uint64_t size,
           char **trouble) {
   struct vmt_bytes none = { NULL, 0 };
   if (packing == VMT_PACKED_OTHER) {
      *trouble = vmt_strdup("compressed in an unknown way");
      return none;
   }
#ifndef HAVE_ZSTD
   if (packing == VMT_PACKED_ZSTD) {
      *trouble = vmt_strdup("compressed with zstd, which this build of vmtrace "
                            "does not read (build it with libzstd)");
      return none;
   }
#endif
   uint64_t ratio = packing == VMT_PACKED_ZSTD ? ZSTD_MAX_RATIO
                                               : ZLIB_MAX_RATIO;
   uint8_t *data = NULL;
   if (size <= max_unpacked_bytes && size / ratio <= packed.size)
      data = calloc(1, (size_t)size + PADDING_BYTES);
   if (data == NULL || !unpack_into(packing, packed, data, (size_t)size)) {
      free(data);
      *trouble = vmt_strdup("damaged: it cannot be decompressed");
      return none;
   }
   return (struct vmt_bytes){ data, (size_t)size };
}

#ifdef HAVE_LZMA
struct vmt_bytes
vmt_unpack_xz(struct vmt_bytes packed, char **trouble) {
   struct vmt_bytes none = { NULL, 0 };
   /* The size is not in the header; symbol tables unpack to a few times the
      packed size.  */
   for (size_t room = 16 * packed.size + 4096; room <= 2048 * packed.size + 4096;
        room *= 4) {
      uint8_t *data = vmt_calloc(1, room + PADDING_BYTES);
      uint64_t memory_limit = 256u << 20;
      size_t in = 0, out = 0;
      lzma_ret status =
         lzma_stream_buffer_decode(&memory_limit, 0, NULL, packed.data, &in,
                                   packed.size, data, &out, room);
      if (status == LZMA_OK)
         return (struct vmt_bytes){ data, out };
      free(data);
      if (status != LZMA_BUF_ERROR || in >= packed.size)
         break;
   }
   *trouble = vmt_strdup("damaged: it cannot be decompressed");
   return none;
}
#else
struct vmt_bytes
vmt_unpack_xz(struct vmt_bytes packed, char **trouble) {
   *trouble = vmt_strdup("compressed with xz, which this build of vmtrace does "
                         "not read (build it with liblzma)");
   return (struct vmt_bytes){ NULL, 0 };
}
#endif
