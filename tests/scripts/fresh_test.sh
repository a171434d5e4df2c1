#!/bin/bash
# quickstart and check on a computer made of stand-ins: what they install, what
# they say, how they count.
. "${srcdir:-.}/tests/scripts/expect.sh"

tree=$scratch/tree
bin=$scratch/bin
mkdir -p "$tree/scripts" "$tree/build/scripts" "$bin"
cp "$source"/scripts/{quickstart,quickstart.py,check,prepare.sh,packages} "$tree/scripts/"
export CALLS="$scratch/calls" TREE="$tree"

stand_in() {
	{ echo '#!/bin/bash'; cat; } >"$1"
	chmod +x "$1"
}
stand_in "$bin/id" <<<'echo ${FAKE_UID:-0}'
stand_in "$bin/dpkg-query" <<<'[[ " $MISSING " == *" ${@: -1} "* ]] || echo installed'
stand_in "$bin/apt-get" <<<'echo "apt-get $DEBIAN_FRONTEND $*" >>"$CALLS"; exit ${APT_STATUS:-0}'
stand_in "$bin/autoreconf" <<<'echo "autoreconf $* in $PWD" >>"$CALLS"; cp "$CONFIGURE" ./configure'
# A make that leaves the results in $RESULTS, as automake's test driver does.
stand_in "$bin/make" <<'S'
echo "make $*" >>"$CALLS"
[[ " $* " == *" check "* ]] || exit ${MAKE_STATUS:-0}
i=0
for result in $RESULTS; do
	i=$((i + 1))
	printf ':test-result: %s\n:recheck: no\n' $result >"$TREE/build/test$i.trs"
	echo "what test $i said" >"$TREE/build/test$i.log"
	echo "$result: test$i"
done
exit ${CHECK_STATUS:-0}
S
export CONFIGURE="$scratch/configure"
stand_in "$CONFIGURE" <<<'echo "configure in $PWD" >>"$CALLS"; touch Makefile'
stand_in "$tree/build/scripts/in-place" <<'S'
echo "in-place $*" >>"$CALLS"
[[ $2 == run ]] || { echo "the report"; exit; }
test -n "$NO_PROFILE" || echo profile >"$TREE/build/vmtrace.out"
exit ${PROGRAM_STATUS:-0}
S
PATH=$bin:$PATH
again() {
	rm -rf "$CALLS" "$tree/configure" "$tree"/build/{Makefile,*.trs,*.log,vmtrace.out}
	touch "$CALLS"
	unset MISSING FAKE_UID APT_STATUS MAKE_STATUS CHECK_STATUS RESULTS PROGRAM_STATUS NO_PROFILE
}
jobs=$(getconf _NPROCESSORS_ONLN)

# --- quickstart ---

again
try "$tree/scripts/quickstart" ls -l /
is "nothing missing: status" 0 "$status"
is "nothing missing: output" "the report" "$(cat "$scratch/out")"
is "nothing missing: what is done" \
	"autoreconf -fi in $tree
configure in $tree/build
make -C $tree/build -j $jobs
in-place vmtrace run --summary=no --vmtrace-out-file=$tree/build/vmtrace.out -- ls -l /
in-place vmtrace report $tree/build/vmtrace.out" "$(cat "$CALLS")"
: >"$CALLS"
try "$tree/scripts/quickstart"
has "a program of its own" "run .* -- /usr/bin/python3 $tree/scripts/quickstart.py" "$CALLS"
is "built again without configuring" "" "$(grep -e configure -e autoreconf "$CALLS")"

again
export MISSING="valgrind python3.11-dbg fish"
try "$tree/scripts/quickstart" ls
is "root: what is installed for a program of the user's" \
	"apt-get noninteractive -qq -o Dpkg::Use-Pty=0 update
apt-get noninteractive -qq -y -o Dpkg::Use-Pty=0 install --no-install-recommends valgrind" \
	"$(grep apt-get "$CALLS")"
: >"$CALLS"
try "$tree/scripts/quickstart"
has "root: and for Python" "install .* python3.11-dbg valgrind$" "$CALLS"
: >"$CALLS"
RESULTS=PASS try "$tree/scripts/check"
has "root: and for the tests" "install .* fish valgrind$" "$CALLS"

again
export MISSING="valgrind make" FAKE_UID=1000
try "$tree/scripts/quickstart" ls
is "not root: status" 2 "$status"
has "not root: the line to run" \
	"^  sudo apt-get update && sudo apt-get install -y --no-install-recommends make valgrind$" \
	"$scratch/err"
is "not root: nothing is done" "" "$(cat "$CALLS")"

again
export MISSING=make APT_STATUS=100
try "$tree/scripts/quickstart" ls
is "apt fails: status" 2 "$status"
is "apt fails: nothing else is done" "" "$(grep -v apt-get "$CALLS")"
again
export MAKE_STATUS=2
try "$tree/scripts/quickstart" ls
is "make fails: status" 2 "$status"
has "make fails: the log" "the whole log is $tree/build/prepare.log" "$scratch/err"
is "make fails: nothing is run" "" "$(grep in-place "$CALLS")"
again
export PROGRAM_STATUS=7
try "$tree/scripts/quickstart" false
is "the program's exit status" "7:the report" "$status:$(cat "$scratch/out")"
again
export NO_PROFILE=1
try "$tree/scripts/quickstart" ls
is "no profile: status" 2 "$status"
has "no profile" "no profile was written" "$scratch/err"
try "$tree/scripts/quickstart" --version
is "an option" 2 "$status"

# --- check ---

# counted WHAT STATUS LAST-LINE
counted() {
	try "$tree/scripts/check"
	is "$1: status" "$2" "$status"
	is "$1: last line" "$3" "$(tail -n 1 "$scratch/out")"
}
again
export RESULTS="PASS PASS PASS"
counted "all pass" 0 "3 passed, 0 failed"
export RESULTS="PASS SKIP XFAIL SKIP"
counted "some skipped, stale results gone" 0 "2 passed, 0 failed, 2 skipped"
export RESULTS="PASS FAIL ERROR XPASS SKIP" CHECK_STATUS=2
counted "some fail" 1 "1 passed, 3 failed, 1 skipped"
has "a failed test's log is shown" "what test 2 said" "$scratch/out"
is "a passed test's log is not" "" "$(grep 'what test 1 said' "$scratch/out")"
export RESULTS="PASS PASS"
counted "make fails, no test does" 1 "2 passed, 1 failed"
export RESULTS=
counted "no test at all" 1 "0 passed, 1 failed"
unset CHECK_STATUS
counted "no test, and make is content" 1 "0 passed, 1 failed"
export MAKE_STATUS=2
try "$tree/scripts/check"
is "no build: status" 2 "$status"

# --- The list of packages ---

is "each line has a purpose and a package" "" \
	"$(grep -v '^#' "$source/scripts/packages" | grep -vE '^(build|demo|native|test) +[a-z0-9][a-z0-9.+-]+$')"
is ".ci/run calls check" 2 \
	"$(mkdir "$tree/.ci" && cp "$source/.ci/run" "$tree/.ci/" && bash "$tree/.ci/run" >/dev/null 2>&1; echo $?)"

finish
