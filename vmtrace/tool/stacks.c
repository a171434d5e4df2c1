#include "vmtrace/tool/stacks.h"

#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/regs.h"
#include "vmtrace/tool/tool.h"

#define MAX_DEPTH 64
#define MEMO_DEPTH 24           /* deeper stacks are unwound every time */
#define N_MEMO_SETS 2048
#define N_MEMO_WAYS 4           /* one place is reached by several callers */

/* A node costs some 40 bytes with its place in the hash map: 20 MB of them
   before stacks are first cut.  */
#define NODES_PER_BUDGET (1u << 19)

struct memo {
   Addr pc, sp;
   Addr fp;                     /* 0: unwinding did not need it */
   struct stack_place place;
   UInt n_slots;
   struct {
      UInt distance;            /* of a return address from sp */
      UInt value;               /* its lower half */
   } slots[MEMO_DEPTH];
};

/* In the order in which they were first needed: those of a program that has few
   places lie close together.  */
static struct memo memos[N_MEMO_SETS * N_MEMO_WAYS];
static UInt n_memos;

struct memo_set {
   UShort ways[N_MEMO_WAYS];    /* indices of memos, + 1; 0: none yet */
   UShort next;                 /* way to be replaced */
};
static struct memo_set memo_sets[N_MEMO_SETS];
static Addr lowest_slot = ~(Addr)0, highest_slot;

static struct vmt_vector nodes, frames;
static struct vmt_hashmap node_ids, frame_ids;

static UInt depth_limit;

void
stacks_init(void)
{
   vmt_vector_init(&nodes, "stacks", sizeof(struct stack_node));
   vmt_vector_init(&frames, "frames", sizeof(struct stack_frame));
   vmt_hashmap_init(&node_ids, "stack ids");
   vmt_hashmap_init(&frame_ids, "frame ids");
   if (vmt_vector_push(&nodes) == NULL || vmt_vector_push(&frames) == NULL)
      tool_no_memory();
   depth_limit = (UInt)VG_(clo_backtrace_size);
   if (depth_limit > MAX_DEPTH)
      depth_limit = MAX_DEPTH;
}

/* ---- interning ---- */

static UInt
intern_frame(Addr pc)
{
   uint64_t *id;
   struct stack_frame *frame;

   if (vmt_hashmap_put(&frame_ids, pc, &id) != VMT_OK)
      tool_no_memory();
   if (*id != 0)
      return (UInt)*id;
   *id = frames.n_records;
   frame = vmt_vector_push(&frames);
   if (frame == NULL)
      tool_no_memory();
   frame->pc = pc;
   frame->object = objects_locate(pc, &frame->offset);
   return frames.n_records - 1;
}

static UInt
intern_node(UInt frame, UInt parent, Bool cut)
{
   uint64_t key = (uint64_t)parent << 32 | frame;
   uint64_t *id;
   struct stack_node *node;

   if (vmt_hashmap_put(&node_ids, key, &id) != VMT_OK)
      tool_no_memory();
   if (*id != 0)
      return (UInt)*id;
   *id = nodes.n_records;
   node = vmt_vector_push(&nodes);
   if (node == NULL)
      tool_no_memory();
   *node = (struct stack_node){.frame = frame, .parent = parent, .cut = cut};
   if (nodes.n_records % NODES_PER_BUDGET == 0 && depth_limit > 2)
      depth_limit /= 2;
   return nodes.n_records - 1;
}

static UInt
intern_stack(const Addr *ips, UInt n)
{
   UInt stack = 0, i;

   for (i = n; i-- > 0;)
      stack = intern_node(intern_frame(ips[i]), stack,
                          i == n - 1 && n == depth_limit);
   return stack;
}

/* ---- unwinding, remembered ---- */

static struct memo_set *
set_of(Addr pc, Addr sp)
{
   return &memo_sets[((pc ^ sp << 20) * 0x9e3779b97f4a7c15ull) >> 53];
}

_Static_assert(N_MEMO_SETS == 1 << 11, "set_of() takes 11 bits");

static inline Bool
memo_holds(const struct memo *memo, Addr pc, Addr sp, Addr fp)
{
   UInt i;

   if (memo->pc != pc || memo->sp != sp || (memo->fp != 0 && memo->fp != fp))
      return False;
   for (i = 0; i < memo->n_slots; i++)
      if (*(const UInt *)(sp + memo->slots[i].distance) !=
          memo->slots[i].value)
         return False;
   return True;
}

/* The memo that holds, or NULL.  */
static inline struct memo *
find_memo(const struct memo_set *set, Addr pc, Addr sp, Addr fp)
{
   UInt way;

   for (way = 0; way < N_MEMO_WAYS && set->ways[way] != 0; way++)
      if (memo_holds(&memos[set->ways[way] - 1], pc, sp, fp))
         return &memos[set->ways[way] - 1];
   return NULL;
}

/* One for the set that is new, or has not been replaced for longest.  */
static struct memo *
oldest_memo(struct memo_set *set)
{
   UShort *way = &set->ways[set->next++ % N_MEMO_WAYS];

   if (*way == 0)
      *way = (UShort)++n_memos;
   return &memos[*way - 1];
}

/* Keeps the stack if each caller's return address lies just below the stack
   pointer that unwinding gave for the caller, and in the same area, as it does
   but for signal frames (the frame that a signal interrupted may have no memory
   at all).  The frame pointer matters where it points into the stack: elsewhere it is a
   register like any other.  */
static void
remember(struct memo *memo, const Addr *ips, const Addr *sps, Addr fp, UInt n)
{
   const Addr near = 1 << 20;
   const struct vmt_area *area =
      vmt_areas_find(&tool_machine.areas, sps[0]);
   UInt i;

   if (n - 1 > MEMO_DEPTH || area == NULL)
      return;
   for (i = 1; i < n; i++) {
      Addr at = sps[i] - sizeof(Addr);

      if (sps[i] <= sps[i - 1] || sps[i] > area->end ||
          *(Addr *)at != ips[i] + 1)
         return;
      if (at - sps[0] > 0xffffffffu)
         return;
      memo->slots[i - 1].distance = (UInt)(at - sps[0]);
      memo->slots[i - 1].value = (UInt)(ips[i] + 1);
      if (at < lowest_slot)
         lowest_slot = at;
      if (at > highest_slot)
         highest_slot = at;
   }
   memo->n_slots = n - 1;
   memo->pc = ips[0];
   memo->sp = sps[0];
   memo->fp = fp - sps[0] + near < 2 * near ? fp : 0;
}

/* Without unwind information a "caller" can be anything on the stack: the chain
   ends where there is no code.  */
static UInt
callers_in_code(const Addr *ips, UInt n)
{
   UInt i;

   for (i = 1; i < n; i++) {
      const struct vmt_area *area =
         vmt_areas_find(&tool_machine.areas, ips[i]);

      if (area == NULL || (area->flags & VMT_AREA_EXEC) == 0)
         return i;
   }
   return n;
}

/* Unwinds from where the guest's program counter is, plus delta, and takes pc
   for the innermost frame.  */
static void
unwind(struct memo *memo, ThreadId tid, Addr pc, Word delta, Addr sp, Addr fp)
{
   Addr ips[MAX_DEPTH], sps[MAX_DEPTH], fps[MAX_DEPTH];
   UInt n = VG_(get_StackTrace)(tid, ips, depth_limit, sps, fps, delta);

   memo->pc = 0;
   memo->place = (struct stack_place){.label = ~0u};
   if (n == 0)
      n = 1;
   ips[0] = pc;
   sps[0] = sp;
   n = callers_in_code(ips, n);
   memo->place.stack = intern_stack(ips, n);
   remember(memo, ips, sps, fp, n);
}

struct stack_place *
stacks_known_place(const VexGuestAMD64State *guest, Addr pc)
{
   Addr sp = guest->guest_RSP;
   struct memo *memo = find_memo(set_of(pc, sp), pc, sp, guest->guest_RBP);

   return memo == NULL ? NULL : &memo->place;
}

struct stack_place *
stacks_place(VexGuestAMD64State *guest, Addr pc, Addr head_pc)
{
   Addr sp = guest->guest_RSP, fp = guest->guest_RBP;
   struct memo_set *set = set_of(pc, sp);
   struct memo *memo = find_memo(set, pc, sp, fp);

   if (memo == NULL) {
      memo = oldest_memo(set);
      guest->guest_RIP = head_pc;
      unwind(memo, VG_(get_running_tid)(), pc, 0, sp, fp);
   }
   return &memo->place;
}

UInt
stacks_of_syscall(ThreadId tid, Word delta)
{
   Addr pc = VG_(get_IP)(tid) + (Addr)delta, sp = VG_(get_SP)(tid);
   Addr fp = regs_fp(tid);
   struct memo_set *set = set_of(pc, sp);
   struct memo *memo = find_memo(set, pc, sp, fp);

   if (memo == NULL) {
      memo = oldest_memo(set);
      unwind(memo, tid, pc, delta, sp, fp);
   }
   return memo->place.stack;
}

void
stacks_forget_memory(Addr start, Addr end)
{
   UInt i;

   if (end <= lowest_slot || start > highest_slot)
      return;
   for (i = 0; i < n_memos; i++)
      memos[i].pc = 0;
   lowest_slot = ~(Addr)0;
   highest_slot = 0;
}

void
stacks_forget_code(void)
{
   vmt_hashmap_clear(&frame_ids);
   stacks_forget_memory(0, ~(Addr)0);
}

/* ---- for the profile ---- */

UInt
stacks_n_nodes(void)
{
   return nodes.n_records - 1;
}

UInt
stacks_n_frames(void)
{
   return frames.n_records - 1;
}

const struct stack_node *
stacks_node(UInt id)
{
   return vmt_vector_at(&nodes, id);
}

const struct stack_frame *
stacks_frame(UInt id)
{
   return vmt_vector_at(&frames, id);
}

static UInt current_profile;

void
stacks_are_news(void)
{
   current_profile++;
}

Bool
stacks_node_is_news(UInt id)
{
   struct stack_node *node = vmt_vector_at(&nodes, id);
   Bool is_news = node->profile != current_profile;

   node->profile = current_profile;
   return is_news;
}

Bool
stacks_frame_is_news(UInt id)
{
   struct stack_frame *frame = vmt_vector_at(&frames, id);
   Bool is_news = frame->profile != current_profile;

   frame->profile = current_profile;
   return is_news;
}

Addr
stacks_pc(UInt stack)
{
   return stacks_frame(stacks_node(stack)->frame)->pc;
}

UInt
stacks_depth(Bool *was_cut)
{
   *was_cut = nodes.n_records >= NODES_PER_BUDGET;
   return depth_limit;
}
