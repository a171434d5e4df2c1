#include "vmtrace/tool/contents.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/tool.h"

/* include/uapi/linux/fs.h, falloc.h, asm-generic/mman-common.h and fcntl.h */
#define SEEK_CURRENT 1
#define SEEK_TO_DATA 3
#define SEEK_TO_HOLE 4
#define PUNCH_HOLE_FLAG 2
#define ZERO_RANGE_FLAG 16
#define MS_SYNC_FLAG 4
#define OPEN_TRUNC_FLAG 01000

#define ALL_PAGES (~0ull >> VMT_PAGE_SHIFT)

static ULong
pages_of(ULong bytes)
{
   return (bytes >> VMT_PAGE_SHIFT) + ((bytes & (VMT_PAGE_BYTES - 1)) != 0);
}

static void
add_pages(UInt id, ULong start_bytes, ULong end_bytes)
{
   vmt_machine_add_pages(&tool_machine, id, start_bytes >> VMT_PAGE_SHIFT,
                         pages_of(end_bytes));
   if (tool_machine.sharing.no_memory)
      tool_no_memory();
}

/* ---- what is there ---- */

/* The program's descriptor must stay where it is: the file is opened anew.  */
static void
look_for_pages(UInt id, ULong bytes, Int programs_fd)
{
   Long start, end = 0;
   HChar link[64];
   SysRes opened;
   Int fd;

   VG_(snprintf)(link, sizeof link, "/proc/self/fd/%d", programs_fd);
   opened = VG_(open)(link, VKI_O_RDONLY, 0);
   if (sr_isError(opened))
      return;
   fd = (Int)sr_Res(opened);
   vmt_machine_drop_pages(&tool_machine, id, 0, pages_of(bytes));
   while ((start = rawcall_seek(fd, end, SEEK_TO_DATA)) >= 0 &&
          (end = rawcall_seek(fd, start, SEEK_TO_HOLE)) > start)
      add_pages(id, (ULong)start, (ULong)end);
   VG_(close)(fd);
}

static ULong
known_bytes(UInt id)
{
   const struct vmt_object *object = vmt_vector_at(&tool_machine.objects, id);

   return object->bytes;
}

void
contents_learn(UInt id, const struct vg_stat *st, Int fd)
{
   vmt_machine_set_object_bytes(&tool_machine, id, (uint64_t)st->size);
   if (objects_get(id)->is_shmem)
      look_for_pages(id, (ULong)st->size, fd);
}

/* ---- sizes ---- */

static void
drop_pages(ThreadId tid, UInt id, ULong start, ULong end, Bool copies_too)
{
   uint32_t n_shootdowns;

   if (start >= end)
      return;
   vmt_machine_drop_object(&tool_machine, id, start, end, copies_too,
                           &n_shootdowns);
   charge_shootdowns(tid, n_shootdowns);
}

static void
note_size(ThreadId tid, const struct vg_stat *st)
{
   UInt id;

   for (id = objects_known(st); id != 0; id = objects_next_of(id)) {
      if (objects_get(id)->is_special)
         continue;
      drop_pages(tid, id, pages_of((ULong)st->size), pages_of(known_bytes(id)),
                 True);
      vmt_machine_set_object_bytes(&tool_machine, id, (uint64_t)st->size);
   }
}

static void
note_size_of_fd(ThreadId tid, Int fd)
{
   struct vg_stat st;

   if (VG_(fstat)(fd, &st) == 0)
      note_size(tid, &st);
}

static void
note_size_of_path(ThreadId tid, const HChar *path)
{
   struct vg_stat st;

   if (!sr_isError(VG_(stat)(path, &st)))
      note_size(tid, &st);
}

/* ---- writing ---- */

/* The call wrote `bytes` to fd, at offset if that is not negative, else before
   where fd is now.  */
static void
wrote(ThreadId tid, Int fd, Long offset, ULong bytes)
{
   struct vg_stat st;
   UInt id;

   if (bytes == 0 || VG_(fstat)(fd, &st) != 0 || objects_known(&st) == 0)
      return;
   note_size(tid, &st);
   if (offset < 0)
      offset = rawcall_seek(fd, 0, SEEK_CURRENT) - (Long)bytes;
   if (offset < 0)
      return;
   for (id = objects_known(&st); id != 0; id = objects_next_of(id))
      if (objects_get(id)->is_shmem)
         add_pages(id, (ULong)offset, (ULong)offset + bytes);
}

/* The kernel has moved *where to the end of what it wrote.  */
static Long
start_from(const Long *where, ULong bytes)
{
   return where != NULL ? *where - (Long)bytes : -1;
}

static void
after_fallocate(ThreadId tid, Int fd, UInt mode, ULong start, ULong bytes)
{
   struct vg_stat st;
   UInt id;

   if (VG_(fstat)(fd, &st) != 0)
      return;
   note_size(tid, &st);
   if ((mode & (PUNCH_HOLE_FLAG | ZERO_RANGE_FLAG)) == 0)
      return;
   for (id = objects_known(&st); id != 0; id = objects_next_of(id))
      drop_pages(tid, id, pages_of(start), (start + bytes) >> VMT_PAGE_SHIFT,
                 False);
}

/* ---- writing back ---- */

static void
after_msync(Addr start, Addr end)
{
   const struct vmt_area *area = vmt_areas_from(&tool_machine.areas, start);

   for (; area != NULL && area->start < end;
        area = vmt_areas_after(&tool_machine.areas, area)) {
      Addr low = area->start > start ? area->start : start;
      Addr high = area->end < end ? area->end : end;
      ULong page = area->page_offset + ((low - area->start) >> VMT_PAGE_SHIFT);

      if (area->backing == VMT_BACKING_FILE &&
          (area->flags & VMT_AREA_SHARED) != 0)
         vmt_machine_clean_object(&tool_machine, (UInt)area->object, page,
                                  page + ((high - low) >> VMT_PAGE_SHIFT));
   }
}

/* Bytes from start on; 0 of them: all that follow.  */
static void
after_fsync(Int fd, ULong start, ULong bytes)
{
   struct vg_stat st;
   UInt id;

   if (VG_(fstat)(fd, &st) != 0)
      return;
   for (id = objects_known(&st); id != 0; id = objects_next_of(id))
      vmt_machine_clean_object(&tool_machine, id, start >> VMT_PAGE_SHIFT,
                               bytes == 0 ? ALL_PAGES
                                          : pages_of(start + bytes));
}

/* A switch over the calls that change files.  */
void
contents_after_call(ThreadId tid, UInt number, const UWord *args, UWord result)
{
   switch (number) {
   case __NR_write:
   case __NR_writev:
   case __NR_sendfile: wrote(tid, (Int)args[0], -1, result); break;
   case __NR_pwrite64:
   case __NR_pwritev:
#ifdef __NR_pwritev2
   case __NR_pwritev2:
#endif
      wrote(tid, (Int)args[0], (Long)args[3], result);
      break;
   case __NR_splice:
#ifdef __NR_copy_file_range
   case __NR_copy_file_range:
#endif
      wrote(tid, (Int)args[2], start_from((const Long *)args[3], result),
            result);
      break;
   case __NR_open:
      if ((args[1] & OPEN_TRUNC_FLAG) != 0)
         note_size_of_fd(tid, (Int)result);
      break;
   case __NR_openat:
      if ((args[2] & OPEN_TRUNC_FLAG) != 0)
         note_size_of_fd(tid, (Int)result);
      break;
   case __NR_creat: note_size_of_fd(tid, (Int)result); break;
   case __NR_truncate: note_size_of_path(tid, (const HChar *)args[0]); break;
   case __NR_ftruncate: note_size_of_fd(tid, (Int)args[0]); break;
   case __NR_fallocate:
      after_fallocate(tid, (Int)args[0], (UInt)args[1], args[2], args[3]);
      break;
   case __NR_msync:
      if ((args[2] & MS_SYNC_FLAG) != 0)
         after_msync(args[0], vmt_page_ceil(args[0] + args[1]));
      break;
   case __NR_fsync:
   case __NR_fdatasync: after_fsync((Int)args[0], 0, 0); break;
   case __NR_sync_file_range:
      after_fsync((Int)args[0], args[1], args[2]);
      break;
   case __NR_sync:
      vmt_machine_clean_object(&tool_machine, 0, 0, ALL_PAGES);
      break;
   default: break;
   }
}
