#include "vmtrace/tool/heap_memory.h"

#include "pub_tool_vkiscnums.h"

#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/tool.h"

#define MAX_HELD (1u << 16)
#define SYSCALL_DELTA (-2)

struct held {
   Addr addr;
   UInt charge;
   ThreadId tid;
   struct vmt_outcome outcome;
};

ULong heap_memory_calls[HEAP_N_CALLS];
ULong heap_memory_advised_free;
Bool heap_memory_holds;

static struct held *held;
static UInt n_held, capacity;

static void
must(enum vmt_status status)
{
   if (status != VMT_OK)
      tool_no_memory();
}

/* ---- accesses ---- */

UInt
heap_memory_site(Addr addr)
{
   const struct vmt_block *freed;

   if (!heap_is_tracked)
      return VMT_NO_SITE;
   if (!heap_is_at_work)
      return vmt_blocks_site_at(&tool_machine.blocks, addr);
   freed = heap_block_being_freed();
   if (freed != NULL && addr >= freed->start && addr < freed->end)
      return freed->site;
   return vmt_blocks_range_site_at(&tool_machine.blocks, addr);
}

void
heap_memory_hold(Addr addr, UInt charge, const struct vmt_outcome *outcome)
{
   if (n_held == MAX_HELD)
      return;
   if (n_held == capacity) {
      capacity = capacity == 0 ? 256 : 2 * capacity;
      held = VG_(realloc)("vmtrace.heap.held", held, capacity * sizeof *held);
   }
   held[n_held++] = (struct held){addr, charge, VG_(get_running_tid)(), *outcome};
   heap_memory_holds = True;
}

void
heap_memory_hold_miss(Addr addr, UInt charge, Bool is_fetch)
{
   const struct vmt_outcome outcome = {
      .event = VMT_NO_EVENT, .n_l1_misses = 1, .is_fetch = is_fetch};

   heap_memory_hold(addr, charge, &outcome);
}

static void
give(const struct held *one, UInt site)
{
   const struct vmt_charge *from =
      vmt_accounting_get(&tool_machine.ledger, one->charge);
   uint32_t to = vmt_accounting_charge(&tool_machine.ledger, from->stack, from->area,
                                       from->thread, site);

   if (to == VMT_NO_CHARGE)
      tool_no_memory();
   must(vmt_machine_recharge(&tool_machine, &one->outcome, one->charge, to));
}

void
heap_memory_settle(ThreadId tid, Addr block, SizeT bytes, UInt site)
{
   UInt i;

   for (i = 0; i < n_held; i++)
      if (held[i].tid == tid && held[i].addr - block < bytes)
         give(&held[i], site);
   heap_memory_drop(tid);
}

void
heap_memory_drop(ThreadId tid)
{
   UInt i, n = 0;

   for (i = 0; i < n_held; i++)
      if (held[i].tid != tid)
         held[n++] = held[i];
   n_held = n;
   heap_memory_holds = n != 0;
}

void
heap_memory_drop_all(void)
{
   n_held = 0;
   heap_memory_holds = False;
}

/* ---- mappings ---- */

static Bool
is_wrapper(const HChar *name)
{
   static const HChar *const wrappers[] = {
      "mmap", "mmap64", "__mmap", "__mmap64", "mremap", "__mremap",
      "brk", "__brk", "sbrk", "__sbrk", "syscall"};
   UInt i;

   for (i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++)
      if (VG_STREQ(name, wrappers[i]))
         return True;
   return False;
}

/* Who called mmap or brk.  */
static UInt
caller_of(UInt stack)
{
   const HChar *name;

   while (stacks_node(stack)->parent != STACK_NONE &&
          VG_(get_fnname)(VG_(current_DiEpoch)(), stacks_pc(stack), &name) &&
          is_wrapper(name))
      stack = stacks_node(stack)->parent;
   return stack;
}

static UInt
site_of_mapping(ThreadId tid, Bool by_brk)
{
   UInt stack, site;

   if (heap_is_at_work_in(tid))
      return VMT_OWN_SITE;
   stack = stacks_of_syscall(tid, SYSCALL_DELTA);
   if (stack != STACK_NONE)
      stack = caller_of(stack);
   site = vmt_blocks_site(&tool_machine.blocks, stack,
                          by_brk ? VMT_SITE_BRK : VMT_SITE_MMAP);
   if (site == VMT_NO_SITE)
      tool_no_memory();
   return site;
}

void
heap_memory_mapped(ThreadId tid, Addr start, Addr end, Bool by_brk)
{
   if (heap_is_tracked)
      must(vmt_blocks_map(&tool_machine.blocks, start, end,
                          site_of_mapping(tid, by_brk), by_brk,
                          vmt_instrs_at(tool_machine.filter.clock)));
}

void
heap_memory_unmapped(Addr start, Addr end)
{
   if (heap_is_tracked)
      must(vmt_blocks_unmap(&tool_machine.blocks, start, end,
                            vmt_instrs_at(tool_machine.filter.clock)));
}

/* ---- system calls ---- */

/* Natively these are no system calls.  */
static Bool
is_of_vdso(UInt number)
{
   return number == __NR_clock_gettime || number == __NR_gettimeofday ||
          number == __NR_time || number == __NR_getcpu;
}

void
heap_memory_syscall(UInt number)
{
   enum heap_call call = HEAP_CALL_other;

   if (!heap_is_at_work || is_of_vdso(number))
      return;
   switch (number) {
#define HEAP_CALL_CASE(name) case __NR_##name: call = HEAP_CALL_##name; break;
   HEAP_CALLS(HEAP_CALL_CASE)
#undef HEAP_CALL_CASE
   }
   heap_memory_calls[call]++;
   tool_machine.blocks.returned.n_calls++;
}

void
heap_memory_advised(Addr start, Addr end)
{
   if (heap_is_tracked)
      heap_memory_advised_free +=
         vmt_blocks_n_resident(&tool_machine.blocks, start, end);
}

void
heap_memory_start_anew(void)
{
   heap_memory_drop_all();
   VG_(memset)(heap_memory_calls, 0, sizeof heap_memory_calls);
   heap_memory_advised_free = 0;
}
