# tests/native: programs natively and under vmtrace, fault by fault.
# scripts/validate-kernel is the way in; `make check-native` runs the whole list.
# With other allocators: scripts/validate-allocators, `make check-allocators-native`.
# Process by process: scripts/validate-processes, `make check-processes-native`.
# With too little memory: scripts/validate-pressure, `make check-pressure-native`.

# Static, and without the flags of the rest: see its head.
check_PROGRAMS += tests/native/spawn
tests_native_spawn_SOURCES = tests/native/spawn.c \
	tests/native/environment.c tests/native/environment.h
tests_native_spawn_CFLAGS = -std=gnu11 -O2 $(WARNING_CFLAGS)
tests_native_spawn_LDFLAGS = -static

check_PROGRAMS += tests/native/follow
tests_native_follow_SOURCES = tests/native/follow.c \
	tests/native/environment.c tests/native/environment.h
tests_native_follow_CFLAGS = -std=gnu11 -O2 $(WARNING_CFLAGS)
tests_native_follow_LDFLAGS = -static

NATIVE_TESTS = \
	tests/native/allocators_test.py \
	tests/native/check-allocators-short \
	tests/native/check-pressure-short \
	tests/native/check-processes-short \
	tests/native/check-short \
	tests/native/compare_test.py \
	tests/native/history_test.py \
	tests/native/kinds_test.py \
	tests/native/perf_text_test.py \
	tests/native/pressure_table_test.py \
	tests/native/pressure_test.py \
	tests/native/programs_test.py
dist_check_SCRIPTS += $(NATIVE_TESTS)
TESTS += $(NATIVE_TESTS)

include $(top_srcdir)/tests/native/programs.mk

EXTRA_DIST += \
	tests/native/allocators.list \
	tests/native/allocators.py \
	tests/native/allocators_command.py \
	tests/native/allocators_table.py \
	tests/native/areas.py \
	tests/native/command.py \
	tests/native/compare.py \
	tests/native/drill.py \
	tests/native/ending.py \
	tests/native/faults.py \
	tests/native/history.py \
	tests/native/host.py \
	tests/native/kinds.py \
	tests/native/perf_text.py \
	tests/native/place.py \
	tests/native/pressure_command.py \
	tests/native/pressure_janitor.py \
	tests/native/pressure_launch.py \
	tests/native/pressure_native.py \
	tests/native/pressure_programs.py \
	tests/native/pressure_runs.py \
	tests/native/pressure_table.py \
	tests/native/processes.list \
	tests/native/processes_command.py \
	tests/native/processes_compare.py \
	tests/native/processes_native.py \
	tests/native/processes_table.py \
	tests/native/processes_watched.py \
	tests/native/programs.list \
	tests/native/programs.py \
	tests/native/record.py \
	tests/native/show_json.py \
	tests/native/show_markdown.py \
	tests/native/show_text.py \
	tests/native/symbols.py \
	tests/native/verdict.py \
	tests/native/watched.py

check-native: all tests/native/spawn$(EXEEXT) $(NATIVE_BUILT)
	$(top_srcdir)/scripts/validate-kernel --build=$(abs_top_builddir)

check-allocators-native: all tests/native/spawn$(EXEEXT) $(NATIVE_BUILT)
	$(top_srcdir)/scripts/validate-allocators --build=$(abs_top_builddir) --no-decay

check-pressure-native: all tests/native/spawn$(EXEEXT) $(NATIVE_BUILT)
	$(top_srcdir)/scripts/validate-pressure --build=$(abs_top_builddir)

check-processes-native: all tests/native/spawn$(EXEEXT) tests/native/follow$(EXEEXT) $(NATIVE_BUILT)
	$(top_srcdir)/scripts/validate-processes --build=$(abs_top_builddir)
.PHONY: check-native check-allocators-native check-pressure-native check-processes-native
