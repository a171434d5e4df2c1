# The areas of an address space and the map that holds them: by rule, against
# models, short of memory, and against the running kernel.

AREAS_TESTS = \
	tests/areas/areas_test \
	tests/areas/fuzz_areas_kept \
	tests/areas/fuzz_rangemap_kept \
	tests/areas/memory_test \
	tests/areas/model_test \
	tests/areas/native_areas \
	tests/areas/rangemap_test
check_PROGRAMS += $(AREAS_TESTS)
TESTS += $(AREAS_TESTS)

EXTRA_DIST += \
	tests/areas/kept/fuzz_areas/child-grows-in-place \
	tests/areas/kept/fuzz_areas/every-look \
	tests/areas/kept/fuzz_areas/merge-both-sides \
	tests/areas/kept/fuzz_areas/move-into-own-area \
	tests/areas/kept/fuzz_areas/second-mapping-of-shared \
	tests/areas/kept/fuzz_areas/stack-to-the-bottom \
	tests/areas/kept/fuzz_rangemap/ascending \
	tests/areas/kept/fuzz_rangemap/descending \
	tests/areas/kept/fuzz_rangemap/ends-moved

AREAS_TEST_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)
AREAS_TESTING_SOURCES = \
	tests/areas/testing.c \
	tests/areas/testing.h
AREAS_PAIR_SOURCES = \
	tests/areas/model.c \
	tests/areas/model.h \
	tests/areas/pair.c \
	tests/areas/pair.h \
	$(AREAS_TESTING_SOURCES)
AREAS_RANGEMAP_SOURCES = \
	tests/areas/rangemap_ops.c \
	tests/areas/rangemap_ops.h \
	$(AREAS_TESTING_SOURCES)
AREAS_FUZZ_SOURCES = \
	tests/areas/fuzz.h \
	tests/areas/fuzz_areas.c \
	$(AREAS_PAIR_SOURCES)
RANGEMAP_FUZZ_SOURCES = \
	tests/areas/fuzz.h \
	tests/areas/fuzz_rangemap.c \
	$(AREAS_RANGEMAP_SOURCES)

tests_areas_areas_test_SOURCES = tests/areas/areas_test.c $(AREAS_TESTING_SOURCES)
tests_areas_areas_test_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_areas_test_LDADD = libmmu-host.a

tests_areas_fuzz_areas_kept_SOURCES = \
	tests/areas/fuzz_driver.c \
	$(AREAS_FUZZ_SOURCES)
tests_areas_fuzz_areas_kept_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_fuzz_areas_kept_LDADD = libmmu-host.a

tests_areas_fuzz_rangemap_kept_SOURCES = \
	tests/areas/fuzz_driver.c \
	$(RANGEMAP_FUZZ_SOURCES)
tests_areas_fuzz_rangemap_kept_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_fuzz_rangemap_kept_LDADD = libmmu-host.a

tests_areas_memory_test_SOURCES = tests/areas/memory_test.c $(AREAS_PAIR_SOURCES)
tests_areas_memory_test_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_memory_test_LDADD = libmmu-host.a

tests_areas_model_test_SOURCES = tests/areas/model_test.c $(AREAS_PAIR_SOURCES)
tests_areas_model_test_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_model_test_LDADD = libmmu-host.a

tests_areas_native_areas_SOURCES = \
	tests/areas/native_areas.c \
	tests/areas/native_cases.c \
	tests/areas/native_cases.h \
	tests/areas/native_maps.c \
	tests/areas/native_maps.h \
	tests/areas/native_pair.c \
	tests/areas/native_pair.h
tests_areas_native_areas_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_areas_native_areas_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_native_areas_LDADD = libmmu-host.a

tests_areas_rangemap_test_SOURCES = \
	tests/areas/rangemap_test.c \
	$(AREAS_RANGEMAP_SOURCES)
tests_areas_rangemap_test_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_rangemap_test_LDADD = libmmu-host.a

if FUZZERS
noinst_PROGRAMS += tests/areas/fuzz_areas tests/areas/fuzz_rangemap
endif
tests_areas_fuzz_areas_SOURCES = $(AREAS_FUZZ_SOURCES)
tests_areas_fuzz_areas_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(FUZZ_CFLAGS)
tests_areas_fuzz_areas_LDADD = libmmu-host.a
tests_areas_fuzz_rangemap_SOURCES = $(RANGEMAP_FUZZ_SOURCES)
tests_areas_fuzz_rangemap_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(FUZZ_CFLAGS)
tests_areas_fuzz_rangemap_LDADD = libmmu-host.a
