#include "tests/machine/model_users.h"

#include <string.h>

void
model_users_init(struct model_users *model)
{
   memset(model, 0, sizeof *model);
   model->thread = 1;
}

void
model_users_switch(struct model_users *model, uint32_t thread)
{
   model->is_on |= thread != model->thread;
   model->thread = thread;
}

void
model_users_access(struct model_users *model, uint64_t page, bool is_write,
                   uint64_t window)
{
   model->has_frame[page] |= is_write;
   if (!model->is_on || !model->has_frame[page])
      return;
   if (model->last[page][model->thread] != window + 1)
      model->n_windows[page][model->thread]++;
   model->last[page][model->thread] = window + 1;
}

static bool
is_used(const struct model_users *model, uint64_t page)
{
   for (uint32_t thread = 1; thread < MODEL_THREADS; thread++)
      if (model->n_windows[page][thread] != 0)
         return true;
   return false;
}

static void
forget(struct model_users *model, uint64_t page)
{
   model->has_frame[page] = false;
   memset(model->n_windows[page], 0, sizeof model->n_windows[page]);
   memset(model->last[page], 0, sizeof model->last[page]);
}

void
model_users_unmap(struct model_users *model, uint64_t page)
{
   model->n_left += is_used(model, page);
   forget(model, page);
}

void
model_users_move(struct model_users *model, uint64_t from, uint64_t to)
{
   model_users_unmap(model, to);
   model->has_frame[to] = model->has_frame[from];
   memcpy(model->n_windows[to], model->n_windows[from], sizeof model->n_windows[to]);
   memcpy(model->last[to], model->last[from], sizeof model->last[to]);
   forget(model, from);
}

uint64_t
model_users_pages(const struct model_users *model)
{
   uint64_t n = model->n_left;

   for (uint64_t page = 0; page < MODEL_USED_PAGES; page++)
      n += is_used(model, page);
   return n;
}
