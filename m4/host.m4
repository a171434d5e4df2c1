# VMT_CHECK_HOST_LIBRARIES
# What the host command is built on.  Sets HOST_LIBS, HOST_CPPFLAGS.
AC_DEFUN([VMT_CHECK_HOST_LIBRARIES], [
  HOST_LIBS=-lm
  HOST_CPPFLAGS=

  vmt_save_LIBS=$LIBS
  AC_CHECK_HEADER([gelf.h], [],
    [AC_MSG_ERROR([libelf's headers are missing (Debian: apt install libelf-dev)])])
  AC_CHECK_LIB([elf], [elf_begin], [HOST_LIBS="-lelf $HOST_LIBS"],
    [AC_MSG_ERROR([libelf is missing (Debian: apt install libelf-dev)])])
  AC_CHECK_HEADER([jansson.h], [],
    [AC_MSG_ERROR([jansson's headers are missing (Debian: apt install libjansson-dev)])])
  AC_CHECK_LIB([jansson], [json_loadb], [HOST_LIBS="-ljansson $HOST_LIBS"],
    [AC_MSG_ERROR([jansson is missing (Debian: apt install libjansson-dev)])])
  AC_CHECK_HEADER([zlib.h], [],
    [AC_MSG_ERROR([zlib's headers are missing (Debian: apt install zlib1g-dev)])])
  AC_CHECK_LIB([z], [uncompress], [HOST_LIBS="-lz $HOST_LIBS"],
    [AC_MSG_ERROR([zlib is missing (Debian: apt install zlib1g-dev)])])
  AC_CHECK_HEADER([libiberty/demangle.h], [],
    [AC_MSG_ERROR([libiberty's headers are missing (Debian: apt install libiberty-dev)])])
  AC_CHECK_LIB([iberty], [cplus_demangle], [HOST_LIBS="-liberty $HOST_LIBS"],
    [AC_MSG_ERROR([libiberty is missing (Debian: apt install libiberty-dev)])])

  # These two are for debug information packed that way, and can be absent.
  AC_CHECK_HEADER([zstd.h],
    [AC_CHECK_LIB([zstd], [ZSTD_decompress],
      [HOST_LIBS="-lzstd $HOST_LIBS"
       AC_DEFINE([HAVE_ZSTD], [1], [libzstd.])])])
  AC_CHECK_HEADER([lzma.h],
    [AC_CHECK_LIB([lzma], [lzma_stream_buffer_decode],
      [HOST_LIBS="-llzma $HOST_LIBS"
       AC_DEFINE([HAVE_LZMA], [1], [liblzma.])])])

  # Debian 12 has the API of 2021 without a .pc file; from 0.3 on there is one,
  # and the version macro came with the new API.
  vmt_save_CPPFLAGS=$CPPFLAGS
  vmt_dwarf_cppflags=
  AS_IF([$PKG_CONFIG --exists libdwarf],
    [vmt_dwarf_cppflags=`$PKG_CONFIG --cflags libdwarf`
     vmt_dwarf_libs=`$PKG_CONFIG --libs libdwarf`],
    [vmt_dwarf_libs=-ldwarf
     for vmt_dir in /usr/include/libdwarf /usr/local/include/libdwarf; do
       AS_IF([test -f $vmt_dir/libdwarf.h], [vmt_dwarf_cppflags=-I$vmt_dir])
     done])
  CPPFLAGS="$CPPFLAGS $vmt_dwarf_cppflags"
  LIBS="$vmt_dwarf_libs -lelf -lz $LIBS"
  AC_CHECK_HEADER([libdwarf.h], [],
    [AC_MSG_ERROR([libdwarf's headers are missing (Debian: apt install libdwarf-dev)])])
  AC_CHECK_FUNC([dwarf_init_path], [],
    [AC_MSG_ERROR([libdwarf is missing or older than 2021 (Debian: apt install libdwarf-dev)])])
  AC_MSG_CHECKING([which API libdwarf has])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <libdwarf.h>
#ifndef DW_LIBDWARF_VERSION_MAJOR
#error the API of 2021
#endif]])],
    [AC_MSG_RESULT([current])
     AC_DEFINE([HAVE_LIBDWARF_CURRENT], [1], [libdwarf 0.3 or newer.])],
    [AC_MSG_RESULT([2021])])
  CPPFLAGS=$vmt_save_CPPFLAGS
  LIBS=$vmt_save_LIBS
  HOST_CPPFLAGS="$vmt_dwarf_cppflags"
  HOST_LIBS="$vmt_dwarf_libs $HOST_LIBS"
  AC_SUBST([HOST_LIBS])
  AC_SUBST([HOST_CPPFLAGS])
])
