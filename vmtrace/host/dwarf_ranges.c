/* Range lists are read here and not by libdwarf: the versions of libdwarf in use
   differ in what they make of split DWARF, and there is little to it.  */

#include "vmtrace/host/dwarf_ranges.h"

#include "vmtrace/host/memory.h"

enum {                          /* DWARF 5, 7.25 */
   RLE_END_OF_LIST = 0,
   RLE_BASE_ADDRESSX = 1,
   RLE_STARTX_ENDX = 2,
   RLE_STARTX_LENGTH = 3,
   RLE_OFFSET_PAIR = 4,
   RLE_BASE_ADDRESS = 5,
   RLE_START_END = 6,
   RLE_START_LENGTH = 7
};

static void
add_range(struct vmt_address_ranges *ranges, uint64_t low, uint64_t high) {
   if (low >= high)
      return;
   ranges->all = vmt_grow(ranges->all, ranges->n, &ranges->room,
                          sizeof *ranges->all);
   ranges->all[ranges->n++] = (struct vmt_address_range){ low, high };
}

bool
vmt_address_at_index(const struct vmt_ranges_context *context, uint64_t index,
                     uint64_t *address) {
   if (index > context->addr.size)
      return false;
   struct vmt_cursor cursor =
      vmt_cursor_at(context->addr,
                    context->addr_base + index * context->address_size);
   *address = vmt_cursor_uint(&cursor, context->address_size);
   return !cursor.bad;
}

/* The list of DWARF 2 to 4 at offset of .debug_ranges.  */
static void
read_old_list(const struct vmt_ranges_context *context, uint64_t offset,
              uint64_t *budget, struct vmt_address_ranges *ranges) {
   size_t size = context->address_size;
   uint64_t max = size == 4 ? UINT32_MAX : UINT64_MAX;
   uint64_t base = context->low_pc;
   struct vmt_cursor cursor = vmt_cursor_at(context->ranges, offset);
   for (; *budget > 0; --*budget) {
      uint64_t low = vmt_cursor_uint(&cursor, size);
      uint64_t high = vmt_cursor_uint(&cursor, size);
      if (cursor.bad || (low == 0 && high == 0))
         return;
      if (low == max)
         base = high;
      else
         add_range(ranges, base + low, base + high);
   }
}

/* One entry of a list of DWARF 5; false at the end.  */
static bool
read_entry(const struct vmt_ranges_context *context, struct vmt_cursor *cursor,
           uint64_t *base, struct vmt_address_ranges *ranges) {
   size_t size = context->address_size;
   uint64_t kind = vmt_cursor_uint(cursor, 1), low = 0, high = 0;
   bool known = true;
   switch (kind) {
   case RLE_BASE_ADDRESSX:
      return vmt_address_at_index(context, vmt_cursor_uleb(cursor), base);
   case RLE_BASE_ADDRESS:
      *base = vmt_cursor_uint(cursor, size);
      return !cursor->bad;
   case RLE_STARTX_ENDX:
      known = vmt_address_at_index(context, vmt_cursor_uleb(cursor), &low);
      known &= vmt_address_at_index(context, vmt_cursor_uleb(cursor), &high);
      break;
   case RLE_STARTX_LENGTH:
      known = vmt_address_at_index(context, vmt_cursor_uleb(cursor), &low);
      high = low + vmt_cursor_uleb(cursor);
      break;
   case RLE_OFFSET_PAIR:
      low = *base + vmt_cursor_uleb(cursor);
      high = *base + vmt_cursor_uleb(cursor);
      break;
   case RLE_START_END:
      low = vmt_cursor_uint(cursor, size);
      high = vmt_cursor_uint(cursor, size);
      break;
   case RLE_START_LENGTH:
      low = vmt_cursor_uint(cursor, size);
      high = low + vmt_cursor_uleb(cursor);
      break;
   default:
      return false;
   }
   if (known && !cursor->bad)
      add_range(ranges, low, high);
   return !cursor->bad;
}

static void
read_new_list(const struct vmt_ranges_context *context, uint64_t offset,
              uint64_t *budget, struct vmt_address_ranges *ranges) {
   uint64_t base = context->low_pc;
   struct vmt_cursor cursor = vmt_cursor_at(context->rnglists, offset);
   while (*budget > 0 && read_entry(context, &cursor, &base, ranges))
      --*budget;
}

uint64_t
vmt_rnglists_default_base(struct vmt_bytes rnglists) {
   struct vmt_cursor cursor = vmt_cursor_at(rnglists, 0);
   size_t offset_size = 4;
   vmt_cursor_dwarf_length(&cursor, &offset_size);
   return offset_size == 8 ? 20 : 12;
}

static void
read_list(const struct vmt_ranges_context *context,
          const struct vmt_die_pcs *pcs, uint64_t *budget,
          struct vmt_address_ranges *ranges) {
   uint64_t offset = pcs->ranges;
   if (context->version < 5) {
      read_old_list(context, context->ranges_base + offset, budget, ranges);
      return;
   }
   if (pcs->ranges_kind == VMT_RANGES_INDEX) {
      if (offset > context->rnglists.size)
         return;
      struct vmt_cursor cursor =
         vmt_cursor_at(context->rnglists,
                       context->rnglists_base + offset * context->offset_size);
      offset = vmt_cursor_uint(&cursor, context->offset_size);
      if (cursor.bad)
         return;
      offset += context->rnglists_base;
   }
   read_new_list(context, offset, budget, ranges);
}

static bool
pc_address(const struct vmt_ranges_context *context, enum vmt_pc_kind kind,
           uint64_t value, uint64_t *address) {
   if (kind == VMT_PC_INDEX)
      return vmt_address_at_index(context, value, address);
   *address = value;
   return kind == VMT_PC_ADDRESS;
}

void
vmt_die_ranges(const struct vmt_ranges_context *context,
               const struct vmt_die_pcs *pcs, uint64_t *budget,
               struct vmt_address_ranges *ranges) {
   uint64_t low, high;
   ranges->n = 0;
   if (pcs->ranges_kind != VMT_RANGES_NONE) {
      read_list(context, pcs, budget, ranges);
      return;
   }
   if (!pc_address(context, pcs->low_kind, pcs->low, &low))
      return;
   if (pcs->high_kind == VMT_PC_LENGTH)
      high = low + pcs->high;
   else if (!pc_address(context, pcs->high_kind, pcs->high, &high))
      return;
   add_range(ranges, low, high);
}
