# tests/cli
CLI_TESTS = \
	tests/cli/machines_test.sh \
	tests/cli/main_test.sh \
	tests/cli/run_test.sh
dist_check_SCRIPTS += $(CLI_TESTS)
TESTS += $(CLI_TESTS)
