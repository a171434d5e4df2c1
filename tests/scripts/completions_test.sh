#!/bin/bash
# Completion in bash, zsh and fish offers every option that --help lists, and no
# other.
. "${srcdir:-.}/tests/scripts/expect.sh"

completions=$source/vmtrace/cli/completions
PATH=$(dirname "$vmtrace"):$PATH
cd "$scratch" || exit
: >profile.one
: >profile.two

# The options of a verb's help, sorted: an option starts its line.
listed() {
	"$vmtrace" help "$1" | sed -n -E 's/^ +(-[A-Za-z], )?(--[-a-z0-9]+).*/\2/p' | sort -u
}
verbs=$("$vmtrace" help | sed -n '/^verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p' | sort)
for verb in run report annotate export machines; do
	is "$verb has options" yes "$(listed $verb | grep -qx -e --help && echo yes)"
done

# Each shell's `offered LINE` prints the candidates for the end of a command
# line, one a line, sorted.

check_shell() {
	is "$1: verbs" "$verbs" "$(offered "vmtrace " | grep -v '^-')"
	is "$1: a verb's start" machines "$(offered "vmtrace mach")"
	is "$1: help's verbs" machines "$(offered "vmtrace help mach")"
	for verb in $verbs; do
		test "$verb" = help ||
			is "$1: options of $verb" "$(listed "$verb")" \
				"$(offered "vmtrace $verb --" | sed 's/=.*//' | sort -u)"
	done
	is "$1: choices" "--page-cache=cold --page-cache=warm" \
		"$(echo $(offered "vmtrace run --page-cache="))"
	is "$1: choices on lines of their own" "--to=callgrind --to=csv" \
		"$(echo $(offered "vmtrace export --to="))"
	is "$1: a preset" "--machine=skylake" "$(offered "vmtrace run --machine=sky")"
	is "$1: a machine" "skylake" "$(offered "vmtrace machines sky")"
	is "$1: a profile" "profile.one profile.two" "$(echo $(offered "vmtrace report prof"))"
	has "$1: a program" '^true$' <(offered "vmtrace run --top=3 tru")
	has "$1: a program to compare with" '^true$' \
		<(offered "vmtrace compare --allocators=glibc tru")
	is "$1: profiles to compare" "profile.one profile.two" \
		"$(echo $(offered "vmtrace compare prof"))"
}

offered() {
	bash --norc -c '
		. "$1"
		line=$2
		COMP_LINE=$line COMP_POINT=${#line}
		spread=${line//=/ = }
		COMP_WORDS=($spread)
		[[ $line == *[\ =] ]] && COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_vmtrace 2>/dev/null
		# What bash puts in place of the word after the last "=".
		current=${line##* }
		[[ $current == *=* ]] && before=${current%%=*}=
		for candidate in "${COMPREPLY[@]}"; do echo "${before-}$candidate"; done
	' bash "$completions/vmtrace" "$1" | sort -u
}
check_shell bash

if command -v fish >/dev/null; then
	offered() {
		HOME=$scratch fish --no-config -c '
			source $argv[1]
			complete -C $argv[2]
		' "$completions/vmtrace.fish" "$1" 2>&1 | sed 's/	.*//' | sort -u
	}
	check_shell fish
else
	echo "no fish: not checked there"
fi

# Completion proper wants zsh's line editor; the specifications that _arguments
# is given say the same.
if command -v zsh >/dev/null; then
	specifications() {
		zsh -f -c '
			_arguments() { print -rl -- "$@" }
			_describe() { print -rl -- "${(@P)2}" }
			source =(sed "/^_vmtrace \"\\\$@\"\$/d" "$1")
			shift
			words=("$@") CURRENT=$#
			_vmtrace
		' zsh "$completions/_vmtrace" "$@" 2>&1
	}
	is "zsh: verbs" "$verbs" "$(specifications vmtrace '' | sed 's/:.*//' | sort)"
	for verb in $verbs; do
		test "$verb" = help ||
			is "zsh: options of $verb" "$(listed "$verb")" \
				"$(specifications vmtrace "$verb" -- | sed -n -E 's/^(--[-a-z0-9]+)=?\[.*/\1/p' | sort)"
	done
	specifications vmtrace export -- >spec
	has "zsh: choices on lines of their own" '^--to=\[.*:value:(csv callgrind)$' spec
	has "zsh: files" '^--output=\[.*:file:_files$' spec
	specifications vmtrace run -- >spec
	has "zsh: choices" '^--page-cache=\[.*:value:(warm cold)$' spec
	has "zsh: presets" '^--machine=\[.*:machine:_vmtrace_presets$' spec
	has "zsh: a program" '_normal$' spec
else
	echo "no zsh: not checked there"
fi

finish
