"""The programs of scripts/validate-pressure, and what they read.

Each has one process and one thread, and does the same each time.  Their inputs are in a
folder (%D) that prepare() fills; files that are mapped are named, since they have to
leave the page cache before each run.
"""

import os
import random
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
N_KEYS, N_PERSONS, N_ORDERS, N_STORED = 1_200_000, 150_000, 400_000, 1_200_000
N_SHORT_PAGES, N_PAGES = 8192, 25600
FILE = "random"


class Program:
    def __init__(self, name, words, mapped=(), is_short=False):
        self.name, self.is_short = name, is_short
        self._words, self._mapped = words, mapped

    def words(self, build, data):
        return [word.replace("%B", build).replace("%D", data) for word in self._words]

    def mapped(self, data):
        """Files of the folder that it maps."""
        return [os.path.join(data, name) for name in self._mapped]

    def missing(self, build, path):
        """What it takes and is not there, or None."""
        word = self.words(build, "")[0]
        return None if shutil.which(word, path=path) else word


def _roam(way, n_pages, n_rounds, *rest):
    return ["%B/tests/native/roam", way, str(n_pages), str(n_rounds), *rest]


def _sqlite(name, n_rows, script, *more):
    """What is sorted stays in memory: the page cache of files that are written and read
    is not simulated."""
    words = ["sqlite3", "-batch"]
    for command in ("PRAGMA temp_store=MEMORY", ".parameter init",
                    f".parameter set :n {n_rows}", *more):
        words += ["-cmd", command]
    return [*words, name, f".read {script}"]


PROGRAMS = (
    Program("sweep-short", _roam("sweep", N_SHORT_PAGES, 3), is_short=True),
    Program("walk-short", _roam("walk", N_SHORT_PAGES, 4), is_short=True),
    Program("sweep", _roam("sweep", N_PAGES, 4)),
    Program("walk", _roam("walk", N_PAGES, 4)),
    Program("hot", _roam("hot", N_PAGES, 20)),
    Program("file", _roam("file", N_PAGES, 8, "%D/" + FILE), [FILE]),
    Program("update", _roam("update", N_PAGES, 3, "%D/" + FILE), [FILE]),
    Program("sort", ["sort", "--parallel=1", "--buffer-size=200M", "-o", "/dev/null",
                     "%D/keys"]),
    Program("python", ["/usr/bin/python3", "crowd.py", str(N_PERSONS)]),
    Program("sqlite3", _sqlite(":memory:", N_ORDERS, "index.sql")),
    Program("sqlite3-mapped", _sqlite("%D/stored.db", N_STORED, "stored.sql",
                                      "PRAGMA mmap_size=1000000000"), ["stored.db"]),
)


def _write_keys(folder):
    numbers = random.Random(1)
    with open(os.path.join(folder, "keys"), "w", encoding="ascii") as file:
        file.writelines(f"{numbers.getrandbits(40):x} {i}\n" for i in range(N_KEYS))


def _write_file(folder, n_pages):
    with open(os.path.join(folder, FILE), "wb") as file:
        for _ in range(n_pages):
            file.write(os.urandom(4096))


def _write_database(folder):
    if shutil.which("sqlite3"):
        subprocess.run(_sqlite(os.path.join(folder, "stored.db"), N_STORED, "store.sql"),
                       cwd=folder, stdout=subprocess.DEVNULL, check=True)


def prepare(folder, chosen):
    for name in ("crowd.py", "index.sql", "store.sql", "stored.sql"):
        shutil.copy(os.path.join(HERE, "programs", name), folder)
    names = {program.name for program in chosen}
    if "sort" in names:
        _write_keys(folder)
    if names & {"file", "update"}:
        _write_file(folder, N_PAGES)
    if "sqlite3-mapped" in names:
        _write_database(folder)
