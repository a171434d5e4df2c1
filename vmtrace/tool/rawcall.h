/* System calls that a tool needs and Valgrind's tool interface does not have. */

#ifndef VMT_TOOL_RAWCALL_H
#define VMT_TOOL_RAWCALL_H

#include "vmtrace/tool/valgrind.h"

/* fstatfs: the magic number of the file system behind fd, or -1.  */
Long rawcall_fs_magic(Int fd);

/* "No space left on device" for ENOSPC, and so on for what opening and writing
   files comes to; else "error 99".  The text is good until the next call.  */
const HChar *rawcall_error_text(UWord error);

/* pread: bytes read, or a negative error number.  */
SSizeT rawcall_pread(Int fd, void *buffer, SizeT bytes, ULong offset);

/* lseek: where the descriptor is now, or a negative error number.  */
Long rawcall_seek(Int fd, Long offset, Int whence);

/* set_tid_address(0): the kernel has nothing to clear when this thread ends.  */
void rawcall_forget_clear_tid(void);

/* Lets other threads run; nanoseconds below 10^9, 0: sched_yield.  */
void rawcall_pause(UInt ns);

/* Wakes one that waits for the word to change; as a futex operation with that bitset:
   how many, or a negative error number.  */
Long rawcall_futex_wake_one(Addr word, UWord operation, UWord bitset);
void rawcall_futex_wake(Addr word);

/* kill with no signal: whether there is such a process, be it over and waited for by
   nobody yet.  */
Bool rawcall_process_exists(UInt pid);

/* ftruncate and lseek to bytes; whether both could be done.  */
Bool rawcall_cut_file(Int fd, ULong bytes);

/* getrandom; the process's number where there is none.  */
ULong rawcall_random(void);

/* memfd_create: a file without a name, close-on-exec; a negative error number.  */
Int rawcall_memory_file(const HChar *what);

/* ftruncate alone.  */
Bool rawcall_set_file_bytes(Int fd, ULong bytes);

/* mmap of a file's first bytes, shared and writable, where nothing else may be; whether
   it could be done.  The core has to be told.  */
Bool rawcall_map_shared(Addr start, SizeT bytes, Int fd);
void rawcall_unmap(Addr start, SizeT bytes);

/* mincore: whether each page from start on is in memory, in bit 0 of there[].  Whether
   it could be done.  */
Bool rawcall_pages_there(Addr start, SizeT bytes, UChar *there);

/* mprotect, of which the core has to be told; whether it could be done.  */
Bool rawcall_protect(Addr start, SizeT bytes, UInt rights);

#endif
