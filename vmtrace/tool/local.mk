# vmtrace/tool
