# A second, slow Valgrind tool that vmtrace's counters must equal.

check_PROGRAMS += tests/reference/vmtref
tests_reference_vmtref_SOURCES = \
	tests/reference/ref.h \
	tests/reference/ref_pages.c \
	tests/reference/ref_syscalls.c \
	tests/reference/ref_tlb.c \
	tests/reference/vmtref.c
tests_reference_vmtref_CPPFLAGS = $(TOOL_CPPFLAGS)
tests_reference_vmtref_CFLAGS = $(TOOL_CFLAGS)
tests_reference_vmtref_LDFLAGS = -m64 -no-pie -static -nodefaultlibs \
	-nostartfiles -u _start -Wl,-Ttext-segment=$(VALGRIND_LOAD_ADDRESS)
tests_reference_vmtref_LDADD = \
	$(VALGRIND_ARCHIVEDIR)/libcoregrind-$(VALGRIND_TARGET).a \
	$(VALGRIND_ARCHIVEDIR)/libvex-$(VALGRIND_TARGET).a -lgcc \
	$(VALGRIND_ARCHIVEDIR)/libgcc-sup-$(VALGRIND_TARGET).a
