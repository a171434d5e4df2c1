# What a user runs from the source tree, and scripts/in-place from the build
# tree.

EXTRA_DIST += \
	.ci/run \
	scripts/bench \
	scripts/bench-heap \
	scripts/bench-work/allocate.cc \
	scripts/bench-work/inputs.py \
	scripts/bench-work/touch.c \
	scripts/bench-work/work.pl \
	scripts/bench-work/work.py \
	scripts/bench-work/work.sql \
	scripts/bench_programs.py \
	scripts/bench_run.py \
	scripts/bench_table.py \
	scripts/check \
	scripts/in-place.in \
	scripts/packages \
	scripts/prepare.sh \
	scripts/quickstart \
	scripts/quickstart.py \
	scripts/validate-allocators \
	scripts/validate-kernel \
	scripts/validate-pressure \
	scripts/validate-processes

mostlyclean-local: clean-in-place
clean-in-place:
	rm -rf in-place in-place.*
.PHONY: clean-in-place

# Valgrind looks for its tools in one folder.  Where ours goes to another one
# than its own (an ordinary user's prefix), that gets links to Valgrind's, and
# VALGRIND_LIB has to name it; `vmtrace run` sees to that.
install-data-hook: link-valgrind-core
link-valgrind-core:
	if test "$(VALGRIND_TOOLDIR)" != "$(VALGRIND_COREDIR)"; then \
	  for file in "$(VALGRIND_COREDIR)"/*; do \
	    to="$(DESTDIR)$(VALGRIND_TOOLDIR)/$${file##*/}"; \
	    test -e "$$to" || ln -sf "$$file" "$$to" || exit; \
	  done; \
	fi
uninstall-hook: unlink-valgrind-core
unlink-valgrind-core:
	if test "$(VALGRIND_TOOLDIR)" != "$(VALGRIND_COREDIR)"; then \
	  for file in "$(VALGRIND_COREDIR)"/*; do \
	    to="$(DESTDIR)$(VALGRIND_TOOLDIR)/$${file##*/}"; \
	    test "`readlink "$$to"`" != "$$file" || rm -f "$$to"; \
	  done; \
	fi
.PHONY: link-valgrind-core unlink-valgrind-core
