#!/usr/bin/python3 -B
"""What is undone when a program under pressure is killed; medians; where it is skipped.
Needs no rights: nothing but files is made."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest

import pressure_native
from place import Skip

HERE = os.path.dirname(os.path.abspath(__file__))

# Notes two files, a group, a folder and a setting, takes one file back, and waits to be
# killed.
MAKER = """\
import sys, time
sys.path.insert(0, sys.argv[1])
import pressure_native
with pressure_native.Janitor() as janitor:
    janitor.undo("file", sys.argv[2] + "/gone")
    janitor.undo("file", sys.argv[2] + "/kept")
    janitor.undo("group", sys.argv[2] + "/group")
    janitor.undo("folder", sys.argv[2] + "/folder")
    janitor.undo("setting", "old " + sys.argv[2] + "/kept")
    janitor.undone("file", sys.argv[2] + "/kept")
    print("ready", flush=True)
    time.sleep(60)
"""


class Janitors(unittest.TestCase):
    def leave(self, how):
        """What is left when a program that has noted things ends by a signal."""
        with tempfile.TemporaryDirectory() as folder:
            for name in ("gone", "kept"):
                with open(os.path.join(folder, name), "w", encoding="ascii"):
                    pass
            os.mkdir(os.path.join(folder, "group"))
            os.makedirs(os.path.join(folder, "folder", "in-it"))
            # The janitor has the pipe, too: it ends when the janitor has.
            with subprocess.Popen([sys.executable, "-B", "-c", MAKER, HERE, folder],
                                  stdout=subprocess.PIPE, text=True) as maker:
                self.assertEqual(maker.stdout.readline(), "ready\n")
                os.kill(maker.pid, how)
                maker.stdout.read()
            with open(os.path.join(folder, "kept"), encoding="ascii") as file:
                self.assertEqual(file.read(), "old")
            return sorted(os.listdir(folder))

    def test_killed(self):
        self.assertEqual(self.leave(signal.SIGKILL), ["kept"])

    def test_interrupted(self):
        self.assertEqual(self.leave(signal.SIGTERM), ["kept"])

    def test_closed(self):
        with tempfile.TemporaryDirectory() as folder:
            name = os.path.join(folder, "file")
            with open(name, "w", encoding="ascii"):
                pass
            with pressure_native.Janitor() as janitor:
                janitor.undo("file", name)
            self.assertEqual(os.listdir(folder), [])


class Numbers(unittest.TestCase):
    def test_median(self):
        self.assertEqual(pressure_native.median_and_spread([100, 90, 120]), (100, 0.2))
        self.assertEqual(pressure_native.median_and_spread([0, 0, 0]), (0, 0.0))

    def test_vmstat(self):
        self.assertGreaterEqual(pressure_native.vmstat()["pgfault"], 1)


class Rights(unittest.TestCase):
    @unittest.skipIf(os.geteuid() == 0, "is root")
    def test_root_only(self):
        with self.assertRaises(Skip):
            with pressure_native.swap_lock():
                pass


if __name__ == "__main__":
    unittest.main()
