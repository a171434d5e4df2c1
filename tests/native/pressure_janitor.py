"""Undoes what another process made, when that one is gone: see pressure_native.py.

Reads lines: `undo WHAT NAME' notes a step, `undone WHAT NAME' takes it back.  At the end
of the input the steps that are left are done, last first.
"""

import os
import shutil
import signal
import subprocess
import sys
import time


def remove_group(folder):
    for _ in range(100):
        try:
            with open(os.path.join(folder, "cgroup.procs"), encoding="ascii") as file:
                for pid in file:
                    os.kill(int(pid), signal.SIGKILL)
        except OSError:
            pass
        try:
            os.rmdir(folder)
            return
        except FileNotFoundError:
            return
        except OSError:
            time.sleep(0.1)


def remove_file(name):
    try:
        os.unlink(name)
    except OSError:
        pass


def remove_zram(number):
    for name, text in ((f"/sys/block/zram{number}/reset", "1"),
                       ("/sys/class/zram-control/hot_remove", number)):
        try:
            with open(name, "w", encoding="ascii") as file:
                file.write(text)
        except OSError:
            pass


def write_back(what):
    text, name = what.split(" ", 1)
    try:
        with open(name, "w", encoding="ascii") as file:
            file.write(text)
    except OSError:
        pass


def run(*command):
    subprocess.run(command, stderr=subprocess.DEVNULL, check=False)


STEPS = {
    "group": remove_group,
    "file": remove_file,
    "folder": lambda name: shutil.rmtree(name, ignore_errors=True),
    "setting": write_back,
    "zram": remove_zram,
    "swap": lambda name: run("swapoff", name),
    "loop": lambda name: run("losetup", "-d", name),
}


def main():
    for which in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
        signal.signal(which, signal.SIG_IGN)
    steps = []
    for line in sys.stdin:
        word, what, name = line.rstrip("\n").split(" ", 2)
        if word == "undo":
            steps.append((what, name))
        elif (what, name) in steps:
            steps.remove((what, name))
    for what, name in reversed(steps):
        STEPS[what](name)


main()
