# What a user runs from the source tree, and scripts/in-place from the build
# tree.

EXTRA_DIST += scripts/in-place.in

mostlyclean-local: clean-in-place
clean-in-place:
	rm -rf in-place in-place.*
.PHONY: clean-in-place
