#!/bin/sh
# The Boehm collector replays each trace, by itself and under vmtrace, though nothing is
# freed by hand; and it does collect.
. "${srcdir:-.}/tests/allocators/expect.sh"

make_traces 1
try "$built/replay" --collector "$scratch/nothing"
test "$status" -ne 77 || skip "$(cat "$scratch/err")"
is "nothing: status" 0 "$status"
GC_MARKERS=1
export GC_MARKERS
for trace in $traces; do
	try "$built/replay" --collector "$scratch/$trace"
	is "$trace: status" 0 "$status"
	is "$trace: whose" "allocator    libgc.so.1" "$(head -n 1 "$scratch/out")"
	try "$build/scripts/in-place" valgrind -q --tool=vmtrace --summary=no \
		--vmtrace-out-file="$scratch/profile" "$built/replay" --collector "$scratch/$trace"
	is "$trace under vmtrace: status" 0 "$status"
	is "$trace under vmtrace: complaints" "" "$(cat "$scratch/err")"
	has "$trace under vmtrace: profile" '^{"end":{"exit":0,' "$scratch/profile"
done

# 64 MiB in all, 64 KiB at a time, each forgotten before the next.
{
	printf '0\n1024\n2048\n1\n'
	i=0
	while test $i -lt 1024; do
		printf 'a %d 65536\nf %d\n' $i $i
		i=$((i + 1))
	done
} >"$scratch/garbage"
try "$built/replay" --collector "$scratch/garbage"
is "garbage: status" 0 "$status"
heap=$(sed -n 's/^peak heap *\([0-9]*\) bytes/\1/p' "$scratch/out")
is "garbage: the heap is at most a quarter of it" yes \
	"$(test "${heap:-0}" -gt 0 && test "$heap" -lt $((16 << 20)) && echo yes)"
finish
