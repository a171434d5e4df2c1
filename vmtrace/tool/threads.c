#include "vmtrace/tool/threads.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/kernel_words.h"
#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/running.h"
#include "vmtrace/tool/signals.h"
#include "vmtrace_config.h"

/* include/uapi/linux/sched.h */
#define VM_FLAG 0x00000100
#define THREAD_FLAG 0x00010000
#define CLEAR_TID_FLAG 0x00200000

/* How long a new thread is waited for: at most about a second.  */
#define N_YIELDS 200
#define N_NAPS 1000
#define NAP_NS 1000000

#define MAX_THREADS 1024

/* By thread: the word that the kernel is to clear, and that of the thread which
   its clone makes.  0: none.  */
static Addr clear_word[MAX_THREADS], word_of_next[MAX_THREADS];
static Bool next_shares_memory[MAX_THREADS];
static UInt n_threads;           /* the core tells of the first one, too */

/* Threads that have ended here but may still hold their place in Valgrind's table
   of threads: a new thread must not get another number for that.  */
static UInt dying[16], n_dying;

static ThreadId newest;                 /* that began */

static Bool keep_lock;

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

/* Until the thread sleeps or is gone.  The first thing a new one sleeps for is
   Valgrind's lock; one that has given it up for good sleeps no more.  */
static void
wait_for_thread(UInt lwp)
{
   UInt i;

   for (i = 0; i < N_YIELDS + N_NAPS; i++) {
      HChar state = state_of(lwp);

      if (state != 'R' && state != 'D')
         return;
      rawcall_pause(i < N_YIELDS ? 0 : NAP_NS);
   }
}

static void
let_dying_go(void)
{
   while (n_dying > 0)
      wait_for_thread(dying[--n_dying]);
}

static void
note_dying(UInt lwp)
{
   if (n_dying == sizeof dying / sizeof dying[0])
      wait_for_thread(dying[--n_dying]);
   dying[n_dying++] = lwp;
}

/* ---- the beginning ---- */

void
threads_before_call(ThreadId tid, UInt number, const UWord *args)
{
   if (tid >= MAX_THREADS)
      return;
   if (number == __NR_clone) {
      word_of_next[tid] = (args[0] & CLEAR_TID_FLAG) != 0 ? args[3] : 0;
      next_shares_memory[tid] = (args[0] & VM_FLAG) != 0;
      let_dying_go();
   } else if (number == __NR_fork || number == __NR_vfork) {
      word_of_next[tid] = 0;
      next_shares_memory[tid] = number == __NR_vfork;
   } else if (number == __NR_set_tid_address) {
      clear_word[tid] = args[0];
   }
}

static void
created(ThreadId parent, ThreadId child)
{
   n_threads++;
   newest = child;
   running_begins(child);
   kernel_words_forget(child);
   heap_forget_thread(child);
   if (parent < MAX_THREADS && child < MAX_THREADS)
      clear_word[child] = word_of_next[parent];
}

void
threads_after_call(UInt number, const UWord *args, UWord result)
{
   if (number == __NR_clone && (args[0] & THREAD_FLAG) != 0 &&
       result != 0) {
      running_set_lwp(running_number_of(newest), (UInt)result);
      wait_for_thread((UInt)result);
      keep_lock = True;
   }
}

#ifdef HAVE_WRAP_YIELD
/* Called by the core after a clone, once its system call wrapper is done.  */
void __real_vgPlain_vg_yield(void);
void __wrap_vgPlain_vg_yield(void);

void
__wrap_vgPlain_vg_yield(void)
{
   if (!keep_lock)
      __real_vgPlain_vg_yield();
   keep_lock = False;
}
#endif

/* ---- the end ---- */

/* As mm_release() does (kernel/fork.c): not for the last thread.  */
static void
clear_and_wake(ThreadId tid)
{
   Addr word = clear_word[tid];

   if (word == 0 || n_threads == 1 ||
       !VG_(am_is_valid_for_client)(word, sizeof(Int), VKI_PROT_WRITE))
      return;
   charge_kernel_range(tid, word, sizeof(Int), True, CHARGE_SYSCALL);
   rawcall_forget_clear_tid();
   *(volatile Int *)word = 0;
   rawcall_futex_wake(word);
}

/* Comes from the thread itself, or, if it could not be started, from its
   parent.  */
static void
ends(ThreadId tid)
{
   if (VG_(get_running_tid)() == tid) {
      signals_thread_ends(tid);
      note_dying((UInt)VG_(gettid)());
      if (tid < MAX_THREADS)
         clear_and_wake(tid);
   }
   running_ends(tid);
   if (tid < MAX_THREADS)
      clear_word[tid] = 0;
   n_threads--;
}

Bool
threads_is_vfork(ThreadId tid)
{
   return tid < MAX_THREADS && next_shares_memory[tid];
}

void
threads_become_child(ThreadId tid)
{
   Addr word = tid < MAX_THREADS ? word_of_next[tid] : 0;

   VG_(memset)(clear_word, 0, sizeof clear_word);
   if (tid < MAX_THREADS)
      clear_word[tid] = word;
   n_threads = 1;
   n_dying = 0;
}

void
threads_init(void)
{
   VG_(track_pre_thread_ll_create)(created);
   VG_(track_pre_thread_ll_exit)(ends);
}
