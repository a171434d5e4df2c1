"""How a command of this folder complains and ends."""

import argparse
import signal
import sys

from place import Skip, Trouble

AGREED, DIFFERED, TROUBLE, SKIPPED = 0, 1, 2, 77


class Parser(argparse.ArgumentParser):
    """Complains in one line."""

    def error(self, message):
        raise Trouble(message)


def _end_by_signal(number, _):
    sys.exit(128 + number)


def status_of(name, action):
    """The exit status that action() returns, or that its trouble has.  A signal ends it as
    an exception does, so that what it did is undone."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, _end_by_signal)
    try:
        return action()
    except Skip as reason:
        print(f"{name}: skipped: {reason}", file=sys.stderr)
        return SKIPPED
    except Trouble as trouble:
        print(f"{name}: {trouble}", file=sys.stderr)
    except OSError as error:
        print(f"{name}: {error.filename}: {error.strerror}", file=sys.stderr)
    return TROUBLE
