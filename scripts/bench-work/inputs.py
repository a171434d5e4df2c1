"""inputs.py FOLDER TEXT-BYTES KEY-BYTES: writes what the measured programs read.

text: made-up words with the frequencies of a language (the n-th most frequent
one 1/n as often as the first), in sentences and lines.  keys: a word and a
number a line, in no order.  Only random.random() is used, whose
sequence Python promises to keep: the files are the same everywhere."""

import itertools
import os
import random
import sys
from bisect import bisect

N_WORDS = 20_000
WORDS_PER_LINE = 12
ONSETS = ("b", "br", "c", "ch", "d", "f", "g", "gr", "h", "k", "l", "m", "n",
          "p", "pl", "r", "s", "st", "t", "tr", "v", "w", "")
VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
CODAS = ("", "", "n", "r", "s", "t", "l", "nd", "ck", "m")


def pick(chance, choices):
    return choices[int(chance.random() * len(choices))]


def make_words(chance):
    """Distinct words; the frequent ones are short."""
    words = {}
    while len(words) < N_WORDS:
        n_syllables = 1 + int(chance.random() * (1 + len(words) / 2500))
        word = "".join(pick(chance, ONSETS) + pick(chance, VOWELS)
                       + pick(chance, CODAS)
                       for _ in range(min(n_syllables, 5)))
        words[word] = None
    return list(words)


def write_text(folder, n_bytes):
    chance = random.Random(20)
    words = make_words(chance)
    chances = list(itertools.accumulate(1 / (n + 1) for n in range(N_WORDS)))
    line, written, sentence = [], 0, True
    with open(os.path.join(folder, "text"), "w", encoding="ascii") as text:
        while written < n_bytes:
            word = words[bisect(chances, chance.random() * chances[-1])]
            line.append(word.capitalize() if sentence else word)
            sentence = chance.random() < 0.08
            if sentence:
                line[-1] += "."
            if len(line) == WORDS_PER_LINE:
                written += text.write(" ".join(line) + "\n")
                line = []


def write_keys(folder, n_bytes):
    chance = random.Random(21)
    words = make_words(chance)
    written = 0
    with open(os.path.join(folder, "keys"), "w", encoding="ascii") as keys:
        while written < n_bytes:
            number = int(chance.random() * 1_000_000)
            written += keys.write(f"{pick(chance, words)} {number}\n")


def main(folder, n_text_bytes, n_key_bytes):
    write_text(folder, int(n_text_bytes))
    write_keys(folder, int(n_key_bytes))


if __name__ == "__main__":
    main(*sys.argv[1:])
