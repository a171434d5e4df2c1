"""The symbols of an x86-64 ELF file, read without any other program."""

import struct


class BadElf(Exception):
    pass


def symbols(path):
    """name -> (start, end) of every function and object that has a size.

    Addresses are those of the link, as the profile's offsets are.
    """
    with open(path, "rb") as f:
        image = f.read()
    if image[:6] != b"\x7fELF\x02\x01":
        raise BadElf(path + ": not a little-endian 64-bit ELF file")
    shoff, = struct.unpack_from("<Q", image, 40)
    shentsize, shnum = struct.unpack_from("<HH", image, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", image, shoff + i * shentsize)
                for i in range(shnum)]
    found = {}
    for kind, offset, size, link in [(s[1], s[4], s[5], s[6]) for s in sections]:
        if kind != 2:                   # SHT_SYMTAB
            continue
        strings = sections[link][4]
        for at in range(offset, offset + size, 24):
            name, _, _, _, value, length = struct.unpack_from("<IBBHQQ", image, at)
            if length > 0:
                start = strings + name
                text = image[start:image.index(b"\0", start)].decode()
                found[text] = (value, value + length)
    return found
