"""Where a validation runs: the build tree, a scratch folder, and the environment that
the native run and the one under the tool share to the last byte."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile

# glibc chooses its string functions by what the processor has; Valgrind's has no
# AVX-512, so that the functions, and with them the pages of code, would be others.
NO_AVX512 = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD"

# For programs of a list: the same everywhere, and hashes that are the same each time.
PLAIN_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": "/",
                     "PYTHONHASHSEED": "0", "PERL_HASH_SEED": "0",
                     "PERL_PERTURB_KEYS": "0"}


END_SECONDS = 60            # what runs beside a program has to end with it


class Trouble(Exception):
    """Nothing can be said; the text says why."""


class Skip(Exception):
    """This machine does not let us look; the text says why."""


def _ask_in_place(build):
    in_place = os.path.join(build, "scripts", "in-place")
    if not os.access(in_place, os.X_OK):
        raise Trouble(f"{build} is no build tree: build there, or name one with "
                      "--build=DIR")
    done = subprocess.run(
        [in_place, "sh", "-c",
         'command -v valgrind; command -v vmtrace; echo "$VALGRIND_LIB"; '
         'echo "$VMTRACE_MACHINES"'],
        stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Trouble(f"{in_place} failed")
    return done.stdout.splitlines()


class Place:
    def __init__(self, build, with_avx512=False, keep=None):
        self.build = os.path.abspath(build)
        valgrind, self.vmtrace, lib, machines = _ask_in_place(self.build)
        self.valgrind = self._launcher(os.path.realpath(valgrind))
        self.spawn = os.path.join(self.build, "tests", "native", "spawn")
        if not os.access(self.spawn, os.X_OK):
            raise Trouble(f"{self.spawn} is missing: make -C {self.build} "
                          "tests/native/spawn")
        self._added = {"VALGRIND_LIB": lib, "VMTRACE_MACHINES": machines}
        self._tunables = None if with_avx512 else NO_AVX512
        self._keep = keep
        if keep:
            os.makedirs(keep, exist_ok=True)
        self.folder = os.path.abspath(keep) if keep else \
            tempfile.mkdtemp(prefix="vmtrace-native-")
        self._made = [] if keep else [self.folder]

    @staticmethod
    def _launcher(path):
        """Debian's `valgrind` is a script that adds variables to the environment."""
        return path + ".bin" if os.access(path + ".bin", os.X_OK) else path

    def environment(self, base):
        result = dict(base, **self._added)
        if self._tunables:
            others = [part for part in result.get("GLIBC_TUNABLES", "").split(":") if part]
            result["GLIBC_TUNABLES"] = ":".join(others + [self._tunables])
        return result

    def room(self, name):
        """A new folder for one program's recordings."""
        path = os.path.join(self.folder, name)
        shutil.rmtree(path, ignore_errors=True)
        os.mkdir(path)
        return path

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for path in self._made:
            shutil.rmtree(path, ignore_errors=True)


class Command:
    """A program to run, here and there in the same way."""

    def __init__(self, words, environment, folder, beside=()):
        program = shutil.which(words[0], path=environment.get("PATH", "/bin:/usr/bin"))
        if program is None:
            raise Trouble(f"there is no command '{words[0]}'")
        # What it finds as its own name is the same, too.
        self.argv = [os.path.abspath(program), *words[1:]]
        self.environment = environment
        self.folder = folder
        self.beside = beside        # scripts that run at the same time

    @contextlib.contextmanager
    def _company(self, output):
        with open(output + ".beside", "wb") as said:
            others = [subprocess.Popen([sys.executable, "-B", script], cwd=self.folder,
                                       stdin=subprocess.DEVNULL, stdout=said, stderr=said)
                      for script in self.beside]
            try:
                yield
                for other in others:
                    if other.wait(END_SECONDS) != 0:
                        raise Trouble(f"{' '.join(self.beside)}: "
                                      f"{last_words(output, '.beside')}")
            except subprocess.TimeoutExpired as error:
                raise Trouble(f"{' '.join(self.beside)} does not end with the program") \
                    from error
            finally:
                for other in others:
                    other.kill()
                    other.wait()

    def run(self, prefix, output, limit_seconds, environment=None):
        """Standard output and error go to files, which buffer alike everywhere."""
        with self._company(output), open(output + ".stdout", "wb") as out, \
                open(output + ".stderr", "wb") as err:
            try:
                done = subprocess.run([*prefix, *self.argv], stdin=subprocess.DEVNULL,
                                      stdout=out, stderr=err, cwd=self.folder,
                                      env=environment or self.environment, timeout=limit_seconds,
                                      check=False)
            except subprocess.TimeoutExpired as error:
                raise Trouble(f"'{' '.join(self.argv)}' took more than "
                              f"{limit_seconds} seconds") from error
            except OSError as error:
                raise Trouble(f"cannot run {prefix[0]}: {error.strerror}") from error
        return done.returncode


def last_words(output, end=".stderr"):
    """The last line of standard error."""
    with open(output + end, encoding="utf-8", errors="replace") as lines:
        said = [line.strip() for line in lines if line.strip()]
    return said[-1] if said else "it said nothing"
