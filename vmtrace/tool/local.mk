# The Valgrind tool: a static program at Valgrind's load address.

vgtooldir = $(VALGRIND_TOOLDIR)
vgtool_PROGRAMS = vmtrace/tool/vmtrace-amd64-linux

vmtrace_tool_vmtrace_amd64_linux_SOURCES = \
	vmtrace/tool/blame.c \
	vmtrace/tool/blame.h \
	vmtrace/tool/call_stub.c \
	vmtrace/tool/call_stub.h \
	vmtrace/tool/charge.c \
	vmtrace/tool/charge.h \
	vmtrace/tool/charge_kernel.c \
	vmtrace/tool/charge_private.h \
	vmtrace/tool/checkpoint.c \
	vmtrace/tool/checkpoint.h \
	vmtrace/tool/contents.c \
	vmtrace/tool/contents.h \
	vmtrace/tool/counting.c \
	vmtrace/tool/counting.h \
	vmtrace/tool/cuts.c \
	vmtrace/tool/cuts.h \
	vmtrace/tool/definitions.c \
	vmtrace/tool/definitions.h \
	vmtrace/tool/extend.c \
	vmtrace/tool/fault_log.c \
	vmtrace/tool/fault_log.h \
	vmtrace/tool/folio_map.c \
	vmtrace/tool/folio_map.h \
	vmtrace/tool/header.c \
	vmtrace/tool/header.h \
	vmtrace/tool/heap.c \
	vmtrace/tool/heap.h \
	vmtrace/tool/heap_memory.c \
	vmtrace/tool/heap_memory.h \
	vmtrace/tool/heap_names.c \
	vmtrace/tool/heap_names.h \
	vmtrace/tool/heap_records.c \
	vmtrace/tool/heap_records.h \
	vmtrace/tool/initial_stack.c \
	vmtrace/tool/initial_stack.h \
	vmtrace/tool/instrument.c \
	vmtrace/tool/instrument.h \
	vmtrace/tool/iropt.c \
	vmtrace/tool/iropt.h \
	vmtrace/tool/json_out.c \
	vmtrace/tool/json_out.h \
	vmtrace/tool/kernel_access.c \
	vmtrace/tool/kernel_access.h \
	vmtrace/tool/kernel_words.c \
	vmtrace/tool/kernel_words.h \
	vmtrace/tool/layout.c \
	vmtrace/tool/layout.h \
	vmtrace/tool/life.c \
	vmtrace/tool/life.h \
	vmtrace/tool/main.c \
	vmtrace/tool/mark_records.c \
	vmtrace/tool/mark_records.h \
	vmtrace/tool/monitor.c \
	vmtrace/tool/monitor.h \
	vmtrace/tool/monitor_views.c \
	vmtrace/tool/monitor_views.h \
	vmtrace/tool/objects.c \
	vmtrace/tool/objects.h \
	vmtrace/tool/options.c \
	vmtrace/tool/options.h \
	vmtrace/tool/out_file.c \
	vmtrace/tool/out_file.h \
	vmtrace/tool/own_name.c \
	vmtrace/tool/own_name.h \
	vmtrace/tool/phases.c \
	vmtrace/tool/phases.h \
	vmtrace/tool/plan.c \
	vmtrace/tool/plan.h \
	vmtrace/tool/pressure_records.c \
	vmtrace/tool/pressure_records.h \
	vmtrace/tool/pressure_summary.c \
	vmtrace/tool/pressure_summary.h \
	vmtrace/tool/profile.c \
	vmtrace/tool/profile.h \
	vmtrace/tool/program_file.c \
	vmtrace/tool/program_file.h \
	vmtrace/tool/quiet.c \
	vmtrace/tool/quiet.h \
	vmtrace/tool/rawcall.c \
	vmtrace/tool/rawcall.h \
	vmtrace/tool/regs.h \
	vmtrace/tool/requests.c \
	vmtrace/tool/requests.h \
	vmtrace/tool/running.c \
	vmtrace/tool/running.h \
	vmtrace/tool/saved_state.c \
	vmtrace/tool/segments.c \
	vmtrace/tool/segments.h \
	vmtrace/tool/shared_memory.c \
	vmtrace/tool/shared_memory.h \
	vmtrace/tool/signals.c \
	vmtrace/tool/signals.h \
	vmtrace/tool/stacks.c \
	vmtrace/tool/stacks.h \
	vmtrace/tool/startup.c \
	vmtrace/tool/startup.h \
	vmtrace/tool/summary.c \
	vmtrace/tool/summary.h \
	vmtrace/tool/syscalls.c \
	vmtrace/tool/syscalls.h \
	vmtrace/tool/thread_records.c \
	vmtrace/tool/thread_records.h \
	vmtrace/tool/threads.c \
	vmtrace/tool/threads.h \
	vmtrace/tool/tool.h \
	vmtrace/tool/touch_records.c \
	vmtrace/tool/touch_records.h \
	vmtrace/tool/tree.c \
	vmtrace/tool/tree.h \
	vmtrace/tool/tree_records.c \
	vmtrace/tool/tree_records.h \
	vmtrace/tool/valgrind.h \
	vmtrace/tool/vdso.c \
	vmtrace/tool/vdso.h \
	vmtrace/tool/vfork.c \
	vmtrace/tool/vfork.h

vmtrace_tool_vmtrace_amd64_linux_CPPFLAGS = $(AM_CPPFLAGS) $(TOOL_CPPFLAGS) \
	-DVMTRACE_MACHINES_DIR='"$(pkgdatadir)/machines"'
vmtrace_tool_vmtrace_amd64_linux_CFLAGS = $(TOOL_CFLAGS)
vmtrace_tool_vmtrace_amd64_linux_LDFLAGS = -m64 -no-pie -static -nodefaultlibs \
	-nostartfiles -u _start -Wl,-Ttext-segment=$(VALGRIND_LOAD_ADDRESS) \
	$(WRAP_LAYOUT_LDFLAGS) $(WRAP_IROPT_LDFLAGS) $(WRAP_SANITY_LDFLAGS) \
	$(WRAP_CALLS_LDFLAGS) $(WRAP_CPUID_LDFLAGS) $(WRAP_EXTEND_LDFLAGS) \
	$(WRAP_SETENV_LDFLAGS) $(WRAP_SIGNAL_LDFLAGS) $(WRAP_YIELD_LDFLAGS) \
	$(WRAP_FUTEX_LDFLAGS)
vmtrace_tool_vmtrace_amd64_linux_LDADD = libmmu-tool.a \
	$(VALGRIND_ARCHIVEDIR)/libcoregrind-$(VALGRIND_TARGET).a \
	$(VALGRIND_ARCHIVEDIR)/libvex-$(VALGRIND_TARGET).a -lgcc \
	$(VALGRIND_ARCHIVEDIR)/libgcc-sup-$(VALGRIND_TARGET).a
