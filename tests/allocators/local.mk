# tests/allocators: textbook allocators to be preloaded, traces of allocations, and what
# replays and compares them.  docs/ALLOCATORS.md has the table.

ALLOCATORS = \
	tests/allocators/buddy.so \
	tests/allocators/explicit.so \
	tests/allocators/implicit.so \
	tests/allocators/segregated.so \
	tests/allocators/wrong.so
ALLOCATOR_CODE = \
	tests/allocators/allocator.h \
	tests/allocators/buddy.c \
	tests/allocators/common.c \
	tests/allocators/explicit.c \
	tests/allocators/implicit.c \
	tests/allocators/segregated.c \
	tests/allocators/tags.h \
	tests/allocators/wrong.c

# Without the flags of the rest, as their own faults are counted.  -fno-builtin: calloc
# is not to be made of malloc and memset by the compiler.
ALLOCATOR_COMPILE = -std=gnu11 -O2 -g -fPIC -fvisibility=hidden -fno-builtin \
	-pthread -I$(srcdir) $(WARNING_CFLAGS)

$(ALLOCATORS): $(ALLOCATOR_CODE)
	$(AM_V_CCLD)$(MKDIR_P) tests/allocators && dir=$(srcdir)/tests/allocators && \
	$(CC) $(ALLOCATOR_COMPILE) -shared -Wl,-z,initfirst -o $@ \
	   $$dir/`basename $@ .so`.c $$dir/common.c
check_DATA += $(ALLOCATORS)
CLEANFILES += $(ALLOCATORS)

# A sanitizer would bring its own malloc.
ALLOCATOR_TEST_CFLAGS = -std=gnu11 -O2 -fno-builtin -pthread $(WARNING_CFLAGS)
check_PROGRAMS += tests/allocators/calls tests/allocators/replay tests/allocators/stress
tests_allocators_calls_SOURCES = tests/allocators/calls.c
tests_allocators_calls_CFLAGS = $(ALLOCATOR_TEST_CFLAGS)
tests_allocators_replay_SOURCES = \
	tests/allocators/heap_size.c \
	tests/allocators/heap_size.h \
	tests/allocators/replay.c \
	tests/allocators/trace.c \
	tests/allocators/trace.h
tests_allocators_replay_CPPFLAGS = $(AM_CPPFLAGS) -I$(VALGRIND_INCLUDEDIR)
tests_allocators_replay_CFLAGS = $(ALLOCATOR_TEST_CFLAGS)
tests_allocators_stress_SOURCES = tests/allocators/stress.c
tests_allocators_stress_CFLAGS = $(ALLOCATOR_TEST_CFLAGS)

ALLOCATOR_TESTS = \
	tests/allocators/calls_test.sh \
	tests/allocators/collector_test.sh \
	tests/allocators/compare_test.sh \
	tests/allocators/programs_test.sh \
	tests/allocators/replay_test.sh \
	tests/allocators/vmtrace_test.sh
dist_check_SCRIPTS += $(ALLOCATOR_TESTS)
TESTS += $(ALLOCATOR_TESTS)
EXTRA_DIST += \
	$(ALLOCATOR_CODE) \
	tests/allocators/compare \
	tests/allocators/expect.sh \
	tests/allocators/make-trace
