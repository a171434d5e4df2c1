# VMT_BUILD_KINDS
# Switches for builds that look for trouble.  Sets WARNING_CFLAGS,
# SANITIZE_CFLAGS (host programs and tests; a Valgrind tool cannot be
# sanitized), FUZZ_CFLAGS.
AC_DEFUN([VMT_BUILD_KINDS], [
  WARNING_CFLAGS="-Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wno-unused-parameter"
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [stop at the first warning])],
    [AS_IF([test "$enableval" = yes], [WARNING_CFLAGS="$WARNING_CFLAGS -Werror"])])
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers],
      [build host programs and tests with the address and undefined-behaviour sanitizers])],
    [AS_IF([test "$enableval" = yes],
      [SANITIZE_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer"])])
  AC_ARG_ENABLE([fuzzers],
    [AS_HELP_STRING([--enable-fuzzers],
      [build the fuzz targets with clang's libFuzzer (CC must be clang)])],
    [vmt_fuzzers=$enableval], [vmt_fuzzers=no])
  AS_IF([test "$vmt_fuzzers" = yes], [FUZZ_CFLAGS="-fsanitize=fuzzer,address,undefined"])
  AM_CONDITIONAL([FUZZERS], [test "$vmt_fuzzers" = yes])
  AC_SUBST([WARNING_CFLAGS])
  AC_SUBST([SANITIZE_CFLAGS])
  AC_SUBST([FUZZ_CFLAGS])
])
