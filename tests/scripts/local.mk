# tests/scripts
EXTRA_DIST += tests/scripts/expect.sh
