# tests/mmu: one test per file of vmtrace/mmu, naive models beside the clever
# structures, a fuzz target.

MMU_TEST_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)

check_LIBRARIES = libtest-mmu.a
libtest_mmu_a_CFLAGS = $(MMU_TEST_CFLAGS)
libtest_mmu_a_SOURCES = \
	tests/mmu/check.c \
	tests/mmu/check.h \
	tests/mmu/model_blocks.c \
	tests/mmu/model_blocks.h \
	tests/mmu/model_memory.c \
	tests/mmu/model_memory.h \
	tests/mmu/model_pages.c \
	tests/mmu/model_pages.h \
	tests/mmu/model_tlb.c \
	tests/mmu/model_tlb.h \
	tests/mmu/model_walk.c \
	tests/mmu/model_walk.h \
	tests/mmu/pair_tlb.c \
	tests/mmu/pair_tlb.h

MMU_TESTS = \
	tests/mmu/test_arena \
	tests/mmu/test_base \
	tests/mmu/test_block_lookup \
	tests/mmu/test_block_pages \
	tests/mmu/test_distances \
	tests/mmu/test_folios \
	tests/mmu/test_hashmap \
	tests/mmu/test_page_users \
	tests/mmu/test_pagemap \
	tests/mmu/test_pagetable \
	tests/mmu/test_pool \
	tests/mmu/test_ranktree \
	tests/mmu/test_ranktree_small \
	tests/mmu/test_replacement \
	tests/mmu/test_shown \
	tests/mmu/test_stack_distance \
	tests/mmu/test_stack_epochs \
	tests/mmu/test_tlb \
	tests/mmu/test_vector \
	tests/mmu/test_walkcache \
	tests/mmu/test_working_set
MMU_TEST_LDADD = libtest-mmu.a libmmu-host.a
MMU_TEST_LINKING = $(SANITIZE_CFLAGS)

check_PROGRAMS += $(MMU_TESTS)
TESTS += $(MMU_TESTS) tests/mmu/test_layers.sh
dist_check_SCRIPTS += tests/mmu/test_layers.sh
EXTRA_DIST += scripts/check-layers tests/mmu/kept

tests_mmu_test_arena_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_arena_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_arena_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_base_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_base_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_base_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_block_lookup_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_block_lookup_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_block_lookup_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_block_pages_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_block_pages_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_block_pages_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_distances_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_distances_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_distances_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_folios_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_folios_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_folios_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_hashmap_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_hashmap_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_hashmap_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_page_users_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_page_users_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_page_users_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_pagemap_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_pagemap_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_pagemap_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_pagetable_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_pagetable_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_pagetable_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_pool_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_pool_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_pool_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_ranktree_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_ranktree_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_ranktree_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_replacement_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_replacement_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_replacement_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_shown_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_shown_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_shown_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_stack_distance_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_stack_distance_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_stack_distance_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_tlb_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_tlb_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_tlb_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_vector_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_vector_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_vector_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_walkcache_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_walkcache_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_walkcache_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_stack_epochs_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_stack_epochs_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_stack_epochs_LDFLAGS = $(MMU_TEST_LINKING)
tests_mmu_test_working_set_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_working_set_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_working_set_LDFLAGS = $(MMU_TEST_LINKING)

# The same test of the same tree with small nodes.
tests_mmu_test_ranktree_small_SOURCES = \
	tests/mmu/test_ranktree.c \
	vmtrace/mmu/containers/ranktree.c
tests_mmu_test_ranktree_small_CPPFLAGS = $(AM_CPPFLAGS) -DTEST_SMALL_NODES \
	-DLEAF_ENTRIES=3 -DFANOUT=6
tests_mmu_test_ranktree_small_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_test_ranktree_small_LDADD = $(MMU_TEST_LDADD)
tests_mmu_test_ranktree_small_LDFLAGS = $(MMU_TEST_LINKING)

# For whoever changes the trees: touches a second, bytes a page.
check_PROGRAMS += tests/mmu/bench_stack_distance
tests_mmu_bench_stack_distance_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_bench_stack_distance_LDADD = $(MMU_TEST_LDADD)
tests_mmu_bench_stack_distance_LDFLAGS = $(MMU_TEST_LINKING)

# Kept inputs and random ones, always; with --enable-fuzzers also libFuzzer's
# program: tests/mmu/fuzz_translation FOLDER.
check_PROGRAMS += tests/mmu/replay_translation
TESTS += tests/mmu/replay_translation
tests_mmu_replay_translation_SOURCES = \
	tests/mmu/fuzz.h \
	tests/mmu/fuzz_driver.c \
	tests/mmu/fuzz_translation.c
tests_mmu_replay_translation_CFLAGS = $(MMU_TEST_CFLAGS)
tests_mmu_replay_translation_LDADD = $(MMU_TEST_LDADD)
tests_mmu_replay_translation_LDFLAGS = $(MMU_TEST_LINKING)

if FUZZERS
noinst_PROGRAMS += tests/mmu/fuzz_translation
tests_mmu_fuzz_translation_SOURCES = \
	tests/mmu/fuzz.h \
	tests/mmu/fuzz_translation.c \
	$(libtest_mmu_a_SOURCES) \
	$(MMU_SOURCES)
tests_mmu_fuzz_translation_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(FUZZ_CFLAGS)
tests_mmu_fuzz_translation_LDFLAGS = $(FUZZ_CFLAGS)
endif
