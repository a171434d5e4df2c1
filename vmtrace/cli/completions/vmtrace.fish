# fish completion for vmtrace.  Verbs and options are read from `vmtrace help`, so
# that they are those of the vmtrace that is first in $PATH.

function __vmtrace_verbs
    vmtrace help 2>/dev/null | string match -rg '^  ([a-z]+ +.*)' |
        string match -v -r '^-' | string replace -r ' +' '\t'
end

function __vmtrace_verb
    set -l words (commandline -opc)
    test (count $words) -ge 2; and echo $words[2]
end

function __vmtrace_presets
    vmtrace machines 2>/dev/null | tail -n +2 | string replace -r ' +.*' ''
    echo host
end

# One candidate a line, a tab and what it does: options, and for options with
# choices each choice.
function __vmtrace_options
    set -l verb (__vmtrace_verb)
    test -n "$verb"; or return
    set -l pattern '^ +(?<short>-[a-zA-Z])?(, )?(?<long>--[a-z0-9-]+)?(=(?<value>\S+))?( +(?<text>.*))?$'
    vmtrace help $verb 2>/dev/null | while read -l line
        set -l short
        set -l long
        set -l value
        set -l text
        string match -rq $pattern -- " $line"; or continue
        test -n "$short"; and printf '%s\t%s\n' $short "$text"
        test -n "$long"; or continue
        if test $long = --machine
            printf "$long=%s\n" (__vmtrace_presets)
        else if string match -qr '^[^A-Z]+$' -- "$value"
            printf "$long=%s\n" (string split '|' -- $value)
        else if test -n "$value"
            printf '%s=\t%s\n' $long "$text"
        else
            printf '%s\t%s\n' $long "$text"
        end
    end
end

function __vmtrace_typing_option
    string match -q -- '-*' (commandline -ct)
end

function __vmtrace_verb_is
    test "$(__vmtrace_verb)" = "$argv[1]"; and not __vmtrace_typing_option
end

complete -c vmtrace -n 'test -z "$(__vmtrace_verb)"' -f -a '(__vmtrace_verbs)'
complete -c vmtrace -n 'test -z "$(__vmtrace_verb)"' -l help -d 'what vmtrace does'
complete -c vmtrace -n 'test -z "$(__vmtrace_verb)"' -l version -d 'versions of vmtrace and Valgrind'
complete -c vmtrace -n 'test -n "$(__vmtrace_verb)"; and __vmtrace_typing_option' -f -a '(__vmtrace_options)'
complete -c vmtrace -n '__vmtrace_verb_is help' -f -a '(__vmtrace_verbs)'
complete -c vmtrace -n '__vmtrace_verb_is machines' -a '(__vmtrace_presets)'
function __vmtrace_runs
    __vmtrace_verb_is run; and return
    __vmtrace_verb_is compare; and string match -q -- '--allocators=*' (commandline -opc)
end

complete -c vmtrace -n __vmtrace_runs -f -a '(__fish_complete_command)'
