/* Why there are no source lines for an object.  */

#include "vmtrace/host/blame.h"

#include <stdlib.h>

#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

static char *
trouble_text(enum vmt_debug_state state, const char *path, const char *said,
             bool is_system)
{
   switch (state) {
   case VMT_DEBUG_MISSING:
      return vmt_format("%s is not there any more: no lines or functions of it "
                        "(put it back, or name its debug file's folder with "
                        "--debug-dir)", path);
   case VMT_DEBUG_MISMATCH:
      return vmt_format("%s is not the file that ran: %s (take the profile "
                        "again, or put the old file back)", path,
                        said ? said : "its build id differs");
   case VMT_DEBUG_DAMAGED:
      return vmt_format("%s cannot be read: %s", path,
                        said ? said : "it is damaged");
   case VMT_DEBUG_SYMBOLS:
   case VMT_DEBUG_NONE:
      /* Libraries come without; only their functions' names are wanted.  */
      if (is_system)
         return NULL;
      return vmt_format("%s has no line information (compile it with -g, or name "
                        "its debug file's folder with --debug-dir)", path);
   case VMT_DEBUG_LINES:
      break;
   }
   return NULL;
}

char *
vmt_blame_trouble(const struct vmt_blame *blame, uint32_t object)
{
   struct vmt_symbols_object *file = blame->objects[object];
   const char *said = file ? vmt_symbols_trouble(file) : NULL;
   char *path, *said_line, *text;

   if (!file)
      return NULL;
   path = vmt_escape_line(blame->profile->objects[object].path);
   said_line = said ? vmt_escape_line(said) : NULL;
   text = trouble_text(vmt_symbols_state(file), path, said_line,
                       blame->is_system[object]);
   free(path);
   free(said_line);
   return text;
}
