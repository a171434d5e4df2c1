#!/bin/sh
# compare: its table has the numbers of replay and of the profile, the same each time.
. "${srcdir:-.}/tests/allocators/expect.sh"

compare=$here/compare
try "$compare" --help
is "--help" 0 "$status"
try "$compare" --traces=unheard-of
is "no such trace: status" 2 "$status"
is "no such trace: lines of complaint" 1 "$(wc -l <"$scratch/err")"
has "no such trace: complaint" "^compare: .*there is no 'unheard-of'" "$scratch/err"
try "$compare" --build="$scratch"
is "nothing built: status" 2 "$status"
has "nothing built: complaint" "^compare: no .*implicit.so: run" "$scratch/err"

try "$compare" --build="$build" --traces=growth --allocators=implicit
is "status" 0 "$status"
is "complaints" "" "$(cat "$scratch/err")"
cp "$scratch/out" "$scratch/table"
try "$compare" --build="$build" --traces=growth --allocators=implicit
cmp -s "$scratch/out" "$scratch/table"
is "the same again" 0 $?

"$here/make-trace" growth 1 >"$scratch/growth"
with implicit "$built/replay" "$scratch/growth"
heap=$(sed -n 's/^peak heap *\([0-9]*\) bytes/\1/p' "$scratch/out")
share=$(sed -n 's/^utilisation *//p' "$scratch/out")
has "heap and utilisation" "^| implicit |.*| $(echo $((heap / 1024)) | sed 's/\(...\)$/,\1/') | $share |$" \
	"$scratch/table"
with implicit "$build/scripts/in-place" valgrind -q --tool=vmtrace --summary=no \
	--vmtrace-out-file="$scratch/profile" "$built/replay" "$scratch/growth"
try "$vmtrace" report "$scratch/profile"
wanted=$(sed -n 's/^Page faults *\([0-9,]*\):.*/\1/p' "$scratch/out" | tr -d ,)
got=$(sed -n 's/^| implicit | \([0-9,]*\) |.*/\1/p' "$scratch/table" | tr -d ,)
# The names in the two runs' arguments differ in length: a page of the stack, at most.
is "page faults" yes "$(test "$wanted" -gt 300 && test $((got - wanted)) -ge -1 &&
	test $((got - wanted)) -le 1 && echo yes)"
finish
