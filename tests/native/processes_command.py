"""scripts/validate-processes: trees of processes natively and under vmtrace, process by
process."""

import argparse
import os
import sys

import host
import prepare
import processes_table
import programs
from command import HERE, SOURCE, about
from ending import AGREED, DIFFERED, Parser, status_of
from place import PLAIN_ENVIRONMENT, Command, Place, Skip, Trouble
from processes_compare import TreeComparison
from processes_native import Copies, check_rights, follow, follower, read_report
from processes_watched import order, read_profiles
from record import Recorder
from watched import watch

LIST = os.path.join(HERE, "processes.list")
RUNS = 5
THE_TOOL = "vmtrace-"                   # what Valgrind's launcher executes

DESCRIPTION = """\
Runs a program and all processes that it starts natively and under vmtrace, and sets
side by side, for each process: page faults, those that copied or reused a page after a
fork (ForkCow + Reuse; apart, where the processes take turns), and what was resident at
its end and at moments of its choice (programs/moment.h), as /proc/PID/smaps_rollup has
it.  Without a program, all of a list.  They agree when each figure is within 2 % of
what the kernel's runs had, or within 3 faults or 3 pages.
The exit status is 0 when they agree, 1 when they do not, 2 when nothing could be said,
and 77 where perf or root is missing.
"""


def parse_arguments(words):
    parser = Parser(prog="validate-processes", description=DESCRIPTION, allow_abbrev=False,
                    usage="%(prog)s [options] [--] [program [args...]]",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    add("--build", metavar="DIR", default=os.path.join(SOURCE, "build"),
        help="the build tree [build]")
    add("--list", metavar="FILE", default=LIST,
        help="the programs to run when none is named [tests/native/processes.list]")
    add("--only", metavar="NAME,...", help="of the list, these")
    add("--short", action="store_true", help="of the list, those tagged `short'")
    add("--turns", action="store_true",
        help="the program's processes take turns: ForkCow and Reuse are compared apart")
    add("--runs", metavar="N", type=int, default=RUNS,
        help="native runs of each sort [%(default)s; 1 for programs that take turns]")
    add("--tool-option", metavar="OPTION", action="append", default=[],
        help="a further option for the tool")
    add("--all", action="store_true", help="each figure of each process, not the worst ones")
    add("--format", choices=("text", "md"), default="text")
    add("--markdown", dest="format", action="store_const", const="md",
        help="the table of docs/VALIDATION.md")
    add("--keep", metavar="DIR", help="keep the recordings there")
    arguments = parser.parse_args(words)
    if arguments.program[:1] == ["--"]:
        del arguments.program[0]
    if arguments.runs < 1:
        parser.error("--runs: at least 1")
    return arguments


# A page that its process has just got waits in a batch of the processor's until that has
# 31 of them (mm/swap.c, lru_add), and the batch counts as an owner.  A write to the page
# empties those of its own processor alone (mm/memory.c, wp_can_reuse_anon_folio): the kernel
# copies a page that was nobody else's, when another processor has it in a batch.
ON_ONE_CPU = ("taskset", "-c", str(min(os.sched_getaffinity(0))))


class _Validator:
    def __init__(self, place, arguments):
        self.place, self.arguments = place, arguments
        check_rights()
        self.recorder = Recorder(place)
        if not self.recorder.has_tracepoints:
            raise Skip("the kernel's tracepoints cannot be recorded here")
        self.machine = host.machine_file(place)
        self.copies = Copies(os.path.join(place.folder, "copies"))

    def validate(self, name, command, turns, orphans=False):
        """A TreeComparison."""
        room = self.place.room(name)
        mapped = self.recorder.mapped_files(command, room)
        own = os.path.join(command.folder, "")
        prefix = self.copies.prefix([path for path in mapped if not path.startswith(own)], room)
        n_runs = 1 if turns else self.arguments.runs
        runs = [self.recorder.record(command, room, f"perf-{at}", mapped,
                                     [*prefix, *(ON_ONE_CPU if turns else ())],
                                     with_allocations=True)
                for at in range(n_runs)]
        natives = [follow(self.place, command, room, f"follow-{at}", prefix)
                   for at in range(n_runs)]
        folios = host.Folios(self.place, mapped, room, prefix)
        before, report = follower(self.place, command, room, "watched")
        watched = watch(self.place, command, room,
                        [f"--machine={self.machine}", *folios.options(),
                         *self.arguments.tool_option], [*prefix, *before])
        residents = read_profiles(os.path.join(room, "tool"))
        order(watched, residents)
        return TreeComparison(runs, natives, watched, residents,
                              read_report(report, THE_TOOL), turns, orphans)

    def of_list(self):
        environment = self.place.environment(PLAIN_ENVIRONMENT)
        build = os.path.join(self.place.build, "tests", "native")
        data = self.place.room("data")
        prepare.prepare(data)
        for program in programs.chosen(self.arguments):
            missing = program.missing(environment["PATH"], build)
            if missing:
                print(f"validate-processes: {program.name} is left out: there is no "
                      f"{missing}", file=sys.stderr)
                continue
            command = Command(program.command(build, data), environment, data,
                              program.beside)
            try:
                yield program.name, self.validate(program.name, command,
                                                  "turns" in program.tags,
                                                  "orphans" in program.tags)
            except Trouble as trouble:
                print(f"validate-processes: {program.name}: {trouble}", file=sys.stderr)
                yield program.name, None

    def all(self):
        words = self.arguments.program
        if not words:
            return self.of_list()
        command = Command(words, self.place.environment(os.environ), os.getcwd())
        return [(os.path.basename(words[0]),
                 self.validate("program", command, self.arguments.turns))]


def run(arguments, words):
    with Place(arguments.build, keep=arguments.keep) as place:
        results, n_off = [], 0
        for name, comparison in _Validator(place, arguments).all():
            n_off += comparison is None or bool(comparison.disagreeing)
            if comparison is None:
                continue
            results.append((name, comparison))
            if arguments.format == "text":
                print("\n".join(processes_table.text(name, comparison, arguments.all)),
                      flush=True)
        if not results and not n_off:
            raise Skip("none of the programs is there")
        if arguments.format == "md":
            print("\n".join(processes_table.markdown(
                results, about(place, "validate-processes", words))))
    return DIFFERED if n_off else AGREED


def main(words):
    return status_of("validate-processes", lambda: run(parse_arguments(words), words))
