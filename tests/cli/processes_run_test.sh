#!/bin/sh
# `vmtrace run` and `vmtrace report` of programs that fork and execute others, with the
# tool itself.
. "${srcdir:-.}/tests/scripts/expect.sh"

program=$build/tests/cli/processes_program
cd "$scratch" || exit
in_place() {
	"$build/scripts/in-place" vmtrace "$@"
}

# The program (tests/native/programs/fork_write.c) has 500 pages.  Its first child
# writes 300 of them, while the parent waits; the second one lives while the parent
# writes all 500.
try in_place run --summary=no "$program"
is "status" 0 "$status"
has "the closing line" \
	"^vmtrace: 3 profiles of 3 processes; 'vmtrace report vmtrace.out.\*' shows them together" err
try in_place report vmtrace.out.*
is "a report of all" "0:" "$status:$(cat err)"
# What comes after a line, up to and with the next of write_pages.
copied() {
	sed -n "/ pages, .*$1/,/write_pages/p" out | sed -n 's/ *\([0-9]*\) .*write_pages.*/\1/p' |
		head -1
}
is "what the second child cost its parent" 500 "$(copied 'while its child')"
is "what the first one copied" 300 "$(copied 'of what its parent')"
has "the tree" "└─ [0-9]* processes_program$" out
has "one run" "^Processes    3 of one run, at most 2 alive at once" out
in_place report --format=json vmtrace.out.* >out
is "copies add up to ForkCow" "$(grep -o '"totals":{.*' out | grep -o '"ForkCow":[0-9]*' |
	head -1 | cut -d: -f2)" \
	"$(sed -n '/"copies":\[/,/"page_cache"/p' out | grep -o '"with_id":[0-9a-z]*,"pages":[0-9]*' |
	awk -F: '{ sum += $3 } END { print sum }')"

# A shell, and a child of it that executes another program: two images of one process.
rm vmtrace.out.*
try in_place run --trace-children=yes --summary=no sh -c '/bin/true; exit 3'
is "the program's status" 3 "$status"
has "images" "^vmtrace: 3 profiles of 2 processes;" err
try in_place report --by=process vmtrace.out.*
has "the child is what it executed" "  [0-9]*  true$" out
has "its first image" "├─ sh -c" out
has "its second image" "└─ true$" out
has "how the shell ended" "  sh -c /bin/true; exit 3, exit 3$" out

finish
