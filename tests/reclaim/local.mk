# tests/reclaim: Linux's page replacement, by hand and in random steps.

RECLAIM_TEST_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)
RECLAIM_TEST_LDADD = libtest-mmu.a libmmu-host.a

RECLAIM_TESTS = \
	tests/reclaim/test_generations \
	tests/reclaim/test_random \
	tests/reclaim/test_reclaim \
	tests/reclaim/test_swap \
	tests/reclaim/test_tiers
check_PROGRAMS += $(RECLAIM_TESTS)
TESTS += $(RECLAIM_TESTS)

tests_reclaim_test_generations_SOURCES = \
	tests/reclaim/hand.c \
	tests/reclaim/hand.h \
	tests/reclaim/invariants.c \
	tests/reclaim/invariants.h \
	tests/reclaim/test_generations.c
tests_reclaim_test_generations_CFLAGS = $(RECLAIM_TEST_CFLAGS)
tests_reclaim_test_generations_LDADD = $(RECLAIM_TEST_LDADD)
tests_reclaim_test_generations_LDFLAGS = $(SANITIZE_CFLAGS)
tests_reclaim_test_random_SOURCES = \
	tests/reclaim/invariants.c \
	tests/reclaim/invariants.h \
	tests/reclaim/naive.c \
	tests/reclaim/naive.h \
	tests/reclaim/test_random.c
tests_reclaim_test_random_CFLAGS = $(RECLAIM_TEST_CFLAGS)
tests_reclaim_test_random_LDADD = $(RECLAIM_TEST_LDADD)
tests_reclaim_test_random_LDFLAGS = $(SANITIZE_CFLAGS)
tests_reclaim_test_reclaim_SOURCES = \
	tests/reclaim/hand.c \
	tests/reclaim/hand.h \
	tests/reclaim/invariants.c \
	tests/reclaim/invariants.h \
	tests/reclaim/test_reclaim.c
tests_reclaim_test_reclaim_CFLAGS = $(RECLAIM_TEST_CFLAGS)
tests_reclaim_test_reclaim_LDADD = $(RECLAIM_TEST_LDADD)
tests_reclaim_test_reclaim_LDFLAGS = $(SANITIZE_CFLAGS)
tests_reclaim_test_swap_SOURCES = \
	tests/reclaim/hand.c \
	tests/reclaim/hand.h \
	tests/reclaim/invariants.c \
	tests/reclaim/invariants.h \
	tests/reclaim/test_swap.c
tests_reclaim_test_swap_CFLAGS = $(RECLAIM_TEST_CFLAGS)
tests_reclaim_test_swap_LDADD = $(RECLAIM_TEST_LDADD)
tests_reclaim_test_swap_LDFLAGS = $(SANITIZE_CFLAGS)
tests_reclaim_test_tiers_SOURCES = \
	tests/reclaim/hand.c \
	tests/reclaim/hand.h \
	tests/reclaim/invariants.c \
	tests/reclaim/invariants.h \
	tests/reclaim/test_tiers.c
tests_reclaim_test_tiers_CFLAGS = $(RECLAIM_TEST_CFLAGS)
tests_reclaim_test_tiers_LDADD = $(RECLAIM_TEST_LDADD)
tests_reclaim_test_tiers_LDFLAGS = $(SANITIZE_CFLAGS)
