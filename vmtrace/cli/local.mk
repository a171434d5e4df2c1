# The command `vmtrace`: one file per verb.  The program is built in its room,
# because the top of the build tree has a folder of that name.

bin_PROGRAMS += vmtrace/cli/vmtrace

vmtrace_cli_vmtrace_SOURCES = \
	vmtrace/cli/annotate.c \
	vmtrace/cli/annotate.h \
	vmtrace/cli/annotate_files.c \
	vmtrace/cli/annotate_json.c \
	vmtrace/cli/annotate_text.c \
	vmtrace/cli/calibrate.c \
	vmtrace/cli/calibrate.h \
	vmtrace/cli/calibrate_folios.c \
	vmtrace/cli/calibrate_print.c \
	vmtrace/cli/compare.c \
	vmtrace/cli/compare.h \
	vmtrace/cli/compare_allocators.c \
	vmtrace/cli/compare_columns.c \
	vmtrace/cli/compare_heap.c \
	vmtrace/cli/compare_json.c \
	vmtrace/cli/compare_rows.c \
	vmtrace/cli/compare_run.c \
	vmtrace/cli/compare_text.c \
	vmtrace/cli/curve.c \
	vmtrace/cli/curve.h \
	vmtrace/cli/curve_answer.c \
	vmtrace/cli/curve_draw.c \
	vmtrace/cli/curve_json.c \
	vmtrace/cli/curve_span.c \
	vmtrace/cli/curve_text.c \
	vmtrace/cli/export.c \
	vmtrace/cli/export.h \
	vmtrace/cli/export_callgrind.c \
	vmtrace/cli/export_costs.c \
	vmtrace/cli/export_costs.h \
	vmtrace/cli/export_csv.c \
	vmtrace/cli/chart.c \
	vmtrace/cli/chart.h \
	vmtrace/cli/chart_axis.c \
	vmtrace/cli/first_touch.c \
	vmtrace/cli/first_touch.h \
	vmtrace/cli/heap.h \
	vmtrace/cli/heap_json.c \
	vmtrace/cli/heap_text.c \
	vmtrace/cli/machines.c \
	vmtrace/cli/machines_presets.c \
	vmtrace/cli/machines_presets.h \
	vmtrace/cli/machines_print.c \
	vmtrace/cli/machines_print.h \
	vmtrace/cli/main.c \
	vmtrace/cli/memory_csv.c \
	vmtrace/cli/memory_view.c \
	vmtrace/cli/memory_view.h \
	vmtrace/cli/output.c \
	vmtrace/cli/output.h \
	vmtrace/cli/phases.h \
	vmtrace/cli/phases_json.c \
	vmtrace/cli/phases_text.c \
	vmtrace/cli/pressure.c \
	vmtrace/cli/pressure.h \
	vmtrace/cli/pressure_json.c \
	vmtrace/cli/pressure_sums.c \
	vmtrace/cli/pressure_text.c \
	vmtrace/cli/processes.c \
	vmtrace/cli/processes.h \
	vmtrace/cli/processes_cache.c \
	vmtrace/cli/processes_cache.h \
	vmtrace/cli/processes_copies.c \
	vmtrace/cli/processes_json.c \
	vmtrace/cli/processes_kin.c \
	vmtrace/cli/processes_kin.h \
	vmtrace/cli/processes_runs_json.c \
	vmtrace/cli/processes_table.c \
	vmtrace/cli/processes_tree.c \
	vmtrace/cli/quantity.c \
	vmtrace/cli/quantity.h \
	vmtrace/cli/report.c \
	vmtrace/cli/report.h \
	vmtrace/cli/report_cells.c \
	vmtrace/cli/report_cells.h \
	vmtrace/cli/report_head.c \
	vmtrace/cli/report_json.c \
	vmtrace/cli/report_json_table.c \
	vmtrace/cli/report_options.c \
	vmtrace/cli/report_options.h \
	vmtrace/cli/report_remarks.c \
	vmtrace/cli/report_sites.c \
	vmtrace/cli/report_text.c \
	vmtrace/cli/run.c \
	vmtrace/cli/run.h \
	vmtrace/cli/run_child.c \
	vmtrace/cli/run_closing.c \
	vmtrace/cli/run_command.c \
	vmtrace/cli/run_profile.c \
	vmtrace/cli/run_program.c \
	vmtrace/cli/table.c \
	vmtrace/cli/table.h \
	vmtrace/cli/timeline.c \
	vmtrace/cli/timeline.h \
	vmtrace/cli/timeline_counters.c \
	vmtrace/cli/timeline_draw.c \
	vmtrace/cli/timeline_heap.c \
	vmtrace/cli/timeline_json.c \
	vmtrace/cli/timeline_marks.c \
	vmtrace/cli/timeline_plot.h \
	vmtrace/cli/timeline_text.c \
	vmtrace/cli/timeline_windows.c \
	vmtrace/cli/verbs.c \
	vmtrace/cli/verbs.h
vmtrace_cli_vmtrace_CPPFLAGS = $(AM_CPPFLAGS) -D_GNU_SOURCE \
	-DVMT_PKGDATADIR='"$(pkgdatadir)"' \
	-DVMT_VALGRIND='"$(VALGRIND)"' \
	-DVMT_VALGRIND_COREDIR='"$(VALGRIND_COREDIR)"' \
	-DVMT_VALGRIND_TARGET='"$(VALGRIND_TARGET)"'
vmtrace_cli_vmtrace_CFLAGS = -std=gnu11 $(WARNING_CFLAGS) $(SANITIZE_CFLAGS)
vmtrace_cli_vmtrace_LDADD = libhost.a libmmu-host.a $(HOST_LIBS)

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = vmtrace/cli/completions/vmtrace
zshcompletiondir = $(datadir)/zsh/site-functions
dist_zshcompletion_DATA = vmtrace/cli/completions/_vmtrace
fishcompletiondir = $(datadir)/fish/vendor_completions.d
dist_fishcompletion_DATA = vmtrace/cli/completions/vmtrace.fish

# The shapes of what --format=json prints.
schemasdir = $(pkgdatadir)/schemas
dist_schemas_DATA = \
	vmtrace/cli/schemas/annotate.schema.json \
	vmtrace/cli/schemas/calibrate.schema.json \
	vmtrace/cli/schemas/compare.schema.json \
	vmtrace/cli/schemas/curve.schema.json \
	vmtrace/cli/schemas/fault-log.schema.json \
	vmtrace/cli/schemas/report.schema.json \
	vmtrace/cli/schemas/timeline.schema.json \
	vmtrace/cli/schemas/validate-kernel.schema.json
