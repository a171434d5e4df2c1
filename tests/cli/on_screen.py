"""What a command shows on a terminal."""

import fcntl
import os
import pty
import struct
import subprocess
import termios

from verb_test import VMTRACE


def on_screen(columns, *arguments):
    """The text that a terminal of so many columns gets, or None where none can be
    made."""
    try:
        ours, theirs = pty.openpty()
    except OSError:
        return None
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {**os.environ, "VMTRACE_PAGER": "cat", "TERM": "xterm"}
    with subprocess.Popen([VMTRACE, *arguments], stdout=theirs, env=environment) as process:
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:
                break
            if not piece:
                break
            seen += piece
    os.close(ours)
    return seen.decode().replace("\r\n", "\n") if process.returncode == 0 else ""
