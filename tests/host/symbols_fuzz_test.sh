#!/bin/sh
# Damaged debug information: the plain driver of the fuzz target over a few
# fixtures, seeded.  VMT_SEED and VMT_ROUNDS choose another and a longer run.

: "${CC:=gcc}" "${CXX:=g++}"
CFLAGS= CXXFLAGS= LDFLAGS=
fixtures=$(cd "${srcdir:-.}/tests/host/fixtures" && pwd)
driver=$(pwd)/tests/host/test_fuzz_symbols
dir=$(mktemp -d "${TMPDIR:-/tmp}/vmtrace-fuzz.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
for version in 4 5; do
   for form in "" -gz; do
      $CXX -w -std=c++17 -O2 -gdwarf-$version $form "$fixtures/names.cc" -o fixture || exit 99
      "$driver" fixture "${VMT_SEED:-1}" "${VMT_ROUNDS:-200}" || { echo "FAIL: DWARF $version $form"; exit 1; }
   done
done
