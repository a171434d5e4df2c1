/* What the kernel reads and writes for the program: the vectors and strings of execve,
   the end of the page in which a file's data ends, buffers of system calls, frames of
   signals, the numbers that clone writes.  Such a page is touched if the kernel may
   access it.  Not here: MAP_POPULATE, mlock, vfork, execve of another program.  */

#include "ref.h"

#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_machine.h"

#include <elf.h>

#define MAX_THREADS 1024

static struct {
   UInt number;
   Addr childs_word;                    /* the child of a fork puts its number there */
} calls[MAX_THREADS];

static void
touch(Addr start, SizeT n_bytes, Bool write)
{
   Addr page, last = (start + n_bytes - 1) / REF_PAGE_BYTES;

   if (n_bytes == 0)
      return;
   for (page = start / REF_PAGE_BYTES; page <= last; page++) {
      ref_touches_settle();
      if (ref_page_allows(page, write ? REF_WRITE : REF_READ))
         ref_touches_add(page, write);
   }
   ref_touches_settle();
}

/* ---- buffers ---- */

/* What Valgrind calls memory to be read is a range to act on.  */
static Bool
takes_range(UInt number)
{
   static const UInt numbers[] = {
      __NR_mmap,  __NR_mprotect, __NR_munmap, __NR_mremap, __NR_madvise,
      __NR_msync, __NR_mincore,  __NR_mlock,  __NR_munlock, __NR_shmat,
      __NR_shmdt, __NR_brk,      __NR_set_robust_list};
   UInt i;

   for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
      if (numbers[i] == number)
         return True;
   return False;
}

static void
on_kernel_read(CorePart part, ThreadId tid, const HChar *what, Addr start,
               SizeT n_bytes)
{
   if (part == Vg_CoreSysCall && !takes_range(calls[tid].number))
      touch(start, n_bytes, False);
}

/* With its 0, or as far as there is memory.  */
static void
on_kernel_read_string(CorePart part, ThreadId tid, const HChar *what, Addr start)
{
   Addr end = start;

   if (part != Vg_CoreSysCall)
      return;
   while (VG_(am_is_valid_for_client)(end, 1, VKI_PROT_READ))
      if (*(const HChar *)end++ == 0)
         break;
   touch(start, end - start, False);
}

/* For clone the core names what the child writes as well: see ref_kernel_after.  */
void
ref_kernel_wrote(CorePart part, ThreadId tid, Addr start, SizeT n_bytes)
{
   if (part == Vg_CoreSignal ||
       (part == Vg_CoreSysCall && calls[tid].number != __NR_clone))
      touch(start, n_bytes, True);
}

static void
on_signal_frame(Addr start, SizeT n_bytes, ThreadId tid)
{
   touch(start, n_bytes, True);
}

/* ---- clone ---- */

void
ref_kernel_before(ThreadId tid, UInt number, const UWord *args)
{
   ref_touches_settle();
   calls[tid].number = number;
   if (number == __NR_clone)
      calls[tid].childs_word =
         (args[0] & VKI_CLONE_CHILD_SETTID) != 0 ? args[3] : 0;
}

void
ref_kernel_after(ThreadId tid, UInt number, const UWord *args, UWord result)
{
   if (number != __NR_clone || result == 0)
      return;
   if ((args[0] & VKI_CLONE_PARENT_SETTID) != 0)
      touch(args[2], sizeof(UInt), True);
   if ((args[0] & VKI_CLONE_VM) != 0 && calls[tid].childs_word != 0)
      touch(calls[tid].childs_word, sizeof(UInt), True);
}

void
ref_kernel_fork_in_child(ThreadId tid)
{
   if (calls[tid].childs_word != 0)
      touch(calls[tid].childs_word, sizeof(UInt), True);
}

/* ---- execve ---- */

/* The auxiliary vector: after the arguments and the environment.  */
static const Elf64_auxv_t *
auxiliary_vector(Addr sp)
{
   const Addr *word = (const Addr *)sp + 1;

   while (*word++ != 0)
      ;
   while (*word++ != 0)
      ;
   return (const Elf64_auxv_t *)word;
}

/* The kernel clears what follows a file's data on its last page.  */
static void
clear_tails(Addr image)
{
   const Elf64_Ehdr *elf = (const Elf64_Ehdr *)image;
   const Elf64_Phdr *segment = (const Elf64_Phdr *)(image + elf->e_phoff);
   Addr bias = elf->e_type == ET_DYN ? image : 0;
   UInt i;

   for (i = 0; i < elf->e_phnum; i++) {
      Addr end = bias + segment[i].p_vaddr + segment[i].p_filesz;

      if (segment[i].p_type == PT_LOAD && (segment[i].p_flags & PF_W) != 0 &&
          segment[i].p_memsz > segment[i].p_filesz && end % REF_PAGE_BYTES != 0)
         touch(end, 1, True);
   }
}

static void
on_first_instruction(ThreadId tid)
{
   static Bool seen;
   Addr sp = VG_(get_SP)(tid), program = 0, loader = 0, strings;
   const Elf64_auxv_t *aux;

   if (seen)
      return;
   seen = True;
   for (aux = auxiliary_vector(sp); aux->a_type != AT_NULL; aux++) {
      if (aux->a_type == AT_PHDR)
         program = aux->a_un.a_val / REF_PAGE_BYTES * REF_PAGE_BYTES;
      if (aux->a_type == AT_BASE)
         loader = aux->a_un.a_val;
   }
   strings = (Addr)(aux + 1);
   touch(strings, VG_(am_find_nsegment)(sp)->end + 1 - strings, True);
   if (program != 0)
      clear_tails(program);
   if (loader != 0)
      clear_tails(loader);
   touch(sp, strings - sp, True);
}

void
ref_kernel_init(void)
{
   VG_(track_pre_mem_read)(on_kernel_read);
   VG_(track_pre_mem_read_asciiz)(on_kernel_read_string);
   VG_(track_new_mem_stack_signal)(on_signal_frame);
   VG_(track_pre_thread_first_insn)(on_first_instruction);
}
