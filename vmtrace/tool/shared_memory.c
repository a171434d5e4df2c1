#include "vmtrace/tool/shared_memory.h"

#include "vmtrace/tool/options.h"
#include "vmtrace/tool/rawcall.h"
#include "vmtrace_config.h"

/* Of the core: coregrind/pub_core_aspacemgr.h.  */
extern Bool VG_(am_create_reservation)(Addr start, SizeT bytes, ShrinkMode mode,
                                       SSizeT extra) __attribute__((weak));
extern Bool VG_(am_notify_client_mmap)(Addr start, SizeT bytes, UInt rights, UInt flags,
                                       Int fd, Off64T offset) __attribute__((weak));
extern Bool VG_(am_notify_munmap)(Addr start, SizeT bytes) __attribute__((weak));

/* include/uapi/asm-generic/resource.h */
#define LIMIT_FILE_BYTES 1
#define LIMIT_ADDRESSES 9

/* 16 GiB of pages that processes share or map from files.  */
static const struct vmt_common_limits limits = {
   .n_places = 2047, .n_blocks = 1 << 16, .n_objects = 1 << 16};

#define HEAD_BYTES VMT_PAGE_BYTES
#define ARENA_BYTES (8ul << 30)

/* A program that limits its addresses keeps at least seven eighths of them.  */
#define SHARE_OF_ADDRESSES 8

/* What the images of a run agree on.  */
struct head {
   HChar maker[48];
   ULong common_bytes, bytes;
};

static Bool is_mapped;

static const struct head *
head(void)
{
   return (const struct head *)SHARED_MEMORY_START;
}

static SizeT
common_bytes(void)
{
   return vmt_page_ceil(vmt_common_bytes(&limits));
}

static SizeT
all_bytes(void)
{
   return HEAD_BYTES + common_bytes() +
          (tool_options.settings.ram_bytes != 0 ? ARENA_BYTES : 0);
}

static void
describe(struct head *description)
{
   VG_(memset)(description, 0, sizeof *description);
   VG_(snprintf)(description->maker, sizeof description->maker, "vmtrace %s for %s",
                 VERSION, VALGRIND_VERSION);
   description->common_bytes = common_bytes();
   description->bytes = all_bytes();
}

Addr
shared_memory_end(void)
{
   return SHARED_MEMORY_START + all_bytes();
}

void
shared_memory_reserve(void)
{
   if (VG_(am_create_reservation) != NULL)
      VG_(am_create_reservation)(SHARED_MEMORY_START, all_bytes(), SmFixed, 0);
}

static Bool
is_limited(Int resource, ULong least)
{
   struct vki_rlimit limit;

   return VG_(getrlimit)(resource, &limit) == 0 && limit.rlim_cur < least;
}

/* There is no function of the core's for a mapping of its own at a given address: so it
   is told of one of the program's, and that becomes the core's.  */
static void
tell_core(Int fd)
{
   NSegment *segment;

   VG_(am_notify_client_mmap)(SHARED_MEMORY_START, all_bytes(),
                              VKI_PROT_READ | VKI_PROT_WRITE, VKI_MAP_SHARED, fd, 0);
   segment = (NSegment *)VG_(am_find_nsegment)(SHARED_MEMORY_START);
   segment->kind = SkFileV;
}

static Bool
are_addresses_limited(void)
{
   return is_limited(LIMIT_ADDRESSES, SHARE_OF_ADDRESSES * all_bytes());
}

/* The program may have something there, if it insisted on the address.  */

static Bool
map(Int fd, const HChar **why)
{
   *why = NULL;
   if (VG_(am_notify_client_mmap) == NULL || VG_(am_notify_munmap) == NULL)
      *why = "this Valgrind cannot be told of it";
   else if (are_addresses_limited())
      *why = SHARED_MEMORY_LIMITED;
   else if (!rawcall_map_shared(SHARED_MEMORY_START, all_bytes(), fd))
      *why = "its addresses are taken";
   if (*why != NULL)
      return False;
   tell_core(fd);
   is_mapped = True;
   return True;
}

static Int
new_file(const HChar **why)
{
   Int fd;

   if (is_limited(LIMIT_FILE_BYTES, all_bytes())) {
      *why = "files are limited to a small size (ulimit -f)";
      return -1;
   }
   fd = rawcall_memory_file("vmtrace");
   if (fd < 0) {
      *why = "the kernel gives no memory with a descriptor (memfd_create)";
      return -1;
   }
   if (rawcall_set_file_bytes(fd, all_bytes()))
      return fd;
   *why = "the kernel does not let it grow";
   VG_(close)(fd);
   return -1;
}

Int
shared_memory_make(ULong run, const HChar **why)
{
   Int fd = new_file(why);

   if (fd < 0)
      return -1;
   if (!map(fd, why)) {
      VG_(close)(fd);
      return -1;
   }
   describe((struct head *)SHARED_MEMORY_START);
   vmt_common_init(shared_memory_common(), &limits, run);
   return fd;
}

static Bool
is_of_our_kind(Int fd)
{
   struct head ours, theirs;

   describe(&ours);
   return rawcall_pread(fd, &theirs, sizeof theirs, 0) == sizeof theirs &&
          VG_(memcmp)(&ours, &theirs, sizeof ours) == 0;
}

Bool
shared_memory_adopt(Int fd, const HChar **why)
{
   *why = "it was made with another version of vmtrace, or other options";
   return is_of_our_kind(fd) && map(fd, why);
}

struct vmt_common *
shared_memory_common(void)
{
   return is_mapped ? (struct vmt_common *)(SHARED_MEMORY_START + HEAD_BYTES) : NULL;
}

Bool
shared_memory_is_in_the_way(void)
{
   return is_mapped && are_addresses_limited();
}

void
shared_memory_unmap(void)
{
   rawcall_unmap(SHARED_MEMORY_START, all_bytes());
   VG_(am_notify_munmap)(SHARED_MEMORY_START, all_bytes());
   is_mapped = False;
}

void *
shared_memory_arena(SizeT *bytes)
{
   *bytes = head()->bytes - HEAD_BYTES - head()->common_bytes;
   return (void *)(SHARED_MEMORY_START + HEAD_BYTES + head()->common_bytes);
}
