#!/bin/sh
# One code, many forms of debug information: the frames of every instruction must
# be those that addr2line (binutils, an independent reader) gives for the form
# it reads best, DWARF 4 in the file itself.  Forms that addr2line of binutils
# 2.40 does not read, or reads wrongly (split DWARF; DWARF 5 line tables whose
# first file is not file 0; ranges of clang's DWARF 5), are compared with the
# DWARF 4 form of the same code: the compiler's text is checked to be equal.

: "${CC:=gcc}" "${CXX:=g++}"
# The sources are compiled for what is in the debug information alone.
CFLAGS= CXXFLAGS= LDFLAGS=
fixtures=$(cd "${srcdir:-.}/tests/host/fixtures" && pwd)
compare=$(cd "${srcdir:-.}/tests/host" && pwd)/compare_frames.awk
build=$(pwd)
resolve=$build/tests/host/vmtrace-resolve
for tool in addr2line objdump objcopy nm; do
   command -v $tool >/dev/null || { echo "no $tool"; exit 77; }
done
dir=$(mktemp -d "${TMPDIR:-/tmp}/vmtrace-symbols.XXXXXX") || exit 99
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 99
failed=0

fail() {
   echo "FAIL: $*"
   failed=1
}

skip() {
   echo "skipped: $*"
}

# Addresses of the instructions of FILE that lie in functions with a size, each
# with the demangled name of the function's symbol.
instructions() {
   nm -nSC --defined-only "$1" | sed -n 's/^\([0-9a-f]*\) \([0-9a-f]*\) [tTwWi] /\1 \2 /p' >symbols
   objdump -d --no-show-raw-insn "$1" | sed -n 's/^ *\([0-9a-f]*\):\t.*/\1/p' |
      awk '
         # Same width, so that the order of strings is that of numbers.
         function wide(hex) { return substr("0000000000000000" hex, length(hex) + 1) }
         function value(hex,   i, v) {
            v = 0
            for (i = 1; i <= length(hex); i++)
               v = v * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
            return v
         }
         BEGIN { n = 0; i = 0 }
         FNR == NR {
            if (value($2) > 0) {
               start[n] = value($1); size[n] = value($2)
               name[n++] = substr($0, length($1) + length($2) + 3)
            }
            next
         }
         {
            at = value($1)
            while (i + 1 < n && start[i + 1] <= at)
               i++
            if (n > 0 && at >= start[i] && at < start[i] + size[i])
               print $1, name[i]
         }' symbols -
}

# reference NAME: what addr2line says of ./NAME, the DWARF 4 form.
reference() {
   instructions "$1" >"$1.where"
   cut -d' ' -f1 "$1.where" >"$1.addresses"
   addr2line -afiC -e "$1" <"$1.addresses" >"$1.frames"
   objcopy -O binary -j .text "$1" "$1.text"
}

# check FORM REFERENCE FILE [ARG...]: our frames of FILE.
check() {
   form=$1 of=$2 file=$3
   shift 3
   objcopy -O binary -j .text "$file" file.text
   cmp -s "$of.text" file.text || { fail "$form: not the same code"; return; }
   "$resolve" "$@" "$file" <"$of.addresses" >ours 2>state
   echo "$form: $(tr '\n' ' ' <state)"
   [ "$(cat state)" = lines ] || fail "$form: state"
   awk -v ignore_names="${ignore_names:-0}" -f "$compare" "$of.where" "$of.frames" ours || fail "$form"
}

# state WANTED FORM FILE [ARG...]: no lines, but what the state says.
state() {
   wanted=$1 form=$2
   shift 2
   "$resolve" "$@" </dev/null >/dev/null 2>state
   echo "$form: $(tr '\n' ' ' <state)"
   [ "$(head -n1 state)" = "$wanted" ] || fail "$form: state"
}

c() {
   out=$1
   shift
   $CC -w "$@" "$fixtures/main.c" "$fixtures/inner/sum.c" -o "$out"
}

cc() {
   out=$1
   shift
   $CXX -w -std=c++17 "$@" "$fixtures/names.cc" -o "$out"
}

# Separate files, made from ./NAME with debug information.
separate() {
   name=$1
   mkdir linked ids
   objcopy --only-keep-debug $name linked/$name.debug
   (cd linked && objcopy --strip-all --add-gnu-debuglink=$name.debug ../$name $name)
   check "$name, .gnu_debuglink" $name linked/$name
   mkdir linked/.debug && mv linked/$name.debug linked/.debug/
   check "$name, .gnu_debuglink in .debug" $name linked/$name
   mkdir -p root"$dir/linked" && mv linked/.debug/$name.debug root"$dir/linked/"
   check "$name, .gnu_debuglink below a root" $name linked/$name -d root
   printf x >>root"$dir/linked/$name.debug"
   state none "$name, .gnu_debuglink with another CRC" -d root linked/$name

   id=$(readelf -n $name | sed -n 's/.*Build ID: //p')
   [ -n "$id" ] || { skip "build ids: the linker makes none"; return; }
   rest=${id#??}
   folder=ids/.build-id/${id%"$rest"}
   mkdir -p "$folder" stripped
   objcopy --only-keep-debug $name "$folder/$rest.debug"
   objcopy --strip-all $name stripped/$name
   check "$name, build id" $name stripped/$name -d ids
   "$resolve" -d ids ./not-there $id <$name.addresses >without 2>state
   cmp -s ours without || fail "$name, build id of a file that is gone"
   state missing "$name, gone" ./not-there
   state mismatch "$name, another build id" $name 0123456789abcdef
   state lines "$name, this build id" $name $id
   printf 'not ELF' >text-file
   state damaged "a text file" text-file
}

zipped() {
   c zip -O2 -gdwarf-4
   reference zip
   c zip-zlib -O2 -gdwarf-4 -gz && check "compressed, zlib" zip zip-zlib
   c zip-gnu -O2 -gdwarf-4 -gz=zlib-gnu && check "compressed, .zdebug" zip zip-gnu
   if objcopy --compress-debug-sections=zstd zip zip-zstd 2>/dev/null; then
      if grep -q 'define HAVE_ZSTD' "$build/vmtrace_config.h" 2>/dev/null; then
         check "compressed, zstd" zip zip-zstd
      else
         state damaged "compressed, zstd" zip-zstd
      fi
   else
      skip "compressed, zstd: objcopy cannot"
   fi
   objcopy -R .debug_aranges zip zip-none && check "without .debug_aranges" zip zip-none
}

# split NAME REFERENCE COMPILE...: -gsplit-dwarf in two versions, and packed.
split() {
   name=$1 of=$2
   shift 2
   for version in 4 5; do
      mkdir $name-$version && cd $name-$version || exit 99
      "$@" program -gdwarf-$version -gsplit-dwarf -O2 || { fail "$name-$version"; cd ..; continue; }
      cd ..
      check "$name, split DWARF $version" $of $name-$version/program
      # dwp of binutils knows version 4 only; llvm-dwp never ends on GCC's 5.
      case $version:$CXX in
         4:*) packers="dwp llvm-dwp llvm-dwp-14" ;;
         5:clang++) packers="llvm-dwp llvm-dwp-14" ;;
         *) packers= ;;
      esac
      packed=no
      for packer in $packers; do
         command -v $packer >/dev/null || continue
         (cd $name-$version && timeout 10 $packer -e program -o program.dwp 2>/dev/null) || continue
         packed=yes
         break
      done
      [ $packed = yes ] || { skip "$name, package $version: no dwp that can"; continue; }
      rm -f $name-$version/*.dwo
      check "$name, package $version" $of $name-$version/program
   done
}

supplements() {
   command -v dwz >/dev/null || { skip "dwz: none"; return; }
   cc one -O2 -gdwarf-4 && cc two -O1 -gdwarf-4 && reference one && reference two
   mkdir dwz && cp one two dwz
   (cd dwz && dwz one) && check "dwz" one dwz/one
   cp one dwz/one
   (cd dwz && dwz -m common.debug -M common.debug one two) || { skip "dwz -m fails"; return; }
   readelf -S dwz/one | grep -q gnu_debugaltlink || { skip "dwz -m found nothing in common"; return; }
   check "dwz, first of two" one dwz/one
   check "dwz, second of two" two dwz/two
}

for level in 0 2; do
   c c-$level -O$level -gdwarf-4 && reference c-$level
   cc cc-$level -O$level -gdwarf-4 && reference cc-$level
   for version in 2 3 4 5; do
      c form -O$level -gdwarf-$version && check "C, -O$level, DWARF $version" c-$level form
      cc form -O$level -gdwarf-$version && check "C++, -O$level, DWARF $version" cc-$level form
   done
   # GCC gives other lines at -g1, so this is its own reference; the linkage
   # names of inlined functions are not in it.
   c one-$level -O$level -gdwarf-4 -g1 && reference one-$level &&
      check "C, -O$level, -g1" one-$level one-$level
   cc one-$level -O$level -gdwarf-4 -g1 && reference one-$level &&
      ignore_names=1 check "C++, -O$level, -g1" one-$level one-$level
done
for kind in "-no-pie" "-shared -fPIC" "-flto" "-ffunction-sections -Wl,--gc-sections"; do
   c kind -O2 -gdwarf-4 $kind || { skip "$kind"; continue; }
   reference kind
   check "C, $kind" kind kind
   c form -O2 -gdwarf-5 $kind && check "C, $kind, DWARF 5" kind form
   rm -f kind form
done
separate c-2
zipped
split gcc-c c-2 c
split gcc-cc cc-2 cc
supplements

if command -v clang >/dev/null && command -v clang++ >/dev/null; then
   CC=clang CXX=clang++
   cc clang-cc -O2 -gdwarf-4 && reference clang-cc
   c clang-c -O2 -gdwarf-4 && reference clang-c
   cc form -O2 -gdwarf-5 && check "clang, C++, DWARF 5" clang-cc form
   c form -O2 -gdwarf-5 && check "clang, C, DWARF 5" clang-c form
   c form -O2 -gdwarf-5 -gdwarf-aranges && check "clang, C, with .debug_aranges" clang-c form
   c form -O2 -gline-tables-only && check "clang, C, lines only" clang-c form
   split clang-cc clang-cc cc
else
   skip "clang: none"
fi
exit $failed
