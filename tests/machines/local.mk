# tests/machines: the machines that ship, the parser of their files, the decoder
# of CPUID.

MACHINE_TESTS = \
	tests/machines/test_cpuid \
	tests/machines/test_machine_file \
	tests/machines/test_presets

check_PROGRAMS += $(MACHINE_TESTS)
TESTS += $(MACHINE_TESTS)

tests_machines_test_cpuid_SOURCES = \
	tests/machines/cpuid_tables.h \
	tests/machines/test_cpuid.c
tests_machines_test_cpuid_CFLAGS = $(MMU_TEST_CFLAGS)
tests_machines_test_cpuid_LDADD = $(MMU_TEST_LDADD)
tests_machines_test_cpuid_LDFLAGS = $(MMU_TEST_LDFLAGS)
tests_machines_test_machine_file_SOURCES = \
	tests/machines/test_machine_file.c \
	tests/machines/write_machine.h
tests_machines_test_machine_file_CFLAGS = $(MMU_TEST_CFLAGS)
tests_machines_test_machine_file_LDADD = $(MMU_TEST_LDADD)
tests_machines_test_machine_file_LDFLAGS = $(MMU_TEST_LDFLAGS)
tests_machines_test_presets_CFLAGS = $(MMU_TEST_CFLAGS)
tests_machines_test_presets_LDADD = $(MMU_TEST_LDADD)
tests_machines_test_presets_LDFLAGS = $(MMU_TEST_LDFLAGS)
