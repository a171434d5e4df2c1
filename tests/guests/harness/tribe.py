"""Runs tests/guests/tribe.c and looks at what it leaves behind: profiles, processes, names."""

import collections
import ctypes
import os
import subprocess

from . import runner
from .profile import BadProfile, Profile

PR_SET_CHILD_SUBREAPER = 36
OPTIONS = ["--trace-children=yes", "--summary=no", "--vgdb=no"]
SECONDS = 240
MEMORY_FILES = "/dev/shm"


def become_reaper():
    """Orphans are this process's from now on."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def reap_all():
    try:
        while os.waitpid(-1, 0):
            pass
    except ChildProcessError:
        pass


def command(folder, *words, options=()):
    return runner.tool_command([*OPTIONS, *options, "--vmtrace-out-file=" + folder + "/out.%p"],
                               runner.guest_path("tribe"), words)


def start(folder, *words, options=(), temporary=None, **keywords):
    keywords.setdefault("stdin", subprocess.DEVNULL)
    environment = dict(runner.ENVIRONMENT, **({"TMPDIR": temporary} if temporary else {}))
    return subprocess.Popen(command(folder, *words, options=options), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=environment, text=True,
                            start_new_session=True, **keywords)


def names(temporary=None):
    """What of the tool's there is where programs leave things: `temporary' is TMPDIR.
    Valgrind's own file of a start is removed as soon as it is open, and so may be left
    by one that is killed."""
    found = {name for name in os.listdir(MEMORY_FILES) if "vmtrace" in name} \
        if os.path.isdir(MEMORY_FILES) else set()
    if temporary is not None:
        found |= {name for name in os.listdir(temporary)
                  if not name.startswith("valgrind_proc_")}
    return found


def descriptors(pid):
    """number -> what it is."""
    folder = "/proc/%d/fd" % pid
    found = {}
    for name in os.listdir(folder):
        try:
            found[int(name)] = os.readlink(os.path.join(folder, name))
        except OSError:
            pass
    return found


def memory_descriptors(pid):
    return [number for number, target in descriptors(pid).items()
            if target.startswith("/memfd:") and "vmtrace" in target]


class Profiles:
    """All profiles in a folder; faults: what is wrong with them."""

    def __init__(self, folder):
        self.of_pid = collections.defaultdict(list)
        self.faults = []
        for name in sorted(os.listdir(folder)):
            try:
                profile = Profile(os.path.join(folder, name))
            except BadProfile as error:
                if os.path.getsize(os.path.join(folder, name)):
                    self.faults.append(str(error))
                continue
            self.of_pid[profile.header["pid"]].append(profile)
            self.faults += ["%s: %s" % (name, fault) for fault in profile.faults()
                            if profile.end is not None]

    def all(self):
        return [profile for profiles in self.of_pid.values() for profile in profiles]

    def is_complete(self, pid):
        return bool(self.of_pid.get(pid)) and \
            all(profile.end is not None for profile in self.of_pid[pid])

    def phase(self, name, event):
        """All that there are, sorted."""
        return sorted(profile.phases[name][event] for profile in self.all()
                      if name in profile.phases)
