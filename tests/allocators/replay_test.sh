#!/bin/sh
# Each allocator does what each trace says, by replay's checks; what replay says is added
# up here for a trace made by hand; wrong allocators and bad traces are told.
. "${srcdir:-.}/tests/allocators/expect.sh"

for seed in 1 2; do
	make_traces $seed
	for trace in $traces; do
		for name in $allocators; do
			with "$name" "$built/replay" "$scratch/$trace"
			is "$name, $trace, seed $seed" 0 "$status"
			is "$name, $trace, seed $seed: complaints" "" "$(cat "$scratch/err")"
			is "$name, $trace: whose malloc" "allocator    $name.so" \
				"$(head -n 1 "$scratch/out")"
			is "$name, $trace: operations" \
				"operations   $(sed -n 3p "$scratch/$trace")" "$(sed -n 2p "$scratch/out")"
		done
	done
done
for seed in 1 2; do
	try "$here/make-trace" balanced $seed
	cmp -s "$scratch/out" "$scratch/balanced"
	is "is trace 2 that of seed $seed" $((2 - seed)) $?
done

# Live: 1000000, 3000000, 2500000 (1 shrinks to 1500000), 1500000, 0.
printf '0\n2\n5\n1\na 0 1000000\na 1 2000000\nr 1 1500000\nf 0\nf 1\n' >"$scratch/hand"
for name in $allocators; do
	with "$name" "$built/replay" "$scratch/hand"
	is "$name: peak live" "peak live    3000000 bytes" "$(sed -n 3p "$scratch/out")"
done
# Implicit: tags, ends, and what the loader and the C library have are a few pages.  The
# heap is 3000000 and less than 14656 of them, rounded up to steps of 131072: 23.
with implicit "$built/replay" "$scratch/hand"
is "implicit: peak heap" "peak heap    3014656 bytes" "$(sed -n 4p "$scratch/out")"
is "implicit: utilisation" "utilisation  99.5%" "$(sed -n 5p "$scratch/out")"
# Buddy: blocks of 2^20 and 2^21 at multiples of their size, so the end is at 4 MiB.
with buddy "$built/replay" "$scratch/hand"
is "buddy: peak heap" "peak heap    4194304 bytes" "$(sed -n 4p "$scratch/out")"

# wrong WHAT PATTERN: an allocator that does that is found out
wrong() {
	try env WRONG="$1" LD_PRELOAD="$built/wrong.so" "$built/replay" "$scratch/hand2"
	is "wrong $1: status" 1 "$status"
	is "wrong $1: output" "" "$(cat "$scratch/out")"
	is "wrong $1: lines of complaint" 1 "$(wc -l <"$scratch/err")"
	has "wrong $1: complaint" "^replay: .*/hand2:$2" "$scratch/err"
}
printf '0\n3\n5\n1\na 0 6000\na 1 6000\na 2 10\nf 0\nr 1 20000\n' >"$scratch/hand2"
try env LD_PRELOAD="$built/wrong.so" "$built/replay" "$scratch/hand2"
is "not wrong" 0 "$status"
wrong alignment "5: block 0: not aligned to 16"
wrong overlap "6: block 1: overlaps the live block before it"
wrong memory "5: block 0: out of memory"
wrong release "9: block 1: its contents have changed"
wrong copy "9: block 1: its contents have changed"

# Between the phases all is free, and has to become one block again: the heap is 1 MiB and
# less than a step of 128 KiB.  Nine phases that cannot use each other's would be 9 MiB.
for name in $allocators; do
	with "$name" "$built/replay" "$scratch/coalescing"
	heap=$(sed -n 's/^peak heap *\([0-9]*\) bytes/\1/p' "$scratch/out")
	is "$name: heap $heap when all is merged" yes \
		"$(test "$heap" -ge 1048576 && test "$heap" -le 1179648 && echo yes)"
done

# bad WHAT PATTERN TEXT: no trace
bad() {
	printf '%b' "$3" >"$scratch/bad"
	try "$built/replay" "$scratch/bad"
	is "$1: status" 2 "$status"
	is "$1: output" "" "$(cat "$scratch/out")"
	is "$1: lines of complaint" 1 "$(wc -l <"$scratch/err")"
	has "$1: complaint" "^replay: .*/bad$2" "$scratch/err"
}
head='0\n2\n2\n1\n'
bad "empty" ": not a trace" ''
bad "head cut off" ":3: the number of operations expected" '0\n2\n'
bad "no number" ":2: the number of ids expected" '0\nx\n2\n1\n'
bad "too many ids" ":2: the number of ids is above" '0\n99999999999\n2\n1\n'
bad "unknown operation" ":5: an operation is a, r or f" "${head}q 0 1\n"
bad "id too large" ":5: the id is not below" "${head}a 2 1\n"
bad "no size" ":5: a size expected" "${head}a 0\n"
bad "size 0" ":5: the size is 0" "${head}a 0 0\n"
bad "size too large" ":5: a size is above" "${head}a 0 99999999999999999999\n"
bad "live twice" ":6: the id is live already" "${head}a 0 1\na 0 1\n"
bad "free of what is not live" ":5: the id is not live" "${head}f 0\n"
bad "realloc of what was freed" ":7: the id is not live" '0\n1\n3\n1\na 0 1\nf 0\nr 0 5\n'
bad "more on a line" ":5: more on the line" "${head}a 0 1 1\n"
bad "too few operations" ":6: ends before" "${head}a 0 1\n"
bad "too many operations" ":7: goes on after" "${head}a 0 1\nf 0\na 1 1\n"
try "$built/replay" "$scratch/none"
is "no file: status" 2 "$status"
has "no file: complaint" "^replay: cannot open .*/none" "$scratch/err"
try "$built/replay"
is "no argument" 2 "$status"
try "$built/replay" --help
is "--help" 0 "$status"
try "$here/make-trace" unheard-of 1
is "make-trace: no such kind" 2 "$status"
finish
