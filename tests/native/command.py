"""scripts/validate-kernel: the command line, and what is done for each program."""

import argparse
import os
import shlex
import subprocess
import sys

import drill
import host
import prepare
import programs
import show_json
import show_markdown
import show_text
import verdict
from compare import Comparison
from ending import AGREED, DIFFERED, Parser, status_of
from place import PLAIN_ENVIRONMENT, Command, Place
from record import Recorder
from watched import watch

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
LIST = os.path.join(HERE, "programs.list")

RUNS_IN_DOUBT, RUNS_WITH_THREADS = 3, 5

DESCRIPTION = """\
Runs a program natively, under perf, and under vmtrace, and sets the page faults
of both side by side: totals, kinds, areas, page by page.  Without a program, all
of a list.  They agree when the faults, and those of each kind, are within 3 or
0.3 % (1 % with --avx512), at most 5 pages were found by one side only (with
--threads: pages of files), and the resident pages at the peak are within 1 %.
The exit status is 0 when they agree,
1 when they do not, 2 when nothing could be said, and 77 where perf is missing or
not allowed.
"""


def parse_arguments(words):
    parser = Parser(prog="validate-kernel", description=DESCRIPTION, allow_abbrev=False,
                    usage="%(prog)s [options] [--] [program [args...]]",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    add("--build", metavar="DIR", default=os.path.join(SOURCE, "build"),
        help="the build tree [build]")
    add("--list", metavar="FILE", default=LIST,
        help="the programs to run when none is named [tests/native/programs.list]")
    add("--only", metavar="NAME,...", help="of the list, these")
    add("--short", action="store_true", help="of the list, those tagged `short'")
    add("--threads", action="store_true",
        help=f"the program has threads: {RUNS_WITH_THREADS} native runs, and vmtrace has "
             "to be within what these differ by")
    add("--runs", metavar="N", type=int, help="native runs recorded [1, and if vmtrace differs from it, "
         f"{RUNS_IN_DOUBT}]")
    add("--avx512", action="store_true",
        help="leave AVX-512 on: Valgrind has none, so other code is run")
    add("--tool-option", metavar="OPTION", action="append", default=[],
        help="a further option for the tool")
    add("--all", action="store_true",
        help=f"all pages that one side found, not the first {show_text.FIRST_PAGES}")
    add("--show", metavar="AREA", help="every fault of an area on both sides, in order")
    add("--page", metavar="AREA:PAGE",
        help="all that happened to a page and its neighbours")
    add("--format", choices=("text", "json", "md"), default="text")
    add("--markdown", dest="format", action="store_const", const="md",
        help="the table of docs/VALIDATION.md")
    add("-o", "--output", metavar="FILE", help="where to print to")
    add("--keep", metavar="DIR", help="keep the recordings there")
    arguments = parser.parse_args(words)
    if arguments.program[:1] == ["--"]:
        del arguments.program[0]
    if (arguments.show or arguments.page) and not arguments.program:
        parser.error("--show and --page take one program")
    if arguments.runs is not None and arguments.runs < 1:
        parser.error("--runs: at least 1")
    return arguments


class Result:
    """What came of one program."""

    def __init__(self, name, argv=()):
        self.name, self.argv = name, list(argv)
        self.skipped = None
        self.comparison = self.stat = self.folios = None
        self.objections = []


class Validator:
    def __init__(self, place, arguments):
        self.place, self.arguments = place, arguments
        self.recorder = Recorder(place)
        self.machine = host.machine_file(place)

    def validate(self, name, command, is_threaded, watched_command=None):
        """watched_command: what is run under the tool, if it is not the same."""
        room = self.place.room(name)
        result = Result(name, command.argv)
        files = self.recorder.mapped_files(command, room)
        usage, stat = self.recorder.stat(command, room, files)
        natives = []
        self._record(command, room, files, natives, RUNS_WITH_THREADS if is_threaded else 1)
        result.stat = {event: number - natives[0].left_out.get(event, 0)
                       for event, number in stat.items()}
        result.folios = host.Folios(self.place, files, room)
        watched = watch(self.place, watched_command or command, room,
                        [f"--machine={self.machine}", *result.folios.options(),
                         *self.arguments.tool_option])
        self._judge(result, natives, watched, usage, is_threaded)
        if result.objections and len(natives) < RUNS_IN_DOUBT:
            self._record(command, room, files, natives, RUNS_IN_DOUBT)
            self._judge(result, natives, watched, usage, is_threaded)
        return result

    def _record(self, command, room, files, natives, n_runs):
        while len(natives) < (self.arguments.runs or n_runs):
            natives.append(self.recorder.record(command, room,
                                                f"native-{len(natives) + 1}", files))

    def _judge(self, result, natives, watched, usage, is_threaded):
        result.comparison = Comparison(natives, watched, [usage])
        result.objections = verdict.objections(result.comparison, is_threaded,
                                               self.arguments.avx512)

    def of_list(self):
        environment = self.place.environment(PLAIN_ENVIRONMENT)
        build = os.path.join(self.place.build, "tests", "native")
        chosen = programs.chosen(self.arguments)
        data = self.place.room("data")
        prepare.prepare(data)
        for program in chosen:
            missing = program.missing(environment["PATH"], build)
            if missing:
                result = Result(program.name)
                result.skipped = f"there is no {missing}"
            else:
                command = Command(program.command(build, data), environment, data)
                result = self.validate(program.name, command, "threads" in program.tags)
            yield result


def _that_matter(words):
    """The words of the command line without those that name places here."""
    kept, words = [], iter(words)
    for word in words:
        if word in ("--build", "--keep", "--output", "-o"):
            next(words, None)
        elif not word.startswith(("--build=", "--keep=", "--output=")):
            kept.append(word)
    return kept


def about(place, name, words):
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        cpu = next((line.split(":")[1].strip() for line in lines
                    if line.startswith("model name")), "an unknown processor")
    version = subprocess.run([place.valgrind, "--version"], stdout=subprocess.PIPE,
                             env=place.environment(os.environ), text=True, check=False)
    return {"command": shlex.join([f"scripts/{name}", *_that_matter(words)]),
            "kernel": os.uname().release, "cpu": cpu, "processors": os.cpu_count(),
            "valgrind": version.stdout.strip()}


def _one(validator, arguments):
    command = Command(arguments.program, validator.place.environment(os.environ),
                      os.getcwd())
    result = validator.validate("program", command, arguments.threads)
    result.name = os.path.basename(command.argv[0])
    if arguments.format != "text":
        return [result], None
    if arguments.show:
        return [result], drill.show_area(result.comparison, arguments.show)
    if arguments.page:
        return [result], drill.show_page(result, arguments.page)
    return [result], show_text.program(result, arguments.all)


def _list(validator, arguments, out):
    """Text goes out line by line, as the programs are done."""
    results = []
    if arguments.format == "text":
        print("\n".join(show_text.list_heads()), file=out, flush=True)
    for result in validator.of_list():
        results.append(result)
        if arguments.format == "text":
            print("\n".join(show_text.list_lines(result)), file=out, flush=True)
    return results


def run(arguments, words, out):
    with Place(arguments.build, arguments.avx512, arguments.keep) as place:
        validator = Validator(place, arguments)
        if arguments.program:
            results, lines = _one(validator, arguments)
            if lines is not None:
                print("\n".join(lines).lstrip("\n"), file=out)
        else:
            results = _list(validator, arguments, out)
        if arguments.format == "json":
            out.write(show_json.document(results, about(place, "validate-kernel", words)))
        elif arguments.format == "md":
            out.write(show_markdown.document(results, about(place, "validate-kernel", words)))
    return DIFFERED if any(result.objections for result in results) else AGREED


def main(words):
    def action():
        arguments = parse_arguments(words)
        if not arguments.output:
            return run(arguments, words, sys.stdout)
        with open(arguments.output, "w", encoding="utf-8") as out:
            return run(arguments, words, out)

    return status_of("validate-kernel", action)
