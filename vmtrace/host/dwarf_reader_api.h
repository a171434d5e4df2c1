/* The two shapes of libdwarf's interface: that of 2021 (Debian 12) and that
   from 0.3 on.  Only dwarf_reader.c includes this.

   An object of ours offers libdwarf its sections by number; number 0 is none,
   as in ELF.  */

#ifndef VMT_HOST_DWARF_READER_API_H
#define VMT_HOST_DWARF_READER_API_H

#include "vmtrace_config.h"

#include <dwarf.h>
#include <libdwarf.h>

#include "vmtrace/host/dwarf_sections.h"

struct dwarf_object {
   /* libdwarf of 2021 looks at the first byte of an object and takes E, F, M and
      P for its own kinds.  */
   char not_libdwarfs;
   struct vmt_bytes sections[VMT_DWARF_N_SECTIONS];
   size_t address_size;
   bool dwo;
#ifdef HAVE_LIBDWARF_CURRENT
   Dwarf_Obj_Access_Interface_a access;
#else
   Dwarf_Obj_Access_Interface access;
#endif
};

#ifdef HAVE_LIBDWARF_CURRENT
typedef Dwarf_Unsigned dwarf_section_index;
typedef Dwarf_Small dwarf_endianness;
#define SECTION_FIELD(section, field) ((section)->as_##field)
#define DWARF_LITTLE_ENDIAN DW_END_little
typedef Dwarf_Obj_Access_Section_a dwarf_section_info;
#else
typedef Dwarf_Half dwarf_section_index;
typedef Dwarf_Endianness dwarf_endianness;
#define SECTION_FIELD(section, field) ((section)->field)
#define DWARF_LITTLE_ENDIAN DW_OBJECT_LSB
typedef Dwarf_Obj_Access_Section dwarf_section_info;
#endif

/* libdwarf sees only what it is needed for.  It reads all of .debug_rnglists
   whenever a unit is opened, and that of 2021 frees memory twice if that is
   damaged.  Of a .dwo file it sees only what is called so, because it ignores
   those sections where there are others.  */
static bool
is_shown(enum vmt_dwarf_section section, bool dwo) {
   switch (section) {
   case VMT_DWARF_INFO:
   case VMT_DWARF_ABBREV:
   case VMT_DWARF_STR:
   case VMT_DWARF_STR_OFFSETS:
      return true;
   case VMT_DWARF_ADDR:
   case VMT_DWARF_LINE_STR:
      return !dwo;
   default:
      return false;
   }
}

static int
object_section_info(void *object_pointer, dwarf_section_index index,
                    dwarf_section_info *info, int *error) {
   const struct dwarf_object *object = object_pointer;
   (void)error;
   if (index > VMT_DWARF_N_SECTIONS)
      return DW_DLV_NO_ENTRY;
   bool shown = index > 0 &&
                is_shown((enum vmt_dwarf_section)(index - 1), object->dwo);
   SECTION_FIELD(info, name) = "";
   if (shown) {
      SECTION_FIELD(info, name) =
         vmt_dwarf_section_name((enum vmt_dwarf_section)(index - 1),
                                object->dwo);
      SECTION_FIELD(info, size) = object->sections[index - 1].size;
   }
   return DW_DLV_OK;
}

static dwarf_endianness
object_byte_order(void *object_pointer) {
   (void)object_pointer;
   return DWARF_LITTLE_ENDIAN;
}

static Dwarf_Small
object_length_size(void *object_pointer) {
   (void)object_pointer;
   return 4;
}

static Dwarf_Small
object_pointer_size(void *object_pointer) {
   const struct dwarf_object *object = object_pointer;
   return (Dwarf_Small)object->address_size;
}

static Dwarf_Unsigned
object_section_count(void *object_pointer) {
   (void)object_pointer;
   return VMT_DWARF_N_SECTIONS + 1;
}

static int
object_load_section(void *object_pointer, dwarf_section_index index,
                    Dwarf_Small **data, int *error) {
   const struct dwarf_object *object = object_pointer;
   (void)error;
   if (index == 0 || index > VMT_DWARF_N_SECTIONS ||
       object->sections[index - 1].data == NULL)
      return DW_DLV_NO_ENTRY;
   *data = (Dwarf_Small *)object->sections[index - 1].data;
   return DW_DLV_OK;
}

#ifdef HAVE_LIBDWARF_CURRENT
/* libdwarf only takes this for a hint of how much memory will be needed.  */
static Dwarf_Unsigned
object_file_size(void *object_pointer) {
   const struct dwarf_object *object = object_pointer;
   return object->sections[VMT_DWARF_INFO].size;
}

static const Dwarf_Obj_Access_Methods_a object_methods = {
   .om_get_section_info = object_section_info,
   .om_get_byte_order = object_byte_order,
   .om_get_length_size = object_length_size,
   .om_get_pointer_size = object_pointer_size,
   .om_get_filesize = object_file_size,
   .om_get_section_count = object_section_count,
   .om_load_section = object_load_section,
};
#else
static const Dwarf_Obj_Access_Methods object_methods = {
   .get_section_info = object_section_info,
   .get_byte_order = object_byte_order,
   .get_length_size = object_length_size,
   .get_pointer_size = object_pointer_size,
   .get_section_count = object_section_count,
   .load_section = object_load_section,
};
#endif

static int
object_init(struct dwarf_object *object, Dwarf_Debug *debug,
            Dwarf_Error *error) {
   object->not_libdwarfs = 'v';
#ifdef HAVE_LIBDWARF_CURRENT
   object->access.ai_object = object;
   object->access.ai_methods = &object_methods;
#else
   object->access.object = object;
   object->access.methods = &object_methods;
#endif
   return dwarf_object_init_b(&object->access, NULL, NULL, DW_GROUPNUMBER_ANY,
                              debug, error);
}

static void
object_finish(Dwarf_Debug debug) {
#ifdef HAVE_LIBDWARF_CURRENT
   dwarf_object_finish(debug);
#else
   Dwarf_Error error = NULL;
   dwarf_object_finish(debug, &error);
#endif
}

#endif
