#!/bin/sh
# `vmtrace run` on a terminal: the progress line, Ctrl-C; with a stand-in for
# Valgrind.
. "${srcdir:-.}/tests/scripts/expect.sh"
need_terminal

cd "$scratch" || exit
printf '#!/bin/sh\nwhile test "$1" != --; do shift; done\nshift\nexec "$@"\n' >stand-in
chmod +x stand-in
export VMTRACE_VALGRIND="$scratch/stand-in"

# --- The progress line ---

escape=$(printf '\033')
cat >grows <<'S'
echo '{"vmtrace":1}' >profile
echo '{"checkpoint":{"Ir":1000,"RssPages":1}}' >>profile
echo '{"checkpoint":{"Ir":2500000,"RssPages":512}}' >>profile
sleep 2.5
S
on_terminal "$vmtrace run --summary=no --vmtrace-out-file=profile sh ./grows"
tr '\r' '\n' <screen >lines
has "progress: seconds, instructions, resident, profile" \
	"^vmtrace: [12] s, 2.5 M instructions, 2.0 MB resident, profile 99 B$escape\\[K" lines
is "progress: erased at the end" "$escape[Kvmtrace: the profile is profile, cut short; 'vmtrace report profile' shows it" \
	"$(grep . lines | tail -1)"
for quiet in "TERM=dumb $vmtrace run" "$vmtrace run -q"; do
	on_terminal "env $quiet --vmtrace-out-file=profile sh ./grows"
	is "no progress: $quiet" "" "$(grep instructions screen)"
done
on_terminal "$vmtrace run --summary=no --vmtrace-out-file=profile sh ./grows 2>elsewhere"
is "no progress away from a terminal" "" "$(grep instructions screen elsewhere)"
on_terminal "$vmtrace run --summary=no --vmtrace-out-file=profile sh -c 'stty -icanon; sh ./grows'"
is "no progress on a full-screen program's terminal" "" "$(grep instructions screen)"

on_terminal "$vmtrace compare --allocators=glibc sh ./grows"
tr '\r' '\n' <screen >lines
has "compare: which run it is" "^vmtrace: glibc (1 of 1): [12] s$escape\[K" lines

# --- Ctrl-C: the terminal tells the program, and nobody tells it again ---

cat >waits <<'S'
trap 'echo INT >>got; left=5' INT
: >ready
left=100
while test $left -gt 0; do sleep 0.1; left=$((left - 1)); done
exit 9
S
{
	while ! test -e ready; do sleep 0.05; done
	printf '\003'
	while ! test -e over; do sleep 0.05; done
} | {
	TERM=xterm script -qec "exec $vmtrace run -q sh ./waits" /dev/null >screen 2>&1
	echo $? >over
}
is "Ctrl-C arrives once" INT "$(cat got)"
is "Ctrl-C: the program's status" 9 "$(cat over)"

finish
