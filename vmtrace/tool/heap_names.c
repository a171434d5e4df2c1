#include "vmtrace/tool/heap_names.h"

#include "pub_tool_seqmatch.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/tool/tool.h"

/* m_options.c: the value of --soname-synonyms, or NULL.  */
extern const HChar *VG_(clo_soname_synonyms);

/* m_debuginfo/debuginfo.c: all symbols of a file.  On amd64 SymAVMAs is an address
   alone.  */
extern Int VG_(DebugInfo_syms_howmany)(const DebugInfo *info);
extern void VG_(DebugInfo_syms_getidx)(const DebugInfo *info, Int index, Addr *start,
                                       UInt *size, const HChar **name,
                                       const HChar ***further_names, Bool *is_text,
                                       Bool *is_ifunc, Bool *is_global);

/* ---- names ---- */

static const struct heap_function
   malloc_like = {.bytes = 1},
   calloc_like = {.bytes = 1, .times = 2},
   realloc_like = {.frees = 1, .bytes = 2},
   reallocf_like = {.frees = 1, .bytes = 2, .frees_always = True},
   reallocarray_like = {.frees = 1, .bytes = 2, .times = 3},
   memalign_like = {.bytes = 2},
   posix_memalign_like = {.bytes = 3, .stores = True},
   free_like = {.frees = 1, .frees_always = True},
   calloc_of_heap_like = {.bytes = 2, .times = 3},
   realloc_of_heap_like = {.frees = 2, .bytes = 3},
   reallocarray_of_heap_like = {.frees = 2, .bytes = 3, .times = 4},
   longjmp_like = {.kind = HEAP_LONGJMP},
   throw_like = {.kind = HEAP_THROW};

static struct name {
   const HChar *name;
   const struct heap_function *function;
} names[] = {
   {"malloc", &malloc_like}, {"valloc", &malloc_like}, {"pvalloc", &malloc_like},
   {"calloc", &calloc_like}, {"realloc", &realloc_like},
   {"reallocf", &reallocf_like}, {"reallocarray", &reallocarray_like},
   {"aligned_alloc", &memalign_like}, {"memalign", &memalign_like},
   {"posix_memalign", &posix_memalign_like},
   {"__posix_memalign", &posix_memalign_like},
   {"free", &free_like}, {"cfree", &free_like},
   {"free_sized", &free_like}, {"free_aligned_sized", &free_like},
   {"longjmp", &longjmp_like}, {"_longjmp", &longjmp_like},
   {"siglongjmp", &longjmp_like}, {"__longjmp_chk", &longjmp_like},
   {"__cxa_allocate_exception", &throw_like},

   /* jemalloc */
   {"mallocx", &malloc_like}, {"rallocx", &realloc_like},
   {"dallocx", &free_like}, {"sdallocx", &free_like},

   /* tcmalloc */
   {"malloc_skip_new_handler", &malloc_like},
   {"tc_new", &malloc_like}, {"tc_new_nothrow", &malloc_like},
   {"tc_newarray", &malloc_like}, {"tc_newarray_nothrow", &malloc_like},
   {"tc_new_aligned", &malloc_like}, {"tc_new_aligned_nothrow", &malloc_like},
   {"tc_newarray_aligned", &malloc_like},
   {"tc_newarray_aligned_nothrow", &malloc_like},
   {"tc_delete", &free_like}, {"tc_delete_sized", &free_like},
   {"tc_delete_nothrow", &free_like}, {"tc_delete_aligned", &free_like},
   {"tc_delete_sized_aligned", &free_like},
   {"tc_delete_aligned_nothrow", &free_like},
   {"tc_deletearray", &free_like}, {"tc_deletearray_sized", &free_like},
   {"tc_deletearray_nothrow", &free_like}, {"tc_deletearray_aligned", &free_like},
   {"tc_deletearray_sized_aligned", &free_like},
   {"tc_deletearray_aligned_nothrow", &free_like},

   /* mimalloc */
   {"mi_malloc_small", &malloc_like}, {"mi_zalloc", &malloc_like},
   {"mi_zalloc_small", &malloc_like}, {"mi_malloc_aligned", &malloc_like},
   {"mi_malloc_aligned_at", &malloc_like}, {"mi_zalloc_aligned", &malloc_like},
   {"mi_zalloc_aligned_at", &malloc_like}, {"mi_new", &malloc_like},
   {"mi_new_aligned", &malloc_like}, {"mi_new_nothrow", &malloc_like},
   {"mi_new_aligned_nothrow", &malloc_like},
   {"mi_mallocn", &calloc_like}, {"mi_calloc_aligned", &calloc_like},
   {"mi_calloc_aligned_at", &calloc_like}, {"mi_new_n", &calloc_like},
   {"mi_rezalloc", &realloc_like}, {"mi_expand", &realloc_like},
   {"mi_realloc_aligned", &realloc_like}, {"mi_realloc_aligned_at", &realloc_like},
   {"mi_rezalloc_aligned", &realloc_like}, {"mi_rezalloc_aligned_at", &realloc_like},
   {"mi_new_realloc", &realloc_like},
   {"mi_reallocn", &reallocarray_like}, {"mi_recalloc", &reallocarray_like},
   {"mi_recalloc_aligned", &reallocarray_like},
   {"mi_recalloc_aligned_at", &reallocarray_like},
   {"mi_new_reallocn", &reallocarray_like},
   {"mi_free_size", &free_like}, {"mi_free_size_aligned", &free_like},
   {"mi_free_aligned", &free_like},
   {"mi_heap_malloc", &memalign_like}, {"mi_heap_malloc_small", &memalign_like},
   {"mi_heap_zalloc", &memalign_like}, {"mi_heap_malloc_aligned", &memalign_like},
   {"mi_heap_malloc_aligned_at", &memalign_like},
   {"mi_heap_zalloc_aligned", &memalign_like},
   {"mi_heap_zalloc_aligned_at", &memalign_like},
   {"mi_heap_alloc_new", &memalign_like},
   {"mi_heap_calloc", &calloc_of_heap_like}, {"mi_heap_mallocn", &calloc_of_heap_like},
   {"mi_heap_calloc_aligned", &calloc_of_heap_like},
   {"mi_heap_calloc_aligned_at", &calloc_of_heap_like},
   {"mi_heap_alloc_new_n", &calloc_of_heap_like},
   {"mi_heap_realloc", &realloc_of_heap_like},
   {"mi_heap_rezalloc", &realloc_of_heap_like},
   {"mi_heap_realloc_aligned", &realloc_of_heap_like},
   {"mi_heap_realloc_aligned_at", &realloc_of_heap_like},
   {"mi_heap_rezalloc_aligned", &realloc_of_heap_like},
   {"mi_heap_rezalloc_aligned_at", &realloc_of_heap_like},
   {"mi_heap_reallocn", &reallocarray_of_heap_like},
   {"mi_heap_recalloc", &reallocarray_of_heap_like},
   {"mi_heap_recalloc_aligned", &reallocarray_of_heap_like},
   {"mi_heap_recalloc_aligned_at", &reallocarray_of_heap_like},

   /* The Boehm collector: what it collects is live until it is given out again. */
   {"GC_malloc_atomic", &malloc_like}, {"GC_malloc_uncollectable", &malloc_like},
   {"GC_malloc_atomic_uncollectable", &malloc_like},
   {"GC_malloc_ignore_off_page", &malloc_like},
   {"GC_malloc_atomic_ignore_off_page", &malloc_like},
   {"GC_malloc_stubborn", &malloc_like},
};

#define N_NAMES (sizeof names / sizeof names[0])

static Int
compare_names(const void *left, const void *right)
{
   return VG_(strcmp)(((const struct name *)left)->name,
                      ((const struct name *)right)->name);
}

static const struct heap_function *
find_name(const HChar *text)
{
   UInt low = 0, high = N_NAMES;

   while (low < high) {
      UInt middle = (low + high) / 2;
      Int order = VG_(strcmp)(text, names[middle].name);

      if (order == 0)
         return names[middle].function;
      if (order < 0)
         high = middle;
      else
         low = middle + 1;
   }
   return NULL;
}

static Bool
is_any_of(const HChar *text, const HChar *const *list, UInt n)
{
   UInt i;

   for (i = 0; i < n; i++)
      if (VG_STREQ(text, list[i]))
         return True;
   return False;
}

/* operator new, new[], delete and delete[], by what follows the first argument.  */
static const struct heap_function *
find_operator(const HChar *text)
{
   static const HChar *const ends_of_new[] = {
      "", "RKSt9nothrow_t", "St11align_val_t", "St11align_val_tRKSt9nothrow_t"};
   static const HChar *const ends_of_delete[] = {
      "", "m", "RKSt9nothrow_t", "St11align_val_t", "mSt11align_val_t",
      "St11align_val_tRKSt9nothrow_t"};

   if (VG_(strncmp)(text, "_Zn", 3) == 0 && (text[3] == 'w' || text[3] == 'a') &&
       text[4] == 'm' && is_any_of(text + 5, ends_of_new, 4))
      return &malloc_like;
   if (VG_(strncmp)(text, "_Zd", 3) == 0 && (text[3] == 'l' || text[3] == 'a') &&
       VG_(strncmp)(text + 4, "Pv", 2) == 0 && is_any_of(text + 6, ends_of_delete, 6))
      return &free_like;
   return NULL;
}

static const struct heap_function *
function_named(const HChar *text)
{
   static const HChar *const prefixes[] = {"__GI_", "__libc_", "tc_", "je_", "_rjem_",
                                           "mi_", "GC_"};
   const struct heap_function *function = find_name(text);
   UInt i;

   if (function == NULL && text[0] == '_' && text[1] == 'Z')
      return find_operator(text);
   for (i = 0; function == NULL && i < sizeof prefixes / sizeof prefixes[0]; i++) {
      SizeT length = VG_(strlen)(prefixes[i]);

      if (VG_(strncmp)(text, prefixes[i], length) == 0)
         return function_named(text + length);
   }
   return function;
}

/* ---- files ---- */

struct code_range {
   Addr start, end;
   Bool is_c_library;
};

static struct vmt_hashmap functions;    /* address -> struct heap_function */
static struct vmt_hashmap known_files;  /* DebugInfo -> its code's address */
static struct vmt_vector new_files, ranges;
static UInt epoch;

void
heap_names_init(void)
{
   vmt_hashmap_init(&functions, "allocators' functions");
   vmt_hashmap_init(&known_files, "files with names");
   vmt_vector_init(&new_files, "new files", sizeof(const DebugInfo *));
   vmt_vector_init(&ranges, "allocators' code", sizeof(struct code_range));
   VG_(ssort)(names, N_NAMES, sizeof names[0], compare_names);
}

/* The pattern of somalloc=, in a buffer of the caller's.  */
static Bool
somalloc_pattern(HChar *pattern, SizeT bytes)
{
   const HChar *at = VG_(clo_soname_synonyms);
   UInt n = 0;

   at = at == NULL ? NULL : VG_(strstr)(at, "somalloc=");
   if (at == NULL)
      return False;
   for (at += VG_(strlen)("somalloc="); *at != 0 && *at != ',' && n + 1 < bytes;)
      pattern[n++] = *at++;
   pattern[n] = 0;
   return True;
}

static Bool
starts_with_any(const HChar *text, const HChar *const *starts)
{
   for (; *starts != NULL; starts++)
      if (VG_(strncmp)(text, *starts, VG_(strlen)(*starts)) == 0)
         return True;
   return False;
}

/* An executable has no soname; Valgrind calls it NONE.  The loader's malloc is for
   itself, before there is another.  */
static Bool
may_have_allocator(const HChar *soname)
{
   static const HChar *const system[] = {"libc.so", "libstdc++.so", "libc++.so",
                                         "libc++abi.so", NULL};
   static const HChar *const loaders[] = {"ld-linux", NULL};
   HChar pattern[200];

   if (starts_with_any(soname, loaders))
      return False;
   return starts_with_any(soname, system) ||
          !somalloc_pattern(pattern, sizeof pattern) ||
          VG_(string_match)(pattern, soname);
}

static Bool
is_unwinder(const HChar *soname)
{
   static const HChar *const unwinders[] = {"libgcc_s.so", "libunwind.so", NULL};

   return starts_with_any(soname, unwinders);
}

static void
note_function(Addr start, const struct heap_function *function)
{
   uint64_t *value;

   if (vmt_hashmap_put(&functions, start, &value) != VMT_OK)
      tool_no_memory();
   *value = (Addr)function;
}

/* A resolver of an indirect function bears the function's name too.  */
static Bool
look_through(const DebugInfo *info)
{
   const HChar *name, **further;
   Bool is_text, is_ifunc, any = False;
   Int n = VG_(DebugInfo_syms_howmany)(info), i;
   const struct heap_function *function;
   Addr start;

   for (i = 0; i < n; i++) {
      VG_(DebugInfo_syms_getidx)(info, i, &start, NULL, &name, &further, &is_text,
                                 &is_ifunc, NULL);
      if (!is_text || is_ifunc)
         continue;
      function = function_named(name);
      while (function == NULL && further != NULL && *further != NULL)
         function = function_named(*further++);
      if (function != NULL)
         note_function(start, function);
      any |= function != NULL;
   }
   return any;
}

/* Code is all that was mapped with .text: functions may be in sections of other
   names.  */
static void
note_range(const DebugInfo *info)
{
   const NSegment *segment =
      VG_(am_find_nsegment)(VG_(DebugInfo_get_text_avma)(info));
   struct code_range *range = vmt_vector_push(&ranges);

   if (range == NULL)
      tool_no_memory();
   *range = (struct code_range){
      segment->start, segment->end + 1,
      VG_(strncmp)(VG_(DebugInfo_get_soname)(info), "libc.so", 7) == 0};
}

/* Finding out what is still valid changes the order of what next_DebugInfo() goes
   through, so the new ones are collected first.  */
static void
note_if_new(const DebugInfo *info)
{
   Addr text = VG_(DebugInfo_get_text_avma)(info);
   const DebugInfo **place;
   uint64_t *known;

   if (VG_(DebugInfo_get_text_size)(info) == 0)
      return;
   if (vmt_hashmap_put(&known_files, (Addr)info, &known) != VMT_OK)
      tool_no_memory();
   if (*known == text)
      return;
   *known = text;
   place = vmt_vector_push(&new_files);
   if (place == NULL)
      tool_no_memory();
   *place = info;
}

static void
look_at(const DebugInfo *info)
{
   const HChar *soname = VG_(DebugInfo_get_soname)(info);

   if (soname != NULL &&
       ((may_have_allocator(soname) && look_through(info)) || is_unwinder(soname)))
      note_range(info);
}

/* Of files that are gone Valgrind may keep what it knew.  */
static void
look_at_new_files(void)
{
   const DiEpoch now = VG_(current_DiEpoch)();
   const DebugInfo *info;
   UInt i;

   if (epoch == now.n)
      return;
   epoch = now.n;
   vmt_vector_clear(&new_files);
   for (info = VG_(next_DebugInfo)(NULL); info != NULL; info = VG_(next_DebugInfo)(info))
      note_if_new(info);
   for (i = 0; i < new_files.n_records; i++) {
      info = *(const DebugInfo **)vmt_vector_at(&new_files, i);
      if (VG_(find_DebugInfo)(now, VG_(DebugInfo_get_text_avma)(info)) == info)
         look_at(info);
   }
}

const struct heap_function *
heap_names_at(Addr pc)
{
   const uint64_t *function;

   look_at_new_files();
   function = vmt_hashmap_find(&functions, pc);
   return function == NULL ? NULL : (const struct heap_function *)(Addr)*function;
}

static const struct code_range *
range_at(Addr pc)
{
   UInt i;

   for (i = 0; i < ranges.n_records; i++) {
      const struct code_range *range = vmt_vector_at(&ranges, i);

      if (pc >= range->start && pc < range->end)
         return range;
   }
   return NULL;
}

Bool
heap_names_in_allocator(Addr pc)
{
   look_at_new_files();
   return range_at(pc) != NULL;
}

Bool
heap_names_in_c_library(Addr pc)
{
   const struct code_range *range = range_at(pc);

   return range != NULL && range->is_c_library;
}

void
heap_names_forget_code(void)
{
   vmt_hashmap_clear(&functions);
   vmt_hashmap_clear(&known_files);
   vmt_vector_clear(&ranges);
   epoch = 0;
}
