/* libdwarf walks the DIEs, knows the abbreviations and finds strings.  The values of other attributes are read from the bytes that
   libdwarf says they are at: its own readers refuse offsets beyond the one unit
   that it is shown, and differ between versions on the forms of split DWARF.  */

#include "vmtrace/host/dwarf_reader.h"

#include <stdlib.h>

#include "vmtrace/host/dwarf_reader_api.h"
#include "vmtrace/host/memory.h"

enum {
   MAX_DEPTH = 200,             /* of nested DIEs; compilers stay below 50 */
   N_ABBREV_KINDS = 4096        /* abbreviations whose kind is remembered */
};

/* What the walk does with a DIE; all DIEs of one abbreviation are alike.  */
enum die_kind {
   DIE_UNSEEN,
   DIE_LEAF,                    /* of no interest, nor has it children */
   DIE_PARENT,                  /* of no interest itself */
   DIE_FUNCTION,
   DIE_INLINED
};

struct vmt_dwarf_unit {
   struct dwarf_object object;
   struct vmt_bytes alt_str;
   struct vmt_unit_header header;
   Dwarf_Debug debug;
   Dwarf_Die root;
   Dwarf_Error error;
   char *trouble;
   uint8_t kinds[N_ABBREV_KINDS];
};

struct attributes {
   Dwarf_Attribute *all;
   Dwarf_Signed n;
};

struct attribute {
   Dwarf_Attribute handle;
   Dwarf_Die die;
   Dwarf_Half name;
   Dwarf_Half form;
};

/* Whether a call of libdwarf did its work; keeps the message if it failed.  */
static bool
worked(struct vmt_dwarf_unit *unit, int status) {
   if (status == DW_DLV_ERROR && unit->error != NULL) {
      free(unit->trouble);
      unit->trouble = vmt_strdup(dwarf_errmsg(unit->error));
      dwarf_dealloc_error(unit->debug, unit->error);
      unit->error = NULL;
   }
   return status == DW_DLV_OK;
}

static bool
open_root(struct vmt_dwarf_unit *unit) {
   Dwarf_Unsigned length, type_offset, next;
   Dwarf_Off abbrev_offset;
   Dwarf_Half version, address_size, length_size, extension_size, type;
   Dwarf_Sig8 signature;
   return worked(unit, object_init(&unit->object, &unit->debug,
                                   &unit->error)) &&
          worked(unit, dwarf_next_cu_header_d(
                          unit->debug, 1, &length, &version, &abbrev_offset,
                          &address_size, &length_size, &extension_size,
                          &signature, &type_offset, &next, &type,
                          &unit->error)) &&
          worked(unit, dwarf_siblingof_b(unit->debug, NULL, 1, &unit->root,
                                         &unit->error));
}

struct vmt_dwarf_unit *
vmt_dwarf_unit_open(const struct vmt_dwarf_sections *sections,
                    const struct vmt_unit_header *header, char **trouble) {
   struct vmt_dwarf_unit *unit = vmt_calloc(1, sizeof *unit);
   for (int i = 0; i < VMT_DWARF_N_SECTIONS; i++)
      unit->object.sections[i] = sections->of[i];
   unit->object.sections[VMT_DWARF_INFO] =
      vmt_bytes_slice(sections->of[VMT_DWARF_INFO], header->offset,
                      header->size);
   unit->object.address_size = sections->address_size;
   unit->object.dwo = sections->dwo;
   unit->alt_str = sections->alt_str;
   unit->header = *header;
   if (open_root(unit))
      return unit;
   if (*trouble == NULL)
      *trouble = unit->trouble != NULL ? vmt_strdup(unit->trouble)
                                       : vmt_strdup("a unit has no contents");
   vmt_dwarf_unit_close(unit);
   return NULL;
}

void
vmt_dwarf_unit_close(struct vmt_dwarf_unit *unit) {
   if (unit == NULL)
      return;
   if (unit->root != NULL)
      dwarf_dealloc_die(unit->root);
   if (unit->debug != NULL)
      object_finish(unit->debug);
   free(unit->trouble);
   free(unit);
}

char *
vmt_dwarf_unit_trouble(struct vmt_dwarf_unit *unit) {
   char *trouble = unit->trouble;
   unit->trouble = NULL;
   return trouble;
}

static bool
attributes_read(struct vmt_dwarf_unit *unit, Dwarf_Die die,
                struct attributes *attributes) {
   *attributes = (struct attributes){ .all = NULL };
   return worked(unit, dwarf_attrlist(die, &attributes->all, &attributes->n,
                                      &unit->error));
}

static void
attributes_free(struct vmt_dwarf_unit *unit, struct attributes *attributes) {
   for (Dwarf_Signed i = 0; i < attributes->n; i++)
      dwarf_dealloc_attribute(attributes->all[i]);
   if (attributes->all != NULL)
      dwarf_dealloc(unit->debug, attributes->all, DW_DLA_LIST);
}

static bool
attribute_at(struct vmt_dwarf_unit *unit, Dwarf_Die die,
             const struct attributes *attributes, Dwarf_Signed i,
             struct attribute *attribute) {
   attribute->handle = attributes->all[i];
   attribute->die = die;
   return worked(unit, dwarf_whatattr(attribute->handle, &attribute->name,
                                      &unit->error)) &&
          worked(unit, dwarf_whatform(attribute->handle, &attribute->form,
                                      &unit->error));
}

/* The bytes of a number, an address, an offset or an index; 0: of LEB128.  */
static size_t
form_bytes(const struct vmt_unit_header *header, Dwarf_Half form) {
   switch (form) {
   case DW_FORM_data1:
   case DW_FORM_ref1:
   case DW_FORM_flag:
   case DW_FORM_addrx1:
      return 1;
   case DW_FORM_data2:
   case DW_FORM_ref2:
   case DW_FORM_addrx2:
      return 2;
   case DW_FORM_addrx3:
      return 3;
   case DW_FORM_data4:
   case DW_FORM_ref4:
   case DW_FORM_addrx4:
      return 4;
   case DW_FORM_data8:
   case DW_FORM_ref8:
      return 8;
   case DW_FORM_addr:
      return header->address_size;
   case DW_FORM_ref_addr:
      return header->version == 2 ? header->address_size : header->offset_size;
   case DW_FORM_sec_offset:
   case DW_FORM_GNU_ref_alt:
   case DW_FORM_GNU_strp_alt:
   case DW_FORM_strp_sup:
      return header->offset_size;
   case DW_FORM_ref_sup4:
      return 4;
   case DW_FORM_ref_sup8:
      return 8;
   default:
      return 0;
   }
}

static bool
form_is_leb(Dwarf_Half form) {
   return form == DW_FORM_udata || form == DW_FORM_sdata ||
          form == DW_FORM_ref_udata || form == DW_FORM_addrx ||
          form == DW_FORM_rnglistx || form == DW_FORM_GNU_addr_index;
}

/* The number that an attribute of one of the forms above holds.  */
static bool
attribute_uint(struct vmt_dwarf_unit *unit, const struct attribute *attribute,
               uint64_t *value) {
   if (attribute->form == DW_FORM_implicit_const) {
      Dwarf_Signed constant = 0;
      bool known = worked(unit, dwarf_formsdata(attribute->handle, &constant,
                                                &unit->error));
      *value = (uint64_t)constant;
      return known && constant >= 0;
   }
   size_t size = form_bytes(&unit->header, attribute->form);
   Dwarf_Off offset;
   if ((size == 0 && !form_is_leb(attribute->form)) ||
       !worked(unit, dwarf_attr_offset(attribute->die, attribute->handle,
                                       &offset, &unit->error)))
      return false;
   struct vmt_cursor cursor =
      vmt_cursor_at(unit->object.sections[VMT_DWARF_INFO], offset);
   *value = size == 0 ? vmt_cursor_uleb(&cursor)
                      : vmt_cursor_uint(&cursor, size);
   return !cursor.bad;
}

static uint32_t
attribute_uint32(struct vmt_dwarf_unit *unit,
                 const struct attribute *attribute) {
   uint64_t value;
   if (!attribute_uint(unit, attribute, &value) || value > UINT32_MAX)
      return 0;
   return (uint32_t)value;
}

static const char *
attribute_string(struct vmt_dwarf_unit *unit,
                 const struct attribute *attribute) {
   if (attribute->form == DW_FORM_GNU_strp_alt ||
       attribute->form == DW_FORM_strp_sup) {
      uint64_t offset;
      return attribute_uint(unit, attribute, &offset)
                ? vmt_bytes_string(unit->alt_str, offset)
                : NULL;
   }
   char *string = NULL;
   if (!worked(unit, dwarf_formstring(attribute->handle, &string,
                                      &unit->error)))
      return NULL;
   return string;
}

static struct vmt_die_ref
attribute_ref(struct vmt_dwarf_unit *unit, const struct attribute *attribute) {
   struct vmt_die_ref ref = { VMT_REF_NONE, 0 };
   if (!attribute_uint(unit, attribute, &ref.offset))
      return ref;
   switch (attribute->form) {
   case DW_FORM_ref_addr:
      ref.kind = VMT_REF_INFO;
      break;
   case DW_FORM_GNU_ref_alt:
   case DW_FORM_ref_sup4:
   case DW_FORM_ref_sup8:
      ref.kind = VMT_REF_ALT;
      break;
   default:
      ref.kind = VMT_REF_UNIT;
   }
   return ref;
}

/* Takes an attribute that says where code is; false if it is another one.  */
static bool
take_pcs(struct vmt_dwarf_unit *unit, const struct attribute *attribute,
         struct vmt_die_pcs *pcs) {
   if (attribute->name != DW_AT_low_pc && attribute->name != DW_AT_high_pc &&
       attribute->name != DW_AT_ranges)
      return false;
   uint64_t value;
   Dwarf_Half form = attribute->form;
   if (!attribute_uint(unit, attribute, &value))
      return true;
   bool index = form == DW_FORM_addrx || form == DW_FORM_addrx1 ||
                form == DW_FORM_addrx2 || form == DW_FORM_addrx3 ||
                form == DW_FORM_addrx4 || form == DW_FORM_GNU_addr_index;
   enum vmt_pc_kind kind = index                  ? VMT_PC_INDEX
                           : form == DW_FORM_addr ? VMT_PC_ADDRESS
                                                  : VMT_PC_LENGTH;
   if (attribute->name == DW_AT_ranges) {
      pcs->ranges_kind = form == DW_FORM_rnglistx ? VMT_RANGES_INDEX
                                                  : VMT_RANGES_OFFSET;
      pcs->ranges = value;
   } else if (attribute->name == DW_AT_high_pc) {
      pcs->high_kind = kind;
      pcs->high = value;
   } else if (kind != VMT_PC_LENGTH) {
      pcs->low_kind = kind;
      pcs->low = value;
   }
   return true;
}

static void
take_root(struct vmt_dwarf_unit *unit, const struct attribute *attribute,
          struct vmt_unit_root *root) {
   if (take_pcs(unit, attribute, &root->pcs))
      return;
   switch (attribute->name) {
   case DW_AT_comp_dir:
      root->comp_dir = attribute_string(unit, attribute);
      break;
   case DW_AT_dwo_name:
   case DW_AT_GNU_dwo_name:
      root->dwo_name = attribute_string(unit, attribute);
      break;
   case DW_AT_GNU_dwo_id:
      attribute_uint(unit, attribute, &root->dwo_id);
      break;
   case DW_AT_stmt_list:
      root->has_lines = attribute_uint(unit, attribute, &root->line_offset);
      break;
   case DW_AT_addr_base:
   case DW_AT_GNU_addr_base:
      attribute_uint(unit, attribute, &root->addr_base);
      break;
   case DW_AT_GNU_ranges_base:
      attribute_uint(unit, attribute, &root->ranges_base);
      break;
   case DW_AT_rnglists_base:
      root->has_rnglists_base =
         attribute_uint(unit, attribute, &root->rnglists_base);
      break;
   default:
      break;
   }
}

void
vmt_dwarf_unit_root(struct vmt_dwarf_unit *unit, struct vmt_unit_root *root) {
   struct attributes attributes;
   struct attribute attribute;
   *root = (struct vmt_unit_root){ .comp_dir = NULL };
   if (attributes_read(unit, unit->root, &attributes))
      for (Dwarf_Signed i = 0; i < attributes.n; i++)
         if (attribute_at(unit, unit->root, &attributes, i, &attribute))
            take_root(unit, &attribute, root);
   attributes_free(unit, &attributes);
   if (root->dwo_id == 0)
      root->dwo_id = unit->header.dwo_id;
}

static void
take_code(struct vmt_dwarf_unit *unit, const struct attribute *attribute,
          struct vmt_die_code *code) {
   if (take_pcs(unit, attribute, &code->pcs))
      return;
   switch (attribute->name) {
   case DW_AT_abstract_origin:
      code->origin = attribute_ref(unit, attribute);
      break;
   case DW_AT_call_file:
      code->call_file = attribute_uint32(unit, attribute);
      break;
   case DW_AT_call_line:
      code->call_line = attribute_uint32(unit, attribute);
      break;
   default:
      break;
   }
}

static bool
read_code(struct vmt_dwarf_unit *unit, Dwarf_Die die,
          struct vmt_die_code *code) {
   struct attributes attributes;
   struct attribute attribute;
   Dwarf_Off offset = 0;
   if (!worked(unit, dwarf_dieoffset(die, &offset, &unit->error)))
      return false;
   code->offset = offset;
   bool read = attributes_read(unit, die, &attributes);
   for (Dwarf_Signed i = 0; read && i < attributes.n; i++)
      if (attribute_at(unit, die, &attributes, i, &attribute))
         take_code(unit, &attribute, code);
   attributes_free(unit, &attributes);
   return read;
}

/* Whether DIEs of this tag can hold functions or inlined calls.  */
static bool
tag_is_empty(Dwarf_Half tag) {
   switch (tag) {
   case DW_TAG_array_type:
   case DW_TAG_enumeration_type:
   case DW_TAG_subroutine_type:
   case DW_TAG_formal_parameter:
   case DW_TAG_GNU_formal_parameter_pack:
   case DW_TAG_variable:
   case DW_TAG_call_site:
   case DW_TAG_GNU_call_site:
      return true;
   default:
      return false;
   }
}

static enum die_kind
classify(struct vmt_dwarf_unit *unit, Dwarf_Die die) {
   Dwarf_Half tag = 0, has_children = 0;
   Dwarf_Bool has_low = 0, has_ranges = 0;
   if (!worked(unit, dwarf_tag(die, &tag, &unit->error)) ||
       !worked(unit, dwarf_die_abbrev_children_flag(die, &has_children)))
      return DIE_LEAF;
   if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine) {
      dwarf_hasattr(die, DW_AT_low_pc, &has_low, &unit->error);
      worked(unit, DW_DLV_ERROR);
      dwarf_hasattr(die, DW_AT_ranges, &has_ranges, &unit->error);
      worked(unit, DW_DLV_ERROR);
      if (has_low || has_ranges)
         return tag == DW_TAG_subprogram ? DIE_FUNCTION : DIE_INLINED;
   }
   return has_children && !tag_is_empty(tag) ? DIE_PARENT : DIE_LEAF;
}

static enum die_kind
kind_of(struct vmt_dwarf_unit *unit, Dwarf_Die die) {
   Dwarf_Unsigned abbrev = (Dwarf_Unsigned)dwarf_die_abbrev_code(die);
   if (abbrev >= N_ABBREV_KINDS)
      return classify(unit, die);
   if (unit->kinds[abbrev] == DIE_UNSEEN)
      unit->kinds[abbrev] = (uint8_t)classify(unit, die);
   return (enum die_kind)unit->kinds[abbrev];
}

struct level {
   Dwarf_Die die;
   uint32_t parent;             /* code that the die lies in */
};

struct code_list {
   struct vmt_die_code *all;
   size_t n;
   size_t room;
};

/* Notes the die if it is code; the code that its children lie in.  */
static uint32_t
visit(struct vmt_dwarf_unit *unit, const struct level *level,
      enum die_kind kind, struct code_list *list) {
   if (kind != DIE_FUNCTION && kind != DIE_INLINED)
      return level->parent;
   list->all = vmt_grow(list->all, list->n, &list->room, sizeof *list->all);
   struct vmt_die_code *code = &list->all[list->n];
   *code = (struct vmt_die_code){ .inlined = kind == DIE_INLINED };
   code->parent = code->inlined ? level->parent : VMT_DWARF_NO_PARENT;
   if (!read_code(unit, level->die, code) || list->n >= VMT_DWARF_NO_PARENT)
      return level->parent;
   return (uint32_t)list->n++;
}

/* Whether die lies behind all that were walked before.  DW_AT_sibling of a
   damaged unit can lead back, and round and round.  */
static bool
is_ahead(struct vmt_dwarf_unit *unit, Dwarf_Die die, uint64_t *last) {
   Dwarf_Off offset = 0;
   if (!worked(unit, dwarf_dieoffset(die, &offset, &unit->error)) ||
       offset <= *last)
      return false;
   *last = offset;
   return true;
}

/* Goes to the next die at this depth, or else above; false at the end.  */
static bool
go_on(struct vmt_dwarf_unit *unit, struct level *levels, size_t *depth) {
   for (;;) {
      Dwarf_Die next = NULL;
      bool found = worked(unit, dwarf_siblingof_b(unit->debug,
                                                  levels[*depth].die, 1, &next,
                                                  &unit->error));
      dwarf_dealloc_die(levels[*depth].die);
      levels[*depth].die = next;
      if (found)
         return true;
      if (*depth == 0)
         return false;
      --*depth;
   }
}

static void
walk(struct vmt_dwarf_unit *unit, struct level *levels,
     struct code_list *list) {
   size_t depth = 0;
   uint64_t last = 0;
   levels[0].parent = VMT_DWARF_NO_PARENT;
   if (!worked(unit, dwarf_child(unit->root, &levels[0].die, &unit->error)))
      return;
   while (is_ahead(unit, levels[depth].die, &last)) {
      struct level *level = &levels[depth];
      enum die_kind kind = kind_of(unit, level->die);
      uint32_t parent = visit(unit, level, kind, list);
      if (kind != DIE_LEAF && depth + 1 < MAX_DEPTH &&
          worked(unit, dwarf_child(level->die, &levels[depth + 1].die,
                                   &unit->error)))
         levels[++depth].parent = parent;
      else if (!go_on(unit, levels, &depth))
         return;
   }
   do
      dwarf_dealloc_die(levels[depth].die);
   while (depth-- > 0);
}

struct vmt_die_code *
vmt_dwarf_unit_code(struct vmt_dwarf_unit *unit, size_t *n) {
   struct code_list list = { .all = NULL };
   struct level *levels = vmt_calloc(MAX_DEPTH, sizeof *levels);
   walk(unit, levels, &list);
   free(levels);
   *n = list.n;
   return list.all;
}

static void
take_names(struct vmt_dwarf_unit *unit, const struct attribute *attribute,
           struct vmt_die_names *names) {
   switch (attribute->name) {
   case DW_AT_name:
      names->name = attribute_string(unit, attribute);
      break;
   case DW_AT_linkage_name:
   case DW_AT_MIPS_linkage_name:
      names->linkage_name = attribute_string(unit, attribute);
      break;
   case DW_AT_abstract_origin:
   case DW_AT_specification:
      names->next = attribute_ref(unit, attribute);
      break;
   default:
      break;
   }
}

bool
vmt_dwarf_unit_names(struct vmt_dwarf_unit *unit, uint64_t offset,
                     struct vmt_die_names *names) {
   struct attributes attributes;
   struct attribute attribute;
   Dwarf_Die die = NULL;
   *names = (struct vmt_die_names){ .name = NULL };
   if (offset >= unit->header.size ||
       !worked(unit, dwarf_offdie_b(unit->debug, offset, 1, &die,
                                    &unit->error)))
      return false;
   bool read = attributes_read(unit, die, &attributes);
   for (Dwarf_Signed i = 0; read && i < attributes.n; i++)
      if (attribute_at(unit, die, &attributes, i, &attribute))
         take_names(unit, &attribute, names);
   attributes_free(unit, &attributes);
   dwarf_dealloc_die(die);
   return read;
}
