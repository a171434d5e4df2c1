#include "vmtrace/tool/startup.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/fault_log.h"
#include "vmtrace/tool/initial_stack.h"
#include "vmtrace/tool/layout.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/syscalls.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/vdso.h"

#include <elf.h>

/* setup_arg_pages() of fs/exec.c: the stack's area starts this far below what
   execve wrote.  */
#define STACK_EXPAND_BYTES (128u << 10)

/* Valgrind's own image lies at its load address, in far less than this.  */
#define TOOL_IMAGE_BYTES (64ul << 20)

#define MAX_SEGMENTS 1000

/* m_clientstate.c: what the program sees as its limit.  */
extern struct vki_rlimit VG_(client_rlimit_stack);

static HChar exe_path[4096] = "?";
static Bool seen_first;

const HChar *
startup_exe_path(void)
{
   return exe_path;
}

static void
add(const struct vmt_area *area)
{
   uint32_t n_shootdowns;

   if (vmt_machine_map(&tool_machine, area, &n_shootdowns) != VMT_OK)
      tool_no_memory();
}

static UInt
rights_of(const NSegment *segment)
{
   UInt flags = 0;

   if (segment->hasR)
      flags |= VMT_AREA_READ;
   if (segment->hasW)
      flags |= VMT_AREA_WRITE;
   if (segment->hasX)
      flags |= VMT_AREA_EXEC;
   return flags;
}

static void
add_segment(const NSegment *segment)
{
   struct vmt_area area = {.start = segment->start,
                           .end = segment->end + 1,
                           .flags = rights_of(segment)};
   const HChar *name = VG_(am_get_filename)(segment);

   if (segment->kind == SkFileC && name != NULL)
      area.object = objects_of_path(name);
   if (area.object == 0) {
      area.backing = VMT_BACKING_ANON;
      area.label = objects_label("[anon]", "anon");
   } else {
      const struct tool_object *object = objects_get((UInt)area.object);

      area.backing = object->is_shmem ? VMT_BACKING_SHMEM : VMT_BACKING_FILE;
      area.page_offset = (ULong)segment->offset >> VMT_PAGE_SHIFT;
      area.label = object->label;
      objects_read_headers((UInt)area.object);
      if (exe_path[0] == '?')
         VG_(snprintf)(exe_path, sizeof exe_path, "%s", name);
   }
   add(&area);
}

/* Code that Valgrind lets the program run in its own image: what it puts in the
   place of a few functions of the loader.  */
static void
add_tool_image(void)
{
   const NSegment *segment =
      VG_(am_find_nsegment)((Addr)&startup_init);
   struct vmt_area area = {
      .start = segment->start,
      .end = segment->start + TOOL_IMAGE_BYTES,
      .flags = VMT_AREA_READ | VMT_AREA_EXEC | VMT_AREA_SPECIAL |
               VMT_AREA_EXCLUDED,
      .backing = VMT_BACKING_SHMEM,
      .object = objects_anonymous("[valgrind]"),
      .label = objects_label("[valgrind]", "special")};

   add(&area);
}

static void
add_stack(Addr sp, Addr end)
{
   ULong limit = VG_(client_rlimit_stack).rlim_cur;
   struct vmt_area area = {.start = vmt_page_floor(sp) - STACK_EXPAND_BYTES,
                           .end = end,
                           .flags = VMT_AREA_READ | VMT_AREA_WRITE |
                                    VMT_AREA_GROWSDOWN | VMT_AREA_STACK,
                           .backing = VMT_BACKING_ANON,
                           .label = objects_label("[stack]", "stack")};

   tool_machine.settings.stack_limit_bytes = limit;
   add(&area);
}

/* elf_load() of fs/binfmt_elf.c clears the rest of the page in which the file's
   part of the data ends.  */
static void
clear_bss_tail(ThreadId tid, Addr image, Addr bias)
{
   const Elf64_Ehdr *elf = (const Elf64_Ehdr *)image;
   const Elf64_Phdr *segment = (const Elf64_Phdr *)(image + elf->e_phoff);
   UInt i;

   for (i = 0; i < elf->e_phnum; i++, segment++) {
      Addr tail = bias + segment->p_vaddr + segment->p_filesz;

      if (segment->p_type == PT_LOAD && (segment->p_flags & PF_W) != 0 &&
          segment->p_memsz > segment->p_filesz &&
          (tail & (TOOL_PAGE_BYTES - 1)) != 0)
         charge_kernel_range(tid, tail, 1, True, CHARGE_START);
   }
}

static Bool
is_elf_at(Addr addr)
{
   return addr != 0 && VG_(memcmp)((const void *)addr, ELFMAG, SELFMAG) == 0;
}

static void
clear_bss_tails(ThreadId tid, Addr sp)
{
   Addr phdrs = (Addr)initial_stack_aux(sp, AT_PHDR);
   Addr loader = (Addr)initial_stack_aux(sp, AT_BASE);
   Addr image = vmt_page_floor(phdrs);

   if (is_elf_at(image))
      clear_bss_tail(tid, image,
                     ((const Elf64_Ehdr *)image)->e_type == ET_DYN ? image : 0);
   if (is_elf_at(loader))
      clear_bss_tail(tid, loader, loader);
}

/* What is no part of the program, or known already: a page of Valgrind's image
   that it makes executable for the program, the vDSO, and the page that holds
   brk's place.  */
static Bool
is_no_file_of_the_programs(const NSegment *segment)
{
   const struct vmt_area *area =
      vmt_areas_find(&tool_machine.areas, segment->start);

   return area != NULL ||
          (segment->kind == SkAnonC && segment->hasR && segment->hasW &&
           segment->hasX &&
           segment->end + 1 - segment->start == TOOL_PAGE_BYTES);
}

static void
find_areas(Addr sp)
{
   Addr starts[MAX_SEGMENTS];
   Int n = VG_(am_get_segment_starts)(SkFileC | SkAnonC | SkShmC, starts,
                                      MAX_SEGMENTS);
   Int i;

   add_tool_image();
   for (i = 0; i < n && i < MAX_SEGMENTS; i++) {
      const NSegment *segment = VG_(am_find_nsegment)(starts[i]);

      if (segment->start <= sp && sp <= segment->end)
         add_stack(sp, segment->end + 1);
      else if (!is_no_file_of_the_programs(segment))
         add_segment(segment);
   }
}

static struct initial_stack
prepare_stack(ThreadId tid)
{
   Addr place = layout_vdso(), image = 0;

   if (!layout_is_native())
      return initial_stack_as_is(tid);
   if (place != 0)
      image = vdso_map(place);
   return initial_stack_build(tid, image);
}

static void
first_instruction(ThreadId tid)
{
   struct initial_stack stack;

   if (seen_first)
      return;
   seen_first = True;
   stack = prepare_stack(tid);
   find_areas(stack.sp);
   profile_open();
   fault_log_open();
   tool_running = True;
   layout_start();

   charge_kernel_range(tid, stack.strings, stack.end - stack.strings, True,
                       CHARGE_EXECVE);
   clear_bss_tails(tid, stack.sp);
   charge_kernel_range(tid, stack.sp, stack.strings - stack.sp, True,
                       CHARGE_START);
}

void
startup_init(void)
{
   VG_(track_pre_thread_first_insn)(first_instruction);
}
