#include "vmtrace/mmu/mechanisms/areas.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

/* What an operation inserts at most: taking a range out cuts two areas, and a
   cut is an insertion.  All of it is reserved before anything is changed.  */
enum {
   CUT_INSERTS = 2,
   MAP_INSERTS = CUT_INSERTS + 1,
   MOVE_INSERTS = 3 * CUT_INSERTS + 1   /* target, surplus, source; the copy */
};

enum vmt_status
vmt_areas_init(struct vmt_areas *areas)
{
   memset(areas, 0, sizeof(*areas));
   vmt_rangemap_init(&areas->map, "areas", sizeof(struct vmt_area));
   areas->next_frames_id = 1;
   return VMT_OK;
}

void
vmt_areas_free(struct vmt_areas *areas)
{
   vmt_rangemap_free(&areas->map);
   areas->n_mapped_pages = 0;
   areas->n_excluded_pages = 0;
}

struct vmt_area *
vmt_areas_find(struct vmt_areas *areas, vmt_addr addr)
{
   return vmt_rangemap_find(&areas->map, addr);
}

struct vmt_area *
vmt_areas_from(struct vmt_areas *areas, vmt_addr addr)
{
   return vmt_rangemap_from(&areas->map, addr);
}

struct vmt_area *
vmt_areas_after(struct vmt_areas *areas, const struct vmt_area *area)
{
   return vmt_rangemap_next(&areas->map, area);
}

static bool
is_range(vmt_addr start, vmt_addr end)
{
   return start < end && vmt_page_floor(start) == start
          && vmt_page_floor(end) == end;
}

static uint64_t
pages(uint64_t bytes)
{
   return bytes >> VMT_PAGE_SHIFT;
}

/* The count that an area with these flags is in.  */
static uint64_t *
page_count(struct vmt_areas *areas, uint32_t flags)
{
   return (flags & VMT_AREA_EXCLUDED) != 0 ? &areas->n_excluded_pages
                                           : &areas->n_mapped_pages;
}

static struct vmt_area *
insert(struct vmt_areas *areas, const struct vmt_area *area)
{
   struct vmt_area *inserted = vmt_rangemap_insert(&areas->map, area);

   vmt_assert(inserted != NULL);
   *page_count(areas, area->flags) += pages(area->end - area->start);
   return inserted;
}

static void
delete(struct vmt_areas *areas, struct vmt_area *area)
{
   *page_count(areas, area->flags) -= pages(area->end - area->start);
   vmt_rangemap_delete(&areas->map, area);
}

/* Cuts area in two at addr, inside it, and returns the upper part.  Both keep
   the frames_id: they were one area and may become one again.  */
static struct vmt_area *
split(struct vmt_areas *areas, struct vmt_area *area, vmt_addr addr)
{
   struct vmt_area upper = *area;

   upper.start = addr;
   upper.page_offset += pages(addr - area->start);
   *page_count(areas, area->flags) -= pages(area->end - addr);
   area->end = addr;
   return insert(areas, &upper);
}

/* Makes upper, which touches lower, a part of it.  */
static void
join(struct vmt_areas *areas, struct vmt_area *lower, struct vmt_area *upper)
{
   vmt_addr end = upper->end;

   if (lower->frames_id == 0)
      lower->frames_id = upper->frames_id;
   *page_count(areas, lower->flags) += pages(end - upper->start);
   delete(areas, upper);
   lower->end = end;
}

/* Do the two touch and run on in the same thing?  */
static bool
runs_on(const struct vmt_area *lower, const struct vmt_area *upper)
{
   return lower->end == upper->start && lower->backing == upper->backing
          && lower->object == upper->object
          && lower->page_offset + pages(lower->end - lower->start)
                == upper->page_offset;
}

/* is_mergeable_anon_vma: one without frames may join one that has some, unless
   these came through a fork.  */
static bool
frames_agree(uint64_t a, uint64_t b)
{
   if (a != 0 && b != 0)
      return a == b;
   return ((a | b) & VMT_FRAMES_INHERITED) == 0;
}

static bool
are_alike(const struct vmt_area *lower, const struct vmt_area *upper)
{
   return lower->flags == upper->flags && (lower->flags & VMT_AREA_SPECIAL) == 0
          && runs_on(lower, upper);
}

static bool
can_merge(const struct vmt_area *lower, const struct vmt_area *upper)
{
   return are_alike(lower, upper)
          && frames_agree(lower->frames_id, upper->frames_id);
}

/* Merges an area that is new or was changed with its neighbours where it can,
   and returns what it is part of then.  When either neighbour would do but the
   two have different frames, the lower one wins (vma_merge_new_range,
   vma_merge_existing_range).  */
static struct vmt_area *
merge_around(struct vmt_areas *areas, struct vmt_area *area)
{
   struct vmt_area *prev = vmt_rangemap_prev(&areas->map, area);
   struct vmt_area *next = vmt_rangemap_next(&areas->map, area);
   bool left = prev != NULL && can_merge(prev, area);
   bool right = next != NULL && can_merge(area, next);

   if (left && right && prev->frames_id != 0 && next->frames_id != 0
       && prev->frames_id != next->frames_id)
      right = false;
   if (right)
      join(areas, area, next);
   if (left) {
      join(areas, prev, area);
      area = prev;
   }
   return area;
}

/* Takes [start, end) out; CUT_INSERTS are reserved.  */
static void
take_out(struct vmt_areas *areas, vmt_addr start, vmt_addr end)
{
   struct vmt_area *area = vmt_areas_from(areas, start);

   while (area != NULL && area->start < end) {
      struct vmt_area *next;

      if (area->start < start)
         area = split(areas, area, start);
      if (area->end > end)
         split(areas, area, end);
      next = vmt_areas_after(areas, area);
      delete(areas, area);
      area = next;
   }
}

enum vmt_status
vmt_areas_map(struct vmt_areas *areas, const struct vmt_area *area)
{
   struct vmt_area mapped = *area;

   if (!is_range(area->start, area->end))
      return VMT_BAD_INPUT;
   mapped.frames_id = 0;
   if (area->backing == VMT_BACKING_ANON) {
      if ((area->flags & VMT_AREA_SHARED) != 0)
         return VMT_BAD_INPUT;
      mapped.object = 0;
      mapped.page_offset = pages(area->start);
   }
   /* accountable_mapping */
   if ((area->flags & (VMT_AREA_WRITE | VMT_AREA_SHARED | VMT_AREA_NORESERVE))
       == VMT_AREA_WRITE)
      mapped.flags |= VMT_AREA_ACCOUNT;

   if (vmt_rangemap_reserve(&areas->map, MAP_INSERTS) != VMT_OK)
      return VMT_NO_MEMORY;
   take_out(areas, mapped.start, mapped.end);
   merge_around(areas, insert(areas, &mapped));
   return VMT_OK;
}

enum vmt_status
vmt_areas_unmap(struct vmt_areas *areas, vmt_addr start, vmt_addr end)
{
   if (!is_range(start, end))
      return VMT_BAD_INPUT;
   if (vmt_rangemap_reserve(&areas->map, CUT_INSERTS) != VMT_OK)
      return VMT_NO_MEMORY;
   take_out(areas, start, end);
   return VMT_OK;
}

static uint32_t
changed_flags(const struct vmt_area *area, uint32_t clear, uint32_t set)
{
   uint32_t old = area->flags, new = (old & ~clear) | set;

   /* mlock_fixup passes over them.  */
   if ((old & VMT_AREA_SPECIAL) != 0)
      new &= ~(uint32_t)VMT_AREA_LOCKED;
   if (((old ^ new) & VMT_AREA_PROTECTION) == 0)
      return new;
   if ((new & VMT_AREA_WRITE) != 0) {
      if ((old & (VMT_AREA_WRITE | VMT_AREA_SHARED | VMT_AREA_NORESERVE)) == 0)
         new |= VMT_AREA_ACCOUNT;
   } else if (area->backing == VMT_BACKING_ANON && area->frames_id == 0) {
      new &= ~(uint32_t)VMT_AREA_ACCOUNT;
   }
   return new;
}

enum vmt_status
vmt_areas_change(struct vmt_areas *areas, vmt_addr start, vmt_addr end,
                 uint32_t clear, uint32_t set)
{
   struct vmt_area *area;

   if (!is_range(start, end))
      return VMT_BAD_INPUT;
   if (vmt_rangemap_reserve(&areas->map, CUT_INSERTS) != VMT_OK)
      return VMT_NO_MEMORY;

   for (area = vmt_areas_from(areas, start); area != NULL && area->start < end;
        area = vmt_areas_after(areas, area)) {
      uint32_t flags = changed_flags(area, clear, set);
      uint64_t n_pages;

      /* Untouched, even if it could merge by now.  */
      if (flags == area->flags)
         continue;
      if (area->start < start)
         area = split(areas, area, start);
      if (area->end > end)
         split(areas, area, end);
      n_pages = pages(area->end - area->start);
      *page_count(areas, area->flags) -= n_pages;
      *page_count(areas, flags) += n_pages;
      area->flags = flags;
      area = merge_around(areas, area);
   }
   return VMT_OK;
}

/* to == from: the area's end moves.  What grows merges with an area above it
   that has no frames even if its own came through a fork: vma_merge_extend asks
   is_mergeable_anon_vma about no existing area.  */
static enum vmt_status
resize(struct vmt_areas *areas, struct vmt_area *area, vmt_addr from,
       uint64_t old_bytes, uint64_t new_bytes)
{
   struct vmt_area *next = vmt_areas_after(areas, area);

   if (new_bytes < old_bytes)
      return vmt_areas_unmap(areas, from + new_bytes, from + old_bytes);
   if (new_bytes == old_bytes)
      return VMT_OK;
   if (area->end != from + old_bytes
       || (next != NULL && next->start < from + new_bytes))
      return VMT_BAD_INPUT;
   *page_count(areas, area->flags) += pages(new_bytes - old_bytes);
   area->end = from + new_bytes;
   if (next != NULL && are_alike(area, next)
       && (next->frames_id == 0
           || frames_agree(area->frames_id, next->frames_id)))
      join(areas, area, next);
   return VMT_OK;
}

/* Copies the part of its area at `from` to [to, to + bytes), which is free.  */
static void
copy(struct vmt_areas *areas, vmt_addr from, vmt_addr to, uint64_t bytes)
{
   const struct vmt_area *area = vmt_areas_find(areas, from);
   struct vmt_area copied = *area;

   copied.start = to;
   copied.end = to + bytes;
   if (area->backing == VMT_BACKING_ANON && area->frames_id == 0)
      copied.page_offset = pages(to);
   else
      copied.page_offset += pages(from - area->start);
   merge_around(areas, insert(areas, &copied));
}

/* What MREMAP_DONTUNMAP does to the area it has emptied (dontunmap_complete).
   An area without frames can have merged with its copy; then it is longer than
   the part.  */
static void
leave_behind(struct vmt_areas *areas, vmt_addr start, vmt_addr end)
{
   struct vmt_area *area = vmt_areas_find(areas, start);

   area->flags &= ~(uint32_t)VMT_AREA_LOCKED;
   if (area->start == start && area->end == end)
      area->frames_id = 0;
}

enum vmt_status
vmt_areas_move(struct vmt_areas *areas, vmt_addr from, uint64_t old_bytes,
               vmt_addr to, uint64_t new_bytes, bool keep_old)
{
   struct vmt_area *area = vmt_areas_find(areas, from);
   vmt_addr old_end = from + old_bytes, new_end = to + new_bytes;

   if (!is_range(to, new_end) || area == NULL || vmt_page_floor(from) != from
       || vmt_page_floor(old_bytes) != old_bytes || old_end < from
       || old_end > area->end || (keep_old && old_bytes != new_bytes)
       || (old_bytes == 0 && (area->flags & VMT_AREA_SHARED) == 0)
       || (new_bytes > old_bytes && (area->flags & VMT_AREA_SPECIAL) != 0))
      return VMT_BAD_INPUT;
   if (to == from && old_bytes != 0 && !keep_old)
      return resize(areas, area, from, old_bytes, new_bytes);
   if ((from < new_end && to < old_end) || (to <= from && from < new_end))
      return VMT_BAD_INPUT;

   if (vmt_rangemap_reserve(&areas->map, MOVE_INSERTS) != VMT_OK)
      return VMT_NO_MEMORY;
   take_out(areas, to, new_end);
   if (new_bytes < old_bytes) {
      old_end = from + new_bytes;
      take_out(areas, old_end, from + old_bytes);
   }
   copy(areas, from, to, new_bytes);
   if (keep_old)
      leave_behind(areas, from, old_end);
   else if (old_bytes != 0)
      take_out(areas, from, old_end);
   return VMT_OK;
}

/* May `area` share the frames of `other`?  lower and upper are the two.  */
static bool
can_share_frames(const struct vmt_area *other, const struct vmt_area *lower,
                 const struct vmt_area *upper)
{
   return other->frames_id != 0
          && (other->frames_id & VMT_FRAMES_INHERITED) == 0
          && ((lower->flags ^ upper->flags) & ~(uint32_t)VMT_AREA_PROTECTION) == 0
          && runs_on(lower, upper);
}

void
vmt_areas_note_frame(struct vmt_areas *areas, struct vmt_area *area)
{
   const struct vmt_area *next, *prev;

   vmt_assert_cmp(area->flags & VMT_AREA_SHARED, ==, 0);
   if (area->frames_id != 0)
      return;
   next = vmt_rangemap_next(&areas->map, area);
   prev = vmt_rangemap_prev(&areas->map, area);
   if (next != NULL && can_share_frames(next, area, next))
      area->frames_id = next->frames_id;
   else if (prev != NULL && can_share_frames(prev, prev, area))
      area->frames_id = prev->frames_id;
   else
      area->frames_id = areas->next_frames_id++;
}

enum vmt_status
vmt_areas_grow_down(struct vmt_areas *areas, struct vmt_area *area,
                    vmt_addr start)
{
   const struct vmt_area *prev = vmt_rangemap_prev(&areas->map, area);
   uint64_t n_pages;

   vmt_assert((area->flags & VMT_AREA_GROWSDOWN) != 0);
   if (!is_range(start, area->start) || (prev != NULL && prev->end > start))
      return VMT_BAD_INPUT;
   n_pages = pages(area->start - start);
   if (n_pages > area->page_offset)
      return VMT_BAD_INPUT;
   if ((area->flags & VMT_AREA_SHARED) == 0)
      vmt_areas_note_frame(areas, area);
   area->start = start;
   area->page_offset -= n_pages;
   *page_count(areas, area->flags) += n_pages;
   return VMT_OK;
}

void
vmt_areas_become_child(struct vmt_areas *areas)
{
   struct vmt_area *area = vmt_areas_from(areas, 0);

   while (area != NULL) {
      struct vmt_area *next = vmt_areas_after(areas, area);

      if ((area->flags & VMT_AREA_DONTFORK) != 0) {
         delete(areas, area);
      } else {
         area->flags &= ~(uint32_t)VMT_AREA_LOCKED;
         if ((area->flags & VMT_AREA_WIPEONFORK) != 0)
            area->frames_id = 0;
         else if (area->frames_id != 0)
            area->frames_id = areas->next_frames_id++ | VMT_FRAMES_INHERITED;
      }
      area = next;
   }
}
