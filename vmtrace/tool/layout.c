#include "vmtrace/tool/layout.h"

#include "vmtrace/tool/initial_stack.h"
#include "vmtrace/tool/options.h"
#include "vmtrace/tool/program_file.h"
#include "vmtrace/tool/shared_memory.h"
#include "vmtrace/tool/syscalls.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/vdso.h"
#include "vmtrace_config.h"

#ifdef HAVE_WRAP_LAYOUT

#define STACK_END 0x1ffffff000ul
#define MMAP_END 0x1ff7fff000ul
#define PIE_BASE 0x215554000ul

#define NATIVE_STACK_END 0x7ffffffff000ul
#define NATIVE_PIE_BASE 0x555555554000ul

/* --aspace-minaddr's default, and the kernel's vm.mmap_min_addr.  */
#define DEFAULT_MIN_ADDR 0x4000000ul
#define NATIVE_MIN_ADDR 0x10000ul

/* PMD_SIZE: from this size on, mappings are placed so that huge pages fit.  */
#define HUGE_BYTES (2ul << 20)

/* Of address space, for brk.  */
#define HEAP_BYTES (40ul << 30)

/* ---- the core's functions and shapes ---- */

/* pub_core_aspacemgr.h */
struct map_request {
   enum { MAP_FIXED_AT, MAP_HINTED, MAP_ANYWHERE } kind;
   Addr start, len;
};

/* pub_core_ume.h, as of Valgrind 3.12 */
struct exe_info {
   const HChar **argv;
   Addr exe_base, exe_end;              /* told where to, tells where */
   Addr phdr;
   Int phnum;
   UInt stack_prot;
   Word interp_offset;
   void *arch_elf_state;
   Addr entry, init_ip, brkbase;
};

/* m_options.c */
extern Addr VG_(clo_aspacem_minAddr);

extern Addr __real_vgPlain_am_startup(Addr sp);
extern Int __real_vgPlain_load_ELF(Int fd, const HChar *name,
                                   struct exe_info *info);
extern Bool __real_vgPlain_am_create_reservation(Addr start, SizeT bytes,
                                                 ShrinkMode mode,
                                                 SSizeT extra);
extern Addr __real_vgPlain_am_get_advisory(const struct map_request *request,
                                           Bool for_client, Bool *ok);
extern Addr __real_vgPlain_am_get_advisory_client_simple(Addr start,
                                                         SizeT bytes,
                                                         Bool *ok);
Addr __wrap_vgPlain_am_startup(Addr sp);
Int __wrap_vgPlain_load_ELF(Int fd, const HChar *name, struct exe_info *info);
Bool __wrap_vgPlain_am_create_reservation(Addr start, SizeT bytes,
                                          ShrinkMode mode, SSizeT extra);
Addr __wrap_vgPlain_am_get_advisory(const struct map_request *request,
                                    Bool for_client, Bool *ok);
Addr __wrap_vgPlain_am_get_advisory_client_simple(Addr start, SizeT bytes,
                                                  Bool *ok);

static Bool native = True;      /* as far as the command line was read */
static Bool started;

/* The vDSO's mappings lie just below the loader, which is mapped first.  */
static Addr vdso_start, vdso_end;
static Addr heap_start, heap_end;       /* of brk's place */

static void
reserve_vdso(Addr end)
{
   vdso_end = end;
   vdso_start = end - vdso_bytes();
}

/* ---- before the options are read ---- */

static Bool
mentions_valgrind_layout(const HChar *text)
{
   return text != NULL && VG_(strstr)(text, "--layout=valgrind") != NULL;
}

/* The stack's place is decided before the core reads any option, so the words
   on Valgrind's own stack are looked at: argc, argv, 0, environment.  */
static Bool
wants_native(Addr sp)
{
   const HChar **word = (const HChar **)sp + 2;

   for (; *word != NULL && **word == '-'; word++)
      if (mentions_valgrind_layout(*word))
         return False;
   while (*word != NULL)
      word++;
   for (word++; *word != NULL; word++)
      if (VG_(strncmp)(*word, "VALGRIND_OPTS=", 14) == 0 &&
          mentions_valgrind_layout(*word))
         return False;
   return True;
}

/* The heap of a program at fixed addresses starts below the core's lowest one.  */
Addr
__wrap_vgPlain_am_startup(Addr sp)
{
   Addr end;

   native = wants_native(sp);
   if (native && VG_(clo_aspacem_minAddr) == DEFAULT_MIN_ADDR)
      VG_(clo_aspacem_minAddr) = NATIVE_MIN_ADDR;
   end = __real_vgPlain_am_startup(sp);
   if (!native)
      return end;
   vdso_copy(sp);
   initial_stack_note_own(sp);
   return STACK_END - 1;
}

/* load_elf_binary() of fs/binfmt_elf.c maps one that needs no loader (a static
   program, or a loader itself) where mmap would, and moves brk to where others
   would be.  The core's loader puts a position-independent program at two thirds
   of the space that it is told of.  */
Int
__wrap_vgPlain_load_ELF(Int fd, const HChar *name, struct exe_info *info)
{
   SizeT alone_bytes = native ? program_file_bytes_alone(fd) : 0;
   Addr base = alone_bytes != 0 ? MMAP_END - alone_bytes : PIE_BASE;
   Int error;

   if (native) {
      info->exe_base = 0;
      info->exe_end = base / 2 * 3;
   }
   error = __real_vgPlain_load_ELF(fd, name, info);
   if (error == 0 && alone_bytes != 0 && info->exe_base == base &&
       vmt_page_ceil(info->brkbase) == MMAP_END) {
      info->brkbase = PIE_BASE + VMT_PAGE_BYTES;
      reserve_vdso(base);
   }
   return error;
}

/* The only reservation that shrinks from its lower end is the heap's.  */
Bool
__wrap_vgPlain_am_create_reservation(Addr start, SizeT bytes, ShrinkMode mode,
                                     SSizeT extra)
{
   SizeT wanted = HEAP_BYTES;

   if (!native || mode != SmLower)
      return __real_vgPlain_am_create_reservation(start, bytes, mode, extra);
   while (!__real_vgPlain_am_create_reservation(start, wanted, mode, extra)) {
      if (wanted == bytes)
         return False;
      wanted -= vmt_page_floor(wanted / 8);
      if (wanted < bytes)
         wanted = bytes;
   }
   heap_start = start;
   heap_end = start + wanted;
   return True;
}

/* ---- mmap ---- */

static Bool
is_free(Addr start, SizeT bytes)
{
   const struct map_request hint = {MAP_HINTED, start, bytes};
   Bool ok;

   return __real_vgPlain_am_get_advisory(&hint, True, &ok) == start && ok;
}

static Bool
meets(Addr start, Addr end, Addr low, Addr high)
{
   return end > low && start < high;
}

/* Where the lowest thing in [low, high) begins that is in the way, or high.  */
static Addr
obstacle(Addr low, Addr high)
{
   const struct vmt_area *area;
   Addr page;

   if (meets(vdso_start, vdso_end, low, high))
      return vdso_start;
   if (meets(SHARED_MEMORY_START, shared_memory_end(), low, high))
      return SHARED_MEMORY_START;
   if (started) {
      area = vmt_areas_from(&tool_machine.areas, low);
      if (area != NULL && area->start < high)
         return area->start;
   }
   for (page = low; page < high; page += VMT_PAGE_BYTES) {
      const NSegment *segment = VG_(am_find_nsegment)(page);

      if (segment != NULL)
         return segment->start;
   }
   return high;
}

/* The highest free place of this size below the stack.  */
static Addr
top_down(SizeT bytes)
{
   Addr top = MMAP_END;

   while (top > bytes) {
      Addr start = top - bytes;

      if (!meets(vdso_start, vdso_end, start, top) &&
          !meets(SHARED_MEMORY_START, shared_memory_end(), start, top) &&
          is_free(start, bytes))
         return start;
      top = obstacle(start, top);
      if (top == start + bytes)
         return 0;
   }
   return 0;
}

/* thp_get_unmapped_area: a file mapping that holds an aligned huge page's worth
   of its file, and a private anonymous one that is a whole number of huge
   pages, is placed so that address and offset agree modulo 2 MiB.  Shared memory is
   not, unless the administrator has huge pages in it (shmem_get_unmapped_area).  */
static Bool
wants_huge_alignment(const struct syscalls_mapping *mapping, SizeT bytes,
                     ULong *offset)
{
   const UInt anonymous_private = VKI_MAP_ANONYMOUS | VKI_MAP_PRIVATE;
   ULong first_huge;

   if (!mapping->active || mapping->is_shmem)
      return False;
   if ((mapping->flags & VKI_MAP_ANONYMOUS) != 0) {
      *offset = 0;
      return mapping->hint == 0 && bytes % HUGE_BYTES == 0 &&
             (mapping->flags & (VKI_MAP_SHARED | VKI_MAP_PRIVATE |
                                VKI_MAP_ANONYMOUS)) == anonymous_private;
   }
   *offset = mapping->offset;
   first_huge = (*offset + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1);
   return *offset + bytes >= first_huge + HUGE_BYTES;
}

static Addr
place(SizeT bytes)
{
   ULong offset;
   Addr start;

   if (wants_huge_alignment(&syscalls_mapping, bytes, &offset)) {
      start = top_down(bytes + HUGE_BYTES);
      if (start != 0) {
         ULong shift = (offset - start) & (HUGE_BYTES - 1);

         return start + (shift != 0 ? shift : HUGE_BYTES);
      }
   }
   return top_down(bytes);
}

static Addr
place_anywhere(SizeT bytes, Bool *ok)
{
   Addr start = place(vmt_page_ceil(bytes));

   *ok = start != 0;

   /* The first thing mapped anywhere is the loader.  */
   if (start != 0 && vdso_end == 0)
      reserve_vdso(start);
   return start;
}

Addr
__wrap_vgPlain_am_get_advisory(const struct map_request *request,
                               Bool for_client, Bool *ok)
{
   Addr start;

   if (!native || !for_client || request->kind == MAP_FIXED_AT)
      return __real_vgPlain_am_get_advisory(request, for_client, ok);
   if (request->kind == MAP_HINTED && request->start != 0) {
      start = __real_vgPlain_am_get_advisory(request, True, ok);
      if (*ok && start == request->start)
         return start;
   }
   start = place_anywhere(request->len, ok);
   return *ok ? start
              : __real_vgPlain_am_get_advisory(request, for_client, ok);
}

Addr
__wrap_vgPlain_am_get_advisory_client_simple(Addr start, SizeT bytes, Bool *ok)
{
   if (native && started && start == 0) {
      Addr found = place_anywhere(bytes, ok);

      if (*ok)
         return found;
   }
   return __real_vgPlain_am_get_advisory_client_simple(start, bytes, ok);
}

Bool
layout_is_native(void)
{
   return native;
}

/* The program and brk's place lie below everything that is mapped downwards from
   the stack; a program that is not position-independent is where it is.  */
Addr
layout_native_address(Addr addr)
{
   if (!native || addr >= STACK_END)
      return addr;
   if (addr >= heap_end)
      return addr + (NATIVE_STACK_END - STACK_END);
   if (addr >= PIE_BASE && heap_start >= PIE_BASE)
      return addr + (NATIVE_PIE_BASE - PIE_BASE);
   return addr;
}

Addr
layout_vdso(void)
{
   if (vdso_bytes() == 0)
      return 0;
   if (vdso_end == 0)
      reserve_vdso(top_down(vdso_bytes()) + vdso_bytes());
   return vdso_start;
}

void
layout_start(void)
{
   started = True;
}

#else

Bool
layout_is_native(void)
{
   return False;
}

Addr
layout_native_address(Addr addr)
{
   return addr;
}

Addr
layout_vdso(void)
{
   return 0;
}

void
layout_start(void)
{
}

#endif
