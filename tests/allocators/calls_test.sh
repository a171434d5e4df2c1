#!/bin/sh
# Each allocator: every function of the malloc family, and threads at random.  The same
# of the C library's malloc, as it says what is right.
. "${srcdir:-.}/tests/allocators/expect.sh"

for name in $allocators; do
	with "$name" "$built/calls"
	is "$name: calls" "0 wrong, $name.so" "$(cat "$scratch/out")"
	is "$name: calls, status" 0 "$status"
	for seed in 1 2 3; do
		with "$name" "$built/stress" 4 20000 "$seed"
		is "$name: threads, seed $seed" "0 wrong" "$(cat "$scratch/out" "$scratch/err")"
		is "$name: threads, seed $seed, status" 0 "$status"
	done
	# The reservation is halved until it is allowed: 1 GiB of the 16.
	with "$name" sh -c "ulimit -v 1500000; '$built/calls'"
	is "$name: calls with little address space" "0 wrong, $name.so" "$(cat "$scratch/out")"
done
try "$built/calls"
has "libc: calls" '^0 wrong, libc' "$scratch/out"
try "$built/stress" 4 20000 1
is "libc: threads" "0 wrong" "$(cat "$scratch/out")"
finish
