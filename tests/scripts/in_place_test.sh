#!/bin/sh
# scripts/in-place: this build tree's tool and command come first, from any
# folder, for several that start at once.
. "${srcdir:-.}/tests/scripts/expect.sh"

in_place=$scratch/in-place
sed "s|^place=.*|place='$scratch/place'|" scripts/in-place >"$in_place"
chmod +x "$in_place"
unset VMTRACE_MACHINES
cd "$scratch" || exit

# All of them find what the first of them is still making.
for i in 1 2 3 4 5 6; do
	"$in_place" vmtrace machines >"machines.$i" 2>&1 &
done
wait
for i in 1 2 3 4 5 6; do
	has "start $i of six at once" "^skylake " "machines.$i"
done
is "nothing is left behind" "place place.lock" "$(echo place*)"

is "vmtrace" "$("$vmtrace" --version)" "$("$in_place" vmtrace --version)"
is "vmtrace is ours" "$scratch/place/bin/vmtrace" "$("$in_place" sh -c 'command -v vmtrace')"
is "valgrind is beside it" "$scratch/place/bin/valgrind" \
	"$("$in_place" sh -c 'command -v valgrind')"
is "the presets are ours" "$source/vmtrace/machines" \
	"$("$in_place" sh -c 'echo $VMTRACE_MACHINES')"
try "$in_place" valgrind --tool=vmtrace --vmtrace-out-file=profile sh -c 'echo out; exit 3'
is "valgrind --tool=vmtrace: status" 3 "$status"
is "valgrind --tool=vmtrace: output" out "$(cat out)"
has "valgrind --tool=vmtrace: profile" '^{"vmtrace":1,' profile
is "Valgrind's own tools are there" "0" \
	"$("$in_place" valgrind -q --tool=none true; echo $?)"
rm profile
try "$in_place" vmtrace run --vmtrace-out-file=profile sh -c 'exit 4'
is "vmtrace run: status" 4 "$status"
has "vmtrace run: profile" '^{"vmtrace":1,' profile
try "$in_place" vmtrace report profile
is "vmtrace report: status" 0 "$status"
has "vmtrace report: exit status" "exit status 4" out

try "$in_place" sh -c 'exit 9'
is "the command's status" 9 "$status"
is "the command's arguments" "a b|c|" "$("$in_place" printf '%s|' 'a b' c)"
is "the command's input" typed "$(echo typed | "$in_place" cat)"
# A folder that may not be searched, first in PATH, would make it 126.
try env PATH=/usr/bin:/bin "$in_place" no-such-command
is "no such command" 127 "$status"
try "$in_place"
is "no command: status" 1 "$status"
has "no command: usage" "^usage: in-place" out
try "$in_place" --help
is "--help: status" 0 "$status"
if command -v man >/dev/null; then
	for page in vmtrace.1 vmtrace-tool.1 vmtrace-machine.5; do
		is "manual $page" "$source/docs/$page" \
			"$(realpath "$("$in_place" man -w "${page%.*}")")"
	done
fi

finish
