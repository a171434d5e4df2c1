#!/bin/bash
# The manual pages are well-formed and have every option that --help lists, and
# no other.
. "${srcdir:-.}/tests/scripts/expect.sh"

docs=$source/docs

# The options of a verb's help, sorted.
listed() {
	"$vmtrace" help "$1" |
		sed -n -E 's/^ +((-[A-Za-z]), )?(--[-a-z0-9]+).*/\2 \3/p' |
		tr ' ' '\n' | grep . | sort -u
}

# The options that vmtrace.1 has in a section (.Ss or .Sh), sorted.
documented() {
	awk -v wanted="$1" '
		/^\.S[hs] / { inside = substr($0, 5) == wanted }
		inside && /^\.It Fl / {
			n = split($0, words, /[ =]+/)
			for (i = 2; i <= n; i++)
				if (words[i - 1] == "Fl") {
					sub(/^\\-/, "-", words[i])
					print "-" words[i]
				}
		}' "$2" | sort -u
}

verbs=$("$vmtrace" help | sed -n '/^verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort)
is "verbs in the synopsis" "$verbs" \
	"$(sed -n '/^.Sh SYNOPSIS/,/^.Sh DESC/s/^.Cm //p' "$docs/vmtrace.1" | sort -u)"
is "verbs with a section" "$verbs" \
	"$(sed -n 's/^.Ss //p' "$docs/vmtrace.1" | sort)"
for verb in $verbs; do
	test "$verb" = help || test "$verb" = run ||
		is "options of $verb" "$(listed "$verb")" "$(documented "$verb" "$docs/vmtrace.1")"
done

# `run` has options of its own and names the tool's, which are in their own page.
page=$docs/vmtrace-tool.1
tools=$(documented "Options of the tool" "$page")
cores=$(documented "Options of Valgrind" "$page")
is "options of run, the tool and Valgrind" "$(listed run)" \
	"$( (documented run "$docs/vmtrace.1"; echo "$tools"; echo "$cores") | sort -u)"
try scripts/in-place valgrind --tool=vmtrace --help
is "valgrind --tool=vmtrace --help" 0 "$status"
is "options of the tool" \
	"$(sed -n '/user options for vmtrace:/,/^ *$/s/^ *\(--[-a-z0-9]*\).*/\1/p' "$scratch/out" | sort -u)" \
	"$tools"
for option in $cores; do
	has "an option of Valgrind" "^ *$option=" "$scratch/out"
done

# Every event that a report can show is explained.
events=$(awk '/^\.S[hs] / { inside = $2 == "EVENTS" }
	inside && /^\.It Cm |^\.Cm / { gsub(/,/, ""); for (i = 2; i <= NF; i++) if ($i != "Cm") print $i }' \
	"$docs/vmtrace.1" | sort -u)
try scripts/in-place vmtrace run -q --vmtrace-out-file="$scratch/profile" /bin/true
is "a run" 0 "$status"
known=$(sed -n '1s/.*"events":\[\([^]]*\)\].*/\1/p' "$scratch/profile" | tr -d '"' | tr ',' '\n' | sort)
is "there are events" yes "$(echo "$known" | grep -qx StlbM && echo yes)"
is "events that are not explained" "" "$(comm -13 <(echo "$events") <(echo "$known"))"

# The settings of machine files.
is "settings of machine files" \
	"$(sed -n 's/^| \(`.*\)|.*|.*|$/\1/p' "$docs/MACHINES.md" | sed '/^`generic/,$d' | grep -o '[a-z0-9_.]*' | sort -u)" \
	"$(sed -n 's/^\.It Cm //p' "$docs/vmtrace-machine.5" | grep -o '[a-z0-9_.]*' | grep '[a-z]' | sort -u)"

if command -v mandoc >/dev/null; then
	for page in "$docs"/*.[1-8]; do
		# Whether other packages' manuals are installed is no matter of ours.
		is "$(basename "$page"): lint" "" \
			"$(mandoc -T lint -W all "$page" 2>/dev/null | grep -v 'referenced manual not found')"
	done
else
	echo "no mandoc: pages not checked"
fi

finish
