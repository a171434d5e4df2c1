/* libelf finds the headers; section contents are taken from the mapping, where
   every range is checked against the file's size first.  */

#include "vmtrace/host/elf_file.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmtrace/host/elf_unpack.h"
#include "vmtrace/host/memory.h"

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

struct section {
   const char *name;
   GElf_Shdr header;
   struct vmt_bytes unpacked;   /* owned; data NULL until asked for */
};

struct code_range {
   uint64_t low;
   uint64_t high;
};

struct vmt_elf {
   uint8_t *map;
   size_t map_bytes;            /* padding included */
   size_t size_bytes;
   Elf *elf;
   size_t address_size;
   bool relocatable;
   struct section *sections;
   size_t n_sections;
   struct code_range *code;
   size_t n_code;
   struct vmt_build_id build_id;
};

static uint8_t *
map_padded(size_t size, size_t *map_bytes) {
   size_t page = (size_t)sysconf(_SC_PAGESIZE);
   *map_bytes = (size + page - 1) / page * page + page;
   void *map = mmap(NULL, *map_bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   return map == MAP_FAILED ? NULL : map;
}

/* Maps the file over the front of a mapping of zeros.  */
static bool
map_file(struct vmt_elf *elf, int fd, size_t size) {
   elf->map = map_padded(size, &elf->map_bytes);
   elf->size_bytes = size;
   return elf->map != NULL &&
          mmap(elf->map, size, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_FIXED, fd, 0) != MAP_FAILED;
}

static struct vmt_bytes
section_raw(const struct vmt_elf *elf, const struct section *section) {
   struct vmt_bytes file = { elf->map, elf->size_bytes };
   if (section->header.sh_type == SHT_NOBITS ||
       section->header.sh_offset > file.size ||
       section->header.sh_size > file.size - section->header.sh_offset)
      return (struct vmt_bytes){ NULL, 0 };
   return vmt_bytes_slice(file, section->header.sh_offset,
                          section->header.sh_size);
}

static void
read_sections(struct vmt_elf *elf) {
   size_t names_index = 0, count = 0;
   if (elf_getshdrnum(elf->elf, &count) != 0 || count == 0)
      return;
   bool named = elf_getshdrstrndx(elf->elf, &names_index) == 0;
   elf->sections = vmt_calloc(count, sizeof *elf->sections);
   for (size_t i = 1; i < count; i++) {
      struct section *section = &elf->sections[elf->n_sections];
      Elf_Scn *scn = elf_getscn(elf->elf, i);
      if (scn == NULL || gelf_getshdr(scn, &section->header) == NULL)
         continue;
      if (named)
         section->name = elf_strptr(elf->elf, names_index,
                                    section->header.sh_name);
      if (section->name == NULL)
         section->name = "";
      elf->n_sections++;
   }
}

static void
add_code(struct vmt_elf *elf, uint64_t low, uint64_t size) {
   uint64_t high = low + size;
   if (size == 0 || high < low)
      return;
   elf->code = vmt_realloc(elf->code, elf->n_code + 1, sizeof *elf->code);
   elf->code[elf->n_code++] = (struct code_range){ low, high };
}

static void
read_code_ranges(struct vmt_elf *elf) {
   for (size_t i = 0; i < elf->n_sections; i++) {
      const GElf_Shdr *header = &elf->sections[i].header;
      if ((header->sh_flags & SHF_ALLOC) && (header->sh_flags & SHF_EXECINSTR))
         add_code(elf, header->sh_addr, header->sh_size);
   }
   size_t n_segments = 0;
   if (elf->n_code > 0 || elf_getphdrnum(elf->elf, &n_segments) != 0)
      return;
   for (size_t i = 0; i < n_segments; i++) {
      GElf_Phdr segment;
      if (gelf_getphdr(elf->elf, (int)i, &segment) != NULL &&
          segment.p_type == PT_LOAD && (segment.p_flags & PF_X))
         add_code(elf, segment.p_vaddr, segment.p_memsz);
   }
}

/* Looks for the build id among the notes of one section or segment.  */
static bool
read_notes(struct vmt_elf *elf, struct vmt_bytes notes, uint64_t align) {
   uint64_t mask = align == 8 ? 7 : 3;
   struct vmt_cursor cursor = vmt_cursor_at(notes, 0);
   while (!cursor.bad && vmt_cursor_left(&cursor) >= 12) {
      uint64_t name_size = vmt_cursor_uint(&cursor, 4);
      uint64_t size = vmt_cursor_uint(&cursor, 4);
      uint64_t type = vmt_cursor_uint(&cursor, 4);
      const uint8_t *name = cursor.at;
      vmt_cursor_skip(&cursor, (name_size + mask) & ~mask);
      const uint8_t *bytes = cursor.at;
      vmt_cursor_skip(&cursor, size);
      if (cursor.bad)
         return false;
      if (type == NT_GNU_BUILD_ID && name_size == 4 &&
          memcmp(name, "GNU", 4) == 0 && size > 0 &&
          size <= VMT_BUILD_ID_MAX_BYTES) {
         elf->build_id.size = (size_t)size;
         memcpy(elf->build_id.bytes, bytes, (size_t)size);
         return true;
      }
      uint64_t rest = ((size + mask) & ~mask) - size;
      if (rest > vmt_cursor_left(&cursor))
         return false;
      vmt_cursor_skip(&cursor, rest);
   }
   return false;
}

static void
read_build_id(struct vmt_elf *elf) {
   for (size_t i = 0; i < elf->n_sections; i++) {
      const struct section *section = &elf->sections[i];
      if (section->header.sh_type == SHT_NOTE &&
          read_notes(elf, section_raw(elf, section),
                     section->header.sh_addralign))
         return;
   }
   size_t n_segments = 0;
   if (elf_getphdrnum(elf->elf, &n_segments) != 0)
      return;
   for (size_t i = 0; i < n_segments; i++) {
      GElf_Phdr segment;
      struct vmt_bytes file = { elf->map, elf->size_bytes };
      if (gelf_getphdr(elf->elf, (int)i, &segment) != NULL &&
          segment.p_type == PT_NOTE &&
          read_notes(elf,
                     vmt_bytes_slice(file, segment.p_offset, segment.p_filesz),
                     segment.p_align))
         return;
   }
}

/* What keeps the mapped file from being read, or NULL.  */
static const char *
read_headers(struct vmt_elf *elf) {
   elf_version(EV_CURRENT);
   elf->elf = elf_memory((char *)elf->map, elf->size_bytes);
   GElf_Ehdr header;
   if (elf->elf == NULL || elf_kind(elf->elf) != ELF_K_ELF ||
       gelf_getehdr(elf->elf, &header) == NULL)
      return "not an ELF file";
   if (header.e_ident[EI_DATA] != ELFDATA2LSB)
      return "of another byte order than this machine's";
   elf->relocatable = header.e_type == ET_REL;
   elf->address_size = gelf_getclass(elf->elf) == ELFCLASS32 ? 4 : 8;
   read_sections(elf);
   read_code_ranges(elf);
   read_build_id(elf);
   return NULL;
}

static enum vmt_elf_open_result
finish_open(struct vmt_elf *opened, struct vmt_elf **elf, char **trouble) {
   const char *why = read_headers(opened);
   if (why != NULL) {
      *trouble = vmt_strdup(why);
      vmt_elf_close(opened);
      return VMT_ELF_DAMAGED;
   }
   *elf = opened;
   return VMT_ELF_OK;
}

enum vmt_elf_open_result
vmt_elf_open(const char *path, struct vmt_elf **elf, char **trouble) {
   *elf = NULL;
   *trouble = NULL;
   struct stat status;
   int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
   if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
      *trouble = vmt_strdup(fd < 0 ? strerror(errno) : "not a regular file");
      if (fd >= 0)
         close(fd);
      return VMT_ELF_MISSING;
   }
   if (status.st_size == 0) {
      *trouble = vmt_strdup("empty");
      close(fd);
      return VMT_ELF_DAMAGED;
   }
   struct vmt_elf *opened = vmt_calloc(1, sizeof *opened);
   if (!map_file(opened, fd, (size_t)status.st_size)) {
      *trouble = vmt_strdup(strerror(errno));
      close(fd);
      vmt_elf_close(opened);
      return VMT_ELF_MISSING;
   }
   close(fd);
   return finish_open(opened, elf, trouble);
}

enum vmt_elf_open_result
vmt_elf_open_bytes(struct vmt_bytes bytes, struct vmt_elf **elf,
                   char **trouble) {
   *elf = NULL;
   *trouble = NULL;
   struct vmt_elf *opened = vmt_calloc(1, sizeof *opened);
   opened->map = map_padded(bytes.size, &opened->map_bytes);
   opened->size_bytes = bytes.size;
   if (opened->map == NULL) {
      *trouble = vmt_strdup(strerror(errno));
      vmt_elf_close(opened);
      return VMT_ELF_MISSING;
   }
   memcpy(opened->map, bytes.data, bytes.size);
   return finish_open(opened, elf, trouble);
}

void
vmt_elf_close(struct vmt_elf *elf) {
   if (elf == NULL)
      return;
   for (size_t i = 0; i < elf->n_sections; i++)
      free((void *)elf->sections[i].unpacked.data);
   free(elf->sections);
   free(elf->code);
   elf_end(elf->elf);
   if (elf->map != NULL)
      munmap(elf->map, elf->map_bytes);
   free(elf);
}

struct vmt_bytes
vmt_elf_bytes(const struct vmt_elf *elf) {
   return (struct vmt_bytes){ elf->map, elf->size_bytes };
}

Elf *
vmt_elf_handle(const struct vmt_elf *elf) {
   return elf->elf;
}

size_t
vmt_elf_address_size(const struct vmt_elf *elf) {
   return elf->address_size;
}

/* .debug_x matches .zdebug_x too.  */
static bool
name_matches(const struct section *section, const char *name) {
   return strcmp(section->name, name) == 0 ||
          (strncmp(section->name, ".zdebug_", 8) == 0 &&
           strncmp(name, ".debug_", 7) == 0 &&
           strcmp(section->name + 8, name + 7) == 0);
}

static struct section *
find_section(const struct vmt_elf *elf, const char *name) {
   for (size_t i = 0; i < elf->n_sections; i++)
      if (name_matches(&elf->sections[i], name) &&
          elf->sections[i].header.sh_type != SHT_NOBITS)
         return &elf->sections[i];
   return NULL;
}

bool
vmt_elf_is_relocatable(const struct vmt_elf *elf) {
   return elf->relocatable;
}

bool
vmt_elf_has_section(const struct vmt_elf *elf, const char *name) {
   return find_section(elf, name) != NULL;
}

/* How a section is packed, what it unpacks to, and where the stream starts.  */
static bool
read_packing(const struct vmt_elf *elf, const struct section *section,
             struct vmt_bytes raw, enum vmt_packing *packing, uint64_t *size,
             size_t *start) {
   struct vmt_cursor cursor = vmt_cursor_at(raw, 0);
   if (section->header.sh_flags & SHF_COMPRESSED) {
      size_t word = elf->address_size;
      uint64_t type = vmt_cursor_uint(&cursor, 4);
      vmt_cursor_skip(&cursor, word - 4);
      *size = vmt_cursor_uint(&cursor, word);
      *packing = type == ELFCOMPRESS_ZLIB   ? VMT_PACKED_ZLIB
                 : type == ELFCOMPRESS_ZSTD ? VMT_PACKED_ZSTD
                                            : VMT_PACKED_OTHER;
      *start = 3 * word;
      return true;
   }
   if (strncmp(section->name, ".zdebug_", 8) == 0 && raw.size >= 12 &&
       memcmp(raw.data, "ZLIB", 4) == 0) {
      *size = 0;
      for (size_t i = 4; i < 12; i++)
         *size = *size << 8 | raw.data[i];
      *packing = VMT_PACKED_ZLIB;
      *start = 12;
      return true;
   }
   return false;
}

struct vmt_bytes
vmt_elf_section(struct vmt_elf *elf, const char *name, char **trouble) {
   struct vmt_bytes none = { NULL, 0 };
   struct section *section = find_section(elf, name);
   if (section == NULL)
      return none;
   if (section->unpacked.data != NULL)
      return section->unpacked;
   struct vmt_bytes raw = section_raw(elf, section);
   enum vmt_packing packing;
   uint64_t size;
   size_t start;
   char *why = NULL;
   if (raw.data == NULL) {
      why = vmt_strdup("beyond the end of the file");
   } else if (!read_packing(elf, section, raw, &packing, &size, &start)) {
      return raw;
   } else {
      section->unpacked = vmt_unpack(packing, vmt_bytes_from(raw, start), size,
                                     &why);
   }
   if (why != NULL && *trouble == NULL)
      *trouble = vmt_format("its section %s is %s", name, why);
   free(why);
   return section->unpacked;
}

uint64_t
vmt_elf_code_end(const struct vmt_elf *elf, uint64_t address) {
   for (size_t i = 0; i < elf->n_code; i++)
      if (address >= elf->code[i].low && address < elf->code[i].high)
         return elf->code[i].high;
   return 0;
}

const struct vmt_build_id *
vmt_elf_build_id(const struct vmt_elf *elf) {
   return &elf->build_id;
}

/* The name at the head of a link section, and where what follows starts.  */
static struct vmt_bytes
link_section(struct vmt_elf *elf, const char *section, const char **name,
             size_t *after) {
   char *trouble = NULL;
   struct vmt_bytes bytes = vmt_elf_section(elf, section, &trouble);
   free(trouble);
   *name = vmt_bytes_string(bytes, 0);
   *after = *name == NULL ? 0 : strlen(*name) + 1;
   if (*name != NULL && **name == '\0')
      *name = NULL;
   return bytes;
}

struct vmt_debug_link
vmt_elf_debug_link(struct vmt_elf *elf) {
   struct vmt_debug_link link = { .name = NULL };
   size_t after;
   struct vmt_bytes bytes = link_section(elf, ".gnu_debuglink", &link.name,
                                         &after);
   struct vmt_cursor cursor = vmt_cursor_at(bytes, (after + 3) & ~(size_t)3);
   link.crc = (uint32_t)vmt_cursor_uint(&cursor, 4);
   if (cursor.bad)
      link.name = NULL;
   return link;
}

struct vmt_debug_link
vmt_elf_alt_link(struct vmt_elf *elf) {
   struct vmt_debug_link link = { .name = NULL };
   size_t after;
   struct vmt_bytes bytes = link_section(elf, ".gnu_debugaltlink", &link.name,
                                         &after);
   bytes = vmt_bytes_from(bytes, after);
   if (bytes.size > VMT_BUILD_ID_MAX_BYTES)
      link.name = NULL;
   if (link.name == NULL)
      return link;
   link.id.size = bytes.size;
   if (bytes.size > 0)
      memcpy(link.id.bytes, bytes.data, bytes.size);
   return link;
}

bool
vmt_build_id_equal(const struct vmt_build_id *a,
                   const struct vmt_build_id *b) {
   return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

static int
hex_digit(char c) {
   if (c >= '0' && c <= '9')
      return c - '0';
   if (c >= 'a' && c <= 'f')
      return c - 'a' + 10;
   return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool
vmt_build_id_parse(const char *hex, struct vmt_build_id *id) {
   id->size = 0;
   for (; hex[0] != '\0'; hex += 2) {
      int high = hex_digit(hex[0]);
      int low = high < 0 ? -1 : hex_digit(hex[1]);
      if (low < 0 || id->size == VMT_BUILD_ID_MAX_BYTES)
         return false;
      id->bytes[id->size++] = (uint8_t)(high << 4 | low);
   }
   return id->size > 0;
}
