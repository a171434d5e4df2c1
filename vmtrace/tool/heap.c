#include "vmtrace/tool/heap.h"

#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/tool.h"

#define MAX_CALLS 8             /* open at a time: one, and one for each handler */
#define MAX_PENDING (1u << 16)

struct call {
   Addr sp, ret;                /* where the return address is, and it */
   enum heap_function function; /* HEAP_NONE: set aside for a signal handler */
   UWord args[3];
   UInt site;
   Bool frees;                  /* what it frees, if that was a live block */
   struct vmt_block freed;
   ULong freed_at;
};

struct thread {
   struct call calls[MAX_CALLS];
   UInt n;
};

/* A fault while a call is open, of which it is not known yet whose it is.  */
struct pending {
   Addr addr;
   UInt charge, event;
   ThreadId tid;
};

Bool heap_is_tracked = True;
struct vmt_blocks heap_blocks;
ULong heap_n_open;

static struct thread *threads;
static struct thread *running;
static ThreadId running_tid;
static struct pending pendings[MAX_PENDING];
static UInt n_pendings;

static void
must(enum vmt_status status)
{
   if (status != VMT_OK)
      tool_no_memory();
}

static ULong
instrs_now(void)
{
   return vmt_instrs_at(tool_machine.filter.clock);
}

void
heap_init(void)
{
   must(vmt_blocks_init(&heap_blocks));
   threads = VG_(calloc)("vmtrace.heap", VG_N_THREADS, sizeof *threads);
   running = &threads[0];
}

static void
set_depth(struct thread *thread, UInt n)
{
   thread->n = n;
   if (thread == running)
      heap_n_open = n;
}

void
heap_switch(ThreadId tid)
{
   running = &threads[tid];
   running_tid = tid;
   heap_n_open = running->n;
}

static void
drop_pendings(ThreadId tid)
{
   UInt i, n = 0;

   for (i = 0; i < n_pendings; i++)
      if (pendings[i].tid != tid)
         pendings[n++] = pendings[i];
   n_pendings = n;
}

void
heap_forget_thread(ThreadId tid)
{
   set_depth(&threads[tid], 0);
   drop_pendings(tid);
}

/* ---- whose faults ---- */

static void
note_block(const struct vmt_block *block, uint32_t charge, UInt event)
{
   must(vmt_blocks_note(&heap_blocks, charge, block->site, event));
}

void
heap_note(uint32_t charge, enum vmt_event event, Addr addr)
{
   const struct vmt_block *block;
   const struct call *call;

   if (!heap_is_tracked || charge == VMT_NO_CHARGE)
      return;
   block = vmt_blocks_find(&heap_blocks, addr);
   call = heap_n_open == 0 ? NULL : &running->calls[running->n - 1];
   if (block != NULL) {
      note_block(block, charge, event);
   } else if (call != NULL && call->frees && addr >= call->freed.start &&
              addr < call->freed.end) {
      note_block(&call->freed, charge, event);
   } else if (call != NULL && n_pendings < MAX_PENDING) {
      pendings[n_pendings++] = (struct pending){addr, charge, event, running_tid};
   }
}

static void
settle_pendings(const struct vmt_block *block)
{
   UInt i;

   for (i = 0; i < n_pendings; i++)
      if (pendings[i].tid == running_tid && pendings[i].addr >= block->start &&
          pendings[i].addr < block->end)
         note_block(block, pendings[i].charge, pendings[i].event);
}

/* ---- entries ---- */

/* The stack of the call instruction that the allocator was called by, as seen from
   there: the function's own frame has nothing to tell yet.  */
static UInt
site_of(VexGuestAMD64State *guest, Addr ret)
{
   Addr pc = guest->guest_RIP, sp = guest->guest_RSP;
   UInt stack;

   guest->guest_RSP = sp + sizeof(Addr);
   stack = stacks_place(guest, ret - 1, ret - 1)->stack;
   guest->guest_RIP = pc;
   guest->guest_RSP = sp;
   return stack;
}

static void
start_free(struct call *call, Addr block)
{
   if (block == 0)
      return;
   call->freed_at = instrs_now();
   call->frees = vmt_blocks_remove(&heap_blocks, block, call->freed_at, &call->freed);
}

static Bool
is_realloc(enum heap_function function)
{
   return function == HEAP_REALLOC || function == HEAP_REALLOCARRAY;
}

/* A jump from one function of the allocator to another: the call as it is says more
   where it frees.  */
static Bool
goes_on(const struct call *call, Addr sp, Addr ret, enum heap_function function,
        Addr block)
{
   if (call->sp != sp || call->ret != ret)
      return False;
   if (function == HEAP_FREE)
      return call->function == HEAP_FREE ? call->args[0] == block
                                         : is_realloc(call->function);
   return is_realloc(call->function) && call->args[0] != 0 &&
          (!is_realloc(function) || call->args[0] == block);
}

void
heap_enter(VexGuestAMD64State *guest, UWord function)
{
   Addr sp = guest->guest_RSP, ret = *(Addr *)sp;
   struct call *call;

   if (!tool_running)
      return;
   if (function == HEAP_LONGJMP) {
      set_depth(running, 0);
      return;
   }
   while (running->n != 0) {
      call = &running->calls[running->n - 1];
      if (call->function == HEAP_NONE)
         break;
      if (goes_on(call, sp, ret, function, guest->guest_RDI) || call->sp > sp)
         return;
      set_depth(running, running->n - 1);
   }
   if (running->n == MAX_CALLS)
      return;
   call = &running->calls[running->n];
   call->sp = sp;
   call->ret = ret;
   call->function = function;
   call->args[0] = guest->guest_RDI;
   call->args[1] = guest->guest_RSI;
   call->args[2] = guest->guest_RDX;
   call->frees = False;
   if (running->n == 0 && n_pendings != 0)
      drop_pendings(running_tid);
   if (function == HEAP_FREE || is_realloc(function))
      start_free(call, guest->guest_RDI);
   if (function != HEAP_FREE) {
      call->site = vmt_blocks_site(&heap_blocks, site_of(guest, ret));
      if (call->site == VMT_NO_SITE)
         tool_no_memory();
   }
   set_depth(running, running->n + 1);
}

/* ---- returns ---- */

static SizeT
bytes_asked(const struct call *call)
{
   switch (call->function) {
   case HEAP_MALLOC: return call->args[0];
   case HEAP_CALLOC: return call->args[0] * call->args[1];
   case HEAP_REALLOCARRAY: return call->args[1] * call->args[2];
   case HEAP_POSIX_MEMALIGN: return call->args[2];
   default: return call->args[1];
   }
}

static Addr
block_given(const struct call *call, UWord result)
{
   if (call->function != HEAP_POSIX_MEMALIGN)
      return result;
   return (UInt)result == 0 ? *(Addr *)call->args[0] : 0;
}

static void
finish(const struct call *call, UWord result)
{
   Addr block = block_given(call, result);
   SizeT bytes = bytes_asked(call);

   if (call->function == HEAP_FREE)
      return;
   if (block != 0) {
      must(vmt_blocks_add(&heap_blocks, block, bytes, call->site, running_tid,
                          instrs_now()));
      if (n_pendings != 0)
         settle_pendings(vmt_blocks_find(&heap_blocks, block));
   } else if (call->frees && bytes != 0) {
      must(vmt_blocks_put_back(&heap_blocks, &call->freed, call->freed_at));
   }
}

/* Beyond an interrupted place of the same stack.  */
static Bool
is_above(Addr sp, Addr interrupted)
{
   const struct vmt_area *area;

   if (sp <= interrupted)
      return False;
   area = vmt_areas_find(&tool_machine.areas, interrupted);
   return area != NULL && sp < area->end;
}

void
heap_return(UWord unused1, UWord unused2, VexGuestAMD64State *guest)
{
   Addr sp = guest->guest_RSP;

   while (running->n != 0) {
      const struct call *call = &running->calls[running->n - 1];
      Bool is_over = call->function == HEAP_NONE ? is_above(sp, call->sp)
                                                 : sp > call->sp;

      if (!is_over)
         return;
      set_depth(running, running->n - 1);
      if (call->function != HEAP_NONE && sp == call->sp + sizeof(Addr) &&
          *(Addr *)call->sp == call->ret) {
         finish(call, guest->guest_RAX);
         if (n_pendings != 0)
            drop_pendings(running_tid);
         return;
      }
   }
}

/* ---- signals, forks ---- */

void
heap_before_signal(ThreadId tid)
{
   struct thread *thread = &threads[tid];

   if (!heap_is_tracked || thread->n == 0 || thread->n == MAX_CALLS)
      return;
   thread->calls[thread->n] = (struct call){.sp = VG_(get_SP)(tid)};
   set_depth(thread, thread->n + 1);
}

/* The handler has returned; what it left open itself is over.  */
void
heap_after_signal(ThreadId tid)
{
   struct thread *thread = &threads[tid];
   UInt n = thread->n;

   while (n != 0 && thread->calls[n - 1].function != HEAP_NONE)
      n--;
   if (n != 0)
      set_depth(thread, n - 1);
}

void
heap_start_anew(void)
{
   n_pendings = 0;
   vmt_blocks_start_anew(&heap_blocks, instrs_now());
}
