# Readers of files that host programs share.

TEST_HOST_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(HOST_CPPFLAGS)
TEST_HOST_CFLAGS = -std=gnu11 -g $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)
TEST_HOST_LDADD = libhost.a $(HOST_LIBS)

check_PROGRAMS += tests/host/vmtrace-resolve
tests_host_vmtrace_resolve_SOURCES = tests/host/resolve.c
tests_host_vmtrace_resolve_CPPFLAGS = $(TEST_HOST_CPPFLAGS)
tests_host_vmtrace_resolve_CFLAGS = $(TEST_HOST_CFLAGS)
tests_host_vmtrace_resolve_LDADD = $(TEST_HOST_LDADD)

# One code in many forms of debug information, against addr2line; damaged
# debug information.
HOST_TESTS = \
	tests/host/symbols_forms_test.sh \
	tests/host/symbols_fuzz_test.sh
dist_check_SCRIPTS += $(HOST_TESTS)
TESTS += $(HOST_TESTS)
EXTRA_DIST += \
	tests/host/compare_frames.awk \
	tests/host/bench_symbols.sh \
	tests/host/fixtures/heavy.cc \
	tests/host/fixtures/inner/sum.c \
	tests/host/fixtures/limits.h \
	tests/host/fixtures/main.c \
	tests/host/fixtures/names.cc

check_PROGRAMS += tests/host/test_folio_scan tests/host/test_host_settings
TESTS += tests/host/test_folio_scan tests/host/test_host_settings
tests_host_test_folio_scan_SOURCES = tests/host/test_folio_scan.c
tests_host_test_folio_scan_CPPFLAGS = $(TEST_HOST_CPPFLAGS)
tests_host_test_folio_scan_CFLAGS = $(TEST_HOST_CFLAGS)
tests_host_test_folio_scan_LDADD = $(TEST_HOST_LDADD)
tests_host_test_host_settings_SOURCES = tests/host/test_host_settings.c
tests_host_test_host_settings_CPPFLAGS = $(TEST_HOST_CPPFLAGS)
tests_host_test_host_settings_CFLAGS = $(TEST_HOST_CFLAGS)
tests_host_test_host_settings_LDADD = $(TEST_HOST_LDADD)

check_PROGRAMS += tests/host/test_fuzz_symbols
tests_host_test_fuzz_symbols_SOURCES = \
	tests/host/fuzz_symbols.c \
	tests/host/fuzz_symbols.h \
	tests/host/test_fuzz_symbols.c
tests_host_test_fuzz_symbols_CPPFLAGS = $(TEST_HOST_CPPFLAGS)
tests_host_test_fuzz_symbols_CFLAGS = $(TEST_HOST_CFLAGS)
tests_host_test_fuzz_symbols_LDADD = $(TEST_HOST_LDADD)

# tests/host/fuzz_symbols FOLDER-OF-ELF-FILES
if FUZZERS
noinst_PROGRAMS += tests/host/fuzz_symbols
tests_host_fuzz_symbols_SOURCES = \
	tests/host/fuzz_symbols.c \
	tests/host/fuzz_symbols.h \
	$(HOST_SOURCES)
tests_host_fuzz_symbols_CPPFLAGS = $(TEST_HOST_CPPFLAGS)
tests_host_fuzz_symbols_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(FUZZ_CFLAGS)
tests_host_fuzz_symbols_LDFLAGS = $(FUZZ_CFLAGS)
tests_host_fuzz_symbols_LDADD = $(HOST_LIBS)
endif

# How long resolving takes on a big program; not a test.
.PHONY: bench-symbols
bench-symbols: tests/host/vmtrace-resolve
	srcdir=$(srcdir) $(srcdir)/tests/host/bench_symbols.sh
