#!/usr/bin/python3 -B
"""What agrees within 2 %, which order counts, and what allocators are found."""

import os
import subprocess
import tempfile
import unittest

import allocators
import allocators_table
import programs
from allocators_command import parse_arguments
from compare import Spread
from place import PLAIN_ENVIRONMENT, Command, Trouble

HERE = os.path.dirname(os.path.abspath(__file__))
ABOUT = {"command": "scripts/validate-allocators", "kernel": "6.18", "cpu": "A CPU",
         "processors": 2, "valgrind": "valgrind-3.19.0"}
PAGE_BYTES = 4096


class Numbers:
    """A comparison of two sides, as far as it is read."""

    class Row:
        def __init__(self, least, most, ours):
            self.kernel, self.ours = Spread(least, most), ours
            self.difference = max(0, ours - most) or min(0, ours - least)

    def __init__(self, faults, peak_pages=(1000, 1000, 1000)):
        self.total = self.Row(*faults)
        self.rss_peak = self.Row(*[pages * PAGE_BYTES for pages in peak_pages])


def measured(faults, allocator="glibc", program="app", **more):
    return allocators_table.Measured(program, allocator, Numbers(faults, **more))


class Agreement(unittest.TestCase):
    def test_two_percent(self):
        self.assertEqual(measured((900, 1000, 1020)).objections(), [])
        self.assertEqual(measured((900, 1000, 880)).objections(), [])
        self.assertEqual(len(measured((900, 1000, 1021)).objections()), 1)
        self.assertEqual(len(measured((900, 1000, 879)).objections()), 1)
        self.assertEqual(measured((10000, 10000, 9999)).share_text("Flt"), "+0.0%")
        self.assertEqual(len(measured((5, 5, 5), peak_pages=(100, 100, 103)).objections()),
                         1)

    def test_peak_without_recording(self):
        """Then it is as ru_maxrss, which each processor's share makes unsure."""
        numbers = Numbers((5, 5, 5))
        numbers.rss_peak, numbers.our_rss_peak = None, 40 << 20
        numbers.maxrss = Spread(40 << 20, 40 << 20)
        one = allocators_table.Measured("app", "glibc", numbers)
        self.assertEqual(one.objections(), [])
        # At least 31 pages of each of three counters.
        self.assertLessEqual(one.rows["RssPeak"].kernel.least,
                             (40 << 20) - 3 * 31 * PAGE_BYTES)


class Orders(unittest.TestCase):
    def order(self, *numbers):
        group = [measured(faults, name) for faults, name in zip(numbers, "abcd")]
        by_faults, _ = allocators_table.orders(group)
        return by_faults

    def test_same(self):
        order = self.order((100, 100, 101), (110, 110, 109), (111, 111, 108))
        self.assertEqual((order.kernel, order.ours), ("a < b = c", "a < c = b"))
        self.assertEqual(order.objections(), [])

    def test_reversed(self):
        order = self.order((100, 100, 104), (103, 103, 102))
        self.assertEqual((order.kernel, order.ours), ("a < b", "b = a"))
        self.assertEqual(len(order.objections()), 1)

    def test_within_tolerance(self):
        self.assertEqual(self.order((100, 100, 103), (102, 102, 100)).objections(), [])

    def test_runs_that_overlap(self):
        """No two of a's and b's runs would have to be that way round."""
        order = self.order((100, 140, 120), (139, 139, 110))
        self.assertEqual((order.kernel, order.objections()), ("a = b", []))

    def test_one_allocator(self):
        self.assertEqual(allocators_table.orders([measured((1, 1, 1))]), [])

    def test_printed(self):
        group = [measured((1000, 1000, 1100)), measured((2000, 2010, 2010), "jemalloc")]
        found = allocators_table.orders(group)
        text = "\n".join(allocators_table.text(group, found))
        self.assertRegex(text, r"app +glibc +1,000 +1,100 +\+10\.0% +3\.91 +3\.91 +"
                               r"\+0\.0% +differ")
        self.assertRegex(text, r"app +jemalloc +2,000\.\.2,010 +2,010 .* agree")
        self.assertRegex(text, "app +Flt +glibc < jemalloc +glibc < jemalloc +agree")
        lines = allocators_table.markdown(group, found, ABOUT)
        self.assertIn("| app | glibc | 1,000 | 1,100 | +10.0% | 3.91 | 3.91 | +0.0% | "
                      "differ |", lines)


class Libraries(unittest.TestCase):
    def test_program_of_glibc(self):
        self.assertIsNone(allocators.preload(allocators.GLIBC, "/bin/true"))

    def test_missing(self):
        missing = allocators.Allocator("none", "libno-such-thing.so.9", "none")
        self.assertIsNone(allocators.find(missing))
        self.assertIsNone(allocators.preload(missing, "/bin/true"))

    def test_environment(self):
        self.assertEqual(allocators.with_preload({"A": "1"}, None), {"A": "1"})
        self.assertEqual(allocators.with_preload({"LD_PRELOAD": "b"}, "/a"),
                         {"LD_PRELOAD": "/a:b"})

    def test_program_with_another(self):
        """The C library has to be named to come first where a program has jemalloc."""
        if allocators.find(allocators.ALLOCATORS[1]) is None:
            self.skipTest("there is no jemalloc")
        with tempfile.TemporaryDirectory() as folder:
            program = os.path.join(folder, "app")
            try:
                subprocess.run(["cc", "-o", program, "-x", "c", "-", "-x", "none",
                                "-Wl,--no-as-needed",
                                allocators.find(allocators.ALLOCATORS[1])],
                               input=b"int main(void) { return 0; }", check=True,
                               stderr=subprocess.DEVNULL)
            except (OSError, subprocess.CalledProcessError):
                self.skipTest("there is no compiler")
            path = allocators.preload(allocators.GLIBC, program)
        self.assertEqual(os.path.basename(path or ""), "libc.so.6")


class Decay(unittest.TestCase):
    def test_as_it_is(self):
        self.assertEqual(allocators.decay(False), [{}, {}])

    def test_off(self):
        kernel, ours = allocators.decay(True)
        self.assertEqual(kernel, ours)
        self.assertIn("dirty_decay_ms:-1", kernel["MALLOC_CONF"])

    def test_slower(self):
        kernel, ours = allocators.decay(False, 40)
        self.assertEqual((kernel["MIMALLOC_DECOMMIT_DELAY"],
                          ours["MIMALLOC_DECOMMIT_DELAY"]), ("25", "1000"))
        self.assertIn("dirty_decay_ms:400000", ours["MALLOC_CONF"])
        lengths = {sum(len(f"{name}={value}") for name, value in one.items())
                   for one in (kernel, ours)}
        self.assertEqual(len(lengths), 1)


class Beside(unittest.TestCase):
    def run_beside(self, script, words):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "client.py"), "w", encoding="ascii") as file:
                file.write(script)
            command = Command(words, PLAIN_ENVIRONMENT, folder, ["client.py"])
            return command.run([], os.path.join(folder, "out"), 60)

    def test_meet(self):
        """The program waits for a file that the script writes."""
        self.assertEqual(self.run_beside("open('here', 'w')", [
            "sh", "-c", "until test -e here; do sleep 0.02; done; exit 3"]), 3)

    def test_failure(self):
        with self.assertRaisesRegex(Trouble, "client.py: it is cold"):
            self.run_beside("import sys; sys.exit('it is cold')", ["true"])

    def test_tag(self):
        program, = programs.parse(["a | beside=x.py | a"], "list")
        self.assertEqual(program.beside, ["x.py"])


class CommandLine(unittest.TestCase):
    def test_list(self):
        known = programs.read(os.path.join(HERE, "allocators.list"))
        self.assertTrue([program for program in known if "short" in program.tags])
        for program in known:
            for script in program.beside:
                self.assertTrue(os.path.exists(os.path.join(HERE, "programs", script)))

    def test_mistakes(self):
        for words in (["--set=NOTHING"], ["--runs=0"], ["--slower=0"], ["--no-such-option"]):
            with self.assertRaises(Trouble):
                parse_arguments(words)


if __name__ == "__main__":
    unittest.main()
