/* An ELF file in memory: its sections, compressed ones unpacked, and what it
   says of itself (build id, the separate debug files it belongs with).

   The file is mapped, and the mapping has a page of zeros behind it, so that a
   reader that trusts a string to end stops there.  Only little-endian files of
   32 and 64 bits are read.  Bytes and strings live as long as the file.  */

#ifndef VMT_HOST_ELF_FILE_H
#define VMT_HOST_ELF_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/bytes.h"

enum { VMT_BUILD_ID_MAX_BYTES = 64 };

struct vmt_build_id {
   size_t size;                 /* 0: none */
   uint8_t bytes[VMT_BUILD_ID_MAX_BYTES];
};

/* A link to another file, by name and by a check.  */
struct vmt_debug_link {
   const char *name;            /* NULL: there is none */
   uint32_t crc;                /* .gnu_debuglink */
   struct vmt_build_id id;      /* .gnu_debugaltlink */
};

enum vmt_elf_open_result {
   VMT_ELF_OK,
   VMT_ELF_MISSING,             /* no such file, or not a file to be read */
   VMT_ELF_DAMAGED              /* not ELF, or of a kind that is not read */
};

struct vmt_elf;
struct Elf;

/* *elf is NULL but for VMT_ELF_OK.  *trouble, to be freed, says what is wrong
   without the file's name; NULL if nothing is.  */
enum vmt_elf_open_result
vmt_elf_open(const char *path, struct vmt_elf **elf, char **trouble);

/* The same of bytes in memory; a copy is made.  */
enum vmt_elf_open_result
vmt_elf_open_bytes(struct vmt_bytes bytes, struct vmt_elf **elf,
                   char **trouble);

void vmt_elf_close(struct vmt_elf *elf);

/* The whole file, and libelf's view of it.  */
struct vmt_bytes vmt_elf_bytes(const struct vmt_elf *elf);
struct Elf *vmt_elf_handle(const struct vmt_elf *elf);

/* 4 or 8. */
size_t vmt_elf_address_size(const struct vmt_elf *elf);

/* Whether it still is to be linked, so that its addresses mean nothing.  */
bool vmt_elf_is_relocatable(const struct vmt_elf *elf);

bool vmt_elf_has_section(const struct vmt_elf *elf, const char *name);

/* The bytes of the named section, unpacked, also if it has the .zdebug_ name
   of old; empty if there is none, or it cannot be had: then *trouble is set as
   above, if it was NULL.  */
struct vmt_bytes vmt_elf_section(struct vmt_elf *elf, const char *name,
                                 char **trouble);

/* The end of the section (segment, where there are no sections) of code that
   address lies in; 0: it is not in code.  */
uint64_t vmt_elf_code_end(const struct vmt_elf *elf, uint64_t address);

const struct vmt_build_id *vmt_elf_build_id(const struct vmt_elf *elf);
struct vmt_debug_link vmt_elf_debug_link(struct vmt_elf *elf);
struct vmt_debug_link vmt_elf_alt_link(struct vmt_elf *elf);

bool vmt_build_id_equal(const struct vmt_build_id *a,
                        const struct vmt_build_id *b);

/* False if hex is no build id.  */
bool vmt_build_id_parse(const char *hex, struct vmt_build_id *id);

#endif
