#include "vmtrace/tool/out_file.h"

#include "vmtrace/tool/header.h"
#include "vmtrace/tool/rawcall.h"

/* m_libcfile.c: moves a descriptor out of the program's way.  */
extern Int VG_(safe_fd)(Int oldfd);

static void
complain(struct out_file *file, const HChar *verb, UWord error)
{
   if (!file->complained)
      VG_(umsg)("vmtrace: cannot %s the %s '%s': %s; the program goes on "
                "without it\n", verb, file->what, file->path,
                rawcall_error_text(error));
   file->complained = True;
}

static Bool
is_device(const HChar *name)
{
   struct vg_stat st;

   return !sr_isError(VG_(stat)(name, &st)) && VKI_S_ISCHR(st.mode);
}

/* The first free name.  What a forked process executes finds the file with the
   process's number and goes on from there.  */
static UInt
choose_name(struct out_file *file, const HChar *pattern, Bool is_forked)
{
   HChar *base = VG_(expand_file_name)(file->option, pattern);
   SizeT bytes = VG_(strlen)(base) + 32;
   HChar *own = VG_(malloc)("vmtrace.path", bytes);
   UInt n = 0;

   VG_(snprintf)(own, bytes, "%s.%d", base, VG_(getpid)());
   if (VG_(strstr)(pattern, "%p") != NULL || is_device(base) ||
       !(is_forked || header_is_ours(own)))
      VG_(strcpy)(own, base);
   VG_(free)(base);
   if (file->path != NULL)
      VG_(free)(file->path);
   file->path = VG_(malloc)("vmtrace.path", bytes);
   VG_(strcpy)(file->path, own);
   while (header_is_ours(file->path))
      VG_(snprintf)(file->path, bytes, "%s.%u", own, ++n);
   VG_(free)(own);
   return n;
}

static void
open_path(struct out_file *file)
{
   SysRes opened = VG_(open)(file->path,
                             VKI_O_WRONLY | VKI_O_CREAT | VKI_O_TRUNC, 0644);

   if (sr_isError(opened)) {
      complain(file, "open", sr_Err(opened));
      return;
   }
   file->json->fd = VG_(safe_fd)((Int)sr_Res(opened));
   file->json->error = 0;
   file->json->n_bytes = file->json->n_buffered = 0;
}

UInt
out_file_open(struct out_file *file, const HChar *pattern, Bool is_forked)
{
   UInt n;

   if (file->json->fd >= 0)
      VG_(close)(file->json->fd);
   file->json->fd = -1;
   file->complained = False;
   n = choose_name(file, pattern, is_forked);
   open_path(file);
   return n;
}

Bool
out_file_flush(struct out_file *file)
{
   json_flush(file->json);
   if (file->json->fd >= 0 && file->json->error != 0) {
      complain(file, "write", file->json->error);
      VG_(close)(file->json->fd);
      file->json->fd = -1;
   }
   return file->json->fd >= 0;
}

void
out_file_mark(struct out_file *file)
{
   out_file_flush(file);
   file->bytes_marked = file->json->n_bytes;
}

void
out_file_take_back(struct out_file *file)
{
   if (file->json->fd >= 0 &&
       rawcall_cut_file(file->json->fd, file->bytes_marked))
      file->json->n_bytes = file->bytes_marked;
}

/* ---- copies ---- */

static Bool
write_all(Int fd, const HChar *bytes, Int n)
{
   while (n > 0) {
      Int done = VG_(write)(fd, bytes, n);

      if (done <= 0)
         return False;
      bytes += done;
      n -= done;
   }
   return True;
}

static Bool
copy_bytes(Int from, Int to)
{
   static HChar buffer[1 << 16];
   Int n;

   while ((n = VG_(read)(from, buffer, sizeof buffer)) > 0)
      if (!write_all(to, buffer, n))
         return False;
   return n == 0;
}

static Bool
is_same_file(const HChar *path, const HChar *other)
{
   struct vg_stat a, b;

   return !sr_isError(VG_(stat)(path, &a)) && !sr_isError(VG_(stat)(other, &b)) &&
          a.dev == b.dev && a.ino == b.ino;
}

static Bool
is_regular(const HChar *path)
{
   struct vg_stat st;

   return !sr_isError(VG_(stat)(path, &st)) && VKI_S_ISREG(st.mode);
}

Bool
out_file_copy(const struct out_file *file, const HChar *path, HChar *why, UInt why_bytes)
{
   SysRes from, to;
   Bool ok;

   if (file->json->fd < 0 || !is_regular(file->path) || is_same_file(file->path, path)) {
      VG_(snprintf)(why, why_bytes, "the %s is %s", file->what,
                    file->json->fd < 0        ? "not written"
                    : is_regular(file->path) ? "that very file"
                                             : "no file that can be read");
      return False;
   }
   from = VG_(open)(file->path, VKI_O_RDONLY, 0);
   to = VG_(open)(path, VKI_O_WRONLY | VKI_O_CREAT | VKI_O_TRUNC, 0644);
   ok = !sr_isError(from) && !sr_isError(to) &&
        copy_bytes((Int)sr_Res(from), (Int)sr_Res(to));
   VG_(snprintf)(why, why_bytes, "%s",
                 sr_isError(to)     ? rawcall_error_text(sr_Err(to))
                 : sr_isError(from) ? rawcall_error_text(sr_Err(from))
                                    : "not all of it could be written");
   if (!sr_isError(from))
      VG_(close)((Int)sr_Res(from));
   if (!sr_isError(to))
      VG_(close)((Int)sr_Res(to));
   return ok;
}
