"""Something to profile: a table of words, built, copied and thrown away."""

words = {}
for number in range(100_000):
    words["word %d" % number] = number

squares = {word: number * number for word, number in words.items()}
print(sum(squares.values()))
