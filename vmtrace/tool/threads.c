#include "vmtrace/tool/threads.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/kernel_words.h"
#include "vmtrace/tool/quiet.h"
#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/running.h"
#include "vmtrace/tool/signals.h"
#include "vmtrace_config.h"

/* include/uapi/linux/sched.h */
#define VM_FLAG 0x00000100
#define THREAD_FLAG 0x00010000
#define CLEAR_TID_FLAG 0x00200000

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
static Bool all_end;             /* exit_group was called */

static void
let_dying_go(void)
{
   while (n_dying > 0)
      quiet_wait_for_lwp(dying[--n_dying]);
}

static void
note_dying(UInt lwp)
{
   if (n_dying == sizeof dying / sizeof dying[0])
      quiet_wait_for_lwp(dying[--n_dying]);
   dying[n_dying++] = lwp;
}

/* ---- the beginning ---- */

void
threads_before_call(ThreadId tid, UInt number, const UWord *args)
{
   quiet_enter(tid, number, args);
   all_end |= number == __NR_exit_group;
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
   if (parent == VG_INVALID_THREADID)
      quiet_begins(child, (UInt)VG_(getpid)());
   running_begins(child);
   kernel_words_forget(child);
   heap_forget_thread(child);
   if (parent < MAX_THREADS && child < MAX_THREADS)
      clear_word[child] = word_of_next[parent];
}

void
threads_return(ThreadId tid)
{
   quiet_leave(tid);
   quiet_wait();
}

void
threads_after_call(UInt number, const UWord *args, UWord result)
{
   if (number == __NR_clone && (args[0] & THREAD_FLAG) != 0 &&
       result != 0) {
      running_set_lwp(running_number_of(newest), (UInt)result);
      quiet_begins(newest, (UInt)result);
      quiet_wait_for_lwp((UInt)result);
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

/* As mm_release() does (kernel/fork.c): not for the last thread.  When all end nobody is
   left to see it, and in which order they do is anybody's guess.  */
static void
clear_and_wake(ThreadId tid)
{
   Addr word = clear_word[tid];

   if (word == 0 || n_threads == 1 || all_end ||
       !VG_(am_is_valid_for_client)(word, sizeof(Int), VKI_PROT_WRITE))
      return;
   charge_kernel_range(tid, word, sizeof(Int), True, CHARGE_SYSCALL);
   rawcall_forget_clear_tid();
   *(volatile Int *)word = 0;
   rawcall_futex_wake(word);
   quiet_woken(tid, word);
   quiet_wait();
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
   quiet_ends(tid);
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
   quiet_become_child(tid);
}

void
threads_init(void)
{
   VG_(track_pre_thread_ll_create)(created);
   VG_(track_pre_thread_ll_exit)(ends);
}
