"""ask.py [SOCKET [N]]: asks a server N times, and reads its answers."""

import socket
import sys
import time

WAIT_SECONDS = 600


def connect(path):
    """Under a simulation a server takes a while."""
    until = time.monotonic() + WAIT_SECONDS
    while True:
        client = socket.socket(socket.AF_UNIX)
        try:
            client.connect(path)
            return client
        except OSError:
            client.close()
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def main(path="serve.sock", count=40):
    for number in range(int(count)):
        with connect(path) as client:
            client.sendall(b"question\n")
            answer = client.makefile().read()
        if not answer.startswith(f"{number} "):
            sys.exit(f"ask.py: {answer!r}, and not that of {number}")


main(*sys.argv[1:])
