# The machines that --machine=NAME knows, one file each.

machinesdir = $(pkgdatadir)/machines
dist_machines_DATA = \
	vmtrace/machines/core-i7-920.machine \
	vmtrace/machines/csapp-toy.machine \
	vmtrace/machines/generic.machine \
	vmtrace/machines/goldencove.machine \
	vmtrace/machines/haswell.machine \
	vmtrace/machines/icelake.machine \
	vmtrace/machines/neoverse-n1.machine \
	vmtrace/machines/skylake.machine \
	vmtrace/machines/zen2.machine \
	vmtrace/machines/zen3.machine \
	vmtrace/machines/zen4.machine \
	vmtrace/machines/zen5.machine
