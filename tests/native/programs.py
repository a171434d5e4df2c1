"""Reads the list of programs: one a line,

    NAME | TAGS | COMMAND

TAGS, separated by spaces or commas: `threads` (the kernel's own numbers vary, so there
are several native runs), `tree` (it makes processes), `short` (it is in the short
list), `addresses` (what it allocates depends on them: for tests/heap), `turns` (its
processes take turns: for scripts/validate-processes), `orphans` (nobody waits for some
of them: there, too), `needs=PROGRAM` (it is left out where there is no such program), `beside=SCRIPT` (Python runs that at the
same time: what a server is asked).  In the command and after `needs=' %B is the build
tree's tests/native, %D the folder that prepare.py fills, where the command and the script
are run.
"""

import shlex
import shutil

from place import Trouble

TAGS = ("threads", "tree", "short", "addresses", "turns", "orphans")
NEEDS, BESIDE = "needs=", "beside="


class Program:
    def __init__(self, name, tags, words):
        self.name = name
        self.tags = {tag for tag in tags if tag in TAGS}
        self.needs = [tag[len(NEEDS):] for tag in tags if tag.startswith(NEEDS)]
        self.beside = [tag[len(BESIDE):] for tag in tags if tag.startswith(BESIDE)]
        self.words = words

    def command(self, build, data):
        return [word.replace("%B", build).replace("%D", data) for word in self.words]

    def missing(self, path, build):
        """The first program that it needs and that is not there, or None."""
        return next((name for name in self.needs
                     if shutil.which(name.replace("%B", build), path=path) is None), None)


def _program(line, where):
    parts = [part.strip() for part in line.split("|", 2)]
    if len(parts) != 3 or not parts[0] or not parts[2]:
        raise Trouble(f"{where}: not NAME | TAGS | COMMAND")
    tags = parts[1].replace(",", " ").split()
    for tag in tags:
        if tag not in TAGS and not any(tag.startswith(start) and len(tag) > len(start)
                                       for start in (NEEDS, BESIDE)):
            raise Trouble(f"{where}: there is no tag '{tag}'; there are "
                          f"{', '.join(TAGS)}, {NEEDS}PROGRAM and {BESIDE}SCRIPT")
    try:
        words = shlex.split(parts[2])
    except ValueError as error:
        raise Trouble(f"{where}: {error}") from error
    return Program(parts[0], tags, words)


def parse(lines, path):
    programs, names = [], set()
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        program = _program(line, f"{path}:{number}")
        if program.name in names:
            raise Trouble(f"{path}:{number}: {program.name} is there twice")
        names.add(program.name)
        programs.append(program)
    return programs


def read(path):
    try:
        with open(path, encoding="utf-8") as lines:
            return parse(lines, path)
    except OSError as error:
        raise Trouble(f"{path}: {error.strerror}") from error


def chosen(arguments):
    """Those that the command line wants of its list."""
    known = read(arguments.list)
    if arguments.short:
        known = [program for program in known if "short" in program.tags]
    if arguments.only:
        names = arguments.only.split(",")
        for name in names:
            if name not in [program.name for program in known]:
                raise Trouble(f"--only: there is no '{name}' in {arguments.list}")
        known = [program for program in known if program.name in names]
    return known
