#!/bin/sh
# `vmtrace run` with a stand-in for Valgrind that shows what it is given and then
# does what its last arguments say.
. "${srcdir:-.}/tests/scripts/expect.sh"

stand_in=$scratch/stand-in
cat >"$stand_in" <<'S'
#!/bin/sh
echo "$0 $*" >"$SCRATCH/called"
env >"$SCRATCH/environment"
while test "$1" != --; do shift; done
shift
exec "$@"
S
chmod +x "$stand_in"
export SCRATCH="$scratch" VMTRACE_VALGRIND="$stand_in"
cd "$scratch" || exit

# --- What Valgrind is given ---

try "$vmtrace" run --machine=skylake -v --cores=2 -- sh -c 'echo out; echo err >&2'
is "status" 0 "$status"
is "Valgrind's arguments" \
	"$stand_in --tool=vmtrace --fair-sched=yes --machine=skylake -v --cores=2 -- sh -c echo out; echo err >&2" \
	"$(cat called)"
is "the program's output" out "$(cat out)"
is "the program's errors" err "$(cat err)"
try "$vmtrace" run true --machine=x -q
is "options end at the program" \
	"$stand_in --tool=vmtrace --fair-sched=yes -- true --machine=x -q" "$(cat called)"
try "$vmtrace" run --fair-sched=no --tool=vmtrace true
is "the user's own options come later" \
	"$stand_in --tool=vmtrace --fair-sched=yes --fair-sched=no --tool=vmtrace -- true" \
	"$(cat called)"
try "$vmtrace" run --quiet true
is "--quiet goes on" "$stand_in --tool=vmtrace --fair-sched=yes -q -- true" \
	"$(cat called)"
env >ours
"$vmtrace" run true
for changed in PWD _ SHLVL OLDPWD; do
	sed -i "/^$changed=/d" ours environment
done
is "the program's environment" "$(sort ours)" "$(sort environment)"
printf '#!/bin/sh\necho launcher >"$SCRATCH/called"\n' >"$stand_in.bin"
chmod +x "$stand_in.bin"
"$vmtrace" run true
is "the launcher beside Debian's script" launcher "$(cat called)"
rm "$stand_in.bin"
is "the program's input" typed "$(echo typed | "$vmtrace" run cat)"

# --- Exit statuses ---

for wanted in 0 1 2 77 255; do
	try "$vmtrace" run sh -c "exit $wanted"
	is "exit $wanted" "$wanted" "$status"
done
for pair in TERM:143 KILL:137 SEGV:139 USR1:138 INT:130; do
	signal=${pair%:*}
	try sh -c '"$0" run sh -c "kill -$1 \$\$"; echo $?' "$vmtrace" "$signal"
	is "killed by SIG$signal" "${pair#*:}" "$(cat out)"
done
complains "no such command" 127 "no command 'no-such-command'" \
	"$vmtrace" run no-such-command
complains "no such file" 127 "./no-such-file: No such file" "$vmtrace" run ./no-such-file
complains "a file in no folder" 127 "Not a directory" "$vmtrace" run /dev/null/x
: >plain
complains "not executable" 126 "./plain: Permission denied" "$vmtrace" run ./plain
complains "a folder" 126 "Is a directory" "$vmtrace" run "$scratch"
mkdir first second
printf '#!/bin/sh\nexit 5\n' >second/tool
cp second/tool first/tool
chmod +x second/tool
try env PATH="$scratch/first:$scratch/second:$PATH" "$vmtrace" run tool
is "PATH: the first that can be executed" 5 "$status"
chmod -x second/tool
complains "PATH: none can be executed" 126 "tool: Permission denied" \
	env PATH="$scratch/first:$scratch/second:$PATH" "$vmtrace" run tool
printf '\177ELF\001\001\001\000\000\000\000\000\000\000\000\000' >elf32
chmod +x elf32
complains "a 32-bit program" 126 "elf32 is a 32-bit program" "$vmtrace" run ./elf32
complains "no program" 2 "which program" "$vmtrace" run
complains "no program after --" 2 "which program" "$vmtrace" run --
complains "a value set apart" 2 "machine needs a value: --machine=" \
	"$vmtrace" run --machine skylake true
complains "another tool" 2 "not cachegrind" "$vmtrace" run --tool=cachegrind true
complains "no Valgrind" 2 "VMTRACE_VALGRIND names no Valgrind: /no/valgrind" \
	env VMTRACE_VALGRIND=/no/valgrind "$vmtrace" run true
complains "no tool" 2 "$scratch/vmtrace-.* is missing" \
	env -u VMTRACE_VALGRIND VALGRIND_LIB="$scratch" "$vmtrace" run true

# --- Signals sent to the parent alone are passed on, once ---

cat >waits <<'S'
trap 'echo $1 >>got; exit 9' $1
echo ready >ready
i=0
while test $i -lt 100; do sleep 0.1; i=$((i + 1)); done
S
for signal in HUP TERM USR1 USR2 QUIT INT; do
	rm -f ready got
	# A shell's background job would have INT and QUIT ignored.
	env --default-signal=INT,QUIT "$vmtrace" run sh ./waits $signal 2>/dev/null &
	parent=$!
	while ! test -s ready; do sleep 0.05; done
	kill -$signal $parent
	wait $parent
	is "SIG$signal: status" 9 "$?"
	is "SIG$signal: passed on" "$signal" "$(cat got)"
done
# With SIGCHLD ignored a parent gets no status unless it takes care.
try env --ignore-signal=CHLD "$vmtrace" run sh -c 'exit 6'
is "SIGCHLD ignored: status" 6 "$status"

# --- The closing line: when the tool's summary does not say it already ---

writes='printf "{\"vmtrace\":1,\"pid\":$$}\n{\"end\":{\"exit\":0}}\n" >'
try "$vmtrace" run --summary=no sh -c "$writes vmtrace.out.\$\$; echo \$\$ >pid"
pid=$(cat pid)
is "closing line" \
	"vmtrace: the profile is vmtrace.out.$pid; 'vmtrace report vmtrace.out.$pid' shows it" \
	"$(cat err)"
for elsewhere in --log-file=log --log-fd=3; do
	try "$vmtrace" run $elsewhere sh -c "$writes vmtrace.out.\$\$"
	has "closing line with $elsewhere" "^vmtrace: the profile is" err
done
for told in --summary=yes --page-cache=warm; do
	try "$vmtrace" run $told sh -c "$writes vmtrace.out.\$\$"
	is "no closing line with $told" "" "$(cat err)"
done
try "$vmtrace" run -q --summary=no sh -c "$writes vmtrace.out.\$\$"
is "quiet: no closing line" "" "$(cat err)"
export SECRET=word
try "$vmtrace" run --summary=no '--vmtrace-out-file=a%q{SECRET}%%%p' sh -c "$writes aword%\$\$; echo \$\$ >pid"
has "the pattern is followed" "profile is aword%$(cat pid);" err
try "$vmtrace" run --summary=no --vmtrace-out-file=/dev/null true
is "no profile, no closing line" "" "$(cat err)"
try "$vmtrace" run --summary=no --vmtrace-out-file=nowhere true
is "nothing written, no closing line" "" "$(cat err)"
printf '{"vmtrace":1}\n{"end":{"exit":0}}\n' >stale
touch -d '2 seconds ago' stale
try "$vmtrace" run --summary=no --vmtrace-out-file=stale true
is "an older profile is not this run's" "" "$(cat err)"
try "$vmtrace" run --summary=no --vmtrace-out-file=log sh -c 'echo no profile >log'
is "what is no profile is not said to be one" "" "$(cat err)"
try "$vmtrace" run --summary=no --vmtrace-out-file=torn sh -c 'echo "{\"vmtrace\":1}" >torn'
is "a profile that is not whole" \
	"vmtrace: the profile is torn, cut short; 'vmtrace report torn' shows it" "$(cat err)"

# --- Of many processes: those that come from the program, and nobody else's ---

# leaves FOLDER: profiles of the program, a child with two images, a grandchild, and a
# stranger, each by its number.
leaves='profile() { printf "{\"vmtrace\":1,\"pid\":$2,\"ppid\":$3}\n$4\n" >"$1"; }
whole="{\"end\":{\"exit\":0}}"
mkdir -p $0
profile $0/out.$$ $$ 1 "$whole"
profile $0/out.901 901 $$ "{\"end\":{\"exec\":\"/bin/x\"}}"
profile $0/out.901.1 901 $$ "$whole"
profile $0/out.902 902 901 "{\"checkpoint\":{\"Ir\":1}}"
profile $0/misnamed.902 902 901 "$whole"'
try "$vmtrace" run --vmtrace-out-file=many/out.%p sh -c "$leaves" many
is "profiles of many, whatever the tool tells" \
	"vmtrace: 4 profiles of 3 processes, 1 of them cut short; 'vmtrace report many/out.*' shows them together" \
	"$(cat err)"
try "$vmtrace" run -q --vmtrace-out-file=many/out.%p sh -c "$leaves" many
is "quiet" "" "$(cat err)"
try "$vmtrace" run --vmtrace-out-file=more/out.%p sh -c "$leaves
profile more/out.77 77 1 \$whole; echo \$\$ >pid" more
pid=$(cat pid)
is "not a stranger's, so by name" \
	"$(printf '%s\n' more/out.901 more/out.901.1 more/out.902 "more/out.$pid" | sort)" \
	"$(sed "s/.*vmtrace report //; s/' shows.*//" err | tr ' ' '\n' | sort)"
try "$vmtrace" run --vmtrace-out-file=plain sh -c "${leaves%%mkdir*}"'
profile plain $$ 1 "$whole"; profile plain.901 901 $$ "$whole"'
is "a name without a number" \
	"vmtrace: 2 profiles of 2 processes; 'vmtrace report plain*' shows them together" \
	"$(cat err)"
for pattern in '%' '%z' '%q' '%q{' '%q{SECRET' '%q{UNSET_VARIABLE}'; do
	try "$vmtrace" run --summary=no "--vmtrace-out-file=$pattern" true
	is "pattern $pattern: left to Valgrind" "0:" "$status:$(cat err)"
done

finish
