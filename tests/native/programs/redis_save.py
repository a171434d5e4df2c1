"""redis_save.py [SOCKET]: has a redis-server save in the background while keys are written.

The process that saves is stopped as soon as it is there, until all is written, so that it
has the memory of before all the time; it waits 0.1 ms for each key (rdb-key-save-delay), to
be caught in time."""

import os
import random
import signal
import sys
import time

from redis_load import WAIT_SECONDS, connect, encoded, send, text

KEYS, CHANGED = 12000, 4000


def ask(client, answers, *words):
    """One answer of a line, or in bulk."""
    client.sendall(encoded(words))
    answer = answers.readline()
    if answer[:1] == b"-":
        sys.exit(f"redis_save.py: the server said {answer!r}")
    return answers.read(int(answer[1:]) + 2) if answer[:1] == b"$" else answer


def number_in(text_of_info, name):
    return int(text_of_info.split(name + b":")[1].split(b"\r")[0])


def child_of(pid):
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            children = file.read().split()
        if children:
            return int(children[0])
        time.sleep(0.001)
    sys.exit("redis_save.py: nothing is saved")


def wait_for_end(client, answers):
    while number_in(ask(client, answers, "INFO", "persistence"), b"rdb_bgsave_in_progress"):
        time.sleep(0.05)


def main(path="redis.sock"):
    chance = random.Random(5)
    with connect(path) as client, client.makefile("rb") as answers:
        send(client, answers, (("SET", f"key:{i}", text(chance, 2000)) for i in range(KEYS)))
        server = number_in(ask(client, answers, "INFO", "server"), b"process_id")
        ask(client, answers, "BGSAVE")
        child = child_of(server)
        os.kill(child, signal.SIGSTOP)
        send(client, answers, (("SETRANGE", f"key:{i * 3 % KEYS}", 0, b"w" * 40)
                               for i in range(CHANGED)))
        os.kill(child, signal.SIGCONT)
        wait_for_end(client, answers)
        send(client, answers, (("APPEND", f"key:{i * 7 % KEYS}", b"a" * 40)
                               for i in range(CHANGED // 4)))
        client.sendall(encoded(["SHUTDOWN", "NOSAVE"]))
        answers.read()


main(*sys.argv[1:])
