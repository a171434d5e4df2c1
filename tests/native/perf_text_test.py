#!/usr/bin/python3 -B
"""Lines of `perf script`, as perf 6.1 prints them."""

import unittest

import perf_text
from perf_text import Exec, Exit, Fork, Lost, Mapping, Sample, Trace

USER_FAULT = ("7860/7860   1189.379462185:   exceptions:page_fault_user: address=0x401570 "
              "ip=0x401570 error_code=0x14               0 ffffffff821f31c0 ABI:2    "
              "IP:0x401570 ")


def parse(*lines):
    return list(perf_text.events(lines))


class Lines(unittest.TestCase):
    def test_sample(self):
        self.assertEqual(
            parse(" 7/9   1.379463087:                  page-faults:           401570 "
                  "        401578 ABI:2    IP:0x401578 "),
            [Sample("page-faults", 7, 9, 1.379463087, 0x401570, 0x401578, 0x401578)])

    def test_sample_without_kernel_and_registers(self):
        self.assertEqual(
            parse(" 7/9   1.5:  minor-faults:u:    401570    401578"),
            [Sample("minor-faults", 7, 9, 1.5, 0x401570, 0x401578, None)])

    def test_tracepoint(self):
        event, = parse(USER_FAULT)
        self.assertEqual((event.event, event.pid, event.user_ip),
                         ("exceptions:page_fault_user", 7860, 0x401570))
        self.assertEqual(perf_text.fields(event.text),
                         {"address": "0x401570", "ip": "0x401570", "error_code": "0x14"})

    def test_tracepoint_of_a_system_call(self):
        event, = parse(" 5/5  9.0:    syscalls:sys_enter_munmap: addr: 0x7ffff7fb5000, len: "
                       "0x0000a2c7               0     7ffff7feace7 ABI:2    "
                       "IP:0x7ffff7feace7 ")
        self.assertIsInstance(event, Trace)
        self.assertEqual(perf_text.fields(event.text),
                         {"addr": "0x7ffff7fb5000", "len": "0x0000a2c7"})

    def test_result_of_a_system_call(self):
        event, = parse(" 5/5  9.0:  syscalls:sys_exit_mremap: 0x7ffff7000000            0 "
                       "   7ffff7feace7 ABI:2    IP:0x7ffff7feace7 ")
        self.assertEqual(event.text, "0x7ffff7000000")

    def test_mapping_of_a_file(self):
        self.assertEqual(
            parse(" 5/5  2.5: PERF_RECORD_MMAP2 5/5: [0x401000(0x78000) @ 0x1000 fe:00 "
                  "10961038 2744830336]: r-xp /tmp/a name (deleted)"),
            [Mapping(5, 2.5, 0x401000, 0x479000, 0x1000, "fe:00", "r-x", False,
                     "/tmp/a name (deleted)")])

    def test_shared_mapping_at_offset_0(self):
        event, = parse(" 5/5  2.5: PERF_RECORD_MMAP2 5/5: [0x7000(0x1000) @ 0 00:01 3 0]: "
                       "rw-s /dev/zero (deleted)")
        self.assertEqual((event.offset, event.shared, event.rights), (0, True, "rw-"))

    def test_processes(self):
        self.assertEqual(
            parse(" 5/5  1.0: PERF_RECORD_FORK(6:7):(5:5)",
                  " 5/5  1.0: PERF_RECORD_COMM exec: a b:c:5/5",
                  " 5/5  1.0: PERF_RECORD_EXIT(5:5):(4:4)"),
            [Fork(6, 7, 5, 1.0), Exec(5, 1.0, "a b:c"), Exit(5, 5, 1.0)])

    def test_lost(self):
        self.assertEqual(parse("    0/0         0.0: PERF_RECORD_LOST lost 12"), [Lost(12)])

    def test_what_does_not_matter(self):
        self.assertEqual(
            parse(" 5/5  1.0: PERF_RECORD_COMM: thread:5/6",
                  " 0/0  0.000000: PERF_RECORD_MMAP -1/0: [0xffffffff81000000(0x1209988) @ "
                  "0xffffffff81000000]: x [kernel.kallsyms]_text", ""), [])

    def test_what_is_not_understood(self):
        with self.assertRaises(perf_text.BadText):
            parse(" 5/5  1.0: what is this")


if __name__ == "__main__":
    unittest.main()
