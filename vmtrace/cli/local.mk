# vmtrace/cli
