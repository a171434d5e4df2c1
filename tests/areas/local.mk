check_PROGRAMS += tests/areas/native_areas
TESTS += tests/areas/native_areas

AREAS_TEST_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)

tests_areas_native_areas_SOURCES = \
	tests/areas/native_areas.c \
	tests/areas/native_maps.c \
	tests/areas/native_maps.h
tests_areas_native_areas_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE
tests_areas_native_areas_CFLAGS = $(AREAS_TEST_CFLAGS)
tests_areas_native_areas_LDADD = libmmu-host.a
