#!/bin/sh
# How long resolving takes: a program of UNITS copies of one unit (its addresses
# are distinct, and it is never run), first an address in each unit, then a
# million of them in rising order.  usage: bench_symbols.sh [UNITS]

: "${CXX:=g++}"
units=${1:-300}
fixtures=$(cd "${srcdir:-.}/tests/host/fixtures" && pwd)
resolve=$(pwd)/tests/host/vmtrace-resolve
dir=$(mktemp -d "${TMPDIR:-/tmp}/vmtrace-bench.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
$CXX -std=c++17 -g -O2 -c "$fixtures/heavy.cc" -o unit.o || exit 1
i=0
while [ $i -lt "$units" ]; do
   objcopy --prefix-symbols=copy${i}_ unit.o $i.o || exit 1
   i=$((i + 1))
done
rm unit.o
${CC:-gcc} -nostdlib -no-pie -Wl,--unresolved-symbols=ignore-all,-e,copy0_main \
   ./*.o -o program || exit 1
rm ./*.o
size -A program | awk '
   $1 == ".text" { start = $3; size = $2 }
   $1 == ".debug_info" { info = $2 }
   END {
      printf "%d MB of .debug_info, %d bytes of code\n", info / 1000000, size
      for (k = 0; k < 10 * units; k++)
         printf "%x\n", start + size / (10 * units) * k >"few"
      for (k = 0; k < 1000000; k++)
         printf "%x\n", start + size / 1000000 * k >"many"
   }' units="$units"
for list in few many; do
   echo "$(wc -l <$list) addresses, printed to /dev/null:"
   (time -p "$resolve" program <$list >/dev/null) 2>&1
done
