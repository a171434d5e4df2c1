# Sourced by the shell tests.  Each runs in the top of the build tree, with
# $srcdir the top of the source tree; $scratch is a folder of its own.

set -u
# Signals that are ignored stay so in all that a shell starts, and a shell cannot
# change it: jobs in the background have INT and QUIT ignored, services PIPE.
if test -z "${SIGNALS_AS_USUAL-}"; then
	SIGNALS_AS_USUAL=yes exec env --default-signal "$0" "$@"
fi
unset SIGNALS_AS_USUAL
build=$PWD
source=$(cd "${srcdir:-.}" && pwd)
vmtrace=$build/vmtrace/cli/vmtrace
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vmtrace-test.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
n_checks=0
n_wrong=0
unset NO_COLOR PAGER VMTRACE_PAGER LESS VMTRACE_VALGRIND VALGRIND_LIB VALGRIND_OPTS
LC_ALL=C.UTF-8
VMTRACE_MACHINES=$source/vmtrace/machines
export LC_ALL VMTRACE_MACHINES

# Runs a command; leaves $status, and the files $scratch/out and $scratch/err.
try() {
	"$@" >"$scratch/out" 2>"$scratch/err"
	status=$?
}

# is WHAT EXPECTED ACTUAL
is() {
	n_checks=$((n_checks + 1))
	test "$2" = "$3" && return
	n_wrong=$((n_wrong + 1))
	printf '%s\n  expected: %s\n  got:      %s\n' "$1" "$2" "$3"
}

# has WHAT PATTERN FILE: a line of the file matches the basic regular expression
has() {
	n_checks=$((n_checks + 1))
	grep -q -e "$2" "$3" && return
	n_wrong=$((n_wrong + 1))
	printf '%s\n  no line matches: %s\n  in:\n' "$1" "$2"
	sed 's/^/  | /' "$3"
}

# complains WHAT STATUS PATTERN COMMAND...: nothing on standard output, one line
# "vmtrace: ..." that matches on standard error, that exit status
complains() {
	what=$1 wanted=$2 pattern=$3
	shift 3
	try "$@"
	is "$what: exit status" "$wanted" "$status"
	is "$what: output" "" "$(cat "$scratch/out")"
	is "$what: lines of complaint" 1 "$(wc -l <"$scratch/err")"
	has "$what: complaint" "^vmtrace: .*$pattern" "$scratch/err"
}

# skip WHY: the rest of the test; what went wrong so far still counts
skip() {
	test "$n_wrong" -eq 0 || finish
	echo "skipped: $1"
	exit 77
}

finish() {
	echo "$n_checks checks, $n_wrong wrong"
	test "$n_wrong" -eq 0 && test "$n_checks" -gt 0
	exit
}

# Tests of terminals begin with this.  Some sandboxes have no terminals to give.
need_terminal() {
	command -v script >/dev/null || skip "no script(1) to make a terminal with"
	script -qec true /dev/null </dev/null >/dev/null 2>&1 || skip "no terminal can be made"
}

# on_terminal COMMAND: runs a shell command on a terminal of 24 lines of 80;
# leaves what the terminal saw in $scratch/screen, and $status.
on_terminal() {
	TERM=xterm script -qec "stty rows 24 cols 80; $1" /dev/null \
		</dev/null >"$scratch/screen" 2>&1
	status=$?
}
