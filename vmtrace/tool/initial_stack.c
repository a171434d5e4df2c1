#include "vmtrace/tool/initial_stack.h"

#include "vmtrace/tool/own_name.h"
#include "vmtrace/tool/tool.h"

#include <elf.h>

/* The core's: m_clientstate.c, m_machine.c, m_pathscan.c */
extern HChar **VG_(client_envp);
extern UWord *VG_(client_auxv);
extern Int VG_(cl_auxv_fd);
extern void VG_(set_SP)(ThreadId tid, Addr sp);
extern const HChar *VG_(find_executable)(const HChar *name);

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

#define PRELOAD "LD_PRELOAD="

#define MAX_AUX 64

struct aux {
   ULong type, value;
};

/* What is on the stack now.  */
struct contents {
   Long argc, n_env, n_aux;             /* n_aux: with AT_NULL */
   HChar **argv, **env;
   struct aux *aux;
};

/* Types of Valgrind's own auxiliary vector, which it hands on in this order, with
   AT_IGNORE where it does not know a type or has nothing to show for it.  */
static ULong own_types[MAX_AUX];

static struct contents
contents_at(Addr sp)
{
   struct contents found = {.argc = *(Long *)sp, .argv = (HChar **)sp + 1};

   found.env = found.argv + found.argc + 1;
   while (found.env[found.n_env] != NULL)
      found.n_env++;
   found.aux = (struct aux *)(found.env + found.n_env + 1);
   while (found.aux[found.n_aux].type != AT_NULL)
      found.n_aux++;
   found.n_aux++;
   return found;
}

ULong
initial_stack_aux(Addr sp, ULong type)
{
   struct contents found = contents_at(sp);
   Long i;

   for (i = 0; i < found.n_aux; i++)
      if (found.aux[i].type == type)
         return found.aux[i].value;
   return 0;
}

void
initial_stack_note_own(Addr sp)
{
   struct contents own = contents_at(sp);
   Long i;

   for (i = 0; i < own.n_aux && i < MAX_AUX; i++)
      own_types[i] = own.aux[i].type;
}

/* ---- without Valgrind's libraries ---- */

/* What LD_PRELOAD held before Valgrind put its libraries in front, in a block of
   its own; NULL: there was no such variable.  */
static HChar *
without_preload(const HChar *variable)
{
   const HChar *rest = variable + VG_(strlen)(PRELOAD), *end = rest;
   HChar *left;

   for (;; rest = end + 1) {
      const HChar *ours = VG_(strstr)(rest, "/vgpreload_");

      end = VG_(strchr)(rest, ':');
      if (ours == NULL || (end != NULL && ours > end))
         break;
      if (end == NULL)
         return NULL;
   }
   left = VG_(malloc)("vmtrace.preload", VG_(strlen)(PRELOAD) +
                                            VG_(strlen)(rest) + 1);
   VG_(sprintf)(left, PRELOAD "%s", rest);
   return left;
}

static void
drop_preload(HChar **env, Long *n_env)
{
   Long from, to = 0;

   for (from = 0; from < *n_env; from++) {
      HChar *variable = env[from];

      if (VG_(strncmp)(variable, PRELOAD, VG_(strlen)(PRELOAD)) == 0 &&
          VG_(strstr)(variable, "/vgpreload_") != NULL)
         variable = without_preload(variable);
      if (variable != NULL)
         env[to++] = variable;
   }
   *n_env = to;
}

/* ---- as the program that executed it wanted ---- */

static void
drop_variables(struct contents *have, const HChar *start)
{
   Long from, to = 0;

   for (from = 0; from < have->n_env; from++)
      if (VG_(strncmp)(have->env[from], start, VG_(strlen)(start)) != 0)
         have->env[to++] = have->env[from];
   have->n_env = to;
}

/* The kernel leaves the name of a script's interpreter as it is.  */
static void
restore_own_name(struct contents *have)
{
   HChar *name = NULL;
   Bool added_variable = False;
   Long i;

   for (i = 0; i < have->n_env && name == NULL; i++)
      name = own_name_in(have->env[i], &added_variable);
   if (name == NULL)
      return;
   if (have->argc > 0 && VG_(strcmp)(have->argv[0], VG_(args_the_exename)) == 0)
      have->argv[0] = name;
   drop_variables(have, OWN_NAME_VARIABLE "=");
   if (added_variable)
      drop_variables(have, "VALGRIND_LIB=");
}

/* ---- the layout ---- */

/* The stack as it will be, from low to end, in a block of Valgrind's.  */
struct build {
   UChar *block;
   Addr low, end, at;                   /* at: goes down from end */
   Bool full;
};

static void *
place_of(const struct build *build, Addr addr)
{
   return build->block + (addr - build->low);
}

static Addr
push(struct build *build, const void *bytes, SizeT n)
{
   if (build->at - build->low < n) {
      build->full = True;
      return build->at;
   }
   build->at -= n;
   VG_(memcpy)(place_of(build, build->at), bytes, n);
   return build->at;
}

static Addr
push_string(struct build *build, const HChar *text)
{
   return push(build, text, VG_(strlen)(text) + 1);
}

static void
push_strings(struct build *build, HChar **strings, Long n, ULong *addrs)
{
   while (n-- > 0)
      addrs[n] = push_string(build, strings[n]);
}

/* The path that execve was given: execvp() puts the folder in front of a name
   that it finds in PATH.  */
static const HChar *
executed_path(void)
{
   const HChar *name = VG_(args_the_exename), *found = NULL;

   if (VG_(strchr)(name, '/') == NULL)
      found = VG_(find_executable)(name);
   return found != NULL ? found : name;
}

/* The image's address, and how large a signal frame may be.  */
static void
restore_ignored(struct aux *aux, Long n, Addr vdso)
{
   Long i;

   for (i = 0; i < n && i < MAX_AUX; i++) {
      if (aux[i].type != AT_IGNORE)
         continue;
      if (own_types[i] == AT_SYSINFO_EHDR && vdso != 0) {
         aux[i].type = AT_SYSINFO_EHDR;
         aux[i].value = vdso;
      } else if (own_types[i] == AT_MINSIGSTKSZ) {
         aux[i].type = AT_MINSIGSTKSZ;
      }
   }
}

static struct aux *
aux_of(struct aux *aux, Long n, ULong type)
{
   Long i;

   for (i = 0; i < n; i++)
      if (aux[i].type == type)
         return &aux[i];
   return NULL;
}

static void
push_aux_strings(struct build *build, struct aux *aux, Long n, Addr path)
{
   struct aux *platform = aux_of(aux, n, AT_PLATFORM);
   struct aux *random = aux_of(aux, n, AT_RANDOM);
   struct aux *executed = aux_of(aux, n, AT_EXECFN);

   build->at &= ~15ul;
   if (platform != NULL)
      platform->value = push_string(build, (const HChar *)platform->value);
   if (random != NULL)
      random->value = push(build, (const void *)random->value, 16);
   if (executed != NULL)
      executed->value = path;
}

/* argc, argv, 0, env, 0, aux: from the returned address on.  */
static Addr
push_vectors(struct build *build, const struct contents *have,
             const ULong *argv, const ULong *env, const struct aux *aux)
{
   SizeT aux_bytes = (SizeT)have->n_aux * sizeof *aux;
   SizeT pointers = (SizeT)(1 + have->argc + 1 + have->n_env + 1);
   const ULong none = 0;
   Addr sp = (build->at - aux_bytes - pointers * sizeof none) & ~15ul;

   build->at = sp + aux_bytes + pointers * sizeof none;
   push(build, aux, aux_bytes);
   push(build, &none, sizeof none);
   push(build, env, (SizeT)have->n_env * sizeof *env);
   push(build, &none, sizeof none);
   push(build, argv, (SizeT)have->argc * sizeof *argv);
   push(build, &have->argc, sizeof have->argc);
   return sp;
}

static Addr
lay_out(struct build *build, struct contents *have, Addr vdso, Addr *strings)
{
   ULong *argv = VG_(malloc)("vmtrace.argv", ((SizeT)have->argc + 1) * 8);
   ULong *env = VG_(malloc)("vmtrace.env", ((SizeT)have->n_env + 1) * 8);
   SizeT aux_bytes = (SizeT)have->n_aux * sizeof *have->aux;
   struct aux *aux = VG_(malloc)("vmtrace.aux", aux_bytes);
   const ULong none = 0;
   Addr path, sp;

   VG_(memcpy)(aux, have->aux, aux_bytes);
   push(build, &none, sizeof none);
   path = push_string(build, executed_path());
   drop_preload(have->env, &have->n_env);
   restore_own_name(have);
   push_strings(build, have->env, have->n_env, env);
   push_strings(build, have->argv, have->argc, argv);
   *strings = build->at;
   restore_ignored(aux, have->n_aux, vdso);
   push_aux_strings(build, aux, have->n_aux, path);
   sp = push_vectors(build, have, argv, env, aux);
   VG_(free)(argv);
   VG_(free)(env);
   VG_(free)(aux);
   return sp;
}

/* The core's own idea of where these are: for execve, gdb, /proc/self/auxv.  */
static void
tell_core(Addr sp)
{
   struct contents now = contents_at(sp);

   VG_(client_envp) = now.env;
   VG_(client_auxv) = (UWord *)now.aux;
   if (VG_(cl_auxv_fd) >= 0 &&
       VG_(lseek)(VG_(cl_auxv_fd), 0, VKI_SEEK_SET) == 0)
      VG_(write)(VG_(cl_auxv_fd), now.aux, (Int)(now.n_aux * sizeof *now.aux));
}

struct initial_stack
initial_stack_as_is(ThreadId tid)
{
   Addr sp = VG_(get_SP)(tid);
   const NSegment *segment = VG_(am_find_nsegment)(sp);
   const struct contents found = contents_at(sp);
   struct initial_stack stack = {.sp = sp, .end = segment->end + 1};

   stack.strings = (Addr)(found.aux + found.n_aux);
   return stack;
}

struct initial_stack
initial_stack_build(ThreadId tid, Addr vdso)
{
   struct initial_stack stack = initial_stack_as_is(tid);
   struct contents have = contents_at(stack.sp);
   Addr low = VG_(am_find_nsegment)(stack.sp)->start, strings, sp;
   struct build build = {.low = low, .end = stack.end, .at = stack.end};

   have.env = VG_(malloc)("vmtrace.environ", ((SizeT)have.n_env + 1) * 8);
   VG_(memcpy)(have.env, contents_at(stack.sp).env, (SizeT)have.n_env * 8);
   build.block = VG_(malloc)("vmtrace.stack", build.end - low);
   VG_(memset)(build.block, 0, build.end - low);
   sp = lay_out(&build, &have, vdso, &strings);
   if (!build.full) {
      VG_(memcpy)((void *)low, build.block, build.end - low);
      VG_(set_SP)(tid, sp);
      tell_core(sp);
      stack.sp = sp;
      stack.strings = strings;
   }
   VG_(free)(build.block);
   VG_(free)(have.env);
   return stack;
}
