# tests/cli
CLI_TESTS = \
	tests/cli/compare_run_test.sh \
	tests/cli/machines_test.sh \
	tests/cli/main_terminal_test.sh \
	tests/cli/main_test.sh \
	tests/cli/processes_run_test.sh \
	tests/cli/run_terminal_test.sh \
	tests/cli/run_test.sh
dist_check_SCRIPTS += $(CLI_TESTS)
TESTS += $(CLI_TESTS)

# report, annotate, compare, curve, export, heap, phases, timeline: on profiles that make_profile.py makes of the
# addresses of a program, which is never run.
VERB_TESTS = \
	tests/cli/annotate_test.py \
	tests/cli/calibrate_folios_test.py \
	tests/cli/calibrate_test.py \
	tests/cli/compare_test.py \
	tests/cli/curve_test.py \
	tests/cli/export_test.py \
	tests/cli/heap_test.py \
	tests/cli/phases_test.py \
	tests/cli/pressure_test.py \
	tests/cli/processes_test.py \
	tests/cli/report_test.py \
	tests/cli/timeline_test.py
dist_check_SCRIPTS += $(VERB_TESTS)
TESTS += $(VERB_TESTS)
EXTRA_DIST += \
	tests/cli/compare_library.c \
	tests/cli/compare_program.c \
	tests/cli/make_heap.py \
	tests/cli/make_pressure.py \
	tests/cli/make_profile.py \
	tests/cli/make_tree.py \
	tests/cli/on_screen.py \
	tests/cli/profile_sample.c \
	tests/cli/verb_test.py
check_SCRIPTS = tests/cli/profile_sample
CLEANFILES += tests/cli/profile_sample
tests/cli/profile_sample: tests/cli/profile_sample.c
	$(AM_V_GEN)$(MKDIR_P) tests/cli && \
	$(CC) -std=gnu11 -g -O0 -o $@ $(top_srcdir)/tests/cli/profile_sample.c

# What compare_run_test.sh runs, with an allocator to preload, and where it cannot be.
COMPARE_GUESTS = \
	tests/cli/compare_library.so \
	tests/cli/compare_linked \
	tests/cli/compare_program \
	tests/cli/compare_static
check_SCRIPTS += $(COMPARE_GUESTS)
CLEANFILES += $(COMPARE_GUESTS) tests/cli/libjemalloc.so.2
tests/cli/compare_library.so: tests/cli/compare_library.c
	$(AM_V_GEN)$(MKDIR_P) tests/cli && \
	$(CC) -std=gnu11 -g -O1 -fno-builtin -fPIC -shared -o $@ \
		$(top_srcdir)/tests/cli/compare_library.c
tests/cli/compare_program: tests/cli/compare_program.c
	$(AM_V_GEN)$(MKDIR_P) tests/cli && \
	$(CC) -std=gnu11 -g -O1 -o $@ $(top_srcdir)/tests/cli/compare_program.c
tests/cli/compare_linked: tests/cli/compare_program.c tests/cli/compare_library.so
	$(AM_V_GEN)cp tests/cli/compare_library.so tests/cli/libjemalloc.so.2 && \
	$(CC) -std=gnu11 -g -O1 -o $@ $(top_srcdir)/tests/cli/compare_program.c \
		-Ltests/cli -Wl,--no-as-needed -l:libjemalloc.so.2
tests/cli/compare_static: tests/cli/compare_program.c
	$(AM_V_GEN)$(MKDIR_P) tests/cli && \
	$(CC) -std=gnu11 -g -O1 -static -o $@ $(top_srcdir)/tests/cli/compare_program.c

# What processes_run_test.sh runs.
check_SCRIPTS += tests/cli/processes_program
CLEANFILES += tests/cli/processes_program
tests/cli/processes_program: tests/native/programs/fork_write.c
	$(AM_V_GEN)$(MKDIR_P) tests/cli && \
	$(CC) -std=gnu11 -g -O1 -o $@ $(top_srcdir)/tests/native/programs/fork_write.c

check_PROGRAMS += tests/cli/profile_units tests/cli/profile_replay
TESTS += tests/cli/profile_units tests/cli/profile_replay
tests_cli_profile_units_SOURCES = tests/cli/profile_units.c
tests_cli_profile_units_CPPFLAGS = $(TEST_HOST_CPPFLAGS)
tests_cli_profile_units_CFLAGS = $(TEST_HOST_CFLAGS)
tests_cli_profile_units_LDADD = $(TEST_HOST_LDADD)

# Kept inputs and changed ones, always; with --enable-fuzzers also libFuzzer's
# program: tests/cli/profile_fuzz FOLDER.
tests_cli_profile_replay_SOURCES = \
	tests/cli/profile_fuzz.c \
	tests/cli/profile_fuzz.h \
	tests/cli/profile_fuzz_driver.c
tests_cli_profile_replay_CPPFLAGS = $(TEST_HOST_CPPFLAGS)
tests_cli_profile_replay_CFLAGS = $(TEST_HOST_CFLAGS)
tests_cli_profile_replay_LDADD = $(TEST_HOST_LDADD)
EXTRA_DIST += \
	tests/cli/profile_kept/as-written.profile \
	tests/cli/profile_kept/end-taken-back.profile \
	tests/cli/profile_kept/heap.profile \
	tests/cli/profile_kept/limit.profile \
	tests/cli/profile_kept/marks.profile \
	tests/cli/profile_kept/negative.profile \
	tests/cli/profile_kept/pressure.profile \
	tests/cli/profile_kept/processes.profile \
	tests/cli/profile_kept/sparse-ids.profile \
	tests/cli/profile_kept/sums.profile \
	tests/cli/profile_kept/threads.profile \
	tests/cli/profile_kept/whole.profile

if FUZZERS
noinst_PROGRAMS += tests/cli/profile_fuzz
tests_cli_profile_fuzz_SOURCES = \
	tests/cli/profile_fuzz.c \
	tests/cli/profile_fuzz.h \
	$(HOST_SOURCES)
tests_cli_profile_fuzz_CPPFLAGS = $(TEST_HOST_CPPFLAGS)
tests_cli_profile_fuzz_CFLAGS = $(TEST_HOST_CFLAGS) $(FUZZ_CFLAGS)
tests_cli_profile_fuzz_LDFLAGS = $(FUZZ_CFLAGS)
tests_cli_profile_fuzz_LDADD = $(HOST_LIBS)
endif
