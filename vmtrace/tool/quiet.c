#include "vmtrace/tool/quiet.h"

#include "vmtrace/tool/rawcall.h"
#include "vmtrace_config.h"

/* m_main.c; enum FairSchedType, 0: not fair.  */
extern Int VG_(clo_fair_sched);

#define MAX_THREADS 1024

/* How long a thread is waited for: at most about a second.  */
#define N_YIELDS 200
#define N_NAPS 1000
#define NAP_NS 1000000

/* include/uapi/linux/futex.h */
#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define FUTEX_REQUEUE 3
#define FUTEX_CMP_REQUEUE 4
#define FUTEX_WAKE_OP 5
#define FUTEX_WAIT_BITSET 9
#define FUTEX_WAKE_BITSET 10
#define FUTEX_OPERATION 0x7f            /* without FUTEX_PRIVATE_FLAG, ..._REALTIME */

static struct {
   UInt lwp;                            /* 0: there is no such thread */
   Bool is_in_futex, may_be_woken;
   Addr word;                           /* that it waits for there; 0: not known */
} threads[MAX_THREADS];

static ThreadId last_thread;            /* none beyond */
static Bool any_may_be_woken;

/* ---- one thread ---- */

/* The state letter that proc(5) gives for a thread, 0 if there is none.  */
static HChar
state_of(UInt lwp)
{
   HChar path[64], stat[512];
   const HChar *after_name;
   SysRes opened;
   Int n;

   VG_(snprintf)(path, sizeof path, "/proc/self/task/%u/stat", lwp);
   opened = VG_(open)(path, VKI_O_RDONLY, 0);
   if (sr_isError(opened))
      return 0;
   n = VG_(read)((Int)sr_Res(opened), stat, sizeof stat - 1);
   VG_(close)((Int)sr_Res(opened));
   stat[n > 0 ? n : 0] = 0;
   after_name = VG_(strrchr)(stat, ')');
   return after_name != NULL && after_name[1] == ' ' ? after_name[2] : 0;
}

Bool
quiet_wait_for_lwp(UInt lwp)
{
   UInt i;

   for (i = 0; i < N_YIELDS + N_NAPS; i++) {
      HChar state = state_of(lwp);

      if (state != 'R' && state != 'D')
         return True;
      rawcall_pause(i < N_YIELDS ? 0 : NAP_NS);
   }
   return False;
}

/* ---- all threads ---- */

void
quiet_begins(ThreadId tid, UInt lwp)
{
   if (tid >= MAX_THREADS)
      return;
   VG_(memset)(&threads[tid], 0, sizeof threads[tid]);
   threads[tid].lwp = lwp;
   if (tid > last_thread)
      last_thread = tid;
}

void
quiet_ends(ThreadId tid)
{
   if (tid < MAX_THREADS)
      VG_(memset)(&threads[tid], 0, sizeof threads[tid]);
}

void
quiet_become_child(ThreadId tid)
{
   VG_(memset)(threads, 0, sizeof threads);
   last_thread = 0;
   quiet_begins(tid, (UInt)VG_(getpid)());
}

static UInt
operation_of(UWord op)
{
   return (UInt)op & FUTEX_OPERATION;
}

void
quiet_enter(ThreadId tid, UInt number, const UWord *args)
{
   UInt op = number == __NR_futex ? operation_of(args[1]) : FUTEX_WAKE;

   if (tid >= MAX_THREADS)
      return;
   threads[tid].is_in_futex = number == __NR_futex;
   threads[tid].word = op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET ? args[0] : 0;
}

void
quiet_leave(ThreadId tid)
{
   if (tid < MAX_THREADS)
      threads[tid].is_in_futex = threads[tid].may_be_woken = False;
}

void
quiet_settle(ThreadId tid)
{
   if (VG_(clo_fair_sched) != 0 && tid < MAX_THREADS && threads[tid].lwp != 0)
      quiet_wait_for_lwp(threads[tid].lwp);
}

void
quiet_wait(void)
{
   ThreadId tid;

   for (tid = 1; tid <= last_thread && any_may_be_woken; tid++)
      if (threads[tid].may_be_woken) {
         quiet_settle(tid);
         threads[tid].may_be_woken = False;
      }
   any_may_be_woken = False;
}

void
quiet_woken(ThreadId tid, Addr word)
{
   ThreadId other;

   for (other = 1; other <= last_thread; other++)
      if (other != tid && threads[other].is_in_futex &&
          (word == 0 || threads[other].word == 0 || threads[other].word == word))
         threads[other].may_be_woken = any_may_be_woken = True;
}

/* ---- futex ---- */

#ifdef HAVE_WRAP_FUTEX

/* m_syswrap/priv_types_n_macros.h.  */
#define MAY_BLOCK 2
#define IS_COMPLETE 1

struct call_args {
   UWord number, args[8];
};

struct call_status {
   Int what;
   SysRes result;
};

void __real_vgSysWrap_linux_sys_futex_before(ThreadId tid, void *layout,
                                             struct call_args *call,
                                             struct call_status *status, UWord *flags);
void __wrap_vgSysWrap_linux_sys_futex_before(ThreadId tid, void *layout,
                                             struct call_args *call,
                                             struct call_status *status, UWord *flags);

/* One after the other; how many, or a negative error number.  */
static Long
wake_each(ThreadId tid, const UWord *args)
{
   Long n = 0, result = 1;

   while (n < (Int)args[2] && result == 1) {
      result = rawcall_futex_wake_one(args[0], args[1], args[5]);
      if (result < 0 && n == 0)
         return result;
      if (result == 1) {
         n++;
         quiet_woken(tid, args[0]);
         quiet_wait();
      }
   }
   return n;
}

/* Nobody who wakes others sleeps: no need to let go of the lock.  */
void
__wrap_vgSysWrap_linux_sys_futex_before(ThreadId tid, void *layout,
                                        struct call_args *call,
                                        struct call_status *status, UWord *flags)
{
   UInt op = operation_of(call->args[1]);

   __real_vgSysWrap_linux_sys_futex_before(tid, layout, call, status, flags);
   if (VG_(clo_fair_sched) == 0 || status->what == IS_COMPLETE)
      return;
   if ((op == FUTEX_WAKE || op == FUTEX_WAKE_BITSET) && (Int)call->args[2] > 0) {
      Long n = wake_each(tid, call->args);

      if (n >= 0) {
         *flags &= ~(UWord)MAY_BLOCK;
         status->what = IS_COMPLETE;
         status->result = (SysRes){._val = (UWord)n, ._isError = False};
      }
   } else if (op == FUTEX_REQUEUE || op == FUTEX_CMP_REQUEUE || op == FUTEX_WAKE_OP) {
      *flags &= ~(UWord)MAY_BLOCK;
      quiet_woken(tid, 0);                   /* waited for when it is done */
   }
}

#endif
