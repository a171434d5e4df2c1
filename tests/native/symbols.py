"""Which function an address of an ELF file is in, by its symbol tables or those of its
separate debug file."""

import bisect
import functools
import os
import struct

DEBUG_FOLDER = "/usr/lib/debug"
SYMTAB, NOTE, DYNSYM = 2, 7, 11
LOAD = 1
FUNCTIONS = (2, 10)                     # STT_FUNC, STT_GNU_IFUNC


class _Elf:
    def __init__(self, path):
        with open(path, "rb") as file:
            self.image = file.read()
        if self.image[:6] != b"\x7fELF\x02\x01":
            raise ValueError(path)
        phoff, shoff = struct.unpack_from("<QQ", self.image, 32)
        phentsize, phnum, shentsize, shnum = struct.unpack_from("<HHHH", self.image, 54)
        self.segments = [struct.unpack_from("<IIQQQQ", self.image, phoff + i * phentsize)
                         for i in range(phnum)]
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", self.image, shoff + i * shentsize)
                         for i in range(shnum)]

    def address(self, offset):
        """Of a place in the file: the one it has in the link."""
        for kind, _, start, address, _, n_bytes in self.segments:
            if kind == LOAD and start <= offset < start + n_bytes:
                return address + offset - start
        return offset

    def _text(self, at):
        return self.image[at:self.image.index(b"\0", at)].decode(errors="replace")

    def functions(self, kind):
        found = []
        for _, section, _, _, offset, size, link, _, _, entry in self.sections:
            if section != kind or not entry:
                continue
            names = self.sections[link][4]
            for at in range(offset, offset + size, entry):
                name, info, _, index, value, length = \
                    struct.unpack_from("<IBBHQQ", self.image, at)
                if info & 15 in FUNCTIONS and index:
                    found.append((value, value + length, self._text(names + name)))
        return found

    def build_id(self):
        for _, section, _, _, offset, size, *_ in self.sections:
            if section != NOTE or size < 16:
                continue
            n_name, n_text, kind = struct.unpack_from("<III", self.image, offset)
            if kind == 3 and self.image[offset + 12:offset + 16] == b"GNU\0":
                start = offset + 12 + n_name
                return self.image[start:start + n_text].hex()
        return None


def _debug_file(elf):
    number = elf.build_id()
    if number is None:
        return None
    path = os.path.join(DEBUG_FOLDER, ".build-id", number[:2], number[2:] + ".debug")
    return path if os.path.exists(path) else None


@functools.lru_cache(maxsize=None)
def _load(path):
    """The file and its functions by address, or None."""
    try:
        elf = _Elf(path)
        functions = elf.functions(SYMTAB)
        debug = _debug_file(elf)
        if not functions and debug:
            functions = _Elf(debug).functions(SYMTAB)
    except (OSError, ValueError, struct.error, IndexError):
        return None
    return elf, sorted(functions or elf.functions(DYNSYM))


def look_up(path, offset):
    """(address in the link, function or None) of a place in a file."""
    loaded = _load(path)
    if loaded is None:
        return offset, None
    elf, functions = loaded
    address = elf.address(offset)
    at = bisect.bisect_right(functions, (address, 1 << 64, "")) - 1
    while at >= 0 and address - functions[at][0] < 1 << 20:
        start, end, name = functions[at]
        if start <= address < max(end, start + 1):
            return address, name
        at -= 1
    return address, None


def describe(image, address, time=None):
    """An instruction as OBJECT+0xADDRESS FUNCTION, by the mappings of an image."""
    if not address:
        return "before the first instruction"
    for mapped_at, area in reversed(image.mappings):
        if area.start <= address < area.end and (time is None or mapped_at <= time):
            if not area.name.startswith("/"):
                return f"{area.name}+{address - area.start:#x}"
            where, function = look_up(area.name, area.offset + address - area.start)
            text = f"{os.path.basename(area.name)}+{where:#x}"
            return f"{text} {function}" if function else text
    return f"{address:#x}"
