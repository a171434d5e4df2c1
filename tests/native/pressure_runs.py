"""A program under a limit of memory, by the kernel and under vmtrace.

Natively it has a control group to itself.  What a program maps and another one has in
memory already is charged to that one, so the program gets copies of all that it maps,
its libraries too: bound over the originals for it alone (pressure_launch.py), and not
in the page cache when it starts, as vmtrace takes them with --page-cache=cold.  Files
that it reads are in the page cache, and charged to nobody here.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

import pressure_native as native
from place import Skip, Trouble, last_words

HERE = os.path.dirname(os.path.abspath(__file__))
LAUNCHER = os.path.join(HERE, "pressure_launch.py")
NO_LIMIT_PAGES = 1 << 40
LIMIT_SECONDS = 600
MAPS_SECONDS = 0.005

# What is compared.  Refaults of anonymous pages are the pages read from swap again.
COUNTS = ("swap-ins", "swap-outs", "file refaults", "major faults")

# Whether the kernel takes the few hundred pages of a small program's libraries, or none of
# them, depends on what else the machine does.
STEADY_COUNTS = ("swap-ins", "swap-outs", "major faults")


class Program:
    """argv, environment and folder, and the files that it maps and are its own."""

    def __init__(self, argv, environment, folder, own_files):
        self.argv, self.environment, self.folder = argv, environment, folder
        self.own_files = own_files


# ---- natively ----

class Native:
    """Runs of one program; room: a folder on a disk for copies and output."""

    def __init__(self, janitor, program, room, gather_seconds):
        self._janitor, self._program, self._room = janitor, program, room
        self._gather_seconds = gather_seconds
        self._copies = []
        for name in sorted(self._mapped_files()):
            copy = os.path.join(room, str(len(self._copies)))
            shutil.copy(name, copy)
            self._copies.append((copy, name))

    def _launch(self):
        """It waits to be told to go, in no group yet."""
        program = self._program
        what = {"argv": program.argv, "environment": program.environment,
                "folder": program.folder, "copies": self._copies,
                "forget": [copy for copy, _ in self._copies] + program.own_files,
                "output": os.path.join(self._room, "output")}
        process = subprocess.Popen(
            [sys.executable, "-B", LAUNCHER],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write(json.dumps(what) + "\n")
        process.stdin.flush()
        if process.stdout.readline() != "ready\n":
            process.kill()
            process.communicate()
            raise Skip("a program with files of its own cannot be started")
        return process

    def _mapped_files(self):
        """Of a run of its own: what others may have mapped, too."""
        found = set()
        process = self._launch()
        process.stdin.write("go\n")
        process.stdin.close()
        while process.poll() is None:
            found.update(_maps(process.pid))
            time.sleep(MAPS_SECONDS)
        process.stdout.close()
        self._check_status(process.returncode)
        return {name for name in found
                if os.path.isfile(name) and name not in self._program.own_files}

    def _check_status(self, status):
        if status != 0:
            words = " ".join(self._program.argv)
            raise Trouble(f"'{words}' ended with status {status}: "
                          + last_words(os.path.join(self._room, "output")))

    def peak_pages(self):
        """What it takes without a limit."""
        return self._run(NO_LIMIT_PAGES)[1]

    def run(self, limit_pages):
        """Counts; None if it was killed for want of memory."""
        return self._run(limit_pages)[0]

    def _run(self, limit_pages):
        process = self._launch()
        group = native.Group(self._janitor, limit_pages)
        watchdog = threading.Timer(LIMIT_SECONDS, process.kill)
        try:
            group.add(process.pid)
            before = native.vmstat()
            watchdog.start()
            with native.gathering(group, self._gather_seconds):
                process.communicate("go\n")
            after = native.vmstat()
            if process.returncode == -signal.SIGKILL:
                return None, limit_pages
            self._check_status(process.returncode)
            return _counts(before, after, group.counts()), group.peak_pages()
        finally:
            watchdog.cancel()
            process.kill()
            process.communicate()
            group.remove()


def _maps(pid):
    """Files that a process maps; none while it is the launcher."""
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            if LAUNCHER in file.read():
                return []
        with open(f"/proc/{pid}/maps", encoding="utf-8") as lines:
            return [line.split(None, 5)[5].rstrip("\n") for line in lines if "/" in line]
    except OSError:                     # it has just ended
        return []


def _counts(before, after, group):
    return {"swap-ins": after["pswpin"] - before["pswpin"],
            "swap-outs": after["pswpout"] - before["pswpout"],
            "file refaults": group["workingset_refault_file"],
            "major faults": group["pgmajfault"]}


# ---- under vmtrace ----

def watch(place, program, room, limit_pages, options):
    """(counts, seconds) under vmtrace."""
    profile, output = os.path.join(room, "profile"), os.path.join(room, "watched")
    start = time.monotonic()
    with open(output + ".stdout", "wb") as out, open(output + ".stderr", "wb") as err:
        done = subprocess.run(
            [place.valgrind, "--tool=vmtrace", "-q", "--fair-sched=yes", "--summary=no",
             "--page-cache=cold", f"--ram={limit_pages * native.PAGE_BYTES}",
             "--reclaim=linux", f"--vmtrace-out-file={profile}", *options, *program.argv],
            stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=program.folder,
            env=program.environment, check=False)
    if done.returncode != 0:
        raise Trouble(f"under vmtrace '{' '.join(program.argv)}' ended with status "
                      f"{done.returncode}: {last_words(output)}")
    return _totals(place, profile), time.monotonic() - start


def _totals(place, profile):
    done = subprocess.run([place.vmtrace, "report", "--format=json", profile],
                          stdout=subprocess.PIPE, env=place.environment(os.environ),
                          check=False)
    if done.returncode != 0:
        raise Trouble(f"vmtrace report {profile} failed")
    pages = _vmstat(profile)
    return {"swap-ins": pages["pswpin"], "swap-outs": pages["pswpout"],
            "file refaults": pages["workingset_refault_file"],
            "major faults": json.loads(done.stdout)["totals"]["MajFlt"]}


def _vmstat(profile):
    """The record of what the kernel would have counted: docs/PROFILE.md."""
    with open(profile, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('{"vmstat":'):
                return json.loads(line)["vmstat"]
    raise Trouble(f"{profile} says nothing of swap")
