#include "vmtrace/tool/heap_names.h"

#include "pub_tool_seqmatch.h"

/* m_options.c: the value of --soname-synonyms, or NULL.  */
extern const HChar *VG_(clo_soname_synonyms);

static const struct {
   const HChar *name;
   enum heap_function function;
} c_functions[] = {
   {"malloc", HEAP_MALLOC}, {"calloc", HEAP_CALLOC}, {"realloc", HEAP_REALLOC},
   {"reallocarray", HEAP_REALLOCARRAY}, {"free", HEAP_FREE}, {"cfree", HEAP_FREE},
   {"free_sized", HEAP_FREE}, {"free_aligned_sized", HEAP_FREE},
   {"aligned_alloc", HEAP_MEMALIGN}, {"memalign", HEAP_MEMALIGN},
   {"posix_memalign", HEAP_POSIX_MEMALIGN}, {"__posix_memalign", HEAP_POSIX_MEMALIGN},
   {"valloc", HEAP_MALLOC}, {"pvalloc", HEAP_MALLOC},
   {"longjmp", HEAP_LONGJMP}, {"_longjmp", HEAP_LONGJMP}, {"siglongjmp", HEAP_LONGJMP},
   {"__longjmp_chk", HEAP_LONGJMP},
};

/* Functions of C++ in both forms of their names, after the part that says which.  */
static const struct {
   const HChar *start;
   enum heap_function function;
} operators[] = {
   {"operator new(unsigned long", HEAP_MALLOC},
   {"operator new[](unsigned long", HEAP_MALLOC},
   {"operator delete(void*", HEAP_FREE}, {"operator delete[](void*", HEAP_FREE},
   {"_Znwm", HEAP_MALLOC}, {"_Znam", HEAP_MALLOC},
   {"_ZdlPv", HEAP_FREE}, {"_ZdaPv", HEAP_FREE},
};
static const HChar *const operator_ends[] = {
   ")", ", unsigned long)", ", std::nothrow_t const&)", ", std::align_val_t)",
   ", unsigned long, std::align_val_t)", ", std::align_val_t, std::nothrow_t const&)",
   "", "m", "RKSt9nothrow_t", "St11align_val_t", "mSt11align_val_t",
   "St11align_val_tRKSt9nothrow_t",
};

static Bool
starts_with(const HChar *text, const HChar *start)
{
   return VG_(strncmp)(text, start, VG_(strlen)(start)) == 0;
}

/* Of several names of a function Valgrind knows one as the first.  */
static const HChar *
without_prefix(const HChar *name)
{
   static const HChar *const prefixes[] = {"__GI_", "__libc_", "tc_", "je_"};
   UInt i;

   for (i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
      if (starts_with(name, prefixes[i]))
         name += VG_(strlen)(prefixes[i]);
   return name;
}

static enum heap_function
function_named(const HChar *name)
{
   const HChar *plain = without_prefix(name), *end;
   UInt i, j;

   for (i = 0; i < sizeof c_functions / sizeof c_functions[0]; i++)
      if (VG_STREQ(plain, c_functions[i].name))
         return c_functions[i].function;
   for (i = 0; i < sizeof operators / sizeof operators[0]; i++) {
      if (!starts_with(name, operators[i].start))
         continue;
      end = name + VG_(strlen)(operators[i].start);
      for (j = 0; j < sizeof operator_ends / sizeof operator_ends[0]; j++)
         if (VG_STREQ(end, operator_ends[j]))
            return operators[i].function;
   }
   return HEAP_NONE;
}

/* ---- libraries ---- */

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
is_c_library(const HChar *soname)
{
   return starts_with(soname, "libc.so") || starts_with(soname, "libstdc++.so") ||
          starts_with(soname, "libc++.so") || starts_with(soname, "libc++abi.so");
}

/* An executable has no soname; Valgrind calls it NONE.  */
static Bool
has_allocator(const HChar *soname)
{
   HChar pattern[200];

   if (is_c_library(soname))
      return True;
   if (somalloc_pattern(pattern, sizeof pattern)) {
      if (VG_STREQ(pattern, "nouserintercepts"))
         return False;
      if (VG_(string_match)(pattern, soname))
         return True;
   }
   return VG_STREQ(soname, "NONE") || VG_(strstr)(soname, "jemalloc") != NULL ||
          VG_(strstr)(soname, "tcmalloc") != NULL ||
          VG_(strstr)(soname, "mimalloc") != NULL;
}

static const HChar *
soname_at(Addr pc)
{
   const DebugInfo *info = VG_(find_DebugInfo)(VG_(current_DiEpoch)(), pc);

   return info == NULL ? NULL : VG_(DebugInfo_get_soname)(info);
}

static Bool program_has_some;

enum heap_function
heap_names_at(Addr pc)
{
   enum heap_function function;
   const HChar *name, *soname;

   if (!VG_(get_fnname_if_entry)(VG_(current_DiEpoch)(), pc, &name))
      return HEAP_NONE;
   function = function_named(name);
   soname = function == HEAP_NONE ? NULL : soname_at(pc);
   if (soname == NULL || !has_allocator(soname))
      return HEAP_NONE;
   program_has_some |= VG_STREQ(soname, "NONE");
   return function;
}

Bool
heap_names_may_return(Addr pc)
{
   const HChar *soname = soname_at(pc);

   if (soname == NULL)
      return False;
   if (VG_STREQ(soname, "NONE"))
      return program_has_some;
   return has_allocator(soname) || starts_with(soname, "libgcc_s.so");
}
