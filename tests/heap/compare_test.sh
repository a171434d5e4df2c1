#!/bin/sh
# compare: our own programs' heap is the same to memcheck, massif, DHAT and heaptrack, and
# it says so when it is not.
. "${srcdir:-.}/tests/scripts/expect.sh"

compare=$source/tests/heap/compare
try "$compare" --help
is "--help" 0 "$status"
try "$compare" --programs=unheard-of
is "no such program: status" 2 "$status"
has "no such program: complaint" "^compare: there is no 'unheard-of'" "$scratch/err"
try "$compare" --build="$scratch"
is "nothing built: status" 2 "$status"
has "nothing built: complaint" "^compare: .* is missing: run" "$scratch/err"

try "$compare" --build="$build" --short
is "our own programs: status" 0 "$status"
is "our own programs: complaints" "" "$(cat "$scratch/err")"
# 64 + 16 times 5 blocks, 2 * 64 reallocs, and 2; the blocks of the 16 times and one are
# left.
has "blocks" "^| blocks | 530 | 449 | " "$scratch/out"
is "programs with a difference" "" "$(sed 1,2d "$scratch/out" |
	grep -v -e '| = | = | = | = | massif' -e '| = | = | = | – | massif' -e '| no ')"

# 4000 bytes more where Valgrind preloads a library, which vmtrace does not.
try "$compare" --build="$build" "$build/tests/heap/blocks" /vgpreload_
is "another program: status" 1 "$status"
has "another program: memcheck" "memcheck: allocs has 531, vmtrace 530" "$scratch/err"
has "another program: massif" "massif: peak of .*, vmtrace" "$scratch/err"
has "another program: DHAT" "DHAT: peak has .*, vmtrace" "$scratch/err"
has "another program: the difference" "| +1 = +4,000 +4,000 | +4,000 | +4,000 |" "$scratch/out"
finish
