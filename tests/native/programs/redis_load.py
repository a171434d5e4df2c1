"""redis_load.py [SOCKET [N]]: what N visitors ask of a redis-server, and its SHUTDOWN.

Strings, lists, hashes, sorted sets and sets of many sizes are filled; part of them grows,
another part goes, and other sizes come in their place.  Requests go in small lots, each
answered before the next is sent, so that the server reads the same bytes at a time
whatever its speed."""

import random
import socket
import sys
import time

LOT, WAIT_SECONDS = 20, 600


def encoded(words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, bytes) else str(word).encode()
        parts.append(b"$%d\r\n%b\r\n" % (len(word), word))
    return b"".join(parts)


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


def send(client, answers, requests):
    lot = []

    def flush():
        client.sendall(b"".join(lot))
        for _ in lot:
            answer = answers.readline()
            if not answer or answer[:1] == b"-":
                sys.exit(f"redis_load.py: the server said {answer!r}")
        lot.clear()

    for request in requests:
        lot.append(encoded(request))
        if len(lot) == LOT:
            flush()
    if lot:
        flush()


def text(chance, most):
    return b"v" * int(chance.random() ** 3 * most + 1)


def fill(chance, count):
    for i in range(count):
        yield "SET", f"page:{i}", text(chance, 2000)
        yield "RPUSH", f"visits:{i % (count // 20)}", text(chance, 200)
        yield "HSET", f"visitor:{i}", "name", f"name {i}", "place", text(chance, 60), "seen", i
        yield "ZADD", "scores", i * 7919 % 10007, f"visitor:{i}"
        yield "SADD", f"tag:{i % 97}", f"page:{i * 31 % count}"


def change(chance, count):
    for i in range(0, count, 3):
        yield "DEL", f"page:{i}"
    for i in range(1, count, 3):
        yield "APPEND", f"page:{i}", text(chance, 3000)
    for i in range(0, count, 4):
        yield "DEL", f"visitor:{i}"
    for i in range(0, count // 20, 2):
        yield "LTRIM", f"visits:{i}", 0, 4
    for i in range(count // 2):
        yield "SET", f"other:{i}", text(chance, 5000)


def main(path="redis.sock", count=20000):
    chance = random.Random(5)
    with connect(path) as client, client.makefile("rb") as answers:
        for make in (fill, change):
            send(client, answers, make(chance, int(count)))
        client.sendall(encoded(["SHUTDOWN", "NOSAVE"]))
        answers.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
