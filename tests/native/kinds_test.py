#!/usr/bin/python3 -B
"""Kinds from error codes, areas and what was there: one case for each branch of
mm/memory.c that makes a difference."""

import unittest

from areas import Area, AddressSpace, Frames
from kinds import access_of, kind_of, refused_kind

READ, WRITE, FETCH = 4, 4 | 2, 4 | 16
PROTECTED_WRITE = 4 | 2 | 1
HERE = 0x10000
ANON = Area(HERE, HERE + 0x4000, HERE, "00:00", "rw-", False, "[anon]")
FILE = Area(HERE, HERE + 0x4000, 0x2000, "ff:ff", "rw-", False, "/none/such")
SHARED_FILE = FILE._replace(shared=True)
SHARED_MEMORY = FILE._replace(shared=True, name="[shared anonymous]")


def kinds(area, *errors, space=None, major=False):
    """Of faults one after the other in the same page."""
    space = space or AddressSpace(Frames())
    space.map(area)
    return [kind_of(space, area, HERE, error, major) for error in errors]


class OneProcess(unittest.TestCase):
    def test_anonymous(self):
        self.assertEqual(kinds(ANON, READ, PROTECTED_WRITE), ["ZeroRd", "ZeroCow"])
        self.assertEqual(kinds(ANON, WRITE, PROTECTED_WRITE), ["ZeroWr", "Reuse"])

    def test_private_file(self):
        self.assertEqual(kinds(FILE, READ, PROTECTED_WRITE), ["FileRd", "FileCow"])
        self.assertEqual(kinds(FILE, FETCH), ["FileRd"])
        self.assertEqual(kinds(FILE, WRITE), ["FileCow"])

    def test_page_that_fault_around_mapped(self):
        self.assertEqual(kinds(FILE, PROTECTED_WRITE), ["FileCow"])
        self.assertEqual(kinds(SHARED_FILE, PROTECTED_WRITE), ["FileWr"])

    def test_page_that_was_populated_for_reading(self):
        self.assertEqual(kinds(ANON, PROTECTED_WRITE), ["ZeroCow"])

    def test_private_file_protected_and_not_again(self):
        self.assertEqual(kinds(FILE, WRITE, PROTECTED_WRITE), ["FileCow", "Reuse"])

    def test_shared_file(self):
        self.assertEqual(kinds(SHARED_FILE, READ, PROTECTED_WRITE), ["FileRd", "FileWr"])
        self.assertEqual(kinds(SHARED_FILE, WRITE), ["FileWr"])

    def test_shared_memory(self):
        self.assertEqual(kinds(SHARED_MEMORY, READ), ["ShmRd"])
        self.assertEqual(kinds(SHARED_MEMORY, WRITE, PROTECTED_WRITE), ["ShmWr", "Reuse"])
        self.assertEqual(kinds(SHARED_MEMORY._replace(shared=False), WRITE), ["FileCow"])

    def test_device(self):
        self.assertEqual(kinds(FILE, READ, major=True), ["FileMaj"])
        self.assertEqual(kinds(ANON, WRITE, major=True), ["SwapIn"])

    def test_dropped(self):
        space = AddressSpace(Frames())
        kinds(FILE, WRITE, space=space)
        space.forget(HERE, HERE + 0x1000)
        # Mapped again by fault-around, without an event.
        self.assertEqual(kind_of(space, FILE, HERE, PROTECTED_WRITE, False), "FileCow")


class Processes(unittest.TestCase):
    def setUp(self):
        self.parent = AddressSpace(Frames())
        kinds(ANON, WRITE, space=self.parent)

    def write(self, space):
        return kind_of(space, ANON, HERE, PROTECTED_WRITE, False)

    def test_both_write(self):
        child = self.parent.fork()
        self.assertEqual(self.write(self.parent), "ForkCow")
        self.assertEqual(self.write(child), "Reuse")

    def test_child_ends_first(self):
        self.parent.fork().release()
        self.assertEqual(self.write(self.parent), "Reuse")

    def test_three(self):
        child = self.parent.fork()
        other = self.parent.fork()
        self.assertEqual([self.write(space) for space in (child, other, self.parent)],
                         ["ForkCow", "ForkCow", "Reuse"])

    def test_memory_of_a_vfork_goes_with_its_last_user(self):
        self.parent.n_users = 2
        self.parent.release()
        child = self.parent.fork()
        self.assertEqual(self.write(child), "ForkCow")

    def test_pages_of_arguments(self):
        """They came without an event, and are private frames all the same."""
        stack = ANON._replace(name="[stack]")
        space = AddressSpace(Frames())
        space.map(stack)
        child = space.fork()
        self.assertEqual(kind_of(child, stack, HERE + 0x3000, PROTECTED_WRITE, False),
                         "ForkCow")

    def test_moved(self):
        self.parent.move(HERE, HERE + 0x4000, 0x50000, 0x4000, False)
        child = self.parent.fork()
        self.assertIsNone(child.find(HERE))
        self.assertEqual(kind_of(child, child.find(0x50000), 0x50000, PROTECTED_WRITE,
                                 False), "ForkCow")


class Areas(unittest.TestCase):
    def setUp(self):
        self.space = AddressSpace(Frames())
        self.space.map(FILE)

    def test_hole(self):
        self.space.unmap(HERE + 0x1000, HERE + 0x2000)
        self.assertEqual(self.space.find(HERE).end, HERE + 0x1000)
        self.assertIsNone(self.space.find(HERE + 0x1000))
        self.assertEqual(self.space.find(HERE + 0x2000).offset, 0x4000)

    def test_change_of_rights_keeps_pages(self):
        kind_of(self.space, FILE, HERE, WRITE, False)
        self.space.map(FILE._replace(rights="r--", end=HERE + 0x1000))
        self.assertGreaterEqual(self.space.state(HERE), 0)
        self.assertEqual(self.space.find(HERE + 0x1000).offset, 0x3000)

    def test_other_file_at_the_place(self):
        kind_of(self.space, FILE, HERE, WRITE, False)
        self.space.map(FILE._replace(name="/none/other"))
        self.assertIsNone(self.space.state(HERE))

    def test_over_several(self):
        self.space.map(ANON._replace(start=HERE + 0x4000, end=HERE + 0x6000))
        self.space.map(ANON._replace(start=HERE + 0x3000, end=HERE + 0x5000, name="[heap]"))
        self.assertEqual([self.space.find(HERE + at).name
                          for at in (0x2000, 0x3000, 0x4000, 0x5000)],
                         ["/none/such", "[heap]", "[heap]", "[anon]"])

    def test_stack_below_its_area(self):
        self.space.map(ANON._replace(start=HERE + 0x8000, end=HERE + 0x9000,
                                     name="[stack]"))
        self.assertEqual(self.space.find_or_grow(HERE + 0x7000).name, "[stack]")
        self.assertIsNone(self.space.find_or_grow(HERE - 0x1000 + (1 << 30)))


class Rest(unittest.TestCase):
    def test_access(self):
        self.assertEqual([access_of(error) for error in
                          (READ, WRITE, FETCH, PROTECTED_WRITE, None)],
                         ["r", "w", "x", "w", "?"])

    def test_refused(self):
        itself = FILE._replace(name=__file__, offset=1 << 40)
        self.assertEqual([refused_kind(None, HERE), refused_kind(ANON, HERE),
                          refused_kind(itself, HERE)], ["Segv", "Prot", "Bus"])


if __name__ == "__main__":
    unittest.main()
