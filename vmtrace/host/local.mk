# vmtrace/host
