#include "vmtrace/mmu/policies/replacement_private.h"

static enum vmt_status
load(struct vmt_replacement *memory, uint32_t frame, vmt_vpn page, uint64_t tick)
{
   vmt_replacement_frame(memory, frame)->referenced = true;
   return VMT_OK;
}

static void
advance(struct vmt_replacement *memory)
{
   memory->hand = (memory->hand + 1) % memory->n_frames;
}

static enum vmt_status
replace(struct vmt_replacement *memory, uint32_t frame, vmt_vpn page,
        uint64_t tick)
{
   advance(memory);
   return load(memory, frame, page, tick);
}

static enum vmt_status
hit(struct vmt_replacement *memory, uint32_t frame, uint64_t tick)
{
   vmt_replacement_frame(memory, frame)->referenced = true;
   return VMT_OK;
}

/* A touch before the hand came by was cleared with the rest.  */
static enum vmt_status
refresh(struct vmt_replacement *memory, uint32_t number, uint64_t tick,
        bool *newer)
{
   struct vmt_frame *frame = vmt_replacement_frame(memory, number);

   *newer = !frame->referenced && frame->stamp < tick;
   if (*newer)
      frame->referenced = true;
   return VMT_OK;
}

static uint32_t
choose(struct vmt_replacement *memory, uint64_t tick)
{
   struct vmt_frame *frame;

   while ((frame = vmt_replacement_frame(memory, memory->hand))->referenced) {
      frame->referenced = false;
      frame->stamp = tick;
      advance(memory);
   }
   return memory->hand;
}

/* The hand goes on.  */
static void
pass_over(struct vmt_replacement *memory, uint64_t tick)
{
   advance(memory);
}

const struct vmt_replacement_policy vmt_replacement_clock = {
   .load = load,
   .replace = replace,
   .hit = hit,
   .refresh = refresh,
   .pass_over = pass_over,
   .choose = choose
};
