#include "vmtrace/mmu/policies/replacement_private.h"

/* Hangs the frame behind the newest.  */
static enum vmt_status
load(struct vmt_replacement *memory, uint32_t number, vmt_vpn page,
     uint64_t tick)
{
   struct vmt_frame *frame = vmt_replacement_frame(memory, number);

   frame->next = VMT_NO_FRAME;
   frame->previous = memory->newest;
   if (memory->newest == VMT_NO_FRAME)
      memory->oldest = number;
   else
      vmt_replacement_frame(memory, memory->newest)->next = number;
   memory->newest = number;
   return VMT_OK;
}

static void
leave(struct vmt_replacement *memory, uint32_t number)
{
   const struct vmt_frame *frame = vmt_replacement_frame(memory, number);

   if (frame->previous == VMT_NO_FRAME)
      memory->oldest = frame->next;
   else
      vmt_replacement_frame(memory, frame->previous)->next = frame->next;
   if (frame->next == VMT_NO_FRAME)
      memory->newest = frame->previous;
   else
      vmt_replacement_frame(memory, frame->next)->previous = frame->previous;
}

static enum vmt_status
replace(struct vmt_replacement *memory, uint32_t number, vmt_vpn page,
        uint64_t tick)
{
   leave(memory, number);
   return load(memory, number, page, tick);
}

static uint32_t
choose(struct vmt_replacement *memory, uint64_t tick)
{
   return memory->passing != VMT_NO_FRAME ? memory->passing : memory->oldest;
}

static void
pass_over(struct vmt_replacement *memory, uint64_t tick)
{
   memory->passing = vmt_replacement_frame(memory, choose(memory, tick))->next;
}

const struct vmt_replacement_policy vmt_replacement_fifo = {
   .load = load,
   .replace = replace,
   .pass_over = pass_over,
   .leave = leave,
   .choose = choose
};
