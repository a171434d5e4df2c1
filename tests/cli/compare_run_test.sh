#!/bin/sh
# `vmtrace compare --allocators`: with a stand-in for Valgrind that shows what it is
# given; then with the tool itself and an allocator of our own; then with those that
# are installed.
. "${srcdir:-.}/tests/scripts/expect.sh"

program=$build/tests/cli/compare_program
library=$build/tests/cli/compare_library.so
static=$build/tests/cli/compare_static
linked=$build/tests/cli/compare_linked
export VMTRACE_VALGRIND="$scratch/stand-in" SCRATCH="$scratch"
export TMPDIR="$scratch/tmp"
mkdir "$TMPDIR"
libraries=${LD_LIBRARY_PATH-}
unset LD_PRELOAD LD_LIBRARY_PATH MALLOC_CONF MIMALLOC_DECOMMIT_DELAY MIMALLOC_PURGE_DELAY
cd "$scratch" || exit

# --- What the program is started with ---

cat >stand-in <<'S'
#!/bin/sh
echo "$*" | sed 's/vmtrace-compare\.[^/]*/FOLDER/' >>"$SCRATCH/called"
echo "${LD_PRELOAD-none}" >>"$SCRATCH/preloads"
echo "${MALLOC_CONF-none}" >>"$SCRATCH/settings"
while test "$1" != --; do
	case $1 in --vmtrace-out-file=*) out=$(echo "${1#*=}" | sed 's/%%/%/g') ;; esac
	shift
done
shift
test -e "$SCRATCH/no-profile" || echo '{"vmtrace":1,"events":["Ir"]}' >"$out"
test -e "$SCRATCH/no-profile" || test -e "$SCRATCH/torn" || echo '{"end":{}}' >>"$out"
test -e "$SCRATCH/forks" && cp "$out" "$out.77"
test -e "$SCRATCH/parent" && cp "$SCRATCH/parent" "$out" && cp "$SCRATCH/child" "$out.77"
exec "$@"
S
chmod +x stand-in

# Called as they would be installed; tcmalloc by its second name where this system has
# none by the first.
is_installed() {
	/sbin/ldconfig -p 2>/dev/null | grep -q "$1"
}
tcmalloc=libtcmalloc.so.4
! is_installed libtcmalloc_minimal.so.4 || tcmalloc=libtcmalloc_minimal.so.4
mkdir installed
for name in libjemalloc.so.2 "$tcmalloc"; do
	cp "$library" "installed/$name"
done
echo "no library" >installed/libmimalloc.so.2
installed=$(cd installed && pwd -P)
found() {
	LD_LIBRARY_PATH="$installed" "$@"
}
try found "$vmtrace" compare --allocators=glibc,jemalloc,tcmalloc,"$library" \
	--machine=skylake -v --cores=2 -- sh -c 'echo out; echo err >&2' </dev/null
is "status" 0 "$status"
for name in glibc jemalloc tcmalloc compare_library; do
	echo "--tool=vmtrace --fair-sched=yes -q --machine=skylake -v --cores=2 --vmtrace-out-file=$TMPDIR/FOLDER/$name.out -- sh -c echo out; echo err >&2"
done >wanted
is "Valgrind's arguments" "$(cat wanted)" "$(cat called)"
is "what is preloaded" "none
$installed/libjemalloc.so.2
$installed/$tcmalloc
$(readlink -f "$library")" "$(cat preloads)"
is "the program's output comes first" "out out out out" "$(echo $(head -4 out))"
is "the program's errors" 4 "$(grep -c '^err$' err)"
has "columns" "^ *glibc  *jemalloc  *tcmalloc  *compare_library" out
is "the temporary folder is gone" "" "$(ls "$TMPDIR")"
for name in jemalloc tcmalloc compare_library; do
	has "$name: no object of it is in the profile" "$name was not loaded" err
	has "$name: a note" "$name was not loaded" out
done

: >preloads
LD_PRELOAD=/usr/lib/none.so "$vmtrace" compare --allocators=glibc,"$library" true \
	>/dev/null 2>&1 </dev/null
is "what was preloaded already is next" "/usr/lib/none.so
$(readlink -f "$library"):/usr/lib/none.so" "$(cat preloads)"

# --- Allocators that are missing, or no libraries ---

try found "$vmtrace" compare --allocators=mimalloc,glibc true </dev/null
is "one is no library" \
	"0:vmtrace: compare: mimalloc is left out: its library cannot be loaded: file too short" \
	"$status:$(cat err)"
complains "one of our own that is no library" 2 "mimalloc.so.2 cannot be loaded: file too short" \
	"$vmtrace" compare --allocators="./installed/libmimalloc.so.2" true
if ! is_installed libmimalloc.so.2; then
	try "$vmtrace" compare --allocators=mimalloc,glibc true </dev/null
	is "one is missing" \
		"0:vmtrace: compare: mimalloc is left out: there is no libmimalloc.so.2 (Debian: apt install libmimalloc2.0)" \
		"$status:$(cat err)"
	try "$vmtrace" compare --allocators=mimalloc true
	is "none is left: status" 2 "$status"
	is "none is left" "vmtrace: compare: no allocator is left" "$(tail -1 err)"
	is "none is left: output" "" "$(cat out)"
fi
mkdir 'a b'
cp "$library" 'a b/x.so'
complains "a path that the loader would split" 2 "has a blank or a colon" \
	"$vmtrace" compare "--allocators=a b/x.so" true

# --- Time, of which a program takes more here ---

: >settings
try found "$vmtrace" compare --allocators=glibc,jemalloc true </dev/null
is "jemalloc has more time" "none dirty_decay_ms:400000" "$(echo $(cat settings))"
has "... which is said" "dirty_decay_ms:400000" out
: >settings
try env MALLOC_CONF=narenas:1 LD_LIBRARY_PATH="$installed" \
	"$vmtrace" compare --allocators=glibc,jemalloc true </dev/null
is "a setting of the user's stays" "narenas:1 narenas:1" "$(echo $(cat settings))"
is "... and nothing is said" 0 "$(grep -c 'by the clock' out)"

# --- A program that is linked with another allocator ---

: >preloads
try found "$vmtrace" compare --allocators=glibc "$linked" </dev/null
is "glibc is preloaded" libc.so.6 "$(basename "$(cat preloads)")"

# --- Trouble ---

complains "no such command" 127 "no command 'no-such-command'" \
	"$vmtrace" compare --allocators=glibc no-such-command
complains "not executable" 126 "Permission denied" \
	"$vmtrace" compare --allocators=glibc ./called
complains "a folder that cannot be made" 2 "cannot make the folder no/folder" \
	"$vmtrace" compare --allocators=glibc --keep=no/folder true
complains "another tool" 2 "not cachegrind" \
	"$vmtrace" compare --allocators=glibc --tool=cachegrind true
: >no-profile
complains "no profile" 2 "no profile was written with glibc" \
	"$vmtrace" compare --allocators=glibc,"$library" false </dev/null
rm no-profile
try "$vmtrace" compare --allocators=glibc sh -c 'exit 3' </dev/null
is "the program's exit status is not ours" 0 "$status"
is "... but is said" "vmtrace: compare: with glibc the program's exit status was 3" \
	"$(cat err)"
try "$vmtrace" compare --allocators=glibc sh -c 'kill -SEGV $$' </dev/null
is "a signal" "0:vmtrace: compare: with glibc the program was ended by signal 11" \
	"$status:$(cat err)"
: >called
try sh -c '"$0" compare --allocators=glibc,"$1" sh -c "kill -INT \$\$"; echo $?' \
	"$vmtrace" "$library" </dev/null
is "stopped: our end" 130 "$(cat out)"
is "stopped: no more runs" 1 "$(wc -l <called)"
is "stopped: the temporary folder is gone" "" "$(ls "$TMPDIR")"

try "$vmtrace" compare --allocators=glibc sh -c 'kill -PIPE $$' </dev/null
is "signals that we hold are not held for the program" \
	"0:vmtrace: compare: with glibc the program was ended by signal 13" "$status:$(cat err)"
"$vmtrace" compare --allocators=glibc sh -c 'sleep 0.3; exit 3' 2>&1 >/dev/null </dev/null | :
is "a complaint that nobody reads: the temporary folder is gone" "" "$(ls "$TMPDIR")"
: >torn
complains "a profile without its end" 2 "the profile with glibc could not be written to its end" \
	"$vmtrace" compare --allocators=glibc,"$library" true </dev/null
try "$vmtrace" compare --allocators=glibc sh -c 'kill -KILL $$' </dev/null
is "... but of a program that was killed it can be read" 0 "$status"
rm torn

# --- Input, which each run is to read ---

printf 'one\ntwo\n' >input
try sh -c 'read first; exec "$@"' sh "$vmtrace" compare --allocators=glibc,"$library" \
	cat <input
is "input from where it was, each time" "two two" "$(echo $(head -2 out))"
is "a pipe is complained of" 1 "$(echo typed |
	"$vmtrace" compare --allocators=glibc,"$library" cat 2>&1 | grep -c 'standard input is a pipe')"

# --- --keep ---

"$vmtrace" compare --allocators=glibc --keep='100%' true >out 2>err </dev/null
is "where they are" "vmtrace: the profiles are in 100%" "$(cat err)"
is "a percent sign is not Valgrind's" "--vmtrace-out-file=$(pwd -P)/100%%/glibc.out" \
	"$(tail -1 called | tr ' ' '\n' | grep out-file)"
rm -r 100% kept 2>/dev/null
try "$vmtrace" compare -q --allocators=glibc --keep=kept true </dev/null
is "kept" "0:glibc.out:" "$status:$(ls kept):$(cat err)"
try "$vmtrace" compare -q --allocators=glibc --keep=kept true </dev/null
is "replaced" "0:glibc.out" "$status:$(ls kept)"
: >forks
try "$vmtrace" compare -q --allocators=glibc --keep=kept --format=json sh -c : </dev/null
is "of two processes" 2 "$(grep -o '"profile":"[^"]*"' out | wc -l)"
complains "those of another run" 2 "glibc.out.77 is there already" \
	"$vmtrace" compare --allocators=glibc --keep=kept true </dev/null
is "... are not touched" yes "$(test -e kept/glibc.out.77 && echo yes)"
rm forks

# What is at a peak is of the larger process, which is the second here; the rest adds up.
at() {
	echo "{\"instrs\":1,\"live_blocks\":1,\"live_bytes\":$1,\"resident\":$2,\"fullness\":[$2,0,0,0,0,0,0,0,0,0,0],\"pinned\":0,\"straddling\":0}"
}
profile_of() {
	echo '{"vmtrace":1,"events":["Ir"]}'
	echo "{\"heap_pages\":{\"peak\":$(at "$2" "$3"),\"now\":$(at 1 "$3"),\"returned\":{\"brk\":$4},\"back\":$5,\"advised_free\":0,\"calls\":{\"brk\":$6},\"straddles\":0}}"
	echo "{\"end\":{\"exit\":0,\"RssPeak\":$1}}"
}
profile_of 8192 1000 1 2 3 4 >parent
profile_of 16384 2000 2 20 30 40 >child
try "$vmtrace" compare -q --allocators=glibc --format=csv true </dev/null
is "the heap of two processes" "HeapLive,bytes,,2000
HeapRss,bytes,,8192
HeapOver,permille,,3096
HeapStraddling,count,,0
HeapEnd,bytes,,8192
HeapReturned,bytes,,$((22 * 4096))
HeapBack,count,,33
HeapCalls,count,,44" "$(tr -d '\r' <out | sed -n 's/^heap,//p')"
rm parent child

# --- The tool itself ---

unset VMTRACE_VALGRIND
in_place() {
	"$build/scripts/in-place" vmtrace "$@"
}
# Of a row of comma-separated values, column N.
column() {
	tr -d '\r' <out | awk -F, -v name="$1" -v n="$2" '$2 == name { print $(4 + n) }'
}
try in_place compare -q --allocators=glibc,"$library" --format=csv "$program" </dev/null
is "a real run" "0:" "$status:$(cat err)"
# 100 blocks in 100 pages; with glibc 100 blocks of 32 bytes, in 1 page or 2.
more=$(($(column ZeroWr 2) - $(column ZeroWr 1)))
is "a page for each block: $more more" yes \
	"$(test $more -ge 96 && test $more -le 102 && echo yes)"
cp out first
try in_place compare -q --allocators=glibc,"$library" --format=csv "$program" </dev/null
is "again: the same to the last digit" "$(cat first)" "$(cat out)"
try in_place compare -q --allocators=glibc,"$library" --format=csv "$static" </dev/null
is "a static program: status" 0 "$status"
has "a static program: it is said" "compare_library was not loaded" err
is "a static program: the same faults" "$(column ZeroWr 1)" "$(column ZeroWr 2)"

# The program's own allocator, with a page for each block, comes after glibc's.
LD_LIBRARY_PATH=$installed
export LD_LIBRARY_PATH
try in_place compare -q --allocators=glibc --format=csv "$linked" </dev/null
is "linked with another: status" "0:" "$status:$(cat err)"
faults=$(column Flt 1)
in_place run -q --vmtrace-out-file=own "$linked" </dev/null >out 2>&1
more=$(($(in_place report own | sed -n 's/^Page faults *\([0-9,]*\):.*/\1/p' | tr -d ,) - faults))
is "linked with another: has a page for each block by itself alone: $more" yes \
	"$(test $more -ge 90 && test $more -le 102 && echo yes)"
unset LD_LIBRARY_PATH

# Those that are installed, or in a folder of $LD_LIBRARY_PATH.
there() {
	/sbin/ldconfig -p 2>/dev/null | grep -q "$1 " && return
	for folder in $(echo "$libraries" | tr : ' '); do
		test -e "$folder/$1" && return
	done
	return 1
}
names=glibc
for name in jemalloc:libjemalloc.so.2 tcmalloc:libtcmalloc_minimal.so.4 \
	mimalloc:libmimalloc.so.2; do
	if there "${name#*:}"; then
		names=$names,${name%%:*}
	else
		echo "${name%%:*} is not installed: not tried"
	fi
done
if test "$names" != glibc; then
	LD_LIBRARY_PATH=$libraries
	export LD_LIBRARY_PATH
	try in_place compare -q --allocators=$names --format=csv "$program" </dev/null
	is "installed: $names" "0:" "$status:$(cat err)"
	is "installed: a column each" "$names" "$(head -1 out | tr -d '\r' | cut -d, -f5-)"
	# Each has its own way: no two execute as many instructions.
	is "installed: executed differently" "$(head -1 out | tr -dc , | wc -c | awk '{ print $1 - 3 }')" \
		"$(tr -d '\r' <out | awk -F, '$2 == "Ir" { for (i = 5; i <= NF; i++) print $i }' | sort -u | wc -l)"
fi

finish
