"""scripts/validate-allocators: each program with each allocator, natively and under
vmtrace."""

import argparse
import os
import sys

import allocators
import allocators_table
import prepare
import programs
import show_text
from command import HERE, SOURCE, Validator, about
from ending import AGREED, DIFFERED, Parser, status_of
from place import PLAIN_ENVIRONMENT, Command, Place, Skip, Trouble

LIST = os.path.join(HERE, "allocators.list")
DESCRIPTION = """\
Runs a program with each allocator natively, under perf, and under vmtrace, and sets
page faults and resident memory at the peak side by side, and the order in which they
put the allocators.  Without a program, all of a list.  They agree when both numbers
are within 2 % of what the kernel's runs had, and allocators that are further apart
than that are in the same order.
The exit status is 0 when they agree, 1 when they do not, 2 when nothing could be
said, and 77 where perf is missing or not allowed, or no other allocator is there.
"""


def parse_arguments(words):
    parser = Parser(prog="validate-allocators", description=DESCRIPTION, allow_abbrev=False,
                    usage="%(prog)s [options] [--] [program [args...]]",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("program", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    add("--build", metavar="DIR", default=os.path.join(SOURCE, "build"),
        help="the build tree [build]")
    add("--allocators", metavar="NAME,...",
        default=",".join(one.name for one in allocators.ALLOCATORS), help="[%(default)s]")
    add("--list", metavar="FILE", default=LIST,
        help="the programs to run when none is named [tests/native/allocators.list]")
    add("--only", metavar="NAME,...", help="of the list, these")
    add("--short", action="store_true", help="of the list, those tagged `short'")
    add("--threads", action="store_true", help="the program has threads")
    add("--runs", metavar="N", type=int, help="native runs [1, and if vmtrace differs, 3; "
        "with threads 5]")
    decay = parser.add_mutually_exclusive_group()
    decay.add_argument("--no-decay", action="store_true",
                       help="jemalloc and mimalloc keep what is freed: they give it back "
                            "some time later, and under vmtrace a program takes more time")
    decay.add_argument("--slower", metavar="N", type=int,
                       help="under vmtrace they give it back N times as late, as a program "
                            "runs so much slower")
    add("--set", metavar="NAME=VALUE", action="append", default=[],
        help="for the program's environment, as MALLOC_CONF=narenas:1")
    add("--avx512", action="store_true",
        help="leave AVX-512 on: Valgrind has none, so other code is run")
    add("--tool-option", metavar="OPTION", action="append", default=[],
        help="a further option for the tool")
    add("--details", action="store_true",
        help="kinds, areas and pages of each, as validate-kernel has them")
    add("--format", choices=("text", "md"), default="text")
    add("--markdown", dest="format", action="store_const", const="md",
        help="the tables of docs/VALIDATION.md")
    add("--keep", metavar="DIR", help="keep the recordings there")
    arguments = parser.parse_args(words)
    if arguments.program[:1] == ["--"]:
        del arguments.program[0]
    for setting in arguments.set:
        if "=" not in setting:
            parser.error(f"--set: '{setting}' is not NAME=VALUE")
    for option in ("runs", "slower"):
        if getattr(arguments, option) is not None and getattr(arguments, option) < 1:
            parser.error(f"--{option}: at least 1")
    return arguments


def _chosen(names):
    known = {one.name: one for one in allocators.ALLOCATORS}
    chosen = []
    for name in names.split(","):
        if name not in known:
            raise Trouble(f"--allocators: there is no '{name}'; there are "
                          f"{', '.join(known)}")
        if allocators.find(known[name]) is None:
            print(f"validate-allocators: {name} is left out: there is no "
                  f"{known[name].library} (Debian: apt install {known[name].package})",
                  file=sys.stderr)
        else:
            chosen.append(known[name])
    if chosen in ([], [allocators.GLIBC]):
        raise Skip("no allocator but the C library's is there")
    return chosen


class AllocatorValidator:
    def __init__(self, place, arguments):
        self.place, self.arguments = place, arguments
        self.chosen = _chosen(arguments.allocators)
        self.validator = Validator(place, arguments)
        given = dict(setting.split("=", 1) for setting in arguments.set)
        settings = allocators.decay(arguments.no_decay, arguments.slower)
        self.settings, self.watched_settings = [dict(one, **given) for one in settings]

    def with_each(self, name, words, environment, folder, is_threaded, beside=()):
        for allocator in self.chosen:
            if sys.stderr.isatty():
                print(f"validate-allocators: {name} with {allocator.name}", file=sys.stderr)
            commands = [self._command(words, dict(environment, **settings), folder, beside,
                                      allocator)
                        for settings in (self.settings, self.watched_settings)]
            result = self.validator.validate(f"{name}-{allocator.name}", commands[0],
                                             is_threaded, commands[1])
            if self.arguments.details:
                print("\n".join([f"{name} with {allocator.name}", "",
                                 *show_text.program(result, True), ""]), flush=True)
            yield allocators_table.Measured(name, allocator.name, result.comparison)

    def _command(self, words, environment, folder, beside, allocator):
        command = Command(words, self.place.environment(environment), folder, beside)
        command.environment = allocators.with_preload(
            command.environment, allocators.preload(allocator, command.argv[0]))
        return command

    def of_list(self):
        build = os.path.join(self.place.build, "tests", "native")
        data = self.place.room("data")
        prepare.prepare_scripts(data)
        for program in programs.chosen(self.arguments):
            missing = program.missing(PLAIN_ENVIRONMENT["PATH"], build)
            if missing:
                print(f"validate-allocators: {program.name} is left out: there is no "
                      f"{missing}", file=sys.stderr)
                continue
            yield from self.with_each(program.name, program.command(build, data),
                                      dict(PLAIN_ENVIRONMENT, PYTHONMALLOC="malloc"), data,
                                      "threads" in program.tags, program.beside)

    def all(self):
        words = self.arguments.program
        if words:
            return self.with_each(os.path.basename(words[0]), words, os.environ,
                                  os.getcwd(), self.arguments.threads)
        return self.of_list()


def run(arguments, words):
    with Place(arguments.build, arguments.avx512, arguments.keep) as place:
        measured = list(AllocatorValidator(place, arguments).all())
        if not measured:
            raise Skip("none of the programs is there")
        orders = allocators_table.orders(measured)
        if arguments.format == "md":
            lines = allocators_table.markdown(
                measured, orders, about(place, "validate-allocators", words))
        else:
            lines = allocators_table.text(measured, orders)
        print("\n".join(lines))
    return DIFFERED if any(one.objections() for one in measured + orders) else AGREED


def main(words):
    return status_of("validate-allocators", lambda: run(parse_arguments(words), words))
