#!/usr/bin/python3 -B
"""Recordings made by hand: what belongs to the program, and what became of each
fault."""

import unittest

import perf_text
from history import Reader, Trouble

STACK = "PERF_RECORD_MMAP2 {0}/{0}: [0x7ffffffde000(0x21000) @ 0x7ffffffde000 00:00 0 0]: " \
        "rw-p [stack]"
DATA = "PERF_RECORD_MMAP2 {0}/{0}: [0x600000(0x8000) @ 0x600000 00:00 0 0]: rw-p //anon"
CODE = "PERF_RECORD_MMAP2 {0}/{0}: [0x400000(0x3000) @ 0x1000 ff:ff 9 0]: r-xp /none/such"
START = [(10, "PERF_RECORD_COMM exec: spawn:10/10"), (10, STACK), (10, DATA),
         (10, "PERF_RECORD_FORK(20:20):(10:10)"),
         (10, "task:task_newtask: pid=20 comm=spawn clone_flags=4100 oom_score_adj=0"),
         (20, "PERF_RECORD_COMM exec: app:20/20"), (20, STACK), (20, DATA), (20, CODE)]


def fault(pid, address, error, end="minor-faults", ip=0x400010):
    where = "kernel" if ip >= 1 << 63 else "user"
    name = "copy_bytes" if ip >= 1 << 63 else hex(ip)
    lines = [f"exceptions:page_fault_{where}: address={address:#x} ip={name} "
             f"error_code={error:#x}     0 ffffffff821f31c0 ABI:2    IP:0x400012 "]
    for event in ("page-faults", end):
        if event:
            lines.append(f"{event}:   {address:x}   {ip:x} ABI:2    IP:0x400012 ")
    return [(pid, line) for line in lines]


def resident(pid, mm, current, member, n_pages):
    return [(pid, f"kmem:rss_stat: mm_id={mm} curr={current} type=MM_{member} "
                  f"size={n_pages * 4096}B     0 ffffffff815e4b03 ABI:2    IP:0x400012 ")]


def allocated(pid, migratetype):
    return (pid, "kmem:mm_page_alloc: page=0x1 pfn=0x1 order=0 "
                 f"migratetype={migratetype} gfp_flags=GFP_HIGHUSER_MOVABLE     0 "
                 "ffffffff8161f78b ABI:2    IP:0x400012 ")


def read(*groups, has_tracepoints=True, has_allocations=False):
    lines = [f" {pid}/{pid}  {1 + number / 1e6:.9f}: {text.format(pid)}"
             for number, (pid, text) in enumerate(
                 line for group in groups for line in group)]
    return Reader(has_tracepoints, has_allocations).read(perf_text.events(lines))


def kinds(image):
    return [fault.kind for fault in image.faults]


class Program(unittest.TestCase):
    def test_what_starts_it_is_left_out(self):
        run = read(START[:3], fault(10, 0x600000, 6), START[3:5], fault(20, 0x601000, 6),
                   START[5:], fault(20, 0x602000, 6), fault(10, 0x603000, 6))
        self.assertEqual([process.number for process in run.processes], [20])
        self.assertEqual([hex(fault.address) for fault in run.processes[0].images[0].faults],
                         ["0x602000"])
        self.assertEqual(run.left_out, {"page-faults": 3, "minor-faults": 3})

    def test_copied_if_a_frame_was_taken(self):
        """And no interrupt took it.  Whoever else has the page does not matter then: here
        nobody has."""
        copy, reuse = [fault(20, 0x600000, 7) for _ in range(2)]
        copy.insert(2, allocated(20, 1))
        reuse.insert(2, allocated(20, 0))
        run = read(START, fault(20, 0x600000, 6), copy, reuse, has_allocations=True)
        self.assertEqual(kinds(run.processes[0].images[0]), ["ZeroWr", "ForkCow", "Reuse"])
        del copy[2], reuse[2]
        run = read(START, fault(20, 0x600000, 6), copy, reuse)
        self.assertEqual(kinds(run.processes[0].images[0]), ["ZeroWr", "Reuse", "Reuse"])

    def test_fault_of_a_file(self):
        found, = read(START, fault(20, 0x401234, 0x14)).processes[0].images[0].faults
        self.assertEqual((found.kind, found.access, found.area, found.page, found.by),
                         ("FileRd", "x", "/none/such", 2, "user"))

    def test_fault_in_the_kernel(self):
        """Its instruction is the system call before the one that is returned to."""
        found, = read(START, fault(20, 0x600000, 2, ip=0xffffffff81000000)) \
            .processes[0].images[0].faults
        self.assertEqual((found.by, found.ip), ("copy_bytes", 0x400010))

    def test_refused(self):
        image = read(START, fault(20, 0x9000000, 4, end=None),
                     fault(20, 0x600000, 6)).processes[0].images[0]
        self.assertEqual(([f.kind for f in image.refused], kinds(image)),
                         (["Segv"], ["ZeroWr"]))

    def test_major(self):
        image = read(START, fault(20, 0x400000, 4, end="major-faults")) \
            .processes[0].images[0]
        self.assertEqual(kinds(image), ["FileMaj"])

    def test_address_of_the_kernel(self):
        image = read(START, [(20, "exceptions:page_fault_kernel: address=vmemmap ip=x "
                                  "error_code=0x0   0 ffffffff821f31c0 ABI:2 IP:0x4 ")],
                     fault(20, 0x600000, 6)).processes[0].images[0]
        self.assertEqual((len(image.refused), kinds(image)), (0, ["ZeroWr"]))

    def test_another_profiler_looks_at_the_stack(self):
        """While a fault is resolved; it has no event of perf's."""
        lines = fault(20, 0x600000, 6)
        nested = fault(20, 0, 0, ip=0xffffffff81000000)[:1]
        image = read(START, lines[:1], nested, lines[1:2], nested, lines[2:], nested,
                     fault(20, 0x601000, 4)).processes[0].images[0]
        self.assertEqual((kinds(image), image.refused), (["ZeroWr", "ZeroRd"], []))

    def test_without_tracepoints(self):
        samples = fault(20, 0x600000, 6)[1:]
        image = read(START, samples, has_tracepoints=False).processes[0].images[0]
        self.assertEqual([(f.kind, f.access) for f in image.faults], [("ZeroRd", "?")])

    def test_heap_is_known_from_its_first_mapping(self):
        image = read(START, [
            (20, "syscalls:sys_enter_brk: brk: 0x00721000    0 7ffff7feace7 ABI:2 IP:0x4 "),
            (20, "PERF_RECORD_MMAP2 20/20: [0x700000(0x21000) @ 0x700000 00:00 0 0]: rw-p "
                 "//anon")], fault(20, 0x700000, 6)).processes[0].images[0]
        self.assertEqual(image.faults[0].area, "[heap]")

    def test_lost_events(self):
        with self.assertRaises(Trouble):
            read(START, [(20, "PERF_RECORD_LOST lost 3")])

    def test_nothing_was_run(self):
        with self.assertRaises(Trouble):
            read(START[:3])


class Tree(unittest.TestCase):
    FORK = [(20, "PERF_RECORD_FORK(30:30):(20:20)"),
            (20, "task:task_newtask: pid=30 comm=app clone_flags=1200000 oom_score_adj=0")]
    VFORK = [FORK[0], (20, FORK[1][1].replace("1200000", "4100"))]
    THREAD = [(20, "PERF_RECORD_FORK(20:21):(20:20)"),
              (20, "task:task_newtask: pid=21 comm=app clone_flags=3d0f00 oom_score_adj=0")]

    def test_fork(self):
        run = read(START, fault(20, 0x600000, 6), self.FORK, fault(30, 0x600000, 7),
                   fault(20, 0x600000, 7))
        self.assertEqual([[kinds(image) for image in process.images]
                          for process in run.processes],
                         [[["ZeroWr", "Reuse"]], [["ForkCow"]]])
        self.assertIs(run.processes[1].parent, run.processes[0])

    def test_vfork_shares_memory(self):
        """What the child touches is there for the parent, and nothing is copied."""
        run = read(START, self.VFORK, fault(30, 0x600000, 4), fault(20, 0x600000, 7))
        self.assertEqual([kinds(process.images[0]) for process in run.processes],
                         [["ZeroCow"], ["ZeroRd"]])

    def test_exec_makes_an_image(self):
        run = read(START, self.VFORK, [(30, "PERF_RECORD_COMM exec: ls:30/30")],
                   fault(20, 0x600000, 6))
        self.assertEqual([image.name for image in run.processes[1].images], ["app", "ls"])

    def test_thread(self):
        run = read(START, self.THREAD, [(20, "PERF_RECORD_EXIT(20:20):(10:10)")])
        self.assertEqual(len(run.processes), 1)

    def test_children_in_their_parents_order(self):
        run = read(START, self.FORK,
                   [(30, "PERF_RECORD_FORK(32:32):(30:30)"),
                    (30, "task:task_newtask: pid=32 comm=a clone_flags=0 oom_score_adj=0"),
                    (20, "PERF_RECORD_FORK(31:31):(20:20)"),
                    (20, "task:task_newtask: pid=31 comm=a clone_flags=0 oom_score_adj=0")])
        self.assertEqual([process.number for process in run.processes], [20, 30, 32, 31])


class Resident(unittest.TestCase):
    def test_peak(self):
        run = read(START, resident(20, 5, 1, "FILEPAGES", 16),
                   resident(20, 5, 1, "ANONPAGES", 4), resident(20, 5, 1, "FILEPAGES", 2),
                   resident(20, 5, 1, "ANONPAGES", 9))
        self.assertEqual(run.processes[0].images[0].rss_peak_bytes, 20 * 4096)

    def test_arguments_of_the_next_program(self):
        """They count as this one's while execve works, unless it fails."""
        begin = [(20, "syscalls:sys_enter_execve: filename: 0x1, argv: 0x2, envp: 0x3   0 "
                      "7ffff7feace7 ABI:2 IP:0x4 ")]
        lent = resident(20, 5, 1, "ANONPAGES", 24) + resident(20, 5, 1, "ANONPAGES", 4)
        kept = resident(20, 5, 1, "ANONPAGES", 4)
        run = read(START, kept, begin, lent)
        self.assertEqual(run.processes[0].images[0].rss_peak_bytes, 4 * 4096)
        run = read(START, kept, begin, lent, fault(20, 0x600000, 6),
                   resident(20, 5, 1, "ANONPAGES", 5))
        self.assertEqual(run.processes[0].images[0].rss_peak_bytes, 5 * 4096)

    def test_what_a_fault_mapped(self):
        lines = fault(20, 0x400000, 4)
        run = read(START, resident(20, 5, 1, "FILEPAGES", 3), lines[:2],
                   resident(20, 5, 1, "FILEPAGES", 19), lines[2:])
        self.assertEqual(run.processes[0].images[0].faults[0].n_mapped, 16)

    def test_memory_of_others(self):
        """Swapped pages are not resident, and the next program's memory is not this
        one's while execve makes it."""
        run = read(START, resident(20, 5, 1, "ANONPAGES", 4),
                   resident(20, 5, 1, "SWAPENTS", 50), resident(20, 6, 0, "ANONPAGES", 90))
        self.assertEqual(run.processes[0].images[0].rss_peak_bytes, 4 * 4096)


if __name__ == "__main__":
    unittest.main()
