#include "vmtrace/tool/kernel_words.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/options.h"

/* include/uapi/linux/sched.h */
#define VM_FLAG 0x00000100
#define VFORK_FLAG 0x00004000
#define PARENT_SETTID_FLAG 0x00100000
#define CHILD_SETTID_FLAG 0x01000000
#define PIDFD_FLAG 0x00001000

/* include/uapi/linux/futex.h */
#define FUTEX_COMMAND 0x7f
#define FUTEX_WAIT_COMMAND 0
#define FUTEX_LOCK_PI_COMMAND 6
#define FUTEX_WAIT_BITSET_COMMAND 9

/* kernel/rseq.c: the least size, and the alignment of that size.  */
#define RSEQ_BYTES 32

#define MAX_THREADS 1024

static struct thread_words {
   Addr rseq;                   /* the area; 0: none */
   Bool rseq_due;               /* to be written once the thread has waited */
   Addr number_of_child;        /* where the child of a fork puts it; 0: nowhere */
} threads[MAX_THREADS];

static struct thread_words *
words_of(ThreadId tid)
{
   return &threads[tid % MAX_THREADS];
}

static void
write_word(ThreadId tid, Addr word)
{
   charge_kernel_range(tid, word, sizeof(UInt), True, CHARGE_SYSCALL);
}

/* ---- rseq ---- */

static void
write_rseq(ThreadId tid, enum charge_cause cause)
{
   struct thread_words *words = words_of(tid);

   words->rseq_due = False;
   if (words->rseq != 0)
      charge_kernel_range(tid, words->rseq, sizeof(UInt), True, cause);
}

/* rseq(area, bytes, flags, signature), as it would come out natively.  */
static void
register_rseq(ThreadId tid, Addr area, SizeT bytes, UInt flags)
{
   struct thread_words *words = words_of(tid);

   if (flags != 0) {
      words->rseq = 0;          /* RSEQ_FLAG_UNREGISTER */
   } else if (words->rseq == 0 && bytes >= RSEQ_BYTES &&
              area % RSEQ_BYTES == 0 &&
              VG_(am_is_valid_for_client)(area, bytes, VKI_PROT_WRITE)) {
      words->rseq = area;
      write_rseq(tid, CHARGE_SYSCALL);
   }
}

static Bool
is_pipe_or_socket(Int fd)
{
   struct vg_stat st;

   return VG_(fstat)(fd, &st) == 0 &&
          (VKI_S_ISFIFO(st.mode) || VKI_S_ISSOCK(st.mode));
}

static Bool
futex_waits(UInt operation)
{
   UInt command = operation & FUTEX_COMMAND;

   return command == FUTEX_WAIT_COMMAND || command == FUTEX_LOCK_PI_COMMAND ||
          command == FUTEX_WAIT_BITSET_COMMAND;
}

/* Calls that as a rule put the thread to sleep.  */
static Bool
waits(UInt number, const UWord *args)
{
   switch (number) {
   case __NR_wait4:
   case __NR_waitid:
   case __NR_nanosleep:
   case __NR_clock_nanosleep:
   case __NR_pause:
   case __NR_rt_sigsuspend:
   case __NR_rt_sigtimedwait:
   case __NR_poll:
   case __NR_ppoll:
   case __NR_select:
   case __NR_pselect6:
   case __NR_epoll_wait:
   case __NR_epoll_pwait:
   case __NR_accept:
   case __NR_accept4:
   case __NR_recvfrom:
   case __NR_recvmsg:
      return True;
   case __NR_read:
   case __NR_readv:
      return is_pipe_or_socket((Int)args[0]);
   case __NR_futex:
      return futex_waits((UInt)args[1]);
   default:
      return False;
   }
}

void
kernel_words_return(ThreadId tid, UInt number, const UWord *args)
{
   if (words_of(tid)->rseq_due && waits(number, args))
      write_rseq(tid, CHARGE_SYSCALL);
}

void
kernel_words_signal(ThreadId tid)
{
   if (words_of(tid)->rseq_due)
      write_rseq(tid, CHARGE_SIGNAL);
}

/* ---- clone ---- */

void
kernel_words_before_call(ThreadId tid, UInt number, const UWord *args)
{
   struct thread_words *words = words_of(tid);

   switch (number) {
   case __NR_clone:
      words->number_of_child = (args[0] & CHILD_SETTID_FLAG) != 0 ? args[3] : 0;
      break;
   case __NR_fork:
   case __NR_vfork:
      words->number_of_child = 0;
      break;
   case __NR_rseq:
      if (tool_options.native_layout)
         register_rseq(tid, args[0], args[1], (UInt)args[2]);
      break;
   default:
      break;
   }
}

void
kernel_words_after_call(ThreadId tid, UInt number, const UWord *args,
                        UWord result)
{
   if (number != __NR_clone || result == 0)
      return;
   if ((args[0] & (PARENT_SETTID_FLAG | PIDFD_FLAG)) != 0)
      write_word(tid, args[2]);
   if ((args[0] & (VM_FLAG | VFORK_FLAG)) == VM_FLAG &&
       words_of(tid)->number_of_child != 0)
      write_word(tid, words_of(tid)->number_of_child);
}

/* ---- threads and processes ---- */

void
kernel_words_fork_in_parent(void)
{
   UInt i;

   for (i = 0; i < MAX_THREADS; i++)
      threads[i].rseq_due = threads[i].rseq != 0;
}

void
kernel_words_fork_in_child(ThreadId tid, Bool is_vfork)
{
   struct thread_words own = *words_of(tid);

   VG_(memset)(threads, 0, sizeof threads);
   words_of(tid)->rseq = is_vfork ? 0 : own.rseq;
   if (own.number_of_child != 0)
      write_word(tid, own.number_of_child);
   write_rseq(tid, CHARGE_SYSCALL);
}

void
kernel_words_forget(ThreadId tid)
{
   VG_(memset)(words_of(tid), 0, sizeof threads[0]);
}
