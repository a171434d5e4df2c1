/* What the headers of a program's file say of where it is to be loaded.  */

#ifndef VMT_TOOL_PROGRAM_FILE_H
#define VMT_TOOL_PROGRAM_FILE_H

#include "vmtrace/tool/valgrind.h"

/* The address space that a position-independent program takes which asks for no
   loader; 0: it is something else, or cannot be read.  */
SizeT program_file_bytes_alone(Int fd);

#endif
