# What a user runs from the source tree, and scripts/in-place from the build
# tree.

EXTRA_DIST += \
	.ci/run \
	scripts/check \
	scripts/in-place.in \
	scripts/packages \
	scripts/prepare.sh \
	scripts/quickstart \
	scripts/quickstart.py

mostlyclean-local: clean-in-place
clean-in-place:
	rm -rf in-place in-place.*
.PHONY: clean-in-place
