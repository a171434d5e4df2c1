#!/usr/bin/python3 -B
"""Lists of programs, good and bad; fault logs, whole and not; the command line."""

import json
import os
import tempfile
import unittest

import command
import programs
import watched
from place import Trouble

HERE = os.path.dirname(os.path.abspath(__file__))

HEADER = {"vmtrace_faults": 1, "pid": 7, "date": "", "command": ["/bin/app"],
          "layout": "native"}
FAULT = {"kind": "ZeroWr", "addr": 4096, "ip": 0, "by": "user", "access": "w",
         "area": "[anon]", "page": 1, "backing": "anon", "shared": False}


class Lists(unittest.TestCase):
    def test_line(self):
        program, = programs.parse(["# text", "", " a b | tree, short needs=perl | sh -c "
                                   "'%B/x %D | y' "], "list")
        self.assertEqual((program.name, program.tags, program.needs),
                         ("a b", {"tree", "short"}, ["perl"]))
        self.assertEqual(program.command("/b", "/d"), ["sh", "-c", "/b/x /d | y"])

    def test_missing(self):
        program, = programs.parse(["a | needs=no-such-program | a"], "list")
        self.assertEqual(program.missing("/usr/bin", "/b"), "no-such-program")
        program, = programs.parse(["a | needs=%B/x | a"], "list")
        self.assertEqual(program.missing("/usr/bin", "/b"), "%B/x")
        with tempfile.TemporaryDirectory() as folder:
            os.symlink("/bin/sh", os.path.join(folder, "x"))
            self.assertIsNone(program.missing("/usr/bin", folder))

    def test_mistakes(self):
        for lines in (["a | short"], ["a | long | a"], [" | | a"], ["a | | "],
                      ["a | needs= | a"], ["a | | 'b"], ["a | | b", "a | | c"]):
            with self.assertRaises(Trouble):
                programs.parse(lines, "list")

    def test_ours(self):
        known = programs.read(os.path.join(HERE, "programs.list"))
        self.assertTrue([program for program in known if "short" in program.tags])


class Logs(unittest.TestCase):
    def read(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, records in files.items():
                with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                    file.writelines(json.dumps(record) + "\n" for record in records)
            return watched.read_logs(folder)

    @staticmethod
    def end(n_faults):
        return {"end": True, "faults": n_faults, "populated": 0, "rss_peak_bytes": 8192}

    def test_what_counts_where(self):
        image = self.read({"log.7": [
            HEADER, FAULT, dict(FAULT, by="execve"), dict(FAULT, by="populate"),
            dict(FAULT, excluded=True), dict(FAULT, kind="Segv", area=None),
            dict(FAULT, by="syscall", syscall=0), self.end(4)]}).processes[0].images[0]
        self.assertEqual((len(image.faults), image.unseen, len(image.refused),
                          image.n_faults, image.rss_peak_bytes),
                         (2, {"execve": 1, "populate": 1}, 1, 4, 8192))
        self.assertEqual(image.faults[1].by, "syscall 0")

    def test_tree(self):
        run = self.read({"log.9": [dict(HEADER, pid=9, ppid=7), self.end(0)],
                         "log.9.1": [dict(HEADER, pid=9, ppid=7, command=["ls"]),
                                     self.end(0)],
                         "log.7": [HEADER, self.end(0)]})
        self.assertEqual([[image.name for image in process.images]
                          for process in run.processes], [["app"], ["app", "ls"]])

    def test_numbers_begin_anew(self):
        logs = {f"log.{pid}": [dict(HEADER, pid=pid, ppid=ppid), self.end(0)]
                for pid, ppid in ((32000, 1), (32100, 32000), (400, 32000), (401, 400),
                                  (402, 32100))}
        self.assertEqual([process.number for process in self.read(logs).processes],
                         [32000, 32100, 402, 400, 401])

    def test_an_execve_that_failed(self):
        run = self.read({"log.7": [HEADER, self.end(0), FAULT, self.end(1)]})
        self.assertEqual(run.n_faults, 1)

    def test_not_whole(self):
        for records in ([HEADER], [HEADER, FAULT], [HEADER, FAULT, self.end(2)], [{}], []):
            with self.assertRaises(Trouble):
                self.read({"log.7": records})
        with self.assertRaises(Trouble):
            self.read({})


class CommandLine(unittest.TestCase):
    def test_options_of_the_program_are_its_own(self):
        for words in (["--all", "app", "--format=x"], ["--all", "--", "app", "--format=x"]):
            arguments = command.parse_arguments(words)
            self.assertEqual((arguments.all, arguments.program),
                             (True, ["app", "--format=x"]))

    def test_what_is_said_of_it(self):
        self.assertEqual(command._that_matter(["--build=b", "--md", "-o", "f", "--keep", "k",
                                               "--only=ls"]), ["--md", "--only=ls"])

    def test_mistakes(self):
        for words in (["--no-such"], ["--show=x"], ["--runs=0", "app"],
                      ["--format=xml", "app"]):
            with self.assertRaises(Trouble):
                command.parse_arguments(words)


if __name__ == "__main__":
    unittest.main()
