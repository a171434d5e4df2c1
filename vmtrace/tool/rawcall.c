#include "vmtrace/tool/rawcall.h"

static Long
raw_call(Long number, Long a, Long b, Long c)
{
   Long result;

   __asm__ volatile("syscall"
                    : "=a"(result)
                    : "a"(number), "D"(a), "S"(b), "d"(c)
                    : "rcx", "r11", "memory");
   return result;
}

Long
rawcall_fs_magic(Int fd)
{
   Long statfs[32];             /* struct statfs has 120 bytes; f_type first */

   if (raw_call(__NR_fstatfs, fd, (Long)(Addr)statfs, 0) != 0)
      return -1;
   return statfs[0];
}

SSizeT
rawcall_pread(Int fd, void *buffer, SizeT bytes, ULong offset)
{
   register Long at __asm__("r10") = (Long)offset;
   Long result;

   __asm__ volatile("syscall"
                    : "=a"(result)
                    : "a"((Long)__NR_pread64), "D"((Long)fd), "S"(buffer),
                      "d"(bytes), "r"(at)
                    : "rcx", "r11", "memory");
   return result;
}

Long
rawcall_seek(Int fd, Long offset, Int whence)
{
   return raw_call(__NR_lseek, fd, offset, whence);
}

void
rawcall_forget_clear_tid(void)
{
   raw_call(__NR_set_tid_address, 0, 0, 0);
}

void
rawcall_pause(UInt ns)
{
   const Long time[2] = {0, ns};        /* struct timespec */

   if (ns == 0)
      raw_call(__NR_sched_yield, 0, 0, 0);
   else
      raw_call(__NR_nanosleep, (Long)(Addr)time, 0, 0);
}

Long
rawcall_futex_wake_one(Addr word, UWord operation, UWord bitset)
{
   register Long timeout __asm__("r10") = 0;
   register Long other_word __asm__("r8") = 0;
   register UWord bits __asm__("r9") = bitset;
   Long result;

   __asm__ volatile("syscall"
                    : "=a"(result)
                    : "a"((Long)__NR_futex), "D"(word), "S"(operation), "d"(1l),
                      "r"(timeout), "r"(other_word), "r"(bits)
                    : "rcx", "r11", "memory");
   return result;
}

void
rawcall_futex_wake(Addr word)
{
   raw_call(__NR_futex, (Long)word, 1 /* FUTEX_WAKE */, 1);
}

Bool
rawcall_process_exists(UInt pid)
{
   return raw_call(__NR_kill, pid, 0, 0) != -VKI_ESRCH;
}

Bool
rawcall_cut_file(Int fd, ULong bytes)
{
   return raw_call(__NR_ftruncate, fd, (Long)bytes, 0) == 0 &&
          raw_call(__NR_lseek, fd, (Long)bytes, 0 /* SEEK_SET */) ==
             (Long)bytes;
}

ULong
rawcall_random(void)
{
   ULong value;

   if (raw_call(__NR_getrandom, (Long)(Addr)&value, sizeof value, 1 /* GRND_NONBLOCK */) !=
       (Long)sizeof value)
      value = (ULong)VG_(getpid)();
   return value;
}

Int
rawcall_memory_file(const HChar *what)
{
   return (Int)raw_call(__NR_memfd_create, (Long)(Addr)what, 1 /* MFD_CLOEXEC */, 0);
}

Bool
rawcall_set_file_bytes(Int fd, ULong bytes)
{
   return raw_call(__NR_ftruncate, fd, (Long)bytes, 0) == 0;
}

/* A kernel that does not know the flag takes the address for a hint.  */
Bool
rawcall_map_shared(Addr start, SizeT bytes, Int fd)
{
   const Long map_fixed_noreplace = 0x100000;
   register Long flags __asm__("r10") = VKI_MAP_SHARED | map_fixed_noreplace;
   register Long file __asm__("r8") = fd;
   register Long offset __asm__("r9") = 0;
   Long result;

   __asm__ volatile("syscall"
                    : "=a"(result)
                    : "a"((Long)__NR_mmap), "D"(start), "S"(bytes),
                      "d"((Long)(VKI_PROT_READ | VKI_PROT_WRITE)), "r"(flags), "r"(file),
                      "r"(offset)
                    : "rcx", "r11", "memory");
   if (result > 0 && (Addr)result != start)
      rawcall_unmap((Addr)result, bytes);
   return (Addr)result == start;
}

void
rawcall_unmap(Addr start, SizeT bytes)
{
   raw_call(__NR_munmap, (Long)start, (Long)bytes, 0);
}

Bool
rawcall_pages_there(Addr start, SizeT bytes, UChar *there)
{
   return raw_call(__NR_mincore, (Long)start, (Long)bytes, (Long)(Addr)there) == 0;
}

Bool
rawcall_protect(Addr start, SizeT bytes, UInt rights)
{
   return raw_call(__NR_mprotect, (Long)start, (Long)bytes, rights) == 0;
}

const HChar *
rawcall_error_text(UWord error)
{
   static HChar text[32];

   switch (error) {
   case VKI_ENOENT: return "No such file or directory";
   case VKI_EACCES: return "Permission denied";
   case VKI_EPERM: return "Operation not permitted";
   case VKI_EISDIR: return "Is a directory";
   case VKI_ENOTDIR: return "Not a directory";
   case VKI_ENOSPC: return "No space left on device";
   case VKI_EROFS: return "Read-only file system";
   case VKI_EPIPE: return "Broken pipe";
   case VKI_EFBIG: return "File too large";
   case VKI_EMFILE: return "Too many open files";
   case VKI_EIO: return "Input/output error";
   default:
      VG_(snprintf)(text, sizeof text, "error %lu", error);
      return text;
   }
}
