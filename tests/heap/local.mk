# tests/heap: what vmtrace says of a program's heap, beside memcheck, massif, DHAT and
# heaptrack.  `make check-heap` runs the whole list, `make check` our own programs.

HEAP_COMPARED = tests/heap/blocks tests/heap/empty.so
if HAVE_GXX
HEAP_COMPARED += tests/heap/map
endif
HEAP_COMPARED_CODE = \
	tests/heap/blocks.c \
	tests/heap/empty.c \
	tests/heap/map.cc

# The same machine code whatever flags the rest is built with.
HEAP_COMPARED_COMPILE = $(CC) -O2 -g -Wall -Wextra -fno-builtin
$(HEAP_COMPARED): $(HEAP_COMPARED_CODE)
	$(AM_V_CCLD)$(MKDIR_P) tests/heap && from=$(srcdir)/tests/heap && \
	case $@ in \
	*/map)      $(GXX) -std=c++17 -O2 -g -Wall -Wextra -o $@ $$from/map.cc ;; \
	*/empty.so) $(HEAP_COMPARED_COMPILE) -shared -fPIC -o $@ $$from/empty.c ;; \
	*)          $(HEAP_COMPARED_COMPILE) -o $@ $$from/`basename $@`.c ;; \
	esac
check_DATA += $(HEAP_COMPARED)
CLEANFILES += $(HEAP_COMPARED)

HEAP_COMPARED_TESTS = tests/heap/compare_test.sh
dist_check_SCRIPTS += $(HEAP_COMPARED_TESTS)
TESTS += $(HEAP_COMPARED_TESTS)
EXTRA_DIST += \
	$(HEAP_COMPARED_CODE) \
	tests/heap/compare \
	tests/heap/programs.list \
	tests/heap/tools.py

check-heap: all $(HEAP_COMPARED)
	$(top_srcdir)/tests/heap/compare --build=$(abs_top_builddir)
.PHONY: check-heap
