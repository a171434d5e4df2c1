#include "tests/machine/model_touches.h"

#include <string.h>

#define HOLE UINT64_MAX

void
model_touches_init(struct model_touches *model, uint64_t window_instrs)
{
   memset(model, 0, sizeof(*model));
   model->window_instrs = window_instrs;
}

static uint32_t
place_of(const struct model_touches *model, uint64_t what)
{
   uint32_t place = 0;

   while (place < model->n_places && model->stack[place] != what)
      place++;
   return place;
}

/* What lies above the page, or above the uppermost hole if that is higher, sinks
   by one; the hole is then where the page was.  */
static void
touch_stack(struct model_touches *model, uint64_t page)
{
   uint32_t old = place_of(model, page), hole = place_of(model, HOLE);
   uint32_t end = hole < old ? hole : old;

   if (old == model->n_places)
      model->n_first++;
   else
      model->n_at[old + 1]++;
   if (hole < old && old < model->n_places)
      model->stack[old] = HOLE;
   else if (end == model->n_places)
      model->n_places++;
   memmove(&model->stack[1], &model->stack[0], end * sizeof(model->stack[0]));
   model->stack[0] = page;
   if (model->n_most_places < model->n_places)
      model->n_most_places = model->n_places;
}

static void
touch_window(struct model_touches *model, uint64_t page, uint32_t window)
{
   uint32_t *n = &model->n_pages[window];

   model->window = window;
   for (uint32_t i = 0; i < *n; i++)
      if (model->pages[i] == page)
         return;
   model->pages[(*n)++] = page;
}

void
model_touch(struct model_touches *model, uint64_t page, uint64_t instr)
{
   model->n_touches++;
   touch_stack(model, page);
   touch_window(model, page, (uint32_t)(instr / model->window_instrs));
}

void
model_unmap_page(struct model_touches *model, uint64_t page)
{
   uint32_t place = place_of(model, page);

   if (place < model->n_places)
      model->stack[place] = HOLE;
   while (model->n_places > 0 && model->stack[model->n_places - 1] == HOLE)
      model->n_places--;
}

void
model_move_page(struct model_touches *model, uint64_t from, uint64_t to)
{
   uint32_t place = place_of(model, from);

   model_unmap_page(model, to);
   if (place < model->n_places && model->stack[place] == from)
      model->stack[place] = to;
}

uint64_t
model_faults(const struct model_touches *model, uint64_t n_frames)
{
   uint64_t n = model->n_touches;

   for (uint64_t depth = 1; depth <= n_frames && depth <= MODEL_STACK_PLACES;
        depth++)
      n -= model->n_at[depth];
   return n;
}
