# tests/pressure: too little memory, under the kernel and in the model of its reclaim.
# What the kernel did is in recorded/; `make check-pressure` asks this one, as root.

check_PROGRAMS += tests/pressure/model tests/pressure/test_patterns tests/pressure/touch
tests_pressure_model_SOURCES = \
	tests/pressure/model.c \
	tests/pressure/patterns.c \
	tests/pressure/patterns.h
tests_pressure_model_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)
tests_pressure_model_LDADD = libmmu-host.a
tests_pressure_model_LDFLAGS = $(SANITIZE_CFLAGS)
tests_pressure_test_patterns_SOURCES = \
	tests/pressure/patterns.c \
	tests/pressure/patterns.h \
	tests/pressure/test_patterns.c
tests_pressure_test_patterns_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)
tests_pressure_test_patterns_LDADD = libtest-mmu.a libmmu-host.a
tests_pressure_test_patterns_LDFLAGS = $(SANITIZE_CFLAGS)

# Without the flags of the rest: its own faults are counted.
tests_pressure_touch_SOURCES = \
	tests/pressure/patterns.c \
	tests/pressure/patterns.h \
	tests/pressure/touch.c
tests_pressure_touch_CFLAGS = -std=gnu11 -O2 $(WARNING_CFLAGS)

dist_check_SCRIPTS += tests/pressure/check-generations tests/pressure/check-recorded
TESTS += tests/pressure/test_patterns tests/pressure/check-generations \
	tests/pressure/check-recorded
EXTRA_DIST += tests/pressure/check-kernel tests/pressure/recorded

check-pressure: tests/pressure/model$(EXEEXT) tests/pressure/touch$(EXEEXT)
	$(top_srcdir)/tests/pressure/check-kernel --build=$(abs_top_builddir)
.PHONY: check-pressure
