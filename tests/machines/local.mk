# tests/machines: the machines that ship, the parsers of machine files and folio
# maps, the decoder of CPUID.

MACHINE_TESTS = \
	tests/machines/test_cpuid \
	tests/machines/test_folio_map \
	tests/machines/test_fuzz_machine_file \
	tests/machines/test_machine_file \
	tests/machines/test_presets

check_PROGRAMS += $(MACHINE_TESTS)
TESTS += $(MACHINE_TESTS)

tests_machines_test_cpuid_SOURCES = \
	tests/machines/cpuid_tables.h \
	tests/machines/test_cpuid.c
tests_machines_test_cpuid_CFLAGS = $(MMU_TEST_CFLAGS)
tests_machines_test_cpuid_LDADD = $(MMU_TEST_LDADD)
tests_machines_test_cpuid_LDFLAGS = $(MMU_TEST_LINKING)
tests_machines_test_folio_map_SOURCES = \
	tests/machines/fuzz_folio_map.c \
	tests/machines/fuzz_folio_map.h \
	tests/machines/test_folio_map.c
tests_machines_test_folio_map_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_machines_test_folio_map_CFLAGS = $(MMU_TEST_CFLAGS)
tests_machines_test_folio_map_LDADD = $(MMU_TEST_LDADD)
tests_machines_test_folio_map_LDFLAGS = $(MMU_TEST_LINKING)
tests_machines_test_fuzz_machine_file_SOURCES = \
	tests/machines/fuzz_machine_file.c \
	tests/machines/fuzz_machine_file.h \
	tests/machines/test_fuzz_machine_file.c \
	tests/machines/write_machine.h
tests_machines_test_fuzz_machine_file_CFLAGS = $(MMU_TEST_CFLAGS)
tests_machines_test_fuzz_machine_file_LDADD = $(MMU_TEST_LDADD)
tests_machines_test_fuzz_machine_file_LDFLAGS = $(MMU_TEST_LINKING)
tests_machines_test_machine_file_SOURCES = \
	tests/machines/test_machine_file.c \
	tests/machines/write_machine.h
tests_machines_test_machine_file_CFLAGS = $(MMU_TEST_CFLAGS)
tests_machines_test_machine_file_LDADD = $(MMU_TEST_LDADD)
tests_machines_test_machine_file_LDFLAGS = $(MMU_TEST_LINKING)
tests_machines_test_presets_CFLAGS = $(MMU_TEST_CFLAGS)
tests_machines_test_presets_LDADD = $(MMU_TEST_LDADD)
tests_machines_test_presets_LDFLAGS = $(MMU_TEST_LINKING)

# Inputs that a fuzzer found, or that a new one should start from.
EXTRA_DIST += \
	tests/machines/fuzz/carriage-returns.machine \
	tests/machines/fuzz/equals.machine \
	tests/machines/fuzz/fault-around.machine \
	tests/machines/fuzz/five-levels.machine \
	tests/machines/fuzz/largest.machine \
	tests/machines/fuzz/open-list.machine \
	tests/machines/fuzz/shape-fifo.machine \
	tests/machines/fuzz/shape-lru.machine \
	tests/machines/fuzz/shape-none.machine \
	tests/machines/fuzz/shape-plru.machine \
	tests/machines/fuzz/sixteen-bytes.machine \
	tests/machines/fuzz/sixty-four-bits.machine \
	tests/machines/fuzz/two-levels.machine

# tests/machines/fuzz_machine_file vmtrace/machines tests/machines/fuzz
# tests/machines/fuzz_folio_map FOLDER
if FUZZERS
noinst_PROGRAMS += tests/machines/fuzz_machine_file tests/machines/fuzz_folio_map
tests_machines_fuzz_folio_map_SOURCES = \
	tests/machines/fuzz_folio_map.c \
	tests/machines/fuzz_folio_map.h \
	tests/mmu/check.c \
	tests/mmu/check.h \
	$(MMU_SOURCES)
tests_machines_fuzz_folio_map_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE -DVMT_FUZZER
tests_machines_fuzz_folio_map_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) \
	$(FUZZ_CFLAGS)
tests_machines_fuzz_folio_map_LDFLAGS = $(FUZZ_CFLAGS)
tests_machines_fuzz_machine_file_SOURCES = \
	tests/machines/fuzz_machine_file.c \
	tests/machines/fuzz_machine_file.h \
	tests/machines/write_machine.h \
	tests/mmu/check.c \
	tests/mmu/check.h \
	$(MMU_SOURCES)
tests_machines_fuzz_machine_file_CPPFLAGS = $(AM_CPPFLAGS) -DVMT_FUZZER
tests_machines_fuzz_machine_file_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) \
	$(FUZZ_CFLAGS)
tests_machines_fuzz_machine_file_LDFLAGS = $(FUZZ_CFLAGS)
endif
