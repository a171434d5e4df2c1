"""scripts/validate-pressure: the command line, and what is done for each program."""

import argparse
import json
import os
import shlex
import sys
import tempfile

import host
import pressure_native as native
import pressure_programs
import pressure_runs
import pressure_table
from ending import AGREED, DIFFERED, Parser, status_of
from place import PLAIN_ENVIRONMENT, Command, Place, Trouble

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
LIMITS, SHORT_LIMITS = (40, 50, 60, 75), (50,)
RUNS, SHORT_RUNS = 5, 3
SWAP_PAGES = 131072
READ_AHEAD_KIB = 128            # the kernel's default, and what vmtrace takes
FILE = "file"
PLACES = ("--build", "--folder", "--record", "--recorded")
DEVICES = (FILE, native.ROTATING, native.SOLID, native.MEMORY)

DESCRIPTION = """\
Runs programs natively, in a control group with less memory than they need and
with swap, and under vmtrace with --ram and --reclaim=linux, and sets side by
side what was read from swap, written to it, refaulted, and the major faults:
the median of the native runs, how far they were from it at most, vmtrace's, and
how far it is from the median.  The limits are shares of what the control group
takes at its peak without a limit.  A program of your own has to be of one
process and repeatable.

Needs root, and that no swap is on.  Control groups, swap and copies of files go
away with the program, however it ends, and the disk's read-ahead and whether it
rotates, which are set to what vmtrace simulates, are put back.  The exit status is 0 when all medians
are within the tolerance, 1 when not, 2 when nothing could be said, and 77 where
this is not allowed.
"""


def _percents(text):
    try:
        numbers = [int(word) for word in text.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' are no numbers") from error
    if not all(1 <= number <= 100 for number in numbers):
        raise argparse.ArgumentTypeError("1 to 100")
    return numbers


def parse_arguments(words):
    parser = Parser(prog="validate-pressure", description=DESCRIPTION, allow_abbrev=False,
                    usage="%(prog)s [options] [--] [program [args...]]",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    add("--build", metavar="DIR", default=os.path.join(SOURCE, "build"),
        help="the build tree [build]")
    add("--only", metavar="NAME,...", help="of the programs, these")
    add("--short", action="store_true",
        help=f"two small programs, one limit, {SHORT_RUNS} native runs")
    add("--limits", metavar="PERCENT,...", type=_percents,
        help=f"[{','.join(map(str, LIMITS))}]")
    add("--runs", metavar="N", type=int, help=f"native runs [{RUNS}]")
    add("--device", choices=DEVICES, default=FILE,
        help="swap: a file on the disk, which passes for one that does not rotate "
             "meanwhile; a loop device over it that passes for a disk that rotates or one "
             "that does not; or zram [file]")
    add("--gather", metavar="SECONDS", type=float, default=0.002,
        help="have the kernel gather its counts that often; 0: as it does by itself, "
             "every 2 s, so that runs differ more and may be killed though there is "
             "swap [0.002]")
    add("--tolerance", metavar="PERCENT", type=float, default=15.0, help="[15]")
    add("--tool-option", metavar="OPTION", action="append", default=[],
        help="a further option for the tool")
    add("--maps", metavar="FILE", action="append", default=[],
        help="your program maps this file, nobody else does, and it may be large: it is "
             "not copied, but leaves the page cache before each run")
    add("--folder", metavar="DIR", default="/var/tmp",
        help="on a disk: for swap and the files of the programs [/var/tmp]")
    add("--format", choices=("text", "json", "md"), default="text")
    add("--markdown", dest="format", action="store_const", const="md",
        help="the table of docs/VALIDATION.md")
    add("--record", metavar="FILE", help="write what the kernel did there, too")
    add("--recorded", metavar="FILE",
        help="hold vmtrace against such a record; run nothing natively")
    add("--native-only", action="store_true", help="run nothing under vmtrace")
    arguments = parser.parse_args(words)
    if arguments.program[:1] == ["--"]:
        del arguments.program[0]
    arguments.limits = arguments.limits or (SHORT_LIMITS if arguments.short else LIMITS)
    arguments.runs = arguments.runs or (SHORT_RUNS if arguments.short else RUNS)
    if arguments.runs < 1:
        parser.error("--runs: at least 1")
    return arguments


def _that_matter(words):
    """The words of the command line without those that name places here."""
    kept, words = [], iter(words)
    for word in words:
        if word in PLACES:
            next(words, None)
        elif not word.startswith(tuple(place + "=" for place in PLACES)):
            kept.append(word)
    return kept


class Case:
    """A program at a limit: the kernel's runs (None: killed) and vmtrace's counts."""

    def __init__(self, name, percent, peak_pages, counts=pressure_runs.COUNTS):
        self.name, self.percent, self.peak_pages = name, percent, peak_pages
        self.counts = counts
        self.limit_pages = peak_pages * percent // 100
        self.runs, self.watched, self.seconds = [], None, 0.0

    def compare(self, tolerance):
        """A Comparison of each count."""
        ended = [run for run in self.runs if run is not None]
        return [pressure_table.Comparison(
            count, [run[count] for run in ended],
            self.watched and self.watched[count], tolerance)
            for count in self.counts] if ended else []

    def agrees(self, tolerance):
        rows = self.compare(tolerance)
        return bool(rows) and all(row.agrees for row in rows)


class Kernel:
    """What this kernel does."""

    def __init__(self, arguments, janitor, folder):
        self._arguments, self._janitor, self._folder = arguments, janitor, folder
        disk = arguments.folder
        native.set_queue(janitor, disk, "read_ahead_kb", READ_AHEAD_KIB)
        if arguments.device == FILE:
            native.set_queue(janitor, disk, "rotational", 0)
        self.device = native.Swap(janitor, disk, SWAP_PAGES,
                                  None if arguments.device == FILE
                                  else arguments.device).kind
        self.release = os.uname().release

    def cases(self, name, program):
        room = os.path.join(self._folder, name + ".native")
        os.mkdir(room)
        runs = pressure_runs.Native(self._janitor, program, room,
                                     self._arguments.gather)
        peak_pages = runs.peak_pages()
        counts = (pressure_runs.STEADY_COUNTS if self._arguments.short
                  else pressure_runs.COUNTS)
        for percent in self._arguments.limits:
            case = Case(name, percent, peak_pages, counts)
            case.runs = [runs.run(case.limit_pages) for _ in range(self._arguments.runs)]
            yield case


class Record:
    """What a kernel did, as it was written down."""

    def __init__(self, arguments, folder):
        del folder
        try:
            with open(arguments.recorded, encoding="ascii") as file:
                record = json.load(file)
        except (OSError, ValueError) as error:
            raise Trouble(f"{arguments.recorded}: {error}") from error
        self.device, self.release = record["device"], record["release"]
        self._limits, self._cases = arguments.limits, record["cases"]

    def cases(self, name, program):
        del program
        for recorded in self._cases:
            if recorded["program"] == name and recorded["percent"] in self._limits:
                case = Case(name, recorded["percent"], recorded["peak_pages"])
                case.runs = recorded["runs"]
                yield case


def write_record(path, kernel, cases):
    record = {"device": kernel.device, "release": kernel.release,
              "cases": [{"program": case.name, "percent": case.percent,
                         "peak_pages": case.peak_pages, "runs": case.runs}
                        for case in cases]}
    with open(path, "w", encoding="ascii") as file:
        json.dump(record, file, indent=1)
        file.write("\n")


class Validator:
    def __init__(self, place, arguments, folder, kernel):
        self._place, self._arguments, self._folder = place, arguments, folder
        self._kernel = kernel
        self._options = [f"--machine={host.machine_file(place)}", *arguments.tool_option]

    def cases(self):
        for name, program in self._programs():
            for case in self._kernel.cases(name, program):
                if not self._arguments.native_only:
                    case.watched, case.seconds = pressure_runs.watch(
                        self._place, program, self._folder, case.limit_pages,
                        self._options)
                yield case

    def _programs(self):
        if self._arguments.program:
            command = Command(self._arguments.program, self._place.environment(os.environ),
                              os.getcwd())
            yield os.path.basename(command.argv[0]), pressure_runs.Program(
                command.argv, command.environment, command.folder,
                [os.path.abspath(name) for name in self._arguments.maps])
            return
        chosen, build = self._chosen(), self._place.build
        environment = self._place.environment(PLAIN_ENVIRONMENT)
        data = os.path.join(self._folder, "data")
        os.mkdir(data)
        pressure_programs.prepare(data, chosen)
        for program in chosen:
            missing = program.missing(build, environment["PATH"])
            if missing:
                print(f"validate-pressure: {program.name} is left out: there is no "
                      f"{missing}", file=sys.stderr)
                continue
            command = Command(program.words(build, data), environment, data)
            yield program.name, pressure_runs.Program(
                command.argv, environment, data, program.mapped(data))

    def _chosen(self):
        arguments, known = self._arguments, pressure_programs.PROGRAMS
        if not arguments.only:
            return [program for program in known if program.is_short == arguments.short]
        names = arguments.only.split(",")
        for name in names:
            if name not in [program.name for program in known]:
                raise Trouble(f"--only: there is no '{name}'")
        return [program for program in known if program.name in names]


def show(arguments, validator, kernel, words, out):
    """Text goes out line by line, as the cases are done."""
    cases = []
    if arguments.format == "text":
        print("\n".join(pressure_table.text_heads(kernel)), file=out, flush=True)
    for case in validator.cases():
        cases.append(case)
        if arguments.format == "text":
            print("\n".join(pressure_table.text_lines(case, arguments.tolerance)),
                  file=out, flush=True)
        if arguments.record:
            write_record(arguments.record, kernel, cases)
    if arguments.format == "json":
        out.write(pressure_table.json_document(kernel, cases, arguments.tolerance))
    elif arguments.format == "md":
        command = shlex.join(["scripts/validate-pressure", *_that_matter(words)])
        out.write(pressure_table.markdown(kernel, cases, arguments.tolerance, command))
    return cases


def run(arguments, words):
    with Place(arguments.build) as place, native.Janitor() as janitor:
        folder = tempfile.mkdtemp(prefix="vmtrace-pressure-", dir=arguments.folder)
        janitor.undo("folder", folder)
        kernel = Record(arguments, folder) if arguments.recorded else \
            Kernel(arguments, janitor, folder)
        validator = Validator(place, arguments, folder, kernel)
        cases = show(arguments, validator, kernel, words, sys.stdout)
    return AGREED if all(case.agrees(arguments.tolerance) for case in cases) else DIFFERED


def main(words):
    def action():
        arguments = parse_arguments(words)
        if arguments.recorded:
            return run(arguments, words)
        with native.swap_lock():
            return run(arguments, words)

    return status_of("validate-pressure", action)
