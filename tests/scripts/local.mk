# tests/scripts
EXTRA_DIST += tests/scripts/expect.sh
SCRIPT_TESTS = \
	tests/scripts/bench_test.sh \
	tests/scripts/completions_test.sh \
	tests/scripts/fresh_test.sh \
	tests/scripts/in_place_test.sh \
	tests/scripts/install_test.sh \
	tests/scripts/manual_test.sh
dist_check_SCRIPTS += $(SCRIPT_TESTS)
TESTS += $(SCRIPT_TESTS)
