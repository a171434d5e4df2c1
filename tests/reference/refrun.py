"""Runs a program under the reference tool and under vmtrace, alike.

Both get the same options for the machine, the same environment and Valgrind's own
layout, so that every address is the same in both.  What a tool counted is a
list of dictionaries from counter to number, one for each process."""

import glob
import json
import os
import subprocess
import sys
import tempfile

COUNTERS = ("Ir", "Dr", "Dw", "ItlbM", "DtlbM", "StlbM")


class Trouble(Exception):
    """The comparison could not be made."""


def read_paths(build):
    """What configure found, from the Makefile that it wrote."""
    names = {"VALGRIND": "valgrind", "VALGRIND_COREDIR": "core",
             "VALGRIND_TARGET": "target", "abs_top_srcdir": "source"}
    makefile = os.path.join(build, "Makefile")
    try:
        with open(makefile, encoding="utf-8") as text:
            found = (line.rstrip("\n").partition(" = ") for line in text)
            paths = {names[n]: value for n, _, value in found if n in names}
    except OSError as error:
        raise Trouble(f"{makefile}: {error.strerror}: not a build tree") from error
    if len(paths) != len(names):
        raise Trouble(f"{makefile} does not say where Valgrind is")
    return paths


class Bench:
    """A Valgrind tool folder with both tools in it, and room for output.
    Its path is always of the same length, as it ends up on the stack."""

    def __init__(self, build="."):
        self.paths = read_paths(build)
        self.build = os.path.abspath(build)
        self.room = tempfile.TemporaryDirectory(prefix="vmtref-", dir="/tmp")
        self.lib = os.path.join(self.room.name, "lib")
        self.n_runs = 0
        target = self.paths["target"]
        os.mkdir(self.lib)
        for entry in os.listdir(self.paths["core"]):
            if "vmtrace" not in entry:
                os.symlink(os.path.join(self.paths["core"], entry),
                           os.path.join(self.lib, entry))
        self.vmtrace = os.path.join(self.build, f"vmtrace/tool/vmtrace-{target}")
        for name, tool in (("vmtref", "tests/reference/vmtref"),
                           ("vmtrace", self.vmtrace)):
            os.symlink(os.path.join(self.build, tool),
                       os.path.join(self.lib, f"{name}-{target}"))

    def close(self):
        self.room.cleanup()

    def program(self, name):
        return os.path.join(self.build, "tests/reference/programs", name)

    def valgrind(self, tool, options, command, timeout=300):
        """(output, exit status, Valgrind's log, folder for profiles)."""
        self.n_runs += 1
        folder = os.path.join(self.room.name, f"{self.n_runs:04}")
        os.mkdir(folder)
        log = os.path.join(folder, "log.%p")
        environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/",
                       "VALGRIND_LIB": self.lib, "PYTHONHASHSEED": "0",
                       "VMTRACE_MACHINES": os.path.join(self.paths["source"],
                                                         "vmtrace/machines")}
        options = [o.replace("{folder}", folder) for o in options]
        done = subprocess.run(
            [self.paths["valgrind"], f"--tool={tool}", "-q",
             f"--log-file={log}", *options, *command],
            env=environment, cwd="/", stdin=subprocess.DEVNULL, timeout=timeout,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.stdout, done.returncode, folder

    def record_reference(self, options, command):
        """(output, exit status, what vmtref wrote for each process)."""
        output, status, folder = self.valgrind(
            "vmtref", ["--ref-out={folder}/out.%p", *options], command)
        records = []
        for name in sorted(glob.glob(folder + "/out.*")):
            with open(name, encoding="utf-8") as text:
                records.append(json.load(text))
        return output, status, self.need(records, "vmtref", folder, output)

    def record_vmtrace(self, options, command):
        """(output, exit status, what each process's profile states last, as one
        dictionary)."""
        output, status, folder = self.valgrind(
            "vmtrace", ["--vmtrace-out-file={folder}/out.%p", "--layout=valgrind",
                        "--summary=no", "--sanity-level=2", *options], command)
        records = [read_profile(name)
                   for name in sorted(glob.glob(folder + "/out.*"))]
        return output, status, self.need(records, "vmtrace", folder, output)

    def run_reference(self, options, command):
        return only_counters(*self.record_reference(options, command))

    def run_vmtrace(self, options, command):
        return only_counters(*self.record_vmtrace(options, command))

    @staticmethod
    def need(counts, tool, folder, output):
        if counts:
            return sorted(counts, key=lambda c: [c[e] for e in COUNTERS])
        logs = "".join(open(name, encoding="utf-8", errors="replace").read()
                       for name in glob.glob(folder + "/log.*"))
        raise Trouble(f"{tool} left no counts: {logs or output.decode()}")


def read_profile(name):
    """The totals of a profile, the curve and the windows."""
    found = {}
    with open(name, encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            last = json.loads(line)
            for kind in ("curve", "windows"):
                if kind in last:
                    found[kind] = last[kind]
    if "end" not in last:
        raise Trouble(f"{name} is cut short")
    totals = last["end"]["totals"]
    return {**dict.fromkeys(COUNTERS, 0), **totals, **found}


def only_counters(output, status, records):
    return output, status, [{c: record[c] for c in COUNTERS} for record in records]


def tlb_options(itlb="128,8", dtlb="64,4", stlb="1536,12", cores=1):
    return [f"--itlb={itlb}", f"--dtlb={dtlb}", f"--stlb={stlb}",
            f"--cores={cores}"]


def compare(bench, options, command):
    """Runs both.  Returns a list of lines, one for each difference, and the
    reference's counts."""
    wanted_output, wanted_status, wanted = bench.run_reference(options, command)
    output, status, found = bench.run_vmtrace(options, command)
    differences = []
    if (output, status) != (wanted_output, wanted_status):
        differences.append(f"the program behaved differently: exit {status} "
                           f"under vmtrace, {wanted_status} under vmtref")
    if len(found) != len(wanted):
        differences.append(f"{len(found)} profiles, {len(wanted)} wanted")
    for process, (has, wants) in enumerate(zip(found, wanted)):
        for counter in COUNTERS:
            if has[counter] != wants[counter]:
                off = has[counter] - wants[counter]
                differences.append(f"process {process}: {counter} is "
                                   f"{has[counter]}, reference {wants[counter]} "
                                   f"({off:+})")
    return differences, wanted


def main_of_test(test):
    """Runs test(bench), which returns the number of failures."""
    try:
        bench = Bench()
        try:
            sys.exit(1 if test(bench) else 0)
        finally:
            bench.close()
    except Trouble as trouble:
        print(trouble)
        sys.exit(1)
