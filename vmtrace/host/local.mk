# What host programs share: readers of files, tables.

HOST_SOURCES = \
	vmtrace/host/blame.c \
	vmtrace/host/blame.h \
	vmtrace/host/blame_callers.c \
	vmtrace/host/blame_calls.c \
	vmtrace/host/blame_trouble.c \
	vmtrace/host/bytes.h \
	vmtrace/host/copies.c \
	vmtrace/host/copies.h \
	vmtrace/host/debug_files.c \
	vmtrace/host/debug_files.h \
	vmtrace/host/debug_info.c \
	vmtrace/host/debug_info.h \
	vmtrace/host/dwarf_functions.c \
	vmtrace/host/dwarf_functions.h \
	vmtrace/host/dwarf_ranges.c \
	vmtrace/host/dwarf_ranges.h \
	vmtrace/host/dwarf_reader.c \
	vmtrace/host/dwarf_reader.h \
	vmtrace/host/dwarf_reader_api.h \
	vmtrace/host/dwarf_sections.c \
	vmtrace/host/dwarf_sections.h \
	vmtrace/host/dwarf_split.c \
	vmtrace/host/dwarf_split.h \
	vmtrace/host/dwarf_units.c \
	vmtrace/host/dwarf_units.h \
	vmtrace/host/elf_file.c \
	vmtrace/host/elf_file.h \
	vmtrace/host/elf_symbols.c \
	vmtrace/host/elf_symbols.h \
	vmtrace/host/elf_unpack.c \
	vmtrace/host/elf_unpack.h \
	vmtrace/host/escape.c \
	vmtrace/host/escape.h \
	vmtrace/host/events.c \
	vmtrace/host/events.h \
	vmtrace/host/family.c \
	vmtrace/host/family.h \
	vmtrace/host/first_touch.c \
	vmtrace/host/first_touch.h \
	vmtrace/host/folio_scan.c \
	vmtrace/host/folio_scan.h \
	vmtrace/host/heap.c \
	vmtrace/host/heap.h \
	vmtrace/host/host_settings.c \
	vmtrace/host/host_settings.h \
	vmtrace/host/keymap.c \
	vmtrace/host/keymap.h \
	vmtrace/host/ledger.c \
	vmtrace/host/ledger.h \
	vmtrace/host/ledger_order.c \
	vmtrace/host/ledger_sites.c \
	vmtrace/host/line_program.c \
	vmtrace/host/line_program.h \
	vmtrace/host/line_table.c \
	vmtrace/host/line_table.h \
	vmtrace/host/marks.c \
	vmtrace/host/marks.h \
	vmtrace/host/memory.c \
	vmtrace/host/memory.h \
	vmtrace/host/number_map.c \
	vmtrace/host/number_map.h \
	vmtrace/host/pressure.c \
	vmtrace/host/pressure.h \
	vmtrace/host/processes.c \
	vmtrace/host/processes.h \
	vmtrace/host/profile.c \
	vmtrace/host/profile.h \
	vmtrace/host/profile_blocks.c \
	vmtrace/host/profile_calls.c \
	vmtrace/host/profile_charges.c \
	vmtrace/host/profile_family.c \
	vmtrace/host/profile_heap.c \
	vmtrace/host/profile_ids.c \
	vmtrace/host/profile_limit.c \
	vmtrace/host/profile_marks.c \
	vmtrace/host/profile_pressure.c \
	vmtrace/host/profile_read.c \
	vmtrace/host/profile_reader.h \
	vmtrace/host/profile_records.c \
	vmtrace/host/profile_scan.c \
	vmtrace/host/profile_text.c \
	vmtrace/host/profile_text.h \
	vmtrace/host/profile_threads.c \
	vmtrace/host/segments.c \
	vmtrace/host/segments.h \
	vmtrace/host/strings.c \
	vmtrace/host/strings.h \
	vmtrace/host/symbols.c \
	vmtrace/host/symbols.h \
	vmtrace/host/thrash.c \
	vmtrace/host/thrash.h \
	vmtrace/host/threads.c \
	vmtrace/host/threads.h

HOST_CFLAGS = -std=gnu11 -g -O2 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)

noinst_LIBRARIES += libhost.a
libhost_a_SOURCES = $(HOST_SOURCES)
libhost_a_CFLAGS = $(HOST_CFLAGS)
libhost_a_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(HOST_CPPFLAGS)
