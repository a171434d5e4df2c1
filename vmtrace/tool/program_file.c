#include "vmtrace/tool/program_file.h"

#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/tool.h"

#include <elf.h>

#define MAX_SEGMENTS 64

SizeT
program_file_bytes_alone(Int fd)
{
   Elf64_Ehdr elf;
   Elf64_Phdr segments[MAX_SEGMENTS];
   Addr low = ~(Addr)0, high = 0;
   UInt i;

   if (rawcall_pread(fd, &elf, sizeof elf, 0) != (SSizeT)sizeof elf ||
       VG_(memcmp)(elf.e_ident, ELFMAG, SELFMAG) != 0 ||
       elf.e_type != ET_DYN || elf.e_phnum > MAX_SEGMENTS ||
       rawcall_pread(fd, segments, elf.e_phnum * sizeof segments[0],
                     elf.e_phoff) !=
          (SSizeT)(elf.e_phnum * sizeof segments[0]))
      return 0;
   for (i = 0; i < elf.e_phnum; i++) {
      const Elf64_Phdr *segment = &segments[i];

      if (segment->p_type == PT_INTERP)
         return 0;
      if (segment->p_type != PT_LOAD)
         continue;
      if (vmt_page_floor(segment->p_vaddr) < low)
         low = vmt_page_floor(segment->p_vaddr);
      if (vmt_page_ceil(segment->p_vaddr + segment->p_memsz) > high)
         high = vmt_page_ceil(segment->p_vaddr + segment->p_memsz);
   }
   return high > low ? high - low : 0;
}
