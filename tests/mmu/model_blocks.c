#include "tests/mmu/model_blocks.h"

#include <string.h>

void
model_blocks_init(struct model_blocks *model)
{
   memset(model, 0, sizeof(*model));
}

struct model_block *
model_blocks_find(struct model_blocks *model, uint64_t addr)
{
   for (uint32_t i = 0; i < model->n_live; i++)
      if (model->live[i].start <= addr && addr < model->live[i].end)
         return &model->live[i];
   return NULL;
}

struct model_block *
model_blocks_start(struct model_blocks *model, uint64_t addr)
{
   struct model_block *block = model_blocks_find(model, addr);

   return block != NULL && block->start == addr ? block : NULL;
}

static void
gain(struct model_blocks *model, const struct model_block *block, uint64_t now)
{
   struct model_site *site = &model->sites[block->site];

   model->live[model->n_live++] = *block;
   model->live_bytes += block->n_bytes;
   site->n_live++;
   site->live_bytes += block->n_bytes;
   if (site->live_bytes > site->peak)
      site->peak = site->live_bytes;
   if (model->live_bytes <= model->peak)
      return;
   model->peak = model->live_bytes;
   model->peak_time = now;
   for (uint32_t i = 0; i < MODEL_N_SITES; i++)
      model->sites[i].at_peak = model->sites[i].live_bytes;
}

static void
lose(struct model_blocks *model, struct model_block *block, uint64_t now)
{
   struct model_site *site = &model->sites[block->site];

   site->n_live--;
   site->n_frees++;
   site->lifetime += now - block->born;
   site->live_bytes -= block->n_bytes;
   model->live_bytes -= block->n_bytes;
   *block = model->live[--model->n_live];
}

void
model_blocks_clear(struct model_blocks *model, const struct model_block *block,
                   uint64_t now)
{
   if (now < model->counted_since)
      now = model->counted_since;
   for (uint32_t i = model->n_live; i-- != 0;)
      if (model->live[i].start < block->end && block->start < model->live[i].end) {
         lose(model, &model->live[i], now);
         model->n_lost++;
      }
}

void
model_blocks_add(struct model_blocks *model, const struct model_block *block)
{
   struct model_site *site = &model->sites[block->site];

   model_blocks_clear(model, block, block->born);
   gain(model, block, block->born);
   site->n_allocs++;
   site->n_bytes += block->n_bytes;
}

bool
model_blocks_remove(struct model_blocks *model, uint64_t start, uint64_t now)
{
   struct model_block *block = model_blocks_start(model, start);

   if (block == NULL)
      model->n_unknown++;
   else
      lose(model, block, now);
   return block != NULL;
}

void
model_blocks_put_back(struct model_blocks *model, const struct model_block *gone,
                      uint64_t now)
{
   struct model_site *site = &model->sites[gone->site];
   bool was_before = now < model->counted_since;

   model_blocks_clear(model, gone, now);
   gain(model, gone, was_before ? model->counted_since : now);
   if (was_before)
      return;
   site->n_frees--;
   site->lifetime -= now - gone->born;
}

void
model_blocks_start_anew(struct model_blocks *model, uint64_t now)
{
   for (uint32_t i = 0; i < MODEL_N_SITES; i++) {
      struct model_site *site = &model->sites[i];

      site->n_allocs = site->n_frees = site->n_bytes = site->lifetime = 0;
      site->peak = site->at_peak = site->live_bytes;
   }
   model->peak = model->live_bytes;
   model->counted_since = model->peak_time = now;
   model->n_lost = model->n_unknown = 0;
}
