/* Which symbol of an ELF file an address belongs to.

   Of several symbols at one address, functions go before untyped symbols,
   global before weak before local ones, and names with fewer leading
   underscores first.  A symbol of size 0 reaches up to the next one.  */

#ifndef VMT_HOST_ELF_SYMBOLS_H
#define VMT_HOST_ELF_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/elf_file.h"
#include "vmtrace/host/segments.h"

struct vmt_elf_symbols;

struct vmt_elf_symbols *vmt_elf_symbols_new(void);
void vmt_elf_symbols_free(struct vmt_elf_symbols *symbols);

/* Adds the table of section type SHT_SYMTAB or SHT_DYNSYM; how many were added.
   Names stay in the file.  */
size_t vmt_elf_symbols_add(struct vmt_elf_symbols *symbols,
                           const struct vmt_elf *elf, uint32_t section_type);

/* After the last addition, before the first search.  */
void vmt_elf_symbols_finish(struct vmt_elf_symbols *symbols);

/* The name, as in the table, or NULL.  */
const char *vmt_elf_symbols_find(struct vmt_elf_symbols *symbols,
                                 uint64_t address);

#endif
