#include "vmtrace/tool/heap.h"

#include "vmtrace/tool/heap_memory.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/tool.h"

#define MAX_CALLS 16            /* open at a time: one, and one for each handler */
#define NEAR_BYTES 1024         /* so near is the same stack */

struct call {
   Addr sp, ret;                /* where the return address is, and it */
   const struct heap_function *function;        /* NULL: a signal handler runs, which
                                           interrupted the program at sp */
   Addr block;                  /* that it is to free; 0: none */
   SizeT bytes;                 /* that it is asked for */
   const Addr *result;          /* where it stores the new block, if it does */
   UInt site;
   Bool frees;                  /* what it frees, if that was a live block */
   struct vmt_block freed;
   ULong freed_at;
};

struct thread {
   struct call calls[MAX_CALLS];
   UInt n;
};

Bool heap_is_tracked = True;
Bool heap_is_at_work;
Addr heap_open_sp = HEAP_NONE_OPEN, heap_free_sp = HEAP_NONE_OPEN;

static struct thread *threads;
static struct thread *running;
static ThreadId running_tid;

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
   heap_names_init();
   threads = VG_(calloc)("vmtrace.heap", VG_N_THREADS, sizeof *threads);
   running = &threads[0];
}

/* A single call can only be over where the stack pointer is above it.  */
static inline void
watch_returns(void)
{
   const struct call *only = &running->calls[0];

   heap_open_sp = heap_free_sp = HEAP_NONE_OPEN;
   heap_is_at_work = False;
   if (running->n == 0)
      return;
   heap_is_at_work = running->calls[running->n - 1].function != NULL;
   heap_open_sp = running->n == 1 ? only->sp : 0;
   if (running->n == 1 && only->function != NULL && only->function->bytes == 0)
      heap_free_sp = only->sp;
}

static inline void
set_depth(struct thread *thread, UInt n)
{
   thread->n = n;
   watch_returns();
}

void
heap_switch(ThreadId tid)
{
   running = &threads[tid];
   running_tid = tid;
   watch_returns();
}

void
heap_forget_thread(ThreadId tid)
{
   set_depth(&threads[tid], 0);
   heap_memory_drop(tid);
}

const struct vmt_block *
heap_block_being_freed(void)
{
   const struct call *call =
      running->n == 0 ? NULL : &running->calls[running->n - 1];

   return call != NULL && call->frees ? &call->freed : NULL;
}

Bool
heap_is_at_work_in(ThreadId tid)
{
   const struct thread *thread = &threads[tid];

   return thread->n != 0 && thread->calls[thread->n - 1].function != NULL;
}

/* ---- calls ---- */

static __attribute__((noinline)) Bool
are_of_one_area(Addr sp, Addr other)
{
   const struct vmt_area *area = vmt_areas_find(&tool_machine.areas, other);

   return area != NULL && sp >= area->start && sp < area->end;
}

static inline Bool
are_of_one_stack(Addr sp, Addr other)
{
   return sp - other < NEAR_BYTES || other - sp < NEAR_BYTES ||
          are_of_one_area(sp, other);
}

static Bool
is_left_behind(const struct call *call, Addr sp)
{
   return sp > call->sp && are_of_one_stack(sp, call->sp);
}

/* It did not come to its end, or failed.  */
static void
give_up(const struct call *call)
{
   if (call->frees && !call->function->frees_always)
      must(vmt_blocks_put_back(&tool_machine.blocks, &call->freed, call->freed_at));
}

static __attribute__((noinline)) void
give_up_from(UInt depth)
{
   while (running->n > depth) {
      give_up(&running->calls[running->n - 1]);
      set_depth(running, running->n - 1);
   }
}

/* Takes call i out, and what was left behind on its stack.  */
static void
close_call(struct thread *thread, UInt i)
{
   Addr sp = thread->calls[i].sp;
   UInt next, n = i;

   for (next = i + 1; next < thread->n; next++)
      if (!are_of_one_stack(sp, thread->calls[next].sp))
         thread->calls[n++] = thread->calls[next];
   set_depth(thread, n);
}

/* A place for one more; the oldest of too many is never seen to be over.  */
static struct call *
next_call(struct thread *thread)
{
   if (thread->n == MAX_CALLS) {
      VG_(memmove)(thread->calls, thread->calls + 1,
                   (MAX_CALLS - 1) * sizeof thread->calls[0]);
      thread->n--;
   }
   return &thread->calls[thread->n];
}

/* ---- entries ---- */

static inline UWord
argument(const VexGuestAMD64State *guest, UInt number)
{
   static const UShort places[] = {
      0, offsetof(VexGuestAMD64State, guest_RDI), offsetof(VexGuestAMD64State, guest_RSI),
      offsetof(VexGuestAMD64State, guest_RDX), offsetof(VexGuestAMD64State, guest_RCX)};

   return number == 0 ? 0 : *(const UWord *)((const HChar *)guest + places[number]);
}

static SizeT
bytes_asked(const VexGuestAMD64State *guest, const struct heap_function *function)
{
   SizeT bytes = argument(guest, function->bytes);

   return function->times == 0 ? bytes : bytes * argument(guest, function->times);
}

/* The site of the call instruction that the allocator was called by, as seen from
   there: the function's own frame has nothing to tell yet.  */
static UInt
site_of(VexGuestAMD64State *guest, Addr ret)
{
   Addr pc = guest->guest_RIP, sp = guest->guest_RSP;
   struct stack_place *place;

   guest->guest_RSP = sp + sizeof(Addr);
   place = stacks_place(guest, ret - 1, ret - 1);
   guest->guest_RIP = pc;
   guest->guest_RSP = sp;
   if (place->allocates == VMT_NO_SITE)
      place->allocates = vmt_blocks_site(&tool_machine.blocks, place->stack,
                                         VMT_SITE_MALLOC);
   if (place->allocates == VMT_NO_SITE)
      tool_no_memory();
   return place->allocates;
}

/* The C library frees what it did not ask for: a thread's cache of blocks.  */
static void
start_free(struct call *call)
{
   if (call->block == 0)
      return;
   call->freed_at = instrs_now();
   call->frees = vmt_blocks_remove(&tool_machine.blocks, call->block, call->freed_at,
                                   &call->freed);
   if (!call->frees && heap_names_in_c_library(call->ret))
      tool_machine.blocks.n_unknown--;
}

/* Whether the function was jumped to by the one whose call that is: both have the same
   return address in the same place.  Otherwise the call was left unseen.  */
static Bool
goes_on(const struct call *call, const VexGuestAMD64State *guest,
        const struct heap_function *function)
{
   if (function->bytes == 0)
      return call->function->frees != 0;
   return call->function->bytes != 0 &&
          (function->frees == 0 || argument(guest, function->frees) == call->block) &&
          bytes_asked(guest, function) >= call->bytes;
}

/* Where it is not yet over.  */
static Bool
is_open(const struct call *call, Addr sp)
{
   return sp < call->sp && (call->function == NULL || *(Addr *)call->sp == call->ret);
}

/* Whether it is the allocator that calls or jumps to the function; not a handler of
   the program's that it calls, as operator new does where there is no memory.  Calls
   that turn out to be left are given up.  */
static Bool
is_inner(const VexGuestAMD64State *guest, const struct heap_function *function)
{
   Addr sp = guest->guest_RSP, ret = *(Addr *)sp;

   while (running->n != 0) {
      const struct call *call = &running->calls[running->n - 1];

      if (!are_of_one_stack(sp, call->sp))
         return False;
      if (is_open(call, sp))
         return call->function != NULL && heap_names_in_allocator(ret);
      if (sp == call->sp && ret == call->ret && call->function != NULL &&
          goes_on(call, guest, function))
         return True;
      give_up_from(running->n - 1);
   }
   return False;
}

static __attribute__((noinline)) void
open_call(VexGuestAMD64State *guest, const struct heap_function *function)
{
   struct call *call = next_call(running);

   call->sp = guest->guest_RSP;
   call->ret = *(Addr *)call->sp;
   call->function = function;
   call->frees = False;
   if (running->n == 0)
      heap_memory_drop(running_tid);
   call->block = argument(guest, function->frees);
   if (function->frees != 0)
      start_free(call);
   if (function->bytes != 0) {
      call->bytes = bytes_asked(guest, function);
      call->result = (const Addr *)argument(guest, 1);
      call->site = site_of(guest, call->ret);
   }
   set_depth(running, running->n + 1);
}

/* The stack pointer that longjmp restores: the seventh word of a jmp_buf, which glibc
   keeps rotated, after an exclusive or with a secret of the thread's
   (sysdeps/x86_64/__longjmp.S); musl keeps it as it is.  0: not known.  */
static Addr
longjmp_target(const VexGuestAMD64State *guest)
{
   const Addr *buffer = (const Addr *)guest->guest_RDI;
   Addr secret = guest->guest_FS_CONST + 0x30, sp;

   if (!VG_(am_is_valid_for_client)((Addr)buffer, 8 * sizeof(Addr), VKI_PROT_READ) ||
       !VG_(am_is_valid_for_client)(secret, sizeof(Addr), VKI_PROT_READ))
      return 0;
   sp = buffer[6];
   if (vmt_areas_find(&tool_machine.areas, sp) == NULL)
      sp = (sp >> 17 | sp << 47) ^ *(Addr *)secret;
   return sp;
}

/* Whatever is below the target is left, and what was opened since.  */
static __attribute__((noinline)) void
leave_by_longjmp(const VexGuestAMD64State *guest)
{
   Addr target = longjmp_target(guest);
   UInt i;

   for (i = 0; i < running->n; i++)
      if (is_left_behind(&running->calls[i], target)) {
         give_up_from(i);
         return;
      }
}

/* An exception is made: the calls since the handler, if any, have failed.  */
static __attribute__((noinline)) void
leave_by_throw(void)
{
   while (running->n != 0 && running->calls[running->n - 1].function != NULL)
      give_up_from(running->n - 1);
}

void
heap_enter(VexGuestAMD64State *guest, const struct heap_function *function)
{
   if (!tool_running)
      return;
   if (function->kind == HEAP_LONGJMP)
      leave_by_longjmp(guest);
   else if (function->kind == HEAP_THROW)
      leave_by_throw();
   else if (running->n == 0 || !is_inner(guest, function))
      open_call(guest, function);
}

/* ---- returns ---- */

/* 0: it failed.  */
static Addr
block_given(const struct call *call, UWord result)
{
   if (!call->function->stores)
      return result;
   return (UInt)result == 0 ? *call->result : 0;
}

static void
finish(const struct call *call, UWord result)
{
   Addr block;

   if (call->function->bytes != 0) {
      block = block_given(call, result);
      if (block != 0) {
         must(vmt_blocks_add(&tool_machine.blocks, block, call->bytes, call->site,
                             instrs_now()));
         if (heap_memory_holds)
            heap_memory_settle(running_tid, block, call->bytes, call->site);
      } else if (call->bytes != 0) {
         give_up(call);
      }
   }
   if (heap_memory_holds)
      heap_memory_drop(running_tid);
}

static inline Bool
ends_at(const struct call *call, Addr sp)
{
   return call->function != NULL && sp == call->sp + sizeof(Addr) &&
          *(Addr *)call->sp == call->ret;
}

/* What was freed is gone since the call began.  */
Bool
heap_return_quick(UWord unused1, UWord unused2, const VexGuestAMD64State *guest)
{
   const struct call *call = &running->calls[0];

   if (running->n != 1 || heap_memory_holds || !ends_at(call, guest->guest_RSP) ||
       call->function->bytes != 0)
      return False;
   set_depth(running, 0);
   return True;
}

void
heap_return(UWord unused1, UWord unused2, VexGuestAMD64State *guest)
{
   Addr sp = guest->guest_RSP;
   UInt i;

   for (i = running->n; i-- > 0;)
      if (ends_at(&running->calls[i], sp)) {
         finish(&running->calls[i], guest->guest_RAX);
         if (i == running->n - 1)
            set_depth(running, i);
         else
            close_call(running, i);
         return;
      }
   while (running->n != 0 && is_left_behind(&running->calls[running->n - 1], sp))
      give_up_from(running->n - 1);
}

/* ---- signals ---- */

void
heap_before_signal(ThreadId tid)
{
   struct thread *thread = &threads[tid];

   if (!heap_is_tracked || thread->n == 0)
      return;
   *next_call(thread) = (struct call){.sp = VG_(get_SP)(tid)};
   set_depth(thread, thread->n + 1);
}

/* The handler has returned; what it left open itself is over.  */
void
heap_after_signal(ThreadId tid)
{
   struct thread *thread = &threads[tid];
   Addr sp = VG_(get_SP)(tid);
   UInt i;

   for (i = thread->n; i-- > 0;)
      if (thread->calls[i].function == NULL && thread->calls[i].sp == sp) {
         close_call(thread, i);
         return;
      }
}
