#!/bin/sh
# scripts/bench: the table's numbers, from a measurement made up here; the form
# of a real one, with short inputs; what it leaves behind.  How fast anything is
# is not asked.
. "${srcdir:-.}/tests/scripts/expect.sh"

bench=$source/scripts/bench
TMPDIR=$scratch/tmp
export TMPDIR
mkdir "$TMPDIR"

# run ROUND CPU-SECONDS WALL-SECONDS RSS-BYTES [PAGES]
run() {
	echo "{\"round\":$1,\"cpu_seconds\":$2,\"wall_seconds\":$3,\"rss_bytes\":$4${5:+,\"pages\":$5}}"
}

# made_up PROGRAMS RUNS MEMORY [QUICK]: a measurement; the tools are fixed
made_up() {
	cat <<-END
	{"environment":{"date":"2026-01-02T03:04+00:00","cpu":"Abacus","n_cpus":2,
	"kernel":"6.1","load":0.5,"valgrind":"valgrind-3.19.0","vmtrace":"vmtrace 0",
	"command":"scripts/bench --runs=3","quick":${4-false},
	"tools":{"native":"","none":"valgrind --tool=none","vmtrace":"valgrind --tool=vmtrace"}},
	"tools":["native","none","vmtrace","callgrind"],
	"programs":[$1],"runs":{$2},"memory":[$3]}
	END
}
program() {
	echo "{\"name\":\"$1\",\"command\":\"$1 it\",\"in_mean\":$2}"
}
memory() {
	echo "{\"name\":\"$1\",\"stride\":$2,\"pages\":$3,\"none_bytes\":$4,\"vmtrace_bytes\":$5}"
}

# a: vmtrace over none is 3/1, 2/2, 8/4 = 3, 1, 2 in rounds 0, 1, 2: median 2
# (the medians' ratio would be 3/2).  Elapsed 4/1, 8/2, 16/4 = 4 each.
# callgrind ran in round 1 only: 5/2.
# b: 0.5 each; elapsed 1 each.  Geometric means: sqrt(2 x 0.5) = 1, and
# sqrt(4 x 1) = 2.  b has no callgrind, so there is no mean of it.
# native: 0.5/1, 0.5/2, 0.5/4 and 0.25 each: sqrt(0.25 x 0.25) = 0.25.
# c is not in the mean.
a="\"a\":{\"none\":[$(run 0 1 1 10000000),$(run 1 2 2 30000000),$(run 2 4 4 20000000)],
\"native\":[$(run 0 0.5 1 1),$(run 1 0.5 2 1),$(run 2 0.5 4 1)],
\"vmtrace\":[$(run 0 3 4 50000000 500),$(run 1 2 8 90000000 500),$(run 2 8 16 60000000 500)],
\"callgrind\":[$(run 1 5 5 1)]}"
b="\"b\":{\"none\":[$(run 0 1 1 1000000),$(run 1 1 1 1000000)],
\"native\":[$(run 0 0.25 1 1),$(run 1 0.25 1 1)],
\"vmtrace\":[$(run 0 0.5 1 65064000 1000),$(run 1 0.5 1 65064000 1000)]}"
c="\"c\":{\"none\":[$(run 0 1 1 1000000)],
\"vmtrace\":[$(run 0 9 9 65064001 1000)]}"

# Each program's memory is the difference of the medians: a 60 - 20 = 40 MB.  b
# uses all that 1000 pages may, 64 x 1000 + 64 000 000 bytes; c one byte more.
# Between 1000 and 3000 dense pages there are 4 MB - 3.9 MB: 50 bytes a page.
made_up "$(program a true),$(program b true),$(program c false)" "$a,$b,$c" \
	"$(memory few 1 1000 1000000 4900000),$(memory many 1 3000 1000000 5000000),$(memory thin 16 9000 0 9000000)" \
	>"$scratch/small.json"
try "$bench" --load="$scratch/small.json"
is "a table: status" 0 "$status"
is "a table: complaints" "" "$(cat "$scratch/err")"
table=$scratch/table
cp "$scratch/out" "$table"
lines_like() {
	grep -c -F -x -e "$1" "$table"
}
one() {
	is "$1: $2" 1 "$(lines_like "$2")"
}
one "tools" "| program | native | vmtrace | callgrind |"
one "ratios" "| a | 0.25 (0.12–0.50) | 2.00 (1.00–3.00) | 2.50 |"
one "ratios" "| b | 0.25 (0.25–0.25) | 0.50 (0.50–0.50) | – |"
one "the mean" "| **geometric mean of 2** | **0.25** | **1.00** | – |"
one "the mean" "| **the same of elapsed time** | **1.00** | **2.00** | – |"
one "beside the mean" "| c | – | 9.00 | – |"
one "seconds" "| a | 0.50 / 2.00 | 2.00 / 2.00 | 3.00 / 8.00 | 5.00 / 5.00 |"
one "memory" "| a | 500 | 20.0 | 60.0 | 40.0 | 64.0 | 80,000 | yes |"
one "memory" "| b | 1,000 | 1.0 | 65.1 | 64.1 | 64.1 | 64,064 | yes |"
one "memory" "| c | 1,000 | 1.0 | 65.1 | 64.1 | 64.1 | 64,064 | **no** |"
one "memory" "| thin | 9,000 | 0.0 | 9.0 | 9.0 | 64.6 | 1,000 | yes |"
one "a page more" "Each page more, of those touched one after the other, costs 50.0 bytes."
one "the target of memory" "- Memory within the limit: missed by c."
tr '\n' ' ' <"$table" >"$scratch/line"
has "where" "Abacus, 2 CPUs, Linux 6.1, valgrind-3.19.0, vmtrace 0; load average 0.5 " \
	"$scratch/line"
has "commands" 'native without Valgrind, .*vmtrace `.*=vmtrace`.* a `a it`, b `b it`, c `c it`\. ' \
	"$scratch/line"
is "no target of time without all six" 0 "$(grep -c "at most 1.8" "$table")"

# Six programs with the same ratio have it as their mean; then one of 2.5, and
# a mean of (1.8^5 x 2.5)^(1/6) = 1.90.  The curve and the working set add a
# fifth, 1.8 / 1.5; five of six still do then.
six() {
	programs= runs=
	for name in p q r s t u; do
		programs=$programs${programs:+,}$(program $name true)
		runs="$runs${runs:+,}\"$name\":{\"none\":[$(run 0 1 1 1)],\"vmtrace\":[$(run 0 1.8 1 1 1)],\"bare\":[$(run 0 1.5 1 1)]}"
	done
	made_up "$programs" "$runs" "" ${1-}
}
six >"$scratch/six.json"
"$bench" --load="$scratch/six.json" >"$table"
one "met" "- Geometric mean 1.80, at most 1.8: met."
has "met" "^- The highest is .'s, 1.80, at most 2.4: met\.$" "$table"
one "met" "- Memory within the limit: met."
one "missed" "- The curve and the working set multiply the time by 1.20 (median), at most 1.15: missed."
sed 's/"u":{"none":\(.*\)"cpu_seconds":1.8/"u":{"none":\1"cpu_seconds":2.5/' "$scratch/six.json" \
	>"$scratch/missed.json"
"$bench" --load="$scratch/missed.json" >"$table"
one "missed" "- Geometric mean 1.90, at most 1.8: missed."
one "missed" "- The highest is u's, 2.50, at most 2.4: missed."
six true | "$bench" --load=/dev/stdin >"$table"
is "no targets of short inputs" 0 "$(grep -c "Targets" "$table")"
has "short inputs" "too short" "$table"

# Between the markers of a document, and nowhere else.
document=$scratch/PERFORMANCE.md
cp "$source/docs/PERFORMANCE.md" "$document"
outside() {
	sed '/^<!-- scripts\/bench writes/,/^<!-- scripts\/bench wrote/d' "$1"
}
"$bench" --load="$scratch/small.json" --update-doc="$document" >"$table"
is "the rest of the document" "$(outside "$source/docs/PERFORMANCE.md")" "$(outside "$document")"
is "the table in it" "$(cat "$table")" \
	"$(sed -n '/^<!-- scripts\/bench writes/,/^<!-- scripts\/bench wrote/p' "$document" |
		sed '1,2d;$d')"
cp "$document" "$scratch/once"
"$bench" --load="$scratch/small.json" --update-doc="$document" >"$table"
is "once more" "" "$(cmp "$document" "$scratch/once")"
echo "no markers" >"$scratch/plain"

# refuses WHAT PATTERN OPTION...: one line of complaint, status 2
refuses() {
	what=$1 pattern=$2
	shift 2
	try "$bench" "$@"
	is "$what: status" 2 "$status"
	is "$what: output" "" "$(cat "$scratch/out")"
	is "$what: lines" 1 "$(wc -l <"$scratch/err")"
	has "$what" "^bench: .*$pattern" "$scratch/err"
}
refuses "no markers" "plain does not have the markers" --load="$scratch/six.json" \
	--update-doc="$scratch/plain"
is "a document without markers is left alone" "no markers" "$(cat "$scratch/plain")"
refuses "a program" "there is no 'gzap'; there are gzip, " --programs=gzap
refuses "a tool" "there is no 'memcheck'" --tools=vmtrace,memcheck
refuses "no rounds" "'0' is not a number from 1 up" --runs=0
refuses "an option" "unrecognized arguments: --what" --what
refuses "no build tree" "nowhere is no build tree" --build="$scratch/nowhere"
echo "{}" >"$scratch/empty"
refuses "no measurement" "empty is not what --save wrote" --load="$scratch/empty"

# A real one: each tool once a round, callgrind in the first only.
try "$bench" --build="$build" --quick --programs=gzip --tools=native,vmtrace,callgrind \
	--runs=2 --slow-runs=1 --save="$scratch/saved.json" --json
is "a real one: status" 0 "$status"
test "$status" -eq 0 || cat "$scratch/err"
is "nothing is left behind" "" "$(ls "$TMPDIR")"
is "what is printed is saved" "" "$(cmp "$scratch/out" "$scratch/saved.json")"
cat >"$scratch/look.py" <<'END'
import json, sys
data = json.load(open(sys.argv[1]))
print(data["environment"]["command"])
print(*data["tools"])
for tool, runs in data["runs"]["gzip"].items():
    print(tool, *(run["round"] for run in runs))
runs = [run for runs in data["runs"]["gzip"].values() for run in runs]
print(all(run["wall_seconds"] > 0 and run["rss_bytes"] > 0 for run in runs),
      all(run["cpu_seconds"] > 0 for run in runs[2:]))
for one in data["memory"]:
    dense = int(one["name"].split()[0].replace(",", ""))
    print(one["name"], dense <= one["pages"] < dense + 2000,
          one["none_bytes"] > 4096 * dense)
END
is "what was run" "scripts/bench --runs=2 --slow-runs=1 \
--tools=native,none,vmtrace,callgrind --programs=gzip --quick
native none vmtrace callgrind
native 0 1
none 0 1
vmtrace 0 1
callgrind 0
True True
5,000 pages True True
20,000 pages True True
5,000 pages, one in 16 True True
5,000 pages, one in 512 True True" "$(python3 "$scratch/look.py" "$scratch/saved.json")"
"$bench" --load="$scratch/saved.json" >"$table"
number='[0-9]*\.[0-9][0-9]'
has "its row" "^| gzip | $number ($number–$number) | $number ($number–$number) | $number |\$" \
	"$table"

# Stopped half-way, it takes what it started and its files with it.
"$bench" --build="$build" --quick --runs=1000 --programs=gzip --tools=vmtrace \
	>"$scratch/out" 2>&1 &
stopped=$!
for i in $(seq 100); do
	grep -q "^bench: round 1" "$scratch/out" && break
	sleep 0.1
done
kill $stopped
wait $stopped
is "stopped: status" 143 "$?"
is "stopped: nothing is left behind" "" "$(ls "$TMPDIR")"
is "stopped: no process is left" "" "$(grep -las "$TMPDIR/vmtrace-bench" /proc/[0-9]*/environ)"

finish
