#include "vmtrace/tool/own_name.h"

#include "vmtrace/tool/kernel_access.h"
#include "vmtrace/tool/layout.h"
#include "vmtrace_config.h"

/* The variable: whether VALGRIND_LIB was there, and the name.  */
#define ADDED '-'
#define OWN '+'

static const HChar *next_name;          /* of the program's; NULL: none */

void
own_name_before_exec(const HChar *const *argv)
{
   next_name = NULL;
   if (layout_is_native() &&
       VG_(am_is_valid_for_client)((Addr)argv, sizeof *argv, VKI_PROT_READ) &&
       kernel_access_can_read(*argv))
      next_name = *argv;
}

void
own_name_after_failed_exec(void)
{
   next_name = NULL;
}

HChar *
own_name_in(HChar *variable, Bool *added_variable)
{
   const SizeT n = sizeof OWN_NAME_VARIABLE "=" - 1;

   if (VG_(strncmp)(variable, OWN_NAME_VARIABLE "=", n) != 0)
      return NULL;
   *added_variable = variable[n] == ADDED;
   return variable + n + 1;
}

#ifdef HAVE_WRAP_SETENV

/* pub_core_libcproc.h.  The core's wrapper of execve puts one variable into the
   environment of a program that is to be followed, and of no other.  */
HChar **__real_vgPlain_env_setenv(HChar ***env, const HChar *name, const HChar *value);
HChar **__wrap_vgPlain_env_setenv(HChar ***env, const HChar *name, const HChar *value);

static Bool
has_variable(HChar **env, const HChar *name)
{
   SizeT n = VG_(strlen)(name);

   for (; env != NULL && *env != NULL; env++)
      if (VG_(strncmp)(*env, name, n) == 0 && (*env)[n] == '=')
         return True;
   return False;
}

HChar **
__wrap_vgPlain_env_setenv(HChar ***env, const HChar *name, const HChar *value)
{
   Bool added = !has_variable(*env, name);
   HChar **before = __real_vgPlain_env_setenv(env, name, value);
   HChar *told;

   if (next_name == NULL || VG_(strcmp)(name, "VALGRIND_LIB") != 0)
      return before;
   told = VG_(malloc)("vmtrace.name", VG_(strlen)(next_name) + 2);
   VG_(sprintf)(told, "%c%s", added ? ADDED : OWN, next_name);
   __real_vgPlain_env_setenv(env, OWN_NAME_VARIABLE, told);
   VG_(free)(told);
   return before;
}

#endif
