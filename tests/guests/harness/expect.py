"""Expectations: what a guest must count, and why.

An expectation file:

   # a comment
   run NAME
      args = WORDS              of the guest; $dir is a folder on a disk, $shm one
                                on a tmpfs, $here the folder of this file, $xN
                                an x N times
      options = WORDS           of the tool
      exit = N                  exit status, 0 if not given; -N: killed by signal N
      guest = NAME              if not the file's own name
      folios = PAGES: START+N ...   $file is a file of that many pages, $map the
                                folio map that says in which large folios it is
      profiles = N              how many are written, 1 if not given
      needs = avx2              a flag of /proc/cpuinfo
      native = no               the kernel's own counts say nothing about this run
      WHERE: EVENT = NUMBER, ...  # how the number comes about
      kernel PART = NUMBER      # why ru_minflt is not the part's sum of kinds
      unseen PART               # why perf counts other faults there
   LATER - EARLIER
      WHERE: EVENT = NUMBER     # the difference of two runs

WHERE is a symbol of the guest, `nowhere` (code that is in no file of the guest's),
`start` (what the kernel does at execve), or `total`; before it `PROCESS/`: child
(the one process that was forked), exec (what the first process became by
execve), child-exec; after it `@N`, thread N.  NUMBER is a sum of integers, or
LEAST..MOST with the reason why it cannot be exact.

At a symbol and nowhere, a fault kind that is not named must be 0, and so must
Prot, Segv and Bus.
"""

import ast
import re
import shlex


class BadExpectation(Exception):
    pass


_OPERATORS = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b,
              ast.Mult: lambda a, b: a * b, ast.FloorDiv: lambda a, b: a // b}


def _evaluate(node):
    if isinstance(node, ast.Expression):
        return _evaluate(node.body)
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_evaluate(node.operand)
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_evaluate(node.left), _evaluate(node.right))
    raise ValueError("not a sum of integers")


def number(text):
    """(least, most) of an expression."""
    parts = [_evaluate(ast.parse(p.strip(), mode="eval")) for p in text.split("..")]
    if len(parts) > 2 or parts[0] > parts[-1]:
        raise ValueError("not a number or a range")
    return parts[0], parts[-1]


class Line:
    """One expectation: process, symbol, thread, events: name -> (least, most)."""

    def __init__(self, text, place):
        self.text, self.place = text.strip(), place
        where, _, rest = text.partition(":")
        rest, _, self.why = rest.partition("#")
        match = re.fullmatch(r"\s*(?:([\w-]+)/)?([\w.]+)(?:@(\d+))?\s*", where)
        if not match or not self.why.strip():
            raise ValueError("want `WHERE: EVENT = NUMBER, ...  # how it comes about`")
        self.process = match.group(1) or "main"
        self.symbol = match.group(2)
        self.thread = int(match.group(3)) if match.group(3) else None
        self.events = {}
        for part in filter(str.strip, rest.split(",")):
            name, equals, value = part.partition("=")
            if not equals or not re.fullmatch(r"\s*[A-Z]\w*\s*", name):
                raise ValueError("want EVENT = NUMBER, got %r" % part)
            self.events[name.strip()] = number(value)


class Run:
    def __init__(self, name, place):
        self.name, self.place = name, place
        self.guest = None
        self.args, self.options = [], []
        self.exit, self.profiles = 0, 1
        self.needs = []
        self.native = True
        self.lines, self.kernel = [], {}
        self.unseen = set()
        self.minus = None               # (later, earlier)
        self.folios = None              # (pages, [(start, number of pages)])

    def set(self, key, value):
        if key in ("args", "options", "needs"):
            setattr(self, key, shlex.split(value))
        elif key in ("exit", "profiles"):
            setattr(self, key, int(value))
        elif key == "native":
            self.native = {"yes": True, "no": False}[value]
        elif key == "guest":
            self.guest = value
        elif key == "folios":
            pages, _, folios = value.partition(":")
            self.folios = int(pages), [tuple(map(int, f.split("+"))) for f in folios.split()]
        else:
            raise ValueError("unknown setting %r" % key)


def _statement(runs, line, place):
    text = line.partition("#")[0].strip()
    if re.fullmatch(r"run [\w-]+", text):
        runs.append(Run(text[4:], place))
    elif re.fullmatch(r"[\w-]+ - [\w-]+", text):
        runs.append(Run(text, place))
        runs[-1].minus = tuple(text.split(" - "))
    elif not runs:
        raise ValueError("nothing may come before the first run")
    elif re.fullmatch(r"kernel \w+\s*=.*", text):
        part, _, value = text[7:].partition("=")
        if "#" not in line:
            raise ValueError("want `kernel PART = NUMBER  # why`")
        runs[-1].kernel[part.strip()] = number(value)
    elif re.fullmatch(r"unseen \w+", text):
        if "#" not in line:
            raise ValueError("want `unseen PART  # why`")
        runs[-1].unseen.add(text[7:])
    elif ":" in text.partition("=")[0]:
        runs[-1].lines.append(Line(line, place))
    else:
        key, equals, value = text.partition("=")
        if not equals:
            raise ValueError("not understood")
        runs[-1].set(key.strip(), value.strip())


def read(path):
    """The runs of an expectation file."""
    runs = []
    with open(path) as f:
        for n, line in enumerate(f, 1):
            if line.partition("#")[0].strip() == "":
                continue
            place = "%s:%d" % (path, n)
            try:
                _statement(runs, line, place)
            except (ValueError, KeyError, SyntaxError) as e:
                raise BadExpectation("%s: %s" % (place, e))
    for run in runs:
        if not run.lines:
            raise BadExpectation("%s: run %s expects nothing" % (run.place, run.name))
    return runs
