# Sourced by the tests of the allocators, beside tests/scripts/expect.sh.
. "${srcdir:-.}/tests/scripts/expect.sh"

allocators="buddy explicit implicit segregated"
traces="nothing balanced lifetimes coalescing growth"
here=$source/tests/allocators
built=$build/tests/allocators

# with ALLOCATOR COMMAND...: as try, with that one preloaded
with() {
	allocator=$1
	shift
	try env LD_PRELOAD="$built/$allocator.so" "$@"
}

make_traces() {
	for trace in $traces; do
		"$here/make-trace" "$trace" "$1" >"$scratch/$trace" || exit
	done
}
