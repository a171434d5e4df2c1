#!/bin/sh
# `make install` puts everything where it belongs, what is installed works, and
# `make uninstall` takes it away.
. "${srcdir:-.}/tests/scripts/expect.sh"

variable() {
	printf 'include Makefile\nprint-it:\n\t@echo "$(%s)"\n' "$1" |
		make -s --no-print-directory -f - print-it
}
unset MAKEFLAGS MFLAGS MAKELEVEL
root=$scratch/root
try make install DESTDIR="$root"
is "make install" 0 "$status"
test "$status" -eq 0 || cat "$scratch/err"

tooldir=$(variable VALGRIND_TOOLDIR)
coredir=$(variable VALGRIND_COREDIR)
data=$(variable datadir)
for file in "$(variable bindir)/vmtrace" "$tooldir/vmtrace-amd64-linux" \
	"$(variable pkgdatadir)/machines/generic.machine" \
	"$(variable mandir)/man1/vmtrace.1" "$(variable mandir)/man1/vmtrace-tool.1" \
	"$(variable mandir)/man5/vmtrace-machine.5" \
	"$data/bash-completion/completions/vmtrace" "$data/zsh/site-functions/_vmtrace" \
	"$data/fish/vendor_completions.d/vmtrace.fish" \
	"$(variable docdir)/README.md" "$(variable docdir)/CHANGELOG.md"; do
	is "installed: $file" yes "$(test -s "$root$file" && echo yes)"
done

# What an installation in earnest has in one folder.
mkdir "$scratch/lib"
ln -s "$coredir"/* "$scratch/lib/"
ln -sf "$root$tooldir/vmtrace-amd64-linux" "$scratch/lib/"
installed=$root$(variable bindir)/vmtrace
profile=$scratch/profile
try env VALGRIND_LIB="$scratch/lib" VMTRACE_MACHINES="$root$(variable pkgdatadir)/machines" \
	"$installed" run -q --machine=skylake --vmtrace-out-file="$profile" sh -c 'exit 5'
is "the installed vmtrace runs a program" 5 "$status"
try "$installed" report "$profile"
is "and reports" 0 "$status"
has "the program is in the report" "^Command .*sh -c " "$scratch/out"

try make uninstall DESTDIR="$root"
is "make uninstall" 0 "$status"
is "what is left" "" "$(find "$root" ! -type d)"

# Into a folder that is not Valgrind's own, with links to what is.
try make install DESTDIR="$root" VALGRIND_TOOLDIR=/elsewhere
is "make install elsewhere" 0 "$status"
preload=$(cd "$coredir" && ls vgpreload_core-amd64-linux.so)
is "Valgrind's files are linked" "$coredir/$preload" "$(readlink "$root/elsewhere/$preload")"
is "the tool is there" yes "$(test -s "$root/elsewhere/vmtrace-amd64-linux" && echo yes)"
try env VALGRIND_LIB="$root/elsewhere" "$installed" run -q --vmtrace-out-file="$profile" \
	sh -c 'exit 6'
is "it works there" 6 "$status"
try make uninstall DESTDIR="$root" VALGRIND_TOOLDIR=/elsewhere
is "make uninstall elsewhere" 0 "$status"
is "what is left elsewhere" "" "$(find "$root" ! -type d)"

finish
