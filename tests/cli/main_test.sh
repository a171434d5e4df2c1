#!/bin/sh
# The command itself: verbs and help, where output goes, colour.
. "${srcdir:-.}/tests/scripts/expect.sh"

verbs=$("$vmtrace" --help | sed -n '/^verbs:/,/^$/s/^  \([a-z][a-z]*\) .*/\1/p')

# --- Verbs and help ---

for verb in run machines help; do
	is "$verb is listed" "$verb" "$(echo "$verbs" | grep -x "$verb")"
done
try "$vmtrace"
is "no verb: status" 0 "$status"
is "no verb: the overview" "$("$vmtrace" --help)" "$(cat "$scratch/out")"
is "help: the overview" "$("$vmtrace" --help)" "$("$vmtrace" help)"
for verb in $verbs; do
	try "$vmtrace" help "$verb"
	is "help $verb: status" 0 "$status"
	has "help $verb" "^usage: vmtrace" "$scratch/out"
	cp "$scratch/out" "$scratch/first"
	for option in --help -h; do
		try "$vmtrace" "$verb" $option
		is "$verb $option: status" 0 "$status"
		is "$verb $option" "$(cat "$scratch/first")" "$(cat "$scratch/out")"
	done
	test "$verb" = help ||
		complains "$verb with an unknown option" 2 "no-such-option" \
			"$vmtrace" "$verb" --no-such-option
done
version=$(sed -n 's/^#define PACKAGE_VERSION "\(.*\)"/\1/p' vmtrace_config.h)
valgrind=$(sed -n 's/^#define VALGRIND_VERSION "\(.*\)"/\1/p' vmtrace_config.h)
is "--version" "vmtrace $version (Valgrind $valgrind)" "$("$vmtrace" --version)"

complains "a mistyped verb" 2 "'machnies'; did you mean 'machines'" "$vmtrace" machnies
complains "a verb cut short" 2 "'mach'; did you mean 'machines'" "$vmtrace" mach
complains "no verb's neighbour" 2 "'frobnicate'; 'vmtrace help' lists" "$vmtrace" frobnicate
complains "a very long verb" 2 "vmtrace help" "$vmtrace" "$(printf '%0200d' 0)"
complains "an empty verb" 2 "vmtrace help" "$vmtrace" ""
complains "a verb with a line break" 2 "a?b" "$vmtrace" "a
b"
complains "an unknown option" 2 "no option '--nope'" "$vmtrace" --nope
complains "help for no verb" 2 "'nope'" "$vmtrace" help nope
complains "help for two verbs" 2 "one verb" "$vmtrace" help run machines

# --- Output that cannot be written ---

complains "a full disk" 2 "No space left on device" \
	sh -c '"$0" machines >/dev/full' "$vmtrace"
complains "a full disk, help" 2 "No space left on device" \
	sh -c '"$0" --help >/dev/full' "$vmtrace"
complains "a full disk, -o" 2 "cannot write /dev/full: No space left" \
	"$vmtrace" machines -o /dev/full
complains "output closed" 2 "cannot write the output" \
	sh -c '"$0" machines >&-' "$vmtrace"
complains "-o in no folder" 2 "cannot write $scratch/no/file: No such file" \
	"$vmtrace" machines -o "$scratch/no/file"
complains "-o a folder" 2 "Is a directory" "$vmtrace" machines -o "$scratch"

# A reader that went away is told nothing: the writer waits until it has gone.
mkfifo "$scratch/gone"
exec 9<>"$scratch/gone"
(
	exec 9<&-
	sh -c 'read line <"$1"; "$0" machines; echo $? >"$2"' "$vmtrace" \
		"$scratch/gone" "$scratch/status" 2>"$scratch/err"
) | true &
writer=$!
sleep 0.2
echo go >&9
wait $writer
exec 9<&-
for i in 1 2 3 4 5 6 7 8 9 10; do
	test -s "$scratch/status" && break
	sleep 0.2
done
is "reader gone: complaint" "" "$(cat "$scratch/err")"
is "reader gone: status" 2 "$(cat "$scratch/status")"

# --- -o and colour ---

escape=$(printf '\033')
"$vmtrace" machines >"$scratch/plain"
"$vmtrace" machines -o "$scratch/file"
is "-o FILE holds what standard output would" "$(cat "$scratch/plain")" \
	"$(cat "$scratch/file")"
is "-o - is standard output" "$(cat "$scratch/plain")" "$("$vmtrace" machines -o -)"
is "no colour away from a terminal" "" "$(grep "$escape" "$scratch/plain")"
"$vmtrace" machines --color=always >"$scratch/colored"
has "colour when asked for" "$escape\\[1m" "$scratch/colored"
is "colour changes nothing else" "$(cat "$scratch/plain")" \
	"$(sed "s/$escape\\[[0-9;]*m//g" "$scratch/colored")"
NO_COLOR=1 "$vmtrace" machines --color=always >"$scratch/again"
is "an option is stronger than NO_COLOR" "$(cat "$scratch/colored")" \
	"$(cat "$scratch/again")"
complains "a colour that is none" 2 "color.*'pink'" "$vmtrace" machines --color=pink

finish
