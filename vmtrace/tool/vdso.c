#include "vmtrace/tool/vdso.h"

#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/tool.h"

#include <elf.h>

#define MAX_PARTS 4
#define MAX_IMAGE_BYTES (4 * VMT_PAGE_BYTES)

/* pub_core_aspacemgr.h */
extern SysRes VG_(am_mmap_anon_fixed_client)(Addr start, SizeT bytes,
                                             UInt rights);
extern Bool VG_(am_notify_mprotect)(Addr start, SizeT bytes, UInt rights);

/* The kernel's mappings for it, lowest first; they touch each other.  */
static struct part {
   Addr start, end;
   HChar name[32];                      /* "[vvar]" */
} parts[MAX_PARTS];
static UInt n_parts;

static UChar image[MAX_IMAGE_BYTES];    /* of the last part, "[vdso]" */

/* ---- the copy ---- */

/* "7ffff7fc1000-7ffff7fc5000 r--p 00000000 00:00 0    [vvar]" (proc(5)).  */
static void
note_mapping(const HChar *line)
{
   const HChar *name = VG_(strchr)(line, '[');
   HChar *at;
   struct part *part = &parts[n_parts];

   if (name == NULL || n_parts == MAX_PARTS ||
       VG_(strlen)(name) >= sizeof part->name ||
       (VG_(strncmp)(name, "[vvar", 5) != 0 && !VG_STREQ(name, "[vdso]")))
      return;
   part->start = VG_(strtoull16)(line, &at);
   if (*at != '-')
      return;
   part->end = VG_(strtoull16)(at + 1, NULL);
   VG_(strcpy)(part->name, name);
   n_parts++;
}

static void
note_mappings(void)
{
   static HChar text[1 << 16];
   SysRes opened = VG_(open)("/proc/self/maps", VKI_O_RDONLY, 0);
   SizeT bytes = 0;
   HChar *line, *end;
   Int n;

   if (sr_isError(opened))
      return;
   while (bytes < sizeof text - 1 &&
          (n = VG_(read)((Int)sr_Res(opened), text + bytes,
                         (Int)(sizeof text - 1 - bytes))) > 0)
      bytes += (SizeT)n;
   VG_(close)((Int)sr_Res(opened));
   text[bytes] = 0;
   for (line = text; (end = VG_(strchr)(line, '\n')) != NULL; line = end + 1) {
      *end = 0;
      note_mapping(line);
   }
}

/* The auxiliary vector lies behind the environment (System V ABI, AMD64
   supplement, 3.4.1).  */
static Addr
own_image(Addr sp)
{
   const ULong *word = (const ULong *)sp + 1;
   UInt skipped;

   for (skipped = 0; skipped < 2; word++)
      skipped += *word == 0;
   for (; word[0] != AT_NULL; word += 2)
      if (word[0] == AT_SYSINFO_EHDR)
         return (Addr)word[1];
   return 0;
}

/* Whether they are as this file thinks: one after the other, the image last. */
static Bool
are_plain(Addr image_start)
{
   const struct part *last = &parts[n_parts - 1];
   UInt i;

   if (n_parts == 0 || last->start != image_start ||
       last->end - last->start > MAX_IMAGE_BYTES)
      return False;
   for (i = 0; i < n_parts - 1; i++)
      if (parts[i].end != parts[i + 1].start)
         return False;
   return VG_(memcmp)((const void *)image_start, ELFMAG, SELFMAG) == 0;
}

void
vdso_copy(Addr sp)
{
   Addr start = own_image(sp);

   note_mappings();
   if (start == 0 || !are_plain(start)) {
      n_parts = 0;
      return;
   }
   VG_(memcpy)(image, (const void *)start,
               parts[n_parts - 1].end - parts[n_parts - 1].start);
}

SizeT
vdso_bytes(void)
{
   return n_parts == 0 ? 0 : parts[n_parts - 1].end - parts[0].start;
}

/* ---- its functions ---- */

static const struct entry {
   const HChar *name;                   /* behind "__vdso_", or as it is */
   Int number;                          /* of the system call, or a negative
                                           error to return */
   Bool reads_data;
} entries[] = {{"clock_gettime", __NR_clock_gettime, True},
               {"gettimeofday", __NR_gettimeofday, True},
               {"time", __NR_time, True},
               {"clock_getres", __NR_clock_getres, True},
               {"getcpu", __NR_getcpu, False},
               {"getrandom", -VKI_ENOSYS, False}};

static const struct entry *
entry_of(const HChar *symbol)
{
   UInt i;

   if (VG_(strncmp)(symbol, "__vdso_", 7) == 0)
      symbol += 7;
   for (i = 0; i < sizeof entries / sizeof entries[0]; i++)
      if (VG_STREQ(symbol, entries[i].name))
         return &entries[i];
   return NULL;
}

static UChar *
put_int(UChar *code, Int value)
{
   VG_(memcpy)(code, &value, sizeof value);
   return code + sizeof value;
}

/*    cmpl $0, data(%rip)     if it reads the data page
      movl $number, %eax
      syscall                 unless it is an error
      ret  */
static void
write_code(UChar *code, const struct entry *entry, Addr data)
{
   if (entry->reads_data) {
      *code++ = 0x83;
      *code++ = 0x3d;
      code = put_int(code, (Int)(data - ((Addr)code + 5)));
      *code++ = 0;
   }
   *code++ = 0xb8;
   code = put_int(code, entry->number);
   if (entry->number >= 0) {
      *code++ = 0x0f;
      *code++ = 0x05;
   }
   *code = 0xc3;
}

#define MAX_CODE_BYTES 15

static const Elf64_Shdr *
section_of_type(const Elf64_Ehdr *elf, SizeT bytes, UInt type)
{
   const Elf64_Shdr *section =
      (const Elf64_Shdr *)((const UChar *)elf + elf->e_shoff);
   UInt i;

   if (elf->e_shoff == 0 || elf->e_shentsize != sizeof *section ||
       elf->e_shoff + elf->e_shnum * sizeof *section > bytes)
      return NULL;
   for (i = 0; i < elf->e_shnum; i++)
      if (section[i].sh_type == type &&
          section[i].sh_offset + section[i].sh_size <= bytes)
         return &section[i];
   return NULL;
}

/* Whether all that it offers could be found.  */
static Bool
write_entries(UChar *at, SizeT bytes, Addr data)
{
   const Elf64_Ehdr *elf = (const Elf64_Ehdr *)at;
   const Elf64_Shdr *symbols = section_of_type(elf, bytes, SHT_DYNSYM);
   const Elf64_Shdr *names = section_of_type(elf, bytes, SHT_STRTAB);
   UInt i;

   if (symbols == NULL || names == NULL)
      return False;
   for (i = 1; i < symbols->sh_size / sizeof(Elf64_Sym); i++) {
      const Elf64_Sym *symbol = (const Elf64_Sym *)(at + symbols->sh_offset) + i;
      const struct entry *entry;

      if (symbol->st_name >= names->sh_size || symbol->st_shndx == SHN_UNDEF ||
          ELF64_ST_TYPE(symbol->st_info) != STT_FUNC)
         continue;
      entry = entry_of((const HChar *)at + names->sh_offset + symbol->st_name);
      if (entry == NULL)
         continue;
      if (symbol->st_value + MAX_CODE_BYTES > bytes ||
          symbol->st_size < MAX_CODE_BYTES)
         return False;
      write_code(at + symbol->st_value, entry, data);
   }
   return True;
}

/* ---- in the program ---- */

static void
add_area(const struct part *part, Addr start, Bool is_image)
{
   struct vmt_area area = {
      .start = start,
      .end = start + (part->end - part->start),
      .flags = VMT_AREA_READ | VMT_AREA_SPECIAL |
               (is_image ? VMT_AREA_EXEC : VMT_AREA_PFNMAP),
      .backing = VMT_BACKING_FILE,
      .object = objects_anonymous(part->name),
      .label = objects_label(part->name, "special")};
   uint32_t n_shootdowns;

   if (vmt_machine_map(&tool_machine, &area, &n_shootdowns) != VMT_OK)
      tool_no_memory();
}

static void
protect(Addr start, SizeT bytes, UInt rights)
{
   if (rawcall_protect(start, bytes, rights))
      VG_(am_notify_mprotect)(start, bytes, rights);
}

Addr
vdso_map(Addr start)
{
   const struct part *last = &parts[n_parts - 1];
   SizeT bytes = last->end - last->start;
   Addr at = start + (last->start - parts[0].start);
   UInt i;

   if (!write_entries(image, bytes, parts[0].start - last->start +
                                       (Addr)image) ||
       sr_isError(VG_(am_mmap_anon_fixed_client)(
          start, vdso_bytes(), VKI_PROT_READ | VKI_PROT_WRITE)))
      return 0;
   VG_(memcpy)((void *)at, image, bytes);
   protect(start, at - start, VKI_PROT_READ);
   protect(at, bytes, VKI_PROT_READ | VKI_PROT_EXEC);
   for (i = 0; i < n_parts; i++)
      add_area(&parts[i], start + (parts[i].start - parts[0].start),
               &parts[i] == last);
   return at;
}
