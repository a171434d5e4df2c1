"""Runs commands for scripts/bench and measures them, in a temporary folder."""

import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import bench_programs as programs

HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(HERE, "bench-work")
PAGE_BYTES = 4096
END_BYTES = 65536               # more than a profile's last line has


class Trouble(Exception):
    """Nothing can be measured; the text says why."""


def output_of(*argv):
    try:
        done = subprocess.run(argv, stdout=subprocess.PIPE, check=True,
                              stderr=subprocess.STDOUT, text=True,
                              stdin=subprocess.DEVNULL)
    except OSError as error:
        raise Trouble(f"cannot run {argv[0]}: {error.strerror}") from error
    except subprocess.CalledProcessError as error:
        raise Trouble(f"'{' '.join(argv)}' failed: "
                      f"{error.output.strip()[-500:]}") from error
    return done.stdout.strip()


class Bench:
    """A build tree's tools and a folder that goes when this is closed."""

    def __init__(self, build, sizes):
        in_place = os.path.join(os.path.abspath(build), "scripts", "in-place")
        if not os.access(in_place, os.X_OK):
            raise Trouble(f"{build} is no build tree: run scripts/check, or "
                          "name one with --build=DIR")
        found = output_of(in_place, "sh", "-c", 'command -v valgrind; '
                          'command -v vmtrace; echo "$VALGRIND_LIB"; '
                          'echo "$VMTRACE_MACHINES"')
        self.valgrind, self.vmtrace, lib, machines = found.splitlines()
        self.room = tempfile.TemporaryDirectory(prefix="vmtrace-bench-")
        self.folder = self.room.name
        self.environment = dict(programs.ENVIRONMENT, HOME=self.folder,
                                TMPDIR=self.folder, VALGRIND_LIB=lib,
                                VMTRACE_MACHINES=machines)
        self.sizes = sizes

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.room.cleanup()

    def path(self, name):
        return os.path.join(self.folder, name)

    def make_inputs(self):
        """In another process: the kernel counts what the parent of a process
        has resident when it starts as the process's own."""
        for name in ("work.pl", "work.py", "work.sql"):
            shutil.copy(os.path.join(WORK, name), self.folder)
        output_of(sys.executable, os.path.join(WORK, "inputs.py"), self.folder,
                  str(self.sizes["text"]), str(self.sizes["keys"]))
        with open(self.path("text"), "rb") as text, \
                open(self.path("part"), "wb") as part:
            part.write(text.read(self.sizes["part"]))

    def compile_touch(self):
        output_of(*os.environ.get("CC", "cc").split(), "-O1", "-o",
                  self.path("touch"), os.path.join(WORK, "touch.c"))

    def has(self, program):
        return shutil.which(program.argv[0],
                            path=self.environment["PATH"]) is not None

    def run(self, tool, argv, stdin=None, n_padding=0):
        """One run of a command under a tool: seconds and bytes."""
        options = programs.TOOLS[tool]
        if options is not None:
            argv = [self.valgrind, *options, *argv]
        run = self._measure(argv, stdin or os.devnull, n_padding)
        if tool == programs.VMTRACE:
            run["pages"] = self._peak_pages()
        for profile in glob.glob(self.path("*.out.*")):
            os.unlink(profile)
        return run

    def _measure(self, argv, stdin, n_padding):
        environment = dict(self.environment, PADDING="x" * n_padding)
        with open(self.path(stdin), "rb") as in_file, \
                open(self.path("stderr"), "w+b") as errors:
            started = time.monotonic()
            process = subprocess.Popen(argv, stdin=in_file, stderr=errors,
                                       stdout=subprocess.DEVNULL,
                                       cwd=self.folder, env=environment)
            try:
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
            finally:
                if process.returncode is None:
                    process.kill()
                    process.wait()
            wall = time.monotonic() - started
            if process.returncode != 0:
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip()
                raise Trouble(f"'{' '.join(argv)}' ended with "
                              f"{process.returncode}: {said[-500:]}")
        return {"cpu_seconds": round(used.ru_utime + used.ru_stime, 6),
                "wall_seconds": round(wall, 6),
                "rss_bytes": used.ru_maxrss * 1024}

    def _peak_pages(self):
        """The most pages that the program had resident, by the profile."""
        profiles = glob.glob(self.path("vmtrace.out.*"))
        if len(profiles) != 1:
            raise Trouble(f"{len(profiles)} profiles were written by one run")
        with open(profiles[0], "rb") as profile:
            profile.seek(max(0, os.path.getsize(profiles[0]) - END_BYTES))
            last = json.loads(profile.readlines()[-1])
        return last["end"]["RssPeak"] // PAGE_BYTES
