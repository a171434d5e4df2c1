"""What the simulation is told of this host: the kernel's settings, and which large
folios the page cache keeps files in (docs/FOLIOS.md)."""

import os
import subprocess

from place import Trouble


def _calibrate(place, words, prefix=()):
    """Whether it went well."""
    done = subprocess.run([*prefix, place.vmtrace, "calibrate", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          env=place.environment(os.environ), check=False)
    return done.returncode == 0


def machine_file(place):
    path = os.path.join(place.folder, "host.machine")
    if not _calibrate(place, ["-o", path]):
        raise Trouble("vmtrace calibrate failed")
    return path


class Folios:
    """A folio map as it is now; without files or the right to look (it takes root)
    there is none."""

    def __init__(self, place, files, room, prefix=()):
        self.path = os.path.join(room, "folios")
        self.is_known = bool(files) and \
            _calibrate(place, [f"--folios={self.path}", *files], prefix)

    def options(self):
        return [f"--folios={self.path}"] if self.is_known else []

    def of_page(self, name, page):
        """(first page, pages) of the folio that a page of a file is in; None: single."""
        in_file = False
        with open(self.path, encoding="utf-8", errors="surrogateescape") as lines:
            for line in lines:
                words = line.split()
                if line.startswith("file "):
                    path = line.rstrip("\n").split(" ", 5)[5]
                    in_file = path == name or path.endswith("/" + name)
                elif in_file and len(words) == 2 and words[0].isdigit():
                    start, n_pages = map(int, words)
                    if start <= page < start + n_pages:
                        return start, n_pages
        return None

    def describe(self, name, page):
        if not self.is_known:
            return "large folios: not known, it takes root"
        folio = self.of_page(name, page)
        if folio is None:
            return f"page {page} is in no large folio"
        return f"page {page} is in a folio of {folio[1]} pages from {folio[0]}"
