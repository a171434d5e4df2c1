# tests/guests: small programs whose counts are worked out by hand, run under the
# tool, and the behaviour of programs under it.  rt/rt.h says what a guest is,
# harness/expect.py how an expectation is written.

# Guests without a C library, whose machine code must be the same whatever flags the
# rest is built with: neither CFLAGS nor LDFLAGS of the user go in.
GUESTS = \
   tests/guests/advice \
   tests/guests/anon \
   tests/guests/anon-pie \
   tests/guests/bss \
   tests/guests/cores \
   tests/guests/count \
   tests/guests/data \
   tests/guests/execs \
   tests/guests/fetch \
   tests/guests/file \
   tests/guests/folios \
   tests/guests/forks \
   tests/guests/kin \
   tests/guests/move \
   tests/guests/peak \
   tests/guests/phases \
   tests/guests/press \
   tests/guests/protect \
   tests/guests/ring \
   tests/guests/shm \
   tests/guests/syscalls \
   tests/guests/threads \
   tests/guests/turns \
   tests/guests/vector \
   tests/guests/words

GUEST_RUNTIME = \
   tests/guests/rt/rt.h \
   tests/guests/rt/rt.c \
   tests/guests/rt/start.S

GUEST_CODE = \
   tests/guests/advice.c \
   tests/guests/anon.c \
   tests/guests/bss.c \
   tests/guests/cores.c \
   tests/guests/count.S \
   tests/guests/count.c \
   tests/guests/data.c \
   tests/guests/execs.c \
   tests/guests/fetch.c \
   tests/guests/file.c \
   tests/guests/folios.c \
   tests/guests/forks.c \
   tests/guests/kin.c \
   tests/guests/move.c \
   tests/guests/peak.c \
   tests/guests/phases.c \
   tests/guests/press.c \
   tests/guests/protect.c \
   tests/guests/ring.S \
   tests/guests/ring.c \
   tests/guests/shm.c \
   tests/guests/syscalls.c \
   tests/guests/threads.c \
   tests/guests/turns.c \
   tests/guests/vector.c \
   tests/guests/words.c

GUEST_COMPILE = -O1 -g -Wall -Wextra -ffreestanding -fno-builtin \
   -fno-stack-protector -fcf-protection=none -fno-tree-loop-distribute-patterns \
   -fno-ipa-icf -fno-omit-frame-pointer -fno-asynchronous-unwind-tables
GUEST_LINK = -nostdlib -Wl,--build-id=sha1 \
   -Wl,-z,max-page-size=4096 -Wl,-z,separate-code

# The runtime goes first, then what is written in assembly: see the places of the
# code in ring.S.
$(GUESTS): $(GUEST_RUNTIME) $(GUEST_CODE) include/vmtrace/vmtrace.h
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	name=`basename $@ -pie` && dir=$(srcdir)/tests/guests && \
	case $@ in *-pie) kind='-fPIE -static-pie';; *) kind='-fno-pic -static -no-pie';; esac && \
	sources="$$dir/rt/start.S $$dir/rt/rt.c" && \
	if test -f $$dir/$$name.S; then sources="$$sources $$dir/$$name.S"; fi && \
	$(CC) $(GUEST_COMPILE) -I$(srcdir)/include -I$(VALGRIND_INCLUDEDIR)/.. $$kind \
	   $(GUEST_LINK) -o $@ $$sources $$dir/$$name.c

# A program with a C library, for what programs do rather than what they count.
GUEST_LIBC_CODE = \
   tests/guests/behave/behave.h \
   tests/guests/behave/image.c \
   tests/guests/behave/main.c \
   tests/guests/behave/memory.c \
   tests/guests/behave/signals.c \
   tests/guests/behave/threads.c

tests/guests/behave-libc: $(GUEST_LIBC_CODE)
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	$(CC) -O1 -g -Wall -Wextra -pthread -o $@ $(srcdir)/tests/guests/behave/*.c

tests/guests/crew: tests/guests/crew.c
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	$(CC) -O1 -g -Wall -Wextra -pthread -o $@ $(srcdir)/tests/guests/crew.c

tests/guests/heap: tests/guests/heap.c
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	$(CC) -O1 -g -Wall -Wextra -Wno-unused-result -fno-builtin -pthread -o $@ \
	$(srcdir)/tests/guests/heap.c -l:libstdc++.so.6

# What programs do with allocators; heap-own has a textbook one, its malloc is its own.
HEAP_COMPILE = -O1 -g -Wall -Wextra -Wno-unused-result -fno-builtin -pthread
HEAP_GUESTS = \
   tests/guests/heap_calls \
   tests/guests/heap_pages \
   tests/guests/heap-own \
   tests/guests/heap-static
HEAP_OBJECTS = \
   tests/guests/heap_library.so \
   tests/guests/heap_library.so-named \
   tests/guests/heap_shim.so
HEAP_CODE = \
   tests/guests/heap.c \
   tests/guests/heap_calls.c \
   tests/guests/heap_cxx.cc \
   tests/guests/heap_library.c \
   tests/guests/heap_pages.c \
   tests/guests/heap_shim.c

tests/guests/heap_calls: tests/guests/heap_calls.c
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	$(CC) $(HEAP_COMPILE) -o $@ $(srcdir)/tests/guests/heap_calls.c

tests/guests/heap_pages: tests/guests/heap_pages.c
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	$(CC) $(HEAP_COMPILE) -o $@ $(srcdir)/tests/guests/heap_pages.c

tests/guests/heap-own: tests/guests/heap.c tests/allocators/implicit.c tests/allocators/common.c
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	$(CC) $(HEAP_COMPILE) -I$(srcdir) -o $@ $(srcdir)/tests/guests/heap.c \
	$(srcdir)/tests/allocators/implicit.c $(srcdir)/tests/allocators/common.c \
	-l:libstdc++.so.6

tests/guests/heap-static: tests/guests/heap.c
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	$(CC) $(HEAP_COMPILE) -static -o $@ $(srcdir)/tests/guests/heap.c -lstdc++ -lm

# One source twice, at the same places with other names.
$(HEAP_OBJECTS): $(HEAP_CODE)
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	case $@ in *-named) names='-DTAKE=take -DGIVE=give';; *) names=;; esac && \
	$(CC) $(HEAP_COMPILE) $$names -fPIC -shared -o $@ \
	   $(srcdir)/tests/guests/`basename $@ | sed 's/\.so.*//'`.c

if HAVE_GXX
HEAP_GUESTS += tests/guests/heap_cxx
tests/guests/heap_cxx: tests/guests/heap_cxx.cc
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	$(GXX) -std=c++17 -O1 -g -Wall -Wextra -o $@ $(srcdir)/tests/guests/heap_cxx.cc
endif

# Processes that are killed at any moment.
tests/guests/tribe: tests/guests/tribe.c include/vmtrace/vmtrace.h
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	$(CC) -O1 -g -Wall -Wextra -I$(srcdir)/include -I$(VALGRIND_INCLUDEDIR)/.. -o $@ \
	$(srcdir)/tests/guests/tribe.c

# One source, linked in every way: where things are depends on it.
PLACES = \
   tests/guests/places-pie \
   tests/guests/places-fixed \
   tests/guests/places-static \
   tests/guests/places-static-pie

$(PLACES): tests/guests/places.c
	$(AM_V_CCLD)$(MKDIR_P) tests/guests && \
	case $@ in *-static-pie) kind='-fPIE -static-pie';; *-static) kind='-fno-pie -no-pie -static';; \
	*-fixed) kind='-fno-pie -no-pie';; *) kind='-fPIE -pie';; esac && \
	$(CC) -O1 -Wall -Wextra $$kind -o $@ $(srcdir)/tests/guests/places.c

GUEST_EXPECTATIONS = \
   tests/guests/advice.expect \
   tests/guests/anon.expect \
   tests/guests/bss.expect \
   tests/guests/cores.expect \
   tests/guests/count.expect \
   tests/guests/drop.expect \
   tests/guests/execs.expect \
   tests/guests/fetch.expect \
   tests/guests/file.expect \
   tests/guests/folios.expect \
   tests/guests/forks.expect \
   tests/guests/kin.expect \
   tests/guests/move.expect \
   tests/guests/peak.expect \
   tests/guests/press.expect \
   tests/guests/protect.expect \
   tests/guests/shm.expect \
   tests/guests/syscalls.expect \
   tests/guests/threads.expect \
   tests/guests/tlb.expect \
   tests/guests/vector.expect \
   tests/guests/walk.expect \
   tests/guests/words.expect

TEST_EXTENSIONS = .expect
EXPECT_LOG_COMPILER = $(srcdir)/tests/guests/check-expect

TESTS += \
   $(GUEST_EXPECTATIONS) \
   tests/guests/check-harness \
   tests/guests/check-header \
   tests/guests/check-kernel \
   tests/guests/check-perf \
   tests/guests/check-programs \
   tests/guests/check-endings \
   tests/guests/check-descriptors \
   tests/guests/check-outfile \
   tests/guests/check-faultlog \
   tests/guests/check-folios \
   tests/guests/check-heap \
   tests/guests/check-heap-allocators \
   tests/guests/check-heap-calls \
   tests/guests/check-heap-pages \
   tests/guests/check-monitor \
   tests/guests/check-killed \
   tests/guests/check-limited \
   tests/guests/check-many-children \
   tests/guests/check-options \
   tests/guests/check-phases \
   tests/guests/check-places \
   tests/guests/check-private \
   tests/guests/check-repeat \
   tests/guests/check-tree \
   tests/guests/check-threads

dist_check_SCRIPTS += \
   tests/guests/check-expect \
   tests/guests/check-harness \
   tests/guests/check-header \
   tests/guests/check-kernel \
   tests/guests/check-perf \
   tests/guests/check-behaviour \
   tests/guests/check-programs \
   tests/guests/check-endings \
   tests/guests/check-descriptors \
   tests/guests/check-outfile \
   tests/guests/check-faultlog \
   tests/guests/check-folios \
   tests/guests/check-heap \
   tests/guests/check-heap-allocators \
   tests/guests/check-heap-calls \
   tests/guests/check-heap-pages \
   tests/guests/check-monitor \
   tests/guests/check-killed \
   tests/guests/check-limited \
   tests/guests/check-many-children \
   tests/guests/check-options \
   tests/guests/check-phases \
   tests/guests/check-places \
   tests/guests/check-private \
   tests/guests/check-repeat \
   tests/guests/check-tree \
   tests/guests/check-threads

check_DATA = $(GUESTS) $(PLACES) tests/guests/behave-libc tests/guests/crew tests/guests/heap \
   tests/guests/tribe \
   $(HEAP_GUESTS) $(HEAP_OBJECTS)
CLEANFILES += $(GUESTS) $(PLACES) tests/guests/behave-libc tests/guests/crew tests/guests/heap \
   tests/guests/tribe \
   $(HEAP_GUESTS) $(HEAP_OBJECTS)

EXTRA_DIST += \
   $(HEAP_CODE) \
   tests/guests/crew.c \
   tests/guests/places.c \
   tests/guests/tribe.c \
   $(GUEST_EXPECTATIONS) \
   $(GUEST_RUNTIME) \
   $(GUEST_CODE) \
   $(GUEST_LIBC_CODE) \
   tests/guests/harness/__init__.py \
   tests/guests/harness/elf.py \
   tests/guests/harness/expect.py \
   tests/guests/harness/faultlog.py \
   tests/guests/harness/heap.py \
   tests/guests/harness/judge.py \
   tests/guests/harness/profile.py \
   tests/guests/harness/runner.py \
   tests/guests/harness/tribe.py \
   tests/guests/machines/five-levels \
   tests/guests/machines/small-windows \
   tests/guests/machines/walk-leaf \
   tests/guests/machines/walk-none \
   tests/guests/machines/walk-small
