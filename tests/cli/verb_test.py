"""What the tests of report, annotate and export share."""

import json
import os
import shutil
import subprocess
import sys
import tempfile

VMTRACE = os.path.abspath("vmtrace/cli/vmtrace")
SCHEMAS = os.path.join(os.environ.get("srcdir", "."), "vmtrace/cli/schemas")

scratch = tempfile.mkdtemp(prefix="vmtrace-test.")
n_checks = n_wrong = 0


def check(what, expected, got):
    global n_checks, n_wrong
    n_checks += 1
    if expected != got:
        n_wrong += 1
        print(f"{what}\n  expected: {expected!r}\n  got:      {got!r}")


def holds(what, truth, seen=""):
    check(f"{what} {seen}".strip(), True, bool(truth))


def path(name):
    return os.path.join(scratch, name)


def vmtrace(*arguments, **options):
    done = subprocess.run([VMTRACE, *arguments], capture_output=True, timeout=120,
                          **options)
    return done.returncode, done.stdout, done.stderr


def output(*arguments):
    """Standard output of a call that must succeed without a word."""
    status, out, err = vmtrace(*arguments)
    check(f"status of {arguments}", (0, b""), (status, err))
    return out.decode()


def complains(what, words, *arguments):
    """One line on standard error, nothing on standard output, status 2."""
    status, out, err = vmtrace(*arguments)
    check(f"{what}: status and output", (2, b""), (status, out))
    check(f"{what}: lines of complaint", 1, err.count(b"\n"))
    holds(f"{what}: begins as it should", err.startswith(b"vmtrace: "), err)
    holds(f"{what}: says {words}", words in err.decode(), err)


def valid(what, name, document):
    """Whether a document is as its schema says; where jsonschema is missing, the
    other checks still run."""
    try:
        import jsonschema
    except ImportError:
        print("jsonschema is missing (Debian: apt install python3-jsonschema): "
              "schemas are not checked")
        return
    with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    errors = [e.message for e in jsonschema.Draft7Validator(schema).iter_errors(document)]
    check(f"{what} against {name}", [], errors[:3])


def finish():
    shutil.rmtree(scratch, ignore_errors=True)
    print(f"{n_checks} checks, {n_wrong} wrong")
    sys.exit(n_wrong > 0 or n_checks == 0)
