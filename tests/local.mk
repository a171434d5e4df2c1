include $(top_srcdir)/tests/mmu/local.mk
include $(top_srcdir)/tests/areas/local.mk
include $(top_srcdir)/tests/machines/local.mk
include $(top_srcdir)/tests/host/local.mk
include $(top_srcdir)/tests/cli/local.mk
include $(top_srcdir)/tests/reference/local.mk
include $(top_srcdir)/tests/guests/local.mk
include $(top_srcdir)/tests/scripts/local.mk
