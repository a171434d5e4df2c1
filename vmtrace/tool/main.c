#include "vmtrace/tool/tool.h"

#include "vmtrace/mmu/base/port.h"
#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/counting.h"
#include "vmtrace/tool/cuts.h"
#include "vmtrace/tool/fault_log.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/heap_memory.h"
#include "vmtrace/tool/instrument.h"
#include "vmtrace/tool/iropt.h"
#include "vmtrace/tool/kernel_access.h"
#include "vmtrace/tool/kernel_words.h"
#include "vmtrace/tool/layout.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/options.h"
#include "vmtrace/tool/phases.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/requests.h"
#include "vmtrace/tool/running.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/signals.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/startup.h"
#include "vmtrace/tool/summary.h"
#include "vmtrace/tool/syscalls.h"
#include "vmtrace/tool/threads.h"
#include "vmtrace/tool/tree.h"
#include "vmtrace/tool/vfork.h"
#include "vmtrace_config.h"

struct vmt_machine tool_machine;
Bool tool_running;

/* ---- the port ---- */

static void *
port_alloc(const char *what, size_t bytes)
{
   return VG_(malloc)(what, bytes);
}

static void
port_free(void *block)
{
   VG_(free)(block);
}

/* The program's memory is where the machine has it.  */
static bool
port_look(uint64_t addr, uint32_t n_pages, uint8_t *there)
{
   UInt i;

   if (!rawcall_pages_there(addr, (SizeT)n_pages * VMT_PAGE_BYTES, there))
      return False;
   for (i = 0; i < n_pages; i++)
      there[i] &= 1;
   return True;
}

static void __attribute__((noreturn))
port_fatal(const char *file, int line, const char *condition, uint64_t left,
           uint64_t right)
{
   VG_(umsg)("vmtrace: %s:%d: '%s' does not hold (%llu, %llu)\n", file, line,
             condition, (ULong)left, (ULong)right);
   VG_(tool_panic)("a bug of vmtrace's; please report it with the line above");
}

void
tool_no_memory(void)
{
   VG_(tool_panic)("vmtrace is out of memory");
}

/* ---- threads and processes ---- */

static void
thread_runs(ThreadId tid, ULong n_blocks_done)
{
   running_switch(tid);
   if (tool_machine.settings.ram_bytes != 0)
      vmt_machine_hear_others(&tool_machine);
   checkpoint_if_due();
}

static void
before_fork(ThreadId tid)
{
   charge_settle();
   fault_log_before_fork();
   vfork_prepare(threads_is_vfork(tid));
   tree_before_fork(tid, threads_is_vfork(tid));
}

static void
in_parent(ThreadId tid)
{
   tree_in_parent();
   if (threads_is_vfork(tid)) {
      vfork_in_parent(tid);
      return;
   }
   objects_become_shared();
   kernel_words_fork_in_parent();
}

static void
in_child(ThreadId tid)
{
   Bool is_vfork = threads_is_vfork(tid);

   tree_in_child(is_vfork);
   vfork_in_child(is_vfork);
   threads_become_child(tid);
   stacks_forget_memory(0, ~(Addr)0);
   heap_memory_start_anew();
   segments_forget_counts();
   objects_forget_defined();
   if (!is_vfork)
      objects_become_shared();
   checkpoint_start_anew();
   counting_become_child();
   running_become_child(tid);
   phases_become_child();
   profile_reopen_in_child();
   fault_log_reopen_in_child();
   kernel_words_fork_in_child(tid, is_vfork);
}

/* ---- life ---- */

static void
post_clo_init(void)
{
   static const struct vmt_port port = {
      port_alloc, port_free, port_look, tree_is_alive, tree_pause, port_fatal};

   tool_options_finish();
   tool_options.native_layout = layout_is_native();
   vmt_port_set(&port);
   if (vmt_machine_init(&tool_machine, &tool_options.config,
                        &tool_options.settings) != VMT_OK)
      tool_no_memory();
   tree_init();
   heap_init();
   iropt_init();
   objects_init();
   segments_init();
   stacks_init();
   counting_begin(tool_options.counts_at_start);
}

static void
fini(Int exit_code)
{
   charge_settle();
   counting_settle();
   profile_close();
   fault_log_close();
   tree_leave();
   if (tool_options.summary && VG_(clo_verbosity) > 0)
      summary_print((UInt)tool_options.top);
}

static void
pre_clo_init(void)
{
   VG_(details_name)("vmtrace");
   VG_(details_version)(VERSION);
   VG_(details_description)("a virtual-memory profiler");
   VG_(details_copyright_author)(
      "Copyright (C) 2026, and GNU GPL'd, by the vmtrace authors.");
   VG_(details_bug_reports_to)("the vmtrace authors");
   VG_(details_avg_translation_sizeB)(500);

   VG_(basic_tool_funcs)(post_clo_init, instrument_block, fini);
   VG_(needs_command_line_options)(tool_options_parse, tool_options_usage,
                                   tool_options_debug_usage);
   VG_(track_start_client_code)(thread_runs);
   VG_(atfork)(before_fork, in_parent, in_child);
   cuts_init();
   kernel_access_init();
   requests_init();
   signals_init();
   startup_init();
   syscalls_init();
   threads_init();
}

VG_DETERMINE_INTERFACE_VERSION(pre_clo_init)
