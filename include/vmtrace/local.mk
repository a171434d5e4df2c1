# include/vmtrace: what programs under test may include.

vmtraceincludedir = $(includedir)/vmtrace
vmtraceinclude_HEADERS = include/vmtrace/vmtrace.h
