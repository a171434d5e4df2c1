# The programs of our own that programs.list names, and what it takes to make them.

# Plain C: NAME from programs/NAME.c with _ for -.
NATIVE_C = \
	tests/native/advise \
	tests/native/deep \
	tests/native/family \
	tests/native/fork-write \
	tests/native/grow-file \
	tests/native/jit \
	tests/native/large-blocks \
	tests/native/mapped-change \
	tests/native/mapped-copy \
	tests/native/mapped-private \
	tests/native/populate \
	tests/native/protect \
	tests/native/read-first \
	tests/native/remap \
	tests/native/roam \
	tests/native/serve \
	tests/native/shared-memory \
	tests/native/sieve \
	tests/native/small-blocks \
	tests/native/spawns \
	tests/native/stride \
	tests/native/threads \
	tests/native/transpose
NATIVE_WORDS = \
	tests/native/words \
	tests/native/words-fixed \
	tests/native/words-static \
	tests/native/words-static-pie
NATIVE_BUILT = $(NATIVE_C) $(NATIVE_WORDS) tests/native/libmoment.so
if HAVE_GXX
NATIVE_BUILT += tests/native/containers tests/native/maps
endif
if HAVE_RUSTC
NATIVE_BUILT += tests/native/trees
endif

NATIVE_CODE = \
	tests/native/programs/advise.c \
	tests/native/programs/containers.cc \
	tests/native/programs/deep.c \
	tests/native/programs/family.c \
	tests/native/programs/fork_write.c \
	tests/native/programs/grow_file.c \
	tests/native/programs/jit.c \
	tests/native/programs/large_blocks.c \
	tests/native/programs/map_file.h \
	tests/native/programs/maps.cc \
	tests/native/programs/moment.c \
	tests/native/programs/moment.h \
	tests/native/programs/mapped_change.c \
	tests/native/programs/mapped_copy.c \
	tests/native/programs/mapped_private.c \
	tests/native/programs/pages.h \
	tests/native/programs/populate.c \
	tests/native/programs/protect.c \
	tests/native/programs/read_first.c \
	tests/native/programs/remap.c \
	tests/native/programs/roam.c \
	tests/native/programs/serve.c \
	tests/native/programs/shared_memory.c \
	tests/native/programs/sieve.c \
	tests/native/programs/small_blocks.c \
	tests/native/programs/spawns.c \
	tests/native/programs/stride.c \
	tests/native/programs/threads.c \
	tests/native/programs/transpose.c \
	tests/native/programs/trees.rs \
	tests/native/programs/words.c

# The same machine code whatever flags the rest is built with.
NATIVE_COMPILE = $(CC) -O2 -g -Wall -Wextra -pthread -I$(top_srcdir)/include \
	-I$(VALGRIND_INCLUDEDIR)/..
$(NATIVE_BUILT): $(NATIVE_CODE)
	$(AM_V_CCLD)$(MKDIR_P) tests/native && \
	from=$(srcdir)/tests/native/programs && name=`basename $@ | tr - _` && \
	case $$name in \
	words_fixed)      $(NATIVE_COMPILE) -fno-pie -no-pie -o $@ $$from/words.c ;; \
	words_static)     $(NATIVE_COMPILE) -fno-pie -static -o $@ $$from/words.c ;; \
	words_static_pie) $(NATIVE_COMPILE) -fPIE -static-pie -o $@ $$from/words.c ;; \
	containers|maps)  $(GXX) -std=c++17 -O2 -g -Wall -Wextra -o $@ $$from/$$name.cc ;; \
	libmoment.so)     $(NATIVE_COMPILE) -fPIC -shared -o $@ $$from/moment.c ;; \
	trees)            MAKEFLAGS= $(RUSTC) --edition=2021 -O -o $@ $$from/trees.rs ;; \
	*)                $(NATIVE_COMPILE) -fPIE -pie -o $@ $$from/$$name.c ;; \
	esac

NATIVE_WORK = \
	tests/native/programs/Work.java \
	tests/native/programs/ask.py \
	tests/native/programs/children.py \
	tests/native/programs/crowd.py \
	tests/native/programs/index.sql \
	tests/native/programs/pool.py \
	tests/native/programs/redis_load.py \
	tests/native/programs/redis_save.py \
	tests/native/programs/store.sql \
	tests/native/programs/stored.sql \
	tests/native/programs/work.awk \
	tests/native/programs/work.js \
	tests/native/programs/work.lua \
	tests/native/programs/work.sh

check_DATA += $(NATIVE_BUILT)
CLEANFILES += $(NATIVE_BUILT)
EXTRA_DIST += \
	$(NATIVE_CODE) \
	$(NATIVE_WORK) \
	tests/native/prepare.py
