#!/usr/bin/python3 -B
"""When a count of vmtrace's agrees with the kernel's runs, and how it is shown."""

import json
import unittest

from pressure_command import Case
from pressure_table import FEW, Comparison, json_document, markdown, text_lines

TOLERANCE = 15


def counts(swap_ins, others=1000):
    return {"swap-ins": swap_ins, "swap-outs": others, "file refaults": others,
            "major faults": others}


def case_of(kernel, ours):
    case = Case("program", 50, 1000)
    case.runs = [run if run is None else counts(run) for run in kernel]
    case.watched = counts(ours)
    return case


class Kernel:
    device, release = "solid", "6.18"


class Comparisons(unittest.TestCase):
    def test_median_of_runs(self):
        row = Comparison("swap-ins", [1000, 900, 1300], 1150, TOLERANCE)
        self.assertEqual(row.median, 1000)
        self.assertAlmostEqual(row.spread, 0.3)
        self.assertAlmostEqual(row.difference, 15.0)
        self.assertTrue(row.agrees)

    def test_beyond_tolerance(self):
        self.assertFalse(Comparison("swap-ins", [1000], 1151, TOLERANCE).agrees)
        self.assertFalse(Comparison("swap-ins", [1000], 849, TOLERANCE).agrees)

    def test_few_are_chance(self):
        self.assertTrue(Comparison("swap-ins", [FEW - 1], 0, TOLERANCE).agrees)
        self.assertFalse(Comparison("swap-ins", [0], FEW, TOLERANCE).agrees)
        self.assertFalse(Comparison("swap-ins", [FEW], 0, TOLERANCE).agrees)

    def test_nothing_under_vmtrace(self):
        self.assertEqual(Comparison("swap-ins", [1000], None, TOLERANCE).cells(),
                         ["1,000", "0.0%", "", ""])


class Cases(unittest.TestCase):
    def test_limit(self):
        self.assertEqual(case_of([1000], 1000).limit_pages, 500)

    def test_all_counts(self):
        self.assertTrue(case_of([1000], 1100).agrees(TOLERANCE))
        self.assertFalse(case_of([1000], 1200).agrees(TOLERANCE))

    def test_killed_runs_are_left_out(self):
        case = case_of([None, 1000, 1000], 1000)
        self.assertTrue(case.agrees(TOLERANCE))
        self.assertIn("1 of 3 runs were killed", text_lines(case, TOLERANCE)[0])

    def test_all_killed_is_no_agreement(self):
        case = case_of([None, None], 1000)
        self.assertFalse(case.agrees(TOLERANCE))
        self.assertEqual(len(text_lines(case, TOLERANCE)), 1)


class Shown(unittest.TestCase):
    def test_text_marks_what_differs(self):
        lines = text_lines(case_of([1000], 1200), TOLERANCE)
        self.assertRegex(lines[0], r"program +3\.9 +50% swap-ins +1,000 +0\.0% +1,200 "
                                   r"+\+20\.0% \*$")
        self.assertFalse(any("*" in line for line in lines[1:]))

    def test_markdown(self):
        lines = markdown(Kernel, [case_of([1000, 990, 1010], 1050)], TOLERANCE,
                         "command").splitlines()
        self.assertTrue(lines[-1].startswith(
            "| program | 3.9 | 50 % | 1,000 ± 1.0 % | 1,050 (+5.0 %) |"))
        self.assertEqual(lines[-1].count("|"), lines[2].count("|"))

    def test_json(self):
        case = json.loads(json_document(Kernel, [case_of([1000], 1200)],
                                        TOLERANCE))["cases"][0]
        self.assertEqual((case["limit_pages"], case["agrees"]), (500, False))
        self.assertEqual(case["vmtrace"]["swap-ins"], 1200)


if __name__ == "__main__":
    unittest.main()
