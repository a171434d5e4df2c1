"""What scripts/bench measures: the programs, their inputs and their sizes."""

from collections import namedtuple

# argv: words in {braces} are sizes; stdin: a file or None; in_mean: one of
# those that the geometric mean is over; n_padding: so many bytes more in the
# environment.
Program = namedtuple("Program", "name argv stdin in_mean n_padding",
                     defaults=(0,))

PROGRAMS = (
    Program("gzip", "gzip -6 -c text".split(), None, True),
    Program("xz", "xz -1 -T1 -c text".split(), None, True),
    Program("sort", "sort --parallel=1 keys".split(), None, True),
    Program("perl", "perl work.pl part".split(), None, True),
    Program("python", "python3 work.py text {lines}".split(), None, True),
    Program("sqlite3", ["sqlite3", "-batch", "-cmd", ".parameter init", "-cmd",
                        ".parameter set :n {rows}", ":memory:"],
            "work.sql", True),
    Program("xz-6", "xz -6 -T1 -c part".split(), None, False),
    # The stack lies elsewhere in its pages: other frames straddle them.
    Program("perl-moved", "perl work.pl part".split(), None, False, 1600),
)

# Bytes of text, keys and part (the first bytes of text), lines of text that
# work.py reads, rows that work.sql makes: one to three seconds under
# --tool=none each.
FULL_SIZES = {"text": 6_000_000, "keys": 10_000_000, "part": 750_000,
              "lines": 24_000, "rows": 50_000}
QUICK_SIZES = {"text": 200_000, "keys": 200_000, "part": 50_000,
               "lines": 1_500, "rows": 1_000}

# Pages that touch.c writes to, and of how many pages one.
FULL_TOUCHES = ((100_000, 1), (500_000, 1), (1_000_000, 1), (100_000, 16), (20_000, 512))
QUICK_TOUCHES = ((5_000, 1), (20_000, 1), (5_000, 16), (5_000, 512))

# Hashes that differ from run to run would make runs differ.  The programs are
# the system's, whatever else is in the caller's PATH.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "PYTHONHASHSEED": "0",
               "PERL_HASH_SEED": "0", "PERL_PERTURB_KEYS": "0"}

NATIVE, NONE, VMTRACE, BARE = "native", "none", "vmtrace", "bare"

# Valgrind's options for each tool, in the order of a round: what is compared
# most closely runs one after the other.
TOOLS = {NATIVE: None,
         NONE: ["--tool=none"],
         VMTRACE: ["--tool=vmtrace"],
         BARE: ["--tool=vmtrace", "--mrc=no", "--ws-window=0"],
         "cachegrind": ["--tool=cachegrind", "--cache-sim=yes"],
         "callgrind": ["--tool=callgrind"],
         "lackey": ["--tool=lackey"]}
SLOW_TOOLS = ("callgrind", "lackey")


def command_of(program, sizes):
    return [word.format(**sizes) for word in program.argv]
