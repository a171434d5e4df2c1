"""pool.py LIBRARY: a pool of three workers, each with data of its parent's.

Each worker looks through half of the parent's list, and makes one of its own.  They
wait for each other at a barrier, so that each has one part in each round; at the end of
each all show what they have, one after the other (moment.h)."""

import ctypes
import multiprocessing
import sys

N_WORKERS, N_ITEMS = 3, 60_000
DATA = []


def work(part):
    barrier, turn, show, number = STATE
    total = sum(len(word) for word in DATA[part % 2::2])
    mine = [f"{part}-{i}" for i in range(N_ITEMS // 4)]
    place = barrier.wait()
    for at in range(N_WORKERS):
        if at == place:
            number[0] += 1
            show(number[0])
        turn.wait()
    return total + len(mine)


STATE = None


def begin(barrier, turn, library):
    global STATE
    STATE = barrier, turn, ctypes.CDLL(library).show_moment, [0]


def main(library):
    DATA.extend(f"word {i} of the parent's" for i in range(N_ITEMS))
    context = multiprocessing.get_context("fork")
    barrier, turn = context.Barrier(N_WORKERS), context.Barrier(N_WORKERS)
    with context.Pool(N_WORKERS, begin, (barrier, turn, library)) as pool:
        for _ in range(2):
            DATA.append("of a round")
            print(pool.map(work, range(N_WORKERS), chunksize=1))
        pool.close()
        pool.join()


main(*sys.argv[1:])
