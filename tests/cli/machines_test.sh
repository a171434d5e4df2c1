#!/bin/sh
# `vmtrace machines`: the list, one machine, machine files, JSON.
. "${srcdir:-.}/tests/scripts/expect.sh"

# --- The list, against the files ---

try "$vmtrace" machines
is "list: status" 0 "$status"
has "list: titles" "^name  *itlb  *dtlb  *stlb  machine$" "$scratch/out"
is "list: one line a file" \
	"$(cd "$VMTRACE_MACHINES" && ls ./*.machine | sed 's,^\./\(.*\).machine$,\1,' | LC_ALL=C sort)" \
	"$(sed '1d;s/ .*//' "$scratch/out" | LC_ALL=C sort)"
has "list: a machine" \
	"^core-i7-920  *128,4  *64,4  *512,4  Intel Core i7-920" "$scratch/out"
has "list: a machine without a second level" "^csapp-toy  *16,4  *16,4  *none " "$scratch/out"

# --- One machine ---

setting() {
	sed -n "s/^ *$1 *= *\([^#]*[^# ]\) *\(#.*\)*$/\1/p" "$2"
}
for file in "$VMTRACE_MACHINES"/*.machine; do
	name=$(basename "$file" .machine)
	try "$vmtrace" machines "$name"
	is "$name: status" 0 "$status"
	# What the file says is said; what it leaves out has a value all the same.
	for given in $(sed -n 's/^ *\([a-z_0-9.]*\) *=.*/\1/p' "$file" | sort -u); do
		is "$name: $given" "$(setting "$given" "$file")" \
			"$(setting "$given" "$scratch/out")"
	done
	for always in name title source va_bits pa_bits page_bytes itlb dtlb stlb levels walk_cache fault_around; do
		has "$name: $always" "^$always = ." "$scratch/out"
	done
	# What is printed is a machine file, of the same machine.
	cp "$scratch/out" "$scratch/again.machine"
	try "$vmtrace" machines "$scratch/again.machine"
	is "$name: read back" "$(cat "$scratch/again.machine")" "$(cat "$scratch/out")"
done

try "$vmtrace" machines host
if test "$status" -eq 0; then
	has "host: where it is from" "^source = .*CPUID" "$scratch/out"
else
	complains "host: a processor that does not tell" 2 "does not tell" \
		"$vmtrace" machines host
fi

# --- Machine files ---

cd "$scratch" || exit
printf 'name = mine # a comment\ntitle = My own\nsource = here\nsource=and there # yes\ndtlb = 7,7,fifo\nstlb = none\nfault_around = 2048K\n' >mine.machine
cat >expected <<'E2'
name = mine
title = My own
source = here
source = and there
va_bits = 48
pa_bits = 46
page_bytes = 4096
itlb = 128,8
dtlb = 7,7,fifo
stlb = none
levels = 9,9,9,9
walk_cache = 0,4,32
fault_around = 2M
E2
is "a file in this folder" "$(cat expected)" "$("$vmtrace" machines mine.machine)"
is "a file by its path" "$(cat expected)" "$("$vmtrace" machines ./mine.machine)"
is "a preset goes before a file of its name" "$("$vmtrace" machines skylake)" \
	"$(cp mine.machine skylake; "$vmtrace" machines skylake)"
mkdir presets
cp mine.machine presets/
: >presets/notes.txt
is "\$VMTRACE_MACHINES" "mine" \
	"$(VMTRACE_MACHINES=presets "$vmtrace" machines | sed '1d;s/ .*//')"
printf 'dtlb = 64,4\nitlb = 64,5\n' >bad.machine
complains "a bad file" 2 "./bad.machine:2: itlb" "$vmtrace" machines ./bad.machine
cp bad.machine presets/
complains "a bad preset" 2 "presets/bad.machine:2: itlb" \
	env VMTRACE_MACHINES=presets "$vmtrace" machines
complains "no presets" 2 "cannot read the presets in nowhere: No such" \
	env VMTRACE_MACHINES=nowhere "$vmtrace" machines
complains "no such preset" 2 "no preset or file 'pentium'" "$vmtrace" machines pentium
complains "no such file" 2 "./pentium: No such file" "$vmtrace" machines ./pentium
complains "a folder" 2 "Is a directory" "$vmtrace" machines "$scratch"
head -c 70000 /dev/zero >huge.machine
complains "a huge file" 2 "too large" "$vmtrace" machines ./huge.machine
complains "two names" 2 "one name" "$vmtrace" machines skylake haswell
complains "a bad format" 2 "format cannot be 'xml'" "$vmtrace" machines --format=xml
complains "a missing value" 2 "needs a value" "$vmtrace" machines --format

# --- JSON ---

command -v python3 >/dev/null || skip "no python3 to read JSON with"
cat >check.py <<'E2'
import json, subprocess, sys

def run(*arguments):
    return subprocess.run([sys.argv[1], "machines", "--format=json", *arguments],
                          check=True, capture_output=True).stdout

machines = {m["name"]: m for m in json.loads(run())["machines"]}
for name, machine in machines.items():
    assert json.loads(run(name)) == machine, name
    assert machine["sources"] and all(machine["sources"]), name
    assert len(machine["walk_cache"]) == len(machine["levels"]) - 1, name
    page_bits = machine["page_bytes"].bit_length() - 1
    assert machine["va_bits"] == page_bits + sum(machine["levels"]), name
lru = {"policy": "lru"}
i7 = machines["core-i7-920"]
assert i7["dtlb"]["4k"] == {"entries": 64, "ways": 4, **lru}, i7
assert i7["itlb"]["4k"] == {"entries": 128, "ways": 4, **lru}, i7
assert i7["stlb"]["4k"] == {"entries": 512, "ways": 4, **lru}, i7
toy = machines["csapp-toy"]
assert (toy["va_bits"], toy["pa_bits"], toy["page_bytes"]) == (14, 12, 64), toy
assert "4k" not in toy["stlb"], toy
mine = json.loads(run("./mine.machine"))
assert mine["dtlb"]["4k"] == {"entries": 7, "ways": 7, "policy": "fifo"}, mine
assert mine["sources"] == ["here", "and there"], mine
assert mine["fault_around"] == 2 << 20, mine
assert machines["skylake"]["stlb"]["2m"] == "shared"
assert machines["skylake"]["fault_around"] == 64 << 10
E2
try python3 check.py "$vmtrace"
is "JSON" "0:" "$status:$(cat err)"

finish
