# VMT_CHECK_VALGRIND
# Where the installed Valgrind has its headers, archives and tools, and which of
# the core's unpublished functions can be wrapped at link time.
AC_DEFUN([VMT_CHECK_VALGRIND], [
  AS_IF([test "$PKG_CONFIG" = no],
    [AC_MSG_ERROR([pkg-config is missing (Debian: apt install pkg-config)])])
  AC_MSG_CHECKING([for Valgrind])
  AS_IF([$PKG_CONFIG --exists valgrind],
    [vmt_valgrind_version=`$PKG_CONFIG --modversion valgrind`
     AC_MSG_RESULT([$vmt_valgrind_version])],
    [AC_MSG_RESULT([no])
     AC_MSG_ERROR([Valgrind with its headers is missing (Debian: apt install valgrind)])])
  VALGRIND_INCLUDEDIR=`$PKG_CONFIG --variable=includedir valgrind`
  VALGRIND_ARCHIVEDIR=`$PKG_CONFIG --variable=libdir valgrind`/valgrind
  VALGRIND_LOAD_ADDRESS=`$PKG_CONFIG --variable=valt_load_address valgrind`
  VALGRIND_PREFIX=`$PKG_CONFIG --variable=prefix valgrind`
  # The headers live in a `valgrind` folder that some packages name, some not.
  AS_IF([test -f "$VALGRIND_INCLUDEDIR/valgrind/pub_tool_basics.h"],
    [VALGRIND_INCLUDEDIR=$VALGRIND_INCLUDEDIR/valgrind])

  AS_CASE([`uname -m`],
    [x86_64], [VALGRIND_TARGET=amd64-linux],
    [AC_MSG_ERROR([vmtrace runs on x86-64 Linux only so far])])
  for vmt_archive in libcoregrind libvex; do
    AS_IF([test -f "$VALGRIND_ARCHIVEDIR/$vmt_archive-$VALGRIND_TARGET.a"], [],
      [AC_MSG_ERROR([$VALGRIND_ARCHIVEDIR/$vmt_archive-$VALGRIND_TARGET.a is missing (Debian: apt install valgrind)])])
  done

  AC_ARG_WITH([valgrind-tooldir],
    [AS_HELP_STRING([--with-valgrind-tooldir=DIR],
      [where Valgrind looks for its tools, and where vmtrace's goes [found]])],
    [VALGRIND_TOOLDIR=$withval], [VALGRIND_TOOLDIR=])
  AC_MSG_CHECKING([for Valgrind's own tools])
  VALGRIND_COREDIR=
  for vmt_dir in "$VALGRIND_PREFIX/libexec/valgrind" "$VALGRIND_PREFIX/lib/valgrind" \
                 "$VALGRIND_ARCHIVEDIR" /usr/libexec/valgrind /usr/lib/valgrind; do
    AS_IF([test -z "$VALGRIND_COREDIR" && test -f "$vmt_dir/vgpreload_core-$VALGRIND_TARGET.so"],
      [VALGRIND_COREDIR=$vmt_dir])
  done
  AC_MSG_RESULT([${VALGRIND_COREDIR:-no}])
  AS_IF([test -n "$VALGRIND_COREDIR"], [],
    [AC_MSG_ERROR([Valgrind's tool folder is nowhere to be found (Debian: apt install valgrind)])])
  AS_IF([test -n "$VALGRIND_TOOLDIR"], [], [VALGRIND_TOOLDIR=$VALGRIND_COREDIR])
  AC_PATH_PROGS([VALGRIND], [valgrind.bin valgrind], [no])
  AS_IF([test "$VALGRIND" = no],
    [AC_MSG_ERROR([the valgrind command is missing (Debian: apt install valgrind)])])

  VMT_CHECK_WRAP([layout],
    [vgPlain_am_startup vgPlain_load_ELF vgPlain_am_create_reservation
     vgPlain_am_get_advisory vgPlain_am_get_advisory_client_simple],
    [--layout=native])
  VMT_CHECK_WRAP([cpuid], [amd64g_dirtyhelper_CPUID_avx2],
    [the size of saved registers])
  VMT_CHECK_WRAP([extend], [vgModuleLocal_am_do_extend_mapping_NO_NOTIFY],
    [mappings that grow where they are])
  VMT_CHECK_WRAP([iropt], [do_iropt_BB], [loads the optimiser drops])
  VMT_CHECK_WRAP([sanity], [sanityCheckIRSB], [checks of its own])
  VMT_CHECK_WRAP([calls], [getRegUsage_AMD64Instr], [calls that keep registers])
  VMT_CHECK_WRAP([yield], [vgPlain_vg_yield], [the order of threads])
  VMT_CHECK_WRAP([futex], [vgSysWrap_linux_sys_futex_before], [the order of woken threads])
  VMT_CHECK_WRAP([setenv], [vgPlain_env_setenv], [the names that programs are given])
  VMT_CHECK_WRAP([signal], [vgPlain_kill_self], [the signal that ends a program])

  AC_DEFINE_UNQUOTED([VALGRIND_VERSION], ["$vmt_valgrind_version"],
    [The Valgrind that the tool is built for.])
  AC_DEFINE_UNQUOTED([VALGRIND_TOOLDIR], ["$VALGRIND_TOOLDIR"],
    [Where Valgrind looks for its tools.])
  AC_SUBST([VALGRIND_INCLUDEDIR])
  AC_SUBST([VALGRIND_ARCHIVEDIR])
  AC_SUBST([VALGRIND_LOAD_ADDRESS])
  AC_SUBST([VALGRIND_TARGET])
  AC_SUBST([VALGRIND_TOOLDIR])
  AC_SUBST([VALGRIND_COREDIR])
])

# VMT_CHECK_WRAP(NAME, SYMBOLS, WHAT IT IS FOR)
# Whether every symbol is called across objects of the archives (undefined in
# one, defined in another), so that the linker's --wrap reaches it.  Defines
# HAVE_WRAP_NAME, and WRAP_NAME_LDFLAGS.
AC_DEFUN([VMT_CHECK_WRAP], [
  AC_MSG_CHECKING([whether Valgrind's core can be wrapped for $3])
  vmt_wrap=yes
  WRAP_[]m4_toupper([$1])_LDFLAGS=
  for vmt_symbol in m4_normalize([$2]); do
    WRAP_[]m4_toupper([$1])_LDFLAGS="$WRAP_[]m4_toupper([$1])_LDFLAGS -Wl,--wrap=$vmt_symbol"
    vmt_kinds=`nm "$VALGRIND_ARCHIVEDIR/libcoregrind-$VALGRIND_TARGET.a" \
                  "$VALGRIND_ARCHIVEDIR/libvex-$VALGRIND_TARGET.a" 2>/dev/null |
               sed -n "s/^.* \(@<:@TU@:>@\) $vmt_symbol\$/\1/p" | sort -u | tr -d '\n'`
    AS_IF([test "$vmt_kinds" = TU], [], [vmt_wrap=no])
  done
  AC_MSG_RESULT([$vmt_wrap])
  AS_IF([test "$vmt_wrap" = yes],
    [AC_DEFINE([HAVE_WRAP_]m4_toupper([$1]), [1], [Whether the core can be wrapped for $3.])],
    [WRAP_[]m4_toupper([$1])_LDFLAGS=])
  AC_SUBST([WRAP_]m4_toupper([$1])[_LDFLAGS])
  AM_CONDITIONAL([HAVE_WRAP_]m4_toupper([$1]), [test "$vmt_wrap" = yes])
])
