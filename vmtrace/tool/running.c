#include "vmtrace/tool/running.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/counting.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/quiet.h"
#include "vmtrace/tool/tool.h"

#define MAX_TIDS 1024

UInt running_number;

static ThreadId running_tid = VG_INVALID_THREADID;
static ULong since;                     /* instructions counted before it ran */

static UInt number_of[MAX_TIDS];        /* by Valgrind's number; 0: none yet */
static UInt n_numbers;
static struct running_thread known[RUNNING_MAX_NUMBERS + 1];
static UInt lwps[RUNNING_MAX_NUMBERS + 1];      /* 0: none has the number */

/* Who was on a core last, and how many shootdowns had reached it when that was told
   to somebody.  */
static struct {
   UInt number;
   ULong n_shot;
} cores[VMT_MAX_CORES];

static HChar inherited_name[RUNNING_NAME_BYTES];

/* ---- names ---- */

static Bool
ask_name(UInt lwp, HChar name[RUNNING_NAME_BYTES])
{
   HChar path[64];
   SysRes opened;
   Int n;

   VG_(snprintf)(path, sizeof path, "/proc/self/task/%u/comm", lwp);
   opened = VG_(open)(path, VKI_O_RDONLY, 0);
   if (sr_isError(opened))
      return False;
   n = VG_(read)((Int)sr_Res(opened), name, RUNNING_NAME_BYTES);
   VG_(close)((Int)sr_Res(opened));
   if (n <= 0)
      return False;
   name[n - 1] = 0;                     /* in place of the end of the line */
   return True;
}

/* The name that Valgrind itself runs by says nothing.  */
static void
find_name(UInt number)
{
   HChar name[RUNNING_NAME_BYTES];

   if (lwps[number] != 0 && ask_name(lwps[number], name) &&
       !VG_STREQ(name, inherited_name))
      VG_(strcpy)(known[number].name, name);
}

void
running_find_names(void)
{
   UInt number;

   for (number = 1; number <= n_numbers; number++)
      find_name(number);
}

void
running_set_lwp(UInt number, UInt lwp)
{
   lwps[number] = lwp;
}

/* ---- numbers ---- */

UInt
running_n_numbers(void)
{
   return n_numbers;
}

UInt
running_core_of(UInt number)
{
   return (number - 1) % tool_machine.settings.n_cores;
}

static Bool
is_in_use(UInt number)
{
   UInt tid;

   for (tid = 1; tid < MAX_TIDS; tid++)
      if (number_of[tid] == number)
         return True;
   return False;
}

/* With all in use, which takes as many threads at once, the last is shared.  */
static UInt
take_number(void)
{
   UInt number = 1;

   if (n_numbers < RUNNING_MAX_NUMBERS)
      return ++n_numbers;
   while (number < RUNNING_MAX_NUMBERS && is_in_use(number))
      number++;
   return number;
}

void
running_begins(ThreadId tid)
{
   if (tid >= MAX_TIDS)
      return;
   if (n_numbers == 0) {
      ask_name((UInt)VG_(getpid)(), inherited_name);
      lwps[1] = (UInt)VG_(getpid)();
   }
   number_of[tid] = take_number();
   known[number_of[tid]].n_threads++;
}

UInt
running_number_of(ThreadId tid)
{
   return tid < MAX_TIDS && number_of[tid] != 0 ? number_of[tid] : 1;
}

void
running_ends(ThreadId tid)
{
   UInt number = running_number_of(tid);

   find_name(number);
   lwps[number] = 0;
   if (tid < MAX_TIDS)
      number_of[tid] = 0;
   if (tid == running_tid)
      running_tid = VG_INVALID_THREADID;        /* another may be called so */
}

/* ---- running ---- */

static void
tell_instrs(void)
{
   ULong now = counting_instrs();

   if (running_number != 0)
      known[running_number].n_instrs += now - since;
   since = now;
}

/* Shootdowns of a core are of the thread that was there last.  */
static void
tell_shot(UInt core)
{
   ULong n_shot = tool_machine.cores[core].n_shot;

   if (counting_is_on)
      known[cores[core].number].n_shot += n_shot - cores[core].n_shot;
   cores[core].n_shot = n_shot;
}

void
running_tell(void)
{
   UInt core;

   tell_instrs();
   for (core = 0; core < tool_machine.settings.n_cores; core++)
      tell_shot(core);
}

void
running_restart(void)
{
   UInt number;

   running_tell();
   since = 0;
   for (number = 0; number <= n_numbers; number++)
      known[number].n_instrs = known[number].n_shot = 0;
}

const struct running_thread *
running_get(UInt number)
{
   return &known[number];
}

void
running_switch(ThreadId tid)
{
   UInt core;

   if (tid == running_tid)
      return;
   quiet_settle(running_tid);
   charge_settle();
   tell_instrs();
   running_tid = tid;
   running_number = running_number_of(tid);
   core = running_core_of(running_number);
   tell_shot(core);
   cores[core].number = running_number;
   heap_switch(tid);
   vmt_machine_switch_core(&tool_machine, core);
   vmt_machine_switch_thread(&tool_machine, running_number);
}

void
running_become_child(ThreadId tid)
{
   UInt number = running_number_of(tid), i;

   since = 0;
   for (i = 0; i <= n_numbers; i++)
      known[i] = (struct running_thread){.n_threads = i == number};
   for (i = 0; i < tool_machine.settings.n_cores; i++) {
      cores[i].n_shot = tool_machine.cores[i].n_shot;
      cores[i].number = i == running_core_of(number) ? number : 0;
   }
   VG_(memset)(lwps, 0, sizeof lwps);
   VG_(memset)(number_of, 0, sizeof number_of);
   number_of[tid < MAX_TIDS ? tid : 0] = number;
   lwps[number] = (UInt)VG_(getpid)();
}
