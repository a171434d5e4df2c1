"""crowd.py N: N persons in dictionaries by name, by place and by number, then asked for in
another order, changed, and partly forgotten."""

import sys


def people(count):
    for number in range(count):
        mixed = number * 2654435761 % 4294967296
        yield {"number": number, "name": f"name {mixed:x}", "place": mixed % 997}


def main(count):
    by_name, by_place = {}, {}
    for person in people(count):
        by_name[person["name"]] = person
        by_place.setdefault(person["place"], []).append(person)
    total = 0
    for step in range(count // 4):
        number = step * 7919 % count
        person = by_name[f"name {number * 2654435761 % 4294967296:x}"]
        total += person["place"]
        if step % 8 == 0:
            person["seen"] = step
    for place in range(0, 997, 3):
        for person in by_place.pop(place, ()):
            del by_name[person["name"]]
    total += sum(len(group) for group in by_place.values())
    print(total, len(by_name))


main(int(sys.argv[1]))
