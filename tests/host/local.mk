# Readers of files that host programs share.

TEST_HOST_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE $(HOST_CPPFLAGS)
TEST_HOST_CFLAGS = -std=gnu11 -g $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)
TEST_HOST_LDADD = libhost.a $(HOST_LIBS)

check_PROGRAMS += tests/host/vmtrace-resolve
tests_host_vmtrace_resolve_SOURCES = tests/host/resolve.c
tests_host_vmtrace_resolve_CPPFLAGS = $(TEST_HOST_CPPFLAGS)
tests_host_vmtrace_resolve_CFLAGS = $(TEST_HOST_CFLAGS)
tests_host_vmtrace_resolve_LDADD = $(TEST_HOST_LDADD)
