# tests/machine: the whole simulated machine, against a naive model and with its
# filter against without; its ledger; short of memory; a fuzz target.

WHOLE_MACHINE_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)
WHOLE_MACHINE_LDADD = libtest-mmu.a libmmu-host.a

WHOLE_MACHINE_TESTS = \
	tests/machine/replay_machine \
	tests/machine/test_filter \
	tests/machine/test_ledger \
	tests/machine/test_limited_forks \
	tests/machine/test_memory \
	tests/machine/test_model \
	tests/machine/test_out_of_memory \
	tests/machine/test_pressure \
	tests/machine/test_read_ahead \
	tests/machine/test_shared_lru \
	tests/machine/test_shared_memory \
	tests/machine/test_touches \
	tests/machine/test_tree
check_PROGRAMS += $(WHOLE_MACHINE_TESTS)
TESTS += $(WHOLE_MACHINE_TESTS)

# What a miss costs; see docs/PERFORMANCE.md.
check_PROGRAMS += tests/machine/bench_pressure
tests_machine_bench_pressure_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_bench_pressure_LDADD = $(WHOLE_MACHINE_LDADD)

WHOLE_MACHINE_PAIR_SOURCES = \
	tests/areas/model.c \
	tests/areas/model.h \
	tests/machine/model_faults.c \
	tests/machine/model_machine.c \
	tests/machine/model_machine.h \
	tests/machine/model_memory.c \
	tests/machine/pair.c \
	tests/machine/pair.h \
	tests/machine/pair_compare.c \
	tests/machine/pair_compare.h \
	tests/machine/pair_config.c \
	tests/machine/pair_forks.c

tests_machine_test_filter_SOURCES = \
	tests/machine/code.c \
	tests/machine/code.h \
	tests/machine/random_steps.c \
	tests/machine/steps.c \
	tests/machine/steps.h \
	tests/machine/test_filter.c \
	tests/machine/translated.c \
	tests/machine/translated.h \
	tests/machine/twins.c \
	tests/machine/twins.h
tests_machine_test_filter_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_filter_LDADD = $(WHOLE_MACHINE_LDADD)
tests_machine_test_ledger_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_ledger_LDADD = $(WHOLE_MACHINE_LDADD)
tests_machine_test_memory_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_memory_LDADD = $(WHOLE_MACHINE_LDADD)
tests_machine_test_read_ahead_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_read_ahead_LDADD = $(WHOLE_MACHINE_LDADD)
tests_machine_test_shared_lru_SOURCES = \
	tests/machine/test_shared_lru.c \
	tests/machine/world.c \
	tests/machine/world.h
tests_machine_test_shared_lru_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_shared_lru_LDADD = $(WHOLE_MACHINE_LDADD)
tests_machine_test_shared_memory_SOURCES = \
	tests/machine/test_shared_memory.c \
	tests/machine/world.c \
	tests/machine/world.h
tests_machine_test_shared_memory_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_shared_memory_LDADD = $(WHOLE_MACHINE_LDADD)
tests_machine_test_limited_forks_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_limited_forks_LDADD = $(WHOLE_MACHINE_LDADD)
tests_machine_test_model_SOURCES = \
	tests/machine/test_model.c \
	$(WHOLE_MACHINE_PAIR_SOURCES)
tests_machine_test_model_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_model_LDADD = $(WHOLE_MACHINE_LDADD)

tests_machine_test_out_of_memory_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_out_of_memory_LDADD = $(WHOLE_MACHINE_LDADD)
tests_machine_test_pressure_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_pressure_LDADD = $(WHOLE_MACHINE_LDADD)
tests_machine_test_touches_SOURCES = \
	tests/machine/code.c \
	tests/machine/code.h \
	tests/machine/model_touches.c \
	tests/machine/model_touches.h \
	tests/machine/model_users.c \
	tests/machine/model_users.h \
	tests/machine/test_touches.c \
	tests/machine/translated.c \
	tests/machine/translated.h
tests_machine_test_touches_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_touches_LDADD = $(WHOLE_MACHINE_LDADD)

tests_machine_test_tree_SOURCES = \
	tests/machine/model_tree.c \
	tests/machine/test_tree.c \
	tests/machine/tree.h \
	tests/machine/tree_process.c
tests_machine_test_tree_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_test_tree_LDADD = $(WHOLE_MACHINE_LDADD)

# Kept inputs (tests/mmu/kept/fuzz_machine) and random ones, always; with
# --enable-fuzzers also libFuzzer's program: tests/machine/fuzz_machine FOLDER.
tests_machine_replay_machine_SOURCES = \
	tests/machine/fuzz_machine.c \
	tests/mmu/fuzz.h \
	tests/mmu/fuzz_driver.c \
	$(WHOLE_MACHINE_PAIR_SOURCES)
tests_machine_replay_machine_CFLAGS = $(WHOLE_MACHINE_CFLAGS)
tests_machine_replay_machine_LDADD = $(WHOLE_MACHINE_LDADD)

if FUZZERS
noinst_PROGRAMS += tests/machine/fuzz_machine
tests_machine_fuzz_machine_SOURCES = \
	tests/machine/fuzz_machine.c \
	tests/mmu/fuzz.h \
	$(WHOLE_MACHINE_PAIR_SOURCES) \
	$(libtest_mmu_a_SOURCES) \
	$(MMU_SOURCES)
tests_machine_fuzz_machine_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(FUZZ_CFLAGS)
tests_machine_fuzz_machine_LDFLAGS = $(FUZZ_CFLAGS)
endif
