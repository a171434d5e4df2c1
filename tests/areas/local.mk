AREAS_TESTS = \
	tests/areas/model_test \
	tests/areas/native_areas
check_PROGRAMS += $(AREAS_TESTS)
TESTS += $(AREAS_TESTS)

AREAS_TEST_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)
AREAS_PAIR_SOURCES = \
	tests/areas/model.c \
	tests/areas/model.h \
	tests/areas/pair.c \
	tests/areas/pair.h \
	tests/areas/testing.c \
	tests/areas/testing.h

tests_areas_model_test_SOURCES = tests/areas/model_test.c $(AREAS_PAIR_SOURCES)
tests_areas_model_test_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_model_test_LDADD = libmmu-host.a

tests_areas_native_areas_SOURCES = \
	tests/areas/native_areas.c \
	tests/areas/native_maps.c \
	tests/areas/native_maps.h
tests_areas_native_areas_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_areas_native_areas_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_native_areas_LDADD = libmmu-host.a
