#include "tests/areas/model.h"

#include <string.h>

void
model_init(struct model *model, int n_pages, uint64_t base)
{
   memset(model, 0, sizeof(*model));
   model->n_pages = n_pages;
   model->base = base;
}

static bool
is_mapped(const struct model *model, int page)
{
   return page >= 0 && page < model->n_pages && model->page[page].area != 0;
}

int
model_area_first(const struct model *model, int page)
{
   while (page > 0 && model->page[page - 1].area == model->page[page].area)
      page--;
   return page;
}

int
model_area_end(const struct model *model, int page)
{
   unsigned area = model->page[page].area;

   while (page < model->n_pages && model->page[page].area == area)
      page++;
   return page;
}

static void
set_area(struct model *model, int first, int end, unsigned area)
{
   for (int i = first; i < end; i++)
      model->page[i].area = area;
}

static void
set_frames(struct model *model, int page, uint64_t frames, bool is_inherited)
{
   for (int i = model_area_first(model, page), end = model_area_end(model, page);
        i < end; i++) {
      model->page[i].frames = frames;
      model->page[i].is_inherited = is_inherited;
   }
}

/* An area begins at page, if anything is mapped there.  */
static void
cut(struct model *model, int page)
{
   if (is_mapped(model, page) && is_mapped(model, page - 1)
       && model->page[page - 1].area == model->page[page].area)
      set_area(model, page, model_area_end(model, page), ++model->last_area);
}

static bool
is_same_stuff(const struct model_page *lower, const struct model_page *upper)
{
   return lower->backing == upper->backing && lower->object == upper->object
          && lower->offset + 1 == upper->offset;
}

/* Could page - 1 and page be of one area, frames aside?  */
static bool
is_alike(const struct model *model, int page)
{
   const struct model_page *lower = &model->page[page - 1];
   const struct model_page *upper = &model->page[page];

   return is_mapped(model, page - 1) && is_mapped(model, page)
          && lower->area != upper->area && lower->flags == upper->flags
          && !(lower->flags & MODEL_SPECIAL) && is_same_stuff(lower, upper);
}

static bool
frames_allow(const struct model_page *a, const struct model_page *b)
{
   if (a->frames == b->frames)
      return true;
   if (a->frames == 0)
      return !b->is_inherited;
   return b->frames == 0 && !a->is_inherited;
}

/* Makes one area of those on both sides of the boundary below page.  */
static void
join(struct model *model, int page)
{
   struct model_page lower = model->page[page - 1], upper = model->page[page];
   const struct model_page *source = lower.frames != 0 ? &lower : &upper;

   for (int i = page, end = model_area_end(model, page); i < end; i++)
      model->page[i].label = lower.label;
   set_area(model, page, model_area_end(model, page), lower.area);
   set_frames(model, page, source->frames, source->is_inherited);
}

/* [first, end) is an area that is new or has changed.  */
static void
merge(struct model *model, int first, int end)
{
   const struct model_page *page = model->page;
   bool left = first > 0 && is_alike(model, first)
               && frames_allow(&page[first - 1], &page[first]);
   bool right = end < model->n_pages && is_alike(model, end)
                && frames_allow(&page[end - 1], &page[end]);

   if (left && right && page[first - 1].frames && page[end].frames
       && page[first - 1].frames != page[end].frames)
      right = false;
   if (left)
      join(model, first);
   if (right)
      join(model, end);
}

void
model_unmap(struct model *model, int first, int n)
{
   if (n == 0)
      return;
   cut(model, first);
   cut(model, first + n);
   memset(&model->page[first], 0, (size_t)n * sizeof(model->page[0]));
}

/* Lays pages like *as, whose offset is that of the first, where nothing is.  */
static void
lay(struct model *model, int first, int n, const struct model_page *as)
{
   unsigned area = ++model->last_area;

   for (int i = 0; i < n; i++) {
      model->page[first + i] = *as;
      model->page[first + i].area = area;
      model->page[first + i].offset = as->offset + (uint64_t)i;
   }
   merge(model, first, first + n);
}

bool
model_map(struct model *model, int first, int n, const struct model_page *as)
{
   struct model_page page = *as;

   page.frames = 0;
   page.is_inherited = false;
   if (page.backing == MODEL_ANON) {
      if (page.flags & MODEL_SHARED)
         return false;
      page.object = 0;
      page.offset = model->base + (uint64_t)first;
   }
   if ((page.flags & MODEL_WRITE) && !(page.flags & MODEL_SHARED)
       && !(page.flags & MODEL_NORESERVE))
      page.flags |= MODEL_ACCOUNT;
   model_unmap(model, first, n);
   lay(model, first, n, &page);
   return true;
}

static uint32_t
new_flags(const struct model_page *page, uint32_t clear, uint32_t set)
{
   uint32_t flags = (page->flags & ~clear) | set;

   if (page->flags & MODEL_SPECIAL)
      flags &= ~(uint32_t)MODEL_LOCKED;
   if ((flags & MODEL_PROT) != (page->flags & MODEL_PROT)) {
      if (flags & MODEL_WRITE) {
         if (!(page->flags & (MODEL_WRITE | MODEL_SHARED | MODEL_NORESERVE)))
            flags |= MODEL_ACCOUNT;
      } else if (page->backing == MODEL_ANON && page->frames == 0) {
         flags &= ~(uint32_t)MODEL_ACCOUNT;
      }
   }
   return flags;
}

void
model_change(struct model *model, int first, int n, uint32_t clear, uint32_t set)
{
   int end = first + n;

   for (int i = first, stop; i < end; i = stop) {
      uint32_t flags = new_flags(&model->page[i], clear, set);

      stop = i + 1;
      if (!is_mapped(model, i))
         continue;
      stop = model_area_end(model, i);
      if (stop > end)
         stop = end;
      if (flags == model->page[i].flags)
         continue;
      cut(model, i);
      cut(model, stop);
      for (int k = i; k < stop; k++)
         model->page[k].flags = flags;
      merge(model, i, stop);
   }
}

static bool
resize(struct model *model, int from, int n_old, int n_new)
{
   int end = from + n_old, new_end = from + n_new;

   if (n_new < n_old)
      model_unmap(model, new_end, n_old - n_new);
   if (n_new <= n_old)
      return true;
   if (model_area_end(model, from) != end)
      return false;
   for (int i = end; i < new_end; i++) {
      if (is_mapped(model, i))
         return false;
   }
   for (int i = end; i < new_end; i++) {
      model->page[i] = model->page[i - 1];
      model->page[i].offset++;
   }
   /* An area without frames may be swallowed, whatever ours are.  */
   if (new_end < model->n_pages && is_alike(model, new_end)
       && (model->page[new_end].frames == 0
           || frames_allow(&model->page[new_end - 1], &model->page[new_end])))
      join(model, new_end);
   return true;
}

static bool
may_move(const struct model *model, int from, int n_old, int to, int n_new,
         bool keep_old)
{
   const struct model_page *page = &model->page[from];

   if (n_new == 0 || !is_mapped(model, from)
       || from + n_old > model_area_end(model, from))
      return false;
   if (keep_old && (n_old != n_new || to == from))
      return false;
   if (n_old == 0 && (!(page->flags & MODEL_SHARED) || to == from))
      return false;
   if (n_new > n_old && (page->flags & MODEL_SPECIAL))
      return false;
   if (to == from)
      return true;
   /* Even with n_old of 0 the area must not be put on its own source.  */
   return to + n_new <= from || from + n_old <= to;
}

bool
model_move(struct model *model, int from, int n_old, int to, int n_new,
           bool keep_old)
{
   struct model_page copy;
   bool is_whole;

   if (!may_move(model, from, n_old, to, n_new, keep_old))
      return false;
   if (to == from)
      return resize(model, from, n_old, n_new);

   model_unmap(model, to, n_new);
   if (n_new < n_old) {
      model_unmap(model, from + n_new, n_old - n_new);
      n_old = n_new;
   }
   copy = model->page[from];
   if (copy.backing == MODEL_ANON && copy.frames == 0)
      copy.offset = model->base + (uint64_t)to;
   lay(model, to, n_new, &copy);
   if (!keep_old) {
      model_unmap(model, from, n_old);
      return true;
   }
   is_whole = model->page[from].area != model->page[to].area
              && model_area_first(model, from) == from
              && model_area_end(model, from) == from + n_old;
   for (int i = model_area_first(model, from), end = model_area_end(model, from);
        i < end; i++)
      model->page[i].flags &= ~(uint32_t)MODEL_LOCKED;
   if (is_whole)
      set_frames(model, from, 0, false);
   return true;
}

/* May the area without frames at one side of the boundary below `page` take
   those that `from` has at the other?  */
static bool
lends_frames(const struct model *model, int page, int from)
{
   const struct model_page *lower, *upper;

   if (!is_mapped(model, page - 1) || !is_mapped(model, page))
      return false;
   lower = &model->page[page - 1];
   upper = &model->page[page];
   return model->page[from].frames != 0 && !model->page[from].is_inherited
          && is_same_stuff(lower, upper)
          && (lower->flags | MODEL_PROT) == (upper->flags | MODEL_PROT);
}

void
model_touch(struct model *model, int page)
{
   int first = model_area_first(model, page), end = model_area_end(model, page);

   if (model->page[page].frames != 0)
      return;
   if (lends_frames(model, end, end))
      set_frames(model, page, model->page[end].frames, false);
   else if (lends_frames(model, first, first - 1))
      set_frames(model, page, model->page[first - 1].frames, false);
   else
      set_frames(model, page, ++model->last_frames, false);
}

bool
model_grow_down(struct model *model, int page, int to)
{
   int first = model_area_first(model, page);

   if (to >= first || (uint64_t)(first - to) > model->page[first].offset)
      return false;
   for (int i = to; i < first; i++) {
      if (is_mapped(model, i))
         return false;
   }
   if (!(model->page[first].flags & MODEL_SHARED))
      model_touch(model, first);
   for (int i = first - 1; i >= to; i--) {
      model->page[i] = model->page[i + 1];
      model->page[i].offset--;
   }
   return true;
}

void
model_fork(struct model *model)
{
   for (int i = 0, end; i < model->n_pages; i = end) {
      end = i + 1;
      if (!is_mapped(model, i))
         continue;
      end = model_area_end(model, i);
      if (model->page[i].flags & MODEL_DONTFORK) {
         model_unmap(model, i, end - i);
         continue;
      }
      if (model->page[i].flags & MODEL_WIPEONFORK)
         set_frames(model, i, 0, false);
      else if (model->page[i].frames != 0)
         set_frames(model, i, ++model->last_frames, true);
      for (int k = i; k < end; k++)
         model->page[k].flags &= ~(uint32_t)MODEL_LOCKED;
   }
}
