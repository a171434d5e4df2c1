# tests/scripts
EXTRA_DIST += tests/scripts/expect.sh
SCRIPT_TESTS = tests/scripts/completions_test.sh
dist_check_SCRIPTS += $(SCRIPT_TESTS)
TESTS += $(SCRIPT_TESTS)
