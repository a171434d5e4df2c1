# docs

dist_doc_DATA += \
	docs/ALLOCATORS.md \
	docs/ARCHITECTURE.md \
	docs/FAULT-LOG.md \
	docs/FOLIOS.md \
	docs/HEAP.md \
	docs/MACHINES.md \
	docs/PERFORMANCE.md \
	docs/PHASES.md \
	docs/PRESSURE.md \
	docs/PROCESSES.md \
	docs/PROFILE.md \
	docs/THREADS.md \
	docs/VALGRIND-LIMITS.md \
	docs/VALIDATION.md
dist_man_MANS += \
	docs/vmtrace-machine.5 \
	docs/vmtrace-tool.1 \
	docs/vmtrace.1
