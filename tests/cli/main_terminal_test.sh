#!/bin/sh
# Output on a terminal: colour, and the pager.
. "${srcdir:-.}/tests/scripts/expect.sh"
need_terminal

escape=$(printf '\033')
"$vmtrace" machines >"$scratch/plain"

# --- Colour ---

export VMTRACE_PAGER=cat
on_terminal "$vmtrace machines"
has "colour on a terminal" "$escape\\[1m" "$scratch/screen"
for set in NO_COLOR=1 TERM=dumb; do
	on_terminal "env $set $vmtrace machines"
	is "no colour with $set" "" "$(grep "$escape\\[1m" "$scratch/screen")"
done
on_terminal "env NO_COLOR= $vmtrace machines"
has "an empty NO_COLOR says nothing" "$escape\\[1m" "$scratch/screen"
on_terminal "$vmtrace machines --color=never"
is "no colour with --color=never" "" "$(grep "$escape\\[1m" "$scratch/screen")"

# --- The pager ---

export VMTRACE_PAGER="sed s/^/paged:/"
export PAGER="sed s/^/other:/"
on_terminal "$vmtrace machines --color=never"
has "\$VMTRACE_PAGER pages" "^paged:name" "$scratch/screen"
is "paged: status" 0 "$status"
is "the pager gets every line" "$(wc -l <"$scratch/plain")" \
	"$(grep -c '^paged:' "$scratch/screen")"
on_terminal "$vmtrace machines --color=never -o $scratch/file"
is "-o is not paged" "$(cat "$scratch/plain")" "$(cat "$scratch/file")"
is "no pager away from a terminal" "$(cat "$scratch/plain")" "$("$vmtrace" machines)"
unset VMTRACE_PAGER
on_terminal "$vmtrace machines --color=never"
has "\$PAGER is next" "^other:name" "$scratch/screen"
for pager in "" cat no-such-pager; do
	export VMTRACE_PAGER="$pager"
	on_terminal "$vmtrace machines --color=never"
	has "no pager with '$pager'" "^name" "$scratch/screen"
	is "no pager with '$pager': status" 0 "$status"
done
export VMTRACE_PAGER="head -1 | tr a-z A-Z"
on_terminal "$vmtrace machines --color=never"
has "a pager may be a shell command" "^NAME" "$scratch/screen"
is "a pager left early is no failure" 0 "$status"
unset VMTRACE_PAGER PAGER

# A stand-in for less says how it was called.
mkdir "$scratch/bin"
printf '#!/bin/sh\necho "LESS=$LESS"; cat >/dev/null\n' >"$scratch/bin/less"
chmod +x "$scratch/bin/less"
on_terminal "PATH=$scratch/bin:\$PATH $vmtrace machines"
has "less is the default" "LESS=FRX" "$scratch/screen"
on_terminal "PATH=$scratch/bin:\$PATH LESS=R $vmtrace machines"
has "the user's LESS is kept" "^LESS=R.\$" "$scratch/screen"

finish
