#!/bin/sh
# The same under vmtrace: each allocator replays each trace, has threads, and runs a
# program.
. "${srcdir:-.}/tests/allocators/expect.sh"

# under ALLOCATOR COMMAND...: as with, and leaves a profile
under() {
	allocator=$1
	shift
	rm -f "$scratch/profile"
	with "$allocator" "$build/scripts/in-place" valgrind -q --tool=vmtrace --summary=no \
		--vmtrace-out-file="$scratch/profile" "$@"
	is "$allocator, $*: status" 0 "$status"
	is "$allocator, $*: complaints" "" "$(cat "$scratch/err")"
	has "$allocator, $*: profile" '^{"end":{"exit":0,' "$scratch/profile"
}

make_traces 1
echo "select hex(zeroblob(100000)) = printf('%0200000d', 0);" >"$scratch/work.sql"
for name in $allocators; do
	for trace in $traces; do
		under "$name" "$built/replay" "$scratch/$trace"
		is "$name, $trace: whose malloc" "allocator    $name.so" "$(head -n 1 "$scratch/out")"
		has "$name, $trace: Valgrind's own heap is not its" '^peak heap    not known$' \
			"$scratch/out"
	done
	under "$name" "$built/stress" 3 3000 1
	is "$name: threads" "0 wrong" "$(cat "$scratch/out")"
	if command -v sqlite3 >/dev/null; then
		under "$name" sqlite3 -init "$scratch/work.sql" "" .quit
		is "$name: sqlite3" 1 "$(cat "$scratch/out")"
	fi
done
finish
