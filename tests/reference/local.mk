# A second, slow Valgrind tool that vmtrace's numbers must equal.

check_PROGRAMS += tests/reference/vmtref
tests_reference_vmtref_SOURCES = \
	tests/reference/ref.h \
	tests/reference/ref_kernel.c \
	tests/reference/ref_memory.c \
	tests/reference/ref_pages.c \
	tests/reference/ref_syscalls.c \
	tests/reference/ref_tlb.c \
	tests/reference/ref_touches.c \
	tests/reference/vmtref.c
tests_reference_vmtref_CPPFLAGS = $(TOOL_CPPFLAGS)
tests_reference_vmtref_CFLAGS = $(TOOL_CFLAGS)
tests_reference_vmtref_LDFLAGS = -m64 -no-pie -static -nodefaultlibs \
	-nostartfiles -u _start -Wl,-Ttext-segment=$(VALGRIND_LOAD_ADDRESS)
tests_reference_vmtref_LDADD = \
	$(VALGRIND_ARCHIVEDIR)/libcoregrind-$(VALGRIND_TARGET).a \
	$(VALGRIND_ARCHIVEDIR)/libvex-$(VALGRIND_TARGET).a -lgcc \
	$(VALGRIND_ARCHIVEDIR)/libgcc-sup-$(VALGRIND_TARGET).a

# Static programs without a stack protector or position-independent code, so
# that a thread's code can be kept to one page.
REFERENCE_COMPILE = -O2 -g -fno-stack-protector -fno-pie $(WARNING_CFLAGS)
REFERENCE_LINK = -static -no-pie
REFERENCE_LINK_BARE = $(REFERENCE_LINK) -nostdlib -nostartfiles

check_PROGRAMS += \
	tests/reference/programs/bare \
	tests/reference/programs/code \
	tests/reference/programs/forks \
	tests/reference/programs/frames \
	tests/reference/programs/mappings \
	tests/reference/programs/pthreads \
	tests/reference/programs/signals \
	tests/reference/programs/still \
	tests/reference/programs/threads \
	tests/reference/programs/vectors \
	tests/reference/programs/walk

tests_reference_programs_bare_SOURCES = tests/reference/programs/bare.c
tests_reference_programs_bare_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_bare_LDFLAGS = $(REFERENCE_LINK_BARE)
tests_reference_programs_still_SOURCES = tests/reference/programs/still.c
tests_reference_programs_still_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_still_LDFLAGS = $(REFERENCE_LINK_BARE)
tests_reference_programs_code_SOURCES = tests/reference/programs/code.c \
	tests/reference/programs/guest.h
tests_reference_programs_code_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_code_LDFLAGS = $(REFERENCE_LINK)
tests_reference_programs_forks_SOURCES = tests/reference/programs/forks.c
tests_reference_programs_forks_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_forks_LDFLAGS = $(REFERENCE_LINK)
tests_reference_programs_frames_SOURCES = tests/reference/programs/frames.c \
	tests/reference/programs/guest.h
tests_reference_programs_frames_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_frames_LDFLAGS = $(REFERENCE_LINK)
tests_reference_programs_mappings_SOURCES = tests/reference/programs/mappings.c
tests_reference_programs_mappings_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_mappings_LDFLAGS = $(REFERENCE_LINK)
tests_reference_programs_pthreads_SOURCES = tests/reference/programs/pthreads.c
tests_reference_programs_pthreads_CFLAGS = $(REFERENCE_COMPILE) -pthread
tests_reference_programs_pthreads_LDFLAGS = $(REFERENCE_LINK) -pthread
tests_reference_programs_signals_SOURCES = tests/reference/programs/signals.c
tests_reference_programs_signals_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_signals_LDFLAGS = $(REFERENCE_LINK)
tests_reference_programs_threads_SOURCES = tests/reference/programs/threads.c
tests_reference_programs_threads_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_threads_LDFLAGS = $(REFERENCE_LINK)
tests_reference_programs_vectors_SOURCES = tests/reference/programs/vectors.c
tests_reference_programs_vectors_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_vectors_LDFLAGS = $(REFERENCE_LINK)
tests_reference_programs_walk_SOURCES = tests/reference/programs/walk.c
tests_reference_programs_walk_CFLAGS = $(REFERENCE_COMPILE)
tests_reference_programs_walk_LDFLAGS = $(REFERENCE_LINK)

EXTRA_DIST += tests/reference/refrun.py
dist_check_SCRIPTS += \
	tests/reference/by_hand \
	tests/reference/compare \
	tests/reference/lackey_replay \
	tests/reference/matrix \
	tests/reference/touches
TESTS += \
	tests/reference/by_hand \
	tests/reference/lackey_replay \
	tests/reference/matrix \
	tests/reference/touches

# Every program with every shape: minutes.
.PHONY: check-reference
check-reference: all $(check_PROGRAMS)
	$(srcdir)/tests/reference/by_hand
	$(srcdir)/tests/reference/lackey_replay
	$(srcdir)/tests/reference/matrix --full
	$(srcdir)/tests/reference/touches --full
