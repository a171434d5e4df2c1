"""prepare.py FOLDER: writes what the programs of programs.list read, the same everywhere.

text, keys, part: scripts/bench-work/inputs.py; part.gz .xz .bz2: packed; pages: a file to
map; tree: small files; project: C sources with a Makefile; repository: their history, where
there is git; the scripts; Work.class where there is javac.

Files that are mapped are written page by page.  A file system that gathers what one write
brings into one large folio maps this whole at a fault, and how large it is depends on the
file system and on the memory that is free.
"""

import bz2
import glob
import gzip
import lzma
import os
import random
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
WORK = os.path.join(os.path.dirname(os.path.dirname(HERE)), "scripts", "bench-work")
sys.path.insert(0, WORK)

import inputs  # noqa: E402

PAGE_BYTES = 4096
TEXT_BYTES, KEY_BYTES, PART_BYTES = 3_000_000, 3_000_000, 300_000
N_MAPPED_PAGES = 600
N_FOLDERS, N_FILES = 8, 12
N_SOURCES, N_FUNCTIONS = 4, 12
N_COMMITS = 10

# Dates and names that git would take from the clock and the user.
GIT_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/", "GIT_CONFIG_NOSYSTEM": "1",
                   "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
                   "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}


def write_by_pages(path, data):
    with open(path, "wb", buffering=0) as file:
        for start in range(0, len(data), PAGE_BYTES):
            file.write(data[start:start + PAGE_BYTES])


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write_texts(folder):
    inputs.main(folder, TEXT_BYTES, KEY_BYTES)
    path = os.path.join(folder, "text")
    text = read(path)
    os.remove(path)
    write_by_pages(path, text)
    part = text[:text.index(b"\n", PART_BYTES) + 1]
    for name, packed in (("part", part),
                         ("part.gz", gzip.compress(part, mtime=0)),
                         ("part.xz", lzma.compress(part)),
                         ("part.bz2", bz2.compress(part))):
        write_by_pages(os.path.join(folder, name), packed)
    return part


def write_pages(folder):
    chance = random.Random(22)
    data = bytes(int(chance.random() * 256) for _ in range(PAGE_BYTES))
    write_by_pages(os.path.join(folder, "pages"), data * N_MAPPED_PAGES)


def write_tree(folder, part):
    """Small files with parts of the text."""
    step = len(part) // (N_FOLDERS * N_FILES)
    for number in range(N_FOLDERS * N_FILES):
        place = os.path.join(folder, "tree", f"folder-{number % N_FOLDERS}")
        os.makedirs(place, exist_ok=True)
        write_by_pages(os.path.join(place, f"file-{number}"),
                       part[number * step:(number + 1) * step])


def source_text(number):
    functions = [f"""\
static int
part_{i}(const char *text, int n)
{{
   int found = 0;

   for (; *text != 0; text++)
      if (strchr("part{i}", *text) != NULL)
         found += n * {i} + *text % {i + 2};
   return found;
}}
""" for i in range(N_FUNCTIONS)]
    calls = " + ".join(f"part_{i}(text, {number})" for i in range(N_FUNCTIONS))
    return "\n".join(["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>",
                      "", *functions, "int", f"file_{number}(const char *text)", "{",
                      f"   return {calls};", "}", ""])


def write_project(folder):
    place = os.path.join(folder, "project")
    os.mkdir(place)
    files = {f"file_{i}.c": source_text(i) for i in range(N_SOURCES)}
    files["main.c"] = "#include <stdio.h>\n" + \
        "".join(f"int file_{i}(const char *);\n" for i in range(N_SOURCES)) + \
        "int\nmain(void)\n{\n   printf(\"%d\\n\", " + \
        " + ".join(f'file_{i}("text")' for i in range(N_SOURCES)) + \
        ");\n   return 0;\n}\n"
    files["Makefile"] = "program: " + \
        " ".join(name.replace(".c", ".o") for name in files) + \
        "\n\t$(CC) -o $@ $^\nclean:\n\trm -f *.o program\n.PHONY: clean\n"
    for name, text in files.items():
        write_by_pages(os.path.join(place, name), text.encode())


def write_repository(folder):
    place = os.path.join(folder, "repository")
    shutil.copytree(os.path.join(folder, "tree"), place)
    environment = dict(GIT_ENVIRONMENT)

    def git(*words):
        subprocess.run(["git", "-C", place, *words], check=True, env=environment,
                       stdout=subprocess.DEVNULL)

    git("-c", "init.defaultBranch=main", "init", "-q")
    for number in range(N_COMMITS):
        for name in sorted(glob.glob(f"{place}/*/file-*{number}")):
            with open(name, "a", encoding="ascii") as file:
                file.write(f"change {number}\n")
        date = f"{1_600_000_000 + 1000 * number} +0000"
        environment.update(GIT_AUTHOR_DATE=date, GIT_COMMITTER_DATE=date)
        git("add", ".")
        git("commit", "-q", "-m", f"change {number}")
    git("-c", "pack.threads=1", "gc", "-q")


def prepare_scripts(folder):
    """These alone; not compiled."""
    for path in [*glob.glob(os.path.join(WORK, "work.*")),
                 *glob.glob(os.path.join(HERE, "programs", "*.py")),
                 *glob.glob(os.path.join(HERE, "programs", "*.sql")),
                 os.path.join(HERE, "programs", "containers.cc"),
                 *glob.glob(os.path.join(HERE, "programs", "[wW]ork.*"))]:
        shutil.copy(path, folder)


def compile_scripts(folder):
    if shutil.which("javac"):
        subprocess.run(["javac", "-d", folder, os.path.join(folder, "Work.java")], check=True)


def prepare(folder):
    part = write_texts(folder)
    write_pages(folder)
    write_tree(folder, part)
    write_project(folder)
    prepare_scripts(folder)
    compile_scripts(folder)
    if shutil.which("git"):
        write_repository(folder)


if __name__ == "__main__":
    prepare(*sys.argv[1:])
