"""work.py FILE N: dictionaries, lists, strings, objects, a heap."""

import heapq
import sys


class Node:
    """A place in a binary search tree."""

    def __init__(self, key, count):
        self.key = key
        self.count = count
        self.left = None
        self.right = None

    def insert(self, key, count):
        node = self
        while True:
            side = "left" if key < node.key else "right"
            below = getattr(node, side)
            if below is None:
                setattr(node, side, Node(key, count))
                return
            node = below

    def walk(self):
        if self.left is not None:
            yield from self.left.walk()
        yield self.key, self.count
        if self.right is not None:
            yield from self.right.walk()


def count_words(lines):
    counts = {}
    for line in lines:
        for word in line.lower().replace(".", "").split():
            counts[word] = counts.get(word, 0) + 1
    return counts


def merge_cheapest(counts):
    """Huffman's way: the lengths of all the codes together."""
    heap = list(counts)
    heapq.heapify(heap)
    total = 0
    while len(heap) > 1:
        merged = heapq.heappop(heap) + heapq.heappop(heap)
        total += merged
        heapq.heappush(heap, merged)
    return total


def sieve(limit):
    prime = [True] * limit
    for n in range(2, int(limit ** 0.5) + 1):
        if prime[n]:
            prime[n * n::n] = [False] * len(range(n * n, limit, n))
    return sum(prime[2:])


def main(path, n_lines):
    with open(path, encoding="ascii") as text:
        lines = [line for line, _ in zip(text, range(int(n_lines)))]
    counts = count_words(lines)
    items = list(counts.items())
    tree = Node(*items[0])
    for word, count in items[1:]:
        tree.insert(word, count)
    ordered = [f"{word}:{count}" for word, count in tree.walk()]
    print(len(ordered), len(",".join(ordered)), merge_cheapest(counts.values()))
    print(sum(len(word) ** 2 % 7 for word in counts for _ in range(8)))
    print(sieve(4 * int(n_lines)))


main(*sys.argv[1:])
