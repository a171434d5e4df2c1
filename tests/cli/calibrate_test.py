#!/usr/bin/env -S python3 -B
"""vmtrace calibrate on this host: against /proc, against itself, against `machines`."""

import json
import os
import re

from verb_test import check, complains, finish, holds, path, valid, vmtrace

os.environ["VMTRACE_MACHINES"] = os.path.abspath(
    os.path.join(os.environ.get("srcdir", "."), "vmtrace/machines"))
DEBUG = "/sys/kernel/debug/fault_around_bytes"


def read(name):
    with open(name) as file:
        return file.read().strip()


def calibrate(*arguments):
    """Its output; every complaint is about something that it could not read."""
    status, out, err = vmtrace("calibrate", *arguments)
    check(f"status of {arguments}", 0, status)
    for line in err.decode().splitlines():
        holds("a remark", re.match("vmtrace: calibrate: .*(cannot be read|does not tell)",
                                   line), line)
    return out.decode()


def check_file():
    text = calibrate()
    check("twice the same", text, calibrate())
    check("-o", "", calibrate("-o", path("host.machine")))
    check("the file", text, read(path("host.machine")) + "\n")
    status, out, err = vmtrace("machines", path("host.machine"))
    check("it is a machine file", (0, b""), (status, err))
    settings = dict(line.split(" = ", 1) for line in text.splitlines()
                    if " = " in line and not line.startswith("#"))
    for line in out.decode().splitlines():
        name, _, value = line.partition(" = ")
        check(f"machines: {name}", value, settings.get(name))
    for name in "swappiness", "page-cluster", "overcommit_memory", "min_free_kbytes":
        source = "/proc/sys/vm/" + name
        holds(name, f"\n# vm.{name} = {read(source)}  ({source})\n" in text)
    holds("the kernel", f"Linux {read('/proc/sys/kernel/osrelease')} " in text)
    ram = re.search(r"MemTotal: *(\d+) kB", read("/proc/meminfo")).group(1)
    holds("RAM", f"\n# ram = {ram}K  (/proc/meminfo)\n" in text)
    holds("where fault_around is from", f"{DEBUG}" in text)
    coloured = calibrate("--color=always")
    holds("colour", "\033[" in coloured)
    check("without the colour", text, re.sub("\033\\[[0-9;]*m", "", coloured))


def check_json():
    document = json.loads(calibrate("--format=json"))
    valid("calibrate", "calibrate.schema.json", document)
    settings = {s["name"]: s for s in document["settings"]}
    check("swappiness", read("/proc/sys/vm/swappiness"), settings["vm.swappiness"]["value"])
    status, out, _ = vmtrace("machines", "--format=json", path("host.machine"))
    check("the machine", (0, json.loads(out)), (status, document["machine"]))
    bytes_around = document["machine"]["fault_around"]
    if settings["fault_around"]["value"] is None:
        check("the kernel's default", ("default", 65536),
              (document["fault_around_from"], bytes_around))
    else:
        check("the host's", ("host", int(read(DEBUG))),
              (document["fault_around_from"], bytes_around))
    release = [int(n) for n in re.findall(r"\d+", read("/proc/sys/kernel/osrelease"))[:2]]
    check("folios", release >= [6, 18], document["maps_whole_folios"])


def check_errors():
    complains("a bad format", "format cannot be 'xml'", "calibrate", "--format=xml")
    complains("a bad colour", "color cannot be 'red'", "calibrate", "--color=red")
    complains("a word too many", "go together", "calibrate", "host")
    complains("a missing value", "needs a value", "calibrate", "-o")
    for where in "/no/such/folder/file", "/dev/full":
        status, out, err = vmtrace("calibrate", "-o", where)
        check(f"-o {where}", (2, b""), (status, out))
        holds(f"-o {where}", f"cannot write {where}" in err.decode(), err)


check_file()
check_json()
check_errors()
finish()
