# The simulated machine, compiled twice: for the Valgrind tool, and for host
# programs and tests.  Neither has a C library under it.

MMU_SOURCES = \
	vmtrace/mmu/base/assert.h \
	vmtrace/mmu/base/port.c \
	vmtrace/mmu/base/port.h \
	vmtrace/mmu/base/random.h \
	vmtrace/mmu/base/status.h \
	vmtrace/mmu/base/types.h \
	vmtrace/mmu/containers/arena.c \
	vmtrace/mmu/containers/arena.h \
	vmtrace/mmu/containers/distances.c \
	vmtrace/mmu/containers/distances.h \
	vmtrace/mmu/containers/hashmap.c \
	vmtrace/mmu/containers/hashmap.h \
	vmtrace/mmu/containers/pagemap.c \
	vmtrace/mmu/containers/pagemap.h \
	vmtrace/mmu/containers/pool.c \
	vmtrace/mmu/containers/pool.h \
	vmtrace/mmu/containers/rangemap.c \
	vmtrace/mmu/containers/rangemap.h \
	vmtrace/mmu/containers/ranktree.c \
	vmtrace/mmu/containers/ranktree.h \
	vmtrace/mmu/containers/vector.c \
	vmtrace/mmu/containers/vector.h \
	vmtrace/mmu/machine/access.c \
	vmtrace/mmu/machine/accounting.c \
	vmtrace/mmu/machine/accounting.h \
	vmtrace/mmu/machine/charging.c \
	vmtrace/mmu/machine/config.c \
	vmtrace/mmu/machine/config.h \
	vmtrace/mmu/machine/cpuid.c \
	vmtrace/mmu/machine/cpuid.h \
	vmtrace/mmu/machine/cpuid_intel.c \
	vmtrace/mmu/machine/cpuid_preset.c \
	vmtrace/mmu/machine/cpuid_private.h \
	vmtrace/mmu/machine/events.c \
	vmtrace/mmu/machine/events.h \
	vmtrace/mmu/machine/fault.c \
	vmtrace/mmu/machine/fault_object.c \
	vmtrace/mmu/machine/fault_private.h \
	vmtrace/mmu/machine/filter.c \
	vmtrace/mmu/machine/filter.h \
	vmtrace/mmu/machine/first_touch.c \
	vmtrace/mmu/machine/first_touch.h \
	vmtrace/mmu/machine/folio_map.c \
	vmtrace/mmu/machine/folio_map.h \
	vmtrace/mmu/machine/fork.c \
	vmtrace/mmu/machine/frames.c \
	vmtrace/mmu/machine/frames.h \
	vmtrace/mmu/machine/frames_linux.c \
	vmtrace/mmu/machine/frames_linux_objects.c \
	vmtrace/mmu/machine/frames_linux_private.h \
	vmtrace/mmu/machine/frames_textbook.c \
	vmtrace/mmu/machine/machine.c \
	vmtrace/mmu/machine/machine.h \
	vmtrace/mmu/machine/machine_file.c \
	vmtrace/mmu/machine/machine_file.h \
	vmtrace/mmu/machine/mapping.c \
	vmtrace/mmu/machine/memory.c \
	vmtrace/mmu/machine/memory.h \
	vmtrace/mmu/machine/sharing.c \
	vmtrace/mmu/machine/sharing.h \
	vmtrace/mmu/machine/shoot.c \
	vmtrace/mmu/machine/text.h \
	vmtrace/mmu/machine/timeline.c \
	vmtrace/mmu/machine/timeline.h \
	vmtrace/mmu/machine/touches.c \
	vmtrace/mmu/machine/touches.h \
	vmtrace/mmu/machine/touches_open.c \
	vmtrace/mmu/machine/touches_private.h \
	vmtrace/mmu/machine/touches_windows.c \
	vmtrace/mmu/mechanisms/areas.c \
	vmtrace/mmu/mechanisms/areas.h \
	vmtrace/mmu/mechanisms/blocks_unit.c \
	vmtrace/mmu/mechanisms/blocks.h \
	vmtrace/mmu/mechanisms/blocks_private.h \
	vmtrace/mmu/mechanisms/common.c \
	vmtrace/mmu/mechanisms/common.h \
	vmtrace/mmu/mechanisms/common_frames.c \
	vmtrace/mmu/mechanisms/common_private.h \
	vmtrace/mmu/mechanisms/folios.c \
	vmtrace/mmu/mechanisms/folios.h \
	vmtrace/mmu/mechanisms/page_users.c \
	vmtrace/mmu/mechanisms/page_users.h \
	vmtrace/mmu/mechanisms/pagecache.c \
	vmtrace/mmu/mechanisms/pagecache.h \
	vmtrace/mmu/mechanisms/pagetable.c \
	vmtrace/mmu/mechanisms/pagetable.h \
	vmtrace/mmu/mechanisms/shown.c \
	vmtrace/mmu/mechanisms/shown.h \
	vmtrace/mmu/mechanisms/tlb.c \
	vmtrace/mmu/mechanisms/tlb.h \
	vmtrace/mmu/mechanisms/walkcache.c \
	vmtrace/mmu/mechanisms/walkcache.h \
	vmtrace/mmu/policies/linux_advice.c \
	vmtrace/mmu/policies/linux_aging.c \
	vmtrace/mmu/policies/linux_balance.c \
	vmtrace/mmu/policies/linux_charge.c \
	vmtrace/mmu/policies/linux_device.c \
	vmtrace/mmu/policies/linux_entries.c \
	vmtrace/mmu/policies/linux_evict.c \
	vmtrace/mmu/policies/linux_frames.c \
	vmtrace/mmu/policies/linux_generations.c \
	vmtrace/mmu/policies/linux_private.h \
	vmtrace/mmu/policies/linux_readahead.c \
	vmtrace/mmu/policies/linux_reclaim.c \
	vmtrace/mmu/policies/linux_reclaim.h \
	vmtrace/mmu/policies/linux_shrink.c \
	vmtrace/mmu/policies/linux_swap.c \
	vmtrace/mmu/policies/linux_tiers.c \
	vmtrace/mmu/policies/linux_workingset.c \
	vmtrace/mmu/policies/replacement.c \
	vmtrace/mmu/policies/replacement.h \
	vmtrace/mmu/policies/replacement_clock.c \
	vmtrace/mmu/policies/replacement_fifo.c \
	vmtrace/mmu/policies/replacement_lru.c \
	vmtrace/mmu/policies/replacement_opt.c \
	vmtrace/mmu/policies/replacement_private.h \
	vmtrace/mmu/policies/replacement_random.c \
	vmtrace/mmu/policies/stack_distance.c \
	vmtrace/mmu/policies/stack_distance.h \
	vmtrace/mmu/policies/stack_epochs.c \
	vmtrace/mmu/policies/stack_epochs.h \
	vmtrace/mmu/policies/working_set.c \
	vmtrace/mmu/policies/working_set.h

# Freestanding, and never a call to memset from the body of memset.
MMU_CFLAGS = -std=gnu11 -ffreestanding -fno-builtin $(WARNING_CFLAGS)

# blocks_unit.c is made of them.
EXTRA_DIST += \
	vmtrace/mmu/mechanisms/blocks.c \
	vmtrace/mmu/mechanisms/blocks_pages.c \
	vmtrace/mmu/mechanisms/blocks_ranges.c \
	vmtrace/mmu/mechanisms/blocks_sites.c \
	vmtrace/mmu/mechanisms/blocks_table.c

# What Valgrind compiles its own tools with (Makefile.all.am): no PIC, no stack
# protector, no red zones relied upon by signal frames.  Without vector registers,
# so that a call from translated code need not save them (tool/call_stub.h).  Loops are
# not made calls of memmove and the like, which go byte by byte in Valgrind.
TOOL_CFLAGS = -m64 -O2 -g -std=gnu11 -fomit-frame-pointer -fno-strict-aliasing \
	-fno-builtin -fno-stack-protector -fno-pie -fno-asynchronous-unwind-tables \
	-mgeneral-regs-only -fno-tree-loop-distribute-patterns \
	$(WARNING_CFLAGS)
TOOL_CPPFLAGS = -I$(VALGRIND_INCLUDEDIR) -I$(VALGRIND_INCLUDEDIR)/.. -DVGA_amd64=1 -DVGO_linux=1 \
	-DVGP_amd64_linux=1 -DVGPV_amd64_linux_vanilla=1

noinst_LIBRARIES += libmmu-tool.a libmmu-host.a
libmmu_tool_a_SOURCES = $(MMU_SOURCES)
libmmu_tool_a_CFLAGS = $(TOOL_CFLAGS) $(MMU_CFLAGS)
libmmu_host_a_SOURCES = $(MMU_SOURCES)
libmmu_host_a_CFLAGS = $(MMU_CFLAGS) $(SANITIZE_CFLAGS)
