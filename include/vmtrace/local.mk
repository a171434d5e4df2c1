# include/vmtrace
