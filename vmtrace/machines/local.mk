# vmtrace/machines
