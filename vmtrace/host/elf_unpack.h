/* Compressed sections of ELF files: SHF_COMPRESSED with zlib or zstd, and the
   .zdebug_ sections of old.  */

#ifndef VMT_HOST_ELF_UNPACK_H
#define VMT_HOST_ELF_UNPACK_H

#include "vmtrace/host/bytes.h"

enum vmt_packing { VMT_PACKED_ZLIB, VMT_PACKED_ZSTD, VMT_PACKED_OTHER };

/* The size bytes that packed holds, to be freed, 64 zero bytes behind them.  On
   failure data is NULL and *trouble, to be freed, says why.  */
struct vmt_bytes vmt_unpack(enum vmt_packing packing, struct vmt_bytes packed,
                            uint64_t size, char **trouble);

/* An xz file in memory (.gnu_debugdata), in the same way.  */
struct vmt_bytes vmt_unpack_xz(struct vmt_bytes packed, char **trouble);

#endif
