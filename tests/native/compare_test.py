#!/usr/bin/python3 -B
"""Two sides made by hand: what is found by both and by one alone, what is within the
tolerances, and what is printed of it."""

import json
import os
import tempfile
import unittest

import drill
import host
import show_json
import show_markdown
import show_text
import verdict
from areas import Area
from command import Result
from compare import Comparison, maxrss_uncertainty_bytes
from faults import Fault, Image, Process, Run
from place import Trouble

SCHEMA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "vmtrace",
                      "cli", "schemas", "validate-kernel.schema.json")
FILE, HEAP = "/lib/libx.so", 0x555555560000
ABOUT = {"command": "scripts/validate-kernel app", "kernel": "6.18", "cpu": "A CPU",
         "processors": 2, "valgrind": "valgrind-3.19.0"}
STAT = {"page-faults": 1, "minor-faults": 1, "major-faults": 0}


def file_fault(page, kind="FileRd"):
    return Fault(kind, 0x7ffff7000000 + page * 4096 + 5, 0x400000, "user", "r", FILE, page)


def heap_fault(page, kind="ZeroWr", area="[heap]"):
    return Fault(kind, HEAP + page * 4096, 0x400000, "user", "w", area, None)


def run_of(faults, unseen=0, rss_pages=100, refused=(), maxrss_pages=90):
    image = Image("app")
    image.faults, image.refused = list(faults), list(refused)
    image.unseen = {"execve": unseen} if unseen else {}
    image.rss_peak_bytes = None if rss_pages is None else rss_pages * 4096
    image.mappings = [(1.0, Area(0x7ffff7000000, 0x7ffff7010000, 0, "fe:00", "r--", False,
                                 FILE))]
    process = Process(7, None)
    process.images = [image]
    run = Run([process])
    run.usage = {"minflt": len(image.faults), "majflt": 0,
                 "maxrss_bytes": maxrss_pages * 4096}
    return run


def compare(ours, *natives):
    return Comparison([run_of(faults) for faults in natives], run_of(ours))


def objections(comparison, is_threaded=False):
    return verdict.objections(comparison, is_threaded, False)


class KnownFolios(host.Folios):
    """A map that is there."""

    def __init__(self, text):
        with tempfile.NamedTemporaryFile("w", delete=False) as file:
            file.write(text)
        self.path, self.is_known = file.name, True


class Pages(unittest.TestCase):
    def test_both(self):
        faults = [file_fault(3), heap_fault(0), heap_fault(0, "ZeroCow")]
        image, = compare(faults, faults).images
        self.assertEqual((image.n_both, image.kernel_alone, image.ours_alone), (3, [], []))

    def test_one_side(self):
        image, = compare([file_fault(3), heap_fault(1)],
                         [file_fault(3), heap_fault(2)]).images
        self.assertEqual((image.n_both, image.kernel_alone[0].address,
                          image.ours_alone[0].address, image.n_one_sided()),
                         (1, HEAP + 0x2000, HEAP + 0x1000, 2))

    def test_a_page_as_often(self):
        """The same page faults twice for the kernel, once for us."""
        image, = compare([heap_fault(1)], [heap_fault(1), heap_fault(1)]).images
        self.assertEqual((image.n_both, len(image.kernel_alone), len(image.ours_alone)),
                         (1, 1, 0))

    def test_another_kind(self):
        image, = compare([heap_fault(1, "ForkCow")],
                         [heap_fault(1, "Reuse"), heap_fault(2, "Reuse")]).images
        self.assertEqual((image.n_both, image.n_one_sided()), (0, 1))
        self.assertEqual([(fault.kind, other.kind) for fault, other in image.other_kinds],
                         [("Reuse", "ForkCow")])

    def test_name_of_memory_does_not_matter(self):
        image, = compare([heap_fault(1, area="[anon]")], [heap_fault(1)]).images
        self.assertEqual(image.n_both, 1)
        self.assertEqual(image.areas["[heap]"].difference, -1)

    def test_what_one_native_run_had(self):
        """Neither is missing when some native runs have a page and some do not."""
        common = [file_fault(1)]
        natives = (common, common + [file_fault(2)])
        for ours in natives:
            image, = compare(ours, *natives).images
            self.assertEqual((image.kernel_alone, image.ours_alone, image.kernel_distance,
                              image.distance), ([], [], 1, 0))


class Tolerances(unittest.TestCase):
    def test_few_faults(self):
        base = [heap_fault(page) for page in range(100)]
        self.assertEqual(objections(compare(base[:97], base)), [])
        self.assertEqual(len(objections(compare(base[:96], base))), 3)  # Flt, perf, kind

    def test_share(self):
        """0.3 % of 2000 faults are 6."""
        base = [heap_fault(page % 4) for page in range(2000)]
        self.assertEqual(objections(compare(base[:1994], base)), [])
        self.assertNotEqual(objections(compare(base[:1993], base)), [])

    def test_spread(self):
        natives = [[heap_fault(0)] * 10, [heap_fault(0)] * 20]
        self.assertEqual(objections(compare([heap_fault(0)] * 23, *natives)), [])
        self.assertNotEqual(objections(compare([heap_fault(0)] * 24, *natives)), [])

    def test_errors_that_cancel(self):
        ours = [heap_fault(page) for page in range(6)]
        kernel = [heap_fault(page + 10) for page in range(6)]
        found = objections(compare(ours, kernel))
        self.assertEqual(found, ["1 app: 12 pages were found by one side only"])

    def test_kinds_that_cancel(self):
        ours = [heap_fault(0, "ForkCow")] * 4
        kernel = [heap_fault(0, "Reuse")] * 4
        self.assertEqual([line.split(":")[1].strip()
                          for line in objections(compare(ours, kernel))],
                         ["ForkCow", "Reuse"])

    def test_who_copies_is_chance(self):
        """With processes, but not how many copy or reuse."""
        def with_child(faults):
            run = run_of(faults)
            run.processes.append(Process(8, run.processes[0]))
            run.processes[1].images = [Image("child")]
            run.processes[1].images[0].rss_peak_bytes = 4096
            return run
        kernel = [heap_fault(0, "Reuse")] * 4
        self.assertEqual(objections(Comparison([with_child(kernel)], with_child(
            [heap_fault(0, "ForkCow")] * 4))), [])
        found = objections(Comparison([with_child(kernel)], with_child(
            [heap_fault(0, "ForkCow")] * 8)))
        self.assertIn("1 app: ForkCow or Reuse: 4 by the kernel, 8 by vmtrace", found)

    def test_threads(self):
        """Only the pages of files are held against each other."""
        def faults(make, start):
            return [make(page) for page in range(start, start + 6)]
        self.assertEqual(objections(compare(faults(heap_fault, 0), faults(heap_fault, 20)),
                                    True), [])
        self.assertEqual(objections(compare(faults(file_fault, 0), faults(file_fault, 20)),
                                    True),
                         ["1 app: 12 pages of files were found by one side only"])

    def test_resident(self):
        natives = [run_of([], rss_pages=1000)]
        self.assertEqual(objections(Comparison(natives, run_of([], rss_pages=1010))), [])
        self.assertEqual(len(objections(Comparison(natives, run_of([], rss_pages=1011)))), 1)

    def test_resident_by_usage(self):
        """Where nothing exact is known: 31 pages on each processor, three times."""
        self.assertEqual(maxrss_uncertainty_bytes(2), 31 * 2 * 3 * 4096)
        self.assertEqual(maxrss_uncertainty_bytes(64), 127 * 64 * 3 * 4096)
        beyond = maxrss_uncertainty_bytes(os.cpu_count()) // 4096 + 1
        natives = [run_of([], rss_pages=None, maxrss_pages=100)]
        self.assertEqual(objections(Comparison(natives, run_of([], rss_pages=100))), [])
        self.assertEqual(len(objections(
            Comparison(natives, run_of([], rss_pages=100 + beyond)))), 1)

    def test_programs_of_one_side(self):
        more = run_of([])
        more.processes.append(Process(8, more.processes[0]))
        more.processes[1].images = [Image("child")]
        self.assertEqual(objections(Comparison([run_of([])], more)),
                         ["0 programs ran natively alone, 1 under vmtrace alone"])

    def test_faults_without_an_event_are_in_flt(self):
        native = run_of([heap_fault(0)])
        native.usage["minflt"] = 5
        self.assertEqual(objections(Comparison([native], run_of([heap_fault(0)],
                                                                unseen=4))), [])


class Printed(unittest.TestCase):
    def setUp(self):
        ours = run_of([file_fault(3), heap_fault(1)], refused=[heap_fault(5, "Segv", "")])
        self.result = Result("app", ["/bin/app"])
        self.result.stat = STAT
        self.result.folios = KnownFolios("vmtrace-folios 1\n"
                                         "file 254:0 7 900 1.0 /lib/liba.so\n0 2\n"
                                         f"file 254:0 8 900 1.0 {FILE}\n4 4\n16 2\n")
        self.addCleanup(os.unlink, self.result.folios.path)
        self.result.comparison = Comparison([run_of([file_fault(3), file_fault(4)])], ours)
        self.result.objections = objections(self.result.comparison)
        self.skipped = Result("gone")
        self.skipped.skipped = "there is no gone"

    def test_text(self):
        text = "\n".join(show_text.program(self.result, False))
        for line in ("1 app: 1 faults found by both, 0 as different kinds, 1 by the kernel "
                     "alone, 1 by vmtrace alone", "The two agree."):
            self.assertIn(line, text.splitlines())
        self.assertRegex(text, r"kernel +/lib/libx.so +4 +0x7ffff7004000 +FileRd +r")
        self.assertRegex(text, r"vmtrace +\[heap\] +0x555555561 +0x555555561000 +ZeroWr")

    def test_list(self):
        self.assertEqual(show_text.list_lines(self.result)[0].split(),
                         ["app", "2", "2", "0", "1", "0", "1", "1", "0.39", "0.39", "agree"])
        self.assertIn("skipped: there is no gone", show_text.list_lines(self.skipped)[0])

    def test_markdown(self):
        text = show_markdown.document([self.result, self.skipped], ABOUT)
        self.assertIn("| app | 2 | 2 | 0 | 1 | 0 | 1 | 1 | 0.39 | 0.39 | agree |\n", text)
        self.assertIn("Not run: gone: there is no gone.", text)

    def test_json(self):
        document = json.loads(show_json.document([self.result, self.skipped], ABOUT))
        image = document["programs"][0]["images"][0]
        self.assertEqual((image["found_by_both"], image["kernel_alone"],
                          [fault["by"] for fault in image["one_sided"]]),
                         (1, 1, ["kernel", "vmtrace"]))
        try:
            import jsonschema
        except ImportError:
            self.skipTest("jsonschema is missing (Debian: apt install python3-jsonschema)")
        with open(SCHEMA, encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft7Validator.check_schema(schema)
        jsonschema.validate(document, schema)
        del image["kinds"]
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(document, schema)

    def test_folios(self):
        of_page = self.result.folios.of_page
        self.assertEqual([of_page("libx.so", page) for page in (0, 4, 7, 8, 17)],
                         [None, (4, 4), (4, 4), None, (16, 2)])
        self.assertEqual(of_page("/lib/liba.so", 1), (0, 2))

    def test_area(self):
        lines = drill.show_area(self.result.comparison, "libx.so")
        self.assertEqual([line.split()[:2] for line in lines[-2:]], [["=", "3"], ["-", "4"]])
        with self.assertRaises(Trouble):
            drill.show_area(self.result.comparison, "liby.so")

    def test_page(self):
        text = "\n".join(drill.show_page(self.result, "libx.so:4"))
        self.assertIn("0x7ffff7000000..0x7ffff7010000", text)
        self.assertIn("page 4 is in a folio of 4 pages from 4", text)
        for wrong in ("libx.so:99", "libx.so", "libx.so:four"):
            with self.assertRaises(Trouble):
                drill.show_page(self.result, wrong)


if __name__ == "__main__":
    unittest.main()
