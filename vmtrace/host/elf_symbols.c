#include "vmtrace/host/elf_symbols.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

struct symbol {
   uint64_t start;
   uint64_t size;
   uint64_t code_end;           /* of the section it is in */
   const char *name;
   uint32_t rank;               /* smaller is better */
};

struct vmt_elf_symbols {
   struct symbol *all;
   size_t n;
   size_t room;
   struct vmt_segments segments;
};

struct vmt_elf_symbols *
vmt_elf_symbols_new(void) {
   return vmt_calloc(1, sizeof(struct vmt_elf_symbols));
}

void
vmt_elf_symbols_free(struct vmt_elf_symbols *symbols) {
   if (symbols == NULL)
      return;
   free(symbols->all);
   vmt_segments_free(&symbols->segments);
   free(symbols);
}

static uint32_t
rank_of(const GElf_Sym *symbol, const char *name) {
   int binding = GELF_ST_BIND(symbol->st_info);
   uint32_t underscores = (uint32_t)strspn(name, "_");
   /* Mangled names start with underscores of another meaning.  */
   if (strncmp(name, "_Z", 2) == 0 || strncmp(name, "_R", 2) == 0)
      underscores = 0;
   if (underscores > 15)
      underscores = 15;
   uint32_t rank = GELF_ST_TYPE(symbol->st_info) == STT_NOTYPE ? 64 : 0;
   rank += binding == STB_LOCAL ? 32 : binding == STB_WEAK ? 16 : 0;
   return rank + underscores;
}

static void
add_symbol(struct vmt_elf_symbols *symbols, const struct vmt_elf *elf,
           const GElf_Sym *symbol, const char *name) {
   int type = GELF_ST_TYPE(symbol->st_info);
   if (symbol->st_shndx == SHN_UNDEF || name == NULL || name[0] == '\0')
      return;
   if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
      return;
   uint64_t code_end = vmt_elf_code_end(elf, symbol->st_value);
   if (code_end == 0)
      return;
   symbols->all = vmt_grow(symbols->all, symbols->n, &symbols->room,
                           sizeof *symbols->all);
   symbols->all[symbols->n++] = (struct symbol){
      .start = symbol->st_value,
      .size = symbol->st_size,
      .code_end = code_end,
      .name = name,
      .rank = rank_of(symbol, name),
   };
}

size_t
vmt_elf_symbols_add(struct vmt_elf_symbols *symbols, const struct vmt_elf *elf,
                    uint32_t section_type) {
   size_t before = symbols->n;
   Elf *handle = vmt_elf_handle(elf);
   Elf_Scn *scn = NULL;
   while ((scn = elf_nextscn(handle, scn)) != NULL) {
      GElf_Shdr header;
      Elf_Data *data;
      if (gelf_getshdr(scn, &header) == NULL ||
          header.sh_type != section_type || header.sh_entsize == 0 ||
          (data = elf_getdata(scn, NULL)) == NULL)
         continue;
      size_t n = data->d_size / header.sh_entsize;
      for (size_t i = 1; i < n && i <= INT32_MAX; i++) {
         GElf_Sym symbol;
         if (gelf_getsym(data, (int)i, &symbol) != NULL)
            add_symbol(symbols, elf, &symbol,
                       elf_strptr(handle, header.sh_link, symbol.st_name));
      }
   }
   return symbols->n - before;
}

static int
compare_symbols(const void *a, const void *b) {
   const struct symbol *left = a, *right = b;
   if (left->start != right->start)
      return left->start < right->start ? -1 : 1;
   if (left->rank != right->rank)
      return left->rank < right->rank ? -1 : 1;
   return strcmp(left->name, right->name);
}

/* Keeps the best symbol of each address, with the largest size of any there.  */
static void
drop_aliases(struct vmt_elf_symbols *symbols) {
   size_t kept = 0;
   if (symbols->n == 0)
      return;
   qsort(symbols->all, symbols->n, sizeof *symbols->all, compare_symbols);
   for (size_t i = 0; i < symbols->n; i++) {
      struct symbol *last = kept > 0 ? &symbols->all[kept - 1] : NULL;
      if (last == NULL || last->start != symbols->all[i].start)
         symbols->all[kept++] = symbols->all[i];
      else if (last->size < symbols->all[i].size)
         last->size = symbols->all[i].size;
   }
   symbols->n = kept;
}

void
vmt_elf_symbols_finish(struct vmt_elf_symbols *symbols) {
   drop_aliases(symbols);
   struct vmt_span *spans = vmt_calloc(symbols->n, sizeof *spans);
   uint64_t sized_end = 0;      /* of the sized symbols so far */
   for (size_t i = 0; i < symbols->n; i++) {
      const struct symbol *symbol = &symbols->all[i];
      uint64_t end = symbol->code_end;
      if (symbol->size > 0) {
         if (symbol->size < end - symbol->start)
            end = symbol->start + symbol->size;
         if (sized_end < end)
            sized_end = end;
      } else if (symbol->start < sized_end) {
         end = symbol->start;   /* a label within a function */
      } else if (i + 1 < symbols->n && symbol[1].start < end) {
         end = symbol[1].start;
      }
      spans[i] = (struct vmt_span){ symbol->start, end, 0, (uint32_t)i };
   }
   vmt_segments_build(&symbols->segments, spans, symbols->n);
   free(spans);
}

const char *
vmt_elf_symbols_find(struct vmt_elf_symbols *symbols, uint64_t address) {
   uint32_t index = vmt_segments_find(&symbols->segments, address);
   return index == VMT_SEGMENT_GAP ? NULL : symbols->all[index].name;
}
