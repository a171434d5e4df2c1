#!/bin/sh
# The tree keeps its layers; and check-layers sees each way of breaking them,
# tried out on a small tree.  Runs in the build tree; srcdir is set by make.

set -u
check="$srcdir/scripts/check-layers"
archives="libmmu-tool.a libmmu-host.a"
work=$(mktemp -d) || exit 99
trap 'rm -rf "$work"' EXIT

fail() {
   echo "FAILED: $*"
   exit 1
}

flags=
grep -q '^SANITIZE_CFLAGS = .*-fsanitize' Makefile && flags=--sanitized
"$check" $flags "$srcdir" $archives || fail "the tree"

# put FILE LINE: FILE of the small tree is that line.
put() {
   mkdir -p "$work/tree/$(dirname "$1")"
   printf '%s\n' "$2" > "$work/tree/$1"
}

small_tree() {
   rm -rf "$work/tree"
   put vmtrace/mmu/base/types.h '#include <stdint.h>'
   put vmtrace/mmu/containers/pool.h '#include "vmtrace/mmu/base/types.h"'
   put vmtrace/mmu/mechanisms/tlb.h '#include "vmtrace/mmu/containers/pool.h"'
   put vmtrace/mmu/mechanisms/tlb_tree.c '#include "vmtrace/mmu/mechanisms/tlb.h"'
   put vmtrace/mmu/mechanisms/walkcache.h '#include "vmtrace/mmu/mechanisms/tlb.h"'
   put vmtrace/mmu/mechanisms/pagetable.h '#include "vmtrace/mmu/mechanisms/walkcache.h"'
   put vmtrace/mmu/policies/replacement_lru.c '#include "vmtrace/mmu/policies/replacement.h"'
   put vmtrace/mmu/policies/replacement.h '#include "vmtrace/mmu/mechanisms/tlb.h"'
   put vmtrace/mmu/machine/machine.c '#include "vmtrace/mmu/policies/replacement.h"'
   put vmtrace/host/lines.c '#include <libdwarf.h>'
   put vmtrace/host/tables.c '#include <stdio.h>'
   put vmtrace/tool/main.c '#include "pub_tool_basics.h"'
}

# refused FILE LINE WORDS: with that line in FILE there is one offence, and the
# complaint names the file and says WORDS.
refused() {
   small_tree
   put "$1" "$2"
   "$check" "$work/tree" > "$work/said"
   [ $? -eq 1 ] || fail "accepted in $1: $2"
   [ "$(wc -l < "$work/said")" -eq 1 ] || fail "not one line: $(cat "$work/said")"
   grep -F "$1" "$work/said" | grep -qF "$3" || fail "said: $(cat "$work/said")"
}

small_tree
"$check" "$work/tree" || fail "the small tree"
refused vmtrace/mmu/base/port.c '#include "vmtrace/mmu/containers/pool.h"' "above"
refused vmtrace/mmu/containers/map.c '#include "vmtrace/mmu/mechanisms/tlb.h"' "above"
refused vmtrace/mmu/mechanisms/tlb.c '#include "vmtrace/mmu/machine/machine.h"' "above"
refused vmtrace/mmu/mechanisms/tlb.c '#  include "vmtrace/mmu/policies/replacement.h"' "above"
refused vmtrace/mmu/policies/replacement.c '#include "vmtrace/mmu/machine/machine.h"' "above"
refused vmtrace/mmu/policies/working_set.c '#include "vmtrace/mmu/policies/replacement.h"' "policy working includes policy replacement"
refused vmtrace/mmu/mechanisms/areas.c '#include "vmtrace/mmu/mechanisms/tlb.h"' "mechanism areas includes mechanism tlb"
refused vmtrace/mmu/mechanisms/tlb.c '#include "vmtrace/mmu/mechanisms/walkcache.h"' "includes mechanism walkcache"
refused vmtrace/mmu/mechanisms/pagetable.c '#include "vmtrace/mmu/mechanisms/tlb.h"' "includes mechanism tlb"
refused vmtrace/mmu/machine/machine.c '#include <string.h>' "outside"
refused vmtrace/mmu/machine/machine.c '#include "pub_tool_basics.h"' "outside"
refused vmtrace/mmu/machine/machine.c '#include "vmtrace/host/tables.h"' "outside"
refused vmtrace/mmu/machine/machine.c '#include "machine.h"' "outside"
refused vmtrace/mmu/machine/machine.c '#include "vmtrace/mmu/extra/x.h"' "no layer"
refused vmtrace/mmu/extra/x.c '#include "vmtrace/mmu/base/types.h"' "no layer"
refused vmtrace/host/tables.c '#include <libdwarf.h>' "libdwarf.h, as vmtrace/host/lines.c"
refused vmtrace/host/tables.c '#include "libdwarf/libdwarf.h"' "libdwarf.h, as"
refused vmtrace/cli/report.c '#include <libdwarf.h>' "outside vmtrace/host"
refused vmtrace/tool/lines.c '#include "libdwarf.h"' "outside vmtrace/host"

# archive NAME CODE...: an archive of one object for each CODE.
archive() {
   name=$1
   shift
   rm -f "$work"/*.o "$work/$name"
   n=0
   for code in "$@"; do
      n=$((n + 1))
      printf '%s\n' "$code" > "$work/$n.c"
      ${CC:-cc} -ffreestanding -fno-builtin -w -c "$work/$n.c" -o "$work/$n.o" ||
         fail "compiling: $code"
   done
   ${AR:-ar} cr "$work/$name" "$work"/*.o || fail "ar"
}

small_tree
archive good.a 'void *memcpy(void *, void *, long); void g(void *);
   void f(void *a, void *b) { memcpy(a, b, 9); g(a); }' 'void g(void *a) { }'
"$check" "$work/tree" "$work/good.a" || fail "good.a"
archive bad.a 'int memcmp(void *, void *, long); int f(void *a) { return memcmp(a, a, 9); }'
said=$("$check" "$work/tree" "$work/good.a" "$work/bad.a") && fail "bad.a accepted"
[ "$said" = "$work/bad.a: needs memcmp" ] || fail "said: $said"
archive local.a 'static void g(void *a) { } void h(void *a) { g(a); }' \
   'void g(void *); void f(void *a) { g(a); }'
said=$("$check" "$work/tree" "$work/local.a") && fail "local.a accepted"
[ "$said" = "$work/local.a: needs g" ] || fail "said: $said"
archive weak.a 'void g(void) __attribute__((weak)); void f(void) { if (g) g(); }'
"$check" "$work/tree" "$work/weak.a" && fail "weak.a accepted"
"$check" "$work/tree" "$work/none.a" 2> /dev/null
[ $? -eq 2 ] || fail "an archive that is not there"
"$check" "$work/nowhere" 2> /dev/null
[ $? -eq 2 ] || fail "a tree that is not there"
echo ok
